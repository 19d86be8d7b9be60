"""Runs the rounds of tests/bench/bench (which see) and prints the table."""

import argparse
import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

GIB = 1 << 30
BLOCK = 128 * 1024
RESUMED = "meshssh --resume"
NAMES = ("login", "raw", "echo", "start", "pss", "ssh")
# The environment lies in each process's stack: a small one, the same everywhere.
ENV = {name: os.environ[name] for name in ("HOME", "PATH", "SHELL", "XDG_CACHE_HOME") if name in os.environ}

# measure, contender: what is to be reached; checked against the ratio of medians, the median or the CPU seconds.
TARGETS = {
    ("login", "meshssh"): [("ratio", "<=", 1.0)],
    ("login", "meshssh --fdpass"): [("ratio", "<=", 0.95)],
    ("raw down", "meshssh"): [("ratio", ">=", 3.0), ("cpu", "<=", 0.2)],
    ("raw up", "meshssh"): [("ratio", ">=", 1.6)],
    ("echo p50", "meshssh"): [("ratio", "<=", 1.0)],
    ("start", "meshssh"): [("ratio", "<=", 0.8)],
    ("start", "static"): [("ratio", "<=", 0.4)],
    ("pss", "meshssh"): [("median", "<=", 145.0)],
    ("pss", "static"): [("median", "<=", 40.0)],
    ("pss", "meshssh --fdpass"): [("median", "<=", 0.0)],
}


class Contender:
    def __init__(self, name, argv, fdpass=False, only=NAMES):
        self.name = name
        self.argv = argv
        self.fdpass = fdpass
        self.only = only


def contenders(options):
    nc = shutil.which("nc.openbsd") or shutil.which("nc") or "nc"
    socat = shutil.which("socat") or "socat"
    host = ["127.0.0.1", "PORT"]
    found = [
        Contender("direct", ["-"]),
        Contender("nc", [nc, "-N", *host]),
        Contender("nc -F", [nc, "-F", *host], fdpass=True),
        Contender("socat", [socat, "-", "TCP:127.0.0.1:PORT"]),
        Contender("socat -b 65536", [socat, "-b", "65536", "-", "TCP:127.0.0.1:PORT"], only=("raw",)),
        Contender("connect-proxy", [shutil.which("connect-proxy") or "connect-proxy", *host]),
    ]
    for name, path in (("meshssh", os.environ["MESHSSH"]), ("static", options.static)):
        if path:
            path = os.path.abspath(path)
            found.append(Contender(name, [path, *host]))
            found.append(Contender(name + " --fdpass", [path, "--fdpass", *host], fdpass=True))
    return found


class FarSide:
    """A meshssh-serve in front of the sshd of the bench, and the relay whose sessions it keeps."""

    def __init__(self, program):
        self.port = int(os.environ["SSHD_PORT"]) + 1
        self.log = os.path.join(os.environ["T"], "serve.log")
        self.process = None
        self.contender = Contender(RESUMED, [os.environ["MESHSSH"], f"--resume={self.port}", "127.0.0.1", "PORT"],
                                   only=("login", "ssh"))
        self.argv = [program, f"127.0.0.1:{self.port}", "--run=" + os.path.join(os.environ["T"], "serve"),
                     "--sshd=127.0.0.1:" + os.environ["SSHD_PORT"], "--source=loopback"]

    def start(self):
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stderr=log)
        until = time.monotonic() + 10
        while self.process.poll() is None and time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)    # the pace of the poll

    def stop(self):
        """How many sessions there were."""
        self.process.kill()
        self.process.wait()
        with open(self.log, encoding="utf-8") as log:
            return sum(" begins" in line for line in log)


