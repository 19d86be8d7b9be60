#!/bin/sh
# meshssh-serve, the far side of sessions that outlive their connections, in front of a real sshd: sessions begin, go on and
# end; a hello that was recorded, forged or is from another version changes nothing; silent clients, a full folder, little
# memory, an sshd or a listener that is gone harm no session; and sshd sees the address that the options say. serve-client.c
# is the client, and in two cases the real ssh through meshssh. No process, descriptor or file is left.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
# shellcheck disable=SC2317	# functions that are called by wait_for
. "$(dirname "$0")/../lib.sh"
SERVE=${MESHSSH_SERVE:-$BUILDDIR/meshssh-serve}
CLIENT=$BUILDDIR/tests/unit/serve-client
[ -x "$SERVE" ] || { skip "meshssh-serve" "built --without-resume"; finish; }
[ -x "$CLIENT" ] || make -s -C "$BUILDDIR" tests/unit/serve-client >&2 || { not_ok "serve-client builds"; finish; }
need "meshssh-serve" sshd ssh-keygen timeout || finish
sshd_start || { not_ok "sshd starts"; finish; }
SANITIZER=
! LC_ALL=C grep -q __asan_init "$SERVE" || SANITIZER=yes

# serve_start OPTION...: a listener at 127.0.0.1:$PORT, "$SERVE_PID", with its log in $T/log.
PORT=$((10000 + $$ % 9000))
serve_start() {
	s_tries=0
	while [ $s_tries -lt 20 ]; do
		s_tries=$((s_tries + 1))
		PORT=$((PORT + 1))
		serve_again "$@" && return
	done
	return 1
}
# serve_again OPTION...: the same, at the same port.
serve_again() {
	: >"$T/log"
	"$SERVE" "127.0.0.1:$PORT" --run="$T/run" "$@" 2>>"$T/log" &
	SERVE_PID=$!
	wait_for 10 serve_settled
	kill -0 "$SERVE_PID" 2>/dev/null && started "$SERVE_PID"
}
# shellcheck disable=SC2317	# called by way of wait_for
serve_settled() {
	! kill -0 "$SERVE_PID" 2>/dev/null || { [ -d "$T/run" ] && serve_listens; }
}
serve_listens() { timeout 1 "$CLIENT" 127.0.0.1 "$PORT" garbage=closed; }
serve_stop() {
	kill "$SERVE_PID"
	wait "$SERVE_PID" 2>/dev/null
}
client() { timeout 60 "$CLIENT" 127.0.0.1 "$PORT" "$@"; }
# shellcheck disable=SC2317	# called by way of check
none_left() { [ -z "$(ls "$T/run")" ] && [ -z "$(children)" ]; }
children() { cat "/proc/$SERVE_PID/task/$SERVE_PID/children"; }
descriptors() { find "/proc/$SERVE_PID/fd" -mindepth 1 | wc -l; }

# --- sessions and hellos
SSHD="--sshd=127.0.0.1:$SSHD_PORT"
serve_start "$SSHD" --source=loopback || { not_ok "meshssh-serve starts" "$(cat "$T/log")"; finish; }
before=$(descriptors)
check "a session, reset and resumed, ends in order" client new first ping reset again ping keys reset again end
check "a second connection takes over, and the first is closed" client new first again again keys end
check "whoever has not the key changes nothing" client new first again replay=denied number=denied same=denied \
	forged=denied position=denied unknown=unknown ping replay=denied keys end
check "another version, flags that must be known, other kinds" client new first again version=version flags=version \
	kind=version keys end
check "another protocol is closed at once" client new first again garbage=closed ssh=closed keys end
check "300 silent clients: a session goes on and is resumed, and they are closed" \
	client new first silent=300 ping reset again keys hangs-up end
