#!/usr/bin/env python3
"""Proxies that behave in odd ways, each in its own: SOCKS5, HTTP CONNECT, and tailscaled's LocalAPI on a unix socket.

usage: oddproxy.py PORTFILE [-n BYTES] [-u UID] [-b ADDRESS PORT] [slow:]MODE[=ARGUMENT]...

Every mode gets a port of its own, a mode that begins with "local-" a unix socket; the lines "MODE PORT" (or PATH),
with MODE as it was given, appear in PORTFILE (all at once) when all of them listen. It serves until it is killed, or
until its parent is gone. With -b the first port is this one, with -u its socket belongs to that user. With "slow:" what
the proxy says comes in single bytes, of something long the middle in pieces.

Where a mode succeeds, a number as its argument is the port of a server on 127.0.0.1, to which it forwards; without
one the proxy itself plays the server: an identification, then an echo of BYTES bytes, then the end.

PORTFILE.log has a line for each request, "MODE request ...", and "MODE wrong ..." where the client did what no client
may: words that come before their turn, an end of its own before the answer, a malformed request.
"""

import base64
import functools
import json
import os
import re
import select
import socket
import struct
import sys
import threading
import time

BANNER = b"SSH-2.0-odd\r\n"
LOGIN = ("user", "secret")
PAUSE = 0.001       # between two bytes
EDGE = 400          # bytes at the start and at the end of something long that come one by one
QUIET = 0.02        # how long to look for words that should not come
HTML = (b"<!DOCTYPE html>\r\n<html><head><title>403 Access denied</title></head>\r\n"
        b"<body><h1>Access denied</h1>by the administrator</body></html>\r\n")
TEXTS = {
    "refused": "connect tcp 100.64.0.1:22: connection was refused",
    "timeout": "connect tcp 100.64.0.1:22: operation timed out",
    "deadline": "context deadline exceeded",
    "route": "connect tcp 100.64.0.1:22: no route to host",
    "name": "lookup x.mesh.test: no such host",
    "other": "the flux capacitor is discharged",
    "long": "the flux capacitor is discharged, " * 500,
    "escape": "\x1b[31m\x07\x9b2J\xffodd\x1b]0;owned\x07\x7f\ttext",
    "format": "%s%s%n%p 100%",
}
LOG_LOCK = threading.Lock()


