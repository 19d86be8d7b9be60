#!/usr/bin/env python3
"""peers.py [--full] [PATTERN]: real clients meet real servers through meshssh; prints TAP, then a table.

Each session is a login, a command with 1 MB for its input and another one for its output, and all bytes are to be
right. It is given to meshssh as it comes, with an empty cache, and at the same time, to tell a fault of ours from one
of the lab, to meshssh --mss=536, whose packets pass every hole here. A session that does not work is to end with one line,
in time, and the next one, with the same cache, is to work, or where two sizes of segments are too large, the one after
that; on the whole path it is to work without a second connection.
"""

import itertools
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import rawpeers
from lab import DROPBEAR, HERE, MESHSSH, SOURCE, STOP, Failed, Lab, Missing, Site, enter, run, wait_for
from netlab import Tap
from table import descents

SIZE = 1_000_000
BULK = 100_000_000
LIMIT = 15          # seconds for a session
IN_TIME = 12        # the most that the line may take: the key exchange has 4 s, a login 3, the ladder less than one
HANGS = 4           # the same, for one through nc that is to show that it hangs
DEAD_AFTER = 3
SLOWER = 500        # ms that a session may be slower than one with small segments, on a busy machine
TINYSSHD, GO, ASYNCSSH = 2223, 2224, 2225
WHOLE = ("whole",)
PATHS = [WHOLE, ("hole", 900, "both"), ("hole", 700, "forward"), ("hole", 700, "reverse")]
SAID = re.compile(r"^meshssh: (?!debug: ).*", re.M)
FALLBACK = re.compile(r"again with segments of")
UNFIT = {("paramiko", "tinysshd"): "they have no cipher in common",
         ("dbclient", "asyncssh"): "the server resets the connection, through nc as well"}
# Their KEXINIT may fit into a packet that the hole lets through. What vanishes later is a row of full segments, sent by
# a server alone: no sign of it reaches the client, and the session hangs as it does through nc.
SMALL = ("dropbear", "tinysshd", "go")
# The clients' proxy: with --debug, standard error remains the relay's to the end.
PROXY = """#!/bin/sh
[ -z "$PEERS_NC" ] || exec nc "$@"
exec {meshssh} --debug --dead-after={dead} $PEERS_OPTIONS "$@" 2>>"$PEERS_LOG"
"""


def path_name(path):
    return " ".join(str(word) for word in path)


