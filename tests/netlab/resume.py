#!/usr/bin/env python3
"""resume.py [--full] [PATTERN]: sessions that outlive their connections, with real ssh and sshd; prints TAP, then a table.

Numbered lines go to `cat` on the server 20 times a second, and each must come back once, in order. A row breaks
something, mends it, and says within how many seconds after that the next line is to be back, and how often the
session may be resumed. With --full, outages last a minute and a transfer has 500 MB.
"""

import hashlib
import json
import os
import re
import shutil
import signal
import sys
import threading
import time
from dataclasses import dataclass

sys.dont_write_bytecode = True  # nothing is written into the source tree

import lab as lab_module
from drive import Session, Transfer
from lab import BUILD, MESHSSH, STOP, Failed, Lab, Missing, Site, enter, wait_for
from netlab import Tap

PORT = 2213         # of an sshd that offers resumption
SERVE_PORT = 4622
CURED_PORT = 2214
SERVE = os.environ.get("MESHSSH_SERVE") or os.path.join(BUILD, "meshssh-serve")
GOES_ON = re.compile(r"the session goes on")
FULL = "--full" in sys.argv
OUTAGE = 60 if FULL else 5
SIZE = 500_000_000 if FULL else 20_000_000
lab_module.PORTS[PORT] = [f"VersionAddendum meshssh={SERVE_PORT}"]


class Far:
    """The far side in the server's namespace."""

    def __init__(self, lab, *addresses):
        self.lab = lab
        self.addresses = addresses or ("10.77.2.2", "10.77.3.2")
        self.process = None
        self.start()

    def start(self, boot=None):
        """With another boot id, as after a reboot: a file of it."""
        other = ("unshare", "-m", "sh", "-c", 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"')
        self.process = self.lab.start("server", *((*other, boot) if boot else ()), *self.argv(),
                                      log=self.lab.name + "-serve.log")
        wait_for("meshssh-serve listens", 10, lambda: f":{SERVE_PORT}" in self.lab.run("server", "ss", "-Hltn"))

    def argv(self):
        return (SERVE, *(f"{a}:{SERVE_PORT}" for a in self.addresses), f"--sshd=10.77.2.2:{PORT}", "--source=loopback",
                f"--run={os.environ['TMPDIR']}/run")

    def pids(self):
        found = []
        for pid in self.lab.pids("server"):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as f:
                    if f.read().startswith(SERVE.encode()):
                        found.append(pid)
            except OSError:
                pass
        return found

    def kill(self):
        """The listener and all sessions, at once, as a reboot does."""
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        self.lab.processes.remove(self.process)


class Echo:
    """An ssh session of `cat`, and the numbered lines that it echoes."""

    def __init__(self, lab, command="cat", pad=10, rate=20, options=(), cache=None, port=PORT, host="v4", ssh=()):
        self.session = Session(lab, "relay", host, command, options=("--debug", *options), ssh=ssh, port=port, cache=cache)
        self.pad = "z" * pad
        self.rate = rate
        self.sent = 0       # bytes
        self.sum = hashlib.sha256()
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.feed, daemon=True)
        self.thread.start()
        if not self.session.until(lambda: self.session.received > 0, 15):
            raise Failed("no session\n" + self.session.tail(30))

    def feed(self):
        number = 0
        while not self.stop.is_set():
            line = f"{number} {self.pad}\n".encode()
            try:
                self.session.process.stdin.write(line)
            except OSError:
                return
            self.sum.update(line)
            self.sent += len(line)
            number += 1
            self.stop.wait(1 / self.rate)

    def resumes(self):
        return sum(1 for _, text in list(self.session.lines) if GOES_ON.search(text))

    def relay(self):
        """The process id of meshssh, but not of a process of its own that writes what --why reads."""
        parents = {}
        for pid in self.session.members():
            with open(f"/proc/{pid}/stat", encoding="ascii") as f:
                name, rest = f.read().rsplit(")", 1)
            if name.endswith("(meshssh"):
                parents[pid] = int(rest.split()[1])
        for pid, parent in parents.items():
            if parent not in parents:
                return pid
        raise Failed("there is no relay")

    def back(self, seconds):
        """The seconds until what is sent from now on comes back; None if that is too long, or the session ends."""
        since, had = time.monotonic(), self.sent
        ok = self.session.until(lambda: self.session.received > had or self.session.ended is not None, seconds)
        return time.monotonic() - since if ok and self.session.ended is None else None

    def finish(self):
        """Ends the session in order: True if all that was sent is back, and nothing else."""
        self.stop.set()
        self.thread.join(2)
        try:
            self.session.process.stdin.close()
        except OSError:
            pass
        self.session.until(lambda: self.session.ended is not None, 15)
        self.session.end()
        return (self.session.process.returncode == 0 and self.session.received == self.sent
                and self.session.hash.digest() == self.sum.digest())


