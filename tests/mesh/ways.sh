#!/bin/sh
# Ways through a real mesh that lead past its peers: networks that a peer routes to, 4via6, an exit node, from a node
# without TUN; and what is not to be taken there: a neighbour, and whatever plain ssh reaches. Then a tailscaled that
# listens where nobody expects it, or where this user may not go; and a network below the mesh that loses large packets.
#
# shellcheck disable=SC2317,SC2329	# functions are called through `wait_for`
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
mesh_need "ways" || finish
need "ways" setpriv nft || finish

# shellcheck disable=SC2119	# no arguments for the control server
{
	mesh_start && node_start usr usr --tun=userspace-networking &&
	    node_start one prx --tun=userspace-networking --socks5-server=127.0.0.1:1055 &&
	    node_start tun tun --tun=tailscale0 && node_up srv usr one tun
} || { not_ok "the mesh starts"; finish; }

# Addresses of srv's own, whose networks srv says that it routes to. In usr they would leave by a gateway that is none.
SITE=fd7a:115c:a1e0:b1a:0:7:c0a8:3200/120	# 192.168.50.0/24 of site 7
in_ns srv ip addr add 192.168.50.10/32 dev lo
in_ns srv ip addr add 203.0.113.5/32 dev lo
in_ns usr ip neigh replace 10.99.0.254 lladdr 02:00:00:00:00:fe dev eth0 nud permanent
in_ns usr ip route replace default via 10.99.0.254
printf '192.168.50.10 behind.example behind\n' >"/etc/netns/$MESH-usr/hosts"
node_cli srv set --advertise-routes="192.168.50.0/24,$SITE" --advertise-exit-node
mesh_switch "routes/srv?192.168.50.0/24,$SITE"
# shellcheck disable=SC2317,SC2329	# called by way of wait_for
routed() { node_cli usr status --json | grep -q "192.168.50.0/24"; }
check "usr is told of srv's networks" wait_for 20 routed
in_ns usr timeout 60 "$MESHSSH" --doctor --timeout=1 "--tailscaled=$(node_socket usr)" 192.168.50.10 >"$T/doctor" 2>&1
check "usr does not accept routes: the doctor" grep -q 'does not accept the routes of peers.*mesh-routes' "$T/doctor"
node_cli usr set --accept-routes

# login NAME NAMESPACE PROGRAM HOST ROUTE SECONDS: PROGRAM is meshssh with its options. A login to HOST takes this route, in
# time, and nothing is said.
login() {
	l_start=$(date +%s%N)
	silent "$1" in_ns "$2" timeout 30 ssh -F "$MESH_CONFIG" -o "ProxyCommand $3 %h %p" "$4" true
	l_tenths=$((($(date +%s%N) - l_start) / 100000000))
	check "$1: within $6 s ($l_tenths tenths)" [ $l_tenths -le $(($6 * 10)) ]
	in_ns "$2" timeout 30 ssh -F "$MESH_CONFIG" -o "ProxyCommand $3 --debug %h %p" "$4" true 2>"$T/err"
	is "$1: the route" "$(sed -n 's/^.*debug: connected through \([^ ]*\).*/\1/p' "$T/err")" "$5"
}

# way NAME HOST ROUTE SECONDS: from usr.
way() { login "$1" usr "$MESHSSH --tailscaled=$(node_socket usr)" "$2" "$3" "$4"; }

way 'an address that a peer routes to' 192.168.50.10 localapi 3
way 'a name of the hosts file for it' behind.example localapi 3
way 'a short name of the hosts file for it' behind localapi 3
way '4via6, a word' 192-168-50-10-via-7 localapi 3
way '4via6, in the domain' "192-168-50-10-via-7.$MESH_DOMAIN" localapi 3
way '4via6, the address' fd7a:115c:a1e0:b1a:0:7:c0a8:320a localapi 3
way 'a neighbour' 10.99.0.1 direct 3
# At home the one, elsewhere the other; the first one's network is here, and it is not.
login 'an address of the network, or else a peer' usr "$MESHSSH --tailscaled=$(node_socket usr) --or=srv" 10.99.0.77 localapi 3
login 'a peer, or else an address of the network' usr "$MESHSSH --tailscaled=$(node_socket usr) --or=10.99.0.77" srv localapi 3
# The doctor takes the same way.
in_ns usr timeout 60 "$MESHSSH" --doctor --json --timeout=2 "--tailscaled=$(node_socket usr)" 192.168.50.10 >"$T/json" 2>&1
check "the doctor: the route" grep -q '^   "route": "localapi"' "$T/json"
in_ns usr timeout 60 "$MESHSSH" --doctor --json --timeout=2 "--tailscaled=$(node_socket usr)" 10.99.0.1 >"$T/json" 2>&1
check "the doctor, a neighbour: the route" grep -q '^   "route": "direct"' "$T/json"
check "the doctor, a neighbour: tailscaled is none" [ "$(grep -c '"route": "localapi"' "$T/json")" -eq 0 ]

# What nobody routes to: the error is that of plain ssh's way.
in_ns usr timeout 30 "$MESHSSH" "--tailscaled=$(node_socket usr)" --timeout=1 192.168.77.1 22 >"$T/out" 2>"$T/err"
check "a network that nobody routes to: no answer" grep -q 'no answer from 192.168.77.1 in 1 s' "$T/err"

