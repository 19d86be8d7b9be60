#!/bin/sh
# What the relay sets on its sockets, and that it does so before connect (seen by strace); what segment size really
# goes out, as the server of a small lab client - router - server sees it; and how several addresses are raced: a dead
# one costs 250 ms and not the time limit, a refusing one nothing.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "socket options" python3 timeout strace || finish
if ! strace -o /dev/null true 2>/dev/null; then
	skip "socket options" "no right to trace"
	finish
fi
# A leak check cannot run under strace.
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS

python3 "$TOOLS/oddserver.py" "$T/ports" refused midfin &
started $!
python3 "$TOOLS/oddserver.py" "$T/ports6" -a ::1 midfin &
started $!
wait_for 10 test -s "$T/ports" || { not_ok "the test's servers start"; finish; }

# traced ARGUMENT...: what comes before the first connect to an address of the net, in $T/before.
traced() {
	timeout -k 2 20 strace -f -o "$T/strace" -e trace=socket,setsockopt,connect "$MESHSSH" "$@" \
	    </dev/null >"$T/out" 2>"$T/err"
	status=$?
	sed -n '/connect(.*AF_INET/q; p' "$T/strace" >"$T/before"
}
# sets NAME PATTERN...: each was set before connect, with success.
sets() {
	what=$1
	shift
	for pattern in "$@"; do
		check "$what: $pattern" grep -q "setsockopt(.*, $pattern, 4) = 0" "$T/before"
	done
}
mentions() { grep -c "$1" "$T/strace"; }

common='TCP_NODELAY,.\[1\] SO_KEEPALIVE,.\[1\]'
port=$(sed -n 's/^midfin //p' "$T/ports")
traced 127.0.0.1 "$port"
is "IPv4: it connects" $status 0
# shellcheck disable=SC2086	# patterns are words
sets "IPv4, before connect" $common 'IP_TOS,.\[0\]' 'TCP_USER_TIMEOUT,.\[30000\]'
is "IPv4, loopback: --mss=auto leaves the segment size alone" "$(mentions TCP_MAXSEG)" 0
# A dead peer in an idle session is told within --dead-after too.
value() { sed -n "s/.*$1, \[\([0-9]*\)\].*/\1/p" "$T/before"; }
for dead in 30 9 3 1 600; do
	traced --dead-after=$dead 127.0.0.1 "$port"
	is "--dead-after=$dead: TCP_USER_TIMEOUT" "$(value TCP_USER_TIMEOUT)" ${dead}000
	idle=$(value TCP_KEEPIDLE) interval=$(value TCP_KEEPINTVL) count=$(value TCP_KEEPCNT)
	told=$((idle + interval * count))
	# Whole seconds are the kernel's unit, so that 1 takes 2.
	check "--dead-after=$dead: idle $idle + $interval * $count s come to that" \
	    test "$told" -ge $((dead * 3 / 4)) -a "$told" -le $((dead + 1))
done
# Once a session has begun it has the kernel's patience, also with a proxy on this machine; but what is said holds.
traced 127.0.0.1 "$port"
is "a session: TCP_USER_TIMEOUT" "$(sed -n 's/.*TCP_USER_TIMEOUT, \[\([0-9]*\)\].*/\1/p' "$T/strace" | tail -n 1)" 0
traced --dead-after=9 127.0.0.1 "$port"
is "a session, --dead-after=9: TCP_USER_TIMEOUT" "$(mentions 'TCP_USER_TIMEOUT, .0.')" 0
traced --mss=1000 127.0.0.1 "$port"
sets "--mss=1000, before connect" 'TCP_MAXSEG,.\[1000\]'
traced --mss=off 127.0.0.1 "$port"
is "--mss=off: no TCP_MAXSEG" "$status $(mentions TCP_MAXSEG)" "0 0"
if wait_for 5 test -s "$T/ports6"; then
	traced ::1 "$(sed -n 's/^midfin //p' "$T/ports6")"
	is "IPv6: it connects" $status 0
	# shellcheck disable=SC2086
	sets "IPv6, before connect" $common 'IPV6_TCLASS,.\[0\]' 'TCP_USER_TIMEOUT,.\[30000\]'
	is "IPv6, loopback: --mss=auto leaves the segment size alone" "$(mentions TCP_MAXSEG)" 0
else
	skip "IPv6" "no ::1 here"
fi

{ need "the lab" nsenter ss && need_namespaces "the lab"; } || finish