class Client:
    """A connection, and how this mode treats it."""

    def __init__(self, sock, mode, argument, slow, options):
        self.sock = sock
        self.mode = mode
        self.argument = argument
        self.slow = slow
        self.logfile = options["log"]
        self.count = options["count"]
        self.methods = b""
        self.target = None      # the server behind the proxy, if it is not played here

    def note(self, text):
        with LOG_LOCK, open(self.logfile, "a", encoding="ascii", errors="backslashreplace") as f:
            f.write("%s%s %s\n" % ("slow:" if self.slow else "", self.mode, text))

    def put(self, data):
        if not self.slow:
            self.sock.sendall(data)
            return
        at = 0
        while at < len(data):
            size = 1 if at < EDGE or len(data) - at <= EDGE else min(499, len(data) - at - EDGE)
            self.sock.sendall(data[at:at + size])
            time.sleep(PAUSE)
            at += size

    def read(self, size):
        data = b""
        while len(data) < size:
            more = self.sock.recv(size - len(data))
            if not more:
                self.note("wrong: ended with %r, %d more were due" % (data, size - len(data)))
                raise EOFError
            data += more
        return data

    def head(self):
        """Up to the empty line, and never past it."""
        data = b""
        while not data.endswith(b"\r\n\r\n"):
            tail = data[-3:]
            more = self.sock.recv(65536, socket.MSG_PEEK)
            end = (tail + more).find(b"\r\n\r\n")
            data += self.read((len(more) if end == -1 else end + 4 - len(tail)) or 1)
        return data.decode("latin-1")

    def turn(self):
        """It is the proxy's turn, so the client has to wait and must not end."""
        if select.select([self.sock], [], [], QUIET)[0]:
            self.note("wrong: %r out of turn" % self.sock.recv(100, socket.MSG_PEEK))

    def drip(self, data):
        """One byte each so many milliseconds, which are the argument."""
        for byte in data:
            self.sock.sendall(bytes([byte]))
            time.sleep(int(self.argument) / 1000)

    def wait_end(self):
        """Reads and forgets until the client ends."""
        while self.sock.recv(65536):
            pass

    def fin(self):
        self.sock.shutdown(socket.SHUT_WR)
        self.wait_end()

    def reset(self):
        """close() that sends RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    # --- what is behind the proxy -----------------------------------------------------------------------------------

    def greeting(self):
        """The server's first bytes, which may come together with the proxy's last."""
        if not self.argument:
            return BANNER
        self.target = socket.create_connection(("127.0.0.1", int(self.argument)))
        return self.target.recv(65536)

    def serve(self, head=b"", glued=True):
        """The reply, and then the server."""
        greeting = self.greeting()
        if glued:
            self.put(head + greeting)
        else:
            self.put(head)
            self.put(greeting)
        if self.target is not None:
            self.forward(self.target)
        else:
            self.echo()

    def echo(self):
        left = self.count
        while left > 0:
            data = self.sock.recv(min(left, 65536))
            if not data:
                self.note("wrong: ended before the server did, %d bytes left" % left)
                return
            self.sock.sendall(data)
            left -= len(data)
        self.fin()

    def forward(self, target):
        def up():
            try:
                while True:
                    data = self.sock.recv(65536)
                    if not data:
                        break
                    target.sendall(data)
                target.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        threading.Thread(target=up, daemon=True).start()
        with target:
            while True:
                data = target.recv(65536)
                if not data:
                    break
                self.sock.sendall(data)
        self.sock.shutdown(socket.SHUT_WR)

    def first_eof(self):
        """As tailscaled does: the first end, of either side, is the end of both, and of all that is on the way."""
        self.put(BANNER)
        data = b""
        while len(data) < self.count:
            more = self.sock.recv(65536)
            if not more:
                self.note("wrong: ended before the server did")
                return
            data += more
        if select.select([self.sock], [], [], 0.5)[0]:
            self.note("wrong: half-closed before the server was done")
            return
        self.sock.sendall(data)
        self.fin()

    def sink(self):
        """Says hello, takes everything, and ends only after the client."""
        self.put(BANNER)
        self.wait_end()


def server(c):
    """No proxy at all."""
    c.serve()


# --- SOCKS5 (RFC 1928, RFC 1929) ------------------------------------------------------------------------------------

INET = b"\1\0\0\0\0\0\0"
INET6 = b"\4" + bytes(16) + b"\0\0"


def name(size):
    return b"\3" + bytes([size]) + b"n" * size + b"\0\x16"


def socks_greeting(c):
    version, count = c.read(2)
    c.methods = c.read(count)
    c.turn()
    if version != 5 or c.methods not in (b"\0", b"\0\2"):
        c.note("wrong: greeting %d %r" % (version, c.methods))


def socks_request(c):
    version, command, reserved, kind = c.read(4)
    if (version, command, reserved) != (5, 1, 0):
        c.note("wrong: request %d %d %d" % (version, command, reserved))
    if kind == 1:
        host = socket.inet_ntop(socket.AF_INET, c.read(4))
    elif kind == 4:
        host = socket.inet_ntop(socket.AF_INET6, c.read(16))
    else:
        host = c.read(c.read(1)[0]).decode("latin-1")
    port, = struct.unpack("!H", c.read(2))
    c.turn()
    c.note("request %s %d %s %d" % (c.methods.hex(), kind, host, port))


def socks_begin(c):
    socks_greeting(c)
    c.put(b"\5\0")
    socks_request(c)


def socks_apart(c):
    """The reply, and the server's word by itself."""
    socks_begin(c)
    c.serve(b"\5\0\0" + INET, glued=False)


def socks_inet(c):
    socks_begin(c)
    c.serve(b"\5\0\0" + INET)


def socks_inet6(c):
    socks_begin(c)
    c.serve(b"\5\0\0" + INET6)


def socks_name(c):
    """A name of ARGUMENT bytes."""
    size = int(c.argument)
    c.argument = ""
    socks_begin(c)
    c.serve(b"\5\0\0" + name(size))


def socks_kind(c):
    """An address of unknown kind."""
    socks_begin(c)
    c.put(b"\5\0\0" + bytes([int(c.argument)]) + bytes(6) + BANNER)
    c.wait_end()


def socks_rep(c):
    socks_begin(c)
    c.put(b"\5" + bytes([int(c.argument)]) + b"\0" + INET)
    c.fin()


def socks_rep_open(c):
    socks_begin(c)
    c.put(b"\5" + bytes([int(c.argument)]) + b"\0" + INET6)
    c.wait_end()


