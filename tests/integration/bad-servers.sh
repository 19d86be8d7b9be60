#!/bin/sh
# Servers that misbehave (oddserver.py): for each, one plain line on stderr that says what is wrong, the documented
# exit status, no hang, and --why tells it again; and what RFC 4253 4.2 allows (lines before the
# identification) works. First with a driver that speaks as ssh does, then with ssh itself.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "bad servers" python3 timeout ssh sshd ssh-keygen || finish

mkfifo "$T/stdin"
exec 9<>"$T/stdin"

port() { sed -n "s/^$1 //p" "$T/ports"; }

# plain FILE: nothing in it but printable ASCII and newlines.
plain() { ! LC_ALL=C grep -q '[^ -~]' "$1"; }

# judge NAME STATUS WORD: one line that says WORD, the status, and --why that says it too.
judge() {
	wrong=
	case " $2 " in
	*" $got "*) ;;
	*) wrong="$wrong status $got, wanted $2;" ;;
	esac
	[ "$(wc -l <"$T/err")" -eq 1 ] || wrong="$wrong not one line;"
	[ "$(wc -c <"$T/err")" -le 200 ] || wrong="$wrong longer than 200 bytes;"
	grep -q '^meshssh: .' "$T/err" || wrong="$wrong does not begin 'meshssh: ';"
	grep -qi "$3" "$T/err" || wrong="$wrong does not say '$3';"
	plain "$T/err" || wrong="$wrong unprintable bytes;"
	timeout -k 2 5 "$MESHSSH" --why >"$T/why" 2>&1 </dev/null || wrong="$wrong --why: status $?;"
	grep -qi "$3" "$T/why" || wrong="$wrong --why does not say '$3';"
	plain "$T/why" || wrong="$wrong --why: unprintable bytes;"
	if [ -z "$wrong" ]; then
		ok "$1"
	else
		not_ok "$1" "$wrong
stderr: $(head -c 600 "$T/err" | cat -v)
--why: $(head -c 1000 "$T/why" | cat -v)"
	fi
	rm -rf "$T/cache"
}

# server MODE STATUS WORD [MAXIMUM SECONDS]: the driver; stdin has said who it is, and stays open.
server() {
	echo 'SSH-2.0-test' >&9
	since=$(date +%s)
	timeout -k 2 8 "$MESHSSH" --timeout=1 127.0.0.1 "$(port "$1")" <"$T/stdin" >"$T/out" 2>"$T/err" 9<&-
	got=$?
	took=$(($(date +%s) - since))
	judge "$1" "$2" "$3"
	# Whole seconds: the limit, what it costs to start on a busy machine, and one for rounding.
	[ "$took" -le "${4:-4}" ] || not_ok "$1: in time" "took $took s"
}

# shellcheck disable=SC2119	# no lines of its own
sshd_start || { not_ok "sshd starts"; finish; }
python3 "$TOOLS/oddserver.py" "$T/ports" silent close fin refusal rst http http-open html longline lines drip garbage \
    garbage-close half half-close escape midrst midfin greeting20="$SSHD_PORT" full banner &
started $!
wait_for 10 test -s "$T/ports" || { not_ok "the test's servers start"; finish; }

### the driver
server silent 69 'nothing'
server close 69 'closed\|reset'
server fin 69 'closed'
server refusal '69 76' 'MaxStartups'
server rst 69 'closed\|reset'
server http 76 'HTTP\|web'
server http-open 76 'HTTP\|web'
server html 76 'SSH'
server longline 76 'SSH'
server lines 76 'SSH'
server drip '69 76' 'SSH'
server garbage 76 'SSH'
server garbage-close 76 'SSH'
server half '69 76' 'SSH-2.0-Open\|identif'
server half-close '69 76' 'SSH-2.0-Open\|identif'
server escape '69 76' 'Go away'
server full 69 'answer'

# The same when the server is faster than the client: it has spoken, and ended, before the client's first byte.
late() {
	mkfifo "$T/late"
	exec 8<>"$T/late"
	timeout -k 2 8 "$MESHSSH" --timeout=2 127.0.0.1 "$(port "$1")" <"$T/late" >"$T/out" 2>"$T/err" 8<&- 9<&- &
	pid=$!
	wait_for 5 ended "$(port "$1")"
	echo 'SSH-2.0-test' >&8
	wait $pid
	got=$?
	exec 8<&-
	rm "$T/late"
	judge "$1, and the client is late" "$2" "$3"
}
# shellcheck disable=SC2317	# called through wait_for
ended() { ss -Htn state close-wait dport = ":$1" | grep -q .; }
need "a late client" ss && {
	late fin 69 'closed'
	late escape '69 76' 'Go away'
}

