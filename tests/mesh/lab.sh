# shellcheck shell=sh
# Sourced by the scripts of this folder in the place of lib.sh, which it reads itself: a mesh of real tailscaled in
# network namespaces. Root is needed.
#
#	srv	10.99.0.1	the control server and its relay (DERP); node `srv` (TUN); the sshd that all log in to, on port 22
#	usr	10.99.0.2	node `usr`: userspace, no proxies. Here meshssh runs as a user without TUN would run it
#	prx	10.99.0.3	nodes `one` and `two`: userspace, with proxies, on one port (1055) and on two of their own
#	tun	10.99.0.4	node `tun` (TUN). From another namespace, its socket is that of a TUN which is elsewhere
#
# The control server is Tailscale's own test server (control/main.go): it comes with the module that tailscaled is built
# from, keeps everything in memory and needs neither keys nor users. Its relay speaks TLS with a certificate that the
# relay map tells clients not to check, so the daemons need no switch for a relay without TLS; nor do they need a default
# route, being told that the network is up. The server hands out addresses in the order of the logins, so ask node_ip.
# Who logs out and in again is a new node, beside the old one of the same name.
#
# In the namespaces no host name is looked up in the DNS (nsswitch.conf there says `files`): a name that the mesh does
# not know is unknown, at once and on every machine. No daemon can write to /etc, whose files are the machine's.

case ${SRCDIR:-} in
'') MESH_FOLDER=$(cd "$(dirname "$0")" && pwd) ;;
*) MESH_FOLDER=$SRCDIR/tests/mesh ;;
esac
# shellcheck source-path=SCRIPTDIR source=programs.sh
. "$MESH_FOLDER/programs.sh"
MESH_BIN=$(mesh_programs "$MESH_FOLDER")/bin	# before lib.sh has XDG_CACHE_HOME lead into $T
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$MESH_FOLDER/../lib.sh"

MESH=meshssh-$$		# the names of our namespaces begin so
MESH_DOMAIN=mesh.test
MESH_CONTROL=http://10.99.0.1:9911
MESH_NAMESPACES=

trap 'mesh_stop; clean_up' EXIT

# What the user of the machine has set would be a route of its own; and no test has a stdin but the one that it gives.
unset TS_SOCKET TS_SOCKS5_SERVER TS_OUTBOUND_HTTP_PROXY_LISTEN ALL_PROXY all_proxy HTTP_PROXY http_proxy HTTPS_PROXY \
    https_proxy NO_PROXY no_proxy
exec </dev/null

# in_ns NAMESPACE COMMAND...: not for what runs in the background: that would leave a shell between, whose id is not the
# program's.
in_ns() {
	n_space=$MESH-$1
	shift
	ip netns exec "$n_space" "$@"
}

# mesh_need NAME: 1 and a skip where the mesh cannot be.
mesh_need() {
	need "$1" ip ssh sshd ssh-keygen python3 timeout || return 1
	if [ "$(id -u)" -ne 0 ]; then
		skip "$1" "namespaces and sshd's port need root"
		return 1
	fi
	if [ ! -c /dev/net/tun ]; then
		skip "$1" "there is no /dev/net/tun"
		return 1
	fi
	if ! ip netns add "$MESH-try" 2>/dev/null; then
		skip "$1" "no right to make a network namespace"
		return 1
	fi
	ip netns del "$MESH-try"
	for n_program in control tailscale tailscaled; do
		[ -x "$MESH_BIN/$n_program" ] && continue
		skip "$1" "$n_program is not installed; tests/run mesh does that"
		return 1
	done
}

# namespace_make NAME ADDRESS: srv comes first, the bridge is in it.
namespace_make() {
	ip netns add "$MESH-$1" || return 1
	MESH_NAMESPACES="$MESH_NAMESPACES $1"
	mkdir -p "/etc/netns/$MESH-$1" || return 1
	printf '%s: files\n' passwd group shadow hosts >"/etc/netns/$MESH-$1/nsswitch.conf"
	ip -n "$MESH-$1" link set lo up
	if [ "$1" = srv ]; then
		ip -n "$MESH-srv" link add name eth0 type bridge || return 1
	else
		ip -n "$MESH-srv" link add name "to-$1" type veth peer name eth0 netns "$MESH-$1" || return 1
		ip -n "$MESH-srv" link set "to-$1" master eth0 up
	fi
	ip -n "$MESH-$1" link set eth0 up
	ip -n "$MESH-$1" addr add "$2/24" dev eth0
}