def socks_rep_short(c):
    """A refusal that ends with its second byte."""
    socks_begin(c)
    c.put(b"\5" + bytes([int(c.argument)]))
    c.fin()


def socks_method(c):
    socks_greeting(c)
    c.put(b"\5" + bytes([int(c.argument)]))
    c.wait_end()


def socks_version(c):
    socks_greeting(c)
    c.put(bytes([int(c.argument)]) + b"\0")
    c.wait_end()


def socks_reply_version(c):
    socks_begin(c)
    c.put(bytes([int(c.argument)]) + b"\0\0" + INET)
    c.wait_end()


def socks_part(c):
    """The first ARGUMENT bytes of what a proxy says."""
    size = int(c.argument)
    socks_greeting(c)
    c.put(b"\5\0"[:size])
    if size >= 2:
        socks_request(c)
        c.put((b"\5\0\0" + INET)[:size - 2])


def socks_cut(c):
    socks_part(c)
    c.fin()


def socks_rst(c):
    socks_part(c)
    c.reset()


def socks_stop(c):
    """Silence after so many bytes."""
    socks_part(c)
    c.wait_end()


def socks_drip(c):
    socks_begin(c)
    c.drip(b"\5\0\0" + name(255))


def silent(c):
    c.wait_end()


def socks_login(c, version=b"\1", status=b"\0"):
    socks_greeting(c)
    if 2 not in c.methods:
        c.put(b"\5\xff")
        c.wait_end()
        return
    c.put(b"\5\2")
    if c.read(1) != b"\1":
        c.note("wrong: version of the login")
    got = tuple(c.read(c.read(1)[0]).decode("latin-1") for _ in LOGIN)
    c.turn()
    if got != LOGIN:
        c.note("wrong: login %r %r" % got)
    c.put(version + status)
    if status == b"\0" and version == b"\1":
        socks_request(c)
        c.serve(b"\5\0\0" + INET)
    else:
        c.fin()


def socks_login_refused(c):
    socks_login(c, status=bytes([int(c.argument)]))


def socks_login_version(c):
    socks_login(c, version=bytes([int(c.argument)]))


def socks_login_cut(c):
    """Ends instead of an answer to the login."""
    socks_greeting(c)
    c.put(b"\5\2")
    c.read(2)
    c.sock.recv(1000)
    c.fin()


def socks_mute(c):
    """Says yes, and nothing more."""
    socks_begin(c)
    c.put(b"\5\0\0" + INET)
    c.wait_end()


def socks_yes_end(c):
    """Says yes, and ends: as `ssh -D` does when the host refuses."""
    socks_begin(c)
    c.put(b"\5\0\0" + INET)
    c.fin()


def socks_late(c):
    """REP 1 after so many seconds; tailscaled's limit is 5."""
    socks_begin(c)
    time.sleep(float(c.argument))
    c.put(b"\5\1\0" + INET)
    c.fin()


