#!/usr/bin/env python3
"""doctor-server.py ADDRESS KIND: one of the odd servers of doctor.py, on port 22 of this address.

http and tls answer whatever they are told as such a server would; silent says nothing at all, closes hangs up at once;
full and penalty turn everybody away as OpenSSH does; motd greets before its identification; late needs 3 s for its
KEXINIT and answers nothing behind it; slow is a real sshd at 10.77.2.2, each word of which comes 1.2 s late."""

import socket
import sys
import threading
import time

WORDS = {
    "http": b"HTTP/1.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "tls": b"\x15\x03\x01\x00\x02\x02\x0a",
    "full": b"Exceeded MaxStartups\r\n",
    "penalty": b"Not allowed at this time\r\n",
    "motd": b"Welcome\r\nto \x1b[31mthis\r\nSSH-2.0-Go\r\n",
}
REST = 30       # seconds; the other side hangs up earlier


def kexinit():
    lists = (b"sntrup761x25519-sha512", b"ssh-ed25519") + (b"aes128-ctr",) * 2 + (b"hmac-sha2-256",) * 2
    lists += (b"none",) * 2 + (b"",) * 2
    names = b"".join(len(one).to_bytes(4, "big") + one for one in lists)
    payload = b"\x14" + bytes(16) + names + bytes(5)
    padding = 8 - (len(payload) + 5) % 8 + 8
    return (len(payload) + padding + 1).to_bytes(4, "big") + bytes([padding]) + payload + bytes(padding)


def copy(source, sink, pause):
    try:
        while piece := source.recv(65536):
            time.sleep(pause)
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(wire, kind):
    wire.settimeout(REST)
    if kind == "slow":
        with socket.create_connection(("10.77.2.2", 22)) as sshd:
            threading.Thread(target=copy, args=(wire, sshd, 0), daemon=True).start()
            copy(sshd, wire, 1.2)
        return
    if kind in ("http", "tls"):
        wire.recv(4096)
    if kind == "late":
        wire.sendall(b"SSH-2.0-late\r\n")
        time.sleep(3)
        wire.sendall(kexinit())
    wire.sendall(WORDS.get(kind, b""))
    if kind in ("silent", "motd", "late"):
        while wire.recv(65536):
            pass


def connection(wire, kind):
    with wire:
        try:
            serve(wire, kind)
            wire.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def main():
    address, kind = sys.argv[1:]
    with socket.create_server((address, 22)) as server:
        while True:
            wire, _ = server.accept()
            threading.Thread(target=connection, args=(wire, kind), daemon=True).start()


if __name__ == "__main__":
    main()
