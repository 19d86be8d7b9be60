#!/bin/sh
# The sandbox of a relay whose session is under way: a preloaded library (forbidden-calls.c) makes each call that a
# relay has no need of, once before and once in the sandbox, where it must fail, and what the report of a failure needs,
# which must not. A failure is then told as ever: record, log, status. A kernel without seccomp or Landlock is borne,
# and --debug says what is confined. Bulk goes through whole. --replay and --why judge a stranger's bytes in it. A session
# that outlives its connections has a sandbox of its own, in which it connects again by name, and notes that it waits.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "the sandbox" "${CC:-cc}" python3 timeout || finish
if LC_ALL=C grep -q __asan_init "$MESHSSH"; then
	skip "the sandbox" "a program with a sanitizer has none"
	finish
fi
# landlock_create_ruleset(2), asked for its version
if ! grep -qw errno /proc/sys/kernel/seccomp/actions_avail || ! python3 -c '
import ctypes, sys
sys.exit(ctypes.CDLL(None).syscall(444, None, 0, 1) < 1)'; then
	skip "the sandbox" "this kernel lacks seccomp or Landlock"
	finish
fi
# shellcheck disable=SC2086	# CFLAGS are words
${CC:-cc} -O2 ${CFLAGS:-} -shared -fPIC -pthread -o "$T/forbidden.so" "$TOOLS/forbidden-calls.c" ||
    { not_ok "forbidden-calls compiles"; finish; }
: >"$T/loaded"
env LD_PRELOAD="$T/forbidden.so" TRY_RESULT="$T/loaded" TRY_FOLDER="$T" TRY_OTHER="$T" "$MESHSSH" --version >/dev/null 2>&1
if [ ! -s "$T/loaded" ]; then
	skip "the sandbox" "the library has no effect: a static program?"
	finish
fi
# shellcheck disable=SC2086
${CC:-cc} -O2 ${CFLAGS:-} -pthread -o "$T/pump" "$TOOLS/pump.c" || { not_ok "pump compiles"; finish; }

cat >"$T/drive.py" <<'END_OF_PYTHON'
import errno
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

MESHSSH = os.environ["MESHSSH"]
T = sys.argv[1]
CACHE = T + "/cache/meshssh"
OTHER = T + "/other"
DENIED = {errno.ENOSYS, errno.EPERM, errno.EACCES, errno.EXDEV}
# Where there is no Landlock, names can be made, moved, listed and removed; no file can be read or written.
FILES = {"openat-create-elsewhere", "openat-list-elsewhere", "unlinkat-elsewhere", "renameat2-out"}
# What a session that makes connections keeps, and what only newer kernels deny: Landlock before Linux 6.12.
CONNECTS = {"socket-inet", "socket-unix", "socket-netlink", "socketpair", "connect", "bind", "clone", "fork",
            "openat-read-beside-the-record", "mmap-exec"}
NEWER = {"kill", "tgkill", "tkill"}
out = open(T + "/verdicts", "a", encoding="utf-8", buffering=1)


def verdict(name, good, detail=""):
    out.write("%s %s\t%s\n" % ("ok" if good else "not_ok", name, str(detail).replace("\n", " ")))


def thread_status(pid, tid):
    """"NoNewPrivs Seccomp" of a thread."""
    with open("/proc/%d/task/%s/status" % (pid, tid), encoding="ascii") as f:
        lines = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
    return lines.get("NoNewPrivs", "") + " " + lines.get("Seccomp", "")


def confined(pid, refuse):
    """Wait until the sandbox is there, and tell what each thread has; NoNewPrivs is set even if there is no filter."""
    deadline = time.monotonic() + 5
    while True:
        threads = [thread_status(pid, tid) for tid in os.listdir("/proc/%d/task" % pid)]
        if threads[0] == ("1 0" if "seccomp" in refuse else "1 2") or time.monotonic() > deadline:
            return threads
        time.sleep(0.01)


def under_way(s, p, env, after):
    """Some bytes both ways, and when the sandbox is there, what the client still says: what each thread has."""
    s.settimeout(10)
    s.sendall(b"SSH-2.0-server\r\n")
    p.stdin.write(b"SSH-2.0-TRY-BEFORE\r\n")
    assert p.stdout.read(100) == b"SSH-2.0-server\r\n"
    assert s.recv(100) == b"SSH-2.0-TRY-BEFORE\r\n"
    threads = confined(p.pid, env.get("TRY_REFUSE", ""))
    p.stdin.write(after)
    assert s.recv(100) == after
    return threads