# A server that ends in order, after its identification: no failure, nothing said.
echo 'SSH-2.0-test' >&9
timeout -k 2 15 "$MESHSSH" 127.0.0.1 "$(port midfin)" <"$T/stdin" >"$T/out" 2>"$T/err" 9<&-
is "the server's end in order is a success" "$? $(cat "$T/out" "$T/err")" "0 $(printf 'SSH-2.0-odd\r')"
rm -rf "$T/cache"

# RST when the session runs. stderr is no terminal, so by then it belongs to nobody: the record has the cause.
printf 'SSH-2.0-test\r\n' >&9
timeout -k 2 15 "$MESHSSH" 127.0.0.1 "$(port midrst)" <"$T/stdin" >"$T/out" 2>"$T/err" 9<&- &
pid=$!
wait_for 5 grep -q SSH-2.0-odd "$T/out"
echo now >&9
wait $pid
is "RST in mid-stream: status, and what came before it" "$? $(cat "$T/out")" "75 $(printf 'SSH-2.0-odd\r')"
# shellcheck disable=SC2016	# for the inner shell
check "RST in mid-stream: stderr is left alone, or gets the one line" \
    sh -c 'test ! -s "$1" || { test "$(wc -l <"$1")" -eq 1 && grep -q "^meshssh: " "$1"; }' sh "$T/err"
timeout -k 2 5 "$MESHSSH" --why >"$T/why" 2>&1 </dev/null
check "RST in mid-stream: --why tells" grep -qi reset "$T/why"
rm -rf "$T/cache"
printf 'SSH-2.0-test\r\nnow\n' >&9
timeout -k 2 15 "$MESHSSH" --debug 127.0.0.1 "$(port midrst)" <"$T/stdin" >"$T/out" 2>"$T/err" 9<&-
is "RST in mid-stream with --debug: status" $? 75
check "RST in mid-stream with --debug: stderr tells" grep -qi '^meshssh: .*reset' "$T/err"

# A client that does not speak SSH gets what the server says, whatever it is: a plain relay.
printf 'GET / HTTP/1.0\r\n\r\n' >"$T/get"
timeout -k 2 15 "$MESHSSH" 127.0.0.1 "$(port http)" <"$T/get" >"$T/out" 2>"$T/err"
is "plain relay: HTTP passes" "$? $(cat "$T/out" "$T/err")" "0 $(printf 'HTTP/1.1 400 Bad Request\r
Content-Type: text/plain\r\nConnection: close\r\n\r\n400 Bad Request')"

### ssh itself
# ssh_meets MODE WORD: ssh ends, with our line among what it prints, and only one of ours.
ssh_meets() {
	timeout -k 2 8 ssh -F "$SSH_CONFIG" -p "$(port "$1")" -o ProxyCommand="$MESHSSH --timeout=1 %h %p" relay true \
	    </dev/null >"$T/out" 2>"$T/err"
	is "ssh meets $1: status" $? 255
	grep '^meshssh: ' "$T/err" >"$T/ours"
	# shellcheck disable=SC2016
	check "ssh meets $1: one line of ours that says so" \
	    sh -c 'cat "$2"; test "$(wc -l <"$1")" -eq 1 && grep -qi "$3" "$1"' sh "$T/ours" "$T/err" "$2"
}
ssh_meets silent nothing
ssh_meets close 'closed\|reset'
ssh_meets http 'HTTP\|web'
ssh_meets longline SSH
ssh_meets half 'SSH-2.0-Open\|identif'
ssh_meets escape 'Go away'
# shellcheck disable=SC2016	# for the shell over there
if timeout 20 ssh -F "$SSH_CONFIG" direct true 2>"$T/err" </dev/null; then
	check "ssh through 20 lines before the identification" \
	    timeout -k 2 20 ssh -F "$SSH_CONFIG" -p "$(port greeting20)" relay 'test "$(echo it works)" = "it works"'
else
	skip "ssh through 20 lines" "this user cannot log in to an sshd of its own: $(tail -n 1 "$T/err")"
fi
finish
