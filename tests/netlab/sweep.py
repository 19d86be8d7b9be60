#!/usr/bin/env python3
"""sweep.py [--only PART]...: what holes.sh and paths.sh take samples of, whole; about 40 minutes on two cores.

holes   every size of a hole, each way, IPv4 and IPv6, two kinds of KEX: ten megabytes each way, bit for bit
rtt     fewer sizes at a round trip of 40 ms, and the time to authentication
loss    a thousand logins with 2 % loss each way: failures, lines of meshssh, needless fallbacks
speed   time to authentication on a whole path, plain ssh, nc and meshssh in turn, at 0 and at 40 ms
bulk    goodput at 100 Mbit/s with small segments and without (--mss=off)
paths   the rows of paths.sh, three times

Where time does not matter, several labs work side by side. Progress goes to stderr, tables and failures to stdout. The
exit status is 0 if nothing failed.
"""

import argparse
import collections
import math
import queue
import statistics
import sys
import threading
import time

sys.dont_write_bytecode = True  # nothing is written into the source tree

import netlab
from drive import Session, transfer
from lab import STOP, Failed, Lab, Missing, Site, enter
from table import CURVE, SNTRUP, WAYS, descents, ends, paths

LIMIT = 60
BASES = {"v4": 576, "v6": 1280}
PARTS = ("holes", "rtt", "loss", "speed", "bulk", "paths")


def median(values):
    return statistics.median(values) if values else math.nan


def show(head, rows):
    table = [head, *([str(cell) for cell in row] for row in rows)]
    width = [max(len(row[i]) for row in table) for i in range(len(head))]
    for row in table:
        print("  ".join(text.ljust(w) if i == 0 else text.rjust(w) for i, (text, w) in enumerate(zip(row, width))))
    sys.stdout.flush()


def kex_first(kex):
    return (f"KexAlgorithms=^{kex}",)


