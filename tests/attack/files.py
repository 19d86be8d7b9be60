"""Run by files.sh: odd files and environments. The user's home and /etc are copies that only this namespace has."""

import contextlib
import ctypes
import json
import os
import resource
import shutil
import socket
import stat
import subprocess

import attack
import hostile
from attack import FULL, T, Tally

attack.own_root()
HOME, MESHSSH, CONFIG = attack.HOME, attack.MESHSSH, attack.CONFIG
CLIENT = b"SSH-2.0-attack\r\n" + bytes(range(256))
STREAM = hostile.ID + CLIENT
LIMIT = 12
EVIL = "\x1b[31m\x07%s%n\n# x"
SERVER = hostile.Server(hostile.echoes(hostile.ID, len(CLIENT)))
BAD = hostile.Server(hostile.PLAIN_MODES["smtp"])
# Name: arguments, what it is given, and what is true of it where nothing is wrong but what is looked at.
PROGRAMS = {
    "relay": ([MESHSSH, "--timeout=2", "127.0.0.1", SERVER.port()], CLIENT),
    "relay by name": ([MESHSSH, "--timeout=2", "--family=inet", "localhost", SERVER.port()], CLIENT),
    "why": ([MESHSSH, "--why"], b""),
    "ssh -G": ([MESHSSH, "-T", "-F", "none", "-G", "nas"], b""),
    "ssh": ([MESHSSH, "--timeout=1", "-F", "none", "-o", "BatchMode=yes", "-p", "1", "127.0.0.1", "true"], b""),
    "doctor": ([MESHSSH, "--doctor", "--json", "--timeout=1"], b""),
    "doctor of a host": ([MESHSSH, "--doctor", "--json", "--timeout=1", "127.0.0.1", SERVER.port()], b""),
    "doctor for people": ([MESHSSH, "--doctor", "--timeout=1", "nas.mesh.test"], b""),
    "scan": ([MESHSSH, "--scan", "--json", "--timeout=1"], ("127.0.0.1:%s\n" % SERVER.port()).encode()),
    "stanza": ([CONFIG, "stanza", "--no-probe", "nas"], b""),
    "check": ([CONFIG, "check", "nas"], b""),
    "dry run": ([CONFIG, "install", "--dry-run", "--no-probe", "nas"], b""),
    "nix": ([CONFIG, "nix", "nas"], b""),
    "wsl": ([CONFIG, "wsl"], b""),
}
CASES = {}


def case(name):
    if name not in CASES:
        CASES[name] = Tally(name)
    return CASES[name]


def meet(group, what, name, must=True, **more):
    """One program in one situation; with `must` a relay has to work all the same."""
    argv, data = PROGRAMS[name]
    ran = attack.run(more.pop("argv", argv), data, limit=LIMIT, **more)
    wrong = attack.sane(ran, attack.DOCUMENTED | {1, 2, 255})
    if name.startswith("ssh"):
        err = b"".join(x for x in ran.err.splitlines(True) if x.startswith(b"meshssh"))
    else:
        err = ran.err
    wrong += attack.line(err, ran.status >= 64 and ran.status != 255 and more.get("say", True))
    if name.startswith("relay"):
        if ran.status == 0 and ran.out != STREAM:
            wrong.append("a success, and bytes are lost")
        elif must and ran.status != 0:
            wrong.append("does not work")
    elif name not in ("ssh -G", "dry run"):     # what ssh says, and a diff, are exact
        wrong += attack.unprintable(ran.out, letters="--json" in argv)
    if name.startswith("doctor of") or name == "doctor":
        try:
            json.loads(ran.out)
        except ValueError:
            if ran.status < 64:
                wrong.append("no document")
    if name == "check" and (ran.status == 0 or b"takes effect" in ran.out):
        wrong.append("a block that is not there takes effect")
    case(group + ": " + name).run(what, wrong and wrong + attack.shown(ran))
    return ran


# --- environments ---------------------------------------------------------------------------------------------------