class Bench:
    def __init__(self, options):
        self.options = options
        self.failed = 0
        self.resumable = 0      # sessions through RESUMED
        self.rows = []
        self.all = contenders(options)
        for c in self.all:
            if c.argv != ["-"] and not os.access(c.argv[0], os.X_OK):
                self.fail(c.name, "not there: " + c.argv[0])
        self.all = [c for c in self.all if c.argv == ["-"] or os.access(c.argv[0], os.X_OK)]

    def fail(self, what, why):
        self.failed += 1
        print(f"bench: {what}: {why}", file=sys.stderr)

    def size(self, normal, short):
        return short if self.options.short else normal

    def rounds(self, normal, who):
        """Each round begins with another contender, so that none always runs after the same one."""
        count = 1 if self.options.short else self.options.rounds or normal
        for n in range(count):
            for i in range(len(who)):
                yield who[(n + i) % len(who)]

    def drive(self, mode, contender, *args):
        """The numbers that drive prints for this one, or None."""
        argv = [os.environ["DRIVE"], mode, *map(str, args)]
        if contender.fdpass:
            argv.append("-F")
        done = subprocess.run(argv + contender.argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=ENV)
        if done.returncode != 0:
            self.fail(f"{mode} {contender.name}", f"{done.stderr.strip()} (status {done.returncode})")
            return None
        return [float(word) for word in done.stdout.split()]

    def ssh_argv(self, contender):
        self.resumable += contender.name == RESUMED
        argv = ["ssh", "-F", os.environ["SSH_CONFIG"]]
        if contender.argv != ["-"]:
            words = [word.replace("127.0.0.1", "%h").replace("PORT", "%p") for word in contender.argv]
            argv += ["-o", "ProxyCommand=" + " ".join(words)]
        if contender.fdpass:
            argv += ["-o", "ProxyUseFdpass=yes", "-o", "IPQoS=none"]
        return argv

    def ssh_login(self, contender):
        """Milliseconds of `ssh host true`, or None."""
        argv = [*self.ssh_argv(contender), "direct", "true"]
        since = time.perf_counter()
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        took = time.perf_counter() - since
        if done.returncode != 0:
            self.fail(f"login {contender.name}", f"{done.stderr.strip()} (status {done.returncode})")
            return None
        return took * 1e3

    def ssh_bulk(self, contender, way, size):
        """MiB/s of ssh in its session, the login not counted, or None."""
        remote = "echo; exec cat >/dev/null" if way == "up" else f"echo; exec head -c {size} /dev/zero"
        argv = [*self.ssh_argv(contender), "-c", "aes128-gcm@openssh.com", "direct", remote]
        block = bytes(BLOCK)
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              bufsize=0) as ssh:
            try:
                got = len(ssh.stdout.read(1))
                since = time.perf_counter()
                for _ in range(size // BLOCK if way == "up" else 0):
                    ssh.stdin.write(block)
                ssh.stdin.close()
                while data := ssh.stdout.read(BLOCK):
                    got += len(data)
                took = time.perf_counter() - since
            except BrokenPipeError:
                got = 0
            said = ssh.stderr.read().decode(errors="replace").strip()
            ssh.wait()
        if ssh.returncode != 0 or got != (1 if way == "up" else size + 1):
            self.fail(f"ssh {way} {contender.name}", f"{said} (status {ssh.returncode}, {got} bytes came)")
            return None
        return size / took / (1 << 20)

    def row(self, measure, unit, contender, values, base, besides="", cpu=None, digits=1):
        """One line of the table; base: the values of the one whose median is 1.00."""
        if not values:
            self.rows.append((measure, contender.name, "-", "", "", "", "did not run"))
            return
        median = statistics.median(values)
        facts = {"median": median, "cpu": cpu}
        if base and statistics.median(base) > 0:
            facts["ratio"] = median / statistics.median(base)
        verdict = []
        targets = TARGETS.get((measure, contender.name), [])
        for fact, relation, wanted in targets:
            got = facts.get(fact)
            label = {"ratio": "x", "cpu": " CPU-s/GiB", "median": " " + unit}[fact]
            text = f"{relation} {wanted:g}{label}"
            if got is not None and not self.options.short:
                text += ": " + ("yes" if (got <= wanted if relation == "<=" else got >= wanted) else "NO")
            verdict.append(text)
        spread = f"{min(values):.{digits}f}..{max(values):.{digits}f}"
        ratio = f"{facts['ratio']:.2f}" if "ratio" in facts else ""
        self.rows.append((measure, contender.name, f"{median:.{digits}f} {unit}", spread, ratio, besides,
                          ", ".join(verdict)))

    def login(self):
        times = {c: [] for c in self.all if "login" in c.only}
        if not self.options.short:
            self.ssh_login(self.all[0])     # the first one reads ssh and sshd from the disk
        for c in self.rounds(20, list(times)):
            took = self.ssh_login(c)
            if took is not None:
                times[c].append(took)
        plain = times[self.all[0]]
        for c, values in times.items():
            besides = ""
            if len(values) == len(plain) and values:
                pairs = [a - b for a, b in zip(values, plain)]
                besides = f"{statistics.median(pairs):+.1f} ms paired"
            self.row("login", "ms", c, values, plain, besides)

    def raw(self):
        size = self.size(GIB // 4, GIB // 128)
        who = [c for c in self.all if "raw" in c.only]
        for way in ("up", "down"):
            speed = {c: [] for c in who}
            cpu = {c: [] for c in who}
            for c in self.rounds(7, who):
                got = self.drive("bulk-" + way, c, "-b", size)
                if got:
                    speed[c].append(size / GIB / got[0])
                    cpu[c].append(got[1] * GIB / size)
            for c in who:
                used = statistics.median(cpu[c]) if cpu[c] else None
                self.row("raw " + way, "GiB/s", c, speed[c], self.of("nc", speed),
                         f"{used:.3f} CPU-s/GiB" if used is not None else "", used, 2)

    def echo(self):
        who = [c for c in self.all if "echo" in c.only]
        p50, p99 = {c: [] for c in who}, {c: [] for c in who}
        for c in self.rounds(5, who):
            got = self.drive("echo", c, "-n", self.size(10000, 200))
            if got:
                p50[c].append(got[0])
                p99[c].append(got[1])
        for c in who:
            self.row("echo p50", "us", c, p50[c], self.of("nc", p50),
                     f"p99 {statistics.median(p99[c]):.1f} us" if p99[c] else "")

    def start(self):
        who = [c for c in self.all if "start" in c.only and c.argv != ["-"]]
        times = {c: [] for c in who}
        for c in self.rounds(10, who):
            times[c] += self.drive("start", c, "-n", self.size(50, 5)) or []
        for c in who:
            self.row("start", "us", c, times[c], self.of("nc", times), digits=0)

    def pss(self):
        who = [c for c in self.all if "pss" in c.only and c.argv != ["-"]]
        size = {c: [] for c in who}
        for c in self.rounds(3, who):
            size[c] += self.drive("pss", c, "-n", self.size(200, 10)) or []
        for c in who:
            self.row("pss", "KiB", c, size[c], self.of("nc", size))

    def bulk(self):
        who = [c for c in self.all if "ssh" in c.only]
        for way in ("up", "down"):
            speed = {c: [] for c in who}
            for c in self.rounds(5, who):
                got = self.ssh_bulk(c, way, self.size(GIB // 4, GIB // 1024))
                if got is not None:
                    speed[c].append(got)
            relay = self.of("meshssh", speed)
            for c in who:
                besides = ""
                if c.name == RESUMED and relay and len(relay) == len(speed[c]):
                    pairs = [a / b for a, b in zip(speed[c], relay)]
                    besides = f"{statistics.median(pairs):.2f} of meshssh, paired"
                self.row("ssh " + way, "MiB/s", c, speed[c], speed[self.all[0]], besides, digits=0)

    def of(self, name, table):
        """The values of the contender of this name."""
        return next((values for c, values in table.items() if c.name == name), None)

    def print(self):
        head = ("measure", "through", "median", "min..max", "ratio", "besides", "target")
        width = [max(len(row[i]) for row in [head, *self.rows]) for i in range(len(head))]
        last = head[0]
        for row in [head, *self.rows]:
            if row[0] != last:
                print()
                last = row[0]
            cells = [text.rjust(w) if 2 <= i <= 4 else text.ljust(w) for i, (text, w) in enumerate(zip(row, width))]
            print("  ".join(cells).rstrip())


def machine():
    model = platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
            model = next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), model)
    except OSError:
        pass
    return f"{os.cpu_count()} cores ({model}), Linux {platform.release()}"


def load():
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def main():
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--short", action="store_true", help="tiny sizes, one round: shows only that everything runs")
    parser.add_argument("--only", action="append", choices=NAMES, help="this measurement; may be given again")
    parser.add_argument("--rounds", type=int, help="as many rounds of each")
    parser.add_argument("--static", metavar="PATH", help="a second, statically linked meshssh")
    options = parser.parse_args()
    # So that subprocess ends what runs just now.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    bench = Bench(options)
    far = FarSide(os.environ["MESHSSH_SERVE"]) if os.access(os.environ["MESHSSH_SERVE"], os.X_OK) else None
    before = load()
    try:
        if far:
            far.start()
            bench.all.append(far.contender)
        for name in NAMES:
            if not options.only or name in options.only:
                print(f"bench: {name} ...", file=sys.stderr, flush=True)
                (bench.bulk if name == "ssh" else getattr(bench, name))()
    finally:
        sessions = far.stop() if far else 0
    if sessions != bench.resumable:
        bench.fail(RESUMED, f"{sessions} of {bench.resumable} sessions could be resumed")
    print(f"{machine()}, load {before} before, {load()} after")
    print("direct: plain ssh, or a plain socket; ratio: of medians, to nc; for login and ssh to plain ssh" +
          ("; --short: the numbers mean nothing" if options.short else ""))
    print()
    bench.print()
    return 1 if bench.failed else 0


sys.exit(main())