check "nothing is left of the sessions" wait_for 10 none_left
is "no descriptor is left" "$(descriptors)" "$before"
check "64 young sessions of one address, and no more" client from=127.0.0.9 more=64 new=busy from=127.0.0.10 new first end
check "the log says why" grep -q 'no session for 127.0.0.9 port [0-9]*: it has too many new ones' "$T/log"
check "the log tells of beginning and end" grep -Eq 'session [0-9a-f]{8}: ends after [0-9]+ s: ' "$T/log"
wait_for 10 none_left

# --- the listener is restarted in the midst
mkfifo "$T/go"
client new first stop reset again keys end <"$T/go" >"$T/out" 2>&1 &
client_pid=$!
exec 3>"$T/go"
wait_for 10 grep -q stopped "$T/out"
serve_stop
serve_again "$SSHD" --source=loopback
echo >&3
check "a restarted listener costs no session" wait $client_pid
exec 3>&-
check "its name is gone with it" wait_for 10 none_left
# dead: 0 if these processes are no more, or have only their parent to wait for.
dead() {
	for d_pid in "$@"; do
		case $(cut -d' ' -f3 "/proc/$d_pid/stat" 2>/dev/null) in
		'' | Z) ;;
		*) return 1 ;;
		esac
	done
}
killed() {
	client new stop <"$T/go" >"$T/out" 2>&1 &
	client_pid=$!
	exec 3>"$T/go"
	wait_for 10 grep -q stopped "$T/out"
	victims=$(children)
	[ $# -eq 0 ] || kill "$@"
	# shellcheck disable=SC2086	# they are words
	kill -9 $victims
	# shellcheck disable=SC2086
	wait_for 10 dead $victims
	echo >&3
	wait $client_pid
	exec 3>&-
}
killed
check "a session that is killed leaves no name" wait_for 10 none_left
check "the log tells of it" grep -q 'killed by signal 9' "$T/log"
killed "$SERVE_PID"
wait "$SERVE_PID" 2>/dev/null
is "with its listener, it leaves one" "$(find "$T/run" -type s | wc -l)" 1
serve_again "$SSHD" --source=loopback
check "which the next listener removes" wait_for 10 none_left
client new first reset stop again=unknown <"$T/go" >"$T/out" 2>&1 &
client_pid=$!
exec 3>"$T/go"
wait_for 10 grep -q stopped "$T/out"
victims=$(children)
serve_stop
serve_again "$SSHD" --source=loopback
# shellcheck disable=SC2086	# they are words
kill -9 $victims
# shellcheck disable=SC2086
wait_for 10 dead $victims
echo >&3
check "a session of an earlier listener that was killed: its client is told" wait $client_pid
exec 3>&-
check "its name is gone, too" none_left

# --- the ends
# shellcheck disable=SC2317	# called by way of wait_for
sshd_alone() { [ -z "$(cat "/proc/$SSHD_PID/task/$SSHD_PID/children")" ]; }
serve_stop
serve_again "$SSHD" --source=loopback --hold=1 --roam=same
client new first reset stop again=unknown <"$T/go" >"$T/out" 2>&1 &
client_pid=$!
exec 3>"$T/go"
check "a session is held for so long, and no longer" wait_for 10 grep -q 'no connection for too long' "$T/log"
echo >&3
check "who comes later is told that it ended" wait $client_pid
exec 3>&-
check "with --roam=same, a session does not go on from elsewhere, but later from where it was" \
	client new first again from=127.0.0.5 again=busy again=busy again=busy from=127.0.0.1 again keys end
serve_stop
serve_again "$SSHD" --source=loopback
check "the other address is told in the log" client new first from=127.0.0.5 reset again keys end
check "with the time" grep -Eq 'goes on from 127.0.0.5 port [0-9]+ after [0-9]+ s' "$T/log"
client new first reset stop again end <"$T/go" >"$T/out" 2>&1 &
client_pid=$!
exec 3>"$T/go"
wait_for 10 grep -q stopped "$T/out"
pkill -P "$SSHD_PID"
wait_for 10 sshd_alone
echo >&3
check "sshd's end is told to a client that comes back" wait $client_pid
exec 3>&-
wait_for 10 none_left
serve_stop

# --- what is missing
serve_again --sshd=127.0.0.1:1 --source=loopback
check "no sshd: said at the start" grep -q 'sshd is not up' "$T/log"
check "no sshd: a client is told" client new=no-sshd
wait_for 10 none_left
serve_stop
# refused STATUS LINE OPTION...: it ends with that status and one line, and leaves no folder.
refused() {
	r_status=$1
	r_line=$2
	shift 2
	is "refused: $r_line" "$(timeout 10 "$SERVE" --run="$T/not" "$SSHD" "$@" 2>&1; echo $?; ls -d "$T/not" 2>/dev/null)" \
		"meshssh-serve: $r_line
$r_status"
}
help='; see --help'
refused 64 "ADDRESS:PORT is needed, or a socket unit$help"
refused 64 "--source=client|hash|loopback, not \"me\"$help" --source=me
refused 64 "--sshd=ADDRESS:PORT, not \"localhost:22\"$help" --sshd=localhost:22
refused 64 "--hold=SECONDS, not \"1h\"$help" --hold=1h
refused 64 "--roam=any|same, not \"no\"$help" --roam=no
refused 64 "--run=FOLDER, not \"run\"$help" --run=run
long=/$(printf '%064d' 0)
refused 64 "--run=FOLDER, not \"$(echo "$long" | cut -c1-40)\"$help" "--run=$long"
refused 64 "\"localhost:4622\" is not ADDRESS:PORT$help" "127.0.0.1:$PORT" localhost:4622
# shellcheck disable=SC2046	# words
refused 64 "at most 16 addresses$help" $(seq -f '127.0.1.%g:4622' 17)
serve_again "$SSHD" --source=loopback
refused 71 "cannot listen at 127.0.0.1:$PORT: Address already in use; the system said so; see meshssh-messages(7)" "127.0.0.1:$PORT"
serve_stop
"$SERVE" --help >"$T/out" 2>"$T/err"
is "--help says which options there are, in order" "$? $(sed -n 's/^ *--\([a-z]*\).*/\1/p' "$T/out" | tr '\n' ' ')$(cat "$T/err")" \
	"0 sshd source roam hold run help version "
# shellcheck disable=SC2016	# the shell within expands it
check "--version names the library of its keys" sh -c '"$1" --version | grep -q "^libraries: .*libsodium [0-9]"' sh "$SERVE"
if [ -n "$SANITIZER" ]; then
	skip "little memory: smaller windows" "a sanitizer takes all the address space that there is"
else
	# shellcheck disable=SC3045	# every sh here has it
	(ulimit -v 65536 && exec "$SERVE" "127.0.0.1:$PORT" --run="$T/run" "$SSHD" --source=loopback) 2>"$T/log" &
	SERVE_PID=$!
	started "$SERVE_PID"
	wait_for 10 serve_settled
	is "little memory: smaller windows" "$(client new first ping reset again keys end 2>&1)" "window 524288 hold 20
done"
	serve_stop
fi
if command -v python3 >/dev/null; then
	cat >"$T/activate.py" <<-'END'
	import os, socket, sys
	s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
	os.dup2(s.fileno(), 3)
	os.set_inheritable(3, True)
	os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid() + int(sys.argv[2])))
	os.execv(sys.argv[3], sys.argv[3:])
	END
	python3 "$T/activate.py" "$PORT" 0 "$SERVE" --run="$T/run" "$SSHD" --source=loopback 2>"$T/log" &
	SERVE_PID=$!
	started "$SERVE_PID"
	wait_for 10 serve_settled
	check "a socket of the service manager" client new first end
	serve_stop
	for kind in UNIX,SOCK_STREAM INET,SOCK_DGRAM; do
		is "a socket of the service manager for AF_$kind" "$(python3 -c '
