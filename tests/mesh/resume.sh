#!/bin/sh
# Sessions that outlive their connections, through a real mesh and by each route to it: TUN, LocalAPI, SOCKS5, HTTP CONNECT, by
# both addresses. They go on when the connection is reset, the cable is out, tailscaled is restarted at either end, only a relay is
# left between the nodes, or this machine gets another address; where the host was restarted, they end with the cause. Prints a
# table of the seconds until the next line is back, with those until a new connection works.
#
# shellcheck disable=SC2317,SC2329	# functions are called through `check` and `wait_for`
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
mesh_need "sessions that survive" || finish
need "sessions that survive" nft ss unshare || finish
SERVE=${MESHSSH_SERVE:-$BUILDDIR/meshssh-serve}
[ -x "$SERVE" ] || { skip "sessions that survive" "built --without-resume"; finish; }

start_usr() { node_start usr usr --tun=userspace-networking; }
start_one() {
	node_start one prx --tun=userspace-networking --socks5-server=127.0.0.1:1055 --outbound-http-proxy-listen=127.0.0.1:1055
}
start_tun() { node_start tun tun --tun=tailscale0; }
start_srv() { node_start srv srv --tun=tailscale0; }
# serve: the far side, in srv; with another boot id if a file of one is given.
serve() {
	# shellcheck disable=SC2016	# the inner shell's arguments
	ip netns exec "$MESH-srv" unshare -m sh -c '[ -z "$0" ] || mount --bind "$0" /proc/sys/kernel/random/boot_id; exec "$@"' \
	    "${1:-}" "$SERVE" '[::]:4622' --run="$T/run" --sshd=127.0.0.1:22 --source=loopback 2>>"$T/serve.log" &
	SERVE_PID=$!
	started $SERVE_PID
	wait_for 10 serve_listens
}
serve_listens() { in_ns srv ss -Hltn sport = 4622 | grep -q .; }
# shellcheck disable=SC2119	# no arguments for the control server
{
	mesh_start && start_usr && start_one && start_tun && node_up srv usr one tun && serve
} || { not_ok "the mesh starts"; finish; }
# What is remembered is of a network, whose name is its router.
for space in usr prx tun; do
	in_ns $space ip route add default via 10.99.0.1
done
echo 'VersionAddendum meshssh=4622' >>"$T/sshd_config"
kill -HUP "$MESH_SSHD"
check "sshd offers it" wait_for 10 sh -c "ip netns exec $MESH-srv timeout 1 ssh-keyscan -v 127.0.0.1 2>&1 | grep meshssh=4622"

# --- the sessions

ROUTES=
# session NAME NAMESPACE NODE ADDRESS MESHSSH-OPTION...
session() {
	s_name=$1
	s_space=$2
	s_node=$3
	s_to=$4
	shift 4
	ROUTES="$ROUTES $s_name"
	s_proxy="ProxyCommand=$MESHSSH --debug $* --tailscaled=$(node_socket "$s_node") %h %p"
	echo "in_ns $s_space timeout 20 ssh -F $MESH_CONFIG -o '$s_proxy' $s_to true" >"$T/$s_name.login"
	ip netns exec "$MESH-$s_space" python3 "$MESH_FOLDER/echo.py" "$T/$s_name.echo" ssh -F "$MESH_CONFIG" \
	    -o "$s_proxy 2>$T/$s_name.debug" "$s_to" cat >"$T/$s_name.end" 2>&1 &
	echo $! >"$T/$s_name.pid"
	echo "$s_node" >"$T/$s_name.node"
	started $!
}
sessions() {
	session tun-4 tun tun "$SRV"
	session tun-6 tun tun "$(node_ip srv 6)"
	session localapi-4 usr usr "$SRV"
	session localapi-6 usr usr "$(node_ip srv 6)"
	session socks5-4 prx one "$SRV" --via=socks5=127.0.0.1:1055
	session http-4 prx one "$SRV" --via=http=127.0.0.1:1055
	session http-name prx one "srv.$MESH_DOMAIN" --via=http=127.0.0.1:1055
	wait_for 20 begun
}
begun() {
	for b_name in $ROUTES; do
		grep -q begun "$T/$b_name.echo" && grep -q 'can be resumed, at port 4622: opened' "$T/$b_name.debug" || return
	done
}
SRV=$(node_ip srv 4)
check "a session by each route, which can be resumed" sessions

# What is remembered leads the next one there at once.
for name in $ROUTES; do
	eval "$(cat "$T/$name.login")" 2>"$T/err"
	is "$name: the next session connects once, to where it can be resumed" "$? $(grep -c 'connected through' "$T/err") \
$(grep -c 'port 4622: opened' "$T/err")" '0 1 1'
done

