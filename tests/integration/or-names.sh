#!/bin/sh
# --or: of several names of one host, the first whose server identifies itself as SSH is taken, in their order, a second
# apart or at once after a failure. Real sshd at two addresses; at others nothing, a host that never answers, and servers
# that accept a connection but are not SSH, as another network may have them at the same address.
#
# shellcheck disable=SC2317 # functions are called through `check`
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
{ need "several names" python3 timeout && need_login "several names" "ListenAddress 127.0.0.2"; } || finish
exec </dev/null
p=$SSHD_PORT
python3 "$TOOLS/oddserver.py" "$T/ports" full@127.0.0.11:"$p" silent@127.0.0.12:"$p" html@127.0.0.13:"$p" \
    half@127.0.0.14:"$p" close@127.0.0.15:"$p" http@127.0.0.16:"$p" lines@127.0.0.17:"$p" \
    drip-id@127.0.0.18:"$p"=30 refusal@127.0.0.19:"$p" greeting20@127.0.0.21:"$p"="$p" &
started $!
wait_for 10 test -s "$T/ports" || { not_ok "the test's servers start"; finish; }
refused=127.0.0.10 full=127.0.0.11 silent=127.0.0.12 html=127.0.0.13 half=127.0.0.14 close=127.0.0.15
http=127.0.0.16 lines=127.0.0.17 drip=127.0.0.18 refusal=127.0.0.19 greeting=127.0.0.21

# login HOST OPTIONS [FDPASS]: real ssh; the address at which sshd took it, in $T/out.
# shellcheck disable=SC2016 # for the remote shell
login() {
	timeout 30 ssh -F "$SSH_CONFIG" -o HostName="$1" -o ProxyUseFdpass="${3:-no}" \
	    -o ProxyCommand="\"$MESHSSH\" $2 --relay -- \"%h\" \"%p\"" direct 'set -- $SSH_CONNECTION; echo $3' \
	    >"$T/out" 2>"$T/err"
}

# takes NAME HOST NAMES WINNER MOST-SECONDS: what the server says comes from there.
takes() {
	t_began=$(date +%s%N)
	echo SSH-2.0-test | timeout 30 "$MESHSSH" --debug --or="$3" --relay -- "$2" "$p" >"$T/out" 2>"$T/err"
	is "$1" "$(sed -n 's/.*connected through direct \(.*\) after.*/\1/p' "$T/err") $(grep -c '^SSH-2.0-OpenSSH' "$T/out")" "$4 1"
	t_ms=$((($(date +%s%N) - t_began) / 1000000))
	[ $t_ms -lt $(($5 * 1000)) ] || not_ok "$1: in time" "$t_ms ms"
}

for first in 127.0.0.1 127.0.0.2; do
	login $first "--or=127.0.0.1,127.0.0.2"
	is "ssh, both answer: $first" "$? $(cat "$T/out")" "0 $first"
done
login $silent "--or=$refused,127.0.0.2"
is "ssh, the last answers" "$? $(cat "$T/out")" "0 127.0.0.2"
login $refused "--fdpass --or=127.0.0.2" yes
is "ssh with fdpass" "$? $(cat "$T/out")" "0 127.0.0.2"
takes "both answer: the first" 127.0.0.1 127.0.0.2 127.0.0.1 6
takes "both answer, the other way round" 127.0.0.2 127.0.0.1 127.0.0.2 6
takes "the host itself is in the list as well" 127.0.0.2 127.0.0.2,127.0.0.1 127.0.0.2 6
takes "the first refuses" $refused 127.0.0.2 127.0.0.2 6
takes "the first is not a name that exists" nosuch.invalid 127.0.0.2 127.0.0.2 12
takes "the first never answers" $full 127.0.0.1 127.0.0.1 8
takes "the first accepts and says nothing" $silent 127.0.0.1 127.0.0.1 8
takes "the first shows a web page" $html 127.0.0.1 127.0.0.1 8
takes "the first answers in HTTP" $http 127.0.0.1 127.0.0.1 8
takes "the first says a part of an identification" $half 127.0.0.1 127.0.0.1 8
takes "the first closes" $close 127.0.0.1 127.0.0.1 8
takes "the first has no room" $refusal 127.0.0.1 127.0.0.1 8
takes "the third of four" $refused $silent,127.0.0.2,127.0.0.1 127.0.0.2 8
takes "the last of all" $full $refused,$html,127.0.0.1 127.0.0.1 10
takes "the first says it byte by byte, without an end" $drip 127.0.0.2 127.0.0.2 8
takes "the first says other lines, without an end" $lines 127.0.0.2 127.0.0.2 8
takes "lines before the identification are allowed" $greeting 127.0.0.2 $greeting 8