# The client is where this runs; router and server have namespaces that live as long as a process of theirs.
# Results are lines "NAME VALUE...".
cat >"$T/lab.sh" <<'END'
T=$1 MESHSSH=$2 TOOLS=$3
cd "$T" || exit 1
mkfifo go quiet
exec 7<>go 8<>quiet 9>results
pids=
trap 'kill $pids' EXIT
# until_true COMMAND...
until_true() {
	deadline=$(($(date +%s) + 10))
	until "$@"; do
		[ "$(date +%s)" -lt $deadline ] || { echo "not in time: $*"; exit 1; }
		sleep 0.02
	done
}
elsewhere() { [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }
for who in router server; do
	# shellcheck disable=SC2016
	unshare -n sh -c 'read -r _ <go; exec python3 "$1/oddserver.py" "$2.ports" -a :: banner' sh "$TOOLS" $who \
	    7<&- 8<&- 9<&- &
	pids="$pids $!"
	eval "$who=$!"
	until_true elsewhere $!
done
on() { pid=$1; shift; nsenter -t "$pid" -n "$@"; }
set -e
# address PID DEVICE NET HOST
address() {
	on "$1" ip addr add "10.99.$3.$4/24" dev "$2"
	on "$1" ip -6 addr add "2001:db8:$3::$4/64" dev "$2" nodad
	on "$1" ip link set "$2" up
}
for pid in $$ $router $server; do
	on "$pid" ip link set lo up
done
ip link add c0 type veth peer name r0 netns "$router"
on "$router" ip link add r1 type veth peer name s0 netns "$server"
address $$ c0 1 2
address "$router" r0 1 1
address "$router" r1 2 1
address "$server" s0 2 2
on "$router" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
# Without timestamps what the server may send is what our SYN said.
for pid in $router $server; do
	on "$pid" sh -c 'echo 0 >/proc/sys/net/ipv4/tcp_timestamps'
done
ip route add default via 10.99.1.1
ip -6 route add default via 2001:db8:1::1
on "$server" ip route add default via 10.99.2.1
on "$server" ip -6 route add default via 2001:db8:2::1
echo go >&7
echo go >&7
set +e
until_true test -s router.ports
until_true test -s server.ports

# mss NAME PID ADDRESS OPTION...: the segment size that the other side took from our SYN.
mss() {
	name=$1 pid=$2 address=$3
	shift 3
	if [ "$pid" = "$router" ]; then who=router; else who=server; fi
	port=$(sed 's/.* //' $who.ports)
	timeout -k 1 20 "$MESHSSH" "$@" "$address" "$port" <quiet >out 2>err 7<&- 8<&- 9<&- &
	relay=$!
	until_true test -s out
	echo "$name $(on "$pid" ss -Htni state established sport = ":$port" | sed -n 's/.* mss:\([0-9]*\) .*/\1/p')" >&9
	kill $relay
	wait $relay
	rm -f out
	# shellcheck disable=SC2317
	no_connection() { [ -z "$(on "$pid" ss -Htn state established sport = ":$port")" ]; }
	until_true no_connection
}
mss router4-auto "$server" 10.99.2.2
mss router6-auto "$server" 2001:db8:2::2
mss router4-off "$server" 10.99.2.2 --mss=off
mss router6-off "$server" 2001:db8:2::2 --mss=off
mss router4-1000 "$server" 10.99.2.2 --mss=1000
mss router6-1000 "$server" 2001:db8:2::2 --mss=1000
mss onlink4-auto "$router" 10.99.1.1
mss onlink6-auto "$router" 2001:db8:1::1
mss onlink4-1000 "$router" 10.99.1.1 --mss=1000
ip route add 10.99.2.2/32 via 10.99.1.1 mtu 1000
mss mtu4-auto "$server" 10.99.2.2
ip route change 10.99.2.2/32 via 10.99.1.1 mtu 1400
mss mtu4-1400-auto "$server" 10.99.2.2
ip -6 route add 2001:db8:2::2/128 via 2001:db8:1::1 mtu 1280
mss mtu6-1280-auto "$server" 2001:db8:2::2

# Addresses to race. What is sent to ::dead and .99 goes to a neighbour that is not there, without a word.
for dead in 2001:db8:1::dead 2001:db8:1::beef 10.99.1.99; do
	ip neigh add $dead lladdr 02:00:00:00:de:ad dev c0 nud permanent
done
cat >hosts <<'EOF'
2001:db8:1::dead	dead-then-live
2001:db8:1::beef	dead-then-live
127.0.0.1		dead-then-live
::1			refused-then-live
127.0.0.1		refused-then-live
2001:db8:1::dead	all-dead
10.99.1.99		all-dead
::1			all-refused
127.0.0.1		all-refused
EOF
mount --bind hosts /etc/hosts
python3 "$TOOLS/oddserver.py" here.ports refused midfin 7<&- 8<&- 9<&- &
pids="$pids $!"
until_true test -s here.ports
port=$(sed -n 's/^midfin //p' here.ports)
refused=$(sed -n 's/^refused //p' here.ports)
# race NAME HOST PORT OPTION...: status, the best of three in ms, and the addresses in the order of connect.
race() {
	name=$1 host=$2 at=$3
	shift 3
	best=999999
	for _ in 1 2 3; do
		since=$(date +%s%N)
		timeout -k 1 20 "$MESHSSH" "$@" "$host" "$at" </dev/null >out 2>err
		status=$?
		took=$((($(date +%s%N) - since) / 1000000))
		[ $took -ge $best ] || best=$took
	done
	timeout -k 1 20 strace -f -o race.strace -e trace=connect "$MESHSSH" "$@" "$host" "$at" </dev/null >out 2>/dev/null
	# The resolver connects too, to put the addresses in order, but not so that it has to wait.
	order=$(grep "htons($at).*EINPROGRESS" race.strace | sed 's/.*"\([0-9a-f.:]*\)".*/\1/' | tr '\n' ' ')
	echo "$name $status $best $order" >&9
}
race dead-then-live dead-then-live "$port"
race dead-then-live-inet dead-then-live "$port" --family=inet
race refused-then-live refused-then-live "$port"
race all-dead all-dead "$port" --timeout=1
race all-refused all-refused "$refused"
exec 9>&-
END
check "the lab ran" timeout -k 2 100 unshare "$NS" sh "$T/lab.sh" "$T" "$MESHSSH" "$TOOLS"
touch "$T/results"
result() { sed -n "s/^$1 //p" "$T/results"; }

is "--mss=auto through a router, IPv4" "$(result router4-auto)" 960
is "--mss=auto through a router, IPv6" "$(result router6-auto)" 960
is "--mss=off through a router, IPv4" "$(result router4-off)" 1460
is "--mss=off through a router, IPv6" "$(result router6-off)" 1440
is "--mss=1000 through a router, IPv4" "$(result router4-1000)" 1000
is "--mss=1000 through a router, IPv6" "$(result router6-1000)" 1000
is "--mss=auto, a neighbour, IPv4: whole" "$(result onlink4-auto)" 1460
is "--mss=auto, a neighbour, IPv6: whole" "$(result onlink6-auto)" 1440
is "--mss=1000, a neighbour" "$(result onlink4-1000)" 1000
is "--mss=auto, a route with mtu 1000" "$(result mtu4-auto)" 960
is "--mss=auto, a route with mtu 1400" "$(result mtu4-1400-auto)" 960
is "--mss=auto, an IPv6 route with mtu 1280" "$(result mtu6-1280-auto)" 960

# raced NAME STATUS MINIMUM-MS MAXIMUM-MS ADDRESS...
raced() {
	name=$1 wanted=$2 least=$3 most=$4
	shift 4
	status='' took=0 order=
	[ -z "$(result "$name")" ] || read -r status took order <<-EOF
	$(result "$name")
	EOF
	is "$name: status" "$status" "$wanted"
	check "$name: after $took ms" test "$took" -ge "$least" -a "$took" -le "$most"
	is "$name: in the order of" "$order" "$*"
}
raced dead-then-live 0 200 600 2001:db8:1::dead 127.0.0.1
raced dead-then-live-inet 0 0 200 127.0.0.1
raced refused-then-live 0 0 200 ::1 127.0.0.1
raced all-dead 69 1000 2500 2001:db8:1::dead 10.99.1.99
raced all-refused 69 0 200 ::1 127.0.0.1

# A server that answers in two writes, as sshd does where there is no terminal.
timeout 60 python3 "$TOOLS/two-writes.py" "$MESHSSH" >"$T/out" 2>&1
status=$?
is "what the server writes in two pieces is not held up: $(head -n 1 "$T/out")" "$status" 0
finish
