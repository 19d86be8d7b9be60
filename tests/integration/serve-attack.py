"""serve-attack.py FOLDER: attackers of sessions that outlive their connections, from both sides; writes FOLDER/verdicts.

`far` is the real meshssh-serve, with an sshd of ours behind it that writes down what it gets; `near` is the real meshssh,
with a far side of ours that does what it should not. What an attacker does may cost a connection. It never costs a session,
a byte of it, or a descriptor, and whoever is refused is told so, or has the direct way.
"""

import array
import hashlib
import os
import random
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

T = sys.argv[1]
MESHSSH = os.environ["MESHSSH"]
SERVE = os.environ["SERVE"]
MAGIC = b"MSHRSM\0\1"
NEW, AGAIN = 1, 2
OK, UNKNOWN, DENIED, BUSY, NO_SSHD, VERSION = range(6)
DATA, ACK, PING, PONG, ENDED, CLOSE = range(1, 7)
BOOT = b"thisboot"
verdicts = open(T + "/verdicts", "a", encoding="utf-8")  # pylint: disable=consider-using-with
lock = threading.Lock()
fars, nears = [], []


def verdict(name, what):
    """One case, passed unless it raises."""
    try:
        what()
        good, detail = "ok", ""
    except Exception:  # pylint: disable=broad-except
        good, detail = "not_ok", " | ".join(traceback.format_exc().splitlines())
    with lock:
        verdicts.write(f"{good} {name}\t{detail}\n")
        verdicts.flush()


def wait_for(what, seconds=10):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.01)


# --- the protocol, written by its description -----------------------------------------------------------------------------


P = 2 ** 255 - 19


def x25519(secret, public):
    """RFC 7748."""
    k = int.from_bytes(secret, "little") & ((1 << 254) - 8) | (1 << 254)
    x1 = int.from_bytes(public, "little") % (1 << 255)
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb = d * a, c * b
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        aa, bb = a * a % P, b * b % P
        x2, z2 = aa * bb % P, (aa - bb) * (aa + 121665 * (aa - bb)) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


BASE = (9).to_bytes(32, "little")
# Points of small order, and the same beyond the prime.
SMALL = [n.to_bytes(32, "little") for n in (
    0, 1, P - 1, P, P + 1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823)]


def proof(key, text):
    return hashlib.blake2b(text, digest_size=16, key=key).digest()


def derive(shared, hello, reply):
    return hashlib.blake2b(b"meshssh-resume-1" + hello + reply, digest_size=32, key=shared).digest()


def frame(kind, data=b"", position=0, length=None):
    return struct.pack(">IQ", kind << 24 | (len(data) if length is None else length), position) + data


def hello_new(public, window=1 << 22, hold=20):
    return MAGIC + struct.pack(">BBHII", NEW, 0, 0, window, hold) + public + bytes(12) + os.urandom(16) + bytes(16)


def read_exact(s, count):
    data = b""
    while len(data) < count:
        piece = s.recv(count - len(data))
        if not piece:
            raise EOFError(f"{len(data)} of {count} bytes")
        data += piece
    return data


def closed(s):
    """Read on until the other side has closed the connection."""
    try:
        while s.recv(1 << 16):
            pass
    except ConnectionError:
        pass
    s.close()


class Ours:
    """Either side of a session, as far as an attacker needs it."""

    def __init__(self):
        self.socket = None
        self.key = self.id = None
        self.number = 0
        self.received = 0       # and delivered
        self.acked = 0          # what the other side has delivered of ours
        self.got = b""

    def send(self, *args, **named):
        named.setdefault("position", self.received)
        self.socket.sendall(frame(*args, **named))

    def read(self):
        """One frame: its type; what is DATA is in `got`."""
        word, self.acked = struct.unpack(">IQ", read_exact(self.socket, 12))
        data = read_exact(self.socket, word & 0xffffff)
        if word >> 24 == DATA:
            self.got += data
            self.received += len(data)
        return word >> 24, data

    def until(self, text):
        while text not in self.got:
            self.read()


# --- attacks on the far side ----------------------------------------------------------------------------------------------


class Sshd:
    """An sshd that says one line, and writes down what it gets."""

    def __init__(self, line=b"SSH-2.0-ours\r\n"):
        self.line = line
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        self.connections = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            c = Connection(self.listener.accept()[0], self.line)
            self.connections.append(c)
            threading.Thread(target=c.run, daemon=True).start()