def session(env, after, options=(), user=None):
    """A session under way, with some bytes both ways; what the client still says; then the server resets."""
    listener = socket.create_server(("127.0.0.1", 0))
    with subprocess.Popen([MESHSSH, *options, "127.0.0.1", str(listener.getsockname()[1])], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **env}, bufsize=0,
                          user=user, group=user) as p:
        s, _ = listener.accept()
        threads = under_way(s, p, env, after)
        s.sendall(b"answer")
        assert p.stdout.read(100) == b"answer"
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()
        rest, err = p.communicate(timeout=10)
        return p.returncode, rest, err, threads


def setup():
    for folder in (CACHE, OTHER):
        os.makedirs(folder, exist_ok=True)
    for path in (CACHE + "/inside", OTHER + "/key", OTHER + "/victim"):
        with open(path, "w", encoding="ascii") as f:
            f.write("secret")
    if os.path.exists(CACHE + "/failure.json"):
        os.unlink(CACHE + "/failure.json")
    with open(T + "/result", "w", encoding="ascii"):
        pass
    return {"LD_PRELOAD": T + "/forbidden.so", "TRY_RESULT": T + "/result", "TRY_FOLDER": CACHE, "TRY_OTHER": OTHER}


def results():
    found = {"BEFORE": {}, "AFTER": {}}
    with open(T + "/result", "rb") as f:
        for line in f.read().rstrip(b"\0").decode().splitlines():
            phase, name, number = line.split()
            found[phase][name] = int(number)
    return found["BEFORE"], found["AFTER"]


def reported(what, got):
    returncode, rest, err, _ = got
    verdict(what + ": a reset then: status 75, nothing more on stdout", returncode == 75 and rest == b"", got)
    try:
        with open(CACHE + "/failure.json", encoding="ascii") as f:
            record = json.load(f)
        verdict(what + ": the record tells of it", record["message"] == "reset", record)
        verdict(what + ": it is the only new file", set(os.listdir(CACHE)) - {"inside"} == {"failure.json"},
                os.listdir(CACHE))
    except (OSError, ValueError) as e:
        verdict(what + ": the record tells of it", False, e)


def forbidden(what, env, spared=frozenset()):
    got = session({**setup(), **env}, b"TRY-AFTER")
    before, after = results()
    verdict(what + ": the same calls are tried before and in it", len(before) > 60 and before.keys() == after.keys(),
            before.keys() ^ after.keys())
    open_doors = {name for name in after if name[0] != "+" and after[name] not in DENIED}
    verdict(what + ": what is forbidden fails", open_doors == spared,
            {name: after[name] for name in open_doors ^ spared})
    # A call that fails so without a sandbox shows nothing; whatever this machine lacks, these it does not.
    telling = {name for name in after if name[0] != "+" and before[name] != after[name]}
    verdict(what + ": of most calls that is due to the sandbox", len(telling) >= 40, sorted(telling))
    for name in ("openat-read-key", "openat-write-elsewhere", "openat-read-beside-the-record", "socket-inet", "connect",
                 "bind", "clone", "execve", "ptrace", "kill"):
        verdict(what + ": %s, which works without" % name, name in telling, (before.get(name), after.get(name)))
    verdict(what + ": a file beside the record can be made and renamed",
            after.get("+create") == 0 and after.get("+rename") == 0, (after.get("+create"), after.get("+rename")))
    reported(what, got)
    return got


def under_refusal(refuse, confined):
    what = "a kernel without " + refuse
    got = session({**setup(), "TRY_REFUSE": refuse}, b"more", ("--debug",))
    wanted = "meshssh: debug: the sandbox confines: %s\n" % confined
    verdict("%s: --debug says what is confined: %s" % (what, confined), wanted.encode() in got[2], got[2])
    reported(what, got)


class Way:
    """A port that leads to meshssh-serve, and can be closed: its connections break, and no others are made."""

    def __init__(self, to):
        self.to = to
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def accept(self, listener):
        try:
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self.to))
                self.sockets += near, far
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self.carry, args=pair, daemon=True).start()
        except OSError:
            pass

    @staticmethod
    def carry(one, other):
        try:
            while data := one.recv(65536):
                other.sendall(data)
        except OSError:
            pass

    def close(self):
        for s in (self.listener, *self.sockets):
            s.shutdown(socket.SHUT_RDWR)
            s.close()
        self.sockets = []

    def open(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()


def until(what, seconds=10):
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def resumable(env, after, broken=False):
    """A session through meshssh-serve to a server that is us; then what session() does, and its connection breaks."""
    sshd = socket.create_server(("127.0.0.1", 0))
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    serve = subprocess.Popen([os.environ["SERVE"], "127.0.0.1:%d" % port, "--source=loopback", "--run=" + T + "/run",
                              "--sshd=127.0.0.1:%d" % sshd.getsockname()[1]], stderr=subprocess.DEVNULL)
    try:
        sshd.settimeout(10)
        sshd.accept()[0].close()        # it looks whether there is one
        assert until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0), "meshssh-serve"
        way = Way(port)
        with subprocess.Popen([MESHSSH, "--debug", "--resume=%d" % way.port, "localhost", "1"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **env}, bufsize=0) as p:
            s, _ = sshd.accept()
            threads = under_way(s, p, env, after)
            if broken:
                note = "%s/held-%d" % (CACHE, p.pid)
                way.close()
                verdict("resumable: it notes that it waits", until(lambda: os.path.exists(note)), os.listdir(CACHE))
                way.open()
            s.sendall(b"answer")
            assert p.stdout.read(100) == b"answer"
            if broken:
                verdict("resumable: and that it goes on", until(lambda: not os.path.exists(note)), os.listdir(CACHE))
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()
            err = p.stderr.read()       # which ends with it
            return p.wait(10), err, threads
    finally:
        serve.kill()
        serve.wait()