def socks_http(c):
    c.sock.recv(100)
    c.put(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n")
    c.fin()


def socks_ssh(c):
    """An SSH server, which speaks first."""
    c.put(BANNER)
    c.wait_end()


def socks_eof(c):
    socks_begin(c)
    c.put(b"\5\0\0" + INET)
    c.first_eof()


def socks_sink(c):
    socks_begin(c)
    c.put(b"\5\0\0" + INET)
    c.sink()


# --- HTTP CONNECT (RFC 9110 9.3.6, RFC 9112) ------------------------------------------------------------------------

OK = b"HTTP/1.1 200 Connection established\r\n"
# Successes, by the name behind "http-": the whole head, and behind it at once the server.
HTTP_YES = {
    "200": OK + b"Proxy-Agent: odd/1.0\r\nVia: 1.1 odd\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n",
    "200-go": b"HTTP/1.1 200 OK\r\n\r\n",
    "200-bare": b"HTTP/1.1 200\r\n\r\n",
    "200-blank": b"HTTP/1.1 200 \r\n\r\n",
    "200-old": b"HTTP/1.0 200 Connection established\r\nProxy-agent: odd\r\n\r\n",
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "299": b"HTTP/1.1 299 Odd\r\n\r\n",
    "100-200": b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"\r\n",
    "103-200": b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n" + OK + b"A: b\r\n\r\n",
    "102-many": b"HTTP/1.1 102 Processing\r\n\r\n" * 20 + OK + b"\r\n",
    "lf": b"HTTP/1.1 200 OK\nProxy-Agent: odd\n\n",
    "lf-mixed": b"HTTP/1.1 200 OK\r\nProxy-Agent: odd\n\r\n",
    "60k": OK + b"".join(b"X-%04d: %s\r\n" % (i, b"x" * 50) for i in range(1024)) + b"\r\n",
    "50k-line": OK + b"X: " + b"x" * 51200 + b"\r\n\r\n",
    "no-colon": OK + b"this is no header\r\n: nor this\r\n\r\n",
    "folded": OK + b"X-Folded: one\r\n\ttwo\r\n  three\r\n\r\n",
    "8bit": b"HTTP/1.1 200 \x1b[31m\xc3\xa9\xff\r\nX: \x80\x1b\r\n\r\n",
    "length": OK + b"Content-Length: 5\r\n\r\n",
    "length-0": OK + b"Content-Length: 0\r\n\r\n",
    "length-odd": OK + b"Content-Length: -1\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "chunked": OK + b"Transfer-Encoding: chunked\r\n\r\n",
    "close": OK + b"Connection: close\r\nProxy-Connection: close\r\n\r\n",
}


def plain(status, text, headers=b""):
    body = text.encode("latin-1") + b"\n"
    return (b"HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\n%sContent-Length: %d\r\n\r\n%s"
            % (status, headers, len(body), body))


# What is no success: all that is said, and after it the end.
HTTP_NO = {
    "407": plain(b"407 Proxy Authentication Required", "log in", b'Proxy-Authenticate: Basic realm="odd"\r\n'),
    "407-bare": b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
    "407-ntlm": plain(b"407 Proxy Authentication Required", "log in", b"Proxy-Authenticate: NTLM\r\n"),
    "407-several": plain(b"407 Proxy Authentication Required", "log in", b'Proxy-Authenticate: Digest realm="Basic, a",'
                         b' nonce="Basic"\r\nProxy-Authenticate: Negotiate, NTLM\r\n'),
    "403-html": b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(HTML) + HTML,
    "403-close": b"HTTP/1.0 403 Forbidden\r\nConnection: close\r\n\r\n" + HTML,
    "400": plain(b"400 Bad Request", "bad request"),
    "401": plain(b"401 Unauthorized", "log in", b'WWW-Authenticate: Basic realm="odd"\r\n'),
    "404": plain(b"404 Not Found", "not found"),
    "405": plain(b"405 Method Not Allowed", "no CONNECT here", b"Allow: GET, HEAD\r\n"),
    "429": plain(b"429 Too Many Requests", "later"),
    "302": b"HTTP/1.1 302 Found\r\nLocation: http://portal.test/login\r\nContent-Length: 0\r\n\r\n",
    "502-chunked": b"HTTP/1.1 502 Bad Gateway\r\nTransfer-Encoding: chunked\r\n\r\n"
                   b"19\r\n100.64.0.1: no such luck\n\r\n0\r\n\r\n",
    "502-lies": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 1000\r\n\r\nshort",
    "502-bare": b"HTTP/1.1 502 Bad Gateway\r\n\r\n",
    "long-reason": b"HTTP/1.1 502 " + b"Bad Gateway and " * 300 + b"so on\r\n\r\n",
    "escape": b"HTTP/1.1 502 \x1b[31mGo\x07 away\x9b2J\xff\x1b]0;owned\x07\x7f\t%s%n\r\nContent-Length: 0\r\n\r\n",
    "nul-reason": b"HTTP/1.1 200 O\0K\r\n\r\n" + BANNER,
    "nul-header": b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n" + BANNER,
    "nul-line": b"HTTP/1.1 200 OK\r\n\0\r\n\r\n" + BANNER,
    "70k": OK + b"".join(b"X-%04d: %s\r\n" % (i, b"x" * 50) for i in range(1200)) + b"\r\n" + BANNER,
    "70k-line": OK + b"X: " + b"x" * 71680 + b"\r\n\r\n" + BANNER,
    "70k-status": b"HTTP/1.1 200 " + b"x" * 71680 + b"\r\n\r\n" + BANNER,
    "100-only": b"HTTP/1.1 100 Continue\r\n\r\n" * 4000 + b"\r\n",
    "html": HTML,
    "text": b"no\r\n\r\n",
    "ssh": BANNER,
    "socks": b"\5\0\5\0\0" + INET,
    "999": b"HTTP/1.1 999 Odd\r\n\r\n",
    "099": b"HTTP/1.1 099 Odd\r\n\r\n",
    "20": b"HTTP/1.1 20\r\n\r\n",
    "2000": b"HTTP/1.1 2000 OK\r\n\r\n",
    "version": b"HTTP/2.0 200 OK\r\n\r\n",
    "no-version": b"HTTP/ 200 OK\r\n\r\n",
    "icy": b"ICY 200 OK\r\n\r\n",
    "lower": b"http/1.1 200 ok\r\n\r\n",
    "blank-first": b"\r\nHTTP/1.1 200 OK\r\n\r\n",
    "empty": b"",
}


def http_request(c):
    head = c.head()
    c.turn()
    lines = head[:-4].split("\r\n")
    match = re.fullmatch(r"CONNECT (?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d+) HTTP/1\.1", lines[0])
    if not match:
        c.note("wrong: %r" % lines[0])
        raise EOFError
    headers = [line.partition(": ")[::2] for line in lines[1:]]
    if [value for key, value in headers if key.lower() == "host"] != [lines[0].split(" ")[1]]:
        c.note("wrong: Host among %r" % headers)
    login = [value for key, value in headers if key.lower() == "proxy-authorization"]
    c.note("request %s %s %s" % ("basic" if login else "-", match[1] or match[2], match[3]))
    return login


def http_yes(c, head):
    http_request(c)
    c.serve(head)


def http_apart(c):
    http_request(c)
    c.serve(b"HTTP/1.1 200 OK\r\n\r\n", glued=False)


def http_no(c, answer):
    http_request(c)
    c.put(answer)
    c.fin()


def http_open(c):
    """502 whose length is told, and the connection stays."""
    http_request(c)
    c.put(plain(b"502 Bad Gateway", "dial failure: " + TEXTS[c.argument]))
    c.wait_end()


def http_open_lies(c):
    """The same, and more is announced than ever comes."""
    http_request(c)
    c.put(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 1000\r\n\r\nconnection refused")
    c.wait_end()


def http_500(c):
    http_no(c, plain(b"500 Internal Server Error", TEXTS[c.argument]))


def http_502(c):
    http_no(c, plain(b"502 Bad Gateway", TEXTS[c.argument]))


def http_503(c):
    http_no(c, plain(b"503 Service Unavailable", TEXTS[c.argument]))


def http_504(c):
    http_no(c, plain(b"504 Gateway Timeout", TEXTS[c.argument]))


def http_tailscale(c):
    """tailscaled's own answer."""
    text = TEXTS[c.argument]
    http_no(c, plain(b"500 Internal Server Error", text,
                     b"Tailscale-Connect-Error: %s\r\n" % text.encode("latin-1")))


def http_login(c):
    login = http_request(c)
    wanted = "Basic " + base64.b64encode(":".join(LOGIN).encode()).decode()
    if not login:
        c.put(HTTP_NO["407"])
        c.fin()
        return
    if login != [wanted]:
        c.note("wrong: login %r" % login)
    c.serve(OK + b"\r\n")


def http_part(c):
    http_request(c)
    c.put(b"HTTP/1.1 200 OK\r\n\r\n"[:int(c.argument)])


def http_cut(c):
    http_part(c)
    c.fin()


def http_rst(c):
    http_part(c)
    c.reset()


def http_stop(c):
    http_part(c)
    c.wait_end()


def http_mute(c):
    http_request(c)
    c.put(b"HTTP/1.1 200 OK\r\n\r\n")
    c.wait_end()


def http_ssh_first(c):
    """An SSH server, which speaks first."""
    c.put(BANNER)
    c.wait_end()


def http_headers_endless(c):
    http_request(c)
    c.put(OK)
    while True:
        c.put(b"X-Odd: and so on\r\n" * 100)


def http_body_endless(c):
    http_request(c)
    c.put(b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\n\r\n")
    while True:
        c.put(b"and so on\r\n" * 100)


def http_drip(c):
    """Never silent for long, and never done: a limit per read would not end this."""
    http_request(c)
    c.put(OK)
    while True:
        c.put(b"X-Odd: and so on\r\n")
        time.sleep(0.2)


def http_drip_head(c):
    http_request(c)
    c.drip(OK + b"X-Odd: " + b"x" * 8000)


def http_drip_body(c):
    http_request(c)
    c.put(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
    c.drip(b"x" * 8000)


def http_eof(c):
    http_request(c)
    c.put(b"HTTP/1.1 200 OK\r\n\r\n")
    c.first_eof()


def http_sink(c):
    http_request(c)
    c.put(b"HTTP/1.1 200 OK\r\n\r\n")
    c.sink()


# --- LocalAPI (tailscale ipn/localapi) ------------------------------------------------------------------------------

SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: ts-dial\r\n\r\n"
GO = b"Tailscale-Cap: 130\r\nTailscale-Version: 1.102.3-t9329c3677\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
LOCAL_NO = {
    "400": plain(b"400 Bad Request", "bad ts-dial upgrade", GO),
    "401": plain(b"401 Unauthorized", "Tailscale already in use by other", GO),
    "403": plain(b"403 Forbidden", "invalid localapi request", GO),
    "404": plain(b"404 Not Found", "404 page not found", GO),
    "405": plain(b"405 Method Not Allowed", "POST required", GO),
    "500": plain(b"500 Internal Server Error", "no backend", GO),
    "200": plain(b"200 OK", "this is no dial", GO),
    "self-nowhere": plain(b"200 OK", "", GO + b"Dial-Self: true\r\n"),
    "self-garbage": plain(b"200 OK", "", GO + b"Dial-Self: true\r\nDial-Addr: \x1b[31m;x:y:z\r\n"),
    "html": HTML,
    "ssh": BANNER,
    "empty": b"",
}


def status_document(state="Running", tun=False, addrs=("100.64.0.2", "fd7a:115c:a1e0::2")):
    running = state in ("Running", "Starting")
    return {
        "Version": "1.102.3-t9329c3677-ga522f65e9",
        "TUN": tun,
        "BackendState": state,
        "HaveNodeKey": True,
        "AuthURL": "https://login.test/a/0123456789ab" if state == "NeedsLogin" else "",
        "TailscaleIPs": list(addrs) if running else None,
        "Self": {
            "ID": "2", "NodeID": 2, "PublicKey": "nodekey:" + "1f2e" * 16, "HostName": "laptop",
            "DNSName": "laptop.mesh.test." if running else "", "OS": "linux", "UserID": 1,
            "TailscaleIPs": list(addrs) if running else None, "Addrs": ["10.99.0.3:41641"], "CurAddr": "",
            "Relay": "lab", "Online": True, "ExitNode": False, "Active": False,
            "CapMap": {"default-auto-update": [True], "https://tailscale.test/cap/ssh": None},
            "InNetworkMap": True, "InMagicSock": False, "InEngine": False,
        },
        "Health": [] if running else ["not running"],
        "MagicDNSSuffix": "mesh.test" if running else "",
        "CurrentTailnet": {"Name": "test", "MagicDNSSuffix": "mesh.test", "MagicDNSEnabled": True} if running else None,
        "CertDomains": None,
        "ExtraRecords": None,
        "Peer": None,
        "User": {"1": {"ID": 1, "LoginName": "alice", "DisplayName": "alice"}},
        "ClientVersion": None,
    }


def status_answer(document, version="1.0"):
    """As Go's server: to HTTP/1.0 plain up to the end, to HTTP/1.1 in chunks."""
    body = document if isinstance(document, bytes) else json.dumps(document, indent="\t").encode()
    head = b"HTTP/%s 200 OK\r\nContent-Type: application/json\r\n%s" % (version.encode(), GO)
    if version == "1.0":
        return head + b"\r\n" + body
    return (head + b"Transfer-Encoding: chunked\r\n\r\n" +
            b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 2048]), body[i:i + 2048]) for i in range(0, len(body), 2048)) +
            b"0\r\n\r\n")


