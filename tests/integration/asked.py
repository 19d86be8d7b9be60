#!/usr/bin/env python3
"""Runs a command on a new terminal and answers what it asks, each time only once it is seen.

usage: asked.py QUESTION ANSWER COMMAND...
Prints what the terminal showed, and ends with the command's status; after 30 seconds it ends the command.
"""
import os
import pty
import select
import sys
import time

question, answer = sys.argv[1].encode(), sys.argv[2].encode() + b"\n"
pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[3], sys.argv[3:])
shown, seen, until = b"", 0, time.monotonic() + 30
while time.monotonic() < until:
    if not select.select([master], [], [], 1)[0]:
        continue
    try:
        data = os.read(master, 4096)
    except OSError:     # the last process that had it has ended
        break
    if not data:
        break
    shown += data
    while shown.count(question) > seen:
        seen += 1
        os.write(master, answer)
else:
    os.kill(pid, 9)
sys.stdout.write(shown.decode(errors="replace").replace("\r", ""))
sys.stdout.flush()
status = os.waitpid(pid, 0)[1]
sys.exit(os.waitstatus_to_exitcode(status) & 255)
