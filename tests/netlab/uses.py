#!/usr/bin/env python3
"""uses.py [PATTERN]: what people use ssh for, each with its connection reset by this end, cut for 4 s, and reset by the other
end, in its midst. Prints TAP, then a table.

Each use has an address of the server's for its own, by which the router limits its rate, counts its bytes and cuts it off. It
is broken once a part of its bytes has passed, or of its steps; whether the result is whole it says itself.
"""

import filecmp
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True  # nothing is written into the source tree

import resume
from lab import MESHSSH, STOP, Failed, Missing, Site, enter, wait_for
from netlab import Tap

CUT = 4             # seconds
SIZE = 6_000_000    # bytes of each use
STEP = 1_000_000    # between two breaks
MBIT = 10           # of each use
LIMIT = 60          # seconds for a use
HTTP = 8080         # of a server there, which hands out the files of the temporary folder


class Use:
    """One way to use ssh. `run` does it, in a thread of its own, and raises Failed if it is not whole."""

    name = "?"
    step = STEP

    def __init__(self, lab, number):
        self.lab = lab
        self.number = number
        self.address = f"10.77.4.{number}"
        self.folder = lab.site.path(f"use-{number}")
        os.mkdir(self.folder)
        self.log = self.path("relay.log")
        with open(lab.site.path("ssh_config"), encoding="utf-8") as f:
            common = f.read()
        self.config = self.write("config", f"""Host far
	HostName {self.address}
	Port {resume.PORT}
	ProxyCommand {MESHSSH} --debug -- %h %p 2>>{self.log}
	LogLevel ERROR
{common}""")
        self.env = {"PATH": os.environ["PATH"], "HOME": lab.site.path("home"), "LANG": "C.UTF-8", "TMPDIR": self.folder,
                    "XDG_CACHE_HOME": self.path("cache"), "GIT_CONFIG_GLOBAL": "/dev/null", "TERM": "screen"}
        self.wrong = None
        self.took = 0.0

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        return self.path(name)

    def prepare(self):
        """What is there before, which takes no part in the time."""

    def run(self):
        raise NotImplementedError

    def amount(self):
        """How far it is, in bytes, or in steps of its own."""
        return self.lab.bytes_of(self.number)

    # what it is made of

    def start(self, *argv, **how):
        how = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | how
        return subprocess.Popen(self.lab.inside("client", "setpriv", "--pdeathsig", "KILL", *argv), env=self.env,
                                cwd=self.folder, **how)

    def finish(self, process, **how):
        """Its output; raises Failed unless it ends in order and says nothing on stderr."""
        try:
            out, err = process.communicate(timeout=LIMIT, **how)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Failed(f"{process.args[5:]}: not within {LIMIT} s") from None
        if process.returncode != 0 or err:
            raise Failed(f"{process.args[5:]}: status {process.returncode}\n{(err or b'').decode(errors='replace')}"
                         f"{(out or b'')[-2000:].decode(errors='replace')}")
        return out

    def do(self, *argv, **how):
        return self.finish(self.start(*argv), **how)

    @staticmethod
    def same(there, here):
        if not filecmp.cmp(there, here, shallow=False):
            raise Failed(f"{here} differs from {there}")

    def exact(self, data, size):
        if hashlib.sha256(data).hexdigest() != self.lab.site.sums[size]:
            raise Failed(f"{len(data)} bytes came, which are not the {size} that were sent")

    def resumes(self):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as f:
                return len(resume.GOES_ON.findall(f.read()))
        except OSError:
            return 0

    # what breaks it

    def reaches(self, amount):
        wait_for(f"{self.name} gets to {amount}, being at {self.amount()}", LIMIT,
                 lambda: self.ended() or self.amount() >= amount)
        if self.ended():
            raise Failed(f"it ended at {self.amount()}, before it was broken")

    def ended(self):
        return not self.thread.is_alive()

    def breaks(self):
        self.reaches(self.step)
        self.lab.run("client", *f"ss -K dst {self.address} dport = {resume.SERVE_PORT}".split())
        self.reaches(self.amount() + self.step)
        self.lab.cut(self.address)
        self.lab.pause(CUT)
        self.lab.mend(self.address)
        self.reaches(self.amount() + self.step)
        self.lab.run("server", *f"ss -K src {self.address} sport = {resume.SERVE_PORT}".split())

    def guard(self, what):
        try:
            what()
        except (Failed, OSError) as reason:
            self.wrong = self.wrong or f"{reason}"

    def begin(self):
        self.began = time.monotonic()
        self.thread = threading.Thread(target=self.guard, args=(self.run,), daemon=True)
        self.thread.start()
        self.breaker = threading.Thread(target=self.guard, args=(self.breaks,), daemon=True)
        self.breaker.start()

    def wait(self):
        for thread in (self.breaker, self.thread):
            thread.join(2 * LIMIT)
        if self.ended() and self.wrong is None and self.resumes() < 2:
            self.wrong = f"it was resumed {self.resumes()} times"
        return not self.wrong and self.ended()

    def tail(self):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as f:
                return "".join(f.readlines()[-25:])
        except OSError:
            return "no relay"


