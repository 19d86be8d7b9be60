"""What the attacks share: the seed, a run of a program that is held to its promises, and the verdicts.

A driver is called by its script as DRIVER FOLDER. It takes ATTACK_SEED (1) and ATTACK_FULL (empty: the short form)
from the environment, and writes a verdict for each case to FOLDER/verdicts, as tests/lib.sh reads them.
"""

import binascii
import concurrent.futures
import contextlib
import itertools
import os
import pwd
import random
import re
import selectors
import shutil
import signal
import subprocess
import sys
import threading
import time

T = sys.argv[1]
SEED = os.environ.get("ATTACK_SEED") or "1"
FULL = bool(os.environ.get("ATTACK_FULL"))
MESHSSH = os.environ["MESHSSH"]
CONFIG = os.path.join(os.path.dirname(MESHSSH), "meshssh-config")
HOME = T
TOOLS = os.path.join(os.environ["SRCDIR"], "tests", "integration")
WORKERS = 8         # most of a run is waiting
KEPT = 4 << 20      # bytes kept of what a program prints
ENDS = 2.0          # seconds in which a program ends that was told to
BUSY = float(os.environ.get("ATTACK_BUSY") or 4)    # what each limit may grow by where the machine is busy
# sysexits(3), as meshssh(1) lists them.
DOCUMENTED = {0, 64, 65, 66, 68, 69, 71, 72, 73, 74, 75, 76, 77, 78}
COUNTER = itertools.count()
LOCK = threading.Lock()
TALLIES = []


def rng(name):
    """Random numbers for a case, the same whatever runs beside it."""
    return random.Random("%s/%s" % (SEED, name))


class Tally:
    """One case of the script: many runs, and what was wrong with them."""

    def __init__(self, name):
        self.name = name
        self.runs = 0
        self.wrong = []
        with LOCK:
            TALLIES.append(self)

    def run(self, what, wrong):
        """A run, and what is wrong with it, a list."""
        with LOCK:
            self.runs += 1
            if wrong:
                self.wrong.append("%s: %s" % (what, "; ".join(wrong)))


def verdicts():
    """Every case, and that no process is left; the last thing that a driver does."""
    strays = Tally("no process is left behind")
    wait(lambda: not left())
    strays.run("after all", ["%d: %s" % x for x in left()])
    for pid, _ in left():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with open(os.path.join(T, "verdicts"), "w", encoding="ascii", errors="backslashreplace") as f:
        for t in TALLIES:
            detail = " | ".join(t.wrong[:12]).replace("\t", " ").replace("\n", " ")
            name = "%s (%d runs)" % (t.name, t.runs) if t.runs != 1 else t.name
            if not t.runs:
                f.write("not_ok %s\tnothing ran\n" % t.name)
            elif t.wrong:
                f.write("not_ok %s\t%d wrong: %s\n" % (name, len(t.wrong), detail))
            else:
                f.write("ok %s\n" % name)


def base64(data):
    return binascii.b2a_base64(data, newline=False)


def mark():
    return "ATTACK_MARK=" + T


