#!/bin/sh
# NFS through the tunnel of meshssh-config nfs: the command of the unit that it prints, with a real SOCKS5 proxy, a real sshd
# and a real NFS server behind them; a client reads through it (libnfs 4.0 cannot write by NFS 4). The command ends when its
# connection does, so that systemd starts it again, and when its port is taken. In a network namespace, for the server's
# port is 2049.
#
# shellcheck disable=SC2119,SC2317,SC2329 # sshd_start needs no argument; functions are called by way of check
if [ "$(id -u)" -eq 0 ] && [ "${1:-}" != inside ] && command -v unshare >/dev/null 2>&1; then
	exec unshare -n sh "$0" inside
fi
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
if [ "${1:-}" != inside ]; then
	skip "NFS through a tunnel" "it takes root, and unshare"
	finish
fi
need "NFS through a tunnel" python3 timeout ssh sshd microsocks ganesha.nfsd nfs-cat ip || finish
ip link set lo up
sshd_start || exit 1
exec </dev/null

# listens PORT
listens() { ss -Hltn "sport = :$1" | grep -q .; }

mkdir "$T/export" "$T/export/a folder" "$T/recovery"
head -c 8000000 /dev/urandom >"$T/export/a folder/large"
cat >"$T/ganesha.conf" <<END
NFS_CORE_PARAM { NFS_Port = 2049; Protocols = 4; Enable_NLM = false; Enable_RQUOTA = false; }
NFSv4 { Graceless = true; RecoveryBackend = fs; RecoveryRoot = $T/recovery; Only_Numeric_Owners = true; }
EXPORT {
	Export_Id = 1; Path = $T/export; Pseudo = /export; Protocols = 4; Access_Type = RW; Squash = None;
	SecType = sys; FSAL { Name = VFS; }
}
END
ganesha.nfsd -F -L "$T/ganesha.log" -f "$T/ganesha.conf" -p "$T/ganesha.pid" &
started $!

proxy_start() {
	microsocks -i 127.0.0.1 -p 1055 >/dev/null 2>&1 &
	proxy=$!
	started "$proxy"
	wait_for 10 listens 1055
}
check "a proxy listens" proxy_start
check "an NFS server listens" wait_for 30 listens 2049

ALL_PROXY=socks5://127.0.0.1:1055 timeout 60 "$BUILDDIR/meshssh-config" nfs --tailscaled="$T/nosuch" \
    --program="$MESHSSH" nas.example.ts.net:/export /mnt >"$T/out"
is "the line goes to the port of the tunnel" "$(grep -c '^127\.0\.0\.1:/export /mnt nfs4 port=20490,' "$T/out")" 1

# The command as systemd would start it, with the configuration of this test instead of root's own.
cat >"$T/start.py" <<'END'
import os, shlex, sys
line, = (line for line in open(sys.argv[1]) if line.startswith("ExecStart="))
words = [word.replace("%%", "%") for word in shlex.split(line.split("=", 1)[1])]
words = [word for word in words if not word.startswith("--tailscaled=")]
os.execv(words[0], words[:-1] + ["-F", sys.argv[2], words[-1]])
END
tunnel_start() {
	python3 "$T/start.py" "$T/out" "$SSH_CONFIG" 2>"$T/tunnel.err" &
	tunnel=$!
	started "$tunnel"
	wait_for 20 listens 20490 && return
	cat "$T/tunnel.err"
	"$MESHSSH" --why
	return 1
}
# ended PID
ended() { ! kill -0 "$1" 2>/dev/null; }

check "the unit's command makes the tunnel" tunnel_start
url='nfs://127.0.0.1/export'
nfs='version=4&nfsport=20490'
fetch() { timeout 60 nfs-cat "$url/a folder/large?$nfs" >"$T/large" && cmp "$T/large" "$T/export/a folder/large"; }
check "a file is read through it, byte by byte" fetch
check "all of it went through the proxy" sh -c "ss -Htn state established 'dport = :1055' | grep -q ."

python3 "$T/start.py" "$T/out" "$SSH_CONFIG" 2>"$T/second.err" &
second=$!
started "$second"
check "a second one on the same port ends" wait_for 20 ended "$second"
check "and says why" grep -q 'Address already in use' "$T/second.err"
is "the first one does not" "$(timeout 60 nfs-ls "$url?$nfs" | grep -c 'a folder$')" 1

kill "$proxy"
check "the command ends with its connection" wait_for 20 ended "$tunnel"
check "the proxy comes back" proxy_start
check "and the tunnel" tunnel_start
check "the file is read again" fetch

finish
