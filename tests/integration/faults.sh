#!/bin/sh
# What goes wrong in the world: the server dies in mid-transfer, the relay is stopped and continued, ssh is killed in
# whatever phase it is in (no relay may be left behind), many relays at once, and a network that vanishes without a
# word, which --dead-after bounds.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "faults" "${CC:-cc}" python3 timeout ss || finish
# shellcheck disable=SC2086	# CFLAGS are words
${CC:-cc} -O2 ${CFLAGS:-} -pthread -o "$T/pump" "$TOOLS/pump.c" || { not_ok "pump compiles"; finish; }

# gone PID: there is no such process, or it only waits for its parent to notice.
# shellcheck disable=SC2317	# called through wait_for
gone() { ! kill -0 "$1" 2>/dev/null || grep -q '^State:.[ZX]' "/proc/$1/status" 2>/dev/null || [ ! -e "/proc/$1" ]; }

need_login "faults" || finish
python3 "$TOOLS/oddserver.py" "$T/ports" full silent banner kexstall="$SSHD_PORT" &
started $!
wait_for 10 test -s "$T/ports" || { not_ok "the test's servers start"; finish; }
port() { sed -n "s/^$1 //p" "$T/ports"; }

# The relay tells its process id.
cat >"$T/relay" <<END
#!/bin/sh
echo \$\$ >"$T/relay.pid.new"
mv "$T/relay.pid.new" "$T/relay.pid"
exec "$MESHSSH" "\$@"
END
chmod +x "$T/relay"
# shellcheck disable=SC2094	# ssh and the relay both add to the log
# ssh_begin SSH-ARGUMENT... 3<FILE: in the background, as ssh_pid, with that file as stdin.
ssh_begin() {
	rm -f "$T/relay.pid" "$T/up" "$T/remote.pid"
	: >"$T/ssh.log"
	ssh -v -E "$T/ssh.log" -F "$SSH_CONFIG" -o ProxyCommand="$T/relay %h %p" "$@" <&3 3<&- \
	    >/dev/null 2>>"$T/ssh.log" &
	ssh_pid=$!
	started "$ssh_pid"
}

### the server dies
for what in 'cat /dev/zero' 'cat >/dev/null'; do
	ssh_begin relay "echo \$PPID >$T/remote.pid; touch $T/up; exec $what" 3</dev/zero
	wait_for 10 test -e "$T/up"
	relay=$(cat "$T/relay.pid")
	kill -9 "$(cat "$T/remote.pid")"
	check "sshd's session killed during '$what': ssh ends" wait_for 3 gone "$ssh_pid"
	wait "$ssh_pid" 2>/dev/null
	is "sshd's session killed during '$what': ssh's status" $? 255
	check "sshd's session killed during '$what': the relay ends" wait_for 2 gone "$relay"
done
python3 "$TOOLS/oddserver.py" "$T/source.port" source &
source=$!
started $source
wait_for 10 test -s "$T/source.port"
{ echo 'SSH-2.0-test'; exec cat /dev/zero; } 2>/dev/null | {
	timeout -k 2 20 "$MESHSSH" 127.0.0.1 "$(sed 's/.* //' "$T/source.port")" 2>/dev/null
	echo $? >"$T/status"
} | head -c 1000000000000 >/dev/null &
pipeline=$!
# shellcheck disable=SC2317
connected() { ss -Htn state established dport = ":$(sed 's/.* //' "$T/source.port")" | grep -q .; }
wait_for 10 connected
kill -9 $source
wait $pipeline
is "the server killed while both sides send: status" "$(cat "$T/status")" 75
"$MESHSSH" --why >"$T/why" 2>&1
check "the server killed while both sides send: --why tells" grep -q reset "$T/why"

# stderr is nobody's by then, so the cause goes to the log as well; a log that takes nothing must not hold us, nor ssh.
cat >"$T/log.py" <<'END'
import os, select, signal, socket, subprocess, sys, time
relay = sys.argv[1]
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
writer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
writer.connect("/dev/log")
writer.setblocking(False)
try:
    while True:
        writer.send(b"full")
except BlockingIOError:
    pass