timeout 20 "$MESHSSH" --or=127.0.0.1 $silent "$p" >"$T/out" 2>"$T/err"
check "a client that says nothing" grep '^SSH-2.0-OpenSSH' "$T/out"

### as ssh
# door NAME HOST NAMES WINNER
door() {
	# shellcheck disable=SC2016 # for the remote shell
	timeout 30 "$MESHSSH" --or="$3" -F "$SSH_CONFIG" -o HostName="$2" direct 'set -- $SSH_CONNECTION; echo $3' \
	    >"$T/out" 2>"$T/err"
	is "$1" "$? $(cat "$T/out")" "0 $4"
}
door "as ssh: the first" 127.0.0.2 127.0.0.1 127.0.0.2
door "as ssh: the last, with an address of IPv6 and a zone before" $refused 'fe80::1%lo,127.0.0.2' 127.0.0.2
# shellcheck disable=SC2016 # nothing is run
timeout 10 "$MESHSSH" --or='a,$(touch x)' -F "$SSH_CONFIG" direct true >"$T/out" 2>"$T/err"
is "as ssh: a name that is none" "$? $(grep -c 'not a host name' "$T/err")" "64 1"

### none answers
# lost NAME STATUS PATTERN OPTIONS HOST
lost() {
	# shellcheck disable=SC2086 # options are words
	timeout 30 "$MESHSSH" --timeout=1 $4 --relay -- "$5" "$p" >"$T/out" 2>"$T/err"
	is "$1: status" "$?" "$2"
	check "$1: one line, which names all" sh -c "[ \$(wc -l <'$T/err') -eq 1 ] && grep -q '$3' '$T/err'"
	is "$1: at most 200 bytes" "$(($(wc -c <"$T/err") <= 200))" 1
}
lost "none answers" 69 "$refused port $p: connection refused by $refused; also tried: 127.0.0.20, $full;" \
    "--or=127.0.0.20,$full" $refused
timeout 10 "$MESHSSH" --why >"$T/why"
for host in $refused 127.0.0.20 $full; do
	check "--why has $host" grep -q "^  $host " "$T/why"
done
lost "none is SSH" 76 "$html port $p: it says .*; also tried: $silent;" "--or=$silent" $html
lost "many long names" 69 "port $p: .*; also tried: 3 other names;" \
    "--or=this-is-a-name-of-some-length.invalid,another-such-name.invalid,that-third-one-too.invalid" $refused
echo "SSH-2.0-test" | timeout 20 "$MESHSSH" --connect-timeout=2 --or=$silent $full "$p" >"$T/out" 2>"$T/err"
check "ssh's own limit: told before it" grep -q 'also tried' "$T/err"

python3 - "$MESHSSH" $half "$p" >"$T/cpu" <<'END'
import resource, subprocess, sys
subprocess.run([sys.argv[1], "--timeout=1", "--or=" + sys.argv[2], sys.argv[2], sys.argv[3]],
               stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime < 0.3)
END
is "a part of an identification does not keep the processor busy" "$(cat "$T/cpu")" True

### what --or takes
for row in '64 a name in the list is empty:--or=a,,b' '64 a name in the list is empty:--or=a,' '64 is listed twice:--or=a,b,A' \
    '64 at most 8:--or=a,b,c,d,e,f,g,h,i' '64 not:--or=' '64 has a port:--or=a,b:22' '64 not a host name:--or=a,-b' '64 not a host name:--or=a b'; do
	timeout 10 "$MESHSSH" "${row#*:}" --relay -- $refused "$p" >"$T/out" 2>"$T/err"
	status=$?
	row=${row%%:*}
	is "--or, ${row#* }: status" $status "${row%% *}"
	check "--or, ${row#* }" grep -q -e "${row#* }" "$T/err"
done
finish
