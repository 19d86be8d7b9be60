"""Run by installer.sh: the companion killed at random and at each call that tells, and raced by itself and an editor.

The home, /etc and the programs are copies that only this namespace has.
"""

import contextlib
import os
import re
import shutil
import signal
import stat
import subprocess
import threading
import time
import traceback

import attack
import hostile
from attack import FULL, Tally

attack.own_root()
HOME, CONFIG = attack.HOME, attack.CONFIG
SSH = HOME + "/.ssh"
USERS = b"# mine\nHost alpha\n    User carol\n    Port 2022\nMatch host beta\n    User dave\n"
NIX_CONF = b"# mine\ncores = 2\n"
INSTALL = [CONFIG, "install", "--no-probe", "nas"]
REMOVE = [CONFIG, "remove"]
NIX = [CONFIG, "nix", "--ssh-user=builder", "--host-key=/opt/host_key.pub", "--install", "vm"]
SERVE = [CONFIG, "serve", "--install", "--listen=100.64.0.7"]
SSHD_CONFIG = b"# mine\nClientAliveInterval 30\n"
# Folders in which files change; /etc/ssh is the last one that is locked.
FOLDERS = (SSH, "/etc/nix", "/etc/sysusers.d", "/etc/systemd/system", "/etc/ssh/sshd_config.d", "/etc/ssh")
LIMIT = 20


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return None


def write(path, data, mode=0o600):
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)


def fresh():
    """Nothing but what is the user's."""
    for path in FOLDERS[:-1]:
        shutil.rmtree(path, ignore_errors=True)
        os.mkdir(path, 0o755 if path != SSH else 0o700)
    for name in os.listdir("/etc/ssh"):
        if "sshd_config" in name and name != "sshd_config.d":
            os.unlink("/etc/ssh/" + name)
    write("/etc/ssh/sshd_config", SSHD_CONFIG, 0o644)
    write(SSH + "/config", USERS)
    write("/etc/nix/nix.conf", NIX_CONF, 0o644)


def state():
    """The files that may be changed, and what is in them."""
    paths = [os.path.join(where, name) for where in FOLDERS for name in sorted(os.listdir(where))]
    return {path: read(path) for path in paths
            if not (path.startswith("/etc/ssh/") and os.path.isdir(path))}


def left_over():
    """Names of temporary files."""
    return [x for x in state() if re.search(r"\.meshssh-[^/]*$|\.before-meshssh\.|\.tmp|[.~](?!socket$)[A-Za-z0-9]{6}$", x)]


def call(words, **more):
    return attack.run(words, limit=LIMIT, **more)


def said(ran):
    """One line at most, but for that which says that it waits for another."""
    err = re.sub(rb"^meshssh-config: waiting for another [^\n]*\n", b"", ran.err)
    return attack.sane(ran, attack.DOCUMENTED | {1}) + attack.line(err, ran.status > 1)


def others():
    """What ssh takes for hosts that are none of ours."""
    return [attack.run(["ssh", "-G", "-T", host]).out for host in ("alpha", "beta", "gamma")]


def transitions(words, before):
    """Every content that a file may have on the way from one state to the next: old and new."""
    before()
    old = state()
    ran = call(words)
    assert ran.status == 0, attack.shown(ran)
    new = state()
    return {path: {old.get(path), new.get(path)} for path in old.keys() | new.keys()}, new


def torn(may):
    """Files that are neither old nor new; temporary ones are looked for later."""
    return ["%s is torn: %.200r" % (path, data) for path, data in state().items()
            if path in may and data not in may[path]] + [
            "%s is new: %.60r" % (path, data) for path, data in state().items()
            if path not in may and path not in left_over()]


