# unit-calls.py FILE: the system calls and families of sockets in strace's FILE that meshssh.service does not allow, a line each.
import re
import subprocess
import sys

UNIT = "/etc/systemd/system/meshssh.service"


def value(key):
    return re.search("^%s=(.*)$" % key, open(UNIT).read(), re.M).group(1).split()


def calls(name):
    """Those of a set of systemd's, or that one call."""
    if name[0] != "@":
        return {name}
    told = subprocess.run(["systemd-analyze", "syscall-filter", name], stdout=subprocess.PIPE, check=True, text=True).stdout
    words = [line.strip() for line in told.splitlines()[1:] if line.strip() and line.strip()[0] != "#"]
    return set().union(*map(calls, words))


allowed = set().union(*map(calls, value("SystemCallFilter")))
families = set(value("RestrictAddressFamilies"))
started = False
for line in open(sys.argv[1]):
    started = started or 'execve("/mnt/meshssh-serve"' in line
    found = re.match(r"\d+ +(\w+)\((\w*)", line)
    if not started or not found:
        continue
    call, first = found.groups()
    if call not in allowed or (call == "socket" and first not in families):
        allowed.add(call)
        print(line.strip())
if not started:
    print("it was not started")
