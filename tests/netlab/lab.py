"""A client, a router and a server as three network namespaces, with a real sshd in the server's.

    client  10.77.1.2  fd77:1::2   -- rc   router   rs --   10.77.2.2  fd77:2::2  server
            10.77.3.1  ------------- no router ----------   10.77.3.2

sshd listens on port 22; on 2210, not marking its packets (IPQoS none); on 2211 with an RSA key alone; on 2212, where it
counts who comes without a login, if it can; dropbear, if there is one, on 2222. In all namespaces `v4` and `v6` are names of the server, and `both` has the two addresses, IPv6
first.

A program calls enter() before all else: it goes on in a mount namespace of its own, where /run is empty and the files
of /etc that name hosts and users are ours: a user whose home is in the temporary folder. So neither the machine's
resolver, its users' dot files nor a tailscaled on it play a part, nothing is written outside the temporary folder, and
the network namespaces have names there alone. An ordinary user is root in a user namespace of its own. What breaks the
path is in path.py.
"""

import functools
import hashlib
import itertools
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from path import Path

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get("SRCDIR") or os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("BUILDDIR") or os.path.join(SOURCE, "build")
MESHSSH = os.environ.get("MESHSSH") or os.path.join(BUILD, "meshssh")
PROGRAMS = "ip tc nft ethtool nsenter setpriv unshare ssh sshd ssh-keygen cc nc".split()
# From 9.8 on sshd shuts out whoever comes often without a login, as doctor.py does.
FORGIVING = "PerSourcePenalties no"
COUNTING = 2212
PORTS = {22: [], 2210: ["IPQoS none"], 2211: ["HostKey {temp}/host_rsa"], COUNTING: []}
DROPBEAR = 2222
PIECE = 1 << 24     # of a large file
STOP = threading.Event()  # set when the program is to end: whatever waits gives up


class Failed(Exception):
    """The lab cannot be built, or was told to stop."""


class Missing(Exception):
    """The lab cannot be here; the text says why."""


def search_path():
    return os.environ["PATH"] + ":/usr/sbin:/sbin"


