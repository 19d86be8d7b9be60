#!/usr/bin/env python3
"""Servers that misbehave, each in its own way, for the tests of bad servers and faults.

usage: oddserver.py PORTFILE [-a ADDRESS] MODE[@ADDRESS:PORT][=ARGUMENT]...

Every mode gets a port of its own, or that one; the lines "MODE PORT" appear in PORTFILE (all at once) when all of them
listen. It serves until it is killed, or until its parent is gone.
"""

import os
import random
import socket
import struct
import sys
import threading
import time

BANNER = b"SSH-2.0-odd\r\n"
HTTP = (b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
        b"400 Bad Request")
HTML = b"<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head>\n<body>\n</body></html>\n"


def wait_end(s):
    """Reads and forgets until the client ends."""
    try:
        while s.recv(65536):
            pass
    except OSError:
        pass


def reset(s):
    """close() that sends RST."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def silent(s, _):
    wait_end(s)


def close(_s, _):
    """The kernel makes an RST of this if the client's line was already there, a FIN if not."""


def fin(s, _):
    s.shutdown(socket.SHUT_WR)
    wait_end(s)


def refusal(s, _):
    """As sshd does when MaxStartups is reached: says why, and never reads."""
    s.sendall(b"Exceeded MaxStartups\r\n")


def rst(s, _):
    reset(s)


def http(s, _):
    s.recv(65536)
    s.sendall(HTTP)


def http_open(s, _):
    s.sendall(HTTP)
    wait_end(s)


def html(s, _):
    s.sendall(HTML)
    wait_end(s)


def longline(s, _):
    s.sendall(b"A" * 1000000)
    wait_end(s)


def lines(s, _):
    s.sendall(b"".join(b"this is line %d\r\n" % i for i in range(5000)))
    wait_end(s)


def drip(s, _):
    """Never silent for long, and never an identification: a limit per read would not end this."""
    while True:
        s.sendall(b"wait\r\n")
        time.sleep(0.2)


def garbage(s, _):
    s.sendall(random.Random(1).randbytes(20000))
    wait_end(s)


def garbage_close(s, _):
    s.sendall(random.Random(2).randbytes(2000))
    s.shutdown(socket.SHUT_WR)
    wait_end(s)


def half(s, _):
    s.sendall(b"SSH-2.0-Open")
    wait_end(s)


def half_close(s, _):
    s.sendall(b"SSH-2.0-Open")
    s.shutdown(socket.SHUT_WR)
    wait_end(s)


def escape(s, _):
    s.sendall(b"\x1b[31m\x07\x9b2JGo away\x1b]0;owned\x07\x7f\r\n")
    s.shutdown(socket.SHUT_WR)
    wait_end(s)


def midrst(s, _):
    """A good start, then RST when the client says "now": sooner, RST would overtake the banner."""
    s.sendall(BANNER)
    data = b""
    while b"now" not in data:
        data = data[-2:] + s.recv(65536)
    reset(s)


def midfin(s, _):
    s.sendall(BANNER)
    s.shutdown(socket.SHUT_WR)
    wait_end(s)


def banner(s, _):
    s.sendall(BANNER)
    wait_end(s)


def hoard(s, _):
    """Says hello and never reads: the client's bytes pile up."""
    s.sendall(BANNER)
    while True:
        time.sleep(60)


def source(s, _):
    s.sendall(BANNER)
    while True:
        s.sendall(b"x" * 65536)


def echo(s, _):
    s.sendall(BANNER)
    while True:
        data = s.recv(65536)
        if not data:
            return
        s.sendall(data)


def forward(s, port, greeting=b"", limit=None):
    """To the sshd on `port`; with a limit the server's side freezes after so many bytes."""
    peer = socket.create_connection(("127.0.0.1", int(port)))
    s.sendall(greeting)

    def up():
        try:
            while True:
                data = s.recv(65536)
                if not data:
                    break
                peer.sendall(data)
            peer.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    threading.Thread(target=up, daemon=True).start()
    left = limit
    while left is None or left > 0:
        data = peer.recv(65536 if left is None else min(left, 65536))
        if not data:
            s.shutdown(socket.SHUT_WR)      # close() would tell nobody while the other thread reads
            return
        s.sendall(data)
        if left is not None:
            left -= len(data)
    while True:
        time.sleep(60)


# --- one byte now and then: MODE=MILLISECONDS ------------------------------------------------------------------------

def bytewise(s, data, ms):
    for byte in data:
        s.sendall(bytes([byte]))
        time.sleep(int(ms) / 1000)


def packet(payload):
    """RFC 4253 6, not encrypted yet."""
    padding = 4 + -(9 + len(payload)) % 8
    return struct.pack(">IB", 1 + len(payload) + padding, padding) + payload + bytes(padding)


