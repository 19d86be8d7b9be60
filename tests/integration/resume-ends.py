"""Run by resume-ends.sh with a folder, MESHSSH and meshssh-serve: the same session without and with its far side."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback

T, MESHSSH, SERVE = sys.argv[1:4]
HELLO = b"SSH-2.0-client\r\n"
BANNER = b"SSH-2.0-server\r\n"
BULK = bytes(range(256)) * (1 << 13)    # 2 MiB
LOG = T + "/log"
CASES = []


def case(name, *statuses):
    """A case that gets a Session; its statuses, and those of the far side's line that tells of the end."""
    def add(f):
        CASES.append((name, statuses, f))
        return f
    return add


def until(what, condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not within %g s: %s; the log ends %s" % (seconds, what, log()[-600:])
        time.sleep(0.01)


def log():
    with open(LOG, encoding="ascii", errors="replace") as f:
        return f.read()


def count(text):
    return len(re.findall(text, log()))


class Server:
    """The sshd: what it does with a connection is set by each case; what it received is in .got."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = str(self.listener.getsockname()[1])
        self.serve, self.got = None, bytearray()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            s, _ = self.listener.accept()
            threading.Thread(target=self.one, args=(s,), daemon=True).start()

    def one(self, s):
        serve = self.serve
        try:
            with s:
                if serve is not None:
                    serve(self, s)
        except OSError:
            pass

    def read(self, s):
        """What comes of one connection; meshssh-serve makes others, on which it says nothing."""
        got = bytearray()
        while data := s.recv(1 << 16):
            got += data
            self.got = got
            yield data

    def read_all(self, s):
        for _ in self.read(s):
            pass


def echoing(server, s):
    s.sendall(BANNER)
    for data in server.read(s):
        s.sendall(data)


def flooding(_, s):
    s.sendall(BANNER)
    while True:
        s.sendall(BULK)


def quiet(server, s):
    s.sendall(BANNER)
    server.read_all(s)


def replying(server, s):
    s.sendall(BANNER)
    server.read_all(s)
    s.sendall(BULK)


def saying(*words):
    """To a client that has spoken: what is faster than that is not told of in each case."""
    def serve(server, s):
        for _ in server.read(s):
            for word in words:
                s.sendall(word)
            s.shutdown(socket.SHUT_WR)
            server.read_all(s)
    return serve


def silent(server, s):
    server.read_all(s)


SERVER = Server()


class Session:
    """One relay, with these options; what it says and how it ends."""

    def __init__(self, options):
        self.options, self.p = options, None

    def start(self, serve, *options, stdin=subprocess.PIPE, stdout=subprocess.PIPE, hello=True):
        SERVER.serve, SERVER.got = serve, b""
        self.p = subprocess.Popen([MESHSSH, *self.options, *options, "127.0.0.1", SERVER.port], stdin=stdin, stdout=stdout,
                                  stderr=subprocess.PIPE, bufsize=0)
        if hello:
            self.p.stdin.write(HELLO)
        return self.p

    def banner(self):
        got = b""
        while len(got) < len(BANNER):
            got += self.p.stdout.read(len(BANNER) - len(got)) or b"?"
        assert got == BANNER, got

    def end(self):
        """The status, and the line without the names of temporary things."""
        try:
            status = self.p.wait(15)
        except subprocess.TimeoutExpired:
            self.p.kill()
            raise AssertionError("it does not end") from None
        err = self.p.stderr.read().decode(errors="replace")
        assert err == "" or (err.startswith("meshssh: ") and err.count("\n") == 1), err
        return status, err


@case("stdout is a full disk")
def full_disk(session):
    with open("/dev/full", "wb") as f:
        session.start(echoing, stdout=f)
        status, err = session.end()
    assert status == 74 and "No space left on device" in err, (status, err)
    return status, err


@case("stdin cannot be read")
def no_input(session):
    with open("/dev/null", "wb") as f:
        session.start(echoing, stdin=f, hello=False)
        status, err = session.end()
    assert status != 0 and err != "", (status, err)
    return status, err


@case("whoever reads the output goes away, while the server sends")
def reader_gone(session):
    p = session.start(flooding)
    session.banner()
    p.stdout.close()
    return session.end()


@case("whoever reads the output goes away, while nothing is sent")
def reader_gone_idle(session):
    p = session.start(quiet)
    session.banner()
    p.stdin.close()
    p.stdout.close()
    return session.end()


@case("SIGTERM")
def terminated(session):
    p = session.start(quiet)
    session.banner()
    p.terminate()
    return session.end()


@case("SIGHUP: what ssh has written by then arrives")
def hangup(session):
    p = session.start(quiet)
    session.banner()
    until("the hello arrives", lambda: SERVER.got == HELLO)
    p.send_signal(signal.SIGSTOP)
    p.stdin.write(b"last words")
    p.send_signal(signal.SIGHUP)
    p.send_signal(signal.SIGCONT)
    ended = session.end()
    until("the last words arrive", lambda: SERVER.got == HELLO + b"last words", 3)
    return ended


@case("the client ends, and the server then sends 2 MiB")
def half_closed(session):
    p = session.start(replying)
    p.stdin.close()
    got = p.stdout.read()
    while data := p.stdout.read():
        got += data
    assert got == BANNER + BULK, len(got)
    return session.end()


@case("the client reads slowly")
def slow_reader(session):
    p = session.start(saying(BANNER, BULK))
    got = b""
    while len(got) < len(BANNER + BULK):
        got += (data := p.stdout.read(1 << 16))
        assert data, len(got)
        if len(got) < 1 << 19:
            time.sleep(0.02)    # the pace of the reader
    assert got == BANNER + BULK
    p.stdin.close()
    return session.end()


@case("the server closes without a word")
def closes(session):
    session.start(saying())
    return session.end()


@case("another server answers")
def not_ssh(session):
    session.start(saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    return session.end()


@case("the server says why it turns everybody away")
def turned_away(session):
    session.start(saying(b"Exceeded MaxStartups\r\n"))
    return session.end()


@case("the server says nothing")
def says_nothing(session):
    session.start(silent, "--timeout=1")
    return session.end()


def none_left():
    """Whatever the end, the far side knows of it at once, and holds nothing for a client that is gone."""
    def left():
        return set(re.findall(r"(session \w+): begins", log())) - set(re.findall(r"(session \w+): ends", log()))
    until("the far side has ended the session", lambda: not left(), 5)


class Stopped:
    """While the host stands still."""

    def __init__(self, serve):
        with open("/proc/%d/task/%d/children" % (serve.pid, serve.pid), encoding="ascii") as f:
            self.pids = [serve.pid, *map(int, f.read().split())]

    def __enter__(self):
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)

    def __exit__(self, *_):
        for pid in self.pids:
            os.kill(pid, signal.SIGCONT)


def terminated_meanwhile(serve, options):
    session = Session(options)
    p = session.start(quiet)
    session.banner()
    with Stopped(serve):
        p.terminate()
        ended = session.end()
    none_left()
    assert ended == (0, ""), ended


def too_late(serve, options):
    session, begun = Session(options), count(": begins, from ")
    with Stopped(serve):
        p = session.start(quiet)
        session.banner()
    until("the hello is read", lambda: count(": begins, from ") > begun)
    none_left()
    p.stdin.close()
    ended = session.end()
    assert ended == (0, ""), ended


# The host's own end, which learns of it when it goes on.
HOSTS = (("SIGTERM while the host stands still", terminated_meanwhile),
         ("a host that answers too late holds nothing for a client that went on without it", too_late))


def run(options):
    """Each case with these options: what came of it."""
    results = []
    for name, _, f in CASES:
        session = Session(options)
        try:
            results.append((name, f(session), ""))
        except AssertionError as e:
            results.append((name, None, "%s, line %d" % (e, traceback.extract_tb(e.__traceback__)[-1].lineno)))
        finally:
            if session.p is not None and session.p.poll() is None:
                session.p.kill()
        if "--resume" in options[0]:
            try:
                none_left()
            except AssertionError as e:
                results[-1] = (name, None, str(e))
    return results


def main():
    with open(LOG, "wb") as f:
        port = socket.create_server(("127.0.0.1", 0))
        number = port.getsockname()[1]
        port.close()
        serve = subprocess.Popen([SERVE, "127.0.0.1:%d" % number, "--run=%s/run" % T, "--sshd=127.0.0.1:" + SERVER.port,
                                  "--source=loopback"], stderr=f)
    try:
        until("meshssh-serve listens", lambda: os.path.isdir(T + "/run") and
              socket.socket().connect_ex(("127.0.0.1", number)) == 0)
        plain, resumed = run(["--relay"]), run(["--resume=%d" % number])
        begun, hosts = count(": begins, from "), []
        for name, f in HOSTS:
            try:
                f(serve, ["--resume=%d" % number])
                hosts.append((name, ""))
            except AssertionError as e:
                hosts.append((name, " ".join(str(e).split())))
    finally:
        serve.terminate()
        serve.wait()
    with open(T + "/verdicts", "w", encoding="utf-8") as f:
        f.write("%s each session went through the far side\t%d\n" % ("ok" if begun >= len(CASES) - 1 else "not_ok", begun))
        for name, bad in hosts:
            f.write("%s %s\t%s\n" % ("not_ok" if bad else "ok", name, bad))
        for (name, was, bad), (_, now, worse) in zip(plain, resumed):
            f.write("%s %s\t%s %s %s %s\n" % ("ok" if was == now and not bad + worse else "not_ok", name,
                                              was, " ".join(bad.split()), now, " ".join(worse.split())))


main()