# --- what breaks a connection, and what mends it ------------------------------------------------------------------------


def reset(lab):
    lab.run("client", "ss", "-K", "dst", "10.77.2.2", "dport", "=", str(SERVE_PORT))


def reset_there(lab):
    lab.run("server", "ss", "-K", "sport", "=", str(SERVE_PORT))


def address(lab):
    """The client has another one, and the old one is gone."""
    lab.ip("client", "addr replace 10.77.1.77/24 dev c0", "addr del 10.77.1.2/24 dev c0",
           "addr replace 10.77.1.77/24 dev c0")
    lab.client_routes()
    lab.undo.append(lambda: old_address(lab))


def old_address(lab):
    """The first one again. With the last address of a network its routes go, and its other addresses."""
    lab.run("client", *"ip addr del 10.77.1.77/24 dev c0".split(), check=False)
    lab.address_back()


def forget(lab, verdict):
    """As a NAT that has forgotten the connections that there are: what else comes from their ports is strange to it."""
    for line in lab.run("client", "ss", "-Htn", "dst", "10.77.2.2", "dport", "=", str(SERVE_PORT)).splitlines():
        port = line.split()[3].rpartition(":")[2]
        for which in ("sport", "dport"):
            lab.rule(f"tcp {which} {port} {verdict}", "dead")
    lab.undo.append(lab.alive)


def cut(lab, seconds):
    lab.dead()
    lab.pause(seconds)
    lab.alive()


def elsewhere(lab, _):
    """Links that the session does not use come and go."""
    for _ in range(6):
        lab.ip("client", "link add e0 type veth peer name e1", "addr add 10.99.9.9/24 dev e0", "link set e0 up")
        lab.pause(0.2)
        lab.ip("client", "link del e0")
        lab.pause(0.2)


@dataclass(frozen=True)
class Row:
    name: str
    breaks: object                  # called with the lab and the session: what happens, until it is mended
    within: float = 2.5             # then the next line is back
    resumes: tuple = (1, 3)         # so often, at least and at most
    before: object = None           # called with the lab, before the session
    pad: int = 10
    rate: int = 20
    options: tuple = ()             # of the relay


def stopped(lab, echo):
    pid = echo.relay()
    os.kill(pid, signal.SIGSTOP)
    lab.pause(OUTAGE + 2)
    os.kill(pid, signal.SIGCONT)


def listener(lab, _):
    lab.far.process.terminate()
    lab.far.process.wait()
    lab.processes.remove(lab.far.process)
    lab.far.start()
    reset(lab)


def refused(lab, _):
    """At the first address of the host, nobody listens any longer."""
    lab.rule(f"tcp dport {SERVE_PORT} reject with tcp reset", "dead")
    reset(lab)


def stranger(lab, _):
    """The client is in another network, where another machine has the first address, and something else listens."""
    process = lab.start("client", sys.executable, "-c", f"""import socket
s = socket.socket()
s.setsockopt(socket.IPPROTO_IP, 15, 1)      # IP_FREEBIND: it listens before it has the address
s.bind(("10.77.2.2", {SERVE_PORT}))
s.listen()
while True:
    c, _ = s.accept()
    c.recv(96, socket.MSG_WAITALL)
    c.sendall(b"HTTP/1.1 400 Bad Request" + 96 * b" ")
""", log=lab.name + "-stranger.log")
    lab.undo.append(lambda: lab.end(process))
    wait_for("the other machine listens", 10, lambda: f":{SERVE_PORT}" in lab.run("client", "ss", "-Hltn"))
    lab.ip("client", "addr add 10.77.2.2/32 dev lo")
    lab.undo.append(lambda: lab.run("client", *"ip addr del 10.77.2.2/32 dev lo".split(), check=False))