def run(*argv, text=None, check=True):
    """Runs a program to its end; returns what it printed."""
    done = subprocess.run(argv, input=text, stdin=None if text else subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if check and done.returncode != 0:
        raise Failed(f"{' '.join(argv)}: {done.stdout.strip()}")
    return done.stdout


@functools.cache
def openssh():
    """The version of the machine's, a pair of numbers."""
    return tuple(map(int, re.search(r"OpenSSH_(\d+)\.(\d+)", run("ssh", "-V")).groups()))


def wait_for(what, seconds, condition):
    """Polls until the condition holds; 20 ms is the pace of the poll."""
    deadline = time.monotonic() + seconds
    while not condition():
        if STOP.is_set() or time.monotonic() > deadline:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(0.02)


# --- the program's own surroundings ---------------------------------------------------------------------------------


def enter():
    """Goes on inside a mount namespace of our own, or raises Missing."""
    os.environ["PATH"] = search_path()
    for program in PROGRAMS:
        if not shutil.which(program):
            raise Missing(f"{program} is not installed")
    if not os.access(MESHSSH, os.X_OK):
        raise Missing(f"{MESHSSH} is not built")
    if os.environ.get("NETLAB_INSIDE") == str(os.getpid()):
        return
    how = ["-m"] if os.getuid() == 0 else ["-rnm"]
    tried = subprocess.run(["unshare", *how, "ip", "link"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                           text=True, check=False)
    if tried.returncode != 0:
        raise Missing("no right to make namespaces: " + tried.stderr.strip())
    os.environ.update(NETLAB_INSIDE=str(os.getpid()), NETLAB_UID=str(os.getuid()))
    os.execvp("unshare", ["unshare", *how, sys.executable, *sys.argv])


def stop(*_):
    STOP.set()
    sys.exit(1)


class Site:
    """What all labs of a run share: the temporary folder, keys, the helpers' programs, the files in /etc."""

    def __init__(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)
        self.temp = tempfile.mkdtemp(prefix="meshssh-netlab.")
        self.making = threading.Lock()
        self.sums = {}
        self.uid = int(os.environ["NETLAB_UID"])
        try:
            self.surroundings()
            self.keys()
            for name in ("delaytun", "udptun"):
                run("cc", "-O2", "-D_GNU_SOURCE", "-o", self.path(name), os.path.join(HERE, name + ".c"))
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        shutil.rmtree(self.temp, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.temp, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        return self.path(name)

    def surroundings(self):
        """Mounts: seen by us and our children alone."""
        if os.path.realpath(self.temp).startswith("/run/"):
            raise Missing("the temporary folder is in /run, which is to be empty")
        # Our own user has a home here, a plain shell, and no password that sshd could find locked.
        home = self.path("home")
        os.makedirs(os.path.join(home, ".ssh"), 0o700)
        with open("/etc/passwd", encoding="utf-8", errors="replace") as f:
            others = [line for line in f if line.split(":")[2] not in ("0", str(self.uid))]
        users = f"root:*:0:0:root:{home}:/bin/sh\n"
        self.user = "root"
        if self.uid != 0:
            self.user = "netlab"
            users += f"netlab:*:{self.uid}:{self.uid}::{home}:/bin/sh\n"
        files = {
            "passwd": users + "".join(others),
            "shadow": "".join(f"{name}:*:19000:0:99999:7:::\n" for name in {"root", self.user}),
            "hosts": "127.0.0.1 localhost\n::1 localhost\n"
                     "10.77.2.2 v4\nfd77:2::2 v6\nfd77:2::2 both\n10.77.2.2 both\n",
            "nsswitch.conf": "".join(f"{name}: files\n"
                                     for name in ("passwd", "group", "shadow", "hosts", "services")),
        }
        run("mount", "-t", "tmpfs", "netlab", "/run")
        os.makedirs("/run/sshd", 0o755)
        for name, text in files.items():
            if os.path.exists("/etc/" + name):
                run("mount", "--bind", self.write("etc-" + name, text), "/etc/" + name)

    def keys(self):
        for name, kind in (("host_ed25519", "ed25519"), ("host_rsa", "rsa"), ("user_key", "ed25519")):
            run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", self.path(name))
        known = ""
        for name in ("host_ed25519", "host_rsa"):
            with open(self.path(name + ".pub"), encoding="ascii") as f:
                known += "throwaway " + f.read()
        self.write("known_hosts", known)
        shutil.copy(self.path("user_key.pub"), self.path("home/.ssh/authorized_keys"))
        os.chmod(self.path("home/.ssh/authorized_keys"), 0o600)
        self.write("ssh_config", f"""Host *
	User {self.user}
	HostKeyAlias throwaway
	IdentityFile {self.path("user_key")}
	IdentitiesOnly yes
	UserKnownHostsFile {self.path("known_hosts")}
	GlobalKnownHostsFile /dev/null
	BatchMode yes
	ControlPath none
	Ciphers ^aes128-gcm@openssh.com
""")
        # dropbear has its own form of a key.
        if shutil.which("dropbear") and shutil.which("dropbearkey"):
            run("dropbearkey", "-t", "ed25519", "-f", self.path("host_dropbear"))
            said = run("dropbearkey", "-y", "-f", self.path("host_dropbear"))
            line = next(line for line in said.splitlines() if line.startswith("ssh-ed25519 "))
            with open(self.path("known_hosts"), "a", encoding="ascii") as f:
                f.write(f"throwaway {line}\n")

    def data(self, size):
        """A file of so many bytes, always the same ones."""
        path = self.path(f"data.{size}")
        with self.making:
            if not os.path.exists(path):
                source, total = random.Random(size), hashlib.sha256()
                with open(path, "wb") as f:
                    for at in range(0, size, PIECE):
                        data = source.randbytes(min(PIECE, size - at))
                        total.update(data)
                        f.write(data)
                self.sums[size] = total.hexdigest()
        return path


# --- the lab --------------------------------------------------------------------------------------------------------


class Lab(Path):
    numbers = itertools.count()

    def __init__(self, site):
        super().__init__()
        self.site = site
        self.name = f"meshssh-{os.getpid()}-{next(self.numbers)}"
        self.spaces = []
        self.processes = []
        try:
            self.wires()
            self.servers()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # where things run

    def inside(self, space, *argv):
        """The command line that runs this one there. nsenter becomes the program: its process id is the program's."""
        return ["nsenter", f"--net=/run/netns/{self.name}-{space}", *argv]

    def run(self, space, *argv, **how):
        return run(*self.inside(space, *argv), **how)

    def start(self, space, *argv, log):
        with open(self.site.path(log), "ab") as f:
            # Should we be killed outright, it ends as well.
            process = subprocess.Popen(self.inside(space, "setpriv", "--pdeathsig", "TERM", *argv), stdout=f, stderr=f,
                                       stdin=subprocess.DEVNULL, start_new_session=True)
        self.processes.append(process)
        return process

    def end(self, process):
        process.terminate()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self.processes.remove(process)

    def ip(self, space, *lines):
        """Lines for ip(8); those for IPv6 that do not show it begin with -6."""
        for family in ("-4", "-6"):
            batch = [line.removeprefix("-6 ") for line in lines if line.startswith("-6 ") == (family == "-6")]
            if batch:
                self.run(space, "ip", *(["-6"] if family == "-6" else []), "-batch", "-", text="\n".join(batch) + "\n")

    def wait_link(self, space, name):
        wait_for(f"{name} in {space}", 5, lambda: f" {name}:" in self.run(space, "ip", "link"))

    def sysctl(self, space, *settings):
        for setting in settings:
            key, value = setting.split("=")
            self.run(space, "sh", "-c", f"[ ! -e /proc/sys/{key} ] || echo {value} >/proc/sys/{key}")

    # building and taking down

    def wires(self):
        for space in ("client", "router", "server"):
            run("ip", "netns", "add", f"{self.name}-{space}")
            self.spaces.append(space)
            # A reverse path filter, where the machine has one, would not know of the detour through delaytun.
            self.sysctl(space, *(f"net/ipv4/conf/{name}/rp_filter=0" for name in ("all", "default")),
                        *(f"net/ipv6/conf/{name}/disable_ipv6=0" for name in ("all", "default")),
                        "net/ipv4/tcp_no_metrics_save=1", "net/ipv4/ip_unprivileged_port_start=0")
            self.ip(space, "link set lo up")
        self.sysctl("router", "net/ipv4/ip_forward=1", "net/ipv6/conf/all/forwarding=1")
        for space, end, other, peer in (("client", "c0", "router", "rc"), ("server", "s0", "router", "rs"),
                                        ("client", "d0", "server", "d0")):
            self.ip(space, f"link add {end} type veth peer name {peer} netns {self.name}-{other}")
            # Else the router sees packets of 64 kB where the wire has 1500 bytes.
            for where, name in ((space, end), (other, peer)):
                self.run(where, "ethtool", "-K", name, "tso", "off", "gso", "off", "gro", "off", "tx", "off")
        for space, end, net, host in (("client", "c0", 1, 2), ("router", "rc", 1, 1), ("router", "rs", 2, 1),
                                      ("server", "s0", 2, 2), ("client", "d0", 3, 1), ("server", "d0", 3, 2)):
            self.ip(space, f"addr add 10.77.{net}.{host}/24 dev {end}", f"link set {end} up",
                    f"addr add fd77:{net}::{host}/64 dev {end} nodad")
        self.client_routes()
        self.ip("server", "route add default via 10.77.2.1", "-6 route add default via fd77:2::1")
        self.clear()

    def client_routes(self):
        self.ip("client", "route replace default via 10.77.1.1", "-6 route replace default via fd77:1::1")

    def servers(self):
        site = self.site
        logs = []
        for port, lines in PORTS.items():
            name = f"{self.name}-sshd-{port}"
            lines = [line.format(temp=site.temp) for line in lines]
            if not any("HostKey" in line for line in lines):
                lines += [f"HostKey {site.path('host_ed25519')}", f"HostKey {site.path('host_rsa')}"]
            # At a level above 1, bash does not take a command of sshd's for a reason to read its dot files.
            config = site.write(name + ".conf", "\n".join(lines) + f"""
Port {port}
AuthorizedKeysFile {site.path("user_key.pub")}
PidFile none
UsePAM no
UseDNS no
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
MaxStartups 500
SetEnv SHLVL=1
Subsystem sftp internal-sftp
""")
            logs.append((name + ".log", f"Server listening on 0.0.0.0 port {port}"))
            if openssh() >= (9, 8) and port != COUNTING:
                with open(config, "a", encoding="utf-8") as f:
                    f.write(FORGIVING + "\n")
            self.start("server", *self.as_user(shutil.which("sshd"), "-D", "-e", "-f", config), log=name + ".log")
        if self.has_dropbear:
            self.start("server", "dropbear", "-F", "-E", "-p", str(DROPBEAR), "-r", site.path("host_dropbear"),
                       log=self.name + "-dropbear.log")
            logs.append((self.name + "-dropbear.log", "Not backgrounding"))
        for log, line in logs:
            wait_for(f"{log}: {line}", 10, lambda: line in self.read(log))
        # A link that has just come up may lose its first packets.
        for host in ("10.77.2.2", "fd77:2::2", "10.77.3.2", "fd77:3::2"):
            wait_for(f"{host} answers", 10, lambda: "ok" in self.run(
                "client", "sh", "-c", f"nc -z -w 1 {host} 22 && echo ok", check=False))

    @property
    def has_dropbear(self):
        """In a user namespace it cannot be."""
        return self.site.uid == 0 and os.path.exists(self.site.path("host_dropbear"))

    def as_user(self, *argv):
        """sshd of an ordinary user must not believe that it is root, which in a user namespace it could not be."""
        if self.site.uid == 0:
            return argv
        return ("unshare", "--user", f"--map-user={self.site.uid}", f"--map-group={self.site.uid}", "--", *argv)

    def read(self, log):
        with open(self.site.path(log), encoding="utf-8", errors="replace") as f:
            return f.read()

    def pids(self, space):
        return [int(word) for word in run("ip", "netns", "pids", f"{self.name}-{space}", check=False).split()
                if word.isdigit()]

    def close(self):
        """A namespace of ours has only processes of ours; among them sessions of sshd that never heard of their end."""
        for process in self.processes[:]:
            self.end(process)
        for space in self.spaces:
            for number, seconds in ((signal.SIGTERM, 2), (signal.SIGKILL, 2)):
                deadline = time.monotonic() + seconds
                for pid in self.pids(space):
                    try:
                        os.kill(pid, number)
                    except ProcessLookupError:
                        pass
                while self.pids(space) and time.monotonic() < deadline:
                    time.sleep(0.02)
            run("ip", "netns", "del", f"{self.name}-{space}", check=False)
        self.spaces = []