def big_document(size):
    """So many bytes of peers, although nobody asked for them."""
    peer = {"HostName": "n", "DNSName": "n.mesh.test.", "TailscaleIPs": ["100.64.0.1"], "Tags": ["x" * 1400]}
    document = status_document()
    document["Peer"] = {"nodekey:%064x" % i: peer for i in range(size // 1600)}
    return document


@functools.lru_cache
def big_answer(size):
    return status_answer(big_document(int(size)))


def local_request(c):
    """What is wanted, "status" or "dial"; the request is as it should be."""
    head = c.head()
    c.turn()
    lines = head[:-4].split("\r\n")
    headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in lines[1:])}
    if headers.get("host") != "local-tailscaled.sock" or "referer" in headers or "origin" in headers:
        c.note("wrong: %r" % head)
        c.put(LOCAL_NO["403"])
        raise EOFError
    if re.fullmatch(r"GET /localapi/v0/status(\?peers=false)? HTTP/1\.[01]", lines[0]):
        c.note("request " + lines[0])
        return "status"
    if (lines[0] != "POST /localapi/v0/dial HTTP/1.1" or headers.get("upgrade") != "ts-dial" or
            "upgrade" not in headers.get("connection", "") or headers.get("content-length", "0") != "0" or
            not re.fullmatch(r"\d+", headers.get("dial-port", "")) or
            not re.fullmatch(r"[^\[\]\s]+", headers.get("dial-host", ""))):
        c.note("wrong: %r" % head)
        c.put(LOCAL_NO["400"])
        raise EOFError
    c.note("request dial %s %s" % (headers["dial-host"], headers["dial-port"]))
    return "dial"