OTHER = ("--or=10.77.3.2",)
ROWS = (
    Row("connection reset", lambda lab, _: reset(lab), within=0.5),
    Row("connection reset by the host", lambda lab, _: reset_there(lab), within=0.5),
    Row("RTT 100 ms, connection reset", lambda lab, _: reset(lab), within=1, before=lambda lab: lab.delay(50)),
    Row("another address", lambda lab, _: address(lab), within=1),
    Row("NAT forgets, and resets", lambda lab, _: forget(lab, "reject with tcp reset"), within=1),
    Row("NAT forgets, and is silent", lambda lab, _: forget(lab, "drop"), within=4),
    Row(f"no path for {OUTAGE} s", lambda lab, _: cut(lab, OUTAGE)),
    Row("hole > 1000 bytes, both ways", lambda lab, _: lab.hole(999), within=8, pad=6000, rate=30),
    Row("hole > 900 bytes on the reverse path", lambda lab, _: lab.hole(900, "reverse"), within=8, pad=6000, rate=30),
    Row("--or: the first name falls silent", lambda lab, _: lab.dead(), within=4, options=OTHER),
    Row("--or: the first name refuses", refused, within=2, options=OTHER),
    Row("--or: another machine has the first name", stranger, within=3, options=OTHER),
    Row("relay stopped", stopped, within=1, resumes=(0, 1)),
    Row("listener restarted, connection reset", listener, within=0.5),
    Row("other links come and go", elsewhere, within=1, resumes=(0, 0)),
    Row("loss of 10 %", lambda lab, _: (lab.loss(10), lab.pause(45 if FULL else 10)), within=5, resumes=(0, 0)),
)


def show(tap, lab, row):
    lab.clear()
    if row.before:
        row.before(lab)
    echo = Echo(lab, pad=row.pad, rate=row.rate, options=row.options)
    lab.pause(1)
    row.breaks(lab, echo)
    took = echo.back(max(15, row.within))
    exact = echo.finish()
    count = echo.resumes()
    tap.point(exact and took is not None and took <= row.within and row.resumes[0] <= count <= row.resumes[1], row.name,
              f"exact: {exact}, back after: {took} of {row.within}, resumed {count} times, wanted {row.resumes}\n"
              f"sent {echo.sent}, received {echo.session.received}\n{echo.session.tail(25)}")
    tap.rows.append((row.name, "", "", f"{took:.2f} s" if took is not None else "never", f"{row.within:g} s"))


# --- the rest -------------------------------------------------------------------------------------------------------


def why_says(lab, cache):
    return lab.run("client", "env", f"XDG_CACHE_HOME={cache}", MESHSSH, "--why")


def told(lab, cache):
    """What --why says of sessions that wait."""
    return re.findall(r"v4 port 2213: no connection for \d+ s: .+; held for 24 h", why_says(lab, cache))


def restarted(tap, lab):
    """The host knows nothing of the session: it ends, and the cause is said."""
    lab.clear()
    echo = Echo(lab)
    lab.dead()
    lab.far.kill()
    lab.pause(1)
    boot = os.path.join(os.environ["TMPDIR"], "boot_id")
    with open(boot, "w", encoding="ascii") as f:
        f.write("00000000-0000-4000-8000-000000000000\n")
    lab.far.start(boot)
    lab.alive()
    since = echo.session.now()
    echo.session.until(lambda: echo.session.ended is not None, 10)
    took = echo.session.now() - since
    echo.finish()
    said = why_says(lab, echo.session.cache)
    tap.point(len(echo.session.said) == 1 and "the host was restarted" in echo.session.said[0] and took < 2
              and "the host was restarted" in said and "no connection" not in said,
              "host restarted: one line, within 2 s, and in --why", f"{said}\n{echo.session.tail(20)}")


