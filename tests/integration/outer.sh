#!/bin/sh
# Sessions that survive where only sshd's own port is open (--resume=ssh): a second ssh, which asks nobody, forwards the
# connection to meshssh-serve on loopback. It is begun again when it dies, and ends with the session, however that ends;
# where it cannot log in, is not allowed to forward or meets nobody, the session goes on as one of plain ssh, and one line
# says so. A host that offers nothing has no second login. Real ssh and sshd.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
# shellcheck disable=SC2317	# functions that are called by wait_for
. "$(dirname "$0")/../lib.sh"
SERVE=${MESHSSH_SERVE:-$BUILDDIR/meshssh-serve}
[ -x "$SERVE" ] || { skip "--resume=ssh" "built --without-resume"; finish; }
need_login "--resume=ssh" "AllowTcpForwarding local" || finish
need "--resume=ssh" pgrep sha256sum || finish
PORT=$((SSHD_PORT + 1))

# serve_start: the far side, which a user without root starts.
serve_start() {
	"$SERVE" --source=loopback --sshd="127.0.0.1:$SSHD_PORT" --run="$T/run" "127.0.0.1:$PORT" 2>>"$T/serve.log" &
	SERVE_PID=$!
	started "$SERVE_PID"
	wait_for 10 serve_listens || not_ok "meshssh-serve listens" "$(cat "$T/serve.log")"
}
serve_listens() { grep -q ":$(printf %04X "$PORT") 00000000:0000 0A" /proc/net/tcp; }
# through OPTION... -- ARGUMENT...: ssh with these options of the relay.
through() {
	options=
	while [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	shift
	timeout 60 ssh -F "$SSH_CONFIG" -o "ProxyCommand=$MESHSSH$options --relay -- %h %p" "$@"
}
logins() { grep -c 'Accepted publickey' "$SSHD_LOG"; }
held() { find "$T/run" -type s | wc -l; }
# outers: the process ids of second ssh's of this test.
outers() { pgrep -f -- "^[^ ]*ssh .*-W 127.0.0.1:$PORT .*$T/ssh_config"; }
one_outer() { [ "$(outers | wc -l)" -eq 1 ]; }
other_outer() { [ -n "$(outers)" ] && [ "$(outers)" != "$first" ]; }
nothing_left() { [ -z "$(outers)" ] && [ "$(held)" -eq 0 ]; }
ended() { ! kill -0 "$1" 2>/dev/null; }
# With its sessions: those whose client was killed are held.
serve_end() {
	# shellcheck disable=SC2046	# a list of numbers
	kill $(cat "/proc/$SERVE_PID/task/$SERVE_PID/children") "$SERVE_PID"
	wait "$SERVE_PID" 2>/dev/null
}

serve_start
before=$(logins)
# shellcheck disable=SC2016	# for the shell there
is "a session through a second ssh" "$(through --resume=ssh:$PORT -- direct 'echo "$SSH_CONNECTION"' 2>"$T/err" | cut -d' ' -f1,3,4)" \
	"127.0.0.1 127.0.0.1 $SSHD_PORT"
is "nothing is said" "$(cat "$T/err")" ''
is "two logins" $(($(logins) - before)) 2
check "the far side has had it" grep -q 'begins, from 127.0.0.1' "$T/serve.log"
check "when it has ended, no ssh is left and nothing is held" wait_for 10 nothing_left
before=$(grep -c begins "$T/serve.log")
is "by its address" "$(through "--resume=ssh:127.0.0.1:$PORT" -- direct 'echo in' 2>&1) $(($(grep -c begins "$T/serve.log") - before))" 'in 1'
is "the front door" "$(timeout 60 "$MESHSSH" "--resume=ssh:$PORT" -F "$SSH_CONFIG" -l "$(id -un)" direct 'echo in' 2>&1
	) $(($(grep -c begins "$T/serve.log") - before))" 'in 2'
{
	printf 'Host self\n\tProxyCommand %s --resume=ssh:%s --relay -- "%%h" "%%p"\n\tControlMaster auto\n\tControlPath %s/cm-%%C\n' \
		"$MESHSSH" "$PORT" "$T"
	printf '\tForwardAgent yes\n\tPermitLocalCommand yes\n\tLocalCommand echo local >>%s/local\n\tRemoteCommand cat\n\tRequestTTY force\n' "$T"
	cat "$SSH_CONFIG"
} >"$T/self"
before=$(logins)
is "a configuration that names it: no ssh in the second ssh, and none of its commands" \
	"$(echo in | timeout 60 ssh -F "$T/self" -T self 2>&1) $(($(logins) - before)) $(cat "$T/local")" 'in 2 local'
is "a host that offers nothing: one login, and nothing is said" \
	"$(before=$(logins); through --resume=ssh -- direct 'echo in' 2>&1; echo $(($(logins) - before)))" "in
1"

