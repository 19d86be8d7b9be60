#!/usr/bin/env python3
"""Takes a socket over from `meshssh --fdpass` as ssh does, and looks at it more closely than ssh.

usage: fdpass-receive.py [--speak] MESHSSH [OPTION...] HOST PORT
With --speak it does as libssh and paramiko do, which do not know ProxyUseFdpass: it sends its identification string on
the socket at once, and wants the server's.
Prints what was wrong, one line each, and exits 1; or prints nothing and exits 0.
"""
import array
import os
import socket
import subprocess
import sys
import time

wrong = []


def check(name, got, wanted):
    if got != wanted:
        wrong.append("%s: %r, wanted %r" % (name, got, wanted))


def speak():
    ours, theirs = socket.socketpair()
    ours.settimeout(20)
    ours.sendall(b"SSH-2.0-speaker\r\n")
    child = subprocess.Popen([sys.argv[2], "--fdpass"] + sys.argv[3:], stdin=theirs, stdout=theirs,
                             stderr=subprocess.DEVNULL)
    theirs.close()
    data, control, _, _ = ours.recvmsg(4, socket.CMSG_SPACE(4 * 8), socket.MSG_WAITALL)
    check("first bytes", data, b"SSH-")
    check("descriptors", control, [])
    ours.close()
    child.wait(timeout=20)


def main():
    host, port = sys.argv[-2:]
    ours, theirs = socket.socketpair()
    ours.settimeout(20)
    child = subprocess.Popen([sys.argv[1], "--fdpass"] + sys.argv[2:], stdin=theirs, stdout=theirs,
                             stderr=subprocess.PIPE)
    theirs.close()
    # Room for more bytes and descriptors than there may be.
    data, control, _, _ = ours.recvmsg(16, socket.CMSG_SPACE(4 * 8))
    received = time.monotonic()
    fds = array.array("i")
    for level, kind, content in control:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            fds.frombytes(content[:len(content) // 4 * 4])
    check("bytes", len(data), 1)
    check("descriptors", len(fds), 1)
    check("after them", ours.recv(16), b"")
    status = child.wait(timeout=20)
    # ssh waits for the end of its child before it says the first word.
    took = time.monotonic() - received
    if took > 0.5:
        wrong.append("it stays for %.2f s after it has handed over" % took)
    check("exit status", status, 0)
    check("stderr", child.stderr.read(), b"")
    if len(fds) != 1:
        return

    s = socket.socket(fileno=fds[0])
    tcp = socket.IPPROTO_TCP
    check("peer", s.getpeername()[:2], (host, int(port)))
    check("SO_ERROR", s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), 0)
    check("SO_KEEPALIVE", s.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), 1)
    check("TCP_NODELAY", s.getsockopt(tcp, socket.TCP_NODELAY), 1)
    if s.family == socket.AF_INET6:
        check("IPV6_TCLASS", s.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS), 0)
    else:
        check("IP_TOS", s.getsockopt(socket.IPPROTO_IP, socket.IP_TOS), 0)
    # A session may outlast an outage: silence as tcp(7) has it, but with probes; unanswered data as the kernel has it.
    dead_after = s.getsockopt(tcp, socket.TCP_KEEPIDLE) + \
        s.getsockopt(tcp, socket.TCP_KEEPINTVL) * s.getsockopt(tcp, socket.TCP_KEEPCNT)
    if dead_after != 7890:
        wrong.append("keepalive: dead after %d s" % dead_after)
    check("TCP_USER_TIMEOUT", s.getsockopt(tcp, socket.TCP_USER_TIMEOUT), 0)
    # Nothing of the stream may be taken before: the server's first word is still there.
    s.settimeout(10)
    check("first bytes", s.recv(8, socket.MSG_PEEK)[:4], b"SSH-")


if sys.argv[1] == "--speak":
    speak()
else:
    main()
print("\n".join(wrong), end="\n" if wrong else "")
sys.exit(1 if wrong else 0)
