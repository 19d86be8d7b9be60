#!/usr/bin/env python3
"""netlab.py GROUP [PATTERN]: runs the scenarios of table.py, prints TAP, then a table.

Each is shown to plain ssh, to ssh through nc and to ssh through meshssh, which has never seen the host before. Where
it is to work, a session carries a megabyte each way, bit for bit, and is authenticated as soon as plain ssh is on the
whole path; each descent of the ladder may cost 150 ms, or five round trips. A busy machine has three tries to be in
time, but never a second one to work.
"""

import os
import re
import statistics
import sys
import time

sys.dont_write_bytecode = True  # nothing is written into the source tree

from drive import Session, Transfer, transfer
from lab import DROPBEAR, STOP, Failed, Lab, Missing, Site, enter
from table import GROUPS

SIZE = 1_000_000
LIMIT = 20          # seconds for a session that is to work
HANGS = 3           # seconds after which another one counts as hanging; a whole path needs a fifth of that
SLACK = 100         # ms that the machine may be slower just now
TRIES = 3


class Tap:
    def __init__(self):
        self.count = self.failed = 0
        self.rows = []

    def point(self, good, name, detail=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}")
        if not good:
            print("\n".join("#   " + line for line in detail.splitlines()))
        sys.stdout.flush()
        return good

    def skip(self, name, reason):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}", flush=True)

    def finish(self):
        if self.rows:
            head = ("scenario", "plain ssh", "nc", "meshssh", "bound")
            width = [max(len(row[i]) for row in [head, *self.rows]) for i in range(len(head))]
            for row in [head, *self.rows]:
                print("# " + "  ".join(text.ljust(w) for text, w in zip(row, width)).rstrip())
        print(f"1..{self.count}", flush=True)
        return 1 if self.failed else 0


def ssh_options(row):
    """The KEX comes first in the list, which stays as long as it is: the client's KEXINIT is to have its usual size."""
    return (*row.ssh, f"KexAlgorithms=^{row.kex}")


def outcome(session, since=None):
    """For the table: the time to authentication, and what kept the session from its end."""
    auth = f"{session.auth_ms:.0f} ms" if session.auth_ms else ""
    if since is None and getattr(session, "opened", False):
        return auth
    if session.said:
        return f"line after {session.line_at - (since or 0):.1f} s"
    if session.killed:
        return (auth + ", hangs").lstrip(", ")
    return f"ends after {session.ended - (since or 0):.1f} s, status {session.process.returncode}"