def kexinit(size):
    """RFC 4253 7.1; a method whose answer is large, and one list that makes it as long as it should be."""
    lists = [b"mlkem768x25519-sha256", b"ssh-ed25519", b"x" * size] + [b"none"] * 5 + [b"", b""]
    return packet(b"\x14" + bytes(16) + b"".join(struct.pack(">I", len(x)) + x for x in lists) + bytes(5))


def drip_lines(s, ms):
    """Lines before the identification, which never comes."""
    while True:
        bytewise(s, b"wait\r\n", ms)


def drip_id(s, ms):
    bytewise(s, b"SSH-2.0-" + b"x" * 8000, ms)
    wait_end(s)


def drip_kexinit(s, ms):
    s.sendall(BANNER)
    bytewise(s, kexinit(30000), ms)
    wait_end(s)


def kex_then(s, rest, ms):
    """A whole KEXINIT for who waits for it; who sends his own first gets the rest, a byte at a time."""
    s.sendall(BANNER)
    s.settimeout(0.3)
    data = b""
    try:
        while data.count(b"\n") == 0 or data.endswith(b"\n"):
            more = s.recv(65536)
            if not more:
                return
            data += more
    except socket.timeout:
        s.settimeout(None)
        s.sendall(kexinit(200))
        wait_end(s)
        return
    s.settimeout(None)
    threading.Thread(target=wait_end, args=(s,), daemon=True).start()
    bytewise(s, rest, ms)
    while True:
        time.sleep(60)


def drip_kex(s, ms):
    kex_then(s, kexinit(30000), ms)


def drip_ignore(s, ms):
    """SSH_MSG_IGNORE (RFC 4253 11.2) may come at any time, and says nothing."""
    kex_then(s, packet(b"\x02" + bytes(4)) * 3000, ms)


def drip_session(s, ms):
    """A session that goes on, whatever the client does."""
    s.sendall(BANNER)
    while True:
        bytewise(s, b"x", ms)


def sip(s, ms):
    """Says hello, and reads a little now and then."""
    s.sendall(BANNER)
    while s.recv(4096):
        time.sleep(int(ms) / 1000)


def dns_truncated(address):
    """Every answer over UDP says that it is to be asked over TCP."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, 53))
    while True:
        data, peer = s.recvfrom(4096)
        s.sendto(data[:2] + b"\x83\x80" + data[4:], peer)


def drip_dns(s, ms):
    """The answer over TCP (RFC 1035 4.2.2), of 8000 bytes."""
    s.recv(4096)
    bytewise(s, struct.pack(">H", 8000) + bytes(8000), ms)


def greeting20(s, port):
    forward(s, port, b"".join(b"Notice %d: authorised users only.\r\n" % i for i in range(20)))


def kexstall(s, port):
    forward(s, port, limit=400)     # the identification and a part of KEXINIT


MODES = {f.__name__.replace("_", "-"): f for f in (
    silent, close, fin, refusal, rst, http, http_open, html, longline, lines, drip, garbage, garbage_close, half,
    half_close, escape, midrst, midfin, banner, hoard, source, echo, greeting20, kexstall, drip_lines, drip_id,
    drip_kexinit, drip_kex, drip_ignore, drip_session, sip, drip_dns)}


def one(serve, s, argument):
    try:
        with s:
            serve(s, argument)
    except OSError:
        pass


def accept_loop(listener, serve, argument):
    while True:
        s, _ = listener.accept()
        threading.Thread(target=one, args=(serve, s, argument), daemon=True).start()


def fill(listener, keep):
    """Fills the listener's queue, so that the kernel drops every further SYN without a word."""
    while True:
        c = socket.socket(listener.family)
        c.settimeout(0.5)
        keep.append(c)
        try:
            c.connect(listener.getsockname())
        except socket.timeout:
            return


def main():
    args = sys.argv[1:]
    portfile = args.pop(0)
    address = "127.0.0.1"
    if args[:1] == ["-a"]:
        address = args[1]
        args = args[2:]
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    keep = []
    told = ""
    for arg in args:
        mode, _, argument = arg.partition("=")
        mode, _, place = mode.partition("@")
        host, _, port = place.rpartition(":")
        listener = socket.socket(family)
        if mode == "sip":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        if mode == "drip-dns":
            threading.Thread(target=dns_truncated, args=(address,), daemon=True).start()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host or address, int(port) if port else 53 if mode == "drip-dns" else 0))
        keep.append(listener)
        if mode == "full":
            listener.listen(0)
            fill(listener, keep)
        elif mode != "refused":     # that one is bound, so that nobody else takes it, and does not listen
            listener.listen(500)
            threading.Thread(target=accept_loop, args=(listener, MODES[mode], argument), daemon=True).start()
        told += "%s %d\n" % (mode, listener.getsockname()[1])
    with open(portfile + ".new", "w", encoding="ascii") as f:
        f.write(told)
    os.rename(portfile + ".new", portfile)
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(1)


if __name__ == "__main__":
    main()