def local(c, dial, status=None):
    """One connection: `status` gives the answer to that request or takes the client over, `dial` does the rest."""
    if local_request(c) == "dial":
        dial(c)
        return
    if status is None:
        c.sock.sendall(status_answer(status_document()))
    elif isinstance(status, bytes):
        c.sock.sendall(status)
    else:
        status(c)


def dial_yes(c):
    c.serve(SWITCH)


def local_yes(c):
    local(c, dial_yes)


def local_apart(c):
    local(c, lambda c: c.serve(SWITCH, glued=False))


def local_no(c, answer):
    def dial(c):
        c.put(answer)
        c.fin()

    local(c, dial)


def local_no_open(c):
    """502, and the connection stays, as Go's does."""
    def dial(c):
        c.put(plain(b"502 Bad Gateway", "dial failure: " + TEXTS[c.argument], GO))
        c.wait_end()

    local(c, dial)


def local_502(c):
    kind = "resolve" if c.argument == "name" else "dial"
    local_no(c, plain(b"502 Bad Gateway", "%s failure: %s" % (kind, TEXTS[c.argument]), GO))


def dial_self(c):
    c.put(plain(b"200 OK", "", GO + b"Dial-Self: true\r\nDial-Addr: %s\r\n" % c.argument.encode()))
    c.fin()