def left():
    """The processes that have our mark in their environment: (pid, command line)."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/environ" % pid, "rb") as f:
                if mark().encode() + b"\0" not in f.read():
                    continue
            with open("/proc/%s/cmdline" % pid, "rb") as f:
                found.append((int(pid), f.read().replace(b"\0", b" ").decode("latin-1")))
        except OSError:
            pass
    return found


def pool(function, items, workers=WORKERS):
    """function(item) for each, several at a time; what one of them raises is raised here."""
    with concurrent.futures.ThreadPoolExecutor(workers) as executor:
        list(executor.map(function, items))


def wait(condition, seconds=ENDS):
    """Polls until the condition holds; False at the deadline."""
    end = time.monotonic() + seconds + BUSY
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)    # the pace of the poll
    return True


def phase(function, *args):
    """A part of the attack; how long it takes is told."""
    start = time.monotonic()
    function(*args)
    print("# %.1f s: %s" % (time.monotonic() - start, function.__name__), file=sys.stderr)


def hide(home):
    """A home that a program falls back to: what is there can be read, and nothing be written but in memory."""
    real = "/opt/real." + home.replace("/", "-")
    os.mkdir(real)
    subprocess.run(["mount", "--bind", home, real], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=700", "none", home], check=True)
    for name in os.listdir(real):
        if os.path.isdir(os.path.join(real, name)) and name not in (".ssh", ".cache", ".config"):
            os.mkdir(os.path.join(home, name))
            subprocess.run(["mount", "--bind", "-o", "ro", os.path.join(real, name), os.path.join(home, name)], check=True)


def own_root():
    """In this mount namespace: /opt with a home that passwd knows and the programs, nobody else's to write to, and a copy
    of /etc. Sets HOME, MESHSSH and CONFIG."""
    global HOME, MESHSSH, CONFIG
    me = pwd.getpwuid(os.getuid())
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "none", "/opt"], check=True)
    for home in {me.pw_dir, "/root"}:
        if os.access(home, os.R_OK | os.X_OK):
            hide(home)
    HOME = "/opt/home"
    os.mkdir(HOME, 0o700)
    os.mkdir("/opt/bin")
    for program in (MESHSSH, CONFIG):
        shutil.copy(program, "/opt/bin")
    MESHSSH, CONFIG = "/opt/bin/meshssh", "/opt/bin/meshssh-config"
    subprocess.run(["cp", "-a", "/etc", "/opt/etc"], check=False, stderr=subprocess.DEVNULL)
    os.makedirs("/opt/etc/nix", exist_ok=True)
    line = ":".join(map(str, (me.pw_name, "x", me.pw_uid, me.pw_gid, "", HOME, "/bin/sh")))
    with open("/etc/passwd", encoding="utf-8") as f:
        rest = [x for x in f if not x.startswith(me.pw_name + ":")]
    with open("/opt/etc/passwd", "w", encoding="utf-8") as f:
        f.writelines([line + "\n"] + rest)
    # Where passwd cannot be read, nobody else shall know a home.
    with open("/opt/etc/nsswitch.conf", "w", encoding="ascii") as f:
        f.write("passwd: files\ngroup: files\nhosts: files\n")
    subprocess.run(["mount", "--bind", "/opt/etc", "/etc"], check=True)


def folder():
    """A new folder of the test's."""
    path = os.path.join(T, "run.%d" % next(COUNTER))
    os.mkdir(path)
    return path


def environment(**more):
    """A small one, with a cache and a configuration that nobody else uses; None leaves a variable out."""
    place = os.path.join(T, "run.%d" % next(COUNTER))
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": HOME, "LC_ALL": "C", "SHELL": "/bin/sh",
           "XDG_CACHE_HOME": place + "/cache", "XDG_CONFIG_HOME": place + "/config", "ATTACK_MARK": T,
           "TMPDIR": T, "TS_SOCKET": T + "/no-tailscaled", "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
    env.update(more)
    return {k: v for k, v in env.items() if v is not None}


class Ran:
    """What a program did."""

    def __init__(self):
        self.status = None      # negative: the signal
        self.out = bytearray()
        self.err = bytearray()
        self.seconds = 0.0
        self.told = False       # it was told to end, for it would have gone on
        self.hung = False       # it had to be killed


def collect(p, ran, data, hold, end):
    """Writes, and reads both streams, until they end; False at the deadline."""
    kept = {p.stdout: ran.out, p.stderr: ran.err}
    with selectors.DefaultSelector() as s:
        for stream in kept:
            os.set_blocking(stream.fileno(), False)
            s.register(stream, selectors.EVENT_READ)
        if data:
            os.set_blocking(p.stdin.fileno(), False)
            s.register(p.stdin, selectors.EVENT_WRITE)
        elif not hold:
            p.stdin.close()
        reading = 2
        while reading and time.monotonic() < end:
            for key, _ in s.select(max(0.0, min(0.5, end - time.monotonic()))):
                if key.fileobj is p.stdin:
                    try:
                        data = data[os.write(p.stdin.fileno(), data):]
                    except BlockingIOError:
                        continue
                    except OSError:
                        data = b""
                    if not data:
                        s.unregister(p.stdin)
                        if not hold:
                            p.stdin.close()
                    continue
                more = os.read(key.fd, 65536)
                if more:
                    kept[key.fileobj].extend(more[:KEPT - len(kept[key.fileobj])])
                else:
                    s.unregister(key.fileobj)
                    reading -= 1
            if p.poll() is not None and reading and not s.select(0.2):
                break       # a stream that another holds: left() tells who
    return p.poll() is not None or not reading