import os, socket, sys
s = socket.socket(socket.AF_'"${kind%,*}, socket.${kind#*,}"')
os.dup2(s.fileno(), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[1], sys.argv[1:])' "$SERVE" --run="$T/run" 2>&1)" \
			"meshssh-serve: the socket that was given is not a TCP socket; see --help"
	done
	is "a socket that is for another process" "$(python3 "$T/activate.py" "$PORT" 1 "$SERVE" --run="$T/run" 2>&1)" \
		"meshssh-serve: ADDRESS:PORT is needed, or a socket unit; see --help"
fi

# --- an sshd that answers in two writes, as the real one does where there is no terminal
python3 "$TOOLS/two-writes.py" "$MESHSSH" "$T/sshd-port" "$T/serve-port" >"$T/out" 2>&1 &
writes=$!
started $writes
wait_for 10 test -e "$T/sshd-port"
serve_start "--sshd=127.0.0.1:$(cat "$T/sshd-port")" --source=loopback
echo "$PORT" >"$T/serve-port.new"
mv "$T/serve-port.new" "$T/serve-port"
wait $writes
status=$?
is "what sshd writes in two pieces is not held up: $(head -n 1 "$T/out")" "$status" 0
is "the far side kept it" "$(grep -c ': begins' "$T/log")" 1
wait_for 10 none_left
serve_stop

