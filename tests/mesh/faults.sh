#!/bin/sh
# What goes wrong in a mesh, and what the user is told: a node that is down, a name that nobody has, a port that nobody
# listens on, a tailscaled that is stopped, logged out, dead, suspended. Each time: one line with the cause, an exit
# status of its own, in time, and --why repeats it. Then in mid-session: a tailscaled that dies or restarts ends the session and
# leaves no relay, but for a TUN's that comes back; one that is suspended and continued costs no byte.
#
# shellcheck disable=SC2317,SC2329	# functions are called through `check` and `wait_for`
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
mesh_need "mesh faults" || finish
need "mesh faults" cksum || finish

userspace() { node_start usr usr --tun=userspace-networking; }
# shellcheck disable=SC2119	# no arguments for the control server
{
	mesh_start && userspace && node_start one prx --tun=userspace-networking --socks5-server=127.0.0.1:1055 \
	    --outbound-http-proxy-listen=127.0.0.1:1055 && node_start down prx --tun=userspace-networking &&
	    node_start tun tun --tun=tailscale0 && node_up srv usr one down tun
} || { not_ok "the mesh starts"; finish; }
srv=$(node_ip srv 4)
down=$(node_ip down 4)
USR=--tailscaled=$(node_socket usr)
ONE=--tailscaled=$(node_socket one)
TUN=--tailscaled=$(node_socket tun)
mkfifo "$T/quiet"
exec 8<>"$T/quiet"	# a stdin as ssh's before the server has spoken: open, and nothing comes