# fresh NODE: a new connection through it, which knows nothing of ours.
fresh() {
	case $1 in
	tun) in_ns tun timeout 1 nc "$SRV" 22 ;;
	usr) in_ns usr timeout 1 "$MESHSSH" --resume=off --tailscaled="$(node_socket usr)" "$SRV" 22 ;;
	one) in_ns prx timeout 1 nc -X 5 -x 127.0.0.1:1055 "$SRV" 22 ;;
	esac </dev/null 2>/dev/null | grep -q SSH-2.0
}
now_ms() { echo $(($(date +%s%N) / 1000000)); }
# probe NODE: the milliseconds until a new connection is there.
probe() {
	p_began=$(now_ms)
	wait_for 20 fresh "$1"
	echo $(($(now_ms) - p_began)) >"$T/fresh.$1"
}

# goes_on EVENT SECONDS: each session has the next line back in that time from when a new connection works, too.
goes_on() {
	g_lines=$((g_lines + 1))
	g_probes=
	for g_name in $ROUTES; do
		kill -USR1 "$(cat "$T/$g_name.pid")" 2>/dev/null
	done
	for g_node in tun usr one; do
		probe $g_node &
		g_probes="$g_probes $!"
	done
	wait_for 30 answered
	# shellcheck disable=SC2086	# words
	wait $g_probes
	g_row=
	for g_name in $ROUTES; do
		g_took=$(sed -n "$((g_lines + 1))p" "$T/$g_name.echo")
		g_fresh=$(cat "$T/fresh.$(cat "$T/$g_name.node")")
		g_row="$g_row  $g_name ${g_took:-never} ($((g_fresh / 1000)).$((g_fresh / 100 % 10)))"
		check "$1: $g_name goes on" awk -v took="${g_took:-99}" -v fresh="$g_fresh" -v most="$2" \
		    'BEGIN { print took, fresh; exit took > most + fresh / 1000 }'
		[ -n "$g_took" ] || tail -n 15 "$T/$g_name.debug" "$T/$g_name.end" | sed 's/^/#   /'
	done
	echo "$1:$g_row" >>"$T/table"
}
answered() {
	for a_name in $ROUTES; do
		[ "$(wc -l <"$T/$a_name.echo")" -gt "$g_lines" ] || return
	done
}
g_lines=0

# --- what breaks them

resets() { in_ns srv ss -K sport = 4622 >/dev/null 2>&1; }
cable() { in_ns srv ip link set eth0 "$1"; }
node_running() { node_cli "$1" status --json --peers=false 2>/dev/null | grep -q '"BackendState": "Running"'; }
resets
goes_on "reset" 0.5

cable down
sleep 4		# what is tested
cable up
goes_on "the cable out for 4 s" 2

for node in usr one tun; do
	node_stop $node
done
start_usr && start_one && start_tun
for node in usr one tun; do
	wait_for 20 node_running $node
done
goes_on "tailscaled restarted here" 2

node_stop srv
start_srv
wait_for 20 node_running srv
goes_on "tailscaled restarted there" 2

# Only the relay is left between the nodes.
for space in usr prx tun; do
	in_ns $space nft 'add table inet derp; add chain inet derp out { type filter hook output priority 0; }
	    add rule inet derp out oifname "eth0" meta l4proto udp drop'
done
goes_on "no UDP" 2
for node in usr one tun; do
	check "no UDP: $node has the relay" sh -c '"$@" | grep "via DERP"' sh \
	    timeout 10 "$MESH_BIN/tailscale" --socket="$(node_socket $node)" ping --c=1 --until-direct=false srv
done
resets
goes_on "no UDP, reset" 0.5
for space in usr prx tun; do
	in_ns $space nft delete table inet derp
done

# other_address NAMESPACE NUMBER
other_address() {
	in_ns "$1" ip addr add "10.99.0.4$2/32" dev eth0
	in_ns "$1" ip addr del "10.99.0.$2/24" dev eth0
	in_ns "$1" ip addr replace "10.99.0.4$2/24" dev eth0
}
other_address usr 2
other_address prx 3
other_address tun 4
goes_on "another address" 2

# --- how they end

# Those who are done, and the rest, who see the host come back without them.
for name in tun-4 localapi-4 http-4; do
	kill "$(cat "$T/$name.pid")"
	check "$name: every line once, in order" wait "$(cat "$T/$name.pid")"
	sed 's/^/#   /' "$T/$name.end"
done
cable down
for pid in $(ip netns pids "$MESH-srv"); do
	[ "$(readlink "/proc/$pid/exe")" != "$(readlink -f "$SERVE")" ] || kill -9 "$pid"
done
pkill -9 -P "$MESH_SSHD"
echo 00000000-0000-4000-8000-000000000000 >"$T/boot"
serve "$T/boot"
cable up
began=$(now_ms)
ended() {
	for e_name in tun-6 localapi-6 socks5-4 http-name; do
		[ -s "$T/$e_name.end" ] || return
	done
}
check "rebooted: the sessions end" wait_for 20 ended
echo "rebooted: ended after $(($(now_ms) - began)) ms" >>"$T/table"
for name in tun-6 localapi-6 socks5-4 http-name; do
	check "rebooted: $name knows why" grep -q 'the host was restarted' "$T/$name.debug"
done
sed 's/^/# /' "$T/table"
finish