def transfer(tap, lab):
    """A transfer in both directions is whole after many breaks."""
    lab.clear()
    lab.rate(80)
    session = Transfer(lab, "relay", "v4", SIZE, options=("--debug",), port=PORT)
    breaks = (lambda: reset(lab), lambda: reset_there(lab), lambda: cut(lab, 0.7), lambda: address(lab), lambda: old_address(lab))
    number = 0
    while session.ended is None and number < (20 if FULL else 8):
        session.until(lambda: session.ended is not None, 2 if FULL else 0.4)
        breaks[number % len(breaks)]()
        number += 1
    session.finish(300)
    count = sum(1 for _, text in session.lines if GOES_ON.search(text))
    tap.point(session.opened and count > 3, f"{SIZE // 1000000} MB both ways, {number} breaks: whole",
              f"exact: {session.exact}, {session.received} of {SIZE}, resumed {count} times\n{session.tail(30)}")


def no_route(lab):
    lab.ip("client", "route del default")
    return lab.client_routes


def no_link(lab):
    lab.ip("client", "link set c0 down")

    def back():
        lab.ip("client", "link set c0 up")
        lab.address_back()
    return back


def events(tap, lab):
    """What changes on this machine is noticed: nothing waits for the next attempt."""
    lab.clear()
    echo = Echo(lab)
    took = []
    for breaks in (no_route, no_link) * 2:
        forget(lab, "drop")
        back = breaks(lab)
        lab.pause(2.7)
        back()
        took.append(echo.back(15))
    exact = echo.finish()
    tap.point(exact and None not in took and max(took) <= 0.4, "routes and links that come back are noticed",
              f"exact: {exact}, back after: {took}\n{echo.session.tail(40)}")
    tap.rows.append(("route or link back", "", "", f"{max(filter(None, took), default=0):.2f} s", "0.4 s"))


def why(tap, lab):
    """A session that stands still says so to --why and to nobody else, and no longer when it goes on or is killed."""
    lab.clear()
    full = lab.site.path("full")
    os.makedirs(full)
    lab_module.run("mount", "-t", "tmpfs", "-o", "size=16k", "netlab", full)
    lab_module.run("sh", "-c", 'cat /dev/zero >"$0" 2>/dev/null || :', full + "/zero")
    echo, other, third = Echo(lab), Echo(lab, cache=full), Echo(lab)
    cache = echo.session.cache
    before = told(lab, cache)
    lab.dead()
    wait_for("--why tells of the session", 15, lambda: told(lab, cache) and told(lab, third.session.cache))
    os.kill(third.relay(), signal.SIGKILL)
    wait_for("who was killed waits for nothing", 5, lambda: not told(lab, third.session.cache))
    third.finish()
    lab.alive()
    took = echo.back(15)
    wait_for("--why tells of nothing", 5, lambda: not told(lab, cache))
    exact = [one.finish() for one in (echo, other)]
    tap.point(exact == [True, True] and before == [] and took is not None and echo.session.said == other.session.said == [],
              "--why tells of a session that waits; a full disk does not harm it",
              f"{exact}, {took}\n{echo.session.tail(20)}\n{other.session.tail(20)}")
    lab_module.run("umount", full)


def reader(tap, lab):
    """Who reads nothing for a while is no reason to doubt the connection."""
    lab.clear()
    session = Session(lab, "relay", "v4", "head -c 30000000 /dev/zero; sleep 8; cat >/dev/null", options=("--debug",),
                      port=PORT)
    session.until(lambda: session.received > 0, 15)
    os.kill(session.process.pid, signal.SIGSTOP)
    session.write(b"x" * 20_000_000)
    lab.pause(6)
    os.kill(session.process.pid, signal.SIGCONT)
    ok = session.until(lambda: session.received == 30_000_000, 20)
    count = sum(1 for _, text in session.lines if GOES_ON.search(text))
    session.end()
    tap.point(ok and count == 0, "readers that stop: no resumption", f"{session.received}, {count}\n{session.tail(20)}")


def no_way(lab):
    """No connection, and none to be made."""
    lab.dead()
    reset(lab)


