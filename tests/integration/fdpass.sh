#!/bin/sh
# `meshssh --fdpass` with ProxyUseFdpass: ssh gets the connected socket itself, set up well and with nothing taken from
# the stream, and no process of ours is left. While it still dials, the end of ssh is its end.
#
# shellcheck disable=SC2317,SC2119 # functions are called through `check`; sshd_start needs no argument
# shellcheck disable=SC2016 # variables for the remote shell
# shellcheck source-path=SCRIPTDIR
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=relays.sh
. "$(dirname "$0")/relays.sh"

{ need "fdpass" python3 && need_login "fdpass"; } || finish
cfg=$T/config
{
	cat <<-END
	Host six
		HostName ::1
		ProxyCommand $MESHSSH --fdpass --relay -- "%h" "%p"
		ProxyUseFdpass yes
	Host *
		$(how_config)
	END
	grep -v ControlPath "$SSH_CONFIG"
} >"$cfg"
head -c 5242880 /dev/urandom >"$T/big"

# Sessions.
timeout 20 ssh -v -F "$cfg" fdpass 'echo out; exit 7' >"$T/out" 2>"$T/err"
is "status and output" "$? $(cat "$T/out")" '7 out'
check "ssh did ask for a descriptor" grep -q 'Executing proxy dialer command: exec .*--fdpass' "$T/err"
how "no process of ours in mid key exchange" direct
check "ssh knows the peer's address" grep -q "^Authenticated to 127.0.0.1 (\[127.0.0.1\]:$SSHD_PORT)" "$T/err"
silent "SSH_CONNECTION" timeout 20 ssh -F "$cfg" fdpass 'echo $SSH_CONNECTION'
is "SSH_CONNECTION: the addresses" "$(cut -d' ' -f1,3,4 "$T/out")" "127.0.0.1 127.0.0.1 $SSHD_PORT"
if grep -q 'Server listening on ::1' "$SSHD_LOG"; then
	silent "IPv6" timeout 20 ssh -F "$cfg" six 'echo $SSH_CONNECTION'
	is "IPv6: the addresses" "$(cut -d' ' -f1,3,4 "$T/out")" "::1 ::1 $SSHD_PORT"
else
	skip "IPv6" "no IPv6 on loopback"
fi
both_ways() {
	timeout 30 ssh -F "$cfg" fdpass "cat >'$T/up'" <"$T/big" &&
		cmp "$T/big" "$T/up" &&
		timeout 30 ssh -F "$cfg" fdpass "cat '$T/big'" >"$T/down" &&
		cmp "$T/big" "$T/down" &&
		timeout 30 ssh -F "$cfg" fdpass cat <"$T/big" >"$T/both" &&
		cmp "$T/big" "$T/both"
}
silent "5 MB up, down, and both at once" both_ways
for protocol in -s -O; do
	silent "scp $protocol up" timeout 20 scp $protocol -q -F "$cfg" "$T/big" "fdpass:$T/scp$protocol"
	check "scp $protocol up: same bytes" cmp "$T/big" "$T/scp$protocol"
done

# During a session, and with a master, there is nothing of ours.
mkfifo "$T/in"
timeout 20 ssh -F "$cfg" fdpass 'echo ready; cat' <"$T/in" >"$T/out" 2>"$T/err" &
pid=$!
started $pid
exec 9>"$T/in"
wait_for 10 grep -q ready "$T/out"
is "no process of ours during a session" "$(relay_count)" 0
exec 9>&-
wait $pid
is "the session ends well" "$? $(cat "$T/err")" '0 '
timeout 20 ssh -F "$cfg" -o ControlMaster=auto -o ControlPersist=60 -S "$T/m" fdpass true
is "a master with ControlPersist serves" "$(ssh -F "$cfg" -S "$T/m" -o ProxyCommand=false fdpass 'echo x')" x
is "no process of ours beside it" "$(relay_count)" 0
ssh -F "$cfg" -S "$T/m" -O exit fdpass 2>/dev/null

# The socket.
check "the socket's options, its stream untouched, and we are gone at once" \
    python3 "$TOOLS/fdpass-receive.py" "$MESHSSH" 127.0.0.1 "$SSHD_PORT"
if grep -q 'Server listening on ::1' "$SSHD_LOG"; then
	check "the same by IPv6" python3 "$TOOLS/fdpass-receive.py" "$MESHSSH" ::1 "$SSHD_PORT"
else
	skip "the same by IPv6" "no IPv6 on loopback"
fi

# The front door.
timeout 20 "$MESHSSH" --fdpass -F "$cfg" direct 'exit 7' 2>"$T/err"
is "meshssh --fdpass in the place of ssh" "$? $(cat "$T/err")" '7 '
how "no process of ours there either" direct

# A stdout that is no socket is no place for a descriptor: it relays.
silent "stdout is a pipe: relays" timeout 20 ssh -F "$cfg" -o ProxyUseFdpass=no fdpass true
timeout 20 "$MESHSSH" --fdpass 127.0.0.1 "$SSHD_PORT" </dev/null >"$T/out" 2>"$T/err"
check "stdout is a file: the server's identification" grep -q '^SSH-2.0-' "$T/out"
# Neither is a socket on which somebody speaks first.
check "a caller that sends its identification first: relays" \
    python3 "$TOOLS/fdpass-receive.py" --speak "$MESHSSH" 127.0.0.1 "$SSHD_PORT"

# While it dials.
python3 "$TOOLS/oddserver.py" "$T/ports" full refused &
started $!
wait_for 10 test -s "$T/ports"
port_of() { sed -n "s/^$1 //p" "$T/ports"; }
timeout 20 ssh -F "$cfg" -p "$(port_of refused)" fdpass true 2>"$T/err"
is "refused: ssh's status, and one line of ours" "$? $(grep -c '^meshssh: ' "$T/err")" '255 1'
full=$(port_of full)
# syns: connections to it in SYN-SENT; those that keep its queue full are among them.
syns() { grep -c ":$(printf %04X "$full") 02 " /proc/net/tcp; }
dialling() { [ "$(syns)" -gt "$before" ]; }
for signal in HUP TERM KILL; do
	before=$(syns)
	ssh -F "$cfg" -p "$full" fdpass true 2>"$T/err" &
	pid=$!
	started $pid
	check "to be killed by SIG$signal: it dials" wait_for 5 dialling
	is "to be killed by SIG$signal: one process of ours" "$(relay_count "$full")" 1
	kill -s $signal $pid
	gone "ssh killed by SIG$signal while we dial: we are gone within a second" "$full"
	wait $pid
done

gone "no process is left"
finish
