#!/bin/sh
# Servers and proxies that send one byte now and then, and servers that read so: every exchange has one deadline, which no
# byte extends. The relay's steps end within --timeout, the doctor's probes within a few times that, and a relay that was
# told to end does so within two seconds, whatever still comes. In network namespaces of its own: the doctor probes the
# path to another machine only.
#
# shellcheck disable=SC2016,SC2086,SC2317	# inner shells expand, ids are words, told and wait_for call
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
if [ -z "${DRIP_INSIDE:-}" ]; then
	{ need "dripping servers" python3 timeout nsenter && need_namespaces "dripping servers"; } || finish
	DRIP_INSIDE=1 unshare "$NS" sh "$0"
	exit
fi

# The other machine, 10.78.1.2.
ip link set lo up
unshare -n sleep 600 &
far=$!
started $far
apart() { [ "$(readlink /proc/$far/ns/net)" != "$(readlink /proc/self/ns/net)" ]; }
wait_for 5 apart
ip link add near type veth peer name far netns $far
ip addr add 10.78.1.1/24 dev near
ip link set near up
echo 4096 16384 16384 >/proc/sys/net/ipv4/tcp_wmem	# so that a server that reads slowly is felt at once
nsenter -t $far -n sh -c 'ip link set lo up; ip addr add 10.78.1.2/24 dev far; ip link set far up'
nsenter -t $far -n python3 "$TOOLS/oddserver.py" "$T/far" -a 10.78.1.2 drip-lines=200 drip-id=200 drip-kexinit=200 \
    drip-kex=200 drip-ignore=200 drip-session=200 sip=200 &
started $!
python3 "$TOOLS/oddproxy.py" "$T/proxies" http-drip-head=50 http-drip-body=50 socks-drip=50 local-drip=50 \
    local-status-drip &
started $!
echo 'nameserver 127.0.0.1' >"$T/resolv.conf"
echo 'hosts: dns' >"$T/nsswitch.conf"
mount --bind "$T/resolv.conf" /etc/resolv.conf && mount --bind "$T/nsswitch.conf" /etc/nsswitch.conf &&
    python3 "$TOOLS/oddserver.py" "$T/dns" drip-dns=50 &
started $!
wait_for 10 test -s "$T/far" -a -s "$T/proxies" -a -s "$T/dns" || { not_ok "the test's servers start"; finish; }
mkfifo "$T/stdin"
exec 9<>"$T/stdin"
port() { awk -v mode="$1" '$1 == mode { print $2; exit }' "$T/far" "$T/proxies"; }

# ends NAME LIMIT STATUS WORD COMMAND...: within so many milliseconds, with this status, and a line that says WORD.
ends() {
	name=$1
	limit=$2
	wanted=$3
	word=$4
	shift 4
	began=$(date +%s%N)
	timeout -k 1 "${DRIP_PATIENCE:-$((limit / 1000 + 3))}" "$@" <"$T/stdin" >"$T/out" 2>"$T/err" 9<&-
	got=$?
	took=$((($(date +%s%N) - began) / 1000000))
	echo "# $name: $took ms, status $got"
	if [ $took -le "$limit" ] && [ $got -eq "$wanted" ] && grep -qi "$word" "$T/err" "$T/out"; then
		ok "$name"
	else
		not_ok "$name" "$took ms of $limit, status $got, wanted $wanted and '$word': $(cat "$T/err")"
	fi
}

# relay NAME STATUS WORD ARGUMENT...: ssh has said who it is.
relay() {
	name=$1
	status=$2
	word=$3
	shift 3
	echo 'SSH-2.0-test' >&9
	ends "relay: $name" 2500 "$status" "$word" "$MESHSSH" --timeout=1 "$@"
}
relay "lines before the identification" 76 'wait' 10.78.1.2 "$(port drip-lines)"
relay "the identification" 69 'identification' 10.78.1.2 "$(port drip-id)"
relay "the head of an HTTP reply" 69 'no answer' --via=http=127.0.0.1:"$(port http-drip-head=50)" odd.test 22
relay "the body of an HTTP refusal" 69 '502' --via=http=127.0.0.1:"$(port http-drip-body=50)" odd.test 22
relay "a SOCKS5 reply" 69 'no answer' --via=socks5=127.0.0.1:"$(port socks-drip=50)" odd.test 22
relay "LocalAPI's reply" 69 'no answer' --tailscaled="$(port local-drip=50)" --via=localapi 100.64.0.9 22
relay "LocalAPI's status" 0 'SSH-2.0-odd' --tailscaled="$(port local-status-drip)" --via=localapi 100.64.0.9 22
relay "DNS over TCP" 68 'resolver' drip.test 22

