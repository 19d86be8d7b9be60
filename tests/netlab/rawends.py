"""One end of a connection, as rawpeers.py has it: what it sent and got, and the script that it follows."""

import ctypes
import os
import random
import socket
import threading
import time

from lab import STOP, Failed

HEAR, END = object(), object()
LIMIT = 20              # seconds for a session
TAIL = 200_000
CLONE_NEWNET = 0x40000000


class Wire:
    """What an end has sent and got, and when."""

    def __init__(self, source, sink):
        self.source, self.sink = source, sink
        self.sent, self.got = bytearray(), bytearray()
        self.times = []         # (seconds, bytes got by then)
        self.ended = False
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while True:
            try:
                piece = os.read(self.source, 65536)
            except OSError:
                piece = b""
            with self.changed:
                self.got += piece
                self.times.append((time.monotonic(), len(self.got)))
                self.ended = not piece
                self.changed.notify_all()
            if not piece:
                return

    def hear(self, size, deadline):
        """Waits for so many bytes in all; False if they do not come."""
        with self.changed:
            while len(self.got) < size and not self.ended and not STOP.is_set():
                if not self.changed.wait_for(lambda: len(self.got) >= size or self.ended, 0.2) and \
                        time.monotonic() > deadline:
                    return False
        return len(self.got) >= size

    def hear_end(self, deadline):
        self.hear(1 << 62, deadline)
        return self.ended

    def when(self, size):
        return next((at for at, got in self.times if got >= size), None)

    def send(self, data):
        view = memoryview(data)
        while view:
            n = os.write(self.sink, view)
            self.sent += view[:n]
            view = view[n:]

    def follow(self, script, other_hello, deadline, end):
        for step in script:
            if step is END:
                end()
            elif step is HEAR:
                if not self.hear(other_hello, deadline):
                    return False
            elif isinstance(step, bytes):
                self.send(step)
            else:
                STOP.wait(step)
        return True


def in_space(lab, space, make):
    """What make() returns, called in that network namespace: a socket stays where it was made."""
    made = []

    def enter():
        fd = os.open(f"/run/netns/{lab.name}-{space}", os.O_RDONLY)
        try:
            if ctypes.CDLL(None, use_errno=True).setns(fd, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            made.append(make())
        finally:
            os.close(fd)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    if not made:
        raise Failed(f"no socket in {space}")
    return made[0]


class Listening:
    """A server that meets clients of one kind. `wires` has its connections."""

    def __init__(self, lab, server, client):
        self.server, self.client = server, client
        self.wires = []
        self.open = 0
        self.lock = threading.Lock()
        self.socket = in_space(lab, "server", lambda: socket.create_server(("", 0)))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                conn, _ = self.socket.accept()
            except OSError:
                return
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                others, number = self.open, len(self.wires)
                self.open += 1
                wire = Wire(conn.fileno(), conn.fileno())
                self.wires.append(wire)
            threading.Thread(target=self.serve, args=(conn, wire, self.server.script(number, others)),
                             daemon=True).start()

    def serve(self, conn, wire, script):
        deadline = time.monotonic() + LIMIT
        try:
            wire.follow(script, 0, deadline, lambda: None)
            if not self.server.closes and END not in script and wire.hear(self.client.size(), deadline):
                if self.client.talks:
                    wire.send(random.Random(1).randbytes(TAIL))
                    wire.hear(self.client.size() + TAIL, deadline)
                conn.shutdown(socket.SHUT_WR)
                wire.hear_end(deadline)
        except OSError:
            pass
        finally:
            try:
                conn.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            wire.reader.join(1)
            conn.close()
            with self.lock:
                self.open -= 1

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