# --- an sshd that has no room, and hangs up before it has read anything
FULL_PORT=$((PORT + 1000))
sed 's/^MaxStartups .*/MaxStartups 1:100:1/' "$T/sshd_config" >"$T/full_config"
"$(command -v sshd)" -D -e -f "$T/full_config" -p "$FULL_PORT" -o "VersionAddendum=meshssh=$PORT" 2>"$T/full.log" &
full_pid=$!
started $full_pid
wait_for 10 grep -q "listening on 127.0.0.1 port $FULL_PORT" "$T/full.log"
serve_again "--sshd=127.0.0.1:$FULL_PORT" --source=loopback
# It has looked whether sshd answers; its connection must have left the only place.
full_free() { grep -q 'Connection closed by' "$T/full.log" && [ -z "$(cat "/proc/$full_pid/task/$full_pid/children")" ]; }
wait_for 10 full_free
client new first stop end <"$T/go" >"$T/out" 2>&1 &
client_pid=$!
exec 3>"$T/go"
wait_for 10 grep -q stopped "$T/out"
ssh -F "$SSH_CONFIG" -o Port="$FULL_PORT" -o ProxyCommand="$MESHSSH --relay --resume=$PORT -- %h %p" direct true </dev/null 2>"$T/err"
# Newer ones have other words, four bytes more.
if grep -Eq 'it says "(Exceeded MaxStartups|Not allowed at this time)"' "$T/err"; then
	ok "MaxStartups is told in sshd's words"
else
	not_ok "MaxStartups is told in sshd's words" "$(cat "$T/err" "$T/out" "$T/full.log" "$T/log")"
fi
check "meshssh-serve began no session for it" wait_for 10 grep -q 'no session for 127.0.0.1 .*: sshd turns it away' "$T/log"
echo >&3
wait $client_pid
exec 3>&-
# One place is left: the connection that brought the offer has it, and keeps it.
full_left() { [ -z "$(cat "/proc/$full_pid/task/$full_pid/children")" ]; }
wait_for 10 full_left
is "where sshd has one place left, the session is there" "$(timeout 20 ssh -F "$SSH_CONFIG" -o Port="$FULL_PORT" \
    -o ProxyCommand="$MESHSSH --relay -- %h %p" direct 'echo in' </dev/null 2>"$T/err")" in
is "and the far side was asked" "$(grep -c 'sshd turns it away' "$T/log")" 2
serve_stop
kill $full_pid

