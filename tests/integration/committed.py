"""Run by committed.sh: sessions whose relay gets no memory from when they are under way."""

import contextlib
import ctypes
import os
import random
import select
import socket
import subprocess
import sys
import time

T, MESHSSH, *ADDRESSES = sys.argv[1:]
LIMIT = 30                  # seconds, for anything
BYTES = 8 << 20             # each way
KEXINIT = b"\0\0\0\x1c\x0a\x14" + b"c" * 16 + b"\0" * 10


def read(path):
    with open(path, "rb") as f:
        return f.read()


def until(done, what):
    end = time.monotonic() + LIMIT
    while not done():
        assert time.monotonic() < end, "no end of waiting: " + what
        time.sleep(0.01)


def confined(pid):
    """The sandbox is up, which comes last."""
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        return "NoNewPrivs:\t1" in f.read()


def take(fd, number):
    data = b""
    while len(data) < number:
        assert select.select([fd], [], [], LIMIT)[0], "silence"
        more = os.read(fd, number - len(data))
        assert more, "the end, after %d bytes" % len(data)
        data += more
    return data


def begin(client_in, client_out, server, ssh):
    """The first words of both sides, and as many turns as a key exchange has."""
    words = (b"SSH-2.0-c\r\n", b"SSH-2.0-s\r\n") if ssh else (b"hello", b"welcome")
    os.write(client_in, words[0])
    os.write(server, words[1])
    assert take(server, len(words[0])) == words[0] and take(client_out, len(words[1])) == words[1]
    for to, other in ((client_in, server), (server, client_out)) * 4:
        os.write(to, KEXINIT)
        assert take(other, len(KEXINIT)) == KEXINIT


def pump(pairs, data):
    """All of the data from the first to the second of each pair. Nobody reads before both ways are full."""
    sent, got = [0] * len(pairs), [b""] * len(pairs)
    for to, _ in pairs:
        os.set_blocking(to, False)
    reading = False
    while any(len(x) < len(data) for x in got):
        writers = [to for i, (to, _) in enumerate(pairs) if sent[i] < len(data)]
        readers = [other for _, other in pairs] if reading else []
        can_read, can_write, _ = select.select(readers, writers, [], 1 if not reading else LIMIT)
        assert can_read or can_write or not reading, "nothing moves"
        reading = reading or not can_write
        for i, (to, other) in enumerate(pairs):
            if to in can_write:
                with contextlib.suppress(BlockingIOError):     # a pipe that was enlarged meanwhile
                    sent[i] += os.write(to, data[sent[i]:sent[i] + 65536])
            if other in can_read:
                got[i] += os.read(other, 65536)
    return all(x == data for x in got)


def listen(address, pid):
    """On another machine, if there is one: its name space is that of a process."""
    if not pid:
        return socket.create_server((address, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net", "rb") as here, open("/proc/%s/ns/net" % pid, "rb") as there:
        assert libc.setns(there.fileno(), 0) == 0
        listener = socket.create_server((address, 0))
        assert libc.setns(here.fileno(), 0) == 0
    return listener


def session(name, address, pid, ssh, sockets):
    mark = "%s/mark" % T
    listener = listen(address, pid)
    client = [socket.socketpair(), None] if sockets else [os.pipe(), os.pipe()]
    if sockets:
        stdin = stdout = client[0][0].fileno()
        client_in = client_out = client[0][1].fileno()
    else:
        stdin, client_in = client[0]
        client_out, stdout = client[1]
    env = dict(os.environ, LD_PRELOAD=T + "/failing-malloc.so", FAIL_MARK=mark)
    with subprocess.Popen([MESHSSH, address, str(listener.getsockname()[1])], stdin=stdin, stdout=stdout,
                          stderr=subprocess.PIPE, env=env) as p:
        try:
            server = listener.accept()[0]
            for fd in {stdin, stdout}:
                os.close(fd)
            begin(client_in, client_out, server.fileno(), ssh)
            until(lambda: confined(p.pid), "for the sandbox")
            with open(mark, "r+b") as f:
                f.seek(1)
                f.write(b"x")
            same = pump([(client_in, server.fileno()), (server.fileno(), client_out)], random.Random(1).randbytes(BYTES))
            assert same, "other bytes than were sent"
            if not sockets:
                os.close(client_in)
                assert select.select([server], [], [], LIMIT)[0] and server.recv(1) == b"", "the server hears of no end"
            server.close()
            if sockets:
                client[0][1].close()
            status = p.wait(LIMIT)
            assert status == 0 and read(mark)[:1] == b"\0", "not all went well"
            return "ok " + name
        except (AssertionError, OSError, subprocess.SubprocessError) as e:
            try:
                p.wait(1)
            except subprocess.TimeoutExpired:
                p.kill()
            return "not_ok %s\t%s; status %s, it %s for memory, stderr %s" % (
                name, e, p.poll(), "asked" if read(mark)[:1] == b"x" else "did not ask", p.stderr.read())


def main():
    verdicts = []
    for address, _, pid in [x.partition("@") for x in ADDRESSES]:
        for ssh in (True, False):
            for sockets in (False, True):
                verdicts.append(session("%s: 8 MiB both ways without any memory: %s, %s" %
                                        (address, "SSH" if ssh else "no SSH", "a socket" if sockets else "pipes"),
                                        address, pid, ssh, sockets))
    with open(T + "/verdicts", "w", encoding="utf-8") as f:
        f.write("".join(v + "\n" for v in verdicts))


main()