# mesh_start [CONTROL-ARGUMENT...]: the namespaces, the control server, and node srv with its sshd. The caller brings up
# the other nodes, and srv with them: `node_up srv usr`.
mesh_start() {
	namespace_make srv 10.99.0.1 && namespace_make usr 10.99.0.2 && namespace_make prx 10.99.0.3 &&
	    namespace_make tun 10.99.0.4 || return 1
	ip netns exec "$MESH-srv" "$MESH_BIN/control" -ip 10.99.0.1 -domain "$MESH_DOMAIN" "$@" >"$T/control.log" 2>&1 &
	# shellcheck disable=SC2034	# for the scripts
	MESH_CONTROL_PID=$!
	started $MESH_CONTROL_PID
	wait_for 20 in_ns srv python3 -c 'import socket; socket.create_connection(("10.99.0.1", 9911), 1)' || {
		echo "# no control server: $(tail -n 3 "$T/control.log")"
		return 1
	}
	mesh_sshd && node_start srv srv --tun=tailscale0
}

# mesh_stop: what clean_up cannot know of. A namespace of ours has only processes of ours; among them are sessions of
# sshd whose client vanished without a word.
mesh_stop() {
	for n_file in "$T"/nodes/*/pid; do
		[ ! -e "$n_file" ] || node_stop "$(basename "$(dirname "$n_file")")"
	done
	for n_space in $MESH_NAMESPACES; do
		for n_pid in $(ip netns pids "$MESH-$n_space"); do
			kill "$n_pid"
		done
		wait_for 3 namespace_empty "$n_space" || for n_pid in $(ip netns pids "$MESH-$n_space"); do
			kill -9 "$n_pid"
		done
		ip netns del "$MESH-$n_space"
		rm -rf "/etc/netns/$MESH-$n_space"
	done
	MESH_NAMESPACES=
	[ "$(id -u)" -ne 0 ] || rmdir /etc/netns 2>/dev/null	# which fails while anybody else has something there
}

# shellcheck disable=SC2317,SC2329	# called by way of wait_for
namespace_empty() { [ -z "$(ip netns pids "$MESH-$1")" ]; }

# --- nodes ----------------------------------------------------------------------------------------------------------

# node_socket NAME
node_socket() { echo "$T/nodes/$1/socket"; }

# node_start NAME NAMESPACE TAILSCALED-ARGUMENT...: the daemon, not yet logged in; the same again after node_stop, with
# the state it had. Every daemon of a namespace gets a port of its own from the kernel.
node_start() {
	n_name=$1
	n_space=$2
	shift 2
	mkdir -p "$T/nodes/$n_name"
	# The last three lines keep a daemon from asking anybody who is not here.
	# shellcheck disable=SC2016	# the inner shell's arguments
	ip netns exec "$MESH-$n_space" sh -c 'mount --rbind /etc /etc && mount -o remount,bind,ro /etc && exec "$@"' sh \
	    env TS_ASSUME_NETWORK_UP_FOR_TEST=1 \
	    TS_NO_LOGS_NO_SUPPORT=true TS_DISABLE_PORTMAPPER=1 TS_PANIC_IF_HIT_MAIN_CONTROL=1 \
	    "$MESH_BIN/tailscaled" --no-logs-no-support --statedir="$T/nodes/$n_name" \
	    --socket="$(node_socket "$n_name")" --port=0 "$@" >>"$T/nodes/$n_name/log" 2>&1 &
	echo $! >"$T/nodes/$n_name/pid"
	wait_for 20 node_answers "$n_name" && return
	echo "# tailscaled $n_name does not start: $(tail -n 3 "$T/nodes/$n_name/log")"
	return 1
}

# node_cli NAME TAILSCALE-ARGUMENT...
node_cli() {
	n_socket=$(node_socket "$1")
	shift
	timeout 30 "$MESH_BIN/tailscale" --socket="$n_socket" "$@"
}

# shellcheck disable=SC2317,SC2329	# called by way of wait_for
node_answers() { node_cli "$1" status --json --peers=false; }

# node_up NAME...: all of them log in at the same time; 0 when each has every other's address.
node_up() {
	n_pids=
	for n_name in "$@"; do
		node_cli "$n_name" up --login-server="$MESH_CONTROL" --hostname="$n_name" --accept-dns=false \
		    --netfilter-mode=off --timeout=25s >"$T/nodes/$n_name/up.log" 2>&1 &
		n_pids="$n_pids $!"
	done
	n_bad=0
	for n_pid in $n_pids; do
		wait "$n_pid" || n_bad=1
	done
	for n_name in "$@"; do
		wait_for 20 node_sees "$n_name" "$@" || n_bad=1
	done
	[ $n_bad -eq 0 ] || tail -n 3 "$T"/nodes/*/up.log | sed 's/^/# /'
	return $n_bad
}

# node_sees NAME OTHER...: it runs, and knows them (itself, too).
# shellcheck disable=SC2317,SC2329	# called by way of wait_for
node_sees() {
	n_file=$T/nodes/$1/status
	node_cli "$1" status --json >"$n_file" && grep -q '"BackendState": "Running"' "$n_file" || return 1
	shift
	for n_other in "$@"; do
		grep -q "\"DNSName\": \"$n_other\\.$MESH_DOMAIN\\.\"" "$n_file" || return 1
	done
}

