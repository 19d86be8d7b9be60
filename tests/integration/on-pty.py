#!/usr/bin/env python3
"""Runs a command on a new terminal, as the leader of a session of its own.

usage: on-pty.py ROWS COLUMNS COMMAND...
What the terminal shows goes to stdout; what comes on stdin is typed (so \\003 is ^C). Ends with the command's status
(128 + N after signal N); ended itself, by SIGTERM or after 60 seconds, it hangs the terminal up.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios

if len(sys.argv) < 4:
    sys.exit(__doc__)
size = struct.pack("HHHH", int(sys.argv[1]), int(sys.argv[2]), 0, 0)
pid, master = pty.fork()
if pid == 0:
    for name in ("SIGINT", "SIGQUIT"):  # ignored in what a shell starts in the background
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSWINSZ, size)
    os.execvp(sys.argv[3], sys.argv[3:])

signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
signal.alarm(60)
poll = select.poll()
poll.register(master, select.POLLIN)
poll.register(0, select.POLLIN)
status = None
while True:
    events = dict(poll.poll(50))
    if events.get(0):
        typed = os.read(0, 4096)
        if typed:
            os.write(master, typed)
        else:
            poll.unregister(0)
    if events.get(master):
        try:
            shown = os.read(master, 65536)
        except OSError:  # EIO: nobody has the terminal open any more
            break
        os.write(1, shown)
    elif status is not None:
        break  # somebody still has it open, but the command is gone
    if status is None:
        done, wait_status = os.waitpid(pid, os.WNOHANG)
        if done:
            status = wait_status
if status is None:
    _, status = os.waitpid(pid, 0)
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