# --- no descriptors, on the whole machine, for a moment
if need "no descriptors" strace; then
	strace -D -ttt -o "$T/accepts" -e trace=accept -e inject=accept:error=ENFILE:when=1..3 \
	    "$SERVE" "127.0.0.1:$PORT" --run="$T/run" "$SSHD" --source=loopback 2>"$T/log" &
	SERVE_PID=$!
	started "$SERVE_PID"
	check "no descriptors: who waits is served as soon as there are some" wait_for 10 serve_listens
	# shellcheck disable=SC2016	# awk's
	check "no descriptors: meanwhile it does not spin" \
		awk '/INJECTED/ { if (!n++) first = $1; last = $1 } END { exit n != 3 || last - first < 0.15 }' "$T/accepts"
	check "no descriptors: it is whole" client new first end
	serve_stop
fi

# --- a folder that is full
if need_root "a full folder"; then
	mkdir -p "$T/full"
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount -t tmpfs -o nr_inodes=2 none "$1/full" && exec "$2" "127.0.0.1:$3" --run="$1/full" "$4" --source=loopback' \
		sh "$T" "$SERVE" "$PORT" "$SSHD" 2>"$T/log" &
	SERVE_PID=$!
	started "$SERVE_PID"
	wait_for 10 serve_settled
		client new first stop reset again keys end <"$T/go" >"$T/out" 2>&1 &
	client_pid=$!
	exec 3>"$T/go"
	wait_for 10 grep -q stopped "$T/out"
	check "a full folder: the next one is refused" client new=busy
	check "a full folder: the log says so" grep -q 'no session for .*: No space left on device' "$T/log"
	check "a full folder: so is the one after it" client new=busy
	is "a full folder: the log is not filled with that" "$(grep -c 'no session for' "$T/log")" 1
	echo >&3
	check "a full folder: the session that is there goes on" wait $client_pid
	exec 3>&-
	serve_stop
fi

