"""Run by syscalls.sh: system calls fail, by strace, one at a time."""

import json
import os
import re

import attack
import hostile
from attack import FULL, T, Tally

attack.own_root()
MESHSSH, CONFIG = attack.MESHSSH, attack.CONFIG
CLIENT = b"SSH-2.0-attack\r\n" + hostile.packet(hostile.kexinit()) + bytes(range(256)) * 40
STREAM = hostile.ID + hostile.KEX + CLIENT
LIMIT = 10
# What may be answered, whoever is asked.
ERRORS = {
    "socket": ("EMFILE", "EAFNOSUPPORT", "ENOBUFS"), "connect": ("EADDRNOTAVAIL", "EPERM", "EINTR"),
    "read": ("EIO", "EINTR", "EAGAIN"), "write": ("EIO", "EINTR", "EAGAIN", "ENOSPC"), "writev": ("EIO", "ENOSPC"),
    "poll": ("EINTR", "ENOMEM"), "epoll_wait": ("EINTR",), "epoll_ctl": ("ENOMEM", "ENOSPC"),
    "epoll_create1": ("EMFILE",), "openat": ("EMFILE", "EIO", "EACCES", "EINTR"), "rename": ("EIO", "EROFS"),
    "fsync": ("EIO",), "clone": ("EAGAIN", "ENOMEM"), "clone3": ("EAGAIN", "ENOMEM"), "vfork": ("EAGAIN",),
    "execve": ("EACCES", "ENOMEM"), "pipe2": ("EMFILE",), "dup2": ("EBADF", "EBUSY"), "fcntl": ("EINVAL", "EBADF"),
    "setsockopt": ("EINVAL", "ENOPROTOOPT"), "getsockopt": ("EINVAL", "ENOBUFS"), "getsockname": ("ENOBUFS",),
    "getpeername": ("ENOTCONN",), "splice": ("EINVAL", "EIO", "ENOMEM"), "sendmsg": ("ENOBUFS", "EINTR"),
    "sendto": ("ENOBUFS", "EINTR", "EAGAIN"), "recvmsg": ("EIO", "EINTR"), "recvfrom": ("EIO", "EINTR"),
    "getrandom": ("ENOSYS", "EINTR"), "shutdown": ("ENOTCONN",), "ioctl": ("ENOTTY", "EINVAL"),
    "mmap": ("ENOMEM",), "bind": ("EADDRINUSE",), "accept4": ("EMFILE",), "wait4": ("ECHILD", "EINTR"),
    "rt_sigaction": ("EINVAL",), "timerfd_create": ("EMFILE",), "eventfd2": ("EMFILE",), "setpgid": ("EPERM",),
    "socketpair": ("EMFILE",), "getdents64": ("EIO",), "statx": ("EIO",), "fstat": ("EIO",), "uname": ("EFAULT",),
    "prctl": ("EINVAL",), "close_range": ("ENOSYS",), "pread64": ("EIO",), "readlink": ("EIO",), "fchmod": ("EPERM",),
}


# An SSH server as far as its KEXINIT, then an echo.
good = hostile.echoes(hostile.ID + hostile.KEX, len(CLIENT))


def proxy(s):
    """SOCKS5 before it."""
    s.recv(3)
    s.sendall(b"\5\0")
    s.recv(300)
    s.sendall(b"\5\0\0\1\x7f\0\0\1\0\x16")
    good(s)


GOOD, PROXY = hostile.Server(good), hostile.Server(proxy)
BAD = hostile.Server(hostile.PLAIN_MODES["smtp"])
HOME, PATHS = attack.HOME, T + "/bin:/usr/bin:/bin"


def unborn(ran):
    """The C library, or its loader, was what met the failure."""
    return re.search(rb"loading shared libraries|[Dd]ynamic|cannot (apply|allocate)|Fatal glibc|libc fatal", ran.err) or (
        not ran.out and not ran.err and ran.status in (127, 134, 139, -6, -11))


def is_relay(ran):
    if ran.status == 0:
        return [] if ran.out == STREAM else ["a success, and bytes are lost"]
    wrong = attack.line(ran.err, not ran.out)
    return wrong if STREAM.startswith(ran.out) else wrong + ["bytes on stdout that nobody sent"]


def is_front(ran):
    """ssh with the relay, or a word."""
    if b"plain" in ran.out and not ran.err:
        return ["plain ssh, and not a word"]
    if ran.status == 0 and ran.out not in (b"relay\n", b"plain\n"):
        return ["a success without ssh"]
    return [] if ran.out or ran.err else ["not a word"]


def is_doctor(ran):
    wrong = attack.line(ran.err, ran.status > 2)
    if ran.status == 0:
        wrong.append("nothing is wrong, it says")
    if ran.status <= 2:
        try:
            json.loads(ran.out)
        except ValueError as e:
            wrong.append("no document: %s" % e)
    return wrong


def is_people(ran):
    return attack.line(ran.err, ran.status > 2) + (["healthy, it says"] if b"healthy" in ran.out or ran.status == 0 else [])


def is_scan(ran):
    wrong = attack.line(ran.err, ran.status > 1)
    return wrong + (["it works, it says"] if b'"ok":true' in ran.out or ran.status == 0 else [])


