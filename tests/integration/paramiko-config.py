#!/usr/bin/env python3
"""Paramiko by its own reader of ssh_config, as Fabric does: what a command says on the host.

usage: paramiko-config.py CONFIG KNOWN_HOSTS HOST COMMAND
"""
import sys

import paramiko


def main():
    config, known_hosts, host, command = sys.argv[1:]
    o = paramiko.SSHConfig.from_path(config).lookup(host)
    proxy = o.get("proxycommand")
    client = paramiko.SSHClient()
    client.load_host_keys(known_hosts)
    client.connect(o["hostname"], int(o.get("port", 22)), o.get("user"), key_filename=o.get("identityfile"),
                   sock=paramiko.ProxyCommand(proxy) if proxy else None, allow_agent=False, look_for_keys=False,
                   timeout=20)
    _, out, _ = client.exec_command(command, timeout=20)
    sys.stdout.write(out.read().decode())
    client.close()


main()