def finish(p, seconds):
    try:
        p.wait(seconds)
        return True
    except subprocess.TimeoutExpired:
        return False


def run(argv, data=b"", hold=False, limit=10.0, tell=None, env=None, **more):
    """The program with these bytes on standard input, which stays open with `hold`. After `limit` seconds it is hung,
    or, with `tell`, gets this signal, and is hung if it does not end then."""
    ran = Ran()
    start = time.monotonic()
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=env or environment(), start_new_session=True, **more) as p:
        done = collect(p, ran, data, hold, start + limit + (0 if tell else BUSY)) and finish(p, ENDS)
        if not done and tell:
            ran.told = True
            p.send_signal(tell)
            done = collect(p, ran, b"", True, time.monotonic() + ENDS + BUSY / 2) and finish(p, ENDS)
        if not done:
            ran.hung = True
            for stray in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(p.pid, stray)     # its own, since it leads a session
                if finish(p, 1):
                    break
        ran.status = p.returncode
        ran.out, ran.err = bytes(ran.out), bytes(ran.err)
        if not p.stdin.closed:
            try:
                p.stdin.close()
            except OSError:
                pass
    ran.seconds = time.monotonic() - start
    return ran


# --- what every program promises ------------------------------------------------------------------------------------

def unprintable(data, letters=False):
    """The first of the bytes that a terminal would act upon, with its surroundings, as a list of what is wrong. With
    `letters` those of UTF-8 may be there."""
    if letters:
        try:
            data = "".join("x" if ord(c) > 159 else c for c in data.decode()).encode("latin-1")
        except UnicodeDecodeError as e:
            return ["no UTF-8: %s" % e]
    found = re.search(rb"[^ -~\n\t]", data)
    return ["unprintable: %r" % data[max(0, found.start() - 40):found.start() + 20]] if found else []


def shown(ran):
    return ["status %d after %.1f s" % (ran.status, ran.seconds), "stderr %.300r" % ran.err, "stdout %.120r" % ran.out]


def sane(ran, statuses=frozenset(DOCUMENTED)):
    """It ended, by itself, as documented."""
    wrong = []
    if ran.hung:
        wrong.append("hangs")
    elif ran.status < 0 and not (ran.told and ran.status in (-signal.SIGHUP, -signal.SIGTERM)):
        wrong.append("ended by signal %d" % -ran.status)
    elif ran.status >= 0 and ran.status not in statuses and not ran.told:
        wrong.append("no documented status")
    if b"Sanitizer" in ran.err or b"runtime error" in ran.err:
        wrong.append("a sanitizer's finding")
    return wrong


def line(err, needed):
    """At most one line on standard error, or exactly one; short, plain, and ours."""
    wrong = []
    lines = err.split(b"\n")
    if err and (len(lines) != 2 or lines[1]):
        wrong.append("more than one line, or no whole one")
    if len(err) > 200:
        wrong.append("a line of %d bytes" % len(err))
    wrong += unprintable(err)
    if err and not re.match(rb"meshssh(-config|-doctor)?: ", err):
        wrong.append("stderr does not begin with who says it")
    if needed and not err:
        wrong.append("not a word")
    return wrong


def relay(ran, sent=()):
    """A relay: one line at most, and on stdout the start of what one of the servers sent."""
    wrong = sane(ran) + line(ran.err, ran.status > 0 and not ran.out and not ran.told)
    if ran.status == 0 and ran.err:
        wrong.append("a success that says something")
    if ran.out and not any(s.startswith(ran.out) for s in sent):
        wrong.append("bytes on stdout that the server did not send")
    return wrong and wrong + shown(ran)