# --- in the midst of a transfer
head -c 30000000 /dev/urandom >"$T/data"
sum=$(sha256sum <"$T/data" | cut -d' ' -f1)
mkfifo "$T/slow"
through --debug --resume=ssh:$PORT -- direct 'cat | sha256sum' <"$T/slow" >"$T/out" 2>"$T/err" &
pid=$!
exec 3>"$T/slow"
head -c 10000000 "$T/data" >&3
check "there is one second ssh" wait_for 10 one_outer
first=$(outers)
kill -9 "$first"
check "it was killed: there is another" wait_for 10 other_outer
tail -c +10000001 "$T/data" | head -c 10000000 >&3
first=$(outers)
kill -STOP "$first"
tail -c +20000001 "$T/data" >&3
check "it was stopped: there is another" wait_for 15 other_outer
exec 3>&-
wait $pid
is "all is there, once" "$(cut -d' ' -f1 "$T/out")" "$sum"
check "the one that was stopped is gone as well, and nothing is held" wait_for 10 nothing_left

# --- a login that is refused in the midst
through --resume=ssh:$PORT -- direct 'cat' <"$T/slow" >"$T/out" 2>"$T/err" &
pid=$!
exec 3>"$T/slow"
echo before >&3
check "a session of cat" wait_for 10 grep -q before "$T/out"
mv "$T/authorized_keys" "$T/hidden_keys"
refused=$(grep -c 'Failed publickey\|Connection closed by authenticating' "$SSHD_LOG")
kill -9 "$(outers)"
why() { "$MESHSSH" --why | grep -q 'no connection for .* s: the other ssh: .*Permission denied (publickey.*held for 24 h'; }
check "the key is gone: --why tells what ssh says" wait_for 15 why
mv "$T/hidden_keys" "$T/authorized_keys"
echo after >&3
check "the key is back: the session goes on" wait_for 20 grep -q after "$T/out"
exec 3>&-
wait $pid
refused=$(($(grep -c 'Failed publickey\|Connection closed by authenticating' "$SSHD_LOG") - refused))
check "and sshd was not asked every second: $refused" [ "$refused" -gt 0 -a "$refused" -le 6 ]
is "nothing was said" "$(cat "$T/out" "$T/err")" "before
after"

# --- ends
through --resume=ssh:$PORT -- direct 'echo in; sleep 60' >"$T/out" 2>&1 &
pid=$!
wait_for 10 grep -q in "$T/out"
relay=$(cut -d' ' -f4 "/proc/$(outers)/stat")
is "the relay is its parent" "$(tr '\0' ' ' <"/proc/$relay/cmdline" | cut -d' ' -f1)" "$MESHSSH"
kill -9 "$relay"
check "the relay was killed: so is the second ssh" wait_for 3 ended "$(outers)"
wait $pid
serve_end

# --- another user of the host has taken the port
cp "$SSH_CONFIG" "$T/config"
cp "$T/known_hosts" "$T/hosts"
impostor() (
	mkdir "$T/own" && mv "$T/host_key" "$T/host_key.pub" "$T/own"
	sshd_start && cp "$T/hosts" "$T/known_hosts"
	serve_start
	cp "$T/config" "$T/ssh_config"
	through --resume=ssh:$PORT -- direct 'echo in'
	echo "$?"
	kill "$SSHD_PID" "$SERVE_PID"
	wait "$SSHD_PID" "$SERVE_PID"
	mv "$T/own/"* "$T"
)
is "who has taken the port on the host is not taken for the host" \
	"$(impostor 2>&1 | grep -c -e 'HOST IDENTIFICATION HAS CHANGED' -e '^255$' -e '^in$')" 2

# --- what cannot be had
# plain NAME CODE PATTERN OPTION... -- ARGUMENT...: a plain session, one line, and the same in --why.
plain() {
	p_name=$1 p_code=$2 p_pattern=$3
	shift 3
	p_out=$(through "$@" 'echo in' 2>"$T/err")
	is "$p_name: a plain session" "$p_out" in
	is "$p_name: one line" "$(grep -c '^meshssh: ' "$T/err") $(wc -l <"$T/err")" '1 1'
	check "$p_name: it says why: $(cat "$T/err")" grep -q "$p_pattern" "$T/err"
	# shellcheck disable=SC2016
	check "$p_name: --why" sh -c '"$MESHSSH" --why | grep -q "meshssh-messages(7), $1"' sh "$p_code"
}
plain "nobody listens there" outer-failed 'open failed: connect failed: Connection refused; is meshssh-serve there, and may ssh' \
	--resume=ssh:$PORT -- direct
serve_start
kill -STOP "$SERVE_PID"
plain "nobody answers there" outer-failed 'a second ssh led nowhere: meshssh-serve does not answer' --resume=ssh:$PORT -- -o ConnectTimeout=4 direct
kill -CONT "$SERVE_PID"
ssh-keygen -q -p -P '' -N hunter2 -f "$T/user_key" >/dev/null
printf '#!/bin/sh\necho hunter2\n' >"$T/askpass"
chmod +x "$T/askpass"
SSH_ASKPASS=$T/askpass
SSH_ASKPASS_REQUIRE=force
export SSH_ASKPASS SSH_ASKPASS_REQUIRE
plain "a key that asks for its passphrase" outer-login 'cannot log in: .*Permission denied (publickey.*; it needs a key that asks nothing' \
	--resume=ssh:$PORT -- -o BatchMode=no direct
ssh-keygen -q -p -P hunter2 -N '' -f "$T/user_key" >/dev/null
kill "$SSHD_PID"
sshd_start "AllowTcpForwarding no" || not_ok "sshd starts again"
plain "sshd that does not forward" outer-failed 'open failed: administratively prohibited' --resume=ssh:$PORT -- direct
is "and no ssh is left" "$(outers)" ''
serve_end
finish