# node_ip NAME 4|6
node_ip() { node_cli "$1" ip "-$2"; }

# mesh_switch WHAT/NODE: what the control server can do to a node (control/switches.go).
mesh_switch() {
	in_ns srv python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1])' "$MESH_CONTROL/test/$1"
}

node_pid() { cat "$T/nodes/$1/pid"; }

# node_stop NAME [SIGNAL]: and waits for its end.
node_stop() {
	n_pid=$(node_pid "$1")
	rm -f "$T/nodes/$1/pid"
	kill -s "${2:-TERM}" "$n_pid" 2>/dev/null
	kill -s CONT "$n_pid" 2>/dev/null
	wait "$n_pid" 2>/dev/null
}

# --- sshd and ssh ---------------------------------------------------------------------------------------------------

# mesh_sshd: the real one, in srv, at all addresses, with throw-away keys; ssh -F $MESH_CONFIG logs in to it.
mesh_sshd() {
	for n_file in "$T/host_key" "$T/user_key"; do
		[ -f "$n_file" ] || ssh-keygen -q -t ed25519 -N '' -C '' -f "$n_file" || return 1
	done
	mkdir -p /run/sshd
	cat >"$T/sshd_config" <<-END
	Port 22
	HostKey $T/host_key
	AuthorizedKeysFile $T/user_key.pub
	PidFile none
	UsePAM $(t_pam)
	StrictModes no
	PermitRootLogin yes
	PasswordAuthentication no
	UseDNS no
	MaxStartups 500
	Subsystem sftp internal-sftp
	END
	# Who logs in as often as a test is held back otherwise, from OpenSSH 9.8 on.
	! "$(command -v sshd)" -T -f "$T/sshd_config" 2>/dev/null | grep -q '^persourcepenalties ' ||
	    echo 'PerSourcePenalties no' >>"$T/sshd_config"
	ip netns exec "$MESH-srv" "$(command -v sshd)" -D -e -f "$T/sshd_config" 2>"$T/sshd.log" &
	# shellcheck disable=SC2034	# for the scripts
	MESH_SSHD=$!
	started $MESH_SSHD
	echo "throwaway $(cut -d' ' -f1,2 "$T/host_key.pub")" >"$T/known_hosts"
	MESH_CONFIG=$T/ssh_config
	cat >"$MESH_CONFIG" <<-END
	Host *
		User root
		HostKeyAlias throwaway
		IdentityFile $T/user_key
		IdentitiesOnly yes
		UserKnownHostsFile $T/known_hosts
		GlobalKnownHostsFile /dev/null
		BatchMode yes
		ControlPath none
		Ciphers aes128-gcm@openssh.com
	END
	wait_for 10 grep -q 'Server listening on 0.0.0.0' "$T/sshd.log" || {
		echo "# sshd does not start: $(tail -n 3 "$T/sshd.log")"
		return 1
	}
}

# --- what is checked ------------------------------------------------------------------------------------------------

# silent NAME COMMAND...: passes if the command exits 0 and says nothing at all on stderr. Stdout goes to $T/out.
silent() {
	s_name=$1
	shift
	"$@" >"$T/out" 2>"$T/err"
	s_status=$?
	if [ $s_status -eq 0 ] && [ ! -s "$T/err" ]; then
		ok "$s_name"
	else
		not_ok "$s_name" "status $s_status: $*
$(head -c 1000 "$T/err")"
	fi
}

# relays: the ids of the relays that this script started: whatever is our program and has our cache folder. A dead one
# that nobody has waited for has no program any more.
relays() {
	r_program=$(readlink -f "$MESHSSH")
	# shellcheck disable=SC2013	# names without spaces
	for r_file in $(grep -lzxF "XDG_CACHE_HOME=$XDG_CACHE_HOME" /proc/[0-9]*/environ 2>/dev/null); do
		r_pid=${r_file#/proc/}
		r_pid=${r_pid%/environ}
		[ "$(readlink "/proc/$r_pid/exe")" != "$r_program" ] || echo "$r_pid"
	done
}

no_relays() { [ -z "$(relays)" ]; }

# relays_gone NAME: passes if soon no relay is left; those that are left are ended.
relays_gone() {
	if wait_for 2 no_relays; then
		ok "$1: no relay is left"
		return
	fi
	r_left=$(relays)
	not_ok "$1: no relay is left" "$(for r_pid in $r_left; do tr '\0' ' ' <"/proc/$r_pid/cmdline"; echo; done)"
	# shellcheck disable=SC2086	# a list
	kill -9 $r_left
}