def after(words, may, new, taken):
    """A process was killed: what is there, and what the next one makes of it."""
    wrong = torn(may)
    if others() != taken:
        wrong.append("other hosts are not as they were")
    ran = call(words)
    wrong += said(ran)
    if ran.status != 0:
        wrong += ["the next one fails"] + attack.shown(ran)
    if state() != new:
        wrong.append("the next one does not do it all: %s" % [x for x in state().keys() ^ new.keys()])
    if left_over():
        wrong.append("left: %s" % left_over())
    return wrong


KINDS = {
    "install": (INSTALL, fresh),
    "remove": (REMOVE, lambda: (fresh(), call(INSTALL))),
    "nix --install": (NIX, fresh),
    "serve --install": (SERVE, fresh),
}


def begin(what, name):
    """The calls of this kind, a case for them, what may be in the files, and what ssh takes for others before."""
    words, before = KINDS[name]
    case = Tally("%s: %s" % (what, name))
    may, new = transitions(words, before)
    before()
    return words, before, case, may, new, others()


def kill_at_random(name):
    words, before, case, may, new, taken = begin("killed at random", name)
    start = time.monotonic()
    call(words)
    took = time.monotonic() - start
    r = attack.rng("kill " + name)
    for n in range(300 if FULL else 25):
        before()
        delay = r.random() * took
        with subprocess.Popen(words, env=attack.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, start_new_session=True) as p:
            with contextlib.suppress(subprocess.TimeoutExpired):
                p.wait(delay)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(p.pid, signal.SIGKILL)
        case.run("%d, after %.4f s" % (n, delay), after(words, may, new, taken))


TELLING = ("openat", "write", "fsync", "fdatasync", "fchmod", "fchown", "fsetxattr", "rename", "renameat", "renameat2", "link",
           "linkat", "unlink", "unlinkat", "flock", "mkdir", "mkdirat")


