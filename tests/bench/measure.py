"""Runs the rounds of tests/bench/bench (which see) for one place, loopback or a mesh, and prints its tables."""

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
# The environment lies in each process's stack: a small one, the same everywhere.
ENV = {name: os.environ[name] for name in ("HOME", "PATH", "SHELL", "XDG_CACHE_HOME") if name in os.environ}
T = os.environ["T"]
PEERS = int(os.environ.get("PEERS", 0))     # of the mesh; 0: loopback
HOST = os.environ.get("HOST", "127.0.0.1")
SPACE = os.environ.get("SPACE")             # the network namespace of the host
PORT = int(os.environ["SSHD_PORT"])

# What is measured: rounds, and the columns that come of it: title, unit, digits behind the point.
MEASURES = {
    "login": (15, [("login", "ms", 0)]),
    "ssh": (7, [("upload", "MiB/s", 0), ("download", "MiB/s", 0)]),
    "raw": (7, [("upload", "GiB/s", 2), ("download", "GiB/s", 2), ("CPU of a download", "s/GiB", 2)]),
    "echo": (5, [("echo", "us", 1)]),
    "start": (7, [("start", "ms", 2)]),
    "pss": (3, [("memory", "KiB", 0)]),
}
ALONE = ("raw", "echo", "start", "pss")

# What is to be reached over loopback: measure, column, contender, the one it is compared with (or nobody), relation, figure.
TARGETS = [
    ("login", 0, "meshssh", "plain", "<=", 1.0),
    ("login", 0, "meshssh --fdpass", "plain", "<=", 0.95),
    ("ssh", 0, RESUMED, "meshssh", ">=", 0.9),
    ("ssh", 1, RESUMED, "meshssh", ">=", 0.9),
    ("raw", 0, "meshssh", "nc", ">=", 1.6),
    ("raw", 1, "meshssh", "nc", ">=", 3.0),
    ("raw", 2, "meshssh", None, "<=", 0.2),
    ("echo", 0, "meshssh", "nc", "<=", 1.0),
    ("start", 0, "meshssh", "nc", "<=", 0.8),
    ("start", 0, "static", "nc", "<=", 0.4),
    ("pss", 0, "meshssh", None, "<=", 145.0),
    ("pss", 0, "static", None, "<=", 40.0),
]


class Contender:
    def __init__(self, name, argv, fdpass=False, only=tuple(MEASURES)):
        self.name = name
        self.argv = argv
        self.fdpass = fdpass
        self.only = only
        self.port = 0       # of the server in drive


def found(name):
    return shutil.which(name) or name


def ours(options, *arguments, only=tuple(MEASURES)):
    """meshssh with these arguments, with --fdpass as well, and both again of the static one."""
    for name, path in (("meshssh", os.environ["MESHSSH"]), ("static", options.static)):
        if path:
            argv = [os.path.abspath(path), *arguments]
            yield Contender(name, [*argv, HOST, "PORT"], only=only)
            yield Contender(name + " --fdpass", [*argv, "--fdpass", HOST, "PORT"], fdpass=True, only=only)


def loopback(options):
    nc = shutil.which("nc.openbsd") or found("nc")
    host = [HOST, "PORT"]
    return [
        Contender("plain", ["-"], only=("login", "ssh", "raw", "echo")),
        Contender("nc", [nc, "-N", *host]),
        Contender("nc -F", [nc, "-F", *host], fdpass=True),
        Contender("ncat", [found("ncat"), *host]),
        Contender("socat", [found("socat"), "-", f"TCP:{HOST}:PORT"]),
        Contender("socat -b 65536", [found("socat"), "-b", "65536", "-", f"TCP:{HOST}:PORT"], only=("raw",)),
        Contender("connect-proxy", [found("connect-proxy"), *host]),
        *ours(options),
    ]