def odd_places():
    """A folder that is none, in many ways: name and path."""
    place = attack.folder()
    os.symlink("loop", place + "/loop")
    os.symlink("nowhere", place + "/dangling")
    os.mkfifo(place + "/fifo")
    with open(place + "/file", "w", encoding="ascii"):
        pass
    os.mkdir(place + "/another's")
    with contextlib.suppress(OSError):      # not for us, in a namespace of our own
        os.chown(place + "/another's", 12345, 12345)
    os.mkdir(place + "/100%s%n")
    os.mkdir(place + "/all", 0o777)
    os.chmod(place + "/all", 0o777)
    found = {x: place + "/" + x for x in ("loop", "dangling", "fifo", "file", "another's", "100%s%n", "nothing", "all")}
    found.update({"unset": None, "empty": "", "relative": "a/b", "dot": ".", "long": "/" + "x" * 5000, "null": "/dev/null",
                  "full": "/dev/full", "lines": place + "/a\nb", "escape": place + "/" + EVIL.replace("/", ""),
                  "proc": "/proc/self"})
    return found


VALUES = {
    "PATH": (None, "", ".", ":::", "a/b", "/nonexistent", "/dev/null", ":".join("/x%d" % i for i in range(12000))),
    "SHELL": (None, "", "x", "/bin/false", "/nonexistent", "/bin/a b", EVIL, "/sbin/nologin"),
    "TERM": (None, "", "dumb", EVIL, "x" * 100000, "../../x"),
    "COLUMNS": ("0", "-1", "1", "99999999999999999999", "x"),
    "LC_ALL": (None, "", "xx_YY", "C.UTF-8", "tr_TR.UTF-8", "../../../etc", EVIL, "x" * 5000),
    "MESHSSH_TRIED": ("", "x", "-1", "1:1:1", "99999999999999999999:1", "1:99999999999999999999", ":" * 1000, EVIL,
                      "2147483648:2147483648"),
    "ALL_PROXY": ("", "socks5://", "http://[::1", "socks5://u:%zz@h:1", "x" * 100000, EVIL, "socks5://:@:", "http://h:99999"),
    "MESHSSH_PROXY_AUTH": ("", ":", "x", "x" * 100000, EVIL, "\xff:\xff"),
    "TS_SOCKS5_SERVER": ("", ":", "[::", "x:y", "1" * 1000, EVIL),
    "TS_OUTBOUND_HTTP_PROXY_LISTEN": ("", ":", "[::", EVIL),
    "NIX_SSHOPTS": ("", "-F", "-F " + EVIL, "x" * 100000),
    "NO_COLOR": ("", "1", EVIL),
    "EVENT_NOEPOLL": ("1", ""),
    "SUDO_UID": ("", "-1", "x", "99999999999", EVIL),
    "SSH_AUTH_SOCK": ("", "/dev/zero", EVIL),
    "LD_BIND_NOW": ("1",),
}


def environments():
    jobs = []
    names = sorted(PROGRAMS)
    for variable in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "TMPDIR", "TS_SOCKET"):
        for how, value in odd_places().items():
            some = names if FULL else ["relay"] + attack.rng(variable + how).sample(names, 2)
            jobs += [("%s is %s" % (variable, how), name, {variable: value}) for name in some]
    for variable, values in VALUES.items():
        for n, value in enumerate(values):
            some = names if FULL else ["relay"] + attack.rng("%s %d" % (variable, n)).sample(names, 2)
            jobs += [("%s is %.40r" % (variable, value), name, {variable: value}) for name in some]
    nothing = {k: None for k in attack.environment() if k != "ATTACK_MARK"}
    jobs += [("there is none", name, nothing) for name in names]
    jobs += [("all three of libevent's ways are forbidden", "relay",
              {"EVENT_NOEPOLL": "1", "EVENT_NOPOLL": "1", "EVENT_NOSELECT": "1"})]
    attack.pool(lambda job: meet("environment", job[0], job[1], must="libevent" not in job[0],
                                 env=attack.environment(**job[2])), jobs)


def megabytes():
    """An environment of 4 MB, as far as the kernel lets it through."""
    more = {"X%d" % n: "x" * 100000 for n in range(40)}

    def stack():
        resource.setrlimit(resource.RLIMIT_STACK, (64 << 20, resource.RLIM_INFINITY))
    for name in ("relay", "ssh -G", "doctor", "stanza"):
        meet("environment", "4 MB", name, env=attack.environment(**more), preexec_fn=stack)


