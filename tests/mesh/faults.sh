#!/bin/sh
# What goes wrong in a mesh, and what the user is told: a node that is down, a name that nobody has, a port that nobody
# listens on, a tailscaled that is stopped, logged out, dead, suspended; what only tailscaled knows of the host: that it
# is offline, expired, removed, or behind access rules. Each time: one line with the cause, an exit status of its own,
# in time, and --why repeats it. Then in mid-session: a tailscaled that dies or restarts ends the session, but for a
# TUN's that comes back, leaves no relay, and --why tells that; one that is suspended and continued costs no byte.
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
	    node_start expired prx --tun=userspace-networking && node_start denied prx --tun=userspace-networking &&
	    node_start exit prx --tun=userspace-networking &&
	    node_start tun tun --tun=tailscale0 && node_up srv usr one down expired denied exit tun
} || { not_ok "the mesh starts"; finish; }
srv=$(node_ip srv 4)
down=$(node_ip down 4)
expired=$(node_ip expired 4)
denied=$(node_ip denied 4)
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
	in_ns "$f_space" timeout -k 1 60 "${f_program:-$MESHSSH}" "$@" <&8 >"$T/out" 2>"$T/err"
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
fault 'no such name' 68 2 'neither the resolver nor tailscaled knows' usr "$USR" nosuch 22
fault 'no such name in the domain' 68 2 'knows no peer of this name' usr "$USR" "nosuch.$MESH_DOMAIN" 22
fault 'no such name, TUN' 68 2 'knows no peer of this name' tun "$TUN" "nosuch.$MESH_DOMAIN" 22
for host in srv "$srv" "$(node_ip srv 6)"; do
	fault "wrong port, LocalAPI, $host" 69 3 'refused' usr "$USR" "$host" 99
done
fault 'wrong port, TUN' 69 3 'refused' tun "$TUN" "$srv" 99
fault 'wrong port, TUN in another namespace' 69 3 'refused' usr "$TUN" "$srv" 99
fault 'wrong port, HTTP proxy' 69 3 'refused' prx "$ONE" --via=http srv 99
fault 'wrong port, SOCKS5 proxy, which does not say why' 69 7 'SOCKS5 proxy' prx "$ONE" --via=socks5 srv 99
fault 'what is named as proxy is sshd' 76 4 'proxy' prx "$ONE" --via=socks5=10.99.0.1:22 --timeout=3 srv 22

### what tailscaled knows of the host
known() { node_cli usr status --json | awk -v name="\"DNSName\": \"$1.$MESH_DOMAIN.\"" -v text="$2" '
	/^\t\t"/ { there = 0 }
	index($0, name) { there = 1 }
	there && index($0, text) { found = 1 }
	END { exit !found }'
}
node_stop down
check "others know that a node is down" wait_for 10 known down '"Online": false'
for host in down "$down"; do
	fault "a node is down, LocalAPI, $host" 69 5 'offline' usr "$USR" --timeout=3 "$host" 22
done
check "a node is down, LocalAPI: --why has the ping" grep -q 'tailscaled got no answer' "$T/why"
fault 'a node is down, TUN' 69 6 'offline' tun "$TUN" --timeout=3 "$down" 22
fault 'a node is down, TUN in another namespace' 69 5 'offline' usr "$TUN" --timeout=3 "$down" 22
fault 'a node is down, HTTP proxy' 69 5 'offline' prx "$ONE" --via=http --timeout=3 "$down" 22
fault 'a node is down, SOCKS5 proxy' 69 7 'offline' prx "$ONE" --via=socks5 --timeout=3 "$down" 22

mesh_switch expire/expired
check "others know that a node is expired" wait_for 10 known expired '"Expired": true'
fault "the host's key has expired, LocalAPI" 69 4 "the host's key .* has expired" usr "$USR" --timeout=1 expired 22
fault "the host's key has expired, TUN" 69 4 "the host's key .* has expired" tun "$TUN" --timeout=1 "$expired" 22
for host in srv "$srv"; do
	fault "our own key has expired, $host" 69 3 "this machine's key .* has expired" usr \
	    --tailscaled="$(node_socket expired)" "$host" 22
