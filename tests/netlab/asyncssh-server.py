#!/usr/bin/env python3
"""A server of asyncssh: lets in whoever has one of the keys, and runs commands by the shell.

usage: asyncssh-server.py PORT HOSTKEY AUTHORIZED_KEYS
"""

import asyncio
import sys

import asyncssh


async def session(process):
    command = await asyncio.create_subprocess_shell(process.command, stdin=asyncio.subprocess.PIPE,
                                                    stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    await process.redirect(stdin=command.stdin, stdout=command.stdout, stderr=command.stderr)
    status = await command.wait()
    await process.stdout.drain()
    process.exit(status)


async def main():
    port, host_key, authorized = sys.argv[1:]
    await asyncssh.listen("", int(port), server_host_keys=[host_key], authorized_client_keys=authorized,
                          process_factory=session, encoding=None)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