# fault NAME STATUS SECONDS CAUSE NAMESPACE MESHSSH-ARGUMENT...: CAUSE is a regular expression that the line must match.
fault() {
	f_name=$1
	f_status=$2
	f_seconds=$3
	f_cause=$4
	f_space=$5
	shift 5
	f_start=$(date +%s%N)
	in_ns "$f_space" timeout -k 1 60 "$MESHSSH" "$@" <&8 >"$T/out" 2>"$T/err"
	f_got=$?
	f_tenths=$((($(date +%s%N) - f_start) / 100000000))
	is "$f_name: status" "$f_got" "$f_status"
	check "$f_name: within $f_seconds s ($f_tenths tenths)" [ "$f_tenths" -le $((f_seconds * 10)) ]
	f_text=$(cat "$T/err")
	is "$f_name: one line, with our name, not too long; nothing on stdout" \
	    "$(wc -l <"$T/err") $(grep -c '^meshssh: [^ ]* port [0-9]*: .*; ' "$T/err") \
$([ "$(wc -c <"$T/err")" -le 200 ] || echo long) $(cat "$T/out")" '1 1  '
	if printf '%s\n' "$f_text" | grep -qiE -e "$f_cause"; then
		ok "$f_name: the cause"
	else
		not_ok "$f_name: the cause" "wanted: $f_cause
$f_text"
	fi
	"$MESHSSH" --why >"$T/why" 2>&1
	f_text=${f_text#meshssh: }
	check "$f_name: --why repeats it" grep -qF -e "${f_text%%; *}" "$T/why"
}

### the host, the name, the port
fault 'no such name' 68 2 'nosuch' usr "$USR" nosuch 22
fault 'no such name in the domain' 68 2 'nosuch' usr "$USR" "nosuch.$MESH_DOMAIN" 22
fault 'no such name, TUN' 68 2 'nosuch' tun "$TUN" "nosuch.$MESH_DOMAIN" 22
for host in srv "$srv" "$(node_ip srv 6)"; do
	fault "wrong port, LocalAPI, $host" 69 3 'refused' usr "$USR" "$host" 99
done
fault 'wrong port, TUN' 69 3 'refused' tun "$TUN" "$srv" 99
fault 'wrong port, TUN in another namespace' 69 3 'refused' usr "$TUN" "$srv" 99
fault 'wrong port, HTTP proxy' 69 3 'refused' prx "$ONE" --via=http srv 99
fault 'wrong port, SOCKS5 proxy, which does not say why' 69 7 'SOCKS5 proxy' prx "$ONE" --via=socks5 srv 99
fault 'what is named as proxy is sshd' 76 4 'proxy' prx "$ONE" --via=socks5=10.99.0.1:22 --timeout=3 srv 22

node_stop down
for host in down "$down"; do
	fault "a node is down, LocalAPI, $host" 69 5 'time|answer' usr "$USR" --timeout=3 "$host" 22
done
fault 'a node is down, TUN' 69 5 'time|answer' tun "$TUN" --timeout=3 "$down" 22
fault 'a node is down, TUN in another namespace' 69 5 'time|answer' usr "$TUN" --timeout=3 "$down" 22
fault 'a node is down, HTTP proxy' 69 5 'time|answer' prx "$ONE" --via=http --timeout=3 "$down" 22
fault 'a node is down, SOCKS5 proxy' 69 7 'proxy' prx "$ONE" --via=socks5 --timeout=3 "$down" 22

### tailscaled, before the session
# freeze NODE: it answers nobody; the kernel still takes connections for it.
freeze() { kill -STOP "$(node_pid "$1")"; }
thaw() { kill -CONT "$(node_pid "$1")"; }

freeze usr
for host in srv "$srv"; do
	fault "tailscaled is suspended, $host" 69 5 tailscaled usr "$USR" --timeout=3 "$host" 22
done
thaw usr
freeze tun
fault 'tailscaled is suspended, TUN' 69 6 'tailscaled|answer' tun "$TUN" --timeout=3 "$srv" 22
thaw tun
freeze one
fault 'tailscaled is suspended, SOCKS5 proxy' 69 5 proxy prx --tailscaled=/nonexistent --via=socks5=127.0.0.1:1055 \
    --timeout=3 "$srv" 22
fault 'tailscaled is suspended, HTTP proxy' 69 5 proxy prx --tailscaled=/nonexistent --via=http=127.0.0.1:1055 \
    --timeout=3 "$srv" 22
thaw one

node_cli usr down
for host in srv "$srv"; do
	fault "tailscale down, $host" 69 3 'tailscale' usr "$USR" "$host" 22
done
node_up usr || not_ok "usr is up again"

# A daemon that is killed leaves its socket; one that is ended may take it along.
node_stop usr KILL
check "a killed tailscaled leaves its socket" [ -S "$(node_socket usr)" ]
for host in srv "srv.$MESH_DOMAIN" "$srv"; do
	fault "tailscaled was killed, $host" 69 3 'tailscaled' usr "$USR" "$host" 22
done
rm -f "$(node_socket usr)"
for host in srv "srv.$MESH_DOMAIN" "$srv"; do
	fault "tailscaled does not run, $host" 69 3 'tailscaled' usr "$USR" "$host" 22
done
relays_gone "after these"

### in mid-session
cat >"$T/relayed" <<END
Host *
	ProxyCommand $MESHSSH --dead-after=3 \$SOCKET %h %p
$(cat "$MESH_CONFIG")
END
# session NAMESPACE OPTION COMMAND [SSH-OPTION...]: a login in the background, as ssh_pid; its stdout is $T/session.
session() {
	s_space=$1
	s_socket=$2
	s_command=$3
	shift 3
	: >"$T/session"
	SOCKET=$s_socket ip netns exec "$MESH-$s_space" ssh -F "$T/relayed" "$@" "$srv" "echo up; $s_command" \
	    <&8 8<&- >"$T/session" 2>"$T/err" &
	ssh_pid=$!
	started "$ssh_pid"
	wait_for 10 grep -aq up "$T/session" || not_ok "the session starts" "$(cat "$T/err")"
}
over() { ! kill -0 "$ssh_pid" 2>/dev/null || grep -q '^State:.Z' "/proc/$ssh_pid/status" 2>/dev/null; }
# ended NAME SECONDS
ended() {
	check "$1: the session ends" wait_for "$2" over
	kill "$ssh_pid" 2>/dev/null
	wait "$ssh_pid" 2>/dev/null
	is "$1: ssh's status" $? 255
	relays_gone "$1"
}

userspace || not_ok "tailscaled starts again"
wait_for 20 node_sees usr srv
for signal in TERM KILL; do
	session usr "$USR" cat
	node_stop usr $signal
	ended "tailscaled gets SIG$signal while the session is idle" 3
	userspace || not_ok "tailscaled starts again"
	wait_for 20 node_sees usr srv
	session usr "$USR" 'cat /dev/zero'
	node_stop usr $signal
	ended "tailscaled gets SIG$signal while the session streams" 3
	userspace || not_ok "tailscaled starts again"
	wait_for 20 node_sees usr srv
	session usr "$USR" 'echo again; exit'
	wait "$ssh_pid"
	is "restarted after SIG$signal: the next session goes well" "$? $(grep -c again "$T/session")" '0 1'
done

# Suspended four times in each direction. Nobody may lose or repeat a byte.
SIZE=100000000
head -c $SIZE /dev/urandom >"$T/big"
sum=$(cksum <"$T/big")
grown() { [ "$(stat -c %s "$1")" -ge "$2" ]; }
# pauses FILE: each when so much more of it has come; the pause is the fault itself. Counts those in mid-stream.
pauses() {
	paused=0
	for p_part in 1 2 3 4; do
		wait_for 20 grown "$1" $((SIZE * p_part / 6))
		freeze usr
		grown "$1" $SIZE || paused=$((paused + 1))
		sleep 0.7
		thaw usr
	done
}
: >"$T/there"
ip netns exec "$MESH-usr" env SOCKET="$USR" timeout 60 ssh -F "$T/relayed" "$srv" "cat >$T/there" <"$T/big" 2>"$T/err" &
ssh_pid=$!
started $ssh_pid
pauses "$T/there"
wait $ssh_pid
is "suspended four times during an upload: status, words" "$? $(cat "$T/err")" '0 '
check "suspended four times during an upload, and $paused times in mid-stream" [ $paused -ge 2 ]
is "suspended four times during an upload: same bytes" "$(cksum <"$T/there")" "$sum"
: >"$T/here"
ip netns exec "$MESH-usr" env SOCKET="$USR" timeout 60 ssh -F "$T/relayed" "$srv" "cat $T/big" >"$T/here" 2>"$T/err" &
ssh_pid=$!
started $ssh_pid
pauses "$T/here"
wait $ssh_pid
is "suspended four times during a download: status, words" "$? $(cat "$T/err")" '0 '
check "suspended four times during a download, and $paused times in mid-stream" [ $paused -ge 2 ]
is "suspended four times during a download: same bytes" "$(cksum <"$T/here")" "$sum"

# A TUN's address goes with its tailscaled, and comes back: so does a session, as one of plain ssh does.
session tun "--dead-after=600 $TUN" cat
node_stop tun
sleep 2		# the fault itself
check "tailscaled restarts, TUN: the session lives" kill -0 "$ssh_pid"
node_start tun tun --tun=tailscale0 || not_ok "tun starts again"
echo key >&8
check "tailscaled restarts, TUN: it goes on" wait_for 30 grep -aq key "$T/session"
kill "$ssh_pid"
wait "$ssh_pid" 2>/dev/null
relays_gone "tailscaled restarts, TUN"

# The host's tailscaled dies. With TUN the relay itself notices; what goes through the daemon is told by ssh's own
# ServerAlive only, and no relay may stay behind then.
session tun "$TUN" cat
stalled() { session usr "$USR" cat -o ServerAliveInterval=1 -o ServerAliveCountMax=2; }
node_stop srv KILL
ended "the host's tailscaled is killed, TUN, --dead-after=3" 6
"$MESHSSH" --why >"$T/why" 2>&1
check "the host's tailscaled is killed, TUN: --why tells" grep -q 'stopped answering' "$T/why"
node_start srv srv --tun=tailscale0 || not_ok "srv starts again"
wait_for 20 node_sees srv usr
stalled
node_stop srv KILL
ended "the host's tailscaled is killed, LocalAPI, ServerAlive" 8
node_start srv srv --tun=tailscale0 || not_ok "srv starts again"

### logged out: last, for the next login would be a new node
node_cli usr logout
for host in srv "$srv"; do
	fault "logged out, $host" 69 3 'tailscale' usr "$USR" "$host" 22
done
relays_gone "in the end"
finish