def points(words, calls):
    """What an undisturbed run does to files that are its own to change: the call, and how many of its name there were."""
    log = attack.folder() + "/log"
    subprocess.run(["strace", "-y", "-o", log, "-e", "trace=" + ",".join("?" + x for x in calls), *words], check=True,
                   env=attack.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    count, found = {}, []
    with open(log, encoding="utf-8", errors="replace") as f:
        for text in f:
            call = text.split("(")[0]
            count[call] = count.get(call, 0) + 1
            if any(where in text for where in FOLDERS):
                found.append((call, count[call]))
    return found


def kill_at_calls(name):
    words, before, case, may, new, taken = begin("killed at each call that changes something", name)
    before()
    changes = points(words, TELLING)
    for call_name, number in changes if FULL else attack.rng(name).sample(changes, min(len(changes), 20)):
        before()
        subprocess.run(["strace", "-o", "/dev/null", "-e", "trace=" + call_name, "-e", "inject=%s:signal=KILL:when=%d" %
                        (call_name, number), *words], check=False, env=attack.environment(), stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        case.run("%s %d" % (call_name, number), after(words, may, new, taken))


def fail_at_calls(name):
    """The same calls fail: a word, and nothing is half done."""
    words, before, case, may, new, taken = begin("each call that changes something fails", name)
    before()
    jobs = [(c, n, e) for c, n in points(words, TELLING + ("read", "fstat", "newfstatat"))
            for e in ("EIO", "ENOSPC", "EACCES", "EINTR")]
    r = attack.rng("fail " + name)
    for call_name, number, error in jobs if FULL else r.sample(jobs, 40):
        before()
        ran = call(["strace", "-o", "/dev/null", "-e", "trace=" + call_name, "-e", "inject=%s:error=%s:when=%d" %
                    (call_name, error, number), *words])
        wrong = torn(may) + attack.sane(ran)
        # A temporary file that cannot be removed stays until the next one.
        if ran.status == 0 and {k: v for k, v in state().items() if k not in left_over()} != new:
            wrong.append("a success, and not all is done")
        if ran.status != 0 and not ran.err:
            wrong.append("not a word")
        if others() != taken:
            wrong.append("other hosts are not as they were")
        case.run("%s %d %s" % (call_name, number, error), wrong and wrong + attack.shown(ran))


# --- races ----------------------------------------------------------------------------------------------------------

class Editor:
    """Saves the configuration again and again, as an editor does: from what it has just read, at one stroke."""

    def __init__(self, r, seconds):
        self.r = r
        self.saved = []
        self.end = time.monotonic() + seconds
        self.over = False
        self.thread = threading.Thread(target=self.edit)
        self.thread.start()

    def edit(self):
        n = 0
        while not self.over and time.monotonic() < self.end:
            n += 1
            mine = b"# edit %d\n" % n
            data = read(SSH + "/config") or b""
            write(SSH + "/.editor", data + mine)
            os.rename(SSH + "/.editor", SSH + "/config")
            self.saved.append(mine)
            time.sleep(self.r.uniform(0.02, 0.4))   # the pace of the typist

    def stop(self):
        self.over = True
        self.thread.join()


def at_once(jobs):
    rans = [None] * len(jobs)

    def one(n):
        rans[n] = call(jobs[n])
    threads = [threading.Thread(target=one, args=(n,)) for n in range(len(jobs))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return rans


def settled(words, case, what, rans, wrong):
    """After a race: each said what it should, and one more run finds all in order."""
    for ran in rans:
        bad = said(ran)
        if ran.status not in (0, 1, 75):
            bad.append("fails")
        if bad:
            wrong.append("; ".join(bad + attack.shown(ran)))
    ran = call(words)
    if ran.status != 0:
        wrong += ["the next one fails"] + attack.shown(ran)
    if left_over():
        wrong.append("left: %s" % left_over())
    case.run(what, wrong[:6])


def race_installs():
    case = Tally("installs and removes at once")
    for n in range(15 if FULL else 3):
        r = attack.rng("race %d" % n)
        fresh()
        taken = others()
        jobs = [INSTALL[:-1] + ["h%d" % r.randrange(6)] if r.random() < 0.6 else [CONFIG, "remove", "h%d" % r.randrange(6)]
                for _ in range(20)]
        rans = at_once(jobs)
        wrong = []
        if others() != taken:
            wrong.append("other hosts are not as they were")
        data = read(SSH + "/config")
        if not data.endswith(USERS) or data.count(b"meshssh.conf") > 1:
            wrong.append("config: %.300r" % data)
        # Whoever removes a host that is not there says so.
        rans = [x for x in rans if not (b"no block of its own" in x.err + x.out)]
        settled(INSTALL, case, n, rans, wrong)


def race_nix():
    case = Tally("nix --install, twenty at once")
    may, new = transitions(NIX, fresh)
    for n in range(15 if FULL else 4):
        fresh()
        taken = others()
        rans = at_once([NIX] * 20)
        wrong = []
        for path, data in state().items():
            if path not in left_over() and data != new.get(path):
                wrong.append("%s: %.300r" % (path, data))
        if others() != taken:
            wrong.append("other hosts are not as they were")
        settled(NIX, case, n, rans, wrong)


def race_all():
    case = Tally("install, remove, nix --install and an editor at once")
    for n in range(15 if FULL else 3):
        r = attack.rng("all %d" % n)
        fresh()
        taken = others()
        editor = Editor(r, 60)
        rans = at_once([r.choice([INSTALL, INSTALL[:-1] + ["h%d" % k], REMOVE, NIX]) for k in range(20)])
        editor.stop()
        wrong = []
        data = read(SSH + "/config") or b""
        lost = [x for x in editor.saved if x not in data]
        if lost:
            wrong.append("%d of %d saves are lost" % (len(lost), len(editor.saved)))
        if USERS not in data:
            wrong.append("config: %.300r" % data)
        if others() != taken:
            wrong.append("other hosts are not as they were")
        settled(INSTALL, case, n, [x for x in rans if b"no block of its own" not in x.err + x.out], wrong)


# --- what may stand in the way --------------------------------------------------------------------------------------

def obstacle(name):
    """A case that is a function: what it raises is what is wrong."""
    def add(f):
        OBSTACLES.append((name, f))
        return f
    return add


OBSTACLES = []


def untouched(words, statuses=(66, 73, 78)):
    old = state()
    ran = call(words)
    assert ran.status in statuses and not said(ran), (said(ran), attack.shown(ran))
    assert state() == old, "something was changed: %s" % [x for x, y in state().items() if y != old.get(x)]


def put_back(old):
    """Installed and removed: all is as it was."""
    for words in (INSTALL, INSTALL, REMOVE):
        ran = call(words)
        assert ran.status == 0, attack.shown(ran)
        for path, data in old.items():
            assert path == SSH + "/config" or read(path) == data, "%s: %.100r" % (path, read(path))
    # The copy of what was there before the first time stays.
    copy = SSH + "/config.before-meshssh"
    now = state()
    assert copy in old or now.pop(copy, None) == old.get(SSH + "/config", read(SSH + "/config")), read(copy)
    assert now == old, now.keys() ^ old.keys()


@obstacle("a folder that cannot be written (read-only mount)")
def _():
    for words, where in ((INSTALL, SSH), (NIX, "/etc/nix"), (NIX, SSH)):
        subprocess.run(["mount", "--bind", where, where], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", where], check=True)
        try:
            untouched(words)
        finally:
            subprocess.run(["umount", where], check=True)


@obstacle("a copy of the user's own by the name of ours, that no call replaces or removes")
def _():
    write(SSH + "/config.before-meshssh", b"a copy that is mine\n")
    put_back(state())


@obstacle("a link by the name of our copy, that nobody follows")
def _():
    write(HOME + "/precious", b"precious\n")
    os.symlink(HOME + "/precious", SSH + "/config.before-meshssh")
    call(INSTALL)
    call(REMOVE)
    assert read(HOME + "/precious") == b"precious\n", read(HOME + "/precious")
    assert os.path.islink(SSH + "/config.before-meshssh"), "the link is gone"


@obstacle("files that only look like our temporary ones stay")
def _():
    for name in (".config.meshssh-notes", ".config.meshssh-AAAAAA", "config.meshssh-backup", ".meshssh.conf.meshssh-x"):
        write(SSH + "/" + name, b"mine\n")
    os.mkdir(SSH + "/.config.meshssh-folder")
    os.symlink("config", SSH + "/.config.meshssh-link000")
    call(INSTALL)
    call(REMOVE)
    kept = [x for x in os.listdir(SSH) if x not in ("config", "config.before-meshssh")]
    # The second has the form of ours.
    assert set(kept) >= {".config.meshssh-notes", "config.meshssh-backup", ".meshssh.conf.meshssh-x",
                         ".config.meshssh-folder", ".config.meshssh-link000"}, kept


@obstacle("what it was before the first time is kept, also when it was removed and installed anew")
def _():
    call(INSTALL)
    write(SSH + "/config", read(SSH + "/config") + b"# later\n")
    call(REMOVE)
    call(INSTALL)
    call(INSTALL[:-1] + ["other"])
    copies = [data for path, data in state().items() if "before-meshssh" in path]
    assert USERS in copies, copies


@obstacle("modes, owners and extended attributes stay, or are refused")
def _():
    for words, path, mode in ((INSTALL, SSH + "/config", 0o640), (NIX, "/etc/nix/nix.conf", 0o600)):
        os.chmod(path, mode)
        with contextlib.suppress(OSError):      # not for us, in a namespace of our own
            os.chown(path, os.getuid(), 12345)
        with contextlib.suppress(OSError):      # or this file system has none
            os.setxattr(path, "user.mine", b"x")
        before = os.stat(path), dict((x, os.getxattr(path, x)) for x in os.listxattr(path))
        ran = call(words)
        now = os.stat(path), dict((x, os.getxattr(path, x)) for x in os.listxattr(path))
        assert (now[0].st_mode, now[0].st_uid, now[0].st_gid) == (before[0].st_mode, before[0].st_uid, before[0].st_gid), now
        assert now[1] == before[1] and (ran.status == 0 or not said(ran)), (path, before[1], now[1])


@obstacle("a configuration with a second name (hard link): it keeps both, is refused, or is told")
def _():
    os.link(SSH + "/config", SSH + "/second")
    ran = call(INSTALL)
    assert read(SSH + "/second") in (USERS, read(SSH + "/config")), read(SSH + "/second")
    assert ran.status != 0 or os.path.samefile(SSH + "/config", SSH + "/second") or b"link" in ran.out + ran.err, \
        "the link is cut, and not a word"


@obstacle("links: what they lead to is replaced, or it is refused; a loop, and one out of the home")
def _():
    os.rename(SSH + "/config", HOME + "/dotfile")
    os.symlink("../dotfile", SSH + "/config")
    put_back(state())
    assert os.path.islink(SSH + "/config") and read(HOME + "/dotfile") == USERS
    os.unlink(SSH + "/config")
    os.symlink("config", SSH + "/config")
    ran = call(INSTALL)
    assert ran.status in (66, 73, 78) and not said(ran), attack.shown(ran)


@obstacle("remove with the Include gone already takes the rest")
def _():
    call(INSTALL)
    write(SSH + "/config", USERS)
    ran = call(REMOVE)
    assert ran.status == 0 and read(SSH + "/meshssh.conf") is None, attack.shown(ran)


@obstacle("every file of ours as a folder, a FIFO, /dev/zero: refused, with nothing changed")
def _():
    for path in (SSH + "/meshssh.conf", SSH + "/config", SSH + "/config.before-meshssh", SSH + "/meshssh_nix",
                 "/etc/nix/machines.meshssh", "/etc/nix/nix.conf", "/etc/nix/meshssh_known_hosts"):
        for make in (os.mkdir, os.mkfifo, lambda x: os.symlink("/dev/zero", x)):
            fresh()
            if os.path.lexists(path):
                os.unlink(path)
            make(path)
            kind = stat.S_IFMT(os.lstat(path).st_mode)
            for words in (INSTALL, REMOVE, NIX):
                ran = call(words)
                assert not said(ran), (path, words, attack.shown(ran))
                assert os.path.lexists(path) and stat.S_IFMT(os.lstat(path).st_mode) == kind, "%s is replaced" % path
            if os.path.isdir(path) and not os.path.islink(path):
                os.rmdir(path)
            else:
                os.unlink(path)


def obstacles():
    for name, f in OBSTACLES:
        case = Tally(name)
        fresh()
        try:
            f()
            case.run("it", [])
        except Exception as e:      # pylint: disable=broad-except
            case.run("line %d" % traceback.extract_tb(e.__traceback__)[-1].lineno, [repr(e)[:700]])


write("/opt/host_key.pub", b"ssh-ed25519 " + attack.base64(hostile.string(b"ssh-ed25519") + hostile.string(b"k" * 32)) +
      b" key\n", 0o644)
os.makedirs(SSH)
# Only their paths count.
write("/opt/bin/meshssh-serve", b"#!/bin/sh\n", 0o755)
os.makedirs("/run/sshd", exist_ok=True)
if not os.path.exists("/etc/ssh/ssh_host_ed25519_key"):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/etc/ssh/ssh_host_ed25519_key"], check=True)
for kind_name in KINDS:
    attack.phase(kill_at_random, kind_name)
    attack.phase(kill_at_calls, kind_name)
    attack.phase(fail_at_calls, kind_name)
for part in (race_installs, race_nix, race_all, obstacles):
    attack.phase(part)
attack.verdicts()