def is_check(ran):
    wrong = attack.line(ran.err, ran.status > 1)
    return wrong + (["takes effect, it says"] if ran.status == 0 or b"takes effect" in ran.out else [])


def is_stanza(ran):
    wrong = attack.line(ran.err, ran.status != 0)
    return wrong + (["a success, and no whole block"] if ran.status == 0 and b"ProxyCommand" not in ran.out else [])


PROGRAMS = {
    "relay": ([MESHSSH, "--timeout=1", "--dead-after=3", "127.0.0.1", GOOD.port()], is_relay),
    "relay by name": ([MESHSSH, "--timeout=1", "--dead-after=3", "--family=inet", "localhost", GOOD.port()], is_relay),
    "relay by SOCKS5": ([MESHSSH, "--timeout=1", "--via=socks5=127.0.0.1:" + PROXY.port(), "nas.test", "22"], is_relay),
    "front door": ([MESHSSH, "nas", "true"], is_front),
    "doctor": ([MESHSSH, "--doctor", "--json", "--timeout=1", "bad"], is_doctor),
    "doctor for people": ([MESHSSH, "--doctor", "--timeout=1", "bad"], is_people),
    "scan": ([MESHSSH, "--scan", "--json", "--timeout=1", "bad"], is_scan),
    "check": ([CONFIG, "check", "nas"], is_check),
    "stanza": ([CONFIG, "stanza", "--no-probe", "nas"], is_stanza),
}


def prepare():
    """A host that is bad, a block that has no effect, and an ssh that says whether it was given the relay."""
    os.mkdir(HOME + "/.ssh", 0o700)
    ran = attack.run([CONFIG, "install", "--no-probe", "nas"])
    assert ran.status == 0, attack.shown(ran)
    with open(HOME + "/.ssh/config", encoding="ascii") as f:
        installed = f.read()
    with open(HOME + "/.ssh/config", "w", encoding="ascii") as f:
        f.write("Host nas\n    IPQoS cs1\n    ProxyJump bastion\nHost bad\n    HostName 127.0.0.1\n    Port %s\n%s" %
                (BAD.port(), installed))
    os.mkdir(T + "/bin")
    with open(T + "/bin/ssh", "w", encoding="ascii") as f:
        f.write("#!/bin/sh\ncase $* in\n*-G*) exec /usr/bin/ssh -F none \"$@\" ;;\n*ProxyCommand*--*) echo relay ;;\n"
                "*ProxyCommand*) echo relay ;;\n*) echo plain ;;\nesac\n")
    os.chmod(T + "/bin/ssh", 0o755)


def go(name, *strace):
    argv, judge = PROGRAMS[name]
    # The front door's own process alone: what it becomes has other promises.
    follow = [] if name == "front door" else ["-f"]
    env = attack.environment(PATH=PATHS) if name == "front door" else attack.environment()
    ran = attack.run(["strace", *follow, *strace, *argv], CLIENT if name.startswith("relay") else b"", limit=LIMIT, env=env)
    return ran, judge(ran)


def counts(name):
    """How often each call is made by one process, in an undisturbed run; and that this is as it should be."""
    log = attack.folder() + "/log"
    ran, wrong = go(name, "-qq", "-o", log)
    found, begun = {}, {}
    with open(log, encoding="utf-8", errors="replace") as f:
        for text in f:
            m = re.match(r"(\d+ +)?(\w+)\(", text)
            if not m:
                continue
            pid, call = m.groups()
            if call == "execve" and name == "front door":
                begun[pid] = begun.get(pid, 0) + 1
            if begun.get(pid, 0) < 2 and call in ERRORS:
                found[pid, call] = found.get((pid, call), 0) + 1
    most = {}
    for (_, call), n in found.items():
        most[call] = max(most.get(call, 0), n)
    CASES[name].run("undisturbed", wrong and wrong + attack.shown(ran))
    return most


def fail(job):
    name, call, number, error = job
    ran, wrong = go(name, "-qq", "-o", "/dev/null", "-e", "trace=" + call,
                    "-e", "inject=%s:error=%s:when=%d" % (call, error, number))
    if unborn(ran):
        wrong = []
    elif call in ("write", "writev") and wrong == ["not a word"]:
        wrong = attack.sane(ran)    # the word itself was what could not be written
    else:
        # 127: strace itself could not start it.
        wrong = attack.sane(ran, attack.DOCUMENTED | {1, 2, 255, 127}) + wrong
    CASES[name].run("%s %d %s" % (call, number, error), wrong and wrong + attack.shown(ran))


def jobs():
    for name in PROGRAMS:
        r = attack.rng(name)
        every = [(name, call, n, error) for call, most in sorted(counts(name).items())
                 for n in range(1, min(most, 60) + 1) for error in ERRORS[call]]
        yield from every if FULL else r.sample(every, min(len(every), EACH.get(name, 70)))


EACH = {"relay": 250, "front door": 80}
CASES = {name: Tally("system calls fail: " + name) for name in PROGRAMS}
prepare()
attack.phase(attack.pool, fail, list(jobs()), 4)
attack.verdicts()
