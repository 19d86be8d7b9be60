"""Odd servers and odd clients, of bytes alone: what each end gets through meshssh is compared with what the other one
has sent. No KEXINIT is followed by an exchange of keys, but by 200 kB from each end.

Both ends (rawends.py) are threads of this program, the server's sockets being in the server's namespace; meshssh
between them runs in the client's. An end follows a script: bytes are sent at once, a number is a pause of so many
seconds, HEAR waits for the other's KEXINIT, END is the end of what it sends.
"""

import os
import random
import re
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lab import MESHSSH, STOP, Failed, wait_for
from rawends import END, HEAR, LIMIT, TAIL, Listening, Wire
from table import descents

IN_TIME = 16            # the most that the line may take: 10 s of holding back, and 4 s for the key exchange
LATER = 300             # ms that a KEXINIT may come later to the client than through nc
SERVER, CLIENT = b"SSH-2.0-odd_server\r\n", b"SSH-2.0-odd_client\r\n"
ANOTHER = b"SSH-2.0-another_server\r\n"
SAID = re.compile(r"^meshssh: (?!debug: ).*", re.M)
FALLBACK = re.compile(r"again with segments of")
WHOLE, NARROW = ("whole",), ("hole", 900, "both")
PATHS = [WHOLE, NARROW, ("hole", 700, "forward"), ("hole", 700, "reverse")]


def packet(size, kind=20, seed=0):
    """A packet of so many bytes in all; by default SSH_MSG_KEXINIT."""
    return (size - 4).to_bytes(4, "big") + bytes([4, kind]) + random.Random(seed).randbytes(size - 6)


def slowly(data, pause=0.002):
    return [step for byte in data for step in (bytes([byte]), pause)]


# --- who meets whom -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Server:
    """script(number, others): of the connection of this number; others is how many are open besides."""
    name: str
    script: object
    closes: bool = False        # behind its script
    small: bool = False         # its KEXINIT proves nothing of the reverse path: there it may hang, as through nc
    line: str = ""              # where the path is not whole, the session ends with this
    status: int = 0


@dataclass(frozen=True)
class Client:
    name: str
    script: tuple
    talks: bool = True          # it goes on behind its script
    goodbye: bool = False       # it has a word more when the server has ended, as ssh has

    def size(self):
        return sum(len(step) for step in self.script if isinstance(step, bytes))


def kex(number, size=1100):
    """Another one on each connection."""
    return packet(size, seed=number + 1)


USUAL_SERVER = Server("a usual one", lambda n, _: [SERVER, kex(n)])
USUAL_CLIENT = Client("a usual one", (CLIENT + packet(1500), HEAR))
SERVERS = [
    Server("30 lines of 200 bytes before the identification",
           lambda n, _: [b"".join(b"%-198d\r\n" % i for i in range(30)) + SERVER, kex(n)]),
    Server("a line of 5000 bytes before it", lambda n, _: [b"x" * 4998 + b"\r\n" + SERVER, kex(n)]),
    Server("a line each 0.3 s before it", lambda n, _: [b"wait\r\n", 0.3, b"wait\r\n", 0.3, SERVER, kex(n)]),
    Server("identification 1 s late", lambda n, _: [1.0, SERVER, kex(n)]),
    Server("identification byte by byte", lambda n, _: [*slowly(SERVER), kex(n)]),
    Server("identification and KEXINIT at once", lambda n, _: [SERVER + kex(n)]),
    Server("SSH-1.99", lambda n, _: [b"SSH-1.99-odd_server\r\n", kex(n)]),
    Server("KEXINIT of 100 bytes", lambda n, _: [SERVER, kex(n, 100)], small=True),
    Server("KEXINIT 3 s late", lambda n, _: [SERVER, 3.0, kex(n)]),
    Server("closes behind KEXINIT", lambda n, _: [SERVER, kex(n)], closes=True),
    Server("another one on the second connection", lambda n, _: [ANOTHER if n else SERVER, kex(n)],
           line="met another server; do several servers share this address", status=76),
    Server("takes one connection at a time",
           lambda n, others: [b"Exceeded MaxStartups\r\n", END] if others else [SERVER, kex(n)]),
]
CLIENTS = [
    Client("a guessed packet behind KEXINIT", (CLIENT + packet(1500) + packet(64, 30), HEAR)),
    Client("a guessed packet 50 ms later", (CLIENT + packet(1500), 0.05, packet(64, 30), HEAR)),
    Client("KEXINIT behind the server's", (CLIENT, HEAR, packet(1500))),
    Client("KEXINIT 150 ms late", (CLIENT, 0.15, packet(1500), HEAR)),
    Client("identification byte by byte", (*slowly(CLIENT), packet(1500), HEAR)),
    Client("KEXINIT in pieces", (CLIENT, packet(1500)[:700], 0.1, packet(1500)[700:], HEAR)),
    Client("KEXINIT of 100 bytes", (CLIENT + packet(100), HEAR)),
    Client("KEXINIT of 34 kB", (CLIENT, packet(34000), HEAR)),
    Client("ends behind its identification", (CLIENT, END), talks=False),
    # ssh's exit status is 255 if it cannot send its farewell, whatever the command's was.
    Client("a word behind the server's end", (CLIENT + packet(1500), HEAR), goodbye=True),
]