class Scp(Use):
    name = "scp, up"

    def run(self):
        data = self.lab.site.data(SIZE)
        self.do("scp", "-q", "-F", self.config, data, f"far:{self.path('there')}")
        self.same(data, self.path("there"))


class Sftp(Use):
    name = "sftp, down and up"

    def run(self):
        data = self.lab.site.data(SIZE // 2)
        batch = self.write("batch", f"get {data} {self.path('here')}\nput {data} {self.path('there')}\n")
        self.do("sftp", "-q", "-F", self.config, "-b", batch, "far")
        self.same(data, self.path("here"))
        self.same(data, self.path("there"))


class Rsync(Use):
    name = "rsync of 24 files, down"

    def run(self):
        tree = self.path("tree")
        os.mkdir(tree)
        with open(self.lab.site.data(SIZE), "rb") as f:
            for number in range(24):
                with open(os.path.join(tree, str(number)), "wb") as part:
                    part.write(f.read(SIZE // 24))
        argv = ("rsync", "-rt", "-e", f"ssh -F {self.config}", f"far:{tree}/", self.path("copy"))
        self.do(*argv)
        if differs := self.do(*argv[:1], "-nci", *argv[1:]):
            raise Failed(f"rsync finds differences: {differs}")
        for name in os.listdir(tree):
            self.same(os.path.join(tree, name), os.path.join(self.path("copy"), name))


class Git(Use):
    name = "git clone"

    def run(self):
        repo, clone = self.path("repo"), self.path("clone")
        self.do("git", "init", "-q", "-b", "main", repo)
        shutil.copy(self.lab.site.data(SIZE), repo)
        self.env.update({f"GIT_{who}_{what}": "netlab@example.org" for who in ("AUTHOR", "COMMITTER")
                         for what in ("NAME", "EMAIL")}, GIT_SSH_COMMAND=f"ssh -F {self.config}")
        self.do("git", "-C", repo, "add", ".")
        self.do("git", "-C", repo, "commit", "-q", "-m", "data")
        self.do("git", "-c", "safe.directory=*", "clone", "-q", f"far:{repo}", clone)
        self.do("git", "-C", clone, "fsck", "--full", "--no-progress")
        if self.do("git", "-C", clone, "rev-parse", "HEAD") != self.do("git", "-C", repo, "rev-parse", "HEAD"):
            raise Failed("another commit")
        self.same(self.lab.site.data(SIZE), os.path.join(clone, f"data.{SIZE}"))


class Forward(Use):
    name = "ssh -L"

    def run(self):
        ssh = self.start("ssh", "-F", self.config, "-N", "-o", "ExitOnForwardFailure=yes",
                         "-L", f"127.0.0.1:{HTTP + self.number}:127.0.0.1:{HTTP}", "far")
        try:
            wait_for("the forwarded port", 20,
                     lambda: f":{HTTP + self.number} " in self.lab.run("client", "ss", "-Hltn"))
            self.exact(self.do("curl", "-sS", "--max-time", str(LIMIT),
                               f"http://127.0.0.1:{HTTP + self.number}/data.{SIZE}"), SIZE)
        finally:
            ssh.terminate()
            ssh.communicate()


class Master(Use):
    name = "ControlMaster, three sessions"

    def run(self):
        control = self.path("control")
        size = SIZE // 3
        data = self.lab.site.data(size)
        master = self.start("ssh", "-F", self.config, "-M", "-S", control, "-N", "far")
        try:
            wait_for("the master", 20, lambda: os.path.exists(control))
            sessions = [self.start("ssh", "-F", self.config, "-S", control, "far", f"cat {data}") for _ in range(3)]
            outputs = [None] * 3
            readers = [threading.Thread(target=self.guard, args=(lambda i=i: outputs.__setitem__(
                i, self.finish(sessions[i])),)) for i in range(3)]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
            for output in outputs:
                self.exact(output or b"", size)
        finally:
            master.terminate()
            master.communicate()


class Ansible(Use):
    name = "ansible"

    def run(self):
        data = self.lab.site.data(SIZE)
        self.env.update({name: self.path("ansible." + name.lower()) for name in
                         ("ANSIBLE_HOME", "ANSIBLE_LOCAL_TEMP", "ANSIBLE_REMOTE_TMP")},
                        ANSIBLE_SSH_CONTROL_PATH_DIR="/run/ansible",    # a socket has a short name
                        ANSIBLE_CONFIG=self.write("ansible.cfg", "[defaults]\n"), ANSIBLE_NOCOLOR="1")
        book = self.write("book.yml", f"""- hosts: far
  gather_facts: false
  tasks:
    - ansible.builtin.copy: {{ src: {data}, dest: {self.path("there")} }}
    - ansible.builtin.stat: {{ path: {self.path("there")}, checksum_algorithm: sha256 }}
      register: there
    - ansible.builtin.assert: {{ that: there.stat.checksum == "{self.lab.site.sums[SIZE]}" }}
""")
        out = self.do("ansible-playbook", "-i", "far,", "--ssh-common-args", f"-F {self.config}",
                      "-e", f"ansible_python_interpreter={sys.executable}", book)
        if not re.search(rb"far +: ok=3 +changed=1 +unreachable=0 +failed=0", out):
            raise Failed(out.decode())
        self.same(data, self.path("there"))


class Code(Use):
    """A script comes on standard input, and all that the editor says to its server goes through the SOCKS proxy."""

    name = "VS Code's command line"

    def ssh(self, *argv):
        return self.start("ssh", *argv, stdin=subprocess.PIPE)

    def run(self):
        port = HTTP + self.number
        ssh = self.ssh("-T", "-D", str(port), "-F", self.config, "-o", "ConnectTimeout=15", "far", "bash")
        try:
            ssh.stdin.write(b"echo listening\n")
            ssh.stdin.flush()
            if ssh.stdout.readline() != b"listening\n":
                raise Failed("no shell")
            self.exact(self.do("curl", "-sS", "--socks5-hostname", f"127.0.0.1:{port}", "--max-time", str(LIMIT),
                               f"http://localhost:{HTTP}/data.{SIZE}"), SIZE)
            if self.finish(ssh, input=b"echo done\n") != b"done\n":
                raise Failed("the shell did not go on")
        finally:
            ssh.kill()
            ssh.communicate()


class InPlace(Code):
    name = "the same, meshssh in the place of ssh"

    def ssh(self, *argv):
        with open(self.config, encoding="utf-8") as f:
            self.write("config", re.sub("\tProxyCommand.*\n", "", f.read()))
        with open(self.log, "wb") as log:
            return self.start(MESHSSH, "--debug", *argv, stdin=subprocess.PIPE, stderr=log)


class Terminal(Use):
    """A terminal here, and tmux there in it. What is typed while the connection is broken counts as well."""

    name = "tmux in an interactive session"
    step = 3
    lines = 28      # which are to fit on the screen

    def tmux(self, *argv):
        return self.do("tmux", "-S", self.path("screen"), *argv).decode()

    def screen(self):
        return self.tmux("capture-pane", "-p", "-J")

    def amount(self):
        return self.typed

    def prepare(self):
        self.typed = 0

    def run(self):
        there = f"tmux -S {self.path('there')} -f /dev/null new-session -x 100 -y 60 env PS1=far: sh"
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "62",
                  f"ssh -t -F {self.config} far '{there}'")
        try:
            wait_for("a prompt", 20, lambda: re.search("^far:", self.screen(), re.M))
            for number in range(1, self.lines + 1):
                self.tmux("send-keys", f"echo $(({number} + 7000))", "Enter")
                self.typed = number
                self.lab.pause(0.4)
            # What was typed ahead is echoed by the terminal, also in the midst of a line.
            wait_for("the last answer", 15, lambda: str(self.lines + 7000) in self.screen())
            seen = [int(word) for word in re.findall("70(?:0[1-9]|[1-9][0-9])", self.screen())]
            if seen != list(range(7001, 7001 + self.lines)):
                raise Failed(f"on the screen is {seen}\n{self.screen()}")
        finally:
            self.do("tmux", "-S", self.path("screen"), "kill-server")


USES = (Scp, Sftp, Rsync, Git, Forward, Master, Ansible, Code, InPlace, Terminal)


class Uses(resume.Resumable):
    """Addresses of the server's, one for each use."""

    count = len(USES)

    def __init__(self, site):
        self.counted = {}
        super().__init__(site, "0.0.0.0")
        numbers = range(1, self.count + 1)
        self.ip("server", *(f"addr add 10.77.4.{number}/32 dev lo" for number in numbers))
        self.ip("router", "route add 10.77.4.0/24 via 10.77.2.2")
        for dev in ("rc", "rs"):
            self.run("router", "tc", "-batch", "-", text="".join(
                [f"qdisc add dev {dev} root handle 1: htb\n"] +
                [f"class add dev {dev} parent 1: classid 1:{number:x} htb rate {MBIT}mbit quantum 3000\n"
                 f"qdisc add dev {dev} parent 1:{number:x} pfifo limit 100\n" for number in numbers]))
        rules = "".join(f"ip {way} 10.77.4.{number} meta priority set 1:{number:x} counter name use{number}\n"
                        for number in numbers for way in ("saddr", "daddr"))
        counters = "".join(f"counter use{number} {{ }}\n" for number in numbers)
        self.run("router", "nft", "-f", "-", text=f"""table inet uses {{
	set cut {{ type ipv4_addr; }}
	{counters}
	chain uses {{
		type filter hook forward priority 0
		ip saddr @cut drop
		ip daddr @cut drop
		{rules}
	}}
}}
""")
        self.start("server", sys.executable, "-m", "http.server", "-b", "127.0.0.1", "-d", site.temp, str(HTTP),
                   log="http.log")
        threading.Thread(target=self.sample, daemon=True).start()

    def sample(self):
        """The counters of all, for one program run serves all uses."""
        while not STOP.is_set() and self.spaces:
            said = self.run("router", "nft", "list", "counters", "table", "inet", "uses", check=False)
            self.counted = {int(number): int(count) for number, count in
                            re.findall(r"counter use(\d+) \{\s+packets \d+ bytes (\d+)", said)}
            STOP.wait(0.1)

    def bytes_of(self, number):
        return self.counted.get(number, 0)

    def cut(self, address):
        self.run("router", "nft", f"add element inet uses cut {{ {address} }}")

    def mend(self, address):
        self.run("router", "nft", f"delete element inet uses cut {{ {address} }}")


def main():
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    tap = Tap()
    try:
        if not os.access(resume.SERVE, os.X_OK):
            raise Missing(f"{resume.SERVE} is not built")
        enter()
        with Site() as site, Uses(site) as lab:
            for size in (SIZE, SIZE // 2, SIZE // 3):
                site.data(size)
            uses = [use(lab, 1 + number) for number, use in enumerate(USES) if re.search(pattern, use.name)]
            for use in uses:
                use.prepare()
                use.begin()
            for use in uses:
                good = use.wait()
                tap.point(good, f"{use.name}: whole", f"{use.wrong}\n{use.tail()}")
    except Missing as reason:
        tap.skip("uses", str(reason))
    except Failed as reason:
        tap.point(False, "the lab stands", str(reason))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