# A network that is like a mesh's, and is another one.
in_ns usr ip link add name other type veth peer name rehto
in_ns usr ip link set other up
in_ns usr ip link set rehto up
in_ns usr ip route add 100.98.0.0/16 dev other
in_ns usr timeout 30 "$MESHSSH" "--tailscaled=$(node_socket usr)" 100.98.0.1 22 >"$T/out" 2>"$T/err"
check "another mesh's network: the line" grep -q 'no peer of this address, but other leads there: --via=direct' "$T/err"
in_ns usr timeout 30 "$MESHSSH" "--tailscaled=$(node_socket usr)" 100.97.0.1 22 >"$T/out" 2>"$T/err"
check "nobody's network: the line" grep -q 'no peer of this address (100.97.0.1:22)' "$T/err"

# A machine that has just joined, which other nodes may not know for half a minute, waits longer, unless it is told not to.
# limit [OPTION]: what --debug says of it.
limit() {
	in_ns usr timeout 30 "$MESHSSH" "--tailscaled=$(node_socket usr)" --debug "$@" 100.97.0.1 22 2>&1 |
	    grep -c 'new in the mesh: up to 45 s'
}
is "a machine that joined long ago: as ever" "$(limit)" 0
mesh_switch new/usr
check "a machine that is new in the mesh: more time" wait_for 10 limit
is "the same, with --timeout: that" "$(limit --timeout=2)" 0

# An exit node takes what plain ssh does not reach, and no more.
mesh_switch "routes/srv?192.168.50.0/24,$SITE,0.0.0.0/0,::/0"
# shellcheck disable=SC2317,SC2329	# called by way of wait_for
exits() { node_cli usr set --exit-node="$(node_ip srv 4)"; }
check "srv is an exit node" wait_for 20 exits
way 'an exit node, for what the direct way does not reach' 203.0.113.5 localapi 5
way 'an exit node, and a neighbour' 10.99.0.1 direct 3

# A tailscaled whose socket is at no usual place says on its command line where it is, and, to who may not go there, where
# its proxy is.
NOBODY="setpriv --reuid=65534 --clear-groups env XDG_CACHE_HOME=/nonexistent"
for host in "srv.$MESH_DOMAIN" "$(node_ip srv 4)"; do
	login "a socket at no usual place, $host" prx "$MESHSSH" "$host" localapi 3
	login "the same, and closed, $host" prx "$NOBODY $MESHSSH" "$host" socks5 3
done

# Two daemons of two meshes: the line names the one that knows the host.
ip netns exec "$MESH-srv" "$MESH_BIN/control" -ip 10.99.0.1 -port 9912 -domain other.test >"$T/other.log" 2>&1 &
started $!
{
	node_start far prx --tun=userspace-networking && wait_for 20 node_cli far up --timeout=10s \
	    --login-server=http://10.99.0.1:9912 --hostname=far --accept-dns=false --netfilter-mode=off
} || not_ok "a second mesh starts"
for host in far.other.test far; do
	in_ns prx timeout 30 "$MESHSSH" "--tailscaled=$(node_socket one)" "$host" 22 >"$T/out" 2>"$T/err"
	is "a host of another daemon's mesh, $host" "$(sed 's/; .*//' "$T/err")" "meshssh: $host port 22: this tailscaled does \
not know it, another does: --tailscaled=$(node_socket far)"
done
node_stop far

# A whole name of the mesh that the hosts file has elsewhere, where an sshd answers, too: it does not leave the mesh.
printf '10.99.0.1 srv.%s\n' "$MESH_DOMAIN" >"/etc/netns/$MESH-tun/hosts"
login "a name that is elsewhere here, TUN" tun "$MESHSSH --tailscaled=$(node_socket tun)" "srv.$MESH_DOMAIN" localapi 3

# A network below the mesh that loses packets of more than 1300 bytes without a word: what tailscaled makes of a key
# exchange is larger. To the host it goes in small pieces; of what the host says, its own tailscaled makes packets.
# hole input|output: of usr.
hole() {
	in_ns usr nft "add table inet hole; delete table inet hole; add table inet hole;
	    add chain inet hole way { type filter hook $1 priority 0; };
	    add rule inet hole way meta l4proto udp meta length gt 1300 drop"
}
hole output
way 'large packets to the host are lost' "$(node_ip srv 4)" localapi 3
in_ns usr timeout 60 "$MESHSSH" --doctor --json "--tailscaled=$(node_socket usr)" "$(node_ip srv 4)" >"$T/json" 2>&1
is "large packets to the host are lost: the doctor's status" $? 1
check "large packets to the host are lost: the doctor" grep -q '"code": "mesh-mtu"' "$T/json"
hole input
l_start=$(date +%s%N)
in_ns usr timeout 30 ssh -F "$MESH_CONFIG" -o "ProxyCommand $MESHSSH --tailscaled=$(node_socket usr) %h %p" \
    "$(node_ip srv 4)" true >"$T/out" 2>"$T/err"
l_tenths=$((($(date +%s%N) - l_start) / 100000000))
check "large packets from the host are lost: a line within 15 s ($l_tenths tenths)" [ $l_tenths -le 150 ]
check "large packets from the host are lost: the line" \
    grep -q '^meshssh: .*no answer in the key exchange through tailscaled for 13 s; try -o KexAlgorithms=' "$T/err"
check "large packets from the host are lost: --why" sh -c "'$MESHSSH' --why | grep -q 'in the key exchange'"
silent "large packets from the host are lost: with that" in_ns usr timeout 30 ssh -F "$MESH_CONFIG" \
    -o KexAlgorithms=curve25519-sha256 -o "ProxyCommand $MESHSSH --tailscaled=$(node_socket usr) %h %p" \
    "$(node_ip srv 4)" true
in_ns usr nft delete table inet hole
relays_gone "in the end"
finish