class Sweep:
    def __init__(self, site, options):
        self.site = site
        self.options = options
        self.failures = []

    def title(self, text):
        print(f"\n{text}", flush=True)

    def progress(self, part, done, count):
        text = f"{part}: {done}/{count}, failed {len(self.failures)}"
        if sys.stderr.isatty():
            print("\r" + text, end="\n" if done == count else "", file=sys.stderr, flush=True)
        elif done == count or done * 10 // count > (done - 1) * 10 // count:
            print(text, file=sys.stderr, flush=True)

    def fail(self, what, session):
        self.failures.append(what)
        print(f"\nFAILED {what}: {netlab.outcome(session)}, exact: {session.exact}, fallbacks: {session.fallbacks}\n"
              f"{session.tail(12)}", flush=True)

    def side_by_side(self, part, tasks, work, labs):
        """work(lab, task) for all of them; the results, as they come."""
        todo, results = queue.SimpleQueue(), queue.SimpleQueue()
        for task in tasks:
            todo.put(task)

        def worker():
            try:
                with Lab(self.site) as lab:
                    while not STOP.is_set():
                        results.put(work(lab, todo.get_nowait()))
            except queue.Empty:
                pass
            except Exception as error:  # pylint: disable=broad-except
                results.put(error)

        threads = [threading.Thread(target=worker) for _ in range(min(labs, len(tasks)))]
        for thread in threads:
            thread.start()
        try:
            for done in range(len(tasks)):
                result = results.get()
                if isinstance(result, Exception):
                    raise Failed(f"{part}: {result}")
                self.progress(part, done + 1, len(tasks))
                yield result
        finally:
            while not todo.empty():
                todo.get_nowait()
            for thread in threads:
                thread.join()

    # parts

    def sized(self, part, step, size, rtt):
        """Every hole: a row of the table for each family, way and KEX."""
        tasks = [(host, way, kex, hole) for host, base in BASES.items() for kex in (SNTRUP, CURVE) for way in WAYS
                 for hole in range(base, 1501, step)]
        plain = {}
        if rtt:
            with Lab(self.site) as lab:
                lab.delay(rtt / 2)
                for kex in (SNTRUP, CURVE):
                    plain[kex] = median([transfer(lab, "ssh", "v4", 1000, LIMIT, ssh=kex_first(kex)).auth_ms or math.nan
                                         for _ in range(9)])

        def late(session, host, kex, hole):
            return bool(rtt and session.opened
                        and session.auth_ms > plain[kex] + descents(hole, host) * 5 * rtt + netlab.SLACK)

        def work(lab, task):
            host, way, kex, hole = task
            lab.clear()
            if rtt:
                lab.delay(rtt / 2)
            lab.hole(hole, way)
            for _ in range(netlab.TRIES):
                session = transfer(lab, "relay", host, size, LIMIT, options=("--debug",), ssh=kex_first(kex))
                if not late(session, host, kex, hole):
                    break
            return task, session

        groups = collections.defaultdict(list)
        for task, session in self.side_by_side(part, tasks, work, 1 if rtt else self.options.labs):
            host, way, kex, hole = task
            name = f"{host} {way} {kex.split('-')[0]}"
            if not session.opened or session.said or late(session, host, kex, hole):
                self.fail(f"{part} {name} {hole}", session)
            groups[name].append((hole, session))
        rows = []
        for name, sessions in sorted(groups.items()):
            steps = [(descents(hole, name[:2]), session) for hole, session in sessions]
            times = [[s.auth_ms for count, s in steps if s.auth_ms and count == n] for n in range(3)]
            rows.append((name, len(steps), sum(s.opened for _, s in steps), sum(bool(s.said) for _, s in steps),
                         sum(max(s.fallbacks - count, 0) for count, s in steps),
                         *(f"{median(t):.0f} (..{max(t):.0f})" if t else "" for t in times)))
        self.title(f"{part}: a hole of every {step} bytes, {size / 1e6:g} MB each way, RTT {rtt} ms; "
                   "ms to authentication")
        show(("", "sizes", "opened", "with a line", "needless fallbacks", "no descent", "one", "two"), rows)
        if plain:
            print(", ".join(f"plain ssh on the whole path, {kex}: {ms:.0f} ms" for kex, ms in plain.items()))

    def holes(self):
        self.sized("holes", self.options.step, self.options.megabytes * 1_000_000, 0)

    def rtt(self):
        self.sized("rtt", 11 * self.options.step, 1_000_000, 40)

    def loss(self):
        def work(lab, _):
            lab.clear()
            lab.loss(2)
            return transfer(lab, "relay", "v4", 1000, LIMIT, options=("--debug",))

        sessions = []
        for session in self.side_by_side("loss", range(self.options.logins), work, self.options.labs):
            if not session.opened or session.said:
                self.fail(f"loss, login {len(sessions)}", session)
            sessions.append(session)
        times = sorted(session.auth_ms for session in sessions if session.auth_ms)
        self.title("loss: logins with 2 % loss each way")
        show(("", "logins", "opened", "with a line", "needless fallbacks", "ms to auth.", "99 %"),
             [("meshssh", len(sessions), sum(s.opened for s in sessions), sum(bool(s.said) for s in sessions),
               sum(s.fallbacks for s in sessions), f"{median(times):.0f}", f"{times[len(times) * 99 // 100]:.0f}")])
        if sum(s.fallbacks for s in sessions) * 100 > len(sessions):
            self.failures.append("loss: more than 1 % of needless fallbacks")

    def speed(self):
        rows = []
        with Lab(self.site) as lab:
            for rtt in (0, 40):
                for kex in (SNTRUP, CURVE):
                    lab.clear()
                    if rtt:
                        lab.delay(rtt / 2)
                    times = collections.defaultdict(list)
                    kinds = ["ssh", "nc", "relay", "fdpass"]
                    for number in range(self.options.rounds):
                        for kind in kinds[number % 4:] + kinds[:number % 4]:
                            session = transfer(lab, kind, "v4", 1000, LIMIT, ssh=kex_first(kex))
                            if not session.opened:
                                self.fail(f"speed {kind} RTT {rtt}", session)
                            elif number:  # the first of each reads its file from the disk
                                times[kind].append(session.auth_ms)
                        self.progress(f"speed, RTT {rtt}, {kex}", number + 1, self.options.rounds)
                    base, *others = (median(times[kind]) for kind in kinds)
                    rows.append((f"RTT {rtt}, {kex.split('-')[0]}", f"{base:.0f}",
                                 *(f"{ms:.0f} ({ms / base:.2f})" for ms in others)))
        self.title(f"speed: ms to authentication, medians of {self.options.rounds - 1} (ratio to plain ssh)")
        show(("", "plain ssh", "nc", "meshssh", "--fdpass"), rows)

    def bulk(self):
        size = 50_000_000
        ways = {"down": f"head -c {size} /dev/zero", "up": "cat >/dev/null"}
        kinds = {"plain ssh": ("ssh", ()), "meshssh": ("relay", ()), "--mss=off": ("relay", ("--mss=off",))}
        speeds = collections.defaultdict(list)
        with Lab(self.site) as lab:
            lab.rate(100)
            for number in range(5):
                for way, command in ways.items():
                    for name in list(kinds)[number % 3:] + list(kinds)[:number % 3]:
                        kind, options = kinds[name]
                        session = Session(lab, kind, "v4", f"echo up; {command}", options=options,
                                          stdin=self.site.data(size) if way == "up" else "/dev/null")
                        up = session.until(lambda: session.received >= 3, LIMIT) and session.now()
                        session.until(lambda: session.ended is not None, LIMIT)
                        session.end()
                        if not session.in_order:
                            raise Failed(f"bulk {way} {name}: {session.tail()}")
                        speeds[way, name].append(size * 8e-6 / (session.ended - up))
                self.progress("bulk", number + 1, 5)
        self.title("bulk: Mbit/s of goodput on a line of 100 Mbit/s, medians of 5 (ratio to --mss=off)")
        show(("", *kinds), [(way, *(f"{median(speeds[way, name]):.1f} "
                                    f"({median(speeds[way, name]) / median(speeds[way, '--mss=off']):.3f})"
                                    for name in kinds)) for way in ways])

    def paths(self):
        tap = netlab.Tap()
        with Lab(self.site) as lab:
            runner = netlab.Runner(lab, tap)
            for _ in range(3):
                for row in paths() + ends():
                    runner.run(row)
        tap.finish()
        self.failures += ["a row of paths"] * tap.failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=PARTS, help="this part; may be given again")
    parser.add_argument("--labs", type=int, default=3, help="so many side by side (3)")
    parser.add_argument("--step", type=int, default=4, help="from one size of a hole to the next (4)")
    parser.add_argument("--megabytes", type=int, default=10, help="each way through each hole (10)")
    parser.add_argument("--logins", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=31, help="of each kind, for speed (31)")
    options = parser.parse_args()
    try:
        enter()
        with Site() as site:
            sweep = Sweep(site, options)
            for part in PARTS:
                if not options.only or part in options.only:
                    since = time.monotonic()
                    getattr(sweep, part)()
                    print(f"{part}: {time.monotonic() - since:.0f} s", file=sys.stderr)
    except (Missing, Failed) as reason:
        print(f"sweep: {reason}", file=sys.stderr)
        return 1
    print(f"\n{len(sweep.failures)} failed" + "".join(f"\n  {what}" for what in sweep.failures))
    return 1 if sweep.failures else 0


if __name__ == "__main__":
    sys.exit(main())
