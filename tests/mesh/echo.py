"""echo.py LOG COMMAND...: numbered lines go to the command 20 times a second, and each is to come back once and in order.

SIGUSR1 asks how long it takes until a line comes back that was sent after it, whose seconds are a line in LOG. SIGTERM ends
it in order. The exit status is 0 if all that was sent came back, and nothing else, and the command ended in order.
"""

import signal
import subprocess
import sys
import threading
import time

log = open(sys.argv[1], "w", encoding="ascii", buffering=1)
command = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
stop = threading.Event()
sent = 0
marks = []      # (when, the line that is to come back)
signal.signal(signal.SIGUSR1, lambda *_: marks.append((time.monotonic(), sent)))
signal.signal(signal.SIGTERM, lambda *_: stop.set())
came = 0
wrong = 0


def read():
    global came, wrong
    for line in command.stdout:
        wrong += line != b"%d\n" % came
        came += 1
        while marks and came > marks[0][1]:
            log.write(f"{time.monotonic() - marks.pop(0)[0]:.2f}\n")
        if came == 1:
            log.write("begun\n")
    stop.set()


reader = threading.Thread(target=read, daemon=True)
reader.start()
while not stop.is_set():
    try:
        command.stdin.write(b"%d\n" % sent)
    except OSError:
        break
    sent += 1
    stop.wait(0.05)
try:
    command.stdin.close()
except OSError:
    pass
status = command.wait()
reader.join(5)
print(f"sent {sent}, came {came}, wrong {wrong}, status {status}")
sys.exit(status != 0 or sent != came or wrong != 0)
