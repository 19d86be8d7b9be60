"""One ssh session in a lab, and what became of it.

The kinds: plain ssh; ssh through nc; through meshssh (relay); through meshssh --fdpass. What ssh and the relay say on
stderr they say to a terminal, as with a user at it, for the relay lets go of any other stderr; each line is taken down
with its time.
"""

import hashlib
import itertools
import os
import re
import shlex
import signal
import subprocess
import threading
import time

from lab import MESHSSH, STOP, Failed

KINDS = ("ssh", "nc", "relay", "fdpass")
SAID = re.compile(r"meshssh: (?!debug: )")
FALLBACK = re.compile(r"again with segments of")
SHA256 = re.compile(r"^([0-9a-f]{64})  -$")


class Session:
    numbers = itertools.count()

    def __init__(self, lab, kind, host, command="true", options=(), ssh=(), port=22, stdin=None, cache=None):
        """options are meshssh's, ssh those of ssh -o; stdin a path, or None for a pipe (see write). Without a cache
        folder it gets a new one: then the relay knows nothing of this host."""
        self.kind = kind
        self.cache = cache or lab.site.path(f"cache.{lab.name}.{next(self.numbers)}")
        os.makedirs(self.cache, exist_ok=True)
        argv = ["ssh", "-v", "-F", lab.site.path("ssh_config"), "-p", str(port)]
        for option in (*self.proxy(kind, options), *ssh):
            argv += ["-o", option]
        env = {"PATH": os.environ["PATH"], "HOME": lab.site.path("home"), "LANG": "C", "XDG_CACHE_HOME": self.cache}
        source = subprocess.PIPE
        if stdin:
            source = open(stdin, "rb")
        terminal, end = os.openpty()
        self.lines = []  # (seconds since the start, text)
        self.hash = hashlib.sha256()
        self.received = 0
        self.ended = None
        self.killed = False
        self.changed = threading.Condition()
        self.since = time.monotonic()
        self.process = subprocess.Popen(lab.inside("client", *argv, host, command), stdin=source,
                                        stdout=subprocess.PIPE, stderr=end, start_new_session=True, env=env, bufsize=0)
        os.close(end)
        if stdin:
            source.close()
        self.threads = [threading.Thread(target=target, args=args, daemon=True) for target, args in
                        ((self.read_lines, (terminal,)), (self.read_stdout, ()), (self.wait_end, ()))]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def proxy(kind, options):
        if kind == "ssh":
            return []
        if kind == "nc":
            return ["ProxyCommand=nc %h %p"]
        words = [shlex.quote(word) for word in (MESHSSH, *options)]
        if kind == "relay":
            return [f"ProxyCommand={' '.join(words)} %h %p"]
        return [f"ProxyCommand={' '.join(words)} --fdpass %h %p", "ProxyUseFdpass=yes", "IPQoS=none"]

    # what comes, each in a thread

    def now(self):
        return time.monotonic() - self.since

    def read_lines(self, terminal):
        rest = b""
        while True:
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # nobody has the terminal any more
                break
            at = self.now()
            *lines, rest = (rest + piece).split(b"\n")
            with self.changed:
                self.lines += [(at, line.decode(errors="replace").rstrip("\r")) for line in lines]
                self.changed.notify_all()
        os.close(terminal)

    def read_stdout(self):
        while piece := self.process.stdout.read(1 << 18):
            self.hash.update(piece)
            with self.changed:
                self.received += len(piece)
                self.changed.notify_all()

    def wait_end(self):
        self.process.wait()
        with self.changed:
            self.ended = self.now()
            self.changed.notify_all()

    # for the caller

    def until(self, condition, seconds):
        """Waits until the condition holds; True if it does before so many seconds from now."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while not condition():
                left = deadline - time.monotonic()
                if STOP.is_set():
                    raise Failed("told to stop")
                if left <= 0:
                    return False
                self.changed.wait(min(left, 0.2))
        return True

    def when(self, pattern, since=0):
        """The seconds at which a line came that matches, or None."""
        return next((at for at, text in list(self.lines) if at >= since and re.search(pattern, text)), None)

    def write(self, data):
        """In a thread: a session that stands still takes no more than the pipe holds."""
        def feed():
            try:
                self.process.stdin.write(data)
            except OSError:
                pass
        threading.Thread(target=feed, daemon=True).start()

    def members(self):
        """The process ids of what we started: all that is in its session, the relay's own process group as well."""
        found = []
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as f:
                        if int(f.read().rpartition(")")[2].split()[3]) == self.process.pid:
                            found.append(int(name))
                except OSError:
                    pass
        return found

    def end(self):
        """Kills what is left, then waits for the readers: what was said is complete."""
        self.killed = self.ended is None
        for pid in self.members():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for thread in self.threads:
            thread.join(5)
        if self.process.stdin:
            try:
                self.process.stdin.close()
            except OSError:
                pass

    # what became of it

    @property
    def id_ms(self):
        return self.ms("Remote protocol version")

    @property
    def auth_ms(self):
        return self.ms("^Authenticated to")

    def ms(self, pattern):
        at = self.when(pattern)
        return None if at is None else at * 1000

    @property
    def said(self):
        """What meshssh said, but for --debug."""
        return [text for _, text in self.lines if SAID.match(text)]

    @property
    def line_at(self):
        return next((at for at, text in self.lines if SAID.match(text)), None)

    @property
    def fallbacks(self):
        return sum(1 for _, text in self.lines if FALLBACK.search(text))

    @property
    def in_order(self):
        return self.ended is not None and self.process.returncode == 0

    def tail(self, count=8):
        return "\n".join(f"{at:8.3f} {text}" for at, text in self.lines[-count:])


class Transfer(Session):
    """A session that sends the bytes of a file and gets the same ones, both ways at the same time."""

    def __init__(self, lab, kind, host, size, **how):
        self.data = lab.site.data(size)
        self.size = size
        self.wanted = lab.site.sums[size]
        self.opened = False
        super().__init__(lab, kind, host, f"cat {self.data} & sha256sum >&2; wait", stdin=self.data, **how)

    @property
    def exact(self):
        there = [found[1] for _, text in self.lines if (found := SHA256.match(text))]
        return self.received == self.size and [self.hash.hexdigest()] == there == [self.wanted]


    def finish(self, limit):
        """Waits for its end, or for so many seconds. `opened` says whether it did what a session is for."""
        try:
            self.until(lambda: self.ended is not None, limit)
        finally:
            self.end()
        self.opened = self.in_order and self.exact


def transfer(lab, kind, host, size, limit, **how):
    session = Transfer(lab, kind, host, size, **how)
    session.finish(limit)
    return session
