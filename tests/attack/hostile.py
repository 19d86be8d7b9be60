"""Hostile servers, more of them than tests/integration/oddserver.py has, each on a port of its own in this process,
so that what was sent is known."""

import importlib.util
import os
import socket
import struct
import threading
import time

import attack

spec = importlib.util.spec_from_file_location("oddserver", os.path.join(attack.TOOLS, "oddserver.py"))
odd = importlib.util.module_from_spec(spec)
spec.loader.exec_module(odd)

ID = b"SSH-2.0-odd\r\n"
EVIL = b"\x1b[31m\x07\x9b2JGo away\x1b]0;owned\x07\x7f"
SENT_MAX = 8 << 20


class Wire:
    """A connected socket that knows what was sent through it."""

    def __init__(self, sock, sent):
        self.sock = sock
        self.sent = sent

    def sendall(self, data):
        if len(self.sent) < SENT_MAX:
            self.sent += data
        self.sock.sendall(data)

    def __getattr__(self, name):
        return getattr(self.sock, name)


class Server:
    """A listener; `serve(wire)` for each connection."""

    def __init__(self, serve, family=socket.AF_INET, address=("127.0.0.1", 0)):
        self.serve = serve
        self.sent = []
        self.open = 0
        self.listener = socket.socket(family)
        self.listener.bind(address)
        self.listener.listen(500)
        self.name = self.listener.getsockname()
        threading.Thread(target=self.accept, daemon=True).start()

    def port(self):
        return str(self.name[1])

    def accept(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            sent = bytearray()
            self.sent.append(sent)
            threading.Thread(target=self.one, args=(Wire(s, sent),), daemon=True).start()

    def one(self, wire):
        self.open += 1
        try:
            self.serve(wire)
        except (OSError, EOFError):
            pass
        finally:
            wire.sock.close()
            self.open -= 1

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)    # which ends accept(), too
        self.listener.close()

    def wires(self):
        """What was sent to each client."""
        return [bytes(s) for s in self.sent]


# --- SSH ------------------------------------------------------------------------------------------------------------

def packet(payload, length=None, padding=None):
    """A packet of RFC 4253 6 without a MAC, or one that lies about its length or padding."""
    pad = 8 - (5 + len(payload)) % 8
    pad += 8 if pad < 4 else 0
    return (struct.pack(">IB", 1 + len(payload) + pad if length is None else length, pad if padding is None else padding)
            + payload + b"\0" * pad)


def string(data):
    return struct.pack(">I", len(data)) + data


LISTS = (b"curve25519-sha256", b"ssh-ed25519", b"aes128-ctr", b"aes128-ctr", b"hmac-sha2-256", b"hmac-sha2-256", b"none",
         b"none", b"", b"")


def kexinit(lists=LISTS):
    return b"\x14" + b"c" * 16 + b"".join(string(x) for x in lists) + b"\0" + b"\0" * 4


CLIENT = b"SSH-2.0-attack\r\n" + packet(kexinit((b"curve25519-sha256,x" + b"y" * 1200,) + LISTS[1:]))


def says(data):
    """This, and then nothing more."""
    def serve(s):
        s.sendall(data)
        odd.wait_end(s)
    return serve


def says_fin(data):
    def serve(s):
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        odd.wait_end(s)
    return serve


def says_reset(data):
    def serve(s):
        s.sendall(data)
        s.recv(1)
        odd.reset(s)
    return serve


def drips(start, data, pause=0.1):
    """A start, and then a piece again and again, for ever."""
    def serve(s):
        s.sendall(start)
        while True:
            s.sendall(data)
            time.sleep(pause)
    return serve


def floods(start, data):
    def serve(s):
        s.sendall(start)
        while True:
            s.sendall(data)
    return serve


def window(start):
    """Says this, and never reads: soon the client can send no more."""
    def serve(s):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        s.sendall(start)
        while True:
            time.sleep(0.5)
            s.getpeername()     # fails when the client has reset
            if s.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b"":
                return
    return serve


def mirror(s):
    """Says what the client says."""
    while True:
        data = s.recv(65536)
        if not data:
            return
        s.sendall(data)


def echoes(start, count):
    """Says this, then what the client says, up to so many bytes, and ends."""
    def serve(s):
        s.sendall(start)
        got = 0
        while got < count:
            data = s.recv(65536)
            if not data:
                break
            got += len(data)
            s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        odd.wait_end(s)
    return serve


def after_client(data):
    """Waits for the client's words, and ends."""
    def serve(s):
        s.recv(65536)
        s.sendall(data)
    return serve


def urgent(s):
    s.send(b"!", socket.MSG_OOB)
    s.sendall(ID)
    s.send(b"!", socket.MSG_OOB)
    odd.wait_end(s)


def splits(data, pause=0.002):
    """Byte by byte, then silence."""
    def serve(s):
        for i in range(len(data)):
            s.sendall(data[i:i + 1])
            time.sleep(pause)
        odd.wait_end(s)
    return serve