def local_self(c):
    local(c, dial_self)


def local_self_tun(c):
    """The same from a daemon with a TUN device, whose own address is one of this machine's."""
    local(c, dial_self, status_answer(status_document(tun=True, addrs=["127.0.0.1"])))


def local_hang(c):
    local(c, Client.wait_end)


def local_drip(c):
    local(c, lambda c: c.drip(SWITCH[:-2] + b"X-Odd: " + b"x" * 8000))


def local_hang_all(c):
    c.wait_end()


def local_cut(c):
    def dial(c):
        c.put(SWITCH[:int(c.argument)])
        c.fin()

    local(c, dial)


def local_rst(c):
    def dial(c):
        c.put(SWITCH[:int(c.argument)])
        c.reset()

    local(c, dial)


def local_mute(c):
    def dial(c):
        c.put(SWITCH)
        c.wait_end()

    local(c, dial)


def local_status_hang(c):
    local(c, dial_yes, Client.wait_end)


def local_status_garbage(c):
    local(c, dial_yes, status_answer(b"{\"Version\": \"1.2\", \"TUN\": fal\0se, [[[[[" * 20))


def local_status_deep(c):
    local(c, dial_yes, status_answer(b"[" * 100000))


def local_status_other(c):
    """JSON, of another kind than is expected."""
    document = b'{"BackendState": 7, "TailscaleIPs": {"a": 1}, "MagicDNSSuffix": [1], "TUN": "x"}'
    local(c, dial_yes, status_answer(document))


def local_status_html(c):
    local(c, dial_yes, HTML)


def local_status_404(c):
    local(c, dial_yes, LOCAL_NO["404"])


def local_status_end(c):
    local(c, dial_yes, lambda c: None)


def local_status_big(c):
    answer = big_answer(c.argument)
    c.argument = ""
    local(c, dial_yes, lambda c: c.sock.sendall(answer))


def local_status_slow(c):
    """In small pieces, the first and the last of single bytes, without a pause; that it is read, its state shows."""
    def status(c):
        for i in list(range(50)) + list(range(50, len(answer) - 50, 25)):
            c.sock.sendall(answer[i:i + (1 if i < 50 else min(25, len(answer) - 50 - i))])
        for i in range(len(answer) - 50, len(answer)):
            c.sock.sendall(answer[i:i + 1])

    answer = status_answer(status_document(c.argument))
    c.argument = ""
    local(c, dial_yes, status)