def python_with(module):
    """A distribution's modules are for its own python3, which may not be the first in PATH."""
    for python in ("python3", "/usr/bin/python3"):
        try:
            if subprocess.run([python, "-c", f"import {module}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              check=False).returncode == 0:
                return python
        except OSError:
            pass
    return None


# --- the servers ----------------------------------------------------------------------------------------------------


class Peers(Lab):
    """A lab with more servers: `ports` has those that are here, `missing` why others are not."""

    def servers(self):
        super().servers()
        self.ports = {"sshd": 22}
        self.missing = {}
        authorized, host_key = self.site.path("user_key.pub"), self.site.path("host_ed25519")
        if self.has_dropbear:
            self.ports["dropbear"] = DROPBEAR
        else:
            self.missing["dropbear"] = "there is none, or it cannot be run here"
        self.tinysshd()
        if os.access(os.environ.get("GOSERVER", ""), os.X_OK):
            self.add("go", GO, os.environ["GOSERVER"], f":{GO}", host_key, authorized)
        else:
            self.missing["go"] = "it was not built"
        if python := python_with("asyncssh"):
            self.add("asyncssh", ASYNCSSH, python, os.path.join(HERE, "asyncssh-server.py"), str(ASYNCSSH), host_key,
                     authorized)
        else:
            self.missing["asyncssh"] = "no python3 has it"
        self.known_hosts()

    def tinysshd(self):
        """It serves one connection on its standard input and output, which is to be the socket itself."""
        if not shutil.which("tinysshd") or not shutil.which("socat") or self.site.uid != 0:
            self.missing["tinysshd"] = "tinysshd or socat is not installed, or we are not root"
            return
        keys = self.site.path("tinysshd")
        if not os.path.exists(keys):
            run("tinysshd-makekey", keys)
            line = next(line for line in run("tinysshd-printkey", keys).splitlines() if "ssh-ed25519 " in line)
            with open(self.site.path("known_hosts"), "a", encoding="ascii") as f:
                f.write("throwaway " + line[line.index("ssh-ed25519 "):] + "\n")
        # It takes no keys from a home in a folder that others may write to, as /tmp is.
        home = self.site.path("home")
        with open("/etc/passwd", encoding="utf-8", errors="replace") as f:
            users = self.site.write("etc-passwd.tinysshd", f.read().replace(f":{home}:", ":/root:"))
        self.add("tinysshd", TINYSSHD, "unshare", "-m", "sh", "-c",
                 'mount --bind "$1" /root && mount --bind "$2" /etc/passwd && shift 2 && exec "$@"', "sh", home, users,
                 "socat", f"TCP4-LISTEN:{TINYSSHD},fork,reuseaddr", f"EXEC:tinysshd -- {keys},nofork")

    def add(self, name, port, *argv):
        self.start("server", *argv, log=f"{self.name}-{name}.log")
        wait_for(f"{name} answers", 20, lambda: "ok" in self.run(
            "client", "sh", "-c", f"nc -z -w 1 10.77.2.2 {port} && echo ok", check=False))
        self.ports[name] = port

    def known_hosts(self):
        """Other clients than ssh know no HostKeyAlias. The server of each port has one key of this kind."""
        with open(self.site.path("known_hosts"), encoding="ascii") as f:
            keys = [line.split()[2] for line in f if " ssh-ed25519 " in line]
        own = {"sshd": 0, "go": 0, "asyncssh": 0, "dropbear": 1, "tinysshd": -1}
        self.site.write("known_hosts.other", "".join(
            f"{f'[v4]:{port}' if port != 22 else 'v4'} ssh-ed25519 {keys[own[name]]}\n"
            for name, port in self.ports.items()))


# --- the clients ----------------------------------------------------------------------------------------------------


class Clients:
    """`programs` has the command lines of those that are here, `missing` why others are not."""

    def __init__(self, site):
        self.site = site
        self.proxy = site.write("proxy", PROXY.format(meshssh=shlex.quote(MESHSSH), dead=DEAD_AFTER))
        os.chmod(self.proxy, 0o700)
        self.programs = {"ssh": self.ssh}
        self.missing = {}
        self.find()

    def find(self):
        site = self.site
        if shutil.which("dbclient") and shutil.which("dropbearconvert"):
            run("dropbearconvert", "openssh", "dropbear", site.path("user_key"), site.path("dropbear_key"))
            self.programs["dbclient"] = self.dbclient
        else:
            self.missing["dbclient"] = "it is not installed"
        if python := python_with("paramiko"):
            self.paramiko_start = (python, "-W", "ignore", os.path.join(HERE, "paramiko-exec.py"))
            self.programs["paramiko"] = lambda *way: self.usual(*self.paramiko_start, *way)
        else:
            self.missing["paramiko"] = "no python3 has it"
        flags = run("sh", "-c", "pkg-config --cflags --libs libssh 2>/dev/null", check=False).split()
        if flags:
            run("cc", "-o", site.path("libssh-client"),
                os.path.join(SOURCE, "tests/integration/libssh-client.c"), *flags)
            self.programs["libssh"] = lambda *way: self.usual(site.path("libssh-client"), *way)
        else:
            self.missing["libssh"] = "its headers are not installed"

    def ssh(self, port, command, options=()):
        words = [word for option in (f"ProxyCommand={self.proxy} %h %p", *options) for word in ("-o", option)]
        return ["ssh", "-F", self.site.path("ssh_config"), "-p", str(port), *words, "v4", command]

    def dbclient(self, port, command):
        return ["dbclient", "-y", "-y", "-i", self.site.path("dropbear_key"), "-J", f"{self.proxy} v4 {port}",
                f"{self.site.user}@v4", command]

    def usual(self, *words):
        *start, port, command = words
        return [*start, "v4", str(port), self.site.user, self.site.path("user_key"),
                self.site.path("known_hosts.other"), f"{self.proxy} v4 {port}", command]


class Visit:
    """One session of a client, and what became of it. `argv` makes the command line of a command."""
    numbers = itertools.count()

    def __init__(self, lab, argv, sends=SIZE, gets=SIZE, options=(), cache=None, nc=""):
        site, number = lab.site, next(self.numbers)
        self.cache = cache or site.path(f"cache.peers.{number}")
        self.out, self.err, self.log = (site.path(f"{kind}.peers.{number}") for kind in ("out", "err", "log"))
        there, back = site.data(sends), site.data(gets)
        self.there_sum, self.back = site.sums[sends], back
        os.makedirs(self.cache, exist_ok=True)
        env = {"PATH": os.environ["PATH"], "HOME": site.path("home"), "LANG": "C", "XDG_CACHE_HOME": self.cache,
               "PEERS_OPTIONS": " ".join(options), "PEERS_LOG": self.log, "PEERS_NC": nc}
        self.ended = None
        self.nc = nc
        self.since = time.monotonic()
        with open(there, "rb") as stdin, open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(lab.inside("client", *argv(f"sha256sum; cat {back}")), stdin=stdin,
                                            stdout=out, stderr=err, start_new_session=True, env=env)
        self.waiter = threading.Thread(target=self.wait, daemon=True)
        self.waiter.start()

    def wait(self):
        self.process.wait()
        self.ended = time.monotonic() - self.since

    def finish(self, limit=LIMIT):
        """Waits for its end, or ends the client: then its relay goes by itself, and else with the lab."""
        deadline = self.since + limit
        while self.waiter.is_alive() and time.monotonic() < deadline and not STOP.is_set():
            self.waiter.join(0.2)
        self.hangs = self.waiter.is_alive()
        if self.hangs:
            self.limit = limit
            if self.nc:
                os.killpg(self.process.pid, signal.SIGKILL)  # nc would stay
            self.process.kill()
            self.waiter.join()
        self.exact = self.is_exact()
        log = self.read(self.log)
        self.said = SAID.findall(log)
        self.fallbacks = len(FALLBACK.findall(log))
        # ssh's own status, if the relay went before it could say its farewell: rawpeers.py has a row for that.
        self.late = self.process.returncode == 255 and "send disconnect: Broken pipe" in self.read(self.err)
        self.works = not self.hangs and (self.process.returncode == 0 or self.late) and self.exact
        self.named = not self.hangs and not self.works and len(self.said) == 1 and self.ended <= IN_TIME
        os.unlink(self.out)
        return self

    def is_exact(self):
        with open(self.out, "rb") as got, open(self.back, "rb") as wanted:
            return got.readline().decode(errors="replace") == f"{self.there_sum}  -\n" and got.read() == wanted.read()

    @staticmethod
    def read(path):
        try:
            with open(path, encoding="utf-8", errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    @property
    def text(self):
        if self.works and not self.said:
            return f"{self.ended * 1000:.0f} ms" + (", status 255" if self.late else "")
        if self.hangs:
            return f"hangs ({self.limit} s)"
        what = "works, and a line" if self.works else "line" if self.said else "fails without a line"
        return f"{what} after {self.ended:.1f} s"

    def tail(self):
        return (f"{self.text}, status {self.process.returncode}, exact: {self.exact}\n"
                + "\n".join((self.read(self.err) + self.read(self.log)).splitlines()[-12:]))


# --- who meets whom -------------------------------------------------------------------------------------------------


class Meetings:
    def __init__(self, lab, tap, clients, pattern):
        self.lab, self.tap, self.clients, self.pattern = lab, tap, clients, pattern
        self.size = 0           # of the packets that pass
        self.rows = [("client", "server", "path", "--mss=536", "meshssh", "fallbacks", "next session")]

    @staticmethod
    def pairs(full):
        """The sample: each client and each server, and those whose KEXINITs are small with one another."""
        every = [(client, server) for client in ("ssh", "dbclient", "paramiko", "libssh")
                 for server in ("sshd", "dropbear", "tinysshd", "go", "asyncssh")]
        sample = [("ssh", server) for server in ("sshd", "dropbear", "tinysshd", "go", "asyncssh")]
        sample += [("dbclient", "sshd"), ("dbclient", "tinysshd"), ("paramiko", "go"), ("paramiko", "asyncssh"),
                   ("libssh", "sshd"), ("libssh", "dropbear")]
        return every if full else sample

    @staticmethod
    def kinds():
        """More of ssh and sshd: name, options of ssh, bytes to send, bytes to get."""
        kex = ("diffie-hellman-group-exchange-sha256", "curve25519-sha256", "ecdh-sha2-nistp256",
               "sntrup761x25519-sha512@openssh.com")
        return [(f"ssh, {name} alone", (f"KexAlgorithms={name}",), SIZE, SIZE) for name in kex] + [
            ("ssh -C", ("Compression=yes",), SIZE, SIZE),
            ("ssh, RekeyLimit=1M", ("RekeyLimit=1M", "KexAlgorithms=^curve25519-sha256"), SIZE, BULK)]

    def cells(self, full, path):
        """(client's name, server's name, argv, sends, gets)"""
        for client, server in self.pairs(full):
            where = f"{client} with {server}, {path_name(path)}"
            reason = self.clients.missing.get(client) or self.lab.missing.get(server) or (
                UNFIT.get((client, server)))
            if reason:
                self.tap.skip(where, reason)
            elif re.search(self.pattern, where):
                program, port = self.clients.programs[client], self.lab.ports[server]
                yield client, server, lambda command, p=program, port=port: p(port, command), SIZE, SIZE
        for name, options, sends, gets in self.kinds() if path in PATHS[:2] else ():
            if re.search(self.pattern, f"{name} with sshd, {path_name(path)}"):
                yield name, "sshd", lambda command, o=options: self.clients.ssh(22, command, o), sends, gets

    def run(self, full):
        for path in PATHS:
            cells = list(self.cells(full, path))
            self.lab.clear()
            self.size = 1500
            if path is not WHOLE:
                getattr(self.lab, path[0])(*path[1:])
                self.size = path[1]
            # Two at a time: of these, most is waiting.
            with ThreadPoolExecutor(2) as pool:
                for cell, met in zip(cells, pool.map(self.meet, cells)):
                    self.judge(cell, path, *met)
            if STOP.is_set():
                raise Failed("told to stop")
            if cells:
                self.gone(path)

    def meet(self, cell):
        """Ours and the one with small segments side by side; if ours ends with a line, the next one, and so on, one for
        each size that is too large for this path."""
        _, _, argv, sends, gets = cell
        visits = [Visit(self.lab, argv, sends, gets, options) for options in (("--mss=536",), ())]
        clamped, ours = (visit.finish() for visit in visits)
        visits = [ours]
        while not visits[-1].works and visits[-1].named and len(visits) <= descents(self.size):
            visits.append(Visit(self.lab, argv, sends, gets, cache=ours.cache).finish())
        plain = Visit(self.lab, argv, sends, gets, nc="yes").finish(HANGS) if visits[-1].hangs else None
        return clamped, visits, plain

    def judge(self, cell, path, clamped, visits, plain):
        name = f"{cell[0]} with {cell[1]}, {path_name(path)}"
        ours, last = visits[0], visits[-1]
        self.rows.append((cell[0], cell[1], path_name(path), clamped.text, ours.text, str(ours.fallbacks),
                          ", ".join(visit.text for visit in visits[1:])))
        self.rows += ["    hangs through nc as well"] if plain and plain.hangs else []
        self.rows += ["    " + line for line in ours.said]
        if not clamped.works:
            self.tap.point(False, f"{name}: small segments pass", clamped.tail())
        elif path is WHOLE:
            slower = (ours.ended - clamped.ended) * 1000
            self.tap.point(ours.works and not ours.said and ours.fallbacks == 0 and slower <= SLOWER, name,
                           f"{slower:.0f} ms slower, {ours.fallbacks} fallbacks\n{ours.tail()}")
        elif ours.works:
            self.tap.point(not ours.said, name, ours.tail())
        elif plain and plain.hangs and cell[1] in SMALL and path[-1] == "reverse":
            self.tap.point(True, f"{name}: hangs, as through nc")
        else:
            self.tap.point(last.works and not last.said, f"{name}: a line, then it works",
                           "\nthe next: ".join(visit.tail() for visit in visits))

    def gone(self, path):
        try:
            wait_for("no process is left", 5, lambda: not self.lab.pids("client"))
            self.tap.point(True, f"no relay is left, {path_name(path)}")
        except Failed as reason:
            self.tap.point(False, f"no relay is left, {path_name(path)}", f"{reason}: {self.lab.pids('client')}")


def table(rows):
    """A row that is one text stands for itself."""
    width = [max(len(row[i]) for row in rows if not isinstance(row, str)) for i in range(len(rows[0]))]
    for row in rows:
        text = row if isinstance(row, str) else "  ".join(cell.ljust(w) for cell, w in zip(row, width)).rstrip()
        print("# " + text)


def main():
    words = sys.argv[1:]
    full = "--full" in words
    pattern = next((word for word in words if word != "--full"), "")
    tap = Tap()
    tap.count, tap.failed = int(os.environ.get("TAP_COUNT", 0)), int(os.environ.get("TAP_FAILED", 0))
    tables = []
    try:
        enter()
        with Site() as site, Peers(site) as lab:
            meetings = Meetings(lab, tap, Clients(site), pattern)
            odd = rawpeers.Odd(lab, tap, pattern)
            tables = [odd.rows, meetings.rows]
            odd.run()
            meetings.run(full)
    except Missing as reason:
        tap.skip("peers", str(reason))
    except Failed as reason:
        tap.point(False, "the lab stands", str(reason))
    for rows in tables:
        table(rows)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
