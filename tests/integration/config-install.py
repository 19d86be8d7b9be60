"""Run by config-install.sh in a root where alice, bob and root have homes that are the test's own."""

import fcntl
import importlib
import os
import random
import re
import shutil
import stat
import struct
import subprocess
import sys
import threading
import time
import traceback

T = sys.argv[1]
BIN = "/home/bin"
sys.path.insert(0, BIN)
make = importlib.import_module("config-make")

PROGRAM = BIN + "/meshssh-config"
FAILING = BIN + "/failing-malloc.so"    # only where it could be built
ROUNDS = 200
KEPT = ["config", "config.before-meshssh"]
LIMIT = 30      # seconds for one call; none takes one
MARK = b"# The next line is from meshssh-config; it goes by: meshssh-config remove"
MADE = b"# meshssh-config has made this file; its line goes by: meshssh-config remove"
CASES = []


def case(name):
    def add(f):
        CASES.append((name, f))
        return f
    return add


def read(path):
    """The bytes of a file, or None if it is not there."""
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return None


def user_file(path, data):
    """A file in another account's home."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


class User:
    def __init__(self, name, uid, home):
        self.name, self.uid, self.home = name, uid, home
        self.ssh_dir = home + "/.ssh"
        self.config = self.ssh_dir + "/config"
        self.own = self.ssh_dir + "/meshssh.conf"
        self.backup = self.config + ".before-meshssh"

    def call(self, *argv, path=None, **more):
        # The home that counts is the system's, so this one is wrong.
        env = {"PATH": path or "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/nonexistent", "LC_ALL": "C",
               "TMPDIR": T + "/tmp", **more}
        return subprocess.run(argv, user=self.uid, group=self.uid, extra_groups=[], cwd="/", env=env, timeout=LIMIT,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)

    def run(self, *words, status=0, **more):
        """meshssh-config with these words: what it printed on both streams."""
        p = self.call(PROGRAM, *words, **more)
        out, err = p.stdout.decode(errors="replace"), p.stderr.decode(errors="replace")
        assert p.returncode == status, "%s: status %d, not %d: %s%s" % (words, p.returncode, status, out, err)
        assert err.count("\n") <= 1 and len(err) <= 200, err
        return out + err

    def injected(self, name, fault, *words):
        """The same under strace, which does this to a system call: what is to be told of the process."""
        return self.call("strace", "-o", "/dev/null", "-e", "trace=" + name, "-e", "inject=%s:%s" % (name, fault),
                         PROGRAM, *words)

    def killed(self, point, *words):
        """The same, ended at the nth call of a system call; True if it was."""
        name, number = point
        p = self.injected(name, "signal=KILL:when=%d" % number, *words)
        assert p.returncode in (0, -9, 137), p
        return p.returncode != 0

    def starved(self, variable, number, *words):
        """The same with one allocation that fails, or all from there on; True if there were so many."""
        mark = "%s/mark.%s" % (T, self.name)
        with open(mark, "w", encoding="ascii"):
            os.chown(mark, self.uid, self.uid)
        p = self.call(PROGRAM, *words, LD_PRELOAD=FAILING, FAIL_SPARE="1", FAIL_MARK=mark, **{variable: str(number)})
        failed = read(mark).strip(b"\0") != b""
        if not failed or p.returncode != 71:
            assert p.returncode == 0 and p.stderr == b"", (variable, number, p)
        else:
            assert re.fullmatch(b"meshssh-config: [^\n]*memory[^\n]*\n", p.stderr), (variable, number, p)
        return failed

    def points(self, *words):
        """From the first one on that takes the lock, all system calls: (name, how many of that name there were)."""
        log = "%s/trace.%s" % (T, self.name)
        with open(log, "w", encoding="ascii"):
            os.chown(log, self.uid, self.uid)
        p = self.call("strace", "-o", log, PROGRAM, *words)
        assert p.returncode == 0, p
        count, points, locked = {}, [], False
        with open(log, encoding="utf-8", errors="replace") as f:
            for name in re.findall(r"^(\w+)\(", f.read(), re.M):
                count[name] = count.get(name, 0) + 1
                locked |= name == "flock"
                if locked and name not in ("exit_group", "restart_syscall"):
                    points.append((name, count[name]))
        return points

    def ssh_g(self, *hosts):
        """What ssh takes for these hosts; None where it takes nothing."""
        answers = [self.call("ssh", "-G", "-T", host) for host in hosts]
        return [p.stdout if p.returncode == 0 else None for p in answers]

    def put(self, path, data, mode=0o600):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)
        os.chmod(path, mode)
        for folder, folders, files in os.walk(self.home):
            for entry in [folder] + [os.path.join(folder, x) for x in folders + files]:
                os.chown(entry, self.uid, self.uid, follow_symlinks=False)

    def empty(self, config=None, mode=0o600):
        """A home with nothing but this configuration."""
        for entry in os.listdir(self.home):
            path = os.path.join(self.home, entry)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)
        if config is not None:
            self.put(self.config, config, mode)

    def snapshot(self):
        """All that is in the home: names, kinds, modes, owners, times, bytes."""
        found = {}
        for folder, folders, files in os.walk(self.home):
            for entry in folders + files:
                path = os.path.join(folder, entry)
                sb = os.lstat(path)
                found[path] = (sb.st_mode, sb.st_uid, sb.st_gid, os.readlink(path) if os.path.islink(path) else
                               read(path) if stat.S_ISREG(sb.st_mode) else None,
                               sb.st_mtime_ns if stat.S_ISREG(sb.st_mode) else 0)
        return found

    def refused(self, words, status, *texts):
        """The call fails like this, and nothing is changed."""
        before = self.snapshot()
        said = self.run(*words, status=status)
        for text in texts:
            assert text in said, "no \"%s\" in: %s" % (text, said)
        same(self.snapshot(), before)


def same(got, wanted):
    if isinstance(got, dict) and got != wanted:
        got = {k: v for k, v in got.items() if wanted.get(k) != v}
        wanted = {k: v for k, v in wanted.items() if k in got or k not in got}
    assert got == wanted, "got %.600r, wanted %.600r" % (got, wanted)


ALICE = User("alice", 2001, "/home/alice")
BOB = User("bob", 2002, "/home/bob")
ROOT = User("root", 0, "/root")
STAGES = {}
LOCK = threading.Lock()


def beside(failures, *calls):
    """All of these calls, (function, argument...), at once; what one of them raises is a failure."""
    def guarded(f, *args):
        try:
            f(*args)
        except Exception:   # pylint: disable=broad-except
            failures.append(traceback.format_exc().replace("\n", " | "))
    workers = [threading.Thread(target=guarded, args=c) for c in calls]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert not failures, " | ".join(failures)


def stage(name):
    with LOCK:
        STAGES[name] = STAGES.get(name, 0) + 1


def included(user, config):
    """A configuration with our two lines, by the rules of the manual."""
    include = b"Include %s/.ssh/meshssh.conf" % user.home.encode()
    if config is None:
        return MADE + b"\n" + include + b"\n"
    end = b"\r\n" if config.split(b"\n")[0].endswith(b"\r") and b"\n" in config else b"\n"
    return MARK + end + include + end + config


def names(user):
    return sorted(os.listdir(user.ssh_dir)) if os.path.isdir(user.ssh_dir) else []


def left_over(user):
    return [x for x in names(user) if ".meshssh-" in x]


def whole(path, *choices):
    """The file is one of these, whole; the number of which."""
    data = read(path)
    assert data in choices, "%s is torn: %.300r" % (path, data)
    return choices.index(data)


def one_round(user, number, points):
    """One configuration, from nothing to nothing, and ended on the way there and back."""
    r = random.Random(number)
    config = make.make(number)
    mode = r.choice([0o600, 0o600, 0o644, 0o400])
    link = config is not None and number % 5 == 3
    user.empty()
    if link:
        user.put(user.home + "/dotfiles/ssh-config", config, mode)
        os.mkdir(user.ssh_dir, 0o700)
        os.symlink("../dotfiles/ssh-config", user.config)
    elif config is not None:
        user.put(user.config, config, mode)
    if os.path.isdir(user.ssh_dir):
        user.put(user.ssh_dir + "/conf.d/a.conf", b"Host alpha\n User fromconfd\n")
        user.put(user.ssh_dir + "/conf.d/b.conf", b"# nothing\n")
    others = ("alpha", "w.example") if number % 2 else ("beta", "10.0.0.3")
    taken = user.ssh_g(*others)
    before, listed = user.snapshot(), names(user)
    if None in taken:
        stage("ssh refuses it")
        user.refused(["install", "--no-probe", "nas"], 78, "ssh refuses what is there: ")
        return

    was_killed = user.killed(points[0], "install", "--no-probe", "nas")
    new = included(user, config)
    which = whole(user.config, config, new)
    early = read(user.own)
    assert not which or early is not None, "the Include is there before the file"
    whole(user.backup, None, config)
    stage("install: %s" % ("not killed" if not was_killed else "killed, config is new" if which else
                           "killed, our file is new" if early is not None else "killed, nothing is new"))
    same(user.ssh_g(others[0]), taken[:1])
    user.run("install", "--no-probe", "nas")
    same(read(user.config), new)
    same(left_over(user), [])
    own = read(user.own)
    assert early in (None, own), "our file was torn: %r" % early
    same(user.ssh_g(*others), taken)
    user.run("check", "nas")
    sb = os.stat(user.config)
    same((sb.st_uid, stat.S_IMODE(sb.st_mode)), (user.uid, mode if config is not None else 0o600))
    same(os.path.islink(user.config), link)
    if number % 10 == 0:
        installed = user.snapshot()
        same(user.run("install", "--no-probe", "nas"), "there is nothing to change\n")
        same(user.snapshot(), installed)

    was_killed = user.killed(points[1], "remove")
    which = whole(user.config, new, config)
    gone = whole(user.own, own, None)
    same(read(user.backup), config)
    stage("remove: %s" % ("not killed" if not was_killed else "killed, our file is gone" if gone else
                          "killed, config is old" if which else "killed, nothing is old"))
    same(user.ssh_g(others[1]), taken[1:])
    user.run("remove")
    after = user.snapshot()
    for path in before:
        same(after[path][:4], before[path][:4])
    same(names(user), sorted(listed + ["config.before-meshssh"] * (config is not None)))


def rounds(user, numbers, failures):
    user.empty(b"Host x\n")
    points = [user.points("install", "--no-probe", "nas"), user.points("remove")]
    # Most of the calls are made while ssh is asked; the last ones are those that count.
    points = [p + p[-30:] * 2 for p in points]
    r = random.Random(user.uid)
    for i, number in enumerate(numbers):
        if i % len(points[0]) == 0:
            r.shuffle(points[0])
        if i % len(points[1]) == 0:
            r.shuffle(points[1])
        try:
            one_round(user, number, [p[i % len(p)] for p in points])
        except (AssertionError, subprocess.SubprocessError, OSError) as e:
            failures.append("configuration %d, killed at %s and %s: %s" %
                            (number, *[p[i % len(p)] for p in points], e or traceback.format_exc()))
            return


@case("200 configurations, ended midway twice: whole, nothing lost, back to the last byte")
def rounds_case():
    failures = []
    beside(failures, *[(rounds, user, range(start, ROUNDS, 2), failures) for start, user in enumerate([ALICE, BOB])])
    print("# " + "; ".join("%s %d" % x for x in sorted(STAGES.items())), file=sys.stderr)
    killed = sum(n for name, n in STAGES.items() if "killed, " in name and "not" not in name.split("killed")[0])
    assert killed > ROUNDS, STAGES
    assert len([x for x in STAGES if x.startswith("install: killed") or x.startswith("remove: killed")]) == 6, STAGES


def every_point(user, words, before, after, failures):
    """Ended at each call of that which changes something: `before` and `after` are of config and our own file."""
    telling = ("mkdir", "openat", "write", "fsync", "fchmod", "fsetxattr", "rename", "renameat2", "unlink", "rmdir")
    user.empty(before[0])
    for path, data in zip((user.config, user.own), before):
        if data is not None:
            user.put(path, data)
    points = [p for p in user.points(*words) if p[0] in telling]
    same((read(user.config), read(user.own)), after)
    for point in points:
        user.empty()
        for path, data in zip((user.config, user.own), before):
            if data is not None:
                user.put(path, data)
        user.killed(point, *words)
        for path, old, new in zip((user.config, user.own), before, after):
            if read(path) not in (old, new):
                failures.append("%s at %s: %.300r" % (path, point, read(path)))
        user.run(*words)
        if (read(user.config), read(user.own), left_over(user)) != (*after, []):
            failures.append("after %s at %s: %s" % (words, point, names(user)))
    print("# %s: ended at %d calls" % (words[0], len(points)), file=sys.stderr)


@case("ended at each call that changes a file in turn: whole, and the next one does it all")
def every_point_case():
    config = b"Host alpha\r\n  User carol"
    failures, calls = [], []
    for user, words in ((ALICE, ["install", "--no-probe", "nas"]), (BOB, ["remove"])):
        user.empty(config)
        user.run("install", "--no-probe", "nas")
        states = (config, None), (included(user, config), read(user.own))
        calls.append((every_point, user, words, *(states if words[0] == "install" else reversed(states)), failures))
    beside(failures, *calls)


def every_allocation(user, words, before, after, failures):
    """With an allocation failing, alone and with all after it: each of the last 100, each 5th before."""
    def begin():
        user.empty()
        for path, data in zip((user.config, user.own), before):
            if data is not None:
                user.put(path, data)

    step, end, ended = 512, 0, 0
    while step > 0:
        begin()
        if user.starved("FAIL_FROM", end + step, *words):
            end += step
        else:
            step //= 2
    assert end > 10, end
    for variable in ("FAIL_AT", "FAIL_FROM"):
        for number in [*range(1, max(1, end - 100), 5), *range(max(1, end - 100), end + 1)]:
            begin()
            ended += user.starved(variable, number, *words)
            for path, old, new in zip((user.config, user.own), before, after):
                if read(path) not in (old, new):
                    failures.append("%s at %s=%d: %.300r" % (path, variable, number, read(path)))
            user.run(*words)
            if (read(user.config), read(user.own), left_over(user)) != (*after, []):
                failures.append("after %s, %s=%d: %s" % (words, variable, number, names(user)))
    print("# %s: %d runs for %d allocations" % (words[0], ended, end), file=sys.stderr)


def every_allocation_case():
    config = b"Host alpha\r\n  User carol"
    failures, calls = [], []
    for user, words in ((ALICE, ["install", "--no-probe", "nas"]), (BOB, ["remove"])):
        user.empty(config)
        user.run("install", "--no-probe", "nas")
        states = (config, None), (included(user, config), read(user.own))
        calls.append((every_allocation, user, words, *(states if words[0] == "install" else reversed(states)), failures))
    beside(failures, *calls)


if os.path.exists(FAILING):
    case("no memory at an allocation: one line and status 71, whole, and the next one does it all")(every_allocation_case)


@case("hosts stay when another comes, one that comes again is replaced, one goes alone, the last one takes all with it")
def hosts():
    user = ALICE
    user.empty(b"Host x\n")
    user.run("install", "--no-probe", "nas", "build")
    user.run("install", "--no-probe", "third")
    first = read(user.own)
    user.run("install", "--no-probe", "--program=/opt/meshssh", "build")
    same(read(user.own), re.sub(rb"(# --- build\n(?:.*\n)*?.*ProxyCommand )\S+", rb"\1/opt/meshssh", first))
    same(read(user.config), included(user, b"Host x\n"))
    assert "nothing" in user.run("install", "--no-probe", "nas", "third")
    user.run("install", "--no-probe")
    same(read(user.own), first)
    user.run("remove", "nas")
    assert "no block of its own" in user.run("remove", "nas")
    same(re.findall(rb"^Host (.*)", read(user.own), re.M), [b"build", b"third"])
    user.run("remove", "build", "third")
    same((names(user), read(user.config)), (KEPT, b"Host x\n"))
    user.refused(["install", "--no-probe"], 64, "no host")
    user.refused(["install", "--no-probe", "-oX"], 64, "is not a host name")
    user.refused(["install", "--no-probe", "--root", "--system", "nas"], 64, "not both")


@case("--dry-run shows what diff(1) will, and writes nothing")
def dry_run():
    user = ALICE
    for config in (b"Host a\n User b\n\nHost c\n Port 22", b"#\r\n", None, b""):
        user.empty(config)
        before = user.snapshot()
        said = user.run("install", "--dry-run", "--no-probe", "nas")
        same(user.snapshot(), before)
        shutil.copytree(user.home, T + "/before")
        user.run("install", "--no-probe", "nas")
        wanted = b""
        for path in (user.own, user.config):
            old = path.replace(user.home, T + "/before")
            p = subprocess.run(["diff", "-N", "-u", "--label", path if os.path.exists(old) else "/dev/null", "--label",
                                path, old, path], stdout=subprocess.PIPE, check=False)
            wanted += p.stdout
        effect, patch = re.fullmatch(r"((?:# [^\n]*\n)*)(.*)", said, re.DOTALL).groups()
        assert effect.startswith("# nas:\n") and "\n# +serveraliveinterval 15\n" in effect, effect
        same(patch.encode(), wanted)
        installed = user.snapshot()
        assert user.run("remove", "--dry-run").count("\n+++ /dev/null\n") == (2 if config is None else 1)
        same(user.run("install", "--dry-run", "--no-probe", "nas"), "")
        same(user.snapshot(), installed)
        shutil.rmtree(T + "/before")


@case("no folder yet: it is made, for its owner only, and our file too, for all that umask allows")
def no_folder():
    user = ALICE
    user.empty()
    p = user.call("sh", "-c", "umask 0; %s install --no-probe nas" % PROGRAM)
    same(p.returncode, 0)
    same([stat.S_IMODE(os.stat(x).st_mode) for x in (user.ssh_dir, user.config, user.own)], [0o700, 0o600, 0o600])
    user.run("remove")
    same(names(user), [])


@case("for all users: in /etc/ssh, readable; and back")
def system():
    before = read("/etc/ssh/ssh_config")
    ALICE.empty()
    ALICE.refused(["install", "--system", "--no-probe", "nas"], 73, "/etc/ssh", "Permission denied")
    same(ROOT.run("install", "--system", "--no-probe", "nas").count("runs no commands"), 0)
    same(read("/etc/ssh/ssh_config"), MARK + b"\nInclude /etc/ssh/meshssh.conf\n" + before)
    sb = os.stat("/etc/ssh/meshssh.conf")
    same((sb.st_uid, stat.S_IMODE(sb.st_mode)), (0, 0o644))
    assert b"/bin/meshssh" in ALICE.ssh_g("nas")[0]
    assert "takes effect" in ALICE.run("check", "nas")
    ALICE.put(ALICE.config, b"Host *\n  ServerAliveInterval 3\n")
    said = ALICE.run("check", "nas", status=1)
    assert "\"serveraliveinterval 3\", by /home/alice/.ssh/config line 2\n" in said and said.count("\n") == 1, said
    # An account whose shell runs no ProxyCommand is named, if it uses ssh.
    user_file("/home/svc/.ssh/authorized_keys", b"")
    same(ROOT.run("check", "--system", "nas").count("runs no commands"), 0)
    user_file("/home/svc/.ssh/known_hosts", b"")
    for words in ["install", "--system", "--no-probe", "nas"], ["check", "--system", "nas"]:
        said = ROOT.run(*words)
        assert "svc: by sudo or su, ssh fails with these blocks, because the shell /usr/sbin/nologin runs no commands" in said, said
    assert "runs no commands" not in ROOT.run("install", "--system", "--no-probe", "--dry-run", "build")
    shutil.rmtree("/home/svc")
    ROOT.run("remove", "--system")
    same((read("/etc/ssh/ssh_config"), read("/etc/ssh/ssh_config.before-meshssh")), (before, before))
    same(sorted(os.listdir("/etc/ssh")), ["ssh_config", "ssh_config.before-meshssh"])


@case("for root: root's own home, and nobody else's business")
def roots():
    ROOT.empty()
    ALICE.empty()
    ALICE.refused(["install", "--root", "--no-probe", "nas"], 73, "/root/.ssh: Permission denied")
    ROOT.run("install", "--root", "--no-probe", "nas")
    same(read(ROOT.config), included(ROOT, None))
    same(ALICE.snapshot(), {})
    ROOT.run("remove", "--root")
    same(names(ROOT), [])


@case("check: one line if all is well; who wins, with file and line, if not")
def check():
    user = ALICE
    user.empty(b"Host other\n  User x\n")
    assert "nothing is installed" in user.run("check", status=1)
    user.run("install", "--no-probe", "nas", "build")
    assert "2 blocks takes effect" in user.run("check") and user.run("check").count("\n") == 1
    assert "no block for it in /home/alice/.ssh/meshssh.conf" in user.run("check", "none", status=1)
    ours = read(user.config)
    user.put(user.config, b"Host n*s\n  IPQoS cs1\n  ProxyJump bastion\n" + ours)
    said = user.run("check", "nas", status=1)
    assert "\"ipqos none none\" has no effect: ssh takes \"ipqos cs1 cs1\", by /home/alice/.ssh/config line 2\n" in said
    assert "\"%p\"\" has no effect: ssh takes \"proxyjump bastion\", by /home/alice/.ssh/config line 3\n" in said, said
    assert "build: its block has no effect: no Include" in user.run("check", status=1)
    user.put(user.config, b"Match exec true\n  IPQoS cs1\n" + ours)
    assert "by what may be /home/alice/.ssh/config line 2" in user.run("check", "nas", status=1)
    user.put(user.config, b"Host *\n" + ours)
    assert "takes effect" in user.run("check", "nas")
    user.put(user.config, b"Host x\n" + ours)
    assert "no Include" in user.run("check", "nas", status=1)
    user.put(user.config, b"Bogus 1\n" + ours)
    assert "ssh refuses its configuration: /home/alice/.ssh/config: line 1: Bad" in user.run("check", "nas", status=1)
    assert "is not a host name" in user.run("check", "a b", status=64)
    # One that was moved below a block comes up again.
    user.put(user.config, b"Host x\n" + ours)
    user.run("install", "--no-probe", "nas")
    assert read(user.config).startswith(MARK) and read(user.config).count(MARK) == 1
    assert "takes effect" in user.run("check", "nas")


@case("check: whose configuration nix-daemon reads")
def check_nix():
    ALICE.empty()
    ROOT.empty()
    ALICE.run("install", "--no-probe", "nas")
    os.chmod("/root", 0o755)
    assert "nas: nix-daemon's ssh reads /root/.ssh/config, which has no block" in ALICE.run("check", "nas")
    ROOT.run("install", "--root", "--no-probe", "nas")
    os.chmod("/root/.ssh", 0o755)
    for name in names(ROOT):
        os.chmod("/root/.ssh/" + name, 0o644)
    said = ALICE.run("check", "nas")
    assert "nix-daemon, whose ssh runs as root, has one as well" in said and said.count("\n") == 1, said
    os.chmod("/root", 0o700)
    assert "root's to look at" in ALICE.run("check", "nas")
    same(ROOT.run("check", "--root", "nas").count("\n"), 1)
    ROOT.run("remove", "--root")


@case("a line of the user's own that includes our file will do")
def by_hand():
    user = ALICE
    config = b"Include /home/alice/.ssh/*.conf\n\nHost x\n"
    user.empty(config)
    user.run("install", "--no-probe", "nas")
    same((read(user.config), names(user)), (config, ["config", "meshssh.conf"]))
    assert "takes effect" in user.run("check", "nas")
    user.run("remove")
    same((read(user.config), names(user)), (config, ["config"]))


@case("home-manager's file: refused with what belongs into the module; then the blocks alone are written")
def store():
    user = ALICE
    user.empty()
    for text, works in ((b"Host x\n", False), (b"Include /home/alice/.ssh/meshssh.conf\n\nHost x\n", True)):
        with open("/nix/store/abc-config", "wb") as f:
            f.write(text)
        os.makedirs(user.ssh_dir, exist_ok=True)
        os.chown(user.ssh_dir, user.uid, user.uid)
        if not works:
            os.symlink("/nix/store/abc-config", user.config)
            user.refused(["install", "--no-probe", "nas"], 78, "programs.ssh.includes = [ \"/home/alice/.ssh/meshssh.conf\" ];")
            user.refused(["install", "--no-probe", "--dry-run", "nas"], 78, "made by Nix", "; rebuild, then install again")
        else:
            user.run("install", "--no-probe", "nas")
            assert "takes effect" in user.run("check", "nas")
            user.run("remove")
        same(names(user), ["config"])
    # Our own file, if a module writes it.
    user.empty(included(user, b"Host x\n"))
    user.run("install", "--no-probe", "nas")
    os.chmod(shutil.move(user.own, "/nix/store/abc-config"), 0o444)
    os.symlink("/nix/store/abc-config", user.own)
    user.refused(["install", "--no-probe", "other"], 78, "/home/alice/.ssh/meshssh.conf is made by Nix: take it out there")
    os.unlink("/nix/store/abc-config")


@case("what is no file to be read: said, and left")
def odd_files():
    user = ALICE
    words = ["install", "--no-probe", "nas"]
    user.empty(b"Host x\n", 0)
    user.refused(words, 66, "/home/alice/.ssh/config: Permission denied; nothing was changed")
    user.empty()
    os.makedirs(user.config)
    user.refused(words, 66, "not a regular file")
    os.rmdir(user.config)
    os.mkfifo(user.config)
    user.refused(words, 66, "not a regular file")
    os.unlink(user.config)
    os.symlink("nowhere", user.config)
    user.refused(words, 66, "link to a file that does not exist")
    os.unlink(user.config)
    os.symlink("config", user.config)
    user.refused(words, 66, "oo many")
    os.unlink(user.config)
    user.put(user.config, b"#" * (16 << 20) + b"\n")
    user.refused(words, 66, "File too large")
    user.empty()
    user.put(user.ssh_dir, b"")
    user.refused(words, 73, "Not a directory")


@case("a configuration of 4 megabytes")
def large():
    user = ALICE
    config = b"".join(b"Host h%d\n    Port %d\n# %s\n" % (i, 1 + i % 60000, b"x" * 60) for i in range(50000))
    assert len(config) > 4 << 20
    user.empty(config)
    user.run("install", "--no-probe", "nas")
    same(read(user.config) == included(user, config), True)
    user.run("remove")
    same(read(user.config) == config, True)


@case("ssh refuses what is there, or what would be: its words, and nothing is changed")
def refusals():
    user = ALICE
    words = ["install", "--no-probe", "nas"]
    user.empty(b"Host x\n\nHosst y\n")
    user.refused(words, 78, "/home/alice/.ssh/config: line 3: Bad configuration option: hosst; correct that")
    user.refused(words + ["--dry-run"], 78, "line 3")
    user.empty(b"\xef\xbb\xbfHost x\n")
    user.refused(words, 78, "line 1: Bad configuration option: \\357\\273\\277host")
    user.empty(b"Host x\n", 0o666)
    user.refused(words, 78, "Bad owner or permissions on /home/alice/.ssh/config")
    user.empty(b"Host x\n")
    user.put(user.own, b"Host x\n")
    user.refused(words, 78, "/home/alice/.ssh/meshssh.conf is there, and not from meshssh-config",
                 "; rename that file")
    # Our file, that ssh did not read until now, was spoilt by somebody.
    user.empty(b"Host x\n")
    user.run("install", "--no-probe", "build")
    user.put(user.own, read(user.own) + b"Bogus yes\n")
    user.put(user.config, b"Host x\n")
    user.refused(words, 78, "/home/alice/.ssh/meshssh.conf: line ", "Bad configuration option: bogus",
                 "; nothing was changed; please report this")
    # What is spoilt can be taken out.
    user.put(user.config, included(user, b"Host x\n"))
    user.refused(words, 78, "ssh refuses what is there: /home/alice/.ssh/meshssh.conf: line ")
    user.run("remove")
    same((names(user), read(user.config)), (KEPT, b"Host x\n"))
    os.mkdir(T + "/none", 0o755)
    said = user.run(*words, status=0 if os.path.exists("/usr/bin/ssh") else 72, path=T + "/none")
    assert "written" in said or "there is no ssh" in said


@case("folders and disks that take nothing: said, nothing is lost and nothing left")
def no_room():
    user = ALICE
    words = ["install", "--no-probe", "nas"]
    user.empty(b"Host x\n")
    os.chmod(user.ssh_dir, 0o500)
    user.refused(words, 73, "Permission denied")
    os.chmod(user.ssh_dir, 0o700)
    # Another's file in a folder of one's own: to keep its owner is not for alice.
    os.chown(user.config, 0, 0)
    os.chmod(user.config, 0o644)
    user.refused(words, 73, "Operation not permitted")
    user.empty()
    os.mkdir(user.ssh_dir)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32k,mode=700,uid=2001,gid=2001", "none", user.ssh_dir],
                   check=True)
    try:
        user.put(user.config, b"Host x\n" + b"#" * 9000 + b"\n")
        for blocks in range(7):
            ballast = os.open(user.ssh_dir + "/ballast", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            try:
                os.write(ballast, b"x" * 4096)
            except OSError:
                pass
            os.close(ballast)
            if blocks > 2:
                user.refused(words, 73, "No space left on device; nothing was changed")
        os.unlink(user.ssh_dir + "/ballast")
        subprocess.run(["mount", "-o", "remount,ro", user.ssh_dir], check=True)
        user.refused(words, 73, "Read-only file system")
    finally:
        subprocess.run(["umount", user.ssh_dir], check=True)


@case("somebody writes to the file while ssh is asked: theirs counts")
def editor():
    user = ALICE
    user.empty(b"Match exec \"echo '# saved' >>/home/alice/.ssh/config\"\n")
    said = user.run("install", "--no-probe", "nas", status=75)
    assert "/home/alice/.ssh/config was changed by another program meanwhile" in said, said
    data = read(user.config)
    assert data.startswith(b"Match exec") and data.endswith(b"# saved\n"), data
    same(names(user), ["config"])


@case("many at once: each host is there in the end")
def together():
    user = ALICE
    user.empty(b"Host x\n")
    wanted = ["h%d" % i for i in range(12)]
    beside([], *[(user.call, PROGRAM, "install", "--no-probe", h) for h in wanted])
    same(sorted(re.findall(r"^# --- (\S+)", read(user.own).decode(), re.M)), sorted(wanted))
    same((read(user.config), read(user.backup)), (included(user, b"Host x\n"), b"Host x\n"))
    user.run("remove")


@case("the folder that another one made, locked and removed is made again")
def folder_gone():
    user = ALICE
    user.empty()
    os.mkdir(user.ssh_dir)
    os.chown(user.ssh_dir, user.uid, user.uid)
    lock = os.open(user.ssh_dir, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with subprocess.Popen([PROGRAM, "install", "--no-probe", "nas"], user=user.uid, group=user.uid, extra_groups=[],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as p:
        assert b"waiting for another" in p.stderr.readline()
        os.rmdir(user.ssh_dir)
        os.close(lock)
        same((p.communicate(timeout=LIMIT)[1], p.returncode), (b"", 0))
    same(names(user), ["config", "meshssh.conf"])


def mesh(count):
    """A socket that says what tailscaled would of so many peers, and the process behind it."""
    socket = "%s/tailscaled.%d" % (T, count)
    p = subprocess.Popen([sys.executable, BIN + "/status-server.py", socket, str(count)])
    end = time.monotonic() + LIMIT
    while not os.path.exists(socket):
        assert p.poll() is None and time.monotonic() < end, "no status server"
        time.sleep(0.02)    # the pace of the poll
    os.chmod(socket, 0o666)
    return p, "--tailscaled=" + socket


@case("all peers: one section behind the hosts that were named; it is replaced whole, and goes alone")
def tailnet():
    user = ALICE
    user.empty(b"Host peer-00002\n  Port 44\n")
    taken = user.ssh_g("other")
    few, few_socket = mesh(3)
    many, many_socket = mesh(40)
    try:
        user.run("install", "--tailnet", many_socket)
        user.run("install", "--no-probe", many_socket, "nas", "peer-00003")
        assert "its 42 blocks takes effect" in user.run("check")
        user.run("install", "--tailnet", few_socket)
        own = read(user.own).decode()
        same(re.findall(r"^# --- (\S+)", own, re.M), ["nas", "peer-00003", "--tailnet"])
        same(len(re.findall(r"^Host peer-", own, re.M)), 4)
        for host in ("peer-00001", "peer-00002.mesh.test", "peer-00003", "nas"):
            assert b"/bin/meshssh" in user.ssh_g(host)[0], host
            assert "takes effect" in user.run("check", host)
        assert b"\nport 44\n" in user.ssh_g("peer-00002")[0]
        same(user.ssh_g("other"), taken)
        for words in (["--tailnet", few_socket], ["--no-probe", many_socket, "peer-00003", "nas"]):
            same(user.run("install", *words), "there is nothing to change\n")
        assert "no block of its own" in user.run("remove", "peer-00001")
        user.run("remove", "--tailnet")
        same(re.findall(r"^# --- (\S+)", read(user.own).decode(), re.M), ["nas", "peer-00003"])
        user.run("install", "--tailnet", few_socket, "--online")
        assert "peer-00001" not in user.run("remove", "nas", "peer-00003")
        user.refused(["install", "--no-probe"], 64, "none is installed by name")
        user.run("remove", "--tailnet")
        same(names(user), KEPT)
    finally:
        for p in (few, many):
            p.kill()
            p.wait()


@case("the copy is made once, and neither replaced nor removed; what has its name already is left")
def backup():
    user = ALICE
    user.empty(b"Host x\n", 0o640)
    assert "config.before-meshssh: what was there before" in user.run("install", "--no-probe", "nas")
    same(stat.S_IMODE(os.stat(user.backup).st_mode), 0o640)
    user.put(user.config, read(user.config) + b"Host y\n", 0o640)
    assert "before-meshssh" not in user.run("install", "--no-probe", "build")
    assert "config.before-meshssh: stays as it is" in user.run("remove")
    same((read(user.config), read(user.backup)), (b"Host x\nHost y\n", b"Host x\n"))
    assert "config.before-meshssh: stays as it is" in user.run("install", "--no-probe", "nas")
    user.run("remove")
    same((read(user.config), read(user.backup)), (b"Host x\nHost y\n", b"Host x\n"))
    for mine in (lambda: user.put(user.backup, b"Host x\n"), lambda: user.put(user.backup, b"mine\n"),
                 lambda: os.mkdir(user.backup), lambda: os.symlink("../secret", user.backup),
                 lambda: os.symlink("nowhere", user.backup)):
        user.empty(b"Host x\n")
        user.put(user.home + "/secret", b"secret\n")
        mine()
        before = user.snapshot()
        user.run("install", "--no-probe", "nas")
        user.run("remove")
        after = user.snapshot()
        for path in before:
            same(after[path][:4], before[path][:4])
        same(sorted(after), sorted(before))


@case("what only looks like a file of ours that was left is not swept; what was left is")
def sweep():
    user = ALICE
    user.empty(b"Host x\n")
    stays = [".config.meshssh-backup", ".config.meshssh-ABCDEF", ".config.meshssh-0123456789abcde",
             ".config.meshssh-0123456789ABCDEF", ".meshssh.conf.meshssh-old-version-here"]
    for name in stays:
        user.put(user.ssh_dir + "/" + name, b"mine\n")
    user.put(user.home + "/other", b"mine\n")
    os.link(user.home + "/other", user.ssh_dir + "/.config.meshssh-0123456789abcdee")
    os.symlink("../other", user.ssh_dir + "/.config.meshssh-0123456789abcded")
    os.mkdir(user.ssh_dir + "/.config.meshssh-0123456789abcdec")
    user.put(user.ssh_dir + "/.config.meshssh-0123456789abcdeb", b"bob's\n")
    os.chown(user.ssh_dir + "/.config.meshssh-0123456789abcdeb", BOB.uid, BOB.uid)
    before = names(user)
    goes = [".config.meshssh-0123456789abcdef", ".meshssh.conf.meshssh-00112233445566ff",
            ".config.before-meshssh.meshssh-fedcba9876543210"]
    for name in goes:
        with open(user.ssh_dir + "/" + name, "wb") as f:
            os.fchown(f.fileno(), user.uid, user.uid)
    user.run("install", "--no-probe", "nas")
    same(names(user), sorted(before + ["config.before-meshssh", "meshssh.conf"]))


def acl(user_bits, owner, group, mask):
    """An access control list as the kernel has it (acl(5)): one more user, carol, may do this."""
    entries = [(1, owner, 0xffffffff), (2, user_bits, 2003), (4, group, 0xffffffff), (16, mask, 0xffffffff),
               (32, 0, 0xffffffff)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in entries)


@case("the access control list and the attributes stay, and the group gets nothing that only the mask allowed")
def attributes():
    name, other = "system.posix_acl_access", "user.origin"
    for user in (ALICE, ROOT):
        user.empty(b"Host x\n")
        try:
            os.setxattr(user.config, name, acl(4, 6, 0, 4))
            os.setxattr(user.config, other, b"by hand\0")
        except OSError as e:
            print("# %s has no attributes: %s" % (user.home, e), file=sys.stderr)
            assert user is ALICE, e
            continue
        before = {x: os.getxattr(user.config, x) for x in os.listxattr(user.config)}
        assert name in before and other in before, before
        same(stat.S_IMODE(os.stat(user.config).st_mode), 0o640)
        for words in (["install", "--no-probe", "nas"], ["remove"]):
            user.run(*words)
            for path in (user.config, user.backup):
                same({x: os.getxattr(path, x) for x in os.listxattr(path)}, before)
                same(stat.S_IMODE(os.stat(path).st_mode), 0o640)
        # Where the list cannot be copied, nothing is written.
        before = user.snapshot()
        p = user.injected("fsetxattr", "error=EOPNOTSUPP:when=1+", "install", "--no-probe", "nas")
        same((p.returncode, user.snapshot()), (73, before))
        assert b"Operation not supported; nothing was changed" in p.stderr, p
        # What new files in the folder get by default is not the old file's.
        os.removexattr(user.config, name)
        os.chmod(user.config, 0o640)
        os.setxattr(user.ssh_dir, "system.posix_acl_default", acl(6, 6, 6, 6))
        user.run("install", "--no-probe", "nas")
        same((os.listxattr(user.config), stat.S_IMODE(os.stat(user.config).st_mode)), ([other], 0o640))


@case("root's ssh gets a program only from where nobody else can write: the part that others can change is named")
def programs():
    folder = "/home/programs"
    os.mkdir(folder, 0o755)
    for name, mode, owner in (("safe", 0o755, 0), ("group", 0o775, 0), ("all", 0o777, 0), ("sticky", 0o1777, 0),
                              ("alice", 0o755, ALICE.uid)):
        os.makedirs("%s/%s/bin" % (folder, name), 0o755)
        shutil.copy(BIN + "/meshssh", "%s/%s/bin/meshssh" % (folder, name))
        os.chmod("%s/%s" % (folder, name), mode)
        os.chown("%s/%s" % (folder, name), owner, owner)
    os.chown(shutil.copy(BIN + "/meshssh", folder + "/alices"), ALICE.uid, ALICE.uid)
    os.chmod(shutil.copy(BIN + "/meshssh", folder + "/groups"), 0o775)
    os.symlink("alice", folder + "/to-alice")
    os.symlink("safe/bin/meshssh", folder + "/to-safe")
    os.symlink("/home/programs/safe", folder + "/alice/to-safe")
    os.symlink("../safe/bin/../../safe", folder + "/alices-link")
    os.lchown(folder + "/alices-link", ALICE.uid, ALICE.uid)
    os.symlink("loop", folder + "/loop")
    bad = {"group/bin/meshssh": "group can be written", "all/bin/meshssh": "all can be written",
           "sticky/bin/meshssh": "sticky can be written", "alice/bin/meshssh": "alice is not owned by root",
           "to-alice/bin/meshssh": "alice is not owned by root", "alice/to-safe/bin/meshssh": "alice is not owned by root",
           "alices-link/bin/meshssh": "alices-link is not owned by root", "alices": "alices is not owned by root",
           "groups": "groups can be written", "loop": "ymbolic links", "none/meshssh": "No such file"}
    try:
        for user, words in ((ROOT, []), (ROOT, ["--root"]), (ROOT, ["--system"])):
            user.empty()
            system = read("/etc/ssh/ssh_config"), sorted(os.listdir("/etc/ssh"))
            for program, why in bad.items():
                user.refused(["install", "--no-probe", *words, "--program=%s/%s" % (folder, program), "nas"], 78, why)
            user.refused(["install", "--no-probe", *words, "--program=meshssh", "nas"], 78, "not a whole path")
            user.refused(["install", "--no-probe", *words, "--dry-run", "--program=" + folder + "/alices", "nas"], 78,
                         "alices is not owned by root", "--program=PATH")
            same((read("/etc/ssh/ssh_config"), sorted(os.listdir("/etc/ssh"))), system)
            for program in ("safe/bin/meshssh", "to-safe"):
                user.run("install", "--no-probe", *words, "--program=%s/%s" % (folder, program), "nas")
                user.run("remove", *words)
        # The copy below the folder of temporary files is the one beside that meshssh-config.
        p = ROOT.call(T + "/bin/meshssh-config", "install", "--no-probe", "nas")
        assert p.returncode == 78 and b"can be written by others than root" in p.stderr and \
            b"; run make install, or name one: --program=PATH" in p.stderr, p
        same(names(ROOT), [])
        # For a user, whatever the user names.
        ALICE.empty()
        ALICE.run("install", "--no-probe", "--program=%s/alice/bin/meshssh" % folder, "nas")
        # The store of Nix, to which the group of its builders may add.
        shutil.copytree(folder + "/safe", "/nix/store/x-meshssh")
        for mode, status in ((0o1775, 0), (0o755, 0), (0o775, 78), (0o1777, 78)):
            os.chmod("/nix/store", mode)
            ROOT.run("install", "--no-probe", "--program=/nix/store/x-meshssh/bin/meshssh", "nas", status=status)
        ROOT.run("remove")
    finally:
        os.chmod("/nix/store", 0o755)
        shutil.rmtree("/nix/store/x-meshssh", ignore_errors=True)
        shutil.rmtree(folder)


@case("a failure midway: which files have changed is said, and why the other has not; the same command does the rest")
def midway():
    user = ALICE
    words = ["install", "--no-probe", "nas"]
    user.empty(b"Host x\n")
    p = user.injected("renameat2", "error=EIO:when=3", *words)
    same((p.returncode, read(user.config)), (74, b"Host x\n"))
    assert b"/config: Input/output error; already changed: meshssh.conf; run the command again to finish" in p.stderr, p.stderr
    assert b"/meshssh.conf: written\n" in p.stdout, p.stdout
    same(left_over(user), [])
    user.run(*words)
    same(read(user.config), included(user, b"Host x\n"))
    p = user.injected("rename", "error=EIO:when=1", "remove")
    same((p.returncode, read(user.config)), (74, b"Host x\n"))
    assert b"/meshssh.conf: Input/output error; already changed: config; run the command again to finish" in p.stderr, p.stderr
    assert b"/config: written\n" in p.stdout and b"nothing" not in p.stdout, p.stdout
    assert read(user.own) is not None
    user.run("remove")
    same(names(user), KEPT)
    # Nothing has changed yet: that is said as it was.
    p = user.injected("renameat2", "error=EIO:when=1", *words)
    assert p.returncode == 73 and b"Input/output error; nothing was changed" in p.stderr, p.stderr
    # A file that cannot be read any more was not changed by anybody.
    user.empty(b"Match exec \"chmod 0 /home/alice/.ssh/config\"\n")
    said = user.run(*words, status=66)
    assert "/home/alice/.ssh/config: Permission denied; nothing was changed" in said, said
    same((read(user.own), left_over(user)), (None, []))


@case("where the system cannot exchange two files: the same, by rename")
def no_exchange():
    user = ALICE
    for error in ("ENOSYS", "EINVAL"):
        user.empty(b"Host x\n")
        p = user.injected("renameat2", "error=" + error, "install", "--no-probe", "nas")
        same((p.returncode, read(user.config), read(user.backup)), (0, included(user, b"Host x\n"), b"Host x\n"))
        p = user.injected("renameat2", "error=" + error, "remove")
        same((p.returncode, names(user), read(user.config)), (0, KEPT, b"Host x\n"))


@case("a file that another program keeps: its name is told, once")
def kept():
    ALICE.empty(b"# Managed by PUPPET, do not edit\nHost a\n  Port 22\n")
    said = ALICE.run("install", "--no-probe", "nas")
    assert "Puppet keeps %s and may undo this" % ALICE.config in said, said
    assert "keeps" not in ALICE.run("install", "--no-probe", "other"), said
    ALICE.empty(b"Host puppet\n  Port 22\n")
    assert "keeps" not in ALICE.run("install", "--no-probe", "nas")
    # The system's own has a folder for what others add.
    before = read("/etc/ssh/ssh_config")
    try:
        with open("/etc/ssh/ssh_config", "ab") as f:
            f.write(b"# Ansible managed\n")
        said = ROOT.run("install", "--system", "--no-probe", "nas")
        assert "Ansible keeps /etc/ssh/ssh_config and may undo this; a link to /etc/ssh/meshssh.conf in " \
            "/etc/ssh/ssh_config.d survives\n" in said, said
        ROOT.run("remove", "--system")
    finally:
        with open("/etc/ssh/ssh_config", "wb") as f:
            f.write(before)


@case("a home whose name ssh would take for a pattern: said, and nothing is written")
def odd_home():
    passwd = read("/etc/passwd")
    home = "/home/alice/a*b"
    ALICE.empty()
    os.mkdir(home)
    os.chown(home, ALICE.uid, ALICE.uid)
    try:
        with open("/etc/passwd", "wb") as f:
            f.write(passwd.replace(b":/home/alice:", b":" + home.encode() + b":"))
        ALICE.refused(["install", "--no-probe", "nas"], 66, home + "/.ssh: ssh cannot include a file from there, by its name")
    finally:
        with open("/etc/passwd", "wb") as f:
            f.write(passwd)


@case("a hard link of a configuration is named: it keeps the old text")
def hard_link():
    user = ALICE
    user.empty(b"Host x\n")
    os.link(user.config, user.home + "/dotfile")
    for words in (["install", "--no-probe", "--dry-run", "nas"], ["install", "--no-probe", "nas"]):
        assert "/home/alice/.ssh/config has another hard link, which keeps the old text\n" in user.run(*words)
    same((read(user.home + "/dotfile"), read(user.config)), (b"Host x\n", included(user, b"Host x\n")))
    assert "hard link" not in user.run("remove")


def main():
    verdicts = []
    for name, f in CASES:
        start = time.monotonic()
        try:
            f()
            verdicts.append("ok " + name)
        except AssertionError as e:
            verdicts.append("not_ok %s\t%s, line %d" % (name, " ".join(str(e).split()),
                                                        traceback.extract_tb(e.__traceback__)[1].lineno))
        except Exception:   # pylint: disable=broad-except
            verdicts.append("not_ok %s\t%s" % (name, traceback.format_exc().replace("\n", " | ")))
        print("# %.1f s: %s" % (time.monotonic() - start, name), file=sys.stderr)
    with open(T + "/verdicts", "w", encoding="utf-8") as f:
        f.write("".join(v + "\n" for v in verdicts))


main()