def arguments():
    """Nothing but a program: argv[0] empty, or not even that."""
    libc = ctypes.CDLL(None, use_errno=True)

    def bare(path):
        envp = (ctypes.c_char_p * 2)(attack.mark().encode(), None)
        return lambda: libc.execve(path.encode(), (ctypes.c_char_p * 1)(None), envp)
    for path in (MESHSSH, CONFIG):
        ran = attack.run([path], preexec_fn=bare(path))
        wrong = attack.sane(ran, attack.DOCUMENTED | {255})
        case("argv").run("none at all: " + os.path.basename(path), wrong and wrong + attack.shown(ran))
        for first in ("", "-", "/", "x" * 5000, EVIL):
            ran = attack.run([first, "--version"], executable=path)
            wrong = attack.sane(ran, {0}) + attack.line(ran.err, False)
            case("argv").run("%.20r" % first, wrong and wrong + attack.shown(ran))
    r = attack.rng("argv")
    words = ["--via", "--via=", "--via=http=", "--timeout=-1", "--timeout=1e9", "--mss=1", "--family=x", "--", "-", "a b",
             "nas", "22", "99999", "-oX", "*", EVIL, "x" * 300, "", "[::1]", "::1%lo", "--json", "--replay=/dev/null",
             "--fdpass", "--jobs=0", "--jobs=99999999999", "--no-cache", "--debug", "--why", "--version", "--help", "--tailscaled=x"]
    for _ in range(2000 if FULL else 150):
        argv = [r.choice((MESHSSH, CONFIG))] + [r.choice(words) for _ in range(r.randint(0, 4))]
        ran = attack.run(argv, limit=LIMIT)
        wrong = attack.sane(ran, attack.DOCUMENTED | {1, 2, 255})
        if "--debug" not in argv and b"usage: ssh" not in ran.err and ran.status != 255:
            wrong += attack.line(ran.err, ran.status >= 64)
        case("argv").run(repr(argv[1:])[:200], wrong and wrong + attack.shown(ran))


# --- limits and standard streams ------------------------------------------------------------------------------------

def limits():
    kinds = {
        "no file may grow": (resource.RLIMIT_FSIZE, (0,)),
        "descriptors": (resource.RLIMIT_NOFILE, range(3, 24) if FULL else (3, 4, 5, 6, 8, 12)),
        "address space": (resource.RLIMIT_AS, [n << 20 for n in range(4, 64, 4 if FULL else 16)]),
        "stack": (resource.RLIMIT_STACK, (64 << 10, 256 << 10)),
    }
    os.makedirs(HOME + "/.ssh", 0o700)
    text("Host bad\n    HostName 127.0.0.1\n    Port {}\n".format(BAD.port()).encode())(HOME + "/.ssh/config")
    PROGRAMS["doctor of a bad host"] = ([MESHSSH, "--doctor", "--json", "--timeout=1", "bad"], b"")
    jobs = [(kind, which, n, name)
            for kind, (which, numbers) in kinds.items() for n in numbers for name in sorted(PROGRAMS)
            if FULL or kind != "stack" or name.startswith(("relay", "doctor"))]

    def one(job):
        kind, which, n, name = job
        what = "%s: %d" % (kind, n)
        meet_limited(what, name, lambda: resource.setrlimit(which, (n, n)), kind)
    attack.pool(one, jobs)
    remove(HOME + "/.ssh")
    del PROGRAMS["doctor of a bad host"]


def meet_limited(what, name, limit, kind):
    """Whatever is missing, there is a word of it, and nobody says that all is well."""
    argv, data = PROGRAMS[name]
    ran = attack.run(argv, data, limit=LIMIT, preexec_fn=limit)
    loader = b"error while loading shared libraries" in ran.err or b"ld.so" in ran.err or b"cannot allocate" in ran.err
    # A program that the system could not even start, or whom the kernel ended for its stack.
    unborn = loader or (ran.status in (-11, -9) and not ran.out and not ran.err and kind in ("stack", "address space"))
    if unborn:
        case("limits: " + name).run(what, [])
        return
    wrong = attack.sane(ran, attack.DOCUMENTED | {1, 2, 255, 127})
    if name.startswith("relay") and ran.status == 0 and ran.out != STREAM:
        wrong.append("a success, and bytes are lost")
    if kind == "no file may grow" and name.startswith("relay") and ran.status != 0:
        wrong.append("does not work")
    if name == "check" and ran.status == 0:
        wrong.append("a block that is not there takes effect")
    if name == "doctor of a bad host" and ran.status == 0:
        wrong.append("nothing is wrong, it says")
    if ran.status > 2 and not ran.err:
        wrong.append("not a word")
    case("limits: " + name).run(what, wrong and wrong + attack.shown(ran))