done

# Denied, and still it answers tailscaled itself.
mesh_switch deny/denied/usr && mesh_switch deny/denied/tun
port_silent() { ! in_ns usr timeout 2 "$MESHSSH" "$USR" --timeout=1 denied 22 <&8 2>&1 | grep -q refused; }
check "a node is denied" wait_for 10 port_silent
fault "access rules, LocalAPI" 69 4 "answers tailscaled's ping" usr "$USR" --timeout=1 denied 22
fault "access rules, TUN" 69 4 "answers tailscaled's ping" tun "$TUN" --timeout=1 "$denied" 22

# Its tailscaled hangs, and the control server has not missed it yet.
kill -STOP "$(node_pid denied)"
fault "the host's tailscaled hangs, LocalAPI" 69 4 'not even to tailscaled' usr "$USR" --timeout=1 denied 22
fault "the host's tailscaled hangs, TUN" 69 5 'not even to tailscaled' tun "$TUN" --timeout=1 "$denied" 22
kill -CONT "$(node_pid denied)"

# --scan asks for the peers once, and pings none.
in_ns usr "$MESHSSH" --scan --json --timeout=1 "$USR" down expired srv >"$T/out" 2>"$T/err"
is "--scan: what tailscaled knows" "$(sed -n 's/.*"host":"\([^"]*\)".*"ok":true.*/\1 ok/p
    s/.*"host":"\([^"]*\)","message":"\([^"]*\)".*/\1 \2/p' "$T/out" | sort | tr '\n' ' ')" \
    'down peer-offline expired peer-expired srv ok '

mesh_switch exit/exit
exits() { node_cli tun status --json | grep -q '"ExitNodeOption": true'; }
check "a node offers to be an exit node" wait_for 10 exits
node_cli tun set --exit-node="$(node_ip exit 4)" --exit-node-allow-lan-access=true
node_stop exit
exit_off() { node_cli tun status --json --peers=false | sed -n '/"ExitNodeStatus"/,/}/p' | grep -q '"Online": false'; }
check "the exit node is offline" wait_for 10 exit_off
fault 'the exit node is offline' 69 4 'exit node' tun "$TUN" --timeout=1 192.0.2.1 22
fault 'the exit node is offline, and a neighbor is' 69 4 'no answer from|no (route|way) to' tun "$TUN" --timeout=1 \
    10.99.0.77 22
node_cli tun set --exit-node=

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
# What would answer it is not here, and nobody says so.
in_ns usr ip route add default via 10.99.0.1
in_ns srv sysctl -qw net.ipv4.ip_forward=0
fault 'tailscaled was killed, packets are lost' 69 4 'tailscaled does not run' usr "$USR" "$down" 22
in_ns usr ip route del default
rm -f "$(node_socket usr)"
# ended: where it is installed and has no socket, in none of the usual places.
cat >"$T/ended" <<END
#!/bin/sh
mount -t tmpfs none /run
PATH=$MESH_BIN:\$PATH exec "$MESHSSH" "\$@"
END
chmod 755 "$T/ended"
f_program=$T/ended
for host in srv "srv.$MESH_DOMAIN" "$srv"; do
	fault "tailscaled was ended, $host" 69 3 'tailscaled does not run on this machine' usr --timeout=2 "$host" 22
done
f_program=
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
# wait_for_not SECONDS COMMAND: it stays false.
wait_for_not() { ! wait_for "$@"; }
over() { ! kill -0 "$ssh_pid" 2>/dev/null || grep -q '^State:.Z' "/proc/$ssh_pid/status" 2>/dev/null; }
# ended NAME SECONDS
ended() {
	check "$1: the session ends" wait_for "$2" over
	kill "$ssh_pid" 2>/dev/null
	wait "$ssh_pid" 2>/dev/null
	is "$1: ssh's status" $? 255
	relays_gone "$1"
}
# carried NAME: what ended was tailscaled.
carried() {
	"$MESHSSH" --why >"$T/why" 2>&1
	check "$1: --why tells" grep -q 'tailscaled on this machine ended or was restarted' "$T/why"
}

userspace || not_ok "tailscaled starts again"
wait_for 20 node_sees usr srv
for signal in TERM KILL; do
	session usr "$USR" cat
	node_stop usr $signal
	ended "tailscaled gets SIG$signal while the session is idle" 3
	carried "tailscaled gets SIG$signal while the session is idle"
	userspace || not_ok "tailscaled starts again"
	wait_for 20 node_sees usr srv
	session usr "$USR" 'cat /dev/zero'
	node_stop usr $signal
	ended "tailscaled gets SIG$signal while the session streams" 3
	carried "tailscaled gets SIG$signal while the session streams"
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

# The host is silent, and answers tailscaled: nothing ends. Sshd's process of this session, and the pause, are the fault.
session usr "$USR" cat -o ServerAliveInterval=1 -o ServerAliveCountMax=60
frozen=
for pid in $(ip netns pids "$MESH-srv"); do
	! tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q '^sshd[^:]*: root@notty' || frozen="$frozen $pid"
done
check "the host's sshd hangs" [ -n "$frozen" ]
# shellcheck disable=SC2086	# a list
kill -STOP $frozen
check "the host's sshd hangs, --dead-after=3: the session stays" wait_for_not 5 over
# shellcheck disable=SC2086	# a list
kill -CONT $frozen
node_stop usr
ended "the host's sshd hung, then tailscaled ended" 3

# The host's tailscaled dies. With TUN the relay itself notices; what goes through the daemon is told by ssh's own
# ServerAlive, or with --dead-after by tailscaled, and no relay may stay behind then.
userspace || not_ok "tailscaled starts again"
wait_for 20 node_sees usr srv
session tun "$TUN" cat
stalled() { session usr "$USR" cat -o ServerAliveInterval=1 -o ServerAliveCountMax=2; }
node_stop srv KILL
ended "the host's tailscaled is killed, TUN, --dead-after=3" 6
"$MESHSSH" --why >"$T/why" 2>&1
check "the host's tailscaled is killed, TUN: --why tells" grep -q 'stopped answering' "$T/why"
node_stop tun KILL
for host in srv "$srv"; do
	fault "tailscaled was killed, TUN, $host" 69 5 'tailscaled does not run' tun "$TUN" "$host" 22
done
node_start srv srv --tun=tailscale0 || not_ok "srv starts again"
wait_for 20 node_sees srv usr
stalled
node_stop srv KILL
ended "the host's tailscaled is killed, LocalAPI, ServerAlive" 8
node_start srv srv --tun=tailscale0 || not_ok "srv starts again"
wait_for 20 node_sees srv usr
session usr "$USR" cat -o ServerAliveInterval=1 -o ServerAliveCountMax=60
node_stop srv KILL
ended "the host's tailscaled is killed, LocalAPI, --dead-after=3" 7
"$MESHSSH" --why >"$T/why" 2>&1
check "the host's tailscaled is killed, LocalAPI: --why tells" grep -q "does not answer tailscaled's ping" "$T/why"
node_start srv srv --tun=tailscale0 || not_ok "srv starts again"

# Removed: the others get no news from here on.
mesh_switch remove/one
removed() { ! known one one; }
check "a node was removed" wait_for 10 removed
fault 'removed, a name' 68 2 'knows no peer of this name' usr "$USR" "one.$MESH_DOMAIN" 22
fault 'we were removed ourselves' 69 4 'not even to tailscaled' prx "$ONE" --via=localapi --timeout=1 srv 22
fault 'removed, a short name' 68 2 'neither the resolver nor tailscaled knows' usr "$USR" one 22

### logged out: last, for the next login would be a new node
node_cli usr logout
for host in srv "$srv"; do
	fault "logged out, $host" 69 3 'tailscale' usr "$USR" "$host" 22
done
relays_gone "in the end"
finish