# --- a user's own
if need_root "a user without root"; then
	mkdir "$T/user"
	chown 65534 "$T/user"
	chmod 755 "$T"
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
	    env XDG_RUNTIME_DIR="$T/user" "$SERVE" "127.0.0.1:$PORT" "$SSHD" --source=loopback 2>"$T/log" &
	SERVE_PID=$!
	started "$SERVE_PID"
	wait_for 10 serve_listens
	check "a user without root: a session, reset and resumed" client new first reset again ping keys end
	client new first stop reset again keys end <"$T/go" >"$T/out" 2>&1 &
	client_pid=$!
	exec 3>"$T/go"
	wait_for 10 grep -q stopped "$T/out"
	setpriv --reuid 65534 --regid 65534 --clear-groups prlimit --pid "$SERVE_PID" --nproc=1:
	check "no process to be had: the next one is refused" client new=busy
	check "no process to be had: the log says so" grep -q 'no session for .*: Resource temporarily unavailable' "$T/log"
	is "no process to be had: no name is left of it" "$(find "$T/user/meshssh" -type s | wc -l)" 1
	echo >&3
	check "no process to be had: the session that is there goes on" wait $client_pid
	exec 3>&-
	setpriv --reuid 65534 --regid 65534 --clear-groups prlimit --pid "$SERVE_PID" --nproc=1000:
	check "with processes again, there are sessions again" client new first end
	if [ -z "$SANITIZER" ]; then
		limit_as() { setpriv --reuid 65534 --regid 65534 --clear-groups prlimit --pid "$SERVE_PID" --as="$1:"; }
		limit_as $(($(awk '/^VmSize:/ { print $2 }' "/proc/$SERVE_PID/status") * 1024 + 524288))
		check "no memory to be had for its rings: the next one is refused" client new=busy
		check "no memory to be had for its rings: the log says so" grep -q 'no session for 127.0.0.1 port [0-9]*: no memory' "$T/log"
		limit_as unlimited
		check "with memory again, there are sessions again" client new first end
	fi
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
	    env XDG_CACHE_HOME="$T/user" "$MESHSSH" --resume="$PORT" 127.0.0.1 "$SSHD_PORT" <"$T/go" >"$T/out" 2>&1 &
	client_pid=$!
	exec 3>"$T/go"
	echo SSH-2.0-test >&3
	wait_for 10 grep -q SSH-2.0 "$T/out"
	# What may not be dumped is root's; a sanitizer traces its program, which therefore may, and so may what counts its lines.
	own=0
	! LC_ALL=C grep -q '__asan_init\|__gcov_dump' "$SERVE" || own=65534
	is "no core file, and no other process, has a session's key" \
		"$(stat -c %u "/proc/$client_pid/environ" "/proc/$(children | tr -d ' ')/environ" "/proc/$SERVE_PID/environ" | tr '\n' ' ')" \
		"$own $own 65534 "
	exec 3>&-
	wait "$client_pid"
	is "a user without root: the folder" "$(stat -c '%a %u' "$T/user/meshssh")" "700 65534"
	serve_stop
	# as_user NAME=VALUE...: its first words, where these are all that it is told of folders.
	as_user() {
		timeout 10 setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
		    env -i "$@" "$SERVE" "127.0.0.1:$PORT" "$SSHD" --source=loopback 2>&1
	}
	is "a user without a folder of its own is told so" "$(as_user HOME="$T/user")" \
		"meshssh-serve: --run=FOLDER is needed: neither XDG_RUNTIME_DIR nor TMPDIR is set; see --help"
	is "so is one whose folder's name is too long" "$(as_user XDG_RUNTIME_DIR="$long")" \
		"meshssh-serve: --run=FOLDER is needed: $(echo "$long" | cut -c1-40)... is too long; see --help"
	is "a user who may not be the client is told so" "$(timeout 10 setpriv --reuid 65534 --regid 65534 --clear-groups \
	    --inh-caps=-all --bounding-set=-all env XDG_RUNTIME_DIR="$T/user" "$SERVE" "127.0.0.1:$PORT" "$SSHD" 2>&1)" \
		"meshssh-serve: cannot connect to 127.0.0.1 as a client: Operation not permitted; meshssh-config serve shows what it needs"
	mkdir -m 755 "$T/first"
	chown 65534 "$T/first"
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
	    env RUNTIME_DIRECTORY="$T/first:$T/user" "$SERVE" "127.0.0.1:$PORT" "$SSHD" --source=loopback 2>"$T/log" &
	SERVE_PID=$!
	started "$SERVE_PID"
	wait_for 10 serve_listens
	client new first stop end <"$T/go" >"$T/out" 2>&1 &
	client_pid=$!
	exec 3>"$T/go"
	wait_for 10 grep -q stopped "$T/out"
	is "a service manager's folder: the first one, and no other user's" \
		"$(stat -c '%a' "$T/first") $(find "$T/first" -type s | wc -l)" "700 1"
	echo >&3
	wait $client_pid
	exec 3>&-
	serve_stop
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount -t tmpfs none /run && { timeout 1 "$@"; stat -c "%n %a" /run/*; }' \
		sh "$SERVE" "127.0.0.1:$PORT" "$SSHD" --source=loopback >"$T/out" 2>&1
	is "root's folder, where none was said" "$(cat "$T/out")" "/run/meshssh 700"
fi

# --- as whom sshd sees the client, with the real ssh through the real relay
relay() { timeout 30 ssh -F "$SSH_CONFIG" -o ProxyCommand="$MESHSSH --relay --resume=$PORT -- %h %p" "$@" </dev/null 2>"$T/err"; }
if need_login "source addresses"; then
	serve_start "--sshd=127.0.0.1:$SSHD_PORT" --source=hash
	# shellcheck disable=SC2016
	seen=$(relay direct 'echo $SSH_CONNECTION')
	case $seen in
	127.[1-9]*" $SSHD_PORT") ok "--source=hash: an address of 127.0.0.0/8 for each client" ;;
	*) not_ok "--source=hash: an address of 127.0.0.0/8 for each client" "$seen $(cat "$T/err" "$T/log")" ;;
	esac
	check "the session went through meshssh-serve" grep -q ": begins, from " "$T/log"
	wait_for 10 none_left
	if need "libsodium" strace; then
		opened() {
			timeout 30 ssh -F "$SSH_CONFIG" -o ProxyCommand="strace -f -o $T/strace$1 -e trace=openat $MESHSSH --relay $1 -- %h %p" \
				direct true </dev/null 2>"$T/err"
			grep -v ENOENT "$T/strace$1" | grep -c libsodium
		}
		is "libsodium is not touched where nothing is resumed" "$(opened '')" 0
		# In a program that has it linked, its file has no name.
		! grep -q 'libsodium\.so' "$MESHSSH" || is "it is loaded for a session that can be" "$(opened --resume=$PORT)" 1
		wait_for 10 none_left
	fi
	serve_stop
fi
if need_root "--source=client"; then
	cat >"$T/lab" <<-'END'
	# Two hosts: this namespace, 10.9.1.1, and another one, 10.9.1.2 and 10.9.1.3, fd09::2.
	ip link set lo up
	unshare -n sleep 60 &
	other=$!
	until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
	ip link add s0 type veth peer name c0 netns $other
	ip addr add 10.9.1.1/24 dev s0
	ip addr add fd09::1/64 dev s0 nodad
	ip link set s0 up
	there() { nsenter -t $other -n "$@"; }
	there ip link set lo up
	there ip addr add 10.9.1.2/24 dev c0
	there ip addr add fd09::2/64 dev c0 nodad
	there ip link set c0 up
	$(command -v sshd) -D -e -f "$T/config" 2>"$T/sshd.log" & sshd=$!
	until grep -q 'listening on 0.0.0.0' "$T/sshd.log"; do kill -0 $sshd || exit 1; done
	serve="$SERVE 10.9.1.1:4622 --run=$T/run --sshd=127.0.0.22:2222"
	{ echo "both: $($SERVE '[::]:4623' --run=$T/run2 --sshd=127.0.0.22:2222 '--sshd=[::1]:2222' 2>&1 | tr -d '\n')"; } &
	both=$!
	echo "refused: $($serve 2>&1 | tr -d '\n')"
	wait $both
	ip rule add pref 100 from 127.0.0.22 lookup 100
	ip route add local default dev lo table 100
	echo "no IPv6: $($serve '[fd09::1]:4622' 2>&1 | tr -d '\n')"
	ip addr add fdfe::22/128 dev lo nodad
	ip -6 rule add pref 100 from fdfe::22 lookup 100
	ip -6 route add local default dev lo table 100
	chown 65534 "$T/run"
	setpriv --reuid 65534 --clear-groups --inh-caps +net_raw --ambient-caps +net_raw --bounding-set -all,+net_raw \
	    $serve '[fd09::1]:4622' '--sshd=[fdfe::22]:2222' 2>"$T/log" & serve=$!
	until ss -Hltn | grep -q 10.9.1.1:4622; do kill -0 $serve || exit 1; done
	login() {
		there timeout 20 ssh -F "$SSH_CONFIG" -o Port=2222 -o HostName="$1" \
		    -o ProxyCommand="$MESHSSH --relay --resume=${2:-4622} -- %h %p" direct 'echo $SSH_CONNECTION $BY' </dev/null
	}
	to="--sshd=127.0.0.22:2222 --sshd=[fdfe::22]:2222"
	$SERVE 0.0.0.0:4624 '[::]:4624' --run=$T/run3 $to & each=$!
	$SERVE '[::]:4625' --run=$T/run4 $to & alone=$!
	until [ "$(ss -Hltn | grep -c ':462[45] ')" = 3 ]; do kill -0 $each $alone || break; done
	echo "families: $(ss -Hltn | awk '$4 ~ /:462[45]$/ { print $4 }' | sort | tr '\n' ' ')"
	echo "mapped: $(login 10.9.1.1 4625 2>&1)"
	kill $each $alone
	echo "IPv4: $(login 10.9.1.1 2>&1)"
	echo "IPv6: $(login fd09::1 2>&1)"
	$SERVE '[fd09::1]:4626' --run=$T/run5 --source=loopback --sshd=127.0.0.1:2222 & six=$!
	until ss -Hltn | grep -q ':4626 '; do kill -0 $six || break; done
	echo "by IPv6: $(there timeout 20 "$CLIENT" fd09::1 4626 new first end 2>&1 | tail -n 1)"
	kill $six
	there sysctl -qw net.ipv4.ip_local_port_range='47000 47000'
	for i in 1 2; do
		echo "port $i: $(there timeout 20 "$CLIENT" 10.9.1.1 4622 new first reset 2>&1 | tail -n 1)"
		echo "port $i of sshd: $(ss -Htn dst 127.0.0.22:2222 | awk '{ print $4 }' | sort | tr '\n' ' ')"
	done
	there ip addr del 10.9.1.2/24 dev c0
	there ip addr add 10.9.1.3/24 dev c0
	echo "other: $(login 10.9.1.1 2>&1)"
	kill $serve $sshd $other
	END
	sed "s/^Port .*/Port 2222/; s/^ListenAddress 127.*/ListenAddress 0.0.0.0/; s/^ListenAddress ::1/ListenAddress ::/" \
		"$T/sshd_config" >"$T/config"
	printf 'Match LocalAddress 127.0.0.22\n\tSetEnv BY=serve\n' >>"$T/config"
	sed -i 's/^/from="10.9.1.2,fd09::2" /' "$T/authorized_keys"
	chmod 755 "$T"
	export T SERVE SSH_CONFIG CLIENT
	timeout -k 2 60 unshare -n sh "$T/lab" >"$T/seen" 2>&1
	line() { sed -n "s/^$1: //p" "$T/seen" | sed 's| [0-9]* \([0-9a-f:.]* 2222\)| PORT \1|'; }
	is "--source=client: refused without the rule" "$(line refused)" \
		"meshssh-serve: no answer from 127.0.0.22 to a client's address: its ip rule or route is missing; meshssh-config serve shows what it needs"
	is "--source=client: who listens for both families needs both" "$(line both)" "meshssh-serve: $(line refused | cut -d' ' -f2-)"
	is "--source=client: refused without an address for IPv6" "$(line 'no IPv6')" \
		"meshssh-serve: no --sshd address for IPv6 clients; meshssh-config serve shows what it needs"
	is "--source=client, without root: from=, Match LocalAddress and SSH_CONNECTION" "$(line IPv4)" \
		"10.9.1.2 PORT 127.0.0.22 2222 serve"
	is "the same with IPv6" "$(line IPv6)" "fd09::2 PORT fdfe::22 2222"
	is "all addresses of both families; and [::] alone is for both" "$(line families)" '*:4625 0.0.0.0:4624 [::]:4624 '
	is "IPv4 by a socket for both families is IPv4" "$(line mapped)" "10.9.1.2 PORT 127.0.0.22 2222 serve"
	is "as itself, it takes clients of IPv6 to an sshd of IPv4" "$(line 'by IPv6')" 'done'
	is "a client's port again, while a session of it is kept" "$(line 'port 1'); $(line 'port 2')" "done; done"
	check "a client's port again, while a session of it is kept" \
		grep -Eq '^port 2 of sshd: 10\.9\.1\.2:(47000 10\.9\.1\.2:[0-9]*|[0-9]* 10\.9\.1\.2:47000) $' "$T/seen"
	check "from= keeps others out" grep "^other: .*Permission denied" "$T/seen"
	[ "$T_FAILED" -eq 0 ] || cat "$T/seen" "$T/log" | sed 's/^/# /'
fi
finish