def streams():
    """Standard streams that are closed, or of an odd kind."""
    def close(*numbers):
        return lambda: [os.close(n) for n in numbers]

    def put(number, path, flags):
        def do():
            fd = os.open(path, flags)
            os.dup2(fd, number)
        return do
    ways = {"closed: %s" % (numbers,): close(*numbers) for numbers in ((0,), (1,), (2,), (0, 1), (1, 2), (0, 2), (0, 1, 2))}
    ways.update({
        "stdin is a folder": put(0, "/", os.O_RDONLY), "stdin cannot be read": put(0, "/dev/null", os.O_WRONLY),
        "stdout is full": put(1, "/dev/full", os.O_WRONLY), "stdout cannot be written": put(1, "/dev/null", os.O_RDONLY),
        "stderr is full": put(2, "/dev/full", os.O_WRONLY), "stderr cannot be written": put(2, "/dev/null", os.O_RDONLY),
    })

    def one(job):
        how, name = job
        argv, data = PROGRAMS[name]
        ran = attack.run(argv, data, limit=LIMIT, preexec_fn=ways[how])
        wrong = attack.sane(ran, attack.DOCUMENTED | {1, 2, 255})
        blind = "stdout" in how
        if name.startswith("relay") and ran.status == 0 and (blind or "1" in how or ran.out != STREAM):
            wrong.append("a success, and bytes are lost")
        elif blind and ran.status < 64 and name not in ("ssh -G", "why"):
            wrong.append("a success that nobody could read")
        case("standard streams: " + name).run(how, wrong and wrong + attack.shown(ran))
    attack.pool(one, [(how, name) for how in ways for name in sorted(PROGRAMS)])


def no_null():
    """No /dev/null for a stream that is closed."""
    case("no /dev/null")
    for name, words in (("meshssh", [MESHSSH, "127.0.0.1", "1"]), ("meshssh-config", [CONFIG, "wsl"])):
        ran = attack.run(["unshare", "-m", "sh", "-c", "mount -t tmpfs none /dev && exec \"$@\" <&-", "sh", *words])
        wrong = attack.sane(ran) + attack.line(ran.err, True)
        case("no /dev/null").run(name, wrong and wrong + attack.shown(ran))


# --- files ----------------------------------------------------------------------------------------------------------

def sparse(path):
    with open(path, "wb") as f:
        f.truncate(1 << 30)


def text(data):
    def make(path):
        with open(path, "wb") as f:
            f.write(data)
    return make


def listening(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)


def others(path):
    text(b"# another's\n")(path)
    with contextlib.suppress(OSError):
        os.chown(path, 12345, 12345)


OBJECTS = {
    "fifo": os.mkfifo,
    "folder": os.mkdir,
    "/dev/zero": lambda path: os.symlink("/dev/zero", path),
    "loop": lambda path: os.symlink(os.path.basename(path), path),
    "dangling": lambda path: os.symlink("nowhere", path),
    "/proc/self/mem": lambda path: os.symlink("/proc/self/mem", path),
    "/dev/tty": lambda path: os.symlink("/dev/tty", path),
    "socket": listening,
    "1 GB of nothing": sparse,
    "empty": text(b""),
    "NULs": text(b"\0" * 5000),
    "noise": text(attack.rng("noise").randbytes(50000)),
    "a line of 1 MB": text(b"x" * (1 << 20)),
    "escapes": text(hostile.EVIL * 20),
    "deep": text(b"[" * 100000),
    "another's": others,
}
ALWAYS = ("fifo", "folder", "/dev/zero", "noise")
FILES = ["~/.ssh/config", "~/.ssh/known_hosts", "~/.ssh/meshssh.conf", "~/.ssh", "~/.config/nix/nix.conf",
         "CACHE/failure.json", "CACHE", "CONFIG/proxy-auth", "/etc/ssh/ssh_config", "/etc/nix/nix.conf", "/etc/nix/machines", "/etc/wsl.conf",
         "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/os-release", "/etc/default/tailscaled",
         "/etc/ssh/sshd_config"]