LEFT = (("no connection, and ssh gets SIGKILL", no_way, signal.SIGKILL, 3),
        ("no connection, and ssh gets SIGTERM", no_way, signal.SIGTERM, 3),
        ("NAT forgets and is silent, and ssh gets SIGKILL", lambda lab: forget(lab, "drop"), signal.SIGKILL, 5))


def running(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            return f.read() != b""
    except OSError:
        return False


def left(tap, lab):
    """An ssh that ends while its connection does not work leaves no session on the host, and no relay here."""
    for name, breaks, number, within in LEFT:
        lab.clear()
        echo = Echo(lab)
        relay, held = echo.relay(), len(lab.far.pids())
        breaks(lab)
        os.kill(echo.session.process.pid, number)
        if breaks is no_way:
            lab.pause(3)
            lab.alive()
        since = time.monotonic()
        try:
            wait_for("the host has ended the session", within, lambda: len(lab.far.pids()) < held)
            took = time.monotonic() - since
            wait_for("the relay has ended", 5, lambda: not running(relay))
            tap.point(True, f"{name}: the host holds nothing after {took:.1f} s")
        except Failed as reason:
            tap.point(False, name, f"{reason}\n{echo.session.tail(25)}")
        echo.stop.set()
        echo.session.end()


def bound(tap, lab):
    """Where the first connection is to come from, by ssh's own command line, is not asked of those that follow."""
    lab.clear()
    echo = Echo(lab, ssh=("BindAddress=10.77.1.2",))
    for name, breaks in (("connection reset", reset), ("another address", address)):
        lab.pause(1)
        breaks(lab)
        took = echo.back(10)
        tap.point(took is not None and took < 5, f"BindAddress, {name}", f"back after {took} s\n{echo.session.tail(25)}")
    echo.finish()
    lab.clear()


def attempts(lab):
    """How many connections to the far side were begun."""
    return int(re.search(r"packets (\d+)", lab.run("router", "nft", "list chain inet lab counted"))[1])


def count_attempts(lab):
    lab.run("router", "nft", "-f", "-", text=f"""table inet lab {{
	chain counted {{ type filter hook forward priority 2; tcp dport {SERVE_PORT} tcp flags syn / syn,ack counter; }}
}}
""")


def silent(tap, lab):
    """An sshd that says nothing behind the far side: our line comes before ssh gives up."""
    lab.clear()
    echo = Echo(lab)
    exact = echo.finish()
    sshd = next(pid for pid in lab.pids("server") if f"sshd-{PORT}.conf" in open(f"/proc/{pid}/cmdline", encoding="utf-8").read())
    os.kill(sshd, signal.SIGSTOP)
    try:
        session = Session(lab, "relay", "v4", "true", options=("--debug",), ssh=("ConnectTimeout=3",), port=PORT,
                          cache=echo.session.cache)
        session.until(lambda: session.ended is not None, 10)
        session.end()
    finally:
        os.kill(sshd, signal.SIGCONT)
    tap.point(exact and len(session.said) == 1 and session.line_at < 3 and not session.when(r"\[warn\]"),
              "a silent sshd: one line, before ConnectTimeout", session.tail(20))


def learned(tap, lab):
    """The size that a hole in mid-session has taught is what the next session begins with."""
    lab.clear()
    echo = Echo(lab, pad=6000, rate=30)
    lab.pause(1)
    lab.hole(999)
    took = echo.back(15)
    exact = echo.finish()
    second = Echo(lab, cache=echo.session.cache)
    tap.point(exact and took is not None and second.finish() and second.session.when("has learned: segments of 768"),
              "the next session begins with the segments that passed",
              f"{took}\n{echo.session.tail(20)}\n{second.session.tail(30)}")


def discovery(tap, lab):
    """Without an offer nothing is tried; an offer is remembered; what is silent is not asked again."""
    lab.clear()
    count_attempts(lab)
    echo = Echo(lab, port=22)
    tap.point(echo.finish() and attempts(lab) == 0, "a host without it: no connection", echo.session.tail(20))
    echo = Echo(lab)
    tap.point(echo.finish() and attempts(lab) == 1, "an offer is taken up", echo.session.tail(20))
    direct = sum(1 for _, text in echo.session.lines if "connected through direct" in text)
    second = Echo(lab, cache=echo.session.cache)
    again = sum(1 for _, text in second.session.lines if "connected through direct" in text)
    tap.point(second.finish() and (direct, again) == (2, 1), "the next session connects there at once",
              f"{direct}, {again}\n{second.session.tail(20)}")
    before = attempts(lab)
    passed = Session(lab, "fdpass", "v4", port=PORT, cache=echo.session.cache)
    passed.until(lambda: passed.ended is not None, 15)
    tap.point(passed.in_order and attempts(lab) == before, "with --fdpass, no resumption", passed.tail(20))
    config = lab.site.write("alive_config", f"Include {lab.site.path('ssh_config')}\nHost v4\n\tServerAliveInterval 5\n")
    for cache, wanted in ((echo.session.cache, True), (lab.site.path("none"), False)):
        said = lab.run("client", "env", f"XDG_CACHE_HOME={cache}", MESHSSH, "--debug", "-F", config, "-p", str(PORT), "v4",
                       "true")
        tap.point(("ssh sends no alive messages" in said) == wanted, f"the front door: alive messages {wanted}", said)
    lab.rule(f"tcp dport {SERVE_PORT} counter drop")
    before = attempts(lab)
    third = Echo(lab, cache=echo.session.cache)
    exact = third.finish()
    tap.point(exact and third.session.auth_ms < 250 + 2 * 250 + 1000, "a port that is silent now: the direct way",
              f"{third.session.auth_ms}\n{third.session.tail(20)}")
    fresh = Echo(lab)
    exact = fresh.finish()
    before = attempts(lab)
    fourth = Echo(lab, cache=fresh.session.cache)
    tap.point(exact and fourth.finish() and attempts(lab) == before, "a port that was silent is not asked again",
              f"{fresh.session.tail(20)}\n{fourth.session.tail(20)}")


def names(tap, lab):
    """With --or, the port is remembered for the name that led to the host, and the next session begins there."""
    lab.clear()
    lab.dead()
    first = Echo(lab, options=OTHER)
    exact = first.finish()
    second = Echo(lab, options=OTHER, cache=first.session.cache)
    direct = sum(1 for _, text in second.session.lines if "connected through direct" in text)
    tap.point(exact and second.finish() and second.session.when("is known to resume sessions") and direct == 1,
              "--or: the next session begins at the name that led there",
              f"{direct}\n{first.session.tail(30)}\n{second.session.tail(30)}")


def outer(lab):
    """An ssh through port 22, which forwards the two others: when it does."""
    forwards = (f"127.0.0.1:{PORT}:10.77.2.2:{PORT}", f"127.0.0.1:{SERVE_PORT}:10.77.2.2:{SERVE_PORT}")
    process = lab.start("client", "ssh", "-F", lab.site.path("ssh_config"), "-N", "-o", "ExitOnForwardFailure=yes",
                        *(word for forward in forwards for word in ("-L", forward)), "v4", log="outer.log")
    wait_for("the forwarded ports", 15, lambda: f":{SERVE_PORT} " in lab.run("client", "ss", "-Hltn"))
    return process


def port_22(tap, lab):
    """Nothing but sshd's own port is open: what an ssh forwards leads there, and that one may end and come back."""
    lab.clear()
    lab.rule(f"tcp dport {{ {PORT}, {SERVE_PORT} }} counter drop")
    process = outer(lab)
    echo = Echo(lab, host="127.0.0.1")
    process.kill()
    process.wait()
    lab.processes.remove(process)
    lab.pause(1)
    process = outer(lab)
    took = echo.back(15)
    exact = echo.finish()
    lab.end(process)
    tap.point(exact and took is not None and took <= 2.5, "port 22 alone, through an ssh that is killed",
              f"exact: {exact}, back after: {took}, resumed {echo.resumes()} times\n{echo.session.tail(25)}")


def waits_of_server(lab):
    """What the doctor says there of how long sshd's sessions stand still after an outage: the finding, or None."""
    report = json.loads(lab.run("server", MESHSSH, "--doctor", "--json", check=False))
    return next((f for f in report["findings"] if f["code"] == "rto-max"), None)


def cured(tap, lab):
    """rto-max: what is said of a server is so, and a session that cannot be resumed goes on soon with its cure."""
    lab.clear()
    found = waits_of_server(lab)
    if not os.path.exists("/proc/sys/net/ipv4/tcp_rto_max_ms"):
        tap.point(found is None, "rto-max: not of a kernel that has no such limit", str(found))
        return
    cure = re.search(r"sysctl -w ([^,]+),", json.dumps(found))
    tap.point(cure, "rto-max: said of a server as it comes", str(found))
    if not cure:
        return
    lab.run("server", "sysctl", "-w", *cure.group(1).split())
    # sshd is started again, as the cure says.
    with open(lab.site.path(f"{lab.name}-sshd-22.conf"), encoding="utf-8") as f:
        config = lab.site.write(lab.name + "-cured.conf", f.read().replace("\nPort 22\n", f"\nPort {CURED_PORT}\n"))
    lab.start("server", shutil.which("sshd") or "/usr/sbin/sshd", "-D", "-f", config, log=lab.name + "-cured.log")
    wait_for("the other sshd listens", 10, lambda: f":{CURED_PORT}" in lab.run("server", "ss", "-Hltn"))
    # Only the server speaks: what a client says would hurry it.
    session = Session(lab, "relay", "v4", "while echo line; do sleep 0.05; done", port=CURED_PORT)
    session.until(lambda: session.received > 0, 15)
    # Without the cure, the next packet comes 6 s after that.
    cut(lab, 7)
    had, since = session.received, session.now()
    session.until(lambda: session.received > had or session.ended is not None, 15)
    took = session.now() - since
    ended = session.ended
    session.end()
    tap.point(had > 0 and ended is None and took < 3 and waits_of_server(lab) is None,
              "rto-max: with its cure a session goes on soon after 7 s without a path", f"{took}\n{session.tail(20)}")


def named(lab, space, name):
    """The process ids of this program there."""
    found = []
    for pid in lab.pids(space):
        try:
            with open(f"/proc/{pid}/comm", encoding="utf-8") as f:
                if f.read().strip() == name:
                    found.append(pid)
        except OSError:
            pass
    return found


def kill_outer(lab):
    """The second ssh, which forwards, is killed."""
    for pid in named(lab, "client", "ssh"):
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            if b"\0-W\0" in f.read():
                os.kill(pid, signal.SIGKILL)


def reset_22(lab):
    lab.run("client", "ss", "-K", "dst", "10.77.2.2", "dport", "=", "22")


BY_SSH = (f"--resume=ssh:10.77.2.2:{SERVE_PORT}",)
BREAKS = (("connection reset", reset_22, 3), ("no path for 4 s", lambda lab: cut(lab, 4), 8), ("another address", address, 5),
          ("old address", old_address, 5), ("the second ssh killed", kill_outer, 3))


def only_22(lab):
    """Nothing but sshd's own port is open."""
    lab.clear()
    lab.rule("tcp dport { 1-21, 23-32767 } counter drop")


def by_ssh(tap, lab):
    """--resume=ssh, with the port: a session survives all that breaks the connection of the second ssh, and leaves none."""
    only_22(lab)
    echo = Echo(lab, port=22, options=BY_SSH)
    took = []
    for name, breaks, within in BREAKS:
        lab.pause(1)
        breaks(lab)
        took.append(echo.back(15))
        tap.point(took[-1] is not None and took[-1] <= within, f"by a second ssh: {name}",
                  f"back after {took[-1]} s, wanted {within}\n{echo.session.tail(25)}")
        tap.rows.append((f"by a second ssh: {name}", "", "", f"{took[-1] or -1:.2f} s", f"{within} s"))
    exact = echo.finish()
    wait_for("no ssh is left", 5, lambda: not named(lab, "client", "ssh"))
    tap.point(exact and echo.resumes() >= len(BREAKS) and not echo.session.said, "by a second ssh: all is there, and nothing said",
              f"exact: {exact}, resumed {echo.resumes()} times, said {echo.session.said}\n{echo.session.tail(25)}")
    lab.clear()
    lab.rule(f"tcp dport {SERVE_PORT} counter drop")
    offered = Echo(lab, options=("--resume=ssh",))
    exact = offered.finish()
    tap.point(exact and offered.session.when("another ssh forwards to 10.77.2.2:4622"),
              "by a second ssh: a port that is offered, and does not answer", offered.session.tail(30))
    lab.clear()
    open_one = Echo(lab, options=("--resume=ssh",))
    exact = open_one.finish()
    tap.point(exact and not open_one.session.when("another ssh"), "by a second ssh: not where the port answers",
              open_one.session.tail(30))


def typed(page, first):
    """A command of a manual page."""
    with open(os.path.join(lab_module.SOURCE, "man", page), encoding="utf-8") as f:
        lines = f.read().replace("\\e\n", "").splitlines()
    return next(line for line in lines if line.startswith(first))


def without_root(tap, lab):
    """A user without root on the host: the commands of the manual, as they stand there, and port 22."""
    lab.clear()
    home = "/run/nobody"    # whose folders all users may pass
    os.makedirs(home)
    os.chown(home, 65534, 65534)
    there = typed("meshssh-serve.8", "nohup meshssh-serve")
    here = typed("meshssh-serve.8", "meshssh --resume=ssh").replace("nas", "v4")
    user = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "-i", f"HOME={home}",
            f"PATH={os.path.dirname(SERVE)}:{os.environ['PATH']}") if lab.site.uid == 0 else ("env", f"HOME={home}")
    lab.far.kill()
    lab.run("server", *user, "sh", "-c", there)
    wait_for("meshssh-serve listens", 10, lambda: f"127.0.0.1:{SERVE_PORT}" in lab.run("server", "ss", "-Hltn"))
    only_22(lab)
    done = lab.run("client", "env", f"HOME={lab.site.path('home')}", f"XDG_CACHE_HOME={lab.site.path('typed')}",
                   f"PATH={os.path.dirname(MESHSSH)}:{os.environ['PATH']}", "sh", "-c",
                   here + f" -F {lab.site.path('ssh_config')} 'echo \"$SSH_CONNECTION\"'", check=False)
    tap.point(done.split()[:1] == ["127.0.0.1"] and done.count("\n") == 1 and os.path.isdir(home + "/.meshssh-serve"),
              "without root: the commands of the manual", f"{there}\n{here}\n{done}")
    for pid in named(lab, "server", "meshssh-serve"):
        os.kill(pid, signal.SIGTERM)
    wait_for("meshssh-serve ends", 10, lambda: not named(lab, "server", "meshssh-serve"))
    lab.far.start()