def only_lines(text):
    """What a server may say before its identification, as often as it likes."""
    return not text or (text.endswith(b"\n") and not any(line.startswith(b"SSH-") for line in text.split(b"\n")))


# --- one meeting ----------------------------------------------------------------------------------------------------


class Meeting:
    def __init__(self, lab, listening, argv, cache):
        """nc reads to the end of its input whatever becomes of the connection."""
        self.listening = listening
        self.server, self.client = listening.server, listening.client
        self.before = len(listening.wires)
        self.log = cache + ".log"
        env = {"PATH": os.environ["PATH"], "HOME": lab.site.path("home"), "LANG": "C", "XDG_CACHE_HOME": cache}
        self.since = time.monotonic()
        deadline = self.since + LIMIT
        with open(self.log, "ab") as log:
            log.truncate(0)
            process = subprocess.Popen(lab.inside("client", *argv, "v4", str(listening.port)), stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=log, env=env, bufsize=0)
        self.wire = Wire(process.stdout.fileno(), process.stdin.fileno())
        self.hello = sum(len(step) for step in self.server.script(0, 0) if isinstance(step, bytes))
        try:
            if self.wire.follow(self.client.script, self.hello, deadline, process.stdin.close) and self.client.talks:
                self.wire.send(random.Random(2).randbytes(TAIL))
            if argv[0] == "nc" and self.wire.hear(self.hello + (0 if self.server.closes else TAIL), deadline):
                process.stdin.close()
        except OSError:
            pass
        self.wire.hear_end(deadline)
        self.refused = False
        self.word = b""
        if self.client.goodbye and argv[0] != "nc":
            # ssh says it within milliseconds.
            try:
                process.wait(0.1)
                self.refused = True
            except subprocess.TimeoutExpired:
                self.word = packet(64, 1)
                os.write(process.stdin.fileno(), self.word)
            process.stdin.close()
        self.finish(process, deadline)

    def finish(self, process, deadline):
        try:
            process.wait(max(deadline - time.monotonic(), 0.5))
            self.hangs = False
        except subprocess.TimeoutExpired:
            self.hangs = True
            process.kill()
            process.wait()
        self.ended = time.monotonic() - self.since
        self.status = process.returncode
        self.wire.reader.join(2)
        process.stdin.close()
        process.stdout.close()
        with open(self.log, encoding="utf-8", errors="replace") as f:
            log = f.read()
        self.debug = log.splitlines()
        self.said = SAID.findall(log)
        self.fallbacks = len(FALLBACK.findall(log))
        self.settle()
        self.judge()

    def settle(self):
        """Until the server has all that was sent to it."""
        deadline = time.monotonic() + 2
        while not any(wire.got == self.wire.sent for wire in self.wires) and time.monotonic() < deadline:
            time.sleep(0.01)

    @property
    def wires(self):
        return self.listening.wires[self.before:]

    def judge(self):
        """The connection that was used is the one that got most. The client may have seen the first one's beginning."""
        used = max(self.wires, key=lambda wire: len(wire.got), default=None)
        self.exact = (used is not None and used.got in (self.wire.sent, self.wire.sent + self.word)
                      and self.wire.got.endswith(used.sent) and only_lines(self.wire.got[:-len(used.sent)]))
        complete = self.server.closes or (bool(self.exact) and len(self.wire.got) >= self.hello +
                                          (TAIL if self.client.talks else 0))
        self.works = bool(self.exact and complete) and not self.hangs
        if self.server.closes and not self.hangs:
            # It has read nothing: only what the client gets counts.
            self.works = any(self.wire.got == wire.sent for wire in self.wires)
        self.works = self.works and not self.refused
        self.named = not self.hangs and len(self.said) == 1 and self.status != 0 and self.ended <= IN_TIME
        at = self.wire.when(self.hello)
        self.hello_ms = None if at is None else (at - self.since) * 1000

    @property
    def text(self):
        if self.works:
            return f"{self.hello_ms:.0f} ms" + (", and a line" if self.said else "")
        if self.hangs:
            return f"hangs ({LIMIT} s)"
        if self.refused:
            return "refuses the last word"
        return f"{'line' if self.said else 'fails without a line'} after {self.ended:.1f} s"

    def tail(self):
        wires = ", ".join(f"got {len(wire.got)} sent {len(wire.sent)}" for wire in self.wires)
        return (f"{self.text}, status {self.status}, exact: {bool(self.exact)}; the client got {len(self.wire.got)}, "
                f"sent {len(self.wire.sent)}; the server's connections: {wires}\n" + "\n".join(self.debug[-12:]))