# What ssh or the C library reads by themselves, in the same process or before a word could be said.
SSHS = ("~/.ssh/config", "/etc/ssh/ssh_config", "~/.ssh")


def remove(path):
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return
    if stat.S_ISDIR(mode):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def real(path):
    return (path.replace("~", HOME).replace("CACHE", T + "/xdg-cache/meshssh").replace("CONFIG", T + "/xdg-config/meshssh"))


def files():
    """Each file that is read, in turn something else; and every program looks."""
    env = attack.environment(XDG_CACHE_HOME=T + "/xdg-cache", XDG_CONFIG_HOME=T + "/xdg-config")
    for path in FILES:
        where = real(path)
        os.makedirs(os.path.dirname(where), exist_ok=True)
        for kind, make in OBJECTS.items():
            r = attack.rng(path + kind)
            if path == "/etc/nsswitch.conf" and kind in ("fifo", "/dev/zero"):
                continue    # the C library itself would wait for ever
            if not FULL and kind not in ALWAYS and r.random() > 0.25:
                continue
            kept = where + ".kept"
            if os.path.lexists(where):
                os.rename(where, kept)
            try:
                make(where)
                names = sorted(PROGRAMS) if FULL else ["relay", "doctor", r.choice(sorted(PROGRAMS)), "check"]
                # Plain ssh would hang, too, or refuse.
                names = [n for n in names if n not in ("ssh", "ssh -G") or path not in SSHS]
                attack.pool(lambda name, what="%s is %s" % (path, kind), path=path: meet(
                    "files", what, name, must=not (name == "relay by name" and path.startswith("/etc")), env=env), names, 4)
            finally:
                remove(where)
                if os.path.lexists(kept):
                    os.rename(kept, where)
    for kind in OBJECTS:
        where = T + "/given"
        OBJECTS[kind](where)
        for words in (["--replay", where], ["--doctor", "--tailscaled=" + where]):
            ran = attack.run([MESHSSH, *words], limit=LIMIT)
            wrong = attack.sane(ran, attack.DOCUMENTED | {1, 2}) + attack.line(ran.err, ran.status > 2)
            wrong += attack.unprintable(ran.out)
            case("files that are named").run("%s %s" % (words[0], kind), wrong and wrong + attack.shown(ran))
        for words in (["windows", "--key", where], ["nix", "--host-key=" + where, "nas"]):
            ran = attack.run([CONFIG, *words], limit=LIMIT)
            wrong = attack.sane(ran) + attack.line(ran.err, True)
            if ran.status == 0:
                wrong.append("takes it for a key")
            case("files that are named").run("%s %s" % (words[0], kind), wrong and wrong + attack.shown(ran))
        remove(where)


def full_disk():
    """No room for the cache and the record: as if there were neither."""
    place = attack.folder()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k,nr_inodes=3", "none", place], check=True)
    text(b"x" * 4096)(place + "/ballast")
    for name in sorted(PROGRAMS):
        meet("a full disk", "cache", name, env=attack.environment(XDG_CACHE_HOME=place))
    subprocess.run(["mount", "-o", "remount,bind,ro", place], check=True)
    for name in sorted(PROGRAMS):
        meet("a full disk", "read-only", name, env=attack.environment(XDG_CACHE_HOME=place))
    subprocess.run(["umount", place], check=True)


def descriptors():
    """ssh gets no descriptor of ours, and the caller's only as plain ssh would."""
    place = attack.folder()
    with open(place + "/ssh", "w", encoding="ascii") as f:
        f.write("#!/bin/sh\n[ \"$1\" != -G ] || exec /usr/bin/ssh -F none \"$@\"\nexec ls /proc/self/fd\n")
    os.chmod(place + "/ssh", 0o755)
    ran = attack.run([MESHSSH, "nas"], env=attack.environment(PATH=place + ":/usr/bin:/bin"))
    # ls has one of its own, for the folder.
    wrong = [] if ran.out.split() == [b"0", b"1", b"2", b"3"] else attack.shown(ran)
    case("ssh gets three descriptors").run("ssh", wrong)


for part in (environments, megabytes, arguments, limits, streams, no_null, files, full_disk, descriptors):
    attack.phase(part)
attack.verdicts()