def in_resumable(what, env, spared, confines, broken=False):
    env = {**setup(), **env}
    code, err, threads = resumable(env, b"TRY-AFTER", broken)
    before, after = results()
    opened = {name for name in after if name[0] != "+" and after[name] not in DENIED}
    verdict(what + ": what is forbidden fails", len(before) > 60 and spared <= opened <= spared | NEWER,
            {name: after[name] for name in opened ^ spared})
    verdict(what + ": --debug says so", b"the sandbox confines: %s\n" % confines in err, err)
    verdict(what + ": a filter, no new privileges", threads == ["1 2"], threads)
    with open(CACHE + "/failure.json", encoding="ascii") as f:
        record = json.load(f)
    verdict(what + ": its end is on record", code == 75 and record["message"] == "session-lost", (code, record))


def main():
    if "SERVE" in os.environ:
        in_resumable("resumable", {}, CONNECTS, b"system calls and files", True)
        in_resumable("resumable, without Landlock", {"TRY_REFUSE": "landlock"},
                     CONNECTS | FILES | NEWER | {"openat-read-key", "openat-write-elsewhere", "openat-proc",
                                                 "openat-exclusive-without-create"}, b"system calls")
    got = forbidden("in the sandbox", {})
    verdict("in the sandbox: one thread, no new privileges, a filter", got[3] == ["1 2"], got[3])
    got = session({**setup(), "TRY_THREAD": "1"}, b"more")
    verdict("a thread that hangs is in the sandbox, too", got[3] == ["1 2", "1 2"], got[3])
    forbidden("without Landlock", {"TRY_REFUSE": "landlock"}, FILES)
    under_refusal("nothing", "system calls and files")
    under_refusal("landlock", "system calls")
    under_refusal("seccomp", "files")
    under_refusal("seccomp,landlock", "none")
    # Where there is no folder yet, and where none can be made.
    got = session({"XDG_CACHE_HOME": T + "/new"}, b"more")
    verdict("no cache folder yet: the record is written", os.path.exists(T + "/new/meshssh/failure.json"), got)
    if os.getuid() == 0:
        # In the sandbox the folder is looked at once more, and who owns it is asked for.
        home = tempfile.mkdtemp(dir="/var/tmp")
        try:
            os.chown(home, 65534, 65534)
            got = session({"XDG_CACHE_HOME": home}, b"x", user=65534)
            verdict("an ordinary user: the record is written", os.path.exists(home + "/meshssh/failure.json"), got)
        finally:
            shutil.rmtree(home)
    got = session({"XDG_CACHE_HOME": "/dev/null"}, b"more")
    verdict("no cache folder to be made: status 75 all the same", got[0] == 75, got)


try:
    main()
except (AssertionError, OSError, subprocess.SubprocessError):
    verdict("the driver runs to its end", False, traceback.format_exc())
END_OF_PYTHON
if [ -x "${MESHSSH_SERVE:-$BUILDDIR/meshssh-serve}" ]; then
	SERVE=${MESHSSH_SERVE:-$BUILDDIR/meshssh-serve}
	export SERVE
else
	skip "a session that outlives its connections" "built --without-resume"
fi
timeout -k 5 120 python3 "$T/drive.py" "$T" || not_ok "the driver ends"
verdicts