class Runner:
    def __init__(self, lab, tap):
        self.lab = lab
        self.tap = tap
        self.known = {}

    def healthy(self, row):
        """Median ms that plain ssh needs to authenticate on the whole path."""
        key = (row.kex, row.rtt, row.port)
        if key not in self.known:
            self.lab.clear()
            if row.rtt:
                self.lab.delay(row.rtt / 2)
            times = []
            for _ in range(5):
                session = transfer(self.lab, "ssh", "v4", SIZE, LIMIT, ssh=ssh_options(row), port=row.port)
                if not session.opened:
                    raise Failed("plain ssh does not work on the whole path:\n" + session.tail())
                times.append(session.auth_ms)
            self.known[key] = statistics.median(times)
        return self.known[key]

    def bound(self, row):
        return self.healthy(row) + row.descents * (5 * row.rtt or 150) + row.extra + SLACK

    def run(self, row):
        """One scenario. What cannot be made to be so is a failure of that one."""
        changes = [name for name, *_ in row.broken]
        if (row.rtt or "tunnel" in changes) and not os.access("/dev/net/tun", os.R_OK | os.W_OK):
            self.tap.skip(row.name, "this user cannot open /dev/net/tun")
        elif row.port == DROPBEAR and not self.lab.has_dropbear:
            self.tap.skip(row.name, "there is no dropbear, or it cannot be run here")
        else:
            try:
                self.show(row)
            except Failed as reason:
                if STOP.is_set():
                    raise
                self.tap.point(False, row.name, str(reason))

    def show(self, row):
        """The bound is measured first, for that needs a whole path."""
        bound = self.bound(row) if row.timed else 0
        self.lab.clear()
        if row.rtt:
            self.lab.delay(row.rtt / 2)
        self.apply(row.broken)
        if row.during or (row.line and not row.either):
            self.changes(row)
        else:
            self.works(row, bound)

    def apply(self, changes):
        for name, *args in changes:
            getattr(self.lab, name)(*args)

    # it is to work

    def works(self, row, bound):
        best, needless = None, 0
        for number in range(TRIES * row.times):
            session = self.session(row)
            needless += max(session.fallbacks - row.descents, 0)
            if best is None or not self.good(session) or session.auth_ms < best.auth_ms:
                best = session
            if best is session and not self.good(session):
                break
            if number + 1 >= row.times and (not bound or best.auth_ms <= bound):
                break
        named = row.either and self.names(row, best)
        slow = best.opened and bound and best.auth_ms > bound
        self.tap.point((self.good(best) or named) and not slow and needless <= row.needless, row.name,
                       f"{outcome(best)}, exact: {best.exact}, needless fallbacks: {needless}, bound: {bound:.0f} ms\n"
                       f"{best.tail()}")
        others = self.others(row)
        self.tap.rows.append((row.name, *map(outcome, others), outcome(best), f"{bound:.0f} ms" if bound else ""))
        hangs = not others[0].opened
        if named:
            self.next(row, best)
        if hangs != (row.plain == "hangs"):
            self.tap.point(False, f"{row.name}: plain ssh {row.plain}", others[0].tail())

    def session(self, row, cache=None):
        return transfer(self.lab, row.kind, row.host, SIZE, LIMIT, options=row.options, ssh=ssh_options(row),
                        port=row.port, cache=cache)

    @staticmethod
    def good(session):
        return session.opened and not session.said

    def others(self, row):
        sessions = [Transfer(self.lab, kind, row.host, SIZE, ssh=ssh_options(row), port=row.port)
                    for kind in ("ssh", "nc")]
        deadline = time.monotonic() + (HANGS if row.plain == "hangs" else LIMIT)
        for session in sessions:
            session.finish(max(deadline - time.monotonic(), 0))
        return sessions

    # the path changes under it: it is to end, and to say why, or to go on

    def changes(self, row):
        # The three at once: what happens to the path happens to all of them.
        command = row.command.format(data=self.lab.site.data(SIZE))
        had = [3, 3, 3]     # bytes of the session's beginning
        sessions = [Session(self.lab, kind, row.host, command, options=row.options, ssh=ssh_options(row),
                            port=row.port, stdin="/dev/zero" if row.stream else None)
                    for kind in ("ssh", "nc", row.kind)]
        try:
            changed = [self.up(session, row) for session in sessions]
            if all(at is not None for at in changed):
                if row.good:
                    self.idle(sessions, row.good)
                self.apply(row.during)
                changed = [session.now() for session in sessions] if row.during else changed
                for session in sessions if row.poke else ():
                    session.write(row.poke)
                if row.gap:
                    had, changed = self.mended(sessions, row)
                ours, since = sessions[-1], changed[-1]
                ours.until(lambda: ours.said or (row.reply and ours.received >= had[-1] + row.reply),
                           since + row.within - ours.now())
                if row.gap:
                    plain = sessions[0]
                    plain.until(lambda: plain.received >= had[0] + row.reply, row.gap + 5)
                else:
                    ours.until(lambda: ours.ended is not None, 1)
        finally:
            for session in sessions:
                session.end()
        self.judge(row, sessions, changed, had)
        if row.again and sessions[-1].said:
            self.next(row, sessions[-1])

    def up(self, session, row):
        """When the session was up, or where it will never be, authenticated; or None."""
        reached = (lambda: session.received >= 3) if row.during or row.poke else (lambda: session.auth_ms)
        if session.until(lambda: reached() or session.ended is not None, LIMIT) and reached():
            return session.now()
        return None

    @staticmethod
    def idle(sessions, seconds):
        for session in sessions:
            session.write(b"x")
        sessions[-1].until(lambda: sessions[-1].ended is not None, seconds)

    def mended(self, sessions, row):
        """What had come, and when the change was undone, after the gap in which nobody is to end."""
        sessions[-1].until(lambda: sessions[-1].ended is not None, row.gap)
        had = [session.received for session in sessions]
        self.lab.mend()
        return had, [session.now() for session in sessions]

    def judge(self, row, sessions, changed, had):
        if None in changed:
            which = sessions[changed.index(None)]
            self.tap.point(False, row.name, f"the {which.kind} session does not come up\n{which.tail()}")
            self.tap.rows.append((row.name, "", "", "not up", ""))
            return
        ours, since = sessions[-1], changed[-1]
        if row.reply:
            goes = [session.received >= before + row.reply for session, before in zip(sessions, had)]
            if row.gap:
                self.tap.point(goes[-1] and goes[0] and not ours.said, f"{row.name}: goes on, as plain ssh does",
                               f"goes on: {goes}\n{ours.tail()}")
            else:
                self.tap.point(goes == [False, False, True] and not ours.said,
                               f"{row.name}: goes on, as no other does", ours.tail())
            self.tap.rows.append((row.name, *("goes on" if one else "hangs" for one in goes), f"{row.within:g} s"))
            return
        good = self.names(row, ours, since)
        self.tap.point(good, f"{row.name}: one line, within {row.within:g} s",
                       f"wanted: {row.line}\nafter {since:.3f} s came:\n{ours.tail()}\nended: {ours.ended}")
        self.tap.rows.append((row.name, *(outcome(session, at) for session, at in zip(sessions, changed)),
                              f"{row.within:g} s"))
        if ours.said:
            self.tap.rows.append(("", "", "", "  " + ours.said[0].removeprefix("meshssh: "), ""))

    @staticmethod
    def names(row, session, since=0):
        """One line, the right one, in time, and that is the end."""
        return (len(session.said) == 1 and bool(re.search(row.line, session.said[0]))
                and session.line_at - since <= row.within and not session.killed and session.process.returncode != 0)

    def next(self, row, first):
        """The path is still as it is; what the first session has learned lies in its cache."""
        session = self.session(row, first.cache)
        self.tap.point(session.opened and not session.said, f"{row.name}: the next session works",
                       f"{outcome(session)}, fallbacks: {session.fallbacks}\n{session.tail()}")
        self.tap.rows.append(("  the next session", "", "", outcome(session), ""))


def main():
    group, pattern = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    tap = Tap()
    try:
        enter()
        with Site() as site, Lab(site) as lab:
            runner = Runner(lab, tap)
            for row in GROUPS[group]():
                if re.search(pattern, row.name):
                    runner.run(row)
    except Missing as reason:
        tap.skip(group, str(reason))
    except Failed as reason:
        tap.point(False, "the lab stands", str(reason))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
