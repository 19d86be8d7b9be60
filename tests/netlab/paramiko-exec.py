#!/usr/bin/env python3
"""Paramiko through a ProxyCommand, as libssh-client: login, a command that takes our stdin, what it says on our stdout.

usage: paramiko-exec.py HOST PORT USER KEY KNOWN_HOSTS PROXYCOMMAND COMMAND
Exits with the command's status.
"""

import sys

import paramiko

LIMIT = 20


def main():
    host, port, user, key, known_hosts, proxy, command = sys.argv[1:]
    client = paramiko.SSHClient()
    client.load_host_keys(known_hosts)
    client.connect(host, int(port), user, key_filename=key, sock=paramiko.ProxyCommand(proxy), allow_agent=False,
                   look_for_keys=False, timeout=LIMIT, banner_timeout=LIMIT, auth_timeout=LIMIT)
    stdin, stdout, _ = client.exec_command(command, timeout=LIMIT)
    stdin.write(sys.stdin.buffer.read())
    stdin.channel.shutdown_write()
    while piece := stdout.read(1 << 16):
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()
    status = stdout.channel.recv_exit_status()
    client.close()
    return status


if __name__ == "__main__":
    sys.exit(main())
