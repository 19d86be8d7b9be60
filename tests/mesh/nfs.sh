#!/bin/sh
# meshssh-config nfs in a real mesh: where tailscaled has a TUN, a line of fstab by the kernel's own way; in userspace mode
# a tunnel, whose command is run, and an NFS client reads from a real server behind it, as systemd and the kernel would.
#
# shellcheck disable=SC2317,SC2329	# functions are called by way of check
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
# shellcheck source-path=SCRIPTDIR source=../nfs.sh
. "$(dirname "$0")/../nfs.sh"
mesh_need "nfs" || finish
need "nfs" ganesha.nfsd nfs-cat ss || finish

# shellcheck disable=SC2119	# no arguments for the control server
{
	mesh_start && node_start usr usr --tun=userspace-networking && node_start tun tun --tun=tailscale0 &&
	    node_up srv usr tun
} || { not_ok "the mesh starts"; finish; }

# listens NAMESPACE PORT
listens() { in_ns "$1" ss -Hltn "sport = :$2" | grep -q .; }
# nfs_config NAMESPACE HOST: what is printed there, by the node of the same name; $T/out.
nfs_config() {
	in_ns "$1" timeout 60 "$BUILDDIR/meshssh-config" nfs --tailscaled="$(node_socket "$1")" --program="$MESHSSH" \
	    "$2:/export" /mnt/data >"$T/out" 2>"$T/err"
	c_status=$?
	cat "$T/err"
	return "$c_status"
}

nfs_start ip netns exec "$MESH-srv"
check "an NFS server listens" wait_for 30 listens srv 2049
for host in srv "srv.$MESH_DOMAIN" "$(node_ip srv 4)"; do
	check "$host, with a TUN" nfs_config tun "$host"
	is "$host, with a TUN: the kernel's own way" "$(grep -v '^#' "$T/out" | cut -d, -f1)" \
	    "$host:/export /mnt/data nfs x-systemd.after=tailscaled.service"
	check "$host, in userspace mode" nfs_config usr "$host"
	check "$host, in userspace mode: a tunnel" grep -q '^127\.0\.0\.1:/export /mnt/data nfs4 port=20490,' "$T/out"
done
check "the TUN's namespace from another one" sh -c "ip netns exec '$MESH-usr' '$BUILDDIR/meshssh-config' nfs \
    --tailscaled='$(node_socket tun)' --program='$MESHSSH' srv:/export /mnt/data | grep -q '^ExecStart='"

check "a file is read with a TUN, byte by byte" nfs_read "$(node_ip srv 4)" 2049 ip netns exec "$MESH-tun"

check "the long name, in userspace mode" nfs_config usr "srv.$MESH_DOMAIN"
nfs_tunnel "$T/out" "$MESH_CONFIG" ip netns exec "$MESH-usr"
check "the unit's command makes the tunnel" wait_for 30 listens usr 20490
check "a file is read through the mesh, byte by byte" nfs_read 127.0.0.1 20490 ip netns exec "$MESH-usr"
[ ! -s "$T/tunnel.err" ] || sed 's/^/# /' "$T/tunnel.err"

finish
