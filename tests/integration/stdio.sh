#!/bin/sh
# What the relay does with the descriptors that it is given: closed ones, files, devices, sockets, terminals, a
# limit of descriptors; half-close both ways; signals; that what it shares with its caller is never left non-blocking
# and stderr is let go when the session runs. The cases are in Python, for they need both ends of everything.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "standard descriptors" python3 setsid || finish

cat >"$T/stdio.py" <<'END_OF_PYTHON'
import fcntl
import os
import random
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback

MESHSSH = os.environ["MESHSSH"]
T = sys.argv[1]
HELLO = b"SSH-2.0-client\r\n"
BANNER = b"SSH-2.0-server\r\n"
BULK = random.Random(7).randbytes(1 << 20)
LATE = 11       # seconds; more than every time limit that could be meant for something else
CASES = []


def case(name):
    def add(f):
        CASES.append((name, f))
        return f
    return add


def until(what, condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not within %g s: %s" % (seconds, what)
        time.sleep(0.01)


def same(what, got, wanted):
    if isinstance(got, (bytes, bytearray)) and (len(got) > 200 or len(wanted) > 200):
        assert got == wanted, "%s: got %d bytes %r..., wanted %d" % (what, len(got), bytes(got[:60]), len(wanted))
    assert got == wanted, "%s: got %r, wanted %r" % (what, got, wanted)


def one_line(err):
    assert err.startswith(b"meshssh: ") and err.count(b"\n") == 1 and err.endswith(b"\n") and len(err) <= 200, err
    assert all(32 <= c < 127 for c in err[:-1]), err


class Server:
    """Takes one connection and lets `serve` run with it; what it received is in .got, its end is .over."""

    def __init__(self, serve):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = str(self.listener.getsockname()[1])
        self.got = bytearray()
        self.ended = threading.Event()      # the client's side ended
        self.over = threading.Event()
        threading.Thread(target=self.run, args=(serve,), daemon=True).start()

    def run(self, serve):
        s, _ = self.listener.accept()
        self.listener.close()
        try:
            with s:
                serve(self, s)
        except OSError:
            pass
        self.over.set()

    def read_all(self, s):
        while True:
            data = s.recv(1 << 16)
            if not data:
                break
            self.got += data
        self.ended.set()


def replying(server, s):
    """Hello, then takes everything, then answers."""
    s.sendall(BANNER)
    server.read_all(s)
    s.sendall(BULK)


def late(server, s):
    s.sendall(BANNER)
    server.read_all(s)
    time.sleep(LATE)
    s.sendall(BULK)


def quiet(server, s):
    s.sendall(BANNER)
    server.read_all(s)


def echoing(server, s):
    s.sendall(BANNER)
    while True:
        data = s.recv(1 << 16)
        if not data:
            return
        server.got += data
        s.sendall(data)


def flooding(_, s):
    s.sendall(BANNER)
    while True:
        s.sendall(BULK)


def hoarding(_, s):
    s.sendall(BANNER)
    time.sleep(60)


def goodbye(server, s):
    s.sendall(BANNER + BULK)
    s.shutdown(socket.SHUT_WR)
    server.read_all(s)


def full_port():
    """A port where SYNs are dropped; keep what is returned with it."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    keep = [listener]
    while True:
        c = socket.socket()
        c.settimeout(0.5)
        keep.append(c)
        try:
            c.connect(listener.getsockname())
        except socket.timeout:
            return str(listener.getsockname()[1]), keep


STARTED = []


def start(port, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, options=(), shell=None,
          before=()):
    argv = [MESHSSH, *options, "127.0.0.1", port]
    if shell:
        argv = ["sh", "-c", shell + ' exec "$@"', "sh"] + argv
    p = subprocess.Popen([*before, *argv], stdin=stdin, stdout=stdout, stderr=stderr, bufsize=0)
    STARTED.append(p)
    return p


def finish(p, seconds=5.0):
    """The exit status, within so many seconds."""
    try:
        return p.wait(seconds)
    except subprocess.TimeoutExpired:
        p.kill()
        raise AssertionError("still there after %g s" % seconds) from None


def read_until(fd, wanted, seconds=5.0):
    got = b""
    end = time.monotonic() + seconds
    while len(got) < len(wanted):
        r, _, _ = select.select([fd], [], [], max(0, end - time.monotonic()))
        assert r, "after %r nothing more for %g s" % (got[-60:], seconds)
        data = os.read(fd, len(wanted) - len(got))
        assert data, "end after %r" % got[-60:]
        got += data
    same("read", got, wanted)


def read_to_end(fd, seconds=10.0):
    got = b""
    end = time.monotonic() + seconds
    while True:
        r, _, _ = select.select([fd], [], [], max(0, end - time.monotonic()))
        assert r, "no end of file after %d bytes and %g s" % (len(got), seconds)
        try:
            data = os.read(fd, 1 << 16)
        except OSError:     # the end of a pseudo-terminal
            data = b""
        if not data:
            return got
        got += data


def session(server, **kw):
    """A relay that is connected and has greeted on both sides."""
    p = start(server.port, **kw)
    os.write(p.stdin.fileno(), HELLO)
    read_until(p.stdout.fileno(), BANNER)
    until("the hello arrives", lambda: server.got.startswith(HELLO))
    return p


def flags(pid, fd):
    with open("/proc/%d/fdinfo/%d" % (pid, fd), encoding="ascii") as f:
        return int(next(line for line in f if line.startswith("flags")).split()[1], 8)


def state(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as f:
        return f.read().rpartition(")")[2].split()[0]


def push(fd, data):
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view):]


def still(pid):
    """Does it use no time? Sleeping for a moment between two bytes is not that."""
    def used():
        with open("/proc/%d/stat" % pid, encoding="ascii") as f:
            fields = f.read().rpartition(")")[2].split()
        with open("/proc/%d/status" % pid, encoding="ascii") as f:
            return fields[11:13] + [line for line in f if "ctxt_switches" in line]
    before = used()
    time.sleep(0.1)
    return used() == before


def feed(f, data):
    """Writes from a thread of its own, then closes."""
    def run():
        try:
            push(f.fileno(), data)
        except OSError:
            pass
        f.close()
    threading.Thread(target=run, daemon=True).start()


def a_file(name, data=b""):
    path = os.path.join(T, name)
    with open(path, "wb") as f:
        f.write(data)
    return path


### closed ones

@case("stdin closed")
def _():
    p = start("22", stdin=None, shell="exec <&-;")
    out, err = p.communicate(timeout=5)
    same("status", p.returncode, 64)
    same("stdout", out, b"")
    one_line(err)
    same("what to do", err.endswith(b"; use it as ssh's ProxyCommand\n"), True)


@case("stdout closed")
def _():
    p = start("22", stdout=None, shell="exec >&-;")
    _, err = p.communicate(timeout=5)
    same("status", p.returncode, 64)
    one_line(err)


@case("stdin, stdout and stderr closed")
def _():
    same("status", finish(start("22", None, None, None, shell="exec <&- >&- 2>&-;")), 64)


@case("stderr closed: works, and the socket does not take its place")
def _():
    for options in (), ("--debug",), ("--debug", "--debug"):
        server = Server(replying)
        p = start(server.port, stderr=None, shell="exec 2>&-;", options=options)
        feed(p.stdin, HELLO + BULK)
        same("stdout", read_to_end(p.stdout.fileno()), BANNER + BULK)
        same("status", finish(p), 0)
        same("received", server.got, HELLO + BULK)


@case("stderr closed: a failure keeps its status")
def _():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        p = start(str(s.getsockname()[1]), stderr=None, shell="exec 2>&-;")
        same("stdout", p.communicate(timeout=5)[0], b"")
        same("status", p.returncode, 69)


@case("stderr is a pipe that nobody reads: a failure keeps its status")
def _():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        r, w = os.pipe()
        os.close(r)
        p = start(str(s.getsockname()[1]), stderr=w)
        os.close(w)
        same("status", finish(p), 69)


### kinds of stdin

@case("stdin is a file")
def _():
    with open(a_file("in", HELLO + BULK * 3), "rb") as f:
        server = Server(replying)
        p = start(server.port, stdin=f)
        same("stdout", read_to_end(p.stdout.fileno()), BANNER + BULK)
        same("status", finish(p), 0)
        same("received", server.got, HELLO + BULK * 3)


@case("stdin is an empty file")
def _():
    with open(a_file("empty"), "rb") as f:
        server = Server(replying)
        p = start(server.port, stdin=f)
        same("stdout", read_to_end(p.stdout.fileno()), BANNER + BULK)
        same("status", finish(p), 0)
        same("received", server.got, b"")


@case("stdin is /dev/null")
def _():
    server = Server(replying)
    p = start(server.port, stdin=subprocess.DEVNULL)
    same("stdout", read_to_end(p.stdout.fileno()), BANNER + BULK)
    same("status", finish(p), 0)
    same("received", server.got, b"")


@case("stdin is open for writing only: told, no hang")
def _():
    server = Server(quiet)
    with open(a_file("w"), "wb") as f:
        finish(start(server.port, stdin=f))


@case("stdin cannot be read: told why")
def _():
    server = Server(quiet)
    # EIO, and it is not a terminal.
    with open("/proc/self/mem", "rb", buffering=0) as f:
        p = start(server.port, stdin=f)
        said = read_to_end(p.stderr.fileno())
        same("status", finish(p), 74)
        assert b"cannot read standard input: Input/output error" in said, said


@case("stdin and stdout are one socketpair")
def _():
    a, b = socket.socketpair()
    server = Server(replying)
    p = start(server.port, stdin=b, stdout=b)
    b.close()
    threading.Thread(target=lambda: (a.sendall(HELLO + BULK), a.shutdown(socket.SHUT_WR)), daemon=True).start()
    same("stdout", read_to_end(a.fileno()), BANNER + BULK)
    same("status", finish(p), 0)
    same("received", server.got, HELLO + BULK)


@case("stdin and stdout are one socketpair, and the server ends first")
def _():
    a, b = socket.socketpair()
    p = start(Server(goodbye).port, stdin=b, stdout=b)
    b.close()
    a.sendall(HELLO)
    same("stdout", read_to_end(a.fileno()), BANNER + BULK)
    same("status", finish(p), 0)


def on_terminal(raw):
    """A session on a terminal that is the controlling one, as for somebody who types."""
    import termios
    import tty
    master, slave = os.openpty()
    if raw:
        tty.setraw(slave)
    else:
        attributes = termios.tcgetattr(slave)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
    before = termios.tcgetattr(slave), fcntl.fcntl(slave, fcntl.F_GETFL)
    server = Server(echoing)
    p = start(server.port, stdin=slave, stdout=slave, stderr=slave, before=("setsid", "-c"))
    hello = HELLO if raw else HELLO.replace(b"\r", b"")
    banner = BANNER if raw else BANNER.replace(b"\n", b"\r\n")
    os.write(master, hello)
    read_until(master, banner + (hello if raw else hello.replace(b"\n", b"\r\n")))
    during = fcntl.fcntl(slave, fcntl.F_GETFL)
    if raw:
        half = BULK[:100000]
        feed(os.fdopen(os.dup(master), "wb", 0), half)
        read_until(master, half)
    for i in range(3):
        os.write(master, b"line %d\n" % i)
        read_until(master, b"line %d" % i + (b"\n" if raw else b"\r\n"))
    if raw:
        p.terminate()
    else:
        os.write(master, b"\x04")       # ^D: the end of the input
    status = finish(p)
    same("status", status in (0, -signal.SIGTERM) if raw else status, True if raw else 0)
    same("flags during the session", during, before[1])
    same("terminal and flags afterwards", (termios.tcgetattr(slave), fcntl.fcntl(slave, fcntl.F_GETFL)), before)
    os.close(slave)
    os.close(master)


@case("a terminal, raw: works, and is left as it was")
def _():
    on_terminal(True)


@case("a terminal, line by line: works, and is left as it was")
def _():
    on_terminal(False)


### kinds of stdout

def to_file(f, wanted, path):
    server = Server(replying)
    p = start(server.port, stdout=f)
    feed(p.stdin, HELLO)
    same("status", finish(p), 0)
    with open(path, "rb") as g:
        same("file", g.read(), wanted)


@case("stdout is a file")
def _():
    path = a_file("out")
    with open(path, "wb") as f:
        to_file(f, BANNER + BULK, path)


@case("stdout is a file opened for appending")
def _():
    path = a_file("append", b"old\n")
    with open(path, "ab") as f:
        to_file(f, b"old\n" + BANNER + BULK, path)


@case("stdout is /dev/null")
def _():
    server = Server(replying)
    p = start(server.port, stdout=subprocess.DEVNULL)
    feed(p.stdin, HELLO + BULK)
    same("status", finish(p), 0)
    same("received", server.got, HELLO + BULK)


@case("stdout is /dev/full: 74, and one line")
def _():
    server = Server(echoing)
    with open("/dev/full", "wb") as f:
        p = start(server.port, stdout=f)
        os.write(p.stdin.fileno(), HELLO)
        same("status", finish(p), 74)
        one_line(p.stderr.read())


@case("stdout is a file that may not grow: 74")
def _():
    server = Server(flooding)
    with open(a_file("limited"), "wb") as f:
        p = start(server.port, stdout=f, shell="ulimit -f 64;")
        os.write(p.stdin.fileno(), HELLO)
        same("status", finish(p), 74)


@case("stdout is open for reading only: 74")
def _():
    server = Server(echoing)
    with open("/dev/null", "rb") as f:
        p = start(server.port, stdout=f)
        os.write(p.stdin.fileno(), HELLO)
        same("status", finish(p), 74)


### what is shared stays as it is

def flags_kept(make, nonblocking):
    """make() gives (relay's stdin, relay's stdout, our writer, our reader)."""
    server = Server(flooding)
    rin, rout, writer, reader = make()
    for fd in {rin, rout}:
        os.set_blocking(fd, not nonblocking)
    wanted = [fcntl.fcntl(fd, fcntl.F_GETFL) for fd in (rin, rout)]
    p = start(server.port, stdin=rin, stdout=rout)
    os.write(writer, HELLO)
    read_until(reader, BANNER + BULK)
    # We read no more: soon the relay stands before a full stdout.
    until("the relay waits", lambda: state(p.pid) == "S")
    for fd, flag in enumerate(wanted):
        same("descriptor %d during" % fd, flags(p.pid, fd) & os.O_NONBLOCK, flag & os.O_NONBLOCK)
    p.kill()
    finish(p)
    same("afterwards", [fcntl.fcntl(fd, fcntl.F_GETFL) for fd in (rin, rout)], wanted)
    for fd in {rin, rout, writer, reader}:
        os.close(fd)


def pipes():
    r1, w1 = os.pipe()
    r2, w2 = os.pipe()
    return r1, w2, w1, r2


def pair():
    a, b = socket.socketpair()
    a, b = a.detach(), b.detach()
    return b, b, a, a


def terminal():
    import tty
    master, slave = os.openpty()
    tty.setraw(slave)
    return slave, slave, master, master


for kind in pipes, pair, terminal:
    for already in False, True:
        case("%s %s: flags during and after" % ("non-blocking" if already else "blocking", kind.__name__))(
            lambda kind=kind, already=already: flags_kept(kind, already))


@case("descriptors that are non-blocking already: every byte both ways")
def _():
    for make in pipes, pair:
        rin, rout, writer, reader = make()
        os.set_blocking(rin, False)
        os.set_blocking(rout, False)
        p = start(Server(echoing).port, stdin=rin, stdout=rout)
        for fd in {rin, rout}:
            os.close(fd)

        def write(make=make, writer=writer):
            push(writer, HELLO + BULK * 4)
            if make is pair:
                socket.socket(fileno=os.dup(writer)).shutdown(socket.SHUT_WR)
            else:
                os.close(writer)
        threading.Thread(target=write, daemon=True).start()
        read_until(reader, BANNER + HELLO + BULK * 4, 10)
        same("end", read_to_end(reader), b"")
        same("status", finish(p), 0)


### limits

@case("limit of descriptors: a clear line and 71, or it works")
def _():
    seen = set()
    for limit in range(3, 24):
        server = Server(quiet)
        p = start(server.port, stdin=subprocess.DEVNULL, shell="ulimit -n %d;" % limit)
        out, err = p.communicate(timeout=5)
        what = "with %d: " % limit
        if p.returncode == 127 and b"shared librar" in err:
            continue            # it was the linker that had none left
        seen.add(p.returncode)
        if p.returncode == 71:
            one_line(err)
        else:
            same(what + "status", p.returncode, 0)
            same(what + "output", (out, err), (BANNER, b""))
    same("statuses seen", seen, {0, 71})


@case("limit of descriptors, by name: a clear line and 71, or it works")
def _():
    seen = set()
    for limit in range(3, 24):
        server = Server(quiet)
        p = subprocess.run(["sh", "-c", 'ulimit -n %d; exec "$@"' % limit, "sh", MESHSSH, "--family=inet", "localhost",
                            server.port], stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=False)
        if p.returncode == 127 and b"shared librar" in p.stderr:
            continue
        # The resolver may not say that descriptors were the cause.
        seen.add(p.returncode)
        if p.returncode in (68, 71):
            one_line(p.stderr)
        else:
            same("with %d: status" % limit, p.returncode, 0)
            same("with %d: output" % limit, (p.stdout, p.stderr), (BANNER, b""))
    assert {0, 71} <= seen, "statuses seen: %r" % seen


### half-close and ends

@case("end of stdin passes as FIN, and a reply that comes %d s later arrives whole" % LATE)
def _():
    server = Server(late)
    p = start(server.port)
    feed(p.stdin, HELLO + BULK)
    read_until(p.stdout.fileno(), BANNER)
    assert server.ended.wait(5), "FIN does not reach the server"
    same("received", server.got, HELLO + BULK)
    same("stdout", read_to_end(p.stdout.fileno(), LATE + 5), BULK)
    same("status", finish(p), 0)


@case("end of stdin, no SSH: passes as FIN, and the reply arrives whole")
def _():
    server = Server(replying)
    p = start(server.port)
    feed(p.stdin, b"plain" + BULK)
    same("stdout", read_to_end(p.stdout.fileno()), BANNER + BULK)
    same("status", finish(p), 0)
    same("received", server.got, b"plain" + BULK)


@case("end of the network becomes end of stdout while stdin stays open")
def _():
    p = start(Server(goodbye).port)
    os.write(p.stdin.fileno(), HELLO)
    same("stdout", read_to_end(p.stdout.fileno(), 3), BANNER + BULK)
    same("status", finish(p, 2), 0)


@case("end of the network becomes end of stdout while stdin stays open, no SSH")
def _():
    p = start(Server(goodbye).port)
    os.write(p.stdin.fileno(), b"plain\n")
    same("stdout", read_to_end(p.stdout.fileno(), 3), BANNER + BULK)
    p.stdin.close()
    same("status", finish(p, 2), 0)


@case("end of stdin, and the reader of stdout gone: ends at once")
def _():
    server = Server(hoarding)
    p = start(server.port)
    os.write(p.stdin.fileno(), HELLO)
    read_until(p.stdout.fileno(), BANNER)
    p.stdin.close()
    p.stdout.close()
    same("status", finish(p, 1.5), 0)


@case("the reader of stdout gone while bytes come: ends at once")
def _():
    p = start(Server(flooding).port)
    os.write(p.stdin.fileno(), HELLO)
    read_until(p.stdout.fileno(), BANNER + BULK)
    p.stdout.close()
    same("status", finish(p, 1.5), 0)


@case("the reader of stdout gone while it connects: ends at once")
def _():
    port, _keep = full_port()
    p = start(port)
    os.write(p.stdin.fileno(), HELLO)
    until("it connects", lambda: state(p.pid) == "S")
    p.stdout.close()
    finish(p, 1.5)


@case("the reader of stdout gone while the server is silent: ends at once")
def _():
    server = Server(lambda server, s: server.read_all(s))
    p = start(server.port)
    os.write(p.stdin.fileno(), HELLO)
    until("the hello arrives", lambda: server.got == HELLO)
    p.stdin.close()
    p.stdout.close()
    finish(p, 1.5)


@case("both ends of a socketpair gone while it connects: ends at once")
def _():
    port, _keep = full_port()
    a, b = socket.socketpair()
    p = start(port, stdin=b, stdout=b)
    b.close()
    a.sendall(HELLO)
    until("it connects", lambda: state(p.pid) == "S")
    a.close()
    finish(p, 1.5)


### signals

def hang_up(**kw):
    server = Server(quiet)
    p = session(server, **kw)
    p.send_signal(signal.SIGSTOP)
    until("it stops", lambda: state(p.pid) == "T")
    os.write(p.stdin.fileno(), BULK[:60000])
    p.send_signal(signal.SIGHUP)
    p.send_signal(signal.SIGCONT)
    same("status", finish(p, 2), 0)
    assert server.ended.wait(5), "the server sees no end"
    same("received", server.got, HELLO + BULK[:60000])


@case("SIGHUP: what is in the pipe already is still sent")
def _():
    hang_up()


@case("SIGHUP, inherited as ignored")
def _():
    hang_up(shell="trap '' HUP;")


@case("SIGHUP and SIGTERM, inherited as blocked")
def _():
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP, signal.SIGTERM])
    try:
        p = session(Server(quiet))
        q = session(Server(quiet))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    p.send_signal(signal.SIGHUP)
    same("status", finish(p, 1.5), 0)
    q.send_signal(signal.SIGTERM)
    finish(q, 1.5)


@case("SIGHUP while the server takes nothing: ends all the same")
def _():
    p = start(Server(hoarding).port)
    os.write(p.stdin.fileno(), HELLO)
    read_until(p.stdout.fileno(), BANNER)
    os.set_blocking(p.stdin.fileno(), False)
    end = time.monotonic() + 10
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < 0.3:     # until nothing moves any more
        assert time.monotonic() < end, "it takes without end"
        try:
            os.write(p.stdin.fileno(), BULK[:4096])
            quiet_since = time.monotonic()
        except BlockingIOError:
            time.sleep(0.01)
    p.send_signal(signal.SIGHUP)
    finish(p, 4)


@case("SIGHUP and SIGTERM while it connects: ends at once")
def _():
    port, _keep = full_port()
    for signo in signal.SIGHUP, signal.SIGTERM:
        p = start(port)
        os.write(p.stdin.fileno(), HELLO)
        until("it connects", lambda p=p: state(p.pid) == "S")
        p.send_signal(signo)
        finish(p, 1.5)


@case("SIGTERM: ends at once")
def _():
    p = session(Server(quiet))
    p.send_signal(signal.SIGTERM)
    finish(p, 1.5)


@case("SIGTERM, inherited as ignored: ends at once")
def _():
    p = session(Server(quiet), shell="trap '' TERM;")
    p.send_signal(signal.SIGTERM)
    finish(p, 1.5)


@case("SIGTERM while stdout is full: ends at once")
def _():
    p = start(Server(flooding).port)
    os.write(p.stdin.fileno(), HELLO)
    read_until(p.stdout.fileno(), BANNER + BULK)
    until("the relay waits", lambda: state(p.pid) == "S")
    p.send_signal(signal.SIGTERM)
    finish(p, 1.5)


@case("SIGTERM and SIGHUP while a terminal takes no more: ends")
def _():
    for signo in signal.SIGTERM, signal.SIGHUP:
        for _ in range(5):
            rin, rout, writer, reader = terminal()
            p = start(Server(flooding).port, stdin=rin, stdout=rout)
            os.write(writer, HELLO)
            read_until(reader, BANNER + BULK[:8192])
            until("the relay waits", lambda p=p: state(p.pid) == "S" and still(p.pid))
            p.send_signal(signo)
            finish(p, 3)
            for fd in rin, writer:
                os.close(fd)


@case("SIGPIPE, inherited as ignored or not: the reader's end is an end in order")
def _():
    for shell in "trap '' PIPE;", "trap - PIPE;":
        p = start(Server(flooding).port, shell=shell)
        os.write(p.stdin.fileno(), HELLO)
        read_until(p.stdout.fileno(), BANNER + BULK)
        p.stdout.close()
        same("status", finish(p, 1.5), 0)


@case("in a process group of its own once it runs")
def _():
    p = session(Server(quiet))
    until("it leads its group", lambda: os.getpgid(p.pid) == p.pid)


### stderr

@case("stderr that is a pipe is let go when the session runs")
def _():
    p = session(Server(quiet))
    same("stderr", read_to_end(p.stderr.fileno(), 2), b"")
    same("the relay", p.poll(), None)


@case("stderr that is a pipe is let go when the session runs, no SSH")
def _():
    server = Server(quiet)
    p = start(server.port)
    os.write(p.stdin.fileno(), b"plain\n")
    read_until(p.stdout.fileno(), BANNER)
    same("stderr", read_to_end(p.stderr.fileno(), 2), b"")
    same("the relay", p.poll(), None)


@case("stderr is kept with --debug")
def _():
    p = session(Server(quiet), options=("--debug",))
    same("stderr", os.readlink("/proc/%d/fd/2" % p.pid).partition(":")[0], "pipe")
    p.stdin.close()
    same("status", finish(p), 0)


@case("stderr that is a terminal is kept")
def _():
    master, slave = os.openpty()
    p = session(Server(quiet), stderr=slave)
    same("stderr", os.readlink("/proc/%d/fd/2" % p.pid), os.ttyname(slave))
    p.terminate()
    finish(p)
    os.close(slave)
    os.close(master)


@case("a descriptor that the caller left open is not kept")
def _():
    r, w = os.pipe()
    p = subprocess.Popen([MESHSSH, "127.0.0.1", Server(quiet).port], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, pass_fds=(w,))
    STARTED.append(p)
    os.close(w)
    os.write(p.stdin.fileno(), HELLO)
    read_until(p.stdout.fileno(), BANNER)
    same("the other end", read_to_end(r, 2), b"")
    same("the relay", p.poll(), None)
    os.close(r)


def run(name, f, verdicts, index):
    try:
        f()
        verdicts[index] = "ok %s" % name
    except AssertionError as e:
        verdicts[index] = "not_ok %s\t%s" % (name, " ".join(str(e).split()))
    except Exception:   # pylint: disable=broad-except
        verdicts[index] = "not_ok %s\t%s" % (name, traceback.format_exc().replace("\n", " | "))


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    verdicts = [None] * len(CASES)
    # The late reply takes its time beside the others.
    slow = [i for i, (name, _) in enumerate(CASES) if "%d s later" % LATE in name][0]
    beside = threading.Thread(target=run, args=(*CASES[slow], verdicts, slow))
    beside.start()
    for i, (name, f) in enumerate(CASES):
        if i != slow:
            run(name, f, verdicts, i)
    beside.join()
    for p in STARTED:
        if p.poll() is None:
            p.kill()
    with open(os.path.join(T, "verdicts"), "w", encoding="utf-8") as f:
        f.write("".join(v + "\n" for v in verdicts))


main()
END_OF_PYTHON

python3 "$T/stdio.py" "$T" </dev/null || not_ok "the driver ran"
verdicts
finish