### the system's log, which is connected to before
cat >"$T/log.py" <<'END'
import os, socket, struct, subprocess, sys, time
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
log.settimeout(5)
listener = socket.create_server(("127.0.0.1", 0))
p = subprocess.Popen([sys.argv[1], "127.0.0.1", str(listener.getsockname()[1])], stdin=subprocess.PIPE,
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
s, _ = listener.accept()
s.sendall(b"SSH-2.0-odd\r\n")
os.write(p.stdin.fileno(), b"SSH-2.0-test\r\n")
assert os.read(p.stdout.fileno(), 100) == b"SSH-2.0-odd\r\n"
assert s.recv(100) == b"SSH-2.0-test\r\n"
assert p.stderr.read() == b"", "stderr is let go of"
deadline = time.monotonic() + 5
while "Seccomp:\t2" not in open("/proc/%d/status" % p.pid, encoding="ascii").read():
    assert time.monotonic() < deadline, "a filter"
    time.sleep(0.01)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.close()
said = log.recv(1000)
assert b"meshssh[%d]: " % p.pid in said and b"connection reset" in said, said
assert p.wait(5) == 75, p.returncode
END
if need_namespaces "the system's log is told"; then
	check "the system's log is told" with_dev python3 "$T/log.py" "$MESHSSH"
fi

### what a path that is watched needs is there before: the news of addresses
cat >"$T/watched.py" <<'END'
import socket, subprocess, sys, time
SERVER = """
import socket, subprocess
input()
subprocess.run("ip addr add 10.77.0.2/24 dev m1 && ip link set m1 up", shell=True, check=True)
listener = socket.create_server(("10.77.0.2", 7000))
print("ready", flush=True)
s, _ = listener.accept()
while data := s.recv(1000):
    s.sendall(data)
"""
def ip(words):
    subprocess.run(["ip", *words.split()], check=True)
with subprocess.Popen(["unshare", "-n", sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                      bufsize=0) as server:
    deadline = time.monotonic() + 5
    while b"python" not in open("/proc/%d/cmdline" % server.pid, "rb").read().split(b"\0")[0]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    ip("link add m0 type veth peer name m1 netns %d" % server.pid)
    ip("addr add 10.77.0.1/24 dev m0")
    ip("link set m0 up")
    deadline = time.monotonic() + 15
    server.stdin.write(b"go\n")
    assert server.stdout.readline() == b"ready\n"
    with subprocess.Popen([sys.argv[1], "--debug", "--dead-after=2", "10.77.0.2", "7000"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, bufsize=0) as p:
        for turn in sys.argv[2:]:
            p.stdin.write(turn.encode() + b"\r\n")
            assert p.stdout.read(100) == turn.encode() + b"\r\n"
        while "Seccomp:\t2" not in open("/proc/%d/status" % p.pid, encoding="ascii").read():
            assert time.monotonic() < deadline, "a filter"
            time.sleep(0.01)
        ip("addr del 10.77.0.1/24 dev m0")
        _, err = p.communicate(timeout=10)
        assert b"no longer has the address" in err, err
        assert b"not be put on record" not in err, err
        assert p.returncode == 75, p.returncode
    server.kill()
END
if need_namespaces "the address is taken away"; then
	check "a session without SSH, and its address is taken away" \
	    timeout -k 2 30 unshare "$NS" python3 "$T/watched.py" "$MESHSSH" 'no SSH'
	check "a session of SSH, and its address is taken away" \
	    timeout -k 2 30 unshare "$NS" python3 "$T/watched.py" "$MESHSSH" SSH-2.0-test one two three four
fi

### bulk
for options in '-i' '' '-s -i'; do
	# shellcheck disable=SC2086	# options are words
	check "100 MB both ways at once, every byte exact (${options:-no SSH})" "$T/pump" -n 100m $options -- "$MESHSSH"
done

### what others have written, told by a program that can do nothing else
# confined NAME: $T/strace: the filter is there when the file is read, and nothing is opened or asked for behind it
confined() {
	check "$1: a filter" grep -q '^seccomp(.*) = 0$' "$T/strace"
	is "$1: nothing is opened in it, nor written but what is said" "$(sed '1,/^seccomp(/d' "$T/strace" |
	    grep -E '^(open|socket|connect|clone|exec|write\()' | grep -v ' = -1 ' | grep -v '^write(1, ')" ''
}
if need "--replay and --why in the sandbox" strace; then
	strace -o "$T/strace" "$MESHSSH" --replay "$SRCDIR/tests/golden/pmtu-both.json" >"$T/out"
	is "--replay: status" $? 1
	check "--replay: a report" grep -q 'Large packets vanish' "$T/out"
	confined "--replay"
	is "--replay: the document is not looked at before" \
	    "$(grep -nE '^(read\(3, "\{|seccomp\(|write\(1, )' "$T/strace" | sed 's/.*:\([a-z]*\)(.*/\1/' | uniq | tr '\n' ' ')" \
	    "read seccomp write "
	TZ=Asia/Tokyo strace -o "$T/strace" "$MESHSSH" --why >"$T/out"
	is "--why: status" $? 0
	check "--why: the record" grep -q '^What to do:' "$T/out"
	# shellcheck disable=SC2016
	is "--why: the time is local" "$(cut -d: -f1-3 "$T/out" | head -n 1)" "$(TZ=Asia/Tokyo date '+%Y-%m-%d %H:%M:%S' \
	    -d "@$(sed -n 's/^ "time": \([0-9]*\),$/\1/p' "$T/cache/meshssh/failure.json")")"
	confined "--why"
fi
finish
