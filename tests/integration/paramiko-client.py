#!/usr/bin/env python3
"""Paramiko through a ProxyCommand: login, a command with an exit status, bytes through a command, sftp put and get.

usage: paramiko-client.py USER KEY KNOWN_HOSTS HOST PORT FILE THERE PROXYCOMMAND
FILE is sent to THERE and fetched back. Says nothing and exits 0 if all went well.
"""
import os
import sys
import time

import paramiko


def fail(text):
    sys.exit("paramiko-client: " + text)


def main():
    if len(sys.argv) != 9:
        sys.exit(__doc__)
    user, key, known_hosts, host, port, path, there, command = sys.argv[1:]
    with open(path, "rb") as file:
        data = file.read()

    proxy = paramiko.ProxyCommand(command)
    client = paramiko.SSHClient()
    client.load_host_keys(known_hosts)
    client.connect(host, int(port), user, key_filename=key, sock=proxy, allow_agent=False, look_for_keys=False,
                   timeout=20)

    _, out, err = client.exec_command("echo out; echo err >&2; exit 7", timeout=20)
    got = (out.read(), err.read(), out.channel.recv_exit_status())
    if got != (b"out\n", b"err\n", 7):
        fail("exec: got %r" % (got,))

    _, out, _ = client.exec_command("cat '%s'" % path, timeout=20)
    if out.read() != data:
        fail("exec: other bytes came back")

    sftp = client.open_sftp()
    sftp.put(path, there)
    with sftp.open(there, "rb") as file:
        file.prefetch()
        if file.read() != data:
            fail("sftp: other bytes came back")
    client.close()

    # Paramiko ends its proxy with SIGTERM when the connection is closed, and again at exit: leave it to be waited for.
    deadline = time.monotonic() + 1
    while os.waitid(os.P_PID, proxy.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() > deadline:
            fail("the proxy does not end")
        time.sleep(0.01)
    said = proxy.process.stderr.read()
    if said:
        fail("the proxy said %r" % said)


main()