def local_status_drip(c):
    """One byte at a time, and slowly."""
    def status(c):
        for i, _ in enumerate(answer):
            c.sock.sendall(answer[i:i + 1])
            time.sleep(0.05)

    answer = status_answer(status_document())
    local(c, dial_yes, status)


def local_state(c):
    document = status_document(c.argument)
    c.argument = ""
    local(c, dial_yes, status_answer(document))


def local_eof(c):
    def dial(c):
        c.put(SWITCH)
        c.first_eof()

    local(c, dial)


# --------------------------------------------------------------------------------------------------------------------

MODES = {f.__name__.replace("_", "-"): f for f in (
    silent, server, socks_apart, socks_inet, socks_inet6, socks_name, socks_kind, socks_rep, socks_rep_open,
    socks_rep_short, socks_method, socks_version, socks_reply_version, socks_cut, socks_rst, socks_stop, socks_login,
    socks_login_refused, socks_login_version, socks_login_cut, socks_mute, socks_yes_end, socks_late, socks_http,
    socks_ssh, socks_eof, socks_sink, http_apart, http_open, http_open_lies, http_500, http_502, http_503, http_504,
    http_tailscale, http_login, http_cut, http_rst, http_stop, http_mute, http_ssh_first, http_headers_endless,
    http_body_endless, http_drip, http_drip_head, http_drip_body, http_eof, http_sink, socks_drip, local_drip,
    local_yes, local_apart, local_no_open, local_502, local_self, local_self_tun, local_hang, local_hang_all, local_cut,
    local_rst, local_mute, local_status_hang, local_status_garbage, local_status_deep, local_status_other,
    local_status_html, local_status_404,
    local_status_end, local_status_big, local_status_slow, local_status_drip, local_state, local_eof)}
MODES.update(("http-" + key, lambda c, head=value: http_yes(c, head)) for key, value in HTTP_YES.items())
MODES.update(("http-" + key, lambda c, answer=value: http_no(c, answer)) for key, value in HTTP_NO.items())
MODES.update(("local-" + key, lambda c, answer=value: local_no(c, answer)) for key, value in LOCAL_NO.items())


def one(sock, word, options):
    slow = word.startswith("slow:")
    mode, _, argument = word[5 if slow else 0:].partition("=")
    try:
        with sock:
            if sock.family != socket.AF_UNIX:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            MODES[mode](Client(sock, mode + ("=" + argument if argument else ""), argument, slow, options))
    except (OSError, EOFError):
        pass


def accept_loop(listener, word, options):
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=one, args=(sock, word, options), daemon=True).start()


def main():
    args = sys.argv[1:]
    portfile = args.pop(0)
    options = {"log": portfile + ".log", "count": 0}
    bound = ("127.0.0.1", 0)
    owner = os.geteuid()
    if args[:1] == ["-n"]:
        options["count"] = int(args[1])
        args = args[2:]
    if args[:1] == ["-u"]:
        owner = int(args[1])
        args = args[2:]
    if args[:1] == ["-b"]:
        bound = (args[1], int(args[2]))
        args = args[3:]
    keep = []
    told = ""
    for word in args:
        mode = word[5 if word.startswith("slow:") else 0:]
        if mode.startswith("local-"):
            listener = socket.socket(socket.AF_UNIX)
            where = "%s.%d" % (portfile, len(keep))
            listener.bind(where)
        else:
            os.seteuid(owner)       # a socket belongs to whoever makes it
            listener = socket.socket(socket.AF_INET6 if ":" in bound[0] else socket.AF_INET)
            os.seteuid(os.getuid())
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(bound)
            bound = ("127.0.0.1", 0)
            where = listener.getsockname()[1]
        keep.append(listener)
        if mode not in ("refused", "local-refused"):    # these are bound, so that nobody else is there
            kind, _, argument = mode.partition("=")
            if kind not in MODES:
                sys.exit("oddproxy.py: no mode " + word)
            if kind == "local-status-big":
                big_answer(argument)        # which takes its time
            listener.listen(50)
            threading.Thread(target=accept_loop, args=(listener, word, options), daemon=True).start()
        told += "%s %s\n" % (word, where)
    with open(portfile + ".new", "w", encoding="ascii") as f:
        f.write(told)
    os.rename(portfile + ".new", portfile)
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(1)


if __name__ == "__main__":
    main()