KEX = packet(kexinit())
PLAIN_MODES = {
    "drip-id": drips(b"SSH-2.0-", b"x", 0.5),
    "drip-lines": drips(b"", b"wait\r\n"),
    "drip-kexinit": drips(ID + packet(kexinit(), length=30000)[:20], b"x", 0.5),
    "drip-kexinits": drips(ID, KEX),
    "flood-lines": floods(b"", b"this is a line\r\n" * 4096),
    "flood-id": floods(b"SSH-2.0-", b"x" * 65536),
    "flood-nuls": floods(b"", b"\0" * 65536),
    "flood-kexinits": floods(ID, KEX * 64),
    "id-1mb": says(b"SSH-2.0-" + b"x" * (1 << 20) + b"\r\n"),
    "id-nul": says(b"SSH-2.0-odd\0evil\r\n"),
    "id-escape": says_fin(b"SSH-2.0-" + EVIL + b"\r\n"),
    "id-8bit": says_fin(b"SSH-2.0-\xe2\x80\xae\xff\x80\r\n"),
    "id-format": says_fin(b"SSH-2.0-%s%n%p\r\n"),
    "id-long": says_fin(b"SSH-2.0-" + b"y" * 300 + b"\r\n"),
    "id-lf": says_fin(b"SSH-2.0-odd\n"),
    "id-cr": says(b"SSH-2.0-odd\r"),
    "id-empty": says_fin(b"SSH-2.0-\r\n"),
    "id-short": says_fin(b"SSH-2.0\r\n"),
    "id-shorter": says_fin(b"SSH-\r\n"),
    "id-lower": says_fin(b"ssh-2.0-odd\r\n"),
    "id-blank": says_fin(b" SSH-2.0-odd\r\n"),
    "id-twice": says_fin(ID + ID),
    "ssh-1.5": says(b"SSH-1.5-OpenSSH_1.2.27\n"),
    "ssh-1.99": says_fin(b"SSH-1.99-odd\r\n"),
    "ssh-99": says(b"SSH-99.9-odd\r\n"),
    "nuls": says_fin(b"\0" * 100000),
    "newlines": says_fin(b"\r\n" * 100000),
    "returns": says(b"\r" * 100000),
    "hash": says_fin(b"# SSH\r\n@nix {\"action\":\"msg\",\"level\":0,\"msg\":\"owned\"}\r\n"),
    "hash-id": says_fin(b"# SSH\r\n@nix {\"action\":\"stop\"}\r\n" + ID),
    "format": says_fin(b"%s%s%s%n%p\r\n"),
    "tls-alert": says_fin(b"\x15\x03\x01\x00\x02\x02\x28"),
    "tls-hello": says(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + b"h" * 117),
    "http2": says(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\x00\x03\x00\x00\x00\x80" * 3),
    "smtp": says(b"220 mail.test ESMTP\r\n"),
    "telnet": says(b"\xff\xfd\x18\xff\xfd\x20\xff\xfb\x01\r\nlogin: "),
    "mysql": says(b"\x4a\x00\x00\x00\x0a8.0.32\0" + b"m" * 60),
    "vnc": says(b"RFB 003.008\n"),
    "window": window(b""),
    "mirror": mirror,
    "fin-after-client": after_client(b""),
    "urgent": urgent,
    "split-id": splits(ID),
    "window-id": window(ID),
    "kex-silence": says(ID + KEX),
    "kex-split": splits(ID + KEX, 0.001),
    "kex-length-0": says(ID + packet(kexinit(), length=0)),
    "kex-length-max": says(ID + packet(kexinit(), length=0xffffffff)),
    "kex-length-sign": says(ID + packet(kexinit(), length=0x80000000)),
    "kex-length-odd": says(ID + packet(kexinit(), length=len(kexinit()) - 3)),
    "kex-padding": says(ID + packet(kexinit(), padding=255)),
    "kex-list-long": says(ID + packet(b"\x14" + b"c" * 16 + b"\x7f\xff\xff\xff" + b"x" * 200)),
    "kex-list-commas": says(ID + packet(kexinit((b"," * 30000,) + LISTS[1:]))),
    "kex-list-escape": says(ID + packet(kexinit((EVIL,) + LISTS[1:]))),
    "kex-empty": says(ID + packet(kexinit((b"",) * 10))),
    "kex-disconnect": says_fin(ID + packet(b"\x01\0\0\0\x02" + string(EVIL) + string(b""))),
    "kex-cut-fin": says_fin(ID + KEX[:50]),
    "kex-cut-reset": says_reset(ID + KEX[:50]),
    "kex-reset": says_reset(ID + KEX),
    "id-reset": says_reset(ID),
    "id-cut-reset": says_reset(b"SSH-2.0-o"),
    "kex-noise": says(ID + attack.rng("noise").randbytes(30000)),
}
OLD = ("silent", "close", "fin", "refusal", "rst", "http", "http-open", "html", "longline", "garbage", "garbage-close", "half",
       "half-close", "escape", "midfin", "banner", "hoard", "source", "echo")


def modes():
    """Every one: name and function."""
    found = {name: (lambda s, f=odd.MODES[name]: f(s, "")) for name in OLD}
    found.update(PLAIN_MODES)
    return found


def is_ssh(name):
    """What says who it is, as RFC 4253 4.2 wants, and in a version that an ssh of today speaks."""
    return (name.startswith(("kex-", "id-")) and name not in ("id-1mb", "id-cr", "id-short", "id-shorter", "id-lower",
                                                              "id-blank", "id-cut-reset")) or name in (
            "midfin", "banner", "hoard", "source", "echo", "ssh-1.99", "hash-id", "urgent", "split-id", "window-id",
            "drip-kexinit", "drip-kexinits", "flood-kexinits")


def is_for_ssh(name):
    """What a relay leaves to ssh: it begins as the identification of some SSH server does."""
    return is_ssh(name) or name in ("id-short", "id-shorter", "ssh-1.5", "ssh-99", "mirror")


def may_be_healthy(name):
    """As far as the doctor goes, which ends with the server's KEXINIT, there is nothing wrong with it."""
    return name in ("kex-silence", "kex-split", "kex-reset", "drip-kexinits", "flood-kexinits")


def never_looks(name):
    """It does not read, and so does not see the client's end."""
    return name == "hoard" or name.startswith("window")
