#!/usr/bin/env python3
"""The two ends of tests/mesh/versus.

versus.py serve PORT FILE           greets as an ssh server does, then sends or swallows what it is asked for; FILE
                                    appears when it listens
versus.py compare NAME=COMMAND...   runs the relays in turn and prints medians, min..max and the ratio to the first
"""

import os
import signal
import socket
import statistics
import sys
import threading
import time
from subprocess import PIPE, Popen

SIZE = 100_000_000
STARTS = 20
TRANSFERS = 5
PIECE = b"\xa5" * (1 << 18)


def talk(s):
    """One client: `SSH-2.0-down` is sent SIZE bytes, `SSH-2.0-up` sends them and is told when they are here."""
    with s:
        s.sendall(b"SSH-2.0-versus\r\n")
        line = b""
        while not line.endswith(b"\n"):
            byte = s.recv(1)
            if not byte:
                return
            line += byte
        if b"down" in line:
            left = SIZE
            while left:
                left -= s.send(PIECE[:left])
        else:
            left = SIZE
            while left:
                got = len(s.recv(min(left, len(PIECE))))
                if not got:
                    return
                left -= got
            s.sendall(b"all\n")
        s.recv(1)


def client(s):
    try:
        talk(s)
    except OSError:
        pass  # a client that ends early is no fault


def serve(port, path):
    listener = socket.create_server(("", port), family=socket.AF_INET, backlog=100)
    open(path, "w").close()
    while True:
        s, _ = listener.accept()
        threading.Thread(target=client, args=(s,), daemon=True).start()


class Relay:
    """A relay under way, its stdin and stdout being pipes, as ssh has it."""

    def __init__(self, command):
        self.since = time.monotonic()
        self.process = Popen(command, stdin=PIPE, stdout=PIPE, bufsize=0)
        self.input = self.process.stdin.fileno()
        self.output = self.process.stdout.fileno()
        self.greeting = os.read(self.output, 1)
        self.start = time.monotonic() - self.since
        while not self.greeting.endswith(b"\n"):
            piece = os.read(self.output, 1)
            assert piece, "no greeting"
            self.greeting += piece

    def read(self, size):
        while size:
            got = len(os.read(self.output, min(size, len(PIECE))))
            assert got, "the relay ended early"
            size -= got

    def write(self, size):
        while size:
            size -= os.write(self.input, PIECE[:size])

    def end(self):
        """Ends it; returns CPU seconds and peak memory. wait4's own peak would be that of our fork."""
        with open(f"/proc/{self.process.pid}/status") as status:
            peak = [int(line.split()[1]) for line in status if line.startswith("VmHWM:")][0]
        self.process.stdin.close()
        os.kill(self.process.pid, signal.SIGTERM)  # terminate() might wait for it, and take its usage
        _, _, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = 0  # so that Popen does not wait
        self.process.stdout.close()
        return usage.ru_utime + usage.ru_stime, peak / 1024


def start(command):
    relay = Relay(command)
    cpu, peak = relay.end()
    return {"start, ms": relay.start * 1000, "start, CPU ms": cpu * 1000, "start, peak MB": peak}


def transfer(command, way):
    relay = Relay(command)
    os.write(relay.input, b"SSH-2.0-" + way.encode() + b"\r\n")
    since = time.monotonic()
    if way == "down":
        relay.read(SIZE)
    else:
        relay.write(SIZE)
        relay.read(4)
    seconds = time.monotonic() - since
    cpu, peak = relay.end()
    return {f"{way}, MB/s": SIZE / 1e6 / seconds, f"{way}, CPU s": cpu, f"{way}, peak MB": peak}


def compare(relays):
    rounds = [(start,)] * STARTS + [(transfer, "up"), (transfer, "down")] * TRANSFERS
    figures = {}
    for name, command in relays:
        start(command)  # the first of each reads its file from the disk
    for number, (what, *how) in enumerate(rounds):
        for name, command in relays if number % 2 else relays[::-1]:
            for figure, value in what(command, *how).items():
                figures.setdefault(figure, {}).setdefault(name, []).append(value)
    print(f"{'':16}" + "".join(f"{name:>32}" for name, _ in relays) + f"{'ratio':>10}")
    for figure, values in figures.items():
        medians = [statistics.median(values[name]) for name, _ in relays]
        row = "".join(
            f"{median:12.2f} ({min(values[name]):.2f}..{max(values[name]):.2f})".rjust(32)
            for median, (name, _) in zip(medians, relays)
        )
        ratios = "".join(f"{m / medians[0]:10.2f}" if medians[0] else f"{'-':>10}" for m in medians[1:])
        print(f"{figure:16}{row}{ratios}")


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]), sys.argv[3])
    else:
        compare([(name, command.split()) for name, command in (a.split("=", 1) for a in sys.argv[2:])])