class Connection:
    def __init__(self, s, line):
        self.socket = s
        self.got = b""
        self.line = line
        self.ended = False
        self.resets = False     # when it has heard something
        self.reads = threading.Event()
        self.reads.set()

    def run(self):
        try:
            self.socket.sendall(self.line)
            while self.reads.wait() and (data := self.socket.recv(1 << 16)):
                self.got += data
                if self.resets:
                    self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.socket.close()
        except OSError:
            pass
        self.ended = True


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Far:
    def __init__(self, *options, name="far", limit=None, env=None, log=None):
        self.env = {**os.environ, **(env or {})}
        self.sshd = Sshd()
        self.port = free_port()
        self.run = f"{T}/{name}"
        self.log = log or f"{T}/{name}.log"
        self.options = options
        self.limit = limit
        self.process = None
        fars.append(self)
        self.start()

    def start(self):
        with open(self.log, "a", encoding="utf-8") if isinstance(self.log, str) else os.fdopen(self.log, "wb", 0) as log:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with,subprocess-popen-preexec-fn
                [SERVE, f"127.0.0.1:{self.port}", f"--sshd=127.0.0.1:{self.sshd.port}", "--source=loopback",
                 f"--run={self.run}", *self.options], stderr=log, env=self.env,
                preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, self.limit)) if self.limit else None)
        wait_for(lambda: self.process.poll() is not None or self.listens())

    def listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
            return True
        except OSError:
            return False

    def said(self):
        with open(self.log, encoding="utf-8") as f:
            return f.read()

    def connect(self, source="127.0.0.1"):
        s = socket.create_connection(("127.0.0.1", self.port), source_address=(source, 0))
        s.settimeout(8)
        return s

    def sessions(self):
        """The processes of its sessions, also of listeners before."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as f:
                    if f"--run={self.run}".encode() in f.read().split(b"\0") and int(pid) != self.process.pid:
                        found.append(int(pid))
            except OSError:
                pass
        return found

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Client(Ours):
    def __init__(self, far, **hello):
        super().__init__()
        self.far = far
        self.known = len(far.sshd.connections)
        self.sent = b""
        self.socket = far.connect()
        secret = os.urandom(32)
        self.hello = hello_new(x25519(secret, BASE), **hello)
        self.socket.sendall(self.hello)
        self.reply = read_exact(self.socket, 96)
        assert self.reply[8] == OK, self.reply[8]
        self.window, self.hold = struct.unpack(">II", self.reply[12:20])
        self.id = self.reply[52:68]
        self.key = derive(x25519(secret, self.reply[20:52]), self.hello, self.reply)
        self.until(b"ours\r\n")
        # The line came through one of them, and this one is the last that is new.
        self.sshd = far.sshd.connections[-1]

    def again_hello(self, number=None, received=None):
        self.number += 1
        head = MAGIC + struct.pack(">BBH16sIQ24x", AGAIN, 0, 0, self.id, self.number if number is None else number,
                                   self.received if received is None else received) + os.urandom(16)
        return head + proof(self.key, b"c" + head)

    def again(self, **named):
        """Resume; 0, or the status of the refusal."""
        self.socket = self.far.connect()
        hello = self.again_hello(**named)
        self.socket.sendall(hello)
        return self.answered(hello, read_exact(self.socket, 96))

    def answered(self, hello, reply):
        if reply[8] != OK:
            return reply[8]
        assert reply[80:] == proof(self.key, b"s" + hello + reply[:80])
        number, received = struct.unpack(">IQ", reply[28:40])
        assert number == struct.unpack(">I", hello[28:32])[0]
        assert received <= len(self.sent), (received, len(self.sent))
        if received < len(self.sent):
            self.send(DATA, self.sent[received:])
        return OK

    def say(self, data):
        self.sent += data
        for at in range(0, len(data), 65536):
            self.send(DATA, data[at:at + 65536])

    def alive(self):
        """The session is whole: what is said now comes to sshd behind all that was said before, once, and back."""
        self.say(os.urandom(100))
        wait_for(lambda: len(self.sshd.got) >= len(self.sent))
        assert self.sshd.got == self.sent, (len(self.sshd.got), len(self.sent))
        word = os.urandom(8)
        self.sshd.socket.sendall(word)
        self.until(word)
        self.send(PING)
        while self.read()[0] != PONG:
            pass

    def end(self):
        self.send(CLOSE, b"\2")
        self.socket.shutdown(socket.SHUT_WR)
        closed(self.socket)
        wait_for(lambda: self.sshd.ended)


# What is in a frame that no one may send: with what comes before it, from the client's state.
FRAMES = {
    "an unknown type": lambda c: frame(7, position=c.received),
    "type 0": lambda c: frame(0, position=c.received),
    "type 255": lambda c: frame(255, b"x" * 9, c.received),
    "data without a byte": lambda c: frame(DATA, position=c.received),
    "too much data in a frame": lambda c: frame(DATA, b"x" * 65537, c.received),
    "a length of 16 MB": lambda c: frame(DATA, b"x" * 9, c.received, length=0xffffff),
    "an acknowledgement with bytes": lambda c: frame(ACK, b"x", c.received),
    "a close without a reason": lambda c: frame(CLOSE, position=c.received),
    "a close with too much text": lambda c: frame(CLOSE, b"\2" + b"x" * 200, c.received),
    "a position beyond what was sent": lambda c: frame(ACK, position=c.received + 1),
    "the last position that there is": lambda c: frame(ACK, position=2 ** 64 - 1),
    "a position beyond all signed numbers": lambda c: frame(PING, position=2 ** 63),
    "a position that goes back": lambda c: frame(ACK, position=c.received) + frame(ACK, position=c.received - 1),
    "a head that is torn": lambda c: frame(PING, position=c.received)[:11],
    "data that is torn": lambda c: frame(DATA, b"", c.received, length=500),
}


def bad_frame(far, make):
    c = Client(far)
    c.alive()
    try:
        c.socket.sendall(make(c))
        c.socket.shutdown(socket.SHUT_WR)
    except OSError:
        pass    # it was closed before all was sent
    closed(c.socket)
    assert c.again() == OK
    c.alive()
    c.end()


def data_after_end(far):
    """The connection is dropped; the stream of the client has ended, and sshd still speaks."""
    c = Client(far)
    c.send(ENDED)
    c.send(DATA, b"x")
    closed(c.socket)
    assert c.again() == OK
    c.sshd.socket.sendall(b"more")
    c.until(b"more")
    assert c.sshd.got == b""
    c.end()


def overrun(far):
    """An sshd that stands still, and a client that sends more than it may."""
    c = Client(far)
    c.sshd.reads.clear()
    c.socket.settimeout(0.3)
    try:
        while len(c.sent) < 64 << 20:
            while len(c.sent) < c.acked + c.window:
                c.say(os.urandom(min(65536, c.acked + c.window - len(c.sent))))
            c.send(PING)
            while c.read()[0] != PONG:
                pass
            if c.acked + c.window == len(c.sent):
                break
    except TimeoutError:
        raise AssertionError("a window that is full keeps the far side from answering") from None
    c.socket.settimeout(8)
    c.send(DATA, b"x")
    closed(c.socket)
    assert c.again() == OK
    c.sshd.reads.set()
    wait_for(lambda: len(c.sshd.got) == len(c.sent))
    c.alive()
    c.end()


def pings(far):
    """A client that asks and asks, and reads no answer: no memory goes, and the session neither."""
    c = Client(far)
    deadline = time.monotonic() + 1
    ask = frame(PING, position=c.received) * 5000
    c.socket.settimeout(0.2)
    try:
        while time.monotonic() < deadline:
            c.socket.sendall(ask)
    except TimeoutError:
        pass
    c.socket.close()
    assert c.again() == OK
    for pid in far.sessions():
        with open(f"/proc/{pid}/statm", encoding="ascii") as f:
            assert int(f.read().split()[1]) * 4096 < 64 << 20
    c.alive()
    c.end()


def slow_hello(far):
    """A byte of a hello now and then holds a connection for five seconds."""
    s = far.connect()
    began = time.monotonic()
    hello = hello_new(bytes(32))
    try:
        for at in range(96):
            s.sendall(hello[at:at + 1])
            if select.select([s], [], [], 0.15)[0]:
                break
    except ConnectionError:
        pass
    closed(s)
    assert 4 < time.monotonic() - began < 8, time.monotonic() - began


def small_key(far):
    before = len(far.sshd.connections)
    for public in SMALL:
        s = far.connect()
        s.sendall(hello_new(public))
        reply = read_exact(s, 96)
        assert reply[8] == DENIED and reply[12:68] == bytes(56), reply
        s.close()
    wait_for(lambda: all(c.ended for c in far.sshd.connections[before:]))
    assert "no session for 127.0.0.1 port" in far.said()


def small_window(far):
    s = far.connect()
    s.sendall(hello_new(x25519(os.urandom(32), BASE), window=65535))
    closed(s)


def long_hold(far):
    c = Client(far, hold=2 ** 32 - 1)
    assert c.hold == 86400, c.hold
    c.end()


def at_once(far):
    """Many right hellos at the same time, in any order: the session has one connection, and goes on."""
    c = Client(far)
    c.alive()
    pid = far.sessions()[-1]
    others = [(far.connect(), c.again_hello()) for _ in range(40)]
    random.shuffle(others)
    for s, hello in others:
        s.sendall(hello)
    good = None
    for s, hello in others:
        reply = read_exact(s, 96)
        assert reply[8] in (OK, DENIED, BUSY), reply[8]
        if reply[8] == OK and struct.unpack(">I", hello[28:32])[0] > (good[0] if good else 0):
            good = struct.unpack(">I", hello[28:32])[0], s, hello, reply
        elif reply[8] != OK:
            s.close()
    c.socket.close()
    _, c.socket, hello, reply = good
    assert c.answered(hello, reply) == OK
    c.alive()
    del others
    wait_for(lambda: len(os.listdir(f"/proc/{pid}/fd")) <= 3 + 3)
    c.end()


def door_flood(far):
    """Descriptors that another process of this user sends to a session are closed, and are no connection."""
    c = Client(far)
    c.alive()
    [pid] = far.sessions()
    before = sorted(os.listdir(f"/proc/{pid}/fd"))
    name = f"{far.run}/{c.id.hex()}"
    a, b = socket.socketpair()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s, open("/dev/null", "rb") as null:
        for hello in (c.again_hello()[:80] + bytes(16), b"", b"x" * 96, b"x" * 4000):
            for fds in ([], [null], [a], [null, null], [a, null, b], [null] * 200):
                s.sendmsg([hello], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [f.fileno() for f in fds]))]
                          if fds else [], 0, name)
    wait_for(lambda: sorted(os.listdir(f"/proc/{pid}/fd")) == before)
    c.alive()
    a.close()
    b.close()
    c.end()


def listener_stopped(far):
    """Hellos that a listener answers late: all of them were given up but the last."""
    c = Client(far)
    c.alive()
    os.kill(far.process.pid, signal.SIGSTOP)
    late = []
    try:
        for _ in range(3):
            s = far.connect()
            s.sendall(c.again_hello())
            late.append(s)
        c.alive()       # over the old connection, which no one has replaced
        for s in late[:2]:
            s.close()
        c.socket.close()
        c.socket = late[2]
        hello = c.again_hello()
        c.socket = far.connect()
        c.socket.sendall(hello)
    finally:
        os.kill(far.process.pid, signal.SIGCONT)
    assert c.answered(hello, read_exact(c.socket, 96)) == OK
    c.alive()
    late[2].close()
    c.end()


def hand_over(far):
    """The listener is ended and started again and again while a session is resumed."""
    c = Client(far)
    c.alive()
    stop = threading.Event()

    def restart():
        while not stop.is_set():
            far.stop()
            far.start()

    other = threading.Thread(target=restart)
    other.start()
    try:
        deadline = time.monotonic() + 2
        count = 0
        while time.monotonic() < deadline or count < 10:
            assert time.monotonic() < deadline + 20, count
            try:
                if c.again() == OK:
                    c.alive()
                    count += 1
            except (ConnectionError, EOFError, TimeoutError):
                pass
            c.socket.close()
    finally:
        stop.set()
        other.join()
    assert c.again() == OK
    c.alive()
    c.end()


def few_descriptors():
    """With too few, it says so. With as few as it takes, those who say nothing keep no one out."""
    few = Far(name="few", limit=(64, 64))
    assert few.process.wait() != 0 and "97 open files are needed, and 64 are allowed" in few.said(), few.said()
    few = Far(name="few", limit=(64, 97))
    try:
        c = Client(few)
        silent = [few.connect() for _ in range(100)]
        c.socket.close()
        assert c.again() == OK
        c.alive()
        for s in silent:
            s.close()
        c.end()
    finally:
        few.stop()


def log_full():
    """Who should read the log stands still: that is no reason for a session to stand still, too."""
    out, log = os.pipe()
    os.set_blocking(log, False)
    try:
        while True:
            os.write(log, bytes(4096))
    except BlockingIOError:
        os.set_blocking(log, True)
    far = Far("--hold=1", name="full", log=log)
    try:
        c = Client(far)
        c.alive()
        for s in [far.connect() for _ in range(20)]:
            s.sendall(hello_new(SMALL[0]))
            assert read_exact(s, 96)[8] in (DENIED, BUSY)
            s.close()
        assert c.again() == OK
        c.alive()
        c.end()
        wait_for(lambda: not far.sessions())
    finally:
        far.process.kill()
        os.close(out)
        far.process.wait()


def recorded_elsewhere():
    """With --roam=same: who recorded a hello that was refused for its address cannot send it from the right one."""
    far = Far("--roam=same", name="same")
    c = Client(far)
    c.alive()
    for source, wanted in (("127.0.0.5", BUSY), ("127.0.0.5", DENIED), ("127.0.0.1", DENIED)):
        if wanted == BUSY:
            hello = c.again_hello()
        s = far.connect(source)
        s.sendall(hello)
        assert read_exact(s, 96)[8] == wanted, (source, wanted)
        s.close()
    c.alive()
    c.socket.close()
    assert c.again() == OK
    c.alive()
    c.end()
    far.stop()


def folder_of(path, wanted):
    said = subprocess.run([SERVE, f"127.0.0.1:{free_port()}", "--sshd=127.0.0.1:1", "--source=loopback", f"--run={path}"],
                          capture_output=True, text=True, timeout=10, check=False).stderr
    assert wanted in said, said


def folders():
    """A folder that another could have put there."""
    os.mkdir(T + "/other")
    os.symlink(T + "/other", T + "/link")
    folder_of(T + "/link", f"{T}/link is not a folder of this user")
    folder_of(T + "/link/", f"{T}/link is not a folder of this user")
    with open(T + "/file", "w", encoding="ascii"):
        pass
    folder_of(T + "/file", f"{T}/file is not a folder of this user")
    folder_of(T + "/not/there", "No such file or directory")
    os.mkdir(T + "/system")
    os.mkdir(T + "/system/others", 0o700)
    os.chmod(T + "/system", 0o755)
    folder_of(T + "/system", f"{T}/system is open to other users, and has other files in it")
    assert os.stat(T + "/system").st_mode & 0o777 == 0o755
    if os.geteuid() == 0:
        os.mkdir(T + "/theirs")
        os.chown(T + "/theirs", 65534, 65534)
        folder_of(T + "/theirs", f"{T}/theirs is not a folder of this user")
    os.mkdir(T + "/open")
    os.chmod(T + "/open", 0o777)
    far = Far(name="open")
    try:
        wait_for(lambda: os.stat(T + "/open").st_mode & 0o7777 == 0o700)
    finally:
        far.stop()


def other_user(far):
    """Another user of the host sees no session, and sends nothing to one."""
    c = Client(far)
    if (pid := os.fork()) == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        allowed = 0
        for what in (lambda: os.listdir(far.run), lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(
                bytes(96), f"{far.run}/{c.id.hex()}")):
            try:
                what()
                allowed += 1
            except PermissionError:
                pass
        os._exit(allowed)
    assert os.waitpid(pid, 0)[1] == 0
    c.alive()
    c.end()


def unlike(far):
    """Ids, keys and proofs are never the same."""
    cs = [Client(far) for _ in range(5)]
    assert len({c.id for c in cs}) == len({c.reply[20:52] for c in cs}) == 5
    for c in cs:
        c.end()


def confined(far):
    """A session takes bytes and connections, and can do little else; what a session may not know is closed in it."""
    c = Client(far)
    [pid] = far.sessions()
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2"), status
    # its log, its door, sshd and the client, besides what it was born with
    assert len(os.listdir(f"/proc/{pid}/fd")) <= 3 + 3, os.listdir(f"/proc/{pid}/fd")
    c.alive()
    c.end()


def attack_far():
    far = Far()
    slow = threading.Thread(target=verdict, args=("far: a hello that comes byte by byte", lambda: slow_hello(far)))
    slow.start()
    verdict("far: sessions that begin together have nothing in common", lambda: unlike(far))
    for name, make in FRAMES.items():
        verdict("far: " + name, lambda make=make: bad_frame(far, make))
        if len([c for c in far.sshd.connections if not c.ended]) > 4:
            break
    slow.join()
    far.stop()
    far = Far(name="second")        # which has had no sessions of this address
    for name, what in (("data behind the end", data_after_end), ("more data than the window", overrun),
                       ("questions without end", pings), ("public keys of small order", small_key),
                       ("a window that is too small", small_window), ("a hold of 136 years", long_hold)):
        verdict("far: " + name, lambda what=what: what(far))
    wait_for(lambda: not far.sessions())
    verdict("far: descriptors for a session", lambda: door_flood(far))
    wait_for(lambda: not far.sessions())
    if os.environ.get("CONFINED"):
        verdict("far: a session is confined", lambda: confined(far))
    far.stop()
    far = Far(name="third")
    for name, what in (("40 hellos at once", at_once), ("a listener that stands still", listener_stopped),
                       ("a listener that is restarted while it hands over", hand_over)):
        verdict("far: " + name, lambda what=what: what(far))
    if os.geteuid() == 0:
        os.chmod(T, 0o755)
        verdict("far: another user of the host", lambda: other_user(far))
    verdict("far: nothing is left", lambda: wait_for(lambda: not far.sessions() and not os.listdir(far.run)))
    far.stop()
    verdict("far: few descriptors", few_descriptors)
    verdict("far: a log that takes nothing", log_full)
    verdict("far: a hello that was recorded elsewhere", recorded_elsewhere)
    verdict("far: folders", folders)



# --- attacks on the client ------------------------------------------------------------------------------------------------


class Evil(Ours):
    """A far side of ours. `plays` is called for each connection, with the socket and its number from 0."""

    def __init__(self, plays, hold=20):
        super().__init__()
        self.plays = plays
        self.hold = hold
        self.hello = None
        self.count = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.sent = b""
        self.window = 0
        self.kept = []      # sockets that are not to be closed
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                s = self.listener.accept()[0]
            except OSError:
                return
            self.kept.append(s)
            self.count += 1
            threading.Thread(target=self.play, args=(s, self.count - 1), daemon=True).start()

    def play(self, s, number):
        try:
            self.plays(self, s, number)
        except (OSError, EOFError):
            pass

    def begin(self, s, public=None, window=1 << 22):
        """A session, as it should be."""
        self.hello = read_exact(s, 96)
        secret = os.urandom(32)
        self.id = os.urandom(16)
        reply = (MAGIC + struct.pack(">BBHII", OK, 0, 0, window, self.hold) +
                 (public or x25519(secret, BASE)) + self.id + BOOT + bytes(20))
        self.key = derive(x25519(secret, self.hello[20:52]), self.hello, reply)
        [self.window] = struct.unpack(">I", self.hello[12:16])
        s.sendall(reply)
        self.socket = s

    def resume(self, s, received=None, key=None):
        """The session goes on."""
        hello = read_exact(s, 96)
        assert hello[8] == AGAIN and hello[12:28] == self.id and hello[80:] == proof(self.key, b"c" + hello[:80])
        number, theirs = struct.unpack(">IQ", hello[28:40])
        head = MAGIC + struct.pack(">BBH16xIQ24x", OK, 0, 0, number, self.received if received is None else received)
        head += os.urandom(16)
        s.sendall(head + proof(key or self.key, b"s" + hello + head))
        self.socket = s
        if theirs < len(self.sent):
            self.send(DATA, self.sent[theirs:])

    def say(self, data):
        self.sent += data
        for at in range(0, len(data), 65536):
            self.send(DATA, data[at:at + 65536])


class Near:
    """The relay, and a directory of its own for what it remembers."""

    def __init__(self, port, *options, env=None):
        self.cache = f"{T}/cache{os.urandom(4).hex()}"
        self.env = {**os.environ, "XDG_CACHE_HOME": self.cache, **(env or {})}
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            [MESHSSH, "--relay", *options, "--", "127.0.0.1", str(port)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, env=self.env)
        nears.append(self)
        self.process.stdin.write(b"SSH-2.0-test\r\n")

    def read(self, wanted):
        """So many bytes of its output, which are these."""
        got = b""
        while len(got) < len(wanted):
            assert select.select([self.process.stdout], [], [], 10)[0], got
            piece = self.process.stdout.read(1 << 16)
            assert piece, (got, self.process.stderr.read())
            got += piece
        assert got == wanted, (got[:100], wanted[:100])

    def over(self, end=True):
        """Its exit status and what it said."""
        if end:
            self.process.terminate()
        try:
            self.process.wait(10)   # with its input open: for ssh, an end of that is the end
        finally:
            self.process.kill()
        _, said = self.process.communicate()
        return self.process.returncode, said.decode("ascii")


def says(text):
    return lambda evil, s, _: (read_exact(s, 96), s.sendall(text))


# What may be where a session was to begin.
PORTS = {
    "nothing is said": lambda evil, s, _: None,
    "the connection is closed": lambda evil, s, _: s.shutdown(socket.SHUT_RDWR),
    "an SSH server": lambda evil, s, _: s.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" + bytes(300)),
    "an HTTP server": says(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"x" * 96),
    "half a reply, and the end": lambda evil, s, _: (read_exact(s, 96), s.sendall(MAGIC + bytes(40)),
                                                     s.shutdown(socket.SHUT_RDWR)),
    "half a reply, and silence": says(MAGIC + bytes(40)),
    "96 zeros": says(bytes(96)),
    "another version": says(b"MSHRSM\0\2" + bytes(88)),
    "flags that must be known": says(MAGIC + b"\0\x80" + bytes(86)),
    "a status that does not exist": says(MAGIC + b"\x63" + bytes(87)),
    "no such session": says(MAGIC + bytes([UNKNOWN]) + bytes(87)),
    "denied": says(MAGIC + bytes([DENIED]) + bytes(87)),
    "busy": says(MAGIC + bytes([BUSY]) + bytes(87)),
    "no sshd": says(MAGIC + bytes([NO_SSHD]) + bytes(87)),
    "version": says(MAGIC + bytes([VERSION]) + bytes(87)),
    "a public key of zero": lambda evil, s, _: evil.begin(s, public=bytes(32)),
    "a public key of small order": lambda evil, s, _: evil.begin(s, public=SMALL[5]),
    "a window of zero": lambda evil, s, _: evil.begin(s, window=0),
}


def other_service(plays, offered):
    """The session is a direct one, and has all that the client said, once."""
    evil = Evil(plays)
    sshd = Sshd(b"SSH-2.0-ours meshssh=%d\r\n" % evil.port if offered else b"SSH-2.0-ours\r\n")
    near = Near(sshd.port, *([] if offered else [f"--resume={evil.port}"]))
    near.read(sshd.line)
    near.process.stdin.write(b"more")
    wait_for(lambda: sshd.connections[-1].got == b"SSH-2.0-test\r\nmore")
    sshd.connections[-1].socket.sendall(b"and back")
    near.read(b"and back")
    assert evil.count == 1, evil.count
    assert near.over() == (0, "")


def begin_and(then, *options, **named):
    """A session with a far side of ours; `then` has all connections but the first."""
    evil = Evil(lambda evil, s, number: evil.begin(s) if number == 0 else then(evil, s, number), **named)
    near = Near(free_port(), f"--resume={evil.port}", *options)
    wait_for(lambda: evil.socket is not None)
    evil.say(b"SSH-2.0-evil\r\n")
    near.read(b"SSH-2.0-evil\r\n")
    evil.until(b"SSH-2.0-test\r\n")
    return evil, near


def goes_on(evil, s, _):
    evil.resume(s)


def bad_frame_near(make):
    evil, near = begin_and(goes_on)
    first = evil.socket
    try:
        first.sendall(make(evil))
        first.shutdown(socket.SHUT_WR)
    except OSError:
        pass    # it was closed before all was sent
    wait_for(lambda: evil.count == 2 and evil.socket is evil.kept[1])
    near.process.stdin.write(b"more")
    evil.until(b"test\r\nmore")
    evil.say(b"and back")
    near.read(b"and back")
    assert near.over() == (0, "")


def overrun_near():
    """A client that reads nothing, and a far side that sends more than it may."""
    evil, near = begin_and(goes_on)
    while len(evil.sent) < evil.acked + evil.window:
        evil.say(os.urandom(min(65536, evil.acked + evil.window - len(evil.sent))))
        if len(evil.sent) == evil.acked + evil.window:
            evil.send(PING)
            while evil.read()[0] != PONG:
                pass
    evil.send(DATA, b"x")
    wait_for(lambda: evil.count == 2 and evil.socket is evil.kept[1])
    near.read(evil.sent[14:])
    assert near.over() == (0, "")


def ends(near, *wanted):
    """It fails, and says nothing where ssh and its terminal are, but keeps the cause on record, in one printable line."""
    assert near.over(end=False) == (75, "")
    why = subprocess.run([MESHSSH, "--why"], env=near.env, capture_output=True, check=False).stdout.decode("ascii")
    assert all(line.isprintable() for line in why.splitlines()) and len(why) < 2000, why
    lines = [line for line in why.splitlines() if all(text in line for text in wanted)]
    assert len(lines) == 1, why
    assert "127.0.0.1" in lines[0], why


TEXT = (b"\x1b[2J\x1b]0;x\x07\x9b31m\r\n\0%s%n\"'`$(id)\xff\xfe\xc3\x28 " + bytes(range(256)))[:199]


def close_text(reason, text, *wanted):
    evil, near = begin_and(goes_on)
    evil.send(CLOSE, bytes([reason]) + text)
    ends(near, *wanted)


def again_and_again():
    """Who takes each connection and breaks it at once is not asked a thousand times a second."""
    def breaks(evil, s, _):
        evil.resume(s)
        s.sendall(frame(7))

    evil, near = begin_and(breaks)
    evil.socket.sendall(frame(7))
    time.sleep(2)       # that is what is measured
    count = evil.count
    assert 3 <= count <= 8, count
    evil.plays = goes_on
    wait_for(lambda: evil.socket is evil.kept[-1])
    evil.say(b"and back")
    near.read(b"and back")
    assert near.over() == (0, "")


def own_hold():
    """The far side would hold the session for 136 years, and this side for a second."""
    evil, near = begin_and(goes_on, "--hold=1", hold=2 ** 32 - 1)
    evil.listener.shutdown(socket.SHUT_RDWR)
    evil.socket.close()
    began = time.monotonic()
    ends(near, "no connection for 1 s")
    assert time.monotonic() - began < 5


def not_sent():
    evil, near = begin_and(lambda evil, s, _: evil.resume(s, received=2 ** 63))
    evil.socket.close()
    ends(near, "the host has lost a part of the session")


def impostors():
    """Who knows not the key is no host to go on with; who does, is."""
    def plays(evil, s, number):
        if number == 1:
            evil.resume(s, key=bytes(32))
        elif number == 2:
            read_exact(s, 96)
            s.sendall(evil.recorded)
        elif number == 3:
            says(b"MSHRSM\0\2" + bytes(88))(evil, s, number)
        elif number == 4:
            s.close()
        elif number == 5:
            says(b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n" + bytes(96))(evil, s, number)
        else:
            evil.resume(s)

    evil, near = begin_and(plays)
    # A reply that was right for an earlier hello.
    hello = MAGIC + bytes(88)
    head = MAGIC + struct.pack(">BBH16xIQ40x", OK, 0, 0, 1, evil.received)
    evil.recorded = head + proof(evil.key, b"s" + hello + head)
    evil.socket.shutdown(socket.SHUT_RDWR)
    wait_for(lambda: evil.count == 7 and evil.socket is evil.kept[6])
    near.process.stdin.write(b"more")
    evil.until(b"test\r\nmore")
    evil.say(b"and back")
    near.read(b"and back")
    assert near.over() == (0, "")


def ended_early():
    """ssh ends while a session that was offered is not open yet."""
    evil = Evil(lambda evil, s, _: read_exact(s, 96))
    sshd = Sshd(b"SSH-2.0-ours meshssh=%d\r\n" % evil.port)
    near = Near(sshd.port)
    wait_for(lambda: evil.count == 1)
    assert near.over() == (0, "")


def killed():
    """The client is gone without a word: the session is held for as long as was said, and then sshd is told."""
    far = Far("--hold=1", name="killed")
    near = Near(far.sshd.port, f"--resume={far.port}")
    near.read(b"SSH-2.0-ours\r\n")
    near.process.kill()
    near.process.wait()
    wait_for(lambda: far.sshd.connections[-1].ended)
    wait_for(lambda: "no connection for too long" in far.said() and not far.sessions() and not os.listdir(far.run))
    far.stop()


def sshd_reset():
    """sshd is gone without a word."""
    far = Far(name="reset")
    near = Near(far.sshd.port, f"--resume={far.port}")
    near.read(b"SSH-2.0-ours\r\n")
    far.sshd.connections[-1].resets = True
    near.process.stdin.write(b"x")
    ends(near, "its sshd ended the session", "reset")
    far.stop()


def clock_jumps():
    """Both machines sleep for ten hours, and their time of day is set back by as much: the connection was there all the time."""
    path = T + "/seconds"
    with open(path, "wb") as f:
        f.write(bytes(8))
    env = {"LD_PRELOAD": os.environ["JUMP"], "JUMP_FILE": path}
    far = Far(name="jump", env=env)
    near = Near(far.sshd.port, "--debug", f"--resume={far.port}", env=env)
    near.read(b"SSH-2.0-ours\r\n")
    with open(path, "r+b") as f:
        f.write(struct.pack("=q", 36000))
    sshd = far.sshd.connections[-1]
    near.process.stdin.write(b"more")
    wait_for(lambda: sshd.got == b"SSH-2.0-test\r\nmore")
    sshd.socket.sendall(b"and back")
    near.read(b"and back")
    status, said = near.over()
    assert status == 0 and "the machine was asleep" in said and "goes on" not in said, said
    wait_for(lambda: "ends after 3600" in far.said())
    far.stop()


def attack_near():
    with ThreadPoolExecutor(8) as pool:
        for name, plays in PORTS.items():
            for mode in ("a port that was given", "a port that is offered"):
                pool.submit(verdict, f"near: {mode}: {name}",
                            lambda plays=plays, mode=mode: other_service(plays, mode.endswith("offered")))
    with ThreadPoolExecutor(8) as pool:
        for name, make in FRAMES.items():
            pool.submit(verdict, "near: " + name, lambda make=make: bad_frame_near(make))
        for name, what in (
                ("more data than the window", overrun_near),
                ("a close with 199 bytes for a terminal", lambda: close_text(5, TEXT, "the host could not go on: ^[[2J")),
                ("a close for a reason of another version",
                 lambda: close_text(77, b"maintenance", "the host ended the session: maintenance")),
                ("a far side that takes and breaks", again_and_again), ("a hold of 136 years", own_hold),
                ("a position that was not sent", not_sent), ("impostors", impostors),
                ("ssh ends while the session is opened", ended_early), ("kill -9", killed),
                ("sshd resets its connection", sshd_reset)):
            pool.submit(verdict, "near: " + name, what)
        if os.environ.get("JUMP"):
            pool.submit(verdict, "near: clocks that jump", clock_jumps)


def clean_up(*_):
    """What a test that failed has left, so that nothing holds our output."""
    for pid in [pid for far in fars for pid in far.sessions()]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    for one in fars + nears:
        one.process.kill()
    os._exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, clean_up)
    attack_far()
    attack_near()
    clean_up()