OTHERS = (by_ssh, without_root, restarted, events, why, transfer, reader, left, bound, silent, learned, discovery, names, port_22, cured)


class Resumable(Lab):
    def __init__(self, site, *addresses):
        self.far = None
        super().__init__(site)
        self.far = Far(self, *addresses)

    @staticmethod
    def pause(seconds):
        if STOP.wait(seconds):
            raise Failed("told to stop")


def main():
    pattern = next((word for word in sys.argv[1:] if not word.startswith("--")), "")
    tap = Tap()
    try:
        if not os.access(SERVE, os.X_OK):
            raise Missing(f"{SERVE} is not built")
        enter()
        with Site() as site, Resumable(site) as lab:
            for row in ROWS:
                if re.search(pattern, row.name):
                    guarded(tap, row.name, lambda row=row: show(tap, lab, row))
            for other in OTHERS:
                if re.search(pattern, other.__name__):
                    guarded(tap, other.__name__, lambda other=other: other(tap, lab))
    except Missing as reason:
        tap.skip("resume", str(reason))
    except Failed as reason:
        tap.point(False, "the lab stands", str(reason))
    return tap.finish()


def guarded(tap, name, what):
    try:
        what()
    except Failed as reason:
        if STOP.is_set():
            raise
        tap.point(False, name, str(reason))


if __name__ == "__main__":
    sys.exit(main())
