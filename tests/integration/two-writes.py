"""A server that answers each request in two writes, as sshd does where there is no terminal: its kernel holds the second
back until the first was acknowledged, so that shall not take the 40 ms of an acknowledgement that waits for company.

two-writes.py MESHSSH [SERVER-PORT-FILE SERVE-PORT-FILE]
        with files, it is behind meshssh-serve: the server's port is written to the one, that of meshssh-serve is awaited
        in the other
"""

import os
import socket
import subprocess
import sys
import threading
import time

ROUNDS = 40         # a new connection acknowledges at once
COUNTED = 20
QUICK_S = 0.02      # half of what a delay is
ENOUGH = 3          # on a machine with other work


def lines(read):
    """The lines of an unbuffered source, each with its end."""
    line = b""
    while byte := read(1):
        line += byte
        if byte == b"\n":
            yield line
            line = b""


def answer(s):
    try:
        s.sendall(b"SSH-2.0-OpenSSH_two-writes\r\n")
        for line in lines(s.recv):
            if not line.startswith(b"SSH-"):
                s.sendall(b"a" * 200)
                s.sendall(b"b" * 199 + b"\n")
    except OSError:
        pass    # one that only looks whether it can connect, or the end


def serve(listener):
    while True:
        s, _ = listener.accept()
        threading.Thread(target=answer, args=(s,), daemon=True).start()


def exchange_ports(port, out, back):
    with open(out + ".new", "w", encoding="ascii") as f:
        f.write(str(port))
    os.rename(out + ".new", out)
    until = time.monotonic() + 30
    while not os.path.exists(back):
        assert time.monotonic() < until, "no meshssh-serve"
        time.sleep(0.02)    # the pace of the poll
    with open(back, encoding="ascii") as f:
        return f.read().strip()


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    resume = exchange_ports(port, *sys.argv[2:]) if sys.argv[2:] else "off"
    with subprocess.Popen([sys.argv[1], "--resume=" + resume, "127.0.0.1", str(port)], bufsize=0,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as relay:
        relay.stdin.write(b"SSH-2.0-OpenSSH_client\r\n")
        answers = lines(relay.stdout.read)
        next(answers)
        took = []
        for _ in range(ROUNDS):
            since = time.monotonic()
            relay.stdin.write(b"what\n")
            assert len(next(answers)) == 400
            took.append(time.monotonic() - since)
        relay.stdin.close()
        relay.stdout.close()
    quick = sum(seconds < QUICK_S for seconds in took[-COUNTED:])
    print(f"{quick} of {COUNTED} answers in less than {QUICK_S * 1000:.0f} ms\n" +
          " ".join(f"{seconds * 1000:.1f}" for seconds in took))
    return 0 if quick >= ENOUGH else 1


sys.exit(main())