listener = socket.create_server(("127.0.0.1", 0))
p = subprocess.Popen([relay, "127.0.0.1", str(listener.getsockname()[1])], stdin=subprocess.PIPE,
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
s, _ = listener.accept()
s.sendall(b"SSH-2.0-odd\r\n")
os.write(p.stdin.fileno(), b"SSH-2.0-test\r\n")
assert os.read(p.stdout.fileno(), 100) == b"SSH-2.0-odd\r\n"
select.select([s], [], [], 5)
s.close()       # with the client's line unread: this is a reset
signal.alarm(8)
since = time.monotonic()
assert os.read(p.stdout.fileno(), 100) == b""
assert time.monotonic() - since < 3, "stdout is held"
assert p.wait(5) == 75, p.returncode
END
if need_namespaces "the system's log takes nothing"; then
	check "the server killed, and the system's log takes nothing: ends all the same" \
	    with_dev python3 "$T/log.py" "$MESHSSH"
fi

### the relay is stopped and continued
for options in '-i' '' '-s -i'; do
	# shellcheck disable=SC2086	# options are words
	check "stopped and continued eight times, every byte exact (${options:-no SSH})" \
	    "$T/pump" -S -n 96m $options -- "$MESHSSH"
done

### ssh is killed
# killed NAME: ssh_begin was called, and the phase should be reached.
killed() {
	wait_for 5 test -s "$T/relay.pid"
	relay=$(cat "$T/relay.pid")
	if gone "$relay" || gone "$ssh_pid"; then
		not_ok "ssh killed $1: the phase is reached" "$(tail -n 12 "$T/ssh.log")"
		return
	fi
	kill -9 "$ssh_pid"
	wait "$ssh_pid" 2>/dev/null
	check "ssh killed $1: no relay is left" wait_for 2 gone "$relay"
	gone "$relay" || kill -9 "$relay"
}
# shellcheck disable=SC2317
in_state() { ss -Htn state "$1" dport = ":$2" | grep -q .; }
# reached NAME COMMAND...: the phase, or a failure.
reached() {
	name=$1
	shift
	wait_for 10 "$@" || not_ok "ssh killed $name: the phase is reached" "$(tail -n 12 "$T/ssh.log")"
	killed "$name"
}
mkfifo "$T/open"
exec 8<>"$T/open"

ssh_begin -p "$(port full)" relay true 3<"$T/open"
reached "while the relay connects" in_state syn-sent "$(port full)"
ssh_begin -o ProxyUseFdpass=yes -o ProxyCommand="$T/relay --fdpass %h %p" -p "$(port full)" fdpass true 3<"$T/open"
reached "while the relay connects for --fdpass" in_state syn-sent "$(port full)"
ssh_begin -p "$(port silent)" relay true 3<"$T/open"
reached "while the server is silent" in_state established "$(port silent)"
ssh_begin -p "$(port banner)" relay true 3<"$T/open"
reached "after the greeting" grep -q 'remote software version odd' "$T/ssh.log"
ssh_begin -p "$(port kexstall)" relay true 3<"$T/open"
reached "in the key exchange" grep -q 'KEXINIT sent' "$T/ssh.log"
ssh_begin relay "touch $T/up; exec cat" 3<"$T/open"
reached "in an idle session" test -e "$T/up"
ssh_begin relay "touch $T/up; exec cat $T/open" 3</dev/null
reached "in an idle session, stdin at its end" test -e "$T/up"
ssh_begin relay "touch $T/up; exec cat /dev/zero" 3<"$T/open"
reached "while it downloads" test -e "$T/up"
ssh_begin relay "touch $T/up; exec cat >/dev/null" 3</dev/zero
reached "while it uploads" test -e "$T/up"
ssh_begin relay "touch $T/up; exec cat" 3</dev/zero
reached "while it does both" test -e "$T/up"

# A stopped ssh lets the relay stand before a full pipe.
# shellcheck disable=SC2317
asleep() { grep -q '^State:.S' "/proc/$1/status"; }
for what in 'cat /dev/zero' cat; do
	ssh_begin relay "touch $T/up; exec $what" 3</dev/zero
	wait_for 10 test -e "$T/up"
	kill -STOP "$ssh_pid"
	reached "after it was stopped during '$what'" asleep "$(cat "$T/relay.pid")"
done

### many at once
many=200
i=0
pids=
while [ $i -lt $many ]; do
	"$T/pump" -i -n 256k -g "$T/gate" -t 100 -- "$MESHSSH" --timeout=100 >"$T/pump.$i" 2>&1 </dev/null &
	pids="$pids $!"
	started $!
	i=$((i + 1))
done
# shellcheck disable=SC2317
all_connected() { [ "$(cat "$T"/pump.* | grep -c connected)" -eq "$many" ]; }
check "$many relays are connected at the same time" wait_for 60 all_connected
touch "$T/gate"
bad=0
for pid in $pids; do
	wait "$pid" || bad=$((bad + 1))
done
is "$many relays at once: how many were not exact" $bad 0
[ $bad -eq 0 ] || grep -h pump: "$T"/pump.* | sed 's/^/# /'

### the network vanishes
cat >"$T/lab.sh" <<'END'
# In a network namespace; the server has another one, that lives as long as the server does. Each relay leaves
# "STATUS TENTHS" in a file: its exit status, and how long after the cut.
T=$1 MESHSSH=$2 TOOLS=$3
cd "$T" || exit 1
mkfifo go quiet
exec 7<>go 8<>quiet
# shellcheck disable=SC2016
unshare -n sh -c 'read -r _ <go; exec python3 "$1/oddserver.py" lab.ports -a 10.99.0.2 banner source' sh "$TOOLS" \
    7<&- 8<&- &
server=$!
trap 'kill $server' EXIT
deadline=$(($(date +%s) + 10))
# until_true COMMAND...
until_true() {
	until "$@"; do
		[ "$(date +%s)" -lt $deadline ] || { echo "not in time: $*"; exit 1; }
		sleep 0.02
	done
}
elsewhere() { [ "$(readlink /proc/$server/ns/net)" != "$(readlink /proc/self/ns/net)" ]; }
there() { nsenter -t $server -n ip "$@"; }
until_true elsewhere
set -e
ip link set lo up
ip link add v0 type veth peer name v1 netns $server
ip addr add 10.99.0.1/24 dev v0
ip link set v0 up
there link set lo up
there addr add 10.99.0.2/24 dev v1
there link set v1 up
set +e
echo go >&7
until_true test -s lab.ports

# relay NAME MODE: the status and the time of its end. Its record is in a home of its own from the password file, for no
# other folder would be taken: in the namespace of an ordinary user, / and /tmp are another user's.
relay() {
	mkdir "home.$1"
	echo "root:x:0:0:root:$T/home.$1:/bin/sh" >"passwd.$1"
	env -u XDG_CACHE_HOME timeout -k 1 20 unshare -m sh -c 'mount --bind "$1" /etc/passwd && shift && exec "$@"' \
	    sh "passwd.$1" "$MESHSSH" --dead-after=3 10.99.0.2 "$(sed -n "s/^$2 //p" lab.ports)" \
	    >"$1.out" 2>/dev/null 7<&- 8<&-
	echo "$? $(date +%s%N)" >"$1.told"
}
# round HOW IP-COMMAND...: three relays, then the network goes.
round() {
	how=$1
	shift
	echo SSH-2.0-test >&8
	relay "$how.idle" banner <quiet &
	relays=$!
	{ echo SSH-2.0-test; exec cat /dev/zero; } 2>/dev/null | relay "$how.sending" banner &
	relays="$relays $!"
	relay "$how.receiving" source <quiet &
	relays="$relays $!"
	deadline=$(($(date +%s) + 10))
	for name in idle sending receiving; do
		until_true test -s "$how.$name.out"
	done
	there "$@"
	cut=$(date +%s%N)
	wait $relays
	for name in idle sending receiving; do
		read -r status told <"$how.$name.told"
		echo "$status $(((told - cut) / 100000000))" >"$how.$name.result"
		rm -f "$how.$name.out"
	done
}
round link link set v1 down
there link set v1 up
# This time without ARP, which would soon say that nobody is there: nothing is said at all.
here_mac=$(cat /sys/class/net/v0/address)
there_mac=$(there -o link show v1 | sed 's/.*link.ether \([^ ]*\).*/\1/')
ip neigh replace 10.99.0.2 lladdr "$there_mac" dev v0 nud permanent
there neigh replace 10.99.0.1 lladdr "$here_mac" dev v1 nud permanent
round address addr del 10.99.0.2/24 dev v1
END
if need "--dead-after" nsenter && need_namespaces "--dead-after"; then
	check "--dead-after: the lab ran" timeout -k 2 60 unshare "$NS" sh "$T/lab.sh" "$T" "$MESHSSH" "$TOOLS"
	for how in link address; do
		for name in idle sending receiving; do
			status='' tenths=0
			[ ! -e "$T/$how.$name.result" ] || read -r status tenths <"$T/$how.$name.result"
			is "--dead-after=3, $how gone, $name: status" "$status" 75
			# Not at once, for networks hiccup; and not later than the limit and 2 s.
			check "--dead-after=3, $how gone, $name: told after $tenths tenths of a second" \
			    test "$tenths" -ge 10 -a "$tenths" -le 50
			XDG_CACHE_HOME=$T/home.$how.$name/.cache "$MESHSSH" --why >"$T/why" 2>&1
			check "--dead-after=3, $how gone, $name: --why tells" grep -q 'stopped answering' "$T/why"
		done
	done
fi
finish
