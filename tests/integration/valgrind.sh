#!/bin/sh
# The relay under valgrind's memcheck, for one session of 4 MB each way through a real ssh, for one dial that is refused,
# and for tailscaled and proxies that help and that do not: no invalid access, no leak, and no descriptor open at the end but the three it was born with.

# shellcheck source=tests/lib.sh
# shellcheck disable=SC2119,SC2317	# functions that take what they need from variables, or are called by wait_for
. "$(dirname "$0")/../lib.sh"

BYTES=4000000
VALGRIND="valgrind --leak-check=full --show-leak-kinds=definite,indirect,possible
--errors-for-leak-kinds=definite,indirect --track-fds=yes --error-exitcode=99 --log-file=$T/valgrind.%p"

{ need 'the relay under valgrind' valgrind && need_login 'the relay under valgrind'; } || finish

# The one report in $T/valgrind.*, complete.
report_done() { grep -q 'ERROR SUMMARY' "$T"/valgrind.*; }

# verdict NAME: judges the report and removes it.
verdict() {
	wait_for 30 report_done || :
	cat "$T"/valgrind.* >"$T/report" 2>/dev/null
	rm -f "$T"/valgrind.*
	check "$1: no error and no leak" grep 'ERROR SUMMARY: 0 errors' "$T/report"
	check "$1: no descriptor is left open" grep -E 'FILE DESCRIPTORS: [0-3] open \([0-3] std\) at exit' "$T/report"
	[ "$T_FAILED" -eq 0 ] || sed 's/^/# /' "$T/report"
}

{
	echo 'Host valgrind'
	echo "	ProxyCommand $(echo "$VALGRIND" | tr '\n' ' ' | sed 's/%/%%/g') $MESHSSH --timeout=60 %h %p"
	cat "$SSH_CONFIG"
} >"$T/valgrind_config"
head -c $BYTES /dev/urandom >"$T/sent"
# cat gives back what it got, so the bytes go both ways at once.
ssh -F "$T/valgrind_config" valgrind cat <"$T/sent" >"$T/got" 2>"$T/err"
is "ssh's exit status and silence" "$? $(cat "$T/err")" '0 '
is '4 MB went each way, the same bytes' "$(cksum <"$T/got")" "$(cksum <"$T/sent")"
verdict 'session'

kill "$SSHD_PID"
wait "$SSHD_PID"
# shellcheck disable=SC2086	# a list of words
$VALGRIND "$MESHSSH" 127.0.0.1 "$SSHD_PORT" </dev/null >/dev/null 2>"$T/err"
is 'refused: the exit status is 69 (99 is an error that valgrind found)' $? 69
verdict 'refused'

python3 "$TOOLS/oddproxy.py" "$T/proxies" local-yes local-502=refused socks-inet http-200 http-407 &
started $!
wait_for 10 test -s "$T/proxies" || { not_ok "the test's proxies start"; finish; }
proxy() { sed -n "s#^$1 ##p" "$T/proxies"; }
# through NAME STATUS OPTION...
through() {
	name=$1
	wanted=$2
	shift 2
	# shellcheck disable=SC2086	# a list of words
	echo 'SSH-2.0-test' | MESHSSH_PROXY_AUTH=user:password $VALGRIND "$MESHSSH" --timeout=60 "$@" node.mesh.test 22 \
	    >/dev/null 2>"$T/err"
	is "$name: the exit status" $? "$wanted"
	verdict "$name"
}
through 'LocalAPI' 0 "--tailscaled=$(proxy local-yes)"
through 'LocalAPI, refused' 69 "--tailscaled=$(proxy local-502=refused)"
through 'SOCKS5' 0 "--via=socks5=127.0.0.1:$(proxy socks-inet)"
through 'HTTP' 0 "--via=http=127.0.0.1:$(proxy http-200)"
through 'HTTP, refused' 77 "--via=http=127.0.0.1:$(proxy http-407)"
# A session of meshssh-serve ends without destructors: its own descriptors are those that were not there before.
SERVE=$BUILDDIR/meshssh-serve
CLIENT=$BUILDDIR/tests/unit/serve-client
if [ ! -x "$SERVE" ] || [ ! -x "$CLIENT" ]; then
	skip "meshssh-serve" "it, or its client, was not built"
	finish
fi
sshd_start || { not_ok "sshd starts"; finish; }
PORT=$((9000 + $$ % 900))
# shellcheck disable=SC2086	# words
$VALGRIND "$SERVE" "127.0.0.1:$PORT" --run="$T/run" --sshd="127.0.0.1:$SSHD_PORT" --source=loopback 2>"$T/serve.log" &
serve=$!
started $serve
wait_for 30 timeout 5 "$CLIENT" 127.0.0.1 "$PORT" garbage=closed
check "a session of meshssh-serve" timeout 60 "$CLIENT" 127.0.0.1 "$PORT" new first ping again reset again keys end
wait_for 30 grep -l 'ERROR SUMMARY' "$T"/valgrind.* || :
# shellcheck disable=SC2016	# the shell within expands them
check "meshssh-serve: no error and no leak" sh -c 'cat "$1"/valgrind.* | grep "ERROR SUMMARY: 0 errors"' sh "$T"
# shellcheck disable=SC2016
check "meshssh-serve: no descriptor of its own is left open" sh -c '! grep -A 1 "^==[0-9]*== Open " "$1"/valgrind.* |
    grep -v inherited | grep "at 0x"' sh "$T"
finish