def mesh(options):
    """In the large one, only what grows with it."""
    path, proxy = os.environ["SOCKET"], "127.0.0.1:1055"
    only = ("login", "raw", "echo", "start", "pss") if PEERS == 2 else ("login", "start")
    nc = shutil.which("nc.openbsd") or found("nc")
    host = [HOST, "PORT"]
    return [
        Contender("tailscale nc", [os.environ["TAILSCALE"], "--socket=" + path, "nc", *host], only=only),
        Contender("nc, SOCKS5", [nc, "-N", "-X", "5", "-x", proxy, *host], only=only),
        Contender("ncat, SOCKS5", [found("ncat"), "--proxy-type", "socks5", "--proxy", proxy, *host], only=only),
        Contender("connect-proxy, SOCKS5", [found("connect-proxy"), "-S", proxy, *host], only=only),
        Contender("meshssh, SOCKS5", [os.environ["MESHSSH"], "--via=socks5=" + proxy, *host], only=only),
        *ours(options, "--tailscaled=" + path, only=only),
    ]


class FarSide:
    """A meshssh-serve in front of a server, and the relay whose sessions it keeps."""

    def __init__(self, server, only):
        self.port = server + 1
        argv = [os.environ["MESHSSH"], f"--resume={self.port}"]
        argv += ["--tailscaled=" + os.environ["SOCKET"]] if PEERS else []
        self.contender = Contender(RESUMED, [*argv, HOST, "PORT"], only=only)
        self.sessions = 0       # that were begun
        self.log = os.path.join(T, f"serve.{self.port}.log")
        argv = [os.environ["MESHSSH_SERVE"], f"{HOST}:{self.port}", f"--run={T}/serve.{self.port}", "--hold=2",
                f"--sshd=127.0.0.1:{server}", "--source=loopback"]
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen((["nsenter", "--net=" + SPACE] if SPACE else []) + argv,
                                            stdin=subprocess.DEVNULL, stderr=log)
        self.wait()

    def wait(self):
        until = time.monotonic() + 10
        connect = [sys.executable, "-c", "import socket, sys; socket.create_connection((sys.argv[1], sys.argv[2]), 1)",
                   HOST, str(self.port)]
        if SPACE:
            connect = ["nsenter", "--net=" + SPACE, *connect]
        while self.process.poll() is None and time.monotonic() < until:
            if subprocess.run(connect, stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(0.05)    # the pace of the poll

    def stop(self):
        """How many sessions it kept."""
        self.process.kill()
        self.process.wait()
        with open(self.log, encoding="utf-8") as log:
            return sum(" begins" in line for line in log)


class Bench:
    def __init__(self, options):
        self.options = options
        self.failed = 0
        # of a measure and a contender: a tuple for each round, None where it did not run
        self.values = {}
        self.all = (mesh if PEERS else loopback)(options)
        self.far = []
        for c in self.all:
            # That the others run shows there.
            if options.short and "meshssh" not in c.name and c is not self.all[0]:
                c.only = ("raw",)
            if c.argv != ["-"] and not os.access(c.argv[0], os.X_OK):
                self.fail(c.name, "not there: " + c.argv[0])

    def fail(self, what, why):
        self.failed += 1
        print(f"bench: {what}: {why}", file=sys.stderr)

    def size(self, normal, short):
        return short if self.options.short else normal

    def far_start(self):
        if not os.access(os.environ["MESHSSH_SERVE"], os.X_OK) or PEERS > 2:
            return
        self.far = [FarSide(PORT, ("login", "ssh")[:1 if PEERS else 2])]
        if not PEERS:
            self.far.append(FarSide(PORT + 2, ("raw", "echo")))
            self.far[1].contender.port = PORT + 2
        self.all += [far.contender for far in self.far]

    def far_stop(self):
        for far in self.far:
            kept = far.stop()
            if kept != far.sessions:
                self.fail(RESUMED, f"{kept} of {far.sessions} sessions could be resumed")

    def begins(self, contender):
        """A session through this one, which the far side is to keep if it is its own."""
        for far in self.far:
            far.sessions += far.contender is contender

    # --- what is measured: a tuple for each, or None

    def drive(self, mode, contender, *args):
        """The numbers that drive prints for this one, or None."""
        self.begins(contender)
        argv = [os.environ["DRIVE"], mode, *map(str, args), "-p", str(contender.port)]
        argv += (["-F"] if contender.fdpass else []) + (["-s", SPACE] if SPACE else [])
        done = subprocess.run(argv + contender.argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=ENV)
        if done.returncode != 0:
            self.fail(f"{mode} {contender.name}", f"{done.stderr.strip()} (status {done.returncode})")
            return None
        return [float(word) for word in done.stdout.split()]

    def ssh_argv(self, contender):
        self.begins(contender)
        argv = ["ssh", "-F", os.environ["SSH_CONFIG"]]
        if contender.argv != ["-"]:
            words = [word.replace(HOST, "%h").replace("PORT", "%p") for word in contender.argv]
            argv += ["-o", "ProxyCommand=" + " ".join(words)]
        if contender.fdpass:
            argv += ["-o", "ProxyUseFdpass=yes", "-o", "IPQoS=none"]
        return argv

    def login(self, contender):
        """Milliseconds of `ssh host true`."""
        argv = [*self.ssh_argv(contender), HOST, "true"]
        since = time.perf_counter()
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        took = time.perf_counter() - since
        if done.returncode != 0:
            self.fail(f"login {contender.name}", f"{done.stderr.strip()} (status {done.returncode})")
            return None
        return (took * 1e3,)

    def ssh_bulk(self, contender, way, size):
        """MiB/s of ssh in its session, the login not counted, or None."""
        remote = "echo; exec cat >/dev/null" if way == "up" else f"echo; exec head -c {size} /dev/zero"
        argv = [*self.ssh_argv(contender), "-c", "aes128-gcm@openssh.com", HOST, remote]
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

    def ssh(self, contender):
        size = self.size(GIB // 4, GIB // 1024)
        got = [self.ssh_bulk(contender, way, size) for way in ("up", "down")]
        return None if None in got else tuple(got)

    def raw(self, contender):
        size = self.size(GIB // 16 if PEERS else GIB // 4, GIB // 128)
        up = self.drive("bulk-up", contender, "-b", size)
        down = self.drive("bulk-down", contender, "-b", size)
        return (size / GIB / up[0], size / GIB / down[0], down[1] * GIB / size) if up and down else None

    def echo(self, contender):
        got = self.drive("echo", contender, "-n", self.size(5000 if PEERS else 10000, 200))
        return got and (got[0],)

    def start(self, contender):
        got = self.drive("start", contender, "-n", self.size(10 if PEERS else 20, 3))
        return got and (statistics.median(got) / 1e3,)

    def pss(self, contender):
        """Those of Go have 15 MiB each."""
        return self.drive("pss", contender, "-n", self.size(20 if PEERS else 200, 5))

    def measure(self, name):
        """Each round begins with another contender, so that none always runs after the same one."""
        who = [c for c in self.all if name in c.only and (name not in ("start", "pss") or c.argv != ["-"])]
        if self.options.short and name == "login":
            who = [c for c in who if "ssh" not in c.only]   # which logs in as well
        took = {c.name: [] for c in who}
        if name == "login" and who and not self.options.short:
            self.login(who[0])      # the first one reads ssh and sshd from the disk
        for n in range(1 if self.options.short else self.options.rounds or MEASURES[name][0]):
            for i in range(len(who)):
                c = who[(n + i) % len(who)]
                took[c.name].append(getattr(self, name)(c))
        self.values[name] = took

    # --- what is printed

    def pairs(self, name, column, contender, base):
        """The ratios of the rounds in which both ran."""
        of, to = self.values[name].get(contender, []), self.values[name].get(base, [])
        return [a[column] / b[column] for a, b in zip(of, to) if a and b and b[column] > 0]

    def cell(self, name, column, digits, contender, base):
        """The median, its quartiles, and the median of the ratios to the base of the same round."""
        values = [v[column] for v in self.values[name].get(contender, []) if v]
        if not values:
            return ""
        if max(values) == 0:
            return "none"
        quartiles = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
        low, median, high = (f"{value:.{digits}f}" for value in quartiles)
        ratios = self.pairs(name, column, contender, base) if contender != base else []
        return f"{median} ({low} to {high})" + (f", {statistics.median(ratios):.2f}" if ratios else "")

    def table(self, title, names, base):
        columns = [(name, n, *column) for name in names if name in self.values
                   for n, column in enumerate(MEASURES[name][1])]
        if not columns:
            return
        print("| " + " | ".join([title, *(f"{heading}, {unit}" for _, _, heading, unit, _ in columns)]) + " |")
        print("|---" * (len(columns) + 1) + "|")
        for contender in dict.fromkeys(c.name for c in self.all):
            cells = [self.cell(name, n, digits, contender, base) for name, n, _, _, digits in columns]
            if any(cells):
                print("| " + " | ".join([contender, *cells]) + " |")
        print()

    def targets(self):
        for name, column, contender, base, relation, wanted in TARGETS:
            if name not in self.values:
                continue
            got = self.pairs(name, column, contender, base) if base else [
                v[column] for v in self.values[name].get(contender, []) if v]
            if got and not (statistics.median(got) <= wanted if relation == "<=" else statistics.median(got) >= wanted):
                print(f"bench: {MEASURES[name][1][column][0]} ({name}) of {contender}: {statistics.median(got):.2f} " +
                      (f"of that of {base}, " if base else "") + f"wanted {relation} {wanted:g}", file=sys.stderr)


def machine():
    """The processor, the kernel, the system and its ssh."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
        cpu = f.read()
    model = next((line.split(":", 1)[1].strip() for line in cpu.splitlines() if line.startswith("model name")),
                 platform.machine())
    with open("/etc/os-release", encoding="utf-8") as f:
        system = next((line.split("=", 1)[1].strip().strip('"') for line in f if line.startswith("PRETTY_NAME=")), "")
    ssh = subprocess.run(["ssh", "-V"], capture_output=True, text=True).stderr.split()[0].replace("_", " ")
    kind = "virtual machine" if " hypervisor" in cpu else "machine"
    return f"{kind} with {os.cpu_count()} cores ({model}), Linux {platform.release().split('-')[0]}, {system}, {ssh}"


def load():
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def main():
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--short", action="store_true", help="tiny sizes, one round: shows only that everything runs")
    parser.add_argument("--only", action="append", choices=tuple(MEASURES), help="this measurement; may be given again")
    parser.add_argument("--rounds", type=int, help="as many rounds of each")
    parser.add_argument("--static", metavar="PATH", help="a second, statically linked meshssh")
    options = parser.parse_args()
    # So that subprocess ends what runs just now.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    bench = Bench(options)
    before = load()
    try:
        bench.far_start()
        for name in MEASURES:
            if (not options.only or name in options.only) and any(name in c.only for c in bench.all):
                since = time.monotonic()
                bench.measure(name)
                print(f"bench: {name}: {time.monotonic() - since:.0f} s", file=sys.stderr, flush=True)
    finally:
        bench.far_stop()
    print(f"bench: load {before} before, {load()} after", file=sys.stderr)
    if PEERS:
        bench.table(f"mesh of {PEERS:,} peers", tuple(MEASURES), "tailscale nc")
    else:
        print("On a " + machine() + (", --short: the numbers mean nothing" if options.short else "") + ":\n")
        bench.table("through ssh", ("login", "ssh"), "plain")
        bench.table("alone", ("raw", "echo", "start", "pss"), "nc")
        if not options.short:
            bench.targets()
    return 1 if bench.failed else 0


sys.exit(main())