# The doctor, where ssh's configuration has the ports.
for mode in drip-lines drip-id drip-kexinit drip-kex drip-ignore sip; do
	printf 'Host %s\n\tHostName 10.78.1.2\n\tPort %s\n' $mode "$(port $mode)"
done >"$T/config"
mount --bind "$T/config" /etc/ssh/ssh_config
doctor() { ends "doctor: $1" "$2" "$3" "$4" "$MESHSSH" --doctor --timeout=1 "$5"; }
doctor "lines before the identification" 6000 1 'wait' drip-lines
doctor "the identification" 6000 1 '.' drip-id
doctor "KEXINIT" 9000 1 '.' drip-kexinit
doctor "KEXINIT, when it is asked for" 15000 1 '.' drip-kex
doctor "packets that say nothing" 15000 1 '.' drip-ignore
doctor "a server that reads a byte at a time" 15000 1 '.' sip
ends "doctor: LocalAPI's status" 6000 1 '.' "$MESHSSH" --doctor --timeout=1 --tailscaled="$(port local-status-drip)" \
    100.64.0.9 22
ends "doctor: DNS over TCP" 6000 2 '.' "$MESHSSH" --doctor --timeout=1 drip.test
echo "10.78.1.2:$(port drip-id)" >"$T/hosts"
ends "scan: the identification" 6000 1 '.' sh -c '"$0" --scan --timeout=1 <"$1"' "$MESHSSH" "$T/hosts"

# The relay in a session, told to end: by a signal, and by the client's end.
# told NAME LIMIT MODE ACTION...: the action is run when the session is under way.
told() {
	name=$1
	limit=$2
	mode=$3
	shift 3
	mkfifo "$T/client"
	"$MESHSSH" 10.78.1.2 "$(port "$mode")" <"$T/client" >"$T/out" 2>"$T/err" 9<&- &
	pid=$!
	started $pid
	exec 8>"$T/client"
	printf 'SSH-2.0-test\r\n' >&8
	wait_for 5 grep -q SSH-2.0-odd "$T/out"
	began=$(date +%s%N)
	"$@"
	wait_for "${DRIP_PATIENCE:-$((limit / 1000 + 2))}" gone || kill -KILL $pid
	took=$((($(date +%s%N) - began) / 1000000))
	wait $pid
	status=$?
	exec 8>&-
	rm "$T/client"
	echo "# $name: $took ms, status $status"
	if [ $took -le "$limit" ] && [ $status -eq 0 ]; then
		ok "$name"
	else
		not_ok "$name" "$took ms of $limit, status $status: $(cat "$T/err")"
	fi
}
gone() { ! grep -q '^State:[^Z]*$' "/proc/$pid/status" 2>/dev/null; }
signal() { kill "-$1" $pid; }
# What the server does not take is in the pipe and in the relay when the signal comes.
stuff() {
	head -c 3000000 /dev/zero >&8 2>/dev/null &
	stuffing=$!
	wait_for 5 full
	kill "-$1" $pid
	kill $stuffing
	wait $stuffing 2>/dev/null
}
full() { ss -tn dst 10.78.1.2 | awk '$3 > 8000 { found = 1 } END { exit !found }'; }
hang_up() { exec 8>&-; }
told "SIGHUP: a server that goes on" 2500 drip-session signal HUP
told "SIGTERM: a server that goes on" 2500 drip-session signal TERM
told "SIGHUP: a server that reads a byte at a time" 3000 sip stuff HUP
told "SIGTERM: a server that reads a byte at a time" 3000 sip stuff TERM
told "EOF from ssh: a server that goes on" 22000 drip-session hang_up
finish
