#!/bin/sh
# A server sends urgent data (TCP's out-of-band byte) in the middle of its stream: splice(2) does not go past that mark,
# and still every other byte arrives and the relay ends, without a spin.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "urgent data" python3 || finish

cat >"$T/urgent.py" <<'END'
import os, resource, socket, subprocess, sys
server = socket.create_server(("127.0.0.1", 0))
relay = subprocess.Popen([os.environ["MESHSSH"], "127.0.0.1", str(server.getsockname()[1])],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
peer, _ = server.accept()
relay.stdin.write(b"no SSH\n")
relay.stdin.flush()
assert peer.recv(100) == b"no SSH\n"
peer.sendall(b"a" * 12288)
peer.send(b"X", socket.MSG_OOB)
peer.sendall(b"b" * 4000)
got = b""
while len(got) < 16288:
    got += os.read(relay.stdout.fileno(), 65536)
peer.close()
assert got == b"a" * 12288 + b"b" * 4000, len(got)
relay.stdin.close()
assert relay.wait(10) == 0, relay.returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
assert used.ru_utime + used.ru_stime < 1, used
END
check "urgent data: all arrives, status 0, no spin" timeout 20 python3 "$T/urgent.py"
finish