class Odd:
    def __init__(self, lab, tap, pattern):
        self.lab, self.tap, self.pattern = lab, tap, pattern
        self.known = {}         # (server, client): through nc, on the whole path
        self.rows = [("server", "client", "path", "nc, whole path", "meshssh: KEXINIT after", "fallbacks",
                      "next session")]

    def run(self):
        pairs = [(server, USUAL_CLIENT) for server in (USUAL_SERVER, *SERVERS)] + [
            (USUAL_SERVER, client) for client in CLIENTS]
        for path in PATHS:
            self.lab.clear()
            if path is not WHOLE:
                getattr(self.lab, path[0])(*path[1:])
            chosen = [pair for pair in pairs if re.search(self.pattern, self.name(*pair, path))
                      and (path is WHOLE or not pair[1].goodbye)]
            # Where it is timed, fewer at once.
            with ThreadPoolExecutor(4 if path is WHOLE else 10) as pool:
                for pair, met in zip(chosen, pool.map(lambda pair, path=path: self.meet(*pair, path), chosen)):
                    self.judge(*pair, path, met)
            if STOP.is_set():
                raise Failed("told to stop")

    @staticmethod
    def name(server, client, path):
        return f"server: {server.name}; client: {client.name}; {' '.join(str(word) for word in path)}"

    def meet(self, server, client, path):
        """Through nc, where the path is whole; through meshssh; if that ends with a line, once more for each size of
        segments that is too large for this path."""
        listening = Listening(self.lab, server, client)
        try:
            if path is WHOLE and shutil.which("nc"):
                self.known[server, client] = self.one(listening, ["nc", "-N"] if client.talks else ["nc"], path)
            ours = self.one(listening, [MESHSSH, "--debug", "--dead-after=3"], path)
            meetings = [ours]
            while path is not WHOLE and not meetings[-1].works and meetings[-1].named and \
                    len(meetings) <= descents(path[1]):
                listening.close()
                listening = Listening(self.lab, server, client)
                meetings.append(self.one(listening, [MESHSSH, "--debug", "--dead-after=3"], path))
            return meetings
        finally:
            listening.close()

    def one(self, listening, argv, path):
        cache = self.lab.site.path(f"cache.odd.{abs(hash((listening.server.name, listening.client.name, path)))}")
        os.makedirs(cache, exist_ok=True)
        wait_for("the last connection is closed", 5, lambda: listening.open == 0)
        return Meeting(self.lab, listening, argv, cache)

    def judge(self, server, client, path, meetings):
        name = self.name(server, client, path)
        nc = self.known.get((server, client))
        ours, last = meetings[0], meetings[-1]
        self.rows.append((server.name, client.name, " ".join(str(word) for word in path), nc.text if nc else "",
                          ours.text, str(ours.fallbacks), ", ".join(meeting.text for meeting in meetings[1:])))
        self.rows += ["    " + line for line in ours.said]
        tail = "\nthe next: ".join(meeting.tail() for meeting in meetings)
        if path is WHOLE:
            late = 0 if nc is None or not nc.works or not ours.works else ours.hello_ms - nc.hello_ms
            self.tap.point(ours.works and not ours.said and late <= LATER, name,
                           f"{late:.0f} ms later than through nc ({nc and nc.text})\n{tail}")
        elif server.line:
            self.tap.point(ours.named and ours.status == server.status and re.search(server.line, ours.said[0]),
                           f"{name}: {server.line}", tail)
        elif ours.works:
            self.tap.point(not ours.said, name, tail)
        elif server.small and path[-1] == "reverse" and ours.hangs:
            self.tap.point(True, f"{name}: hangs, as through nc")
        elif server.closes:
            self.tap.point(ours.named, f"{name}: a line", tail)
        else:
            self.tap.point(last.works and not last.said, f"{name}: a line, then it works", tail)
