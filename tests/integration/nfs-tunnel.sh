#!/bin/sh
# NFS through the tunnel of meshssh-config nfs: the command of the unit that it prints, with a real SOCKS5 proxy, a real
# sshd and a real NFS server behind them; a client reads through it (libnfs 4.0 cannot write by NFS 4). The command ends
# when its connection does, so that systemd starts it again, and when its port is taken. In a network namespace, for the
# server's port is 2049.
#
# shellcheck disable=SC2119,SC2317,SC2329 # sshd_start needs no argument; functions are called by way of check
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source-path=SCRIPTDIR source=../nfs.sh
. "$(dirname "$0")/../nfs.sh"
need "NFS through a tunnel" python3 timeout ssh sshd microsocks ganesha.nfsd nfs-cat ss || finish
if [ "${1:-}" != inside ]; then
	need_root "NFS through a tunnel" || finish
	rm -rf "$T"
	exec unshare -n sh "$0" inside
fi
ip link set lo up
sshd_start || exit 1
exec </dev/null

# listens PORT
listens() { ss -Hltn "sport = :$1" | grep -q .; }
# ended PID
ended() { ! kill -0 "$1" 2>/dev/null; }

proxy_start() {
	microsocks -i 127.0.0.1 -p 1055 >/dev/null 2>&1 &
	proxy=$!
	started "$proxy"
	wait_for 10 listens 1055
}

tunnel_start() {
	nfs_tunnel "$T/out" "$SSH_CONFIG"
	wait_for 20 listens 20490 && return
	cat "$T/tunnel.err"
	"$MESHSSH" --why
	return 1
}

nfs_start
check "a proxy listens" proxy_start
check "an NFS server listens" wait_for 30 listens 2049
# As where a proxy leads into a mesh; the address of this host is in the configuration of ssh.
ALL_PROXY=socks5://127.0.0.1:1055 timeout 60 "$BUILDDIR/meshssh-config" nfs --program="$MESHSSH" \
    nas.example.ts.net:/export /mnt >"$T/out"
is "the line goes to the port of the tunnel" "$(grep -c '^127\.0\.0\.1:/export /mnt nfs4 port=20490,' "$T/out")" 1

check "the unit's command makes the tunnel" tunnel_start
tunnel=$TUNNEL_PID
check "a file is read through it, byte by byte" nfs_read 127.0.0.1 20490
check "all of it went through the proxy" sh -c "ss -Htn state established 'dport = :1055' | grep -q ."

nfs_tunnel "$T/out" "$SSH_CONFIG"
check "a second one on the same port ends" wait_for 20 ended "$TUNNEL_PID"
check "and says why" grep -q 'Address already in use' "$T/tunnel.err"
check "the first one does not" nfs_read 127.0.0.1 20490

kill "$proxy"
check "the command ends with its connection" wait_for 20 ended "$tunnel"
check "the proxy comes back" proxy_start
check "and the tunnel" tunnel_start
check "the file is read again" nfs_read 127.0.0.1 20490

finish
