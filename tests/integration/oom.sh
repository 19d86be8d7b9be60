#!/bin/sh
# Out of memory at every single allocation: a preloaded library (failing-malloc.c) lets the Nth allocation fail, once
# that one alone and once all from there on, for N from 1 until a run meets no failure any more.
# Each run ends with status 71 and the one line, except where the C library itself does without: then
# it is as if nothing had been. None crashes or hangs, or leaves a process or half a file behind.
# Of the doctor's many allocations every seventh is tried.
#
# shellcheck disable=SC2119,SC2317 # sshd_start needs no argument, wait_for calls

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "out of memory" "${CC:-cc}" python3 timeout || finish
# shellcheck disable=SC2086	# CFLAGS are words
if ! ${CC:-cc} -O2 ${CFLAGS:-} -shared -fPIC -o "$T/failing-malloc.so" "$TOOLS/failing-malloc.c" 2>"$T/cc.err"; then
	skip "out of memory" "needs glibc's names: $(head -n 1 "$T/cc.err")"
	finish
fi
if LC_ALL=C grep -q __asan_init "$MESHSSH"; then
	skip "out of memory" "a program with a sanitizer has an allocator of its own"
	finish
fi
# marked: an allocation has failed
marked() { [ -e "$T/mark" ] && [ -n "$(tr -d '\0' <"$T/mark")" ]; }
env LD_PRELOAD="$T/failing-malloc.so" FAIL_FROM=1 FAIL_MARK="$T/mark" "$MESHSSH" --version >/dev/null 2>&1
if ! marked; then
	skip "out of memory" "the library has no effect: a static program?"
	finish
fi

RUNS_MAX=4000

OOM_LINE="meshssh: out of memory; end some programs"
STEP=1
THREAD_LINE='meshssh: cannot start a thread for the name lookup: '
NORMAL=		# sed: what may differ from one run to the next

# same FILE FILE: but for that, and the order of lines
same() {
	[ -n "$NORMAL" ] || { cmp -s "$1" "$2"; return; }
	[ "$(sed -E "$NORMAL" "$1" | sort)" = "$(sed -E "$NORMAL" "$2" | sort)" ]
}

# nobody_left: no process has what the program's children would have in their environment.
nobody_left() { ! grep -lsF "FAIL_MARK=$T/mark" /proc/[0-9]*/environ; }

# ours FILE: what meshssh said. How ssh words the end of the relay depends on which of the two is quicker.
ours() { grep '^meshssh: ' "$1"; }

# whole: what the program keeps is a whole file, or none; what it was told to write is whole, and alone in its folder.
whole() {
	[ ! -e "$T/metrics" ] || { [ "$(ls -A "$T/metrics")" = scan.prom ] &&
	    [ "$(tail -n 1 "$T/metrics/scan.prom")" = '# EOF' ]; } || return 1
	for file in "$T"/cache/meshssh/*.json; do
		[ ! -e "$file" ] || [ "$(tail -c 2 "$file" | tr -d '\n')" = "}" ] || return 1
	done
}

# once: judge one run by $got, $T/out and $T/err; 0 if it is as it should be.
once() {
	whole || return 1
	if [ "$got" -eq "$wanted" ] && same "$T/out" "$T/wanted.out" &&
	    { cmp -s "$T/err" "$T/wanted.err" ||
	    { [ "$wanted" -eq 255 ] && [ "$(ours "$T/err")" = "$(ours "$T/wanted.err")" ]; }; }; then
		return 0
	fi
	# What was said before stands above it. Of a thread that has no memory, pthread_create(3) says EAGAIN.
	[ "$got" -eq 71 ] && case $(grep -vxF -f "$T/wanted.err" "$T/err") in
	"$OOM_LINE" | "$THREAD_LINE"*) ;;
	*) false ;;
	esac
}

# storm NAME STATUS COMMAND...: first as it should be, then with failures.
storm() {
	name=$1
	wanted=$2
	shift 2
	rm -rf "$T/cache"
	[ ! -e "$T/record" ] || { mkdir -p "$T/cache/meshssh"; cp "$T/record" "$T/cache/meshssh/failure.json"; }
	timeout -k 1 10 "$@" <"$T/stdin" >"$T/wanted.out" 2>"$T/wanted.err"
	is "$name: status" $? "$wanted"
	for variable in FAIL_AT FAIL_FROM; do
		n=$((1 - STEP))
		runs=0
		bad=
		bad_count=0
		good_count=0
		while [ $n -lt $RUNS_MAX ]; do
			n=$((n + STEP))
			runs=$((runs + 1))
			rm -f "$T/mark"
			timeout -k 1 10 env LD_PRELOAD="$T/failing-malloc.so" FAIL_MARK="$T/mark" $variable=$n "$@" \
			    <"$T/stdin" >"$T/out" 2>"$T/err"
			got=$?
			marked || break
			[ "$got" -ne "$wanted" ] || good_count=$((good_count + 1))
			once && continue
			bad_count=$((bad_count + 1))
			[ $bad_count -gt 5 ] || bad="$bad
$variable=$n: status $got, stdout $(wc -c <"$T/out") bytes, stderr: $(head -c 300 "$T/err" | cat -v)"
		done
		if [ -n "$bad" ]; then
			not_ok "$name, $variable" "$bad_count of $((runs - 1)) runs:$bad"
		elif ! wait_for 2 nobody_left; then
			not_ok "$name, $variable" "left behind: $(grep -lsF "FAIL_MARK=$T/mark" /proc/[0-9]*/environ)"
		elif [ $n -ge $RUNS_MAX ]; then
			not_ok "$name, $variable" "no end after $n runs"
		elif [ "$got" -ne "$wanted" ] || ! same "$T/out" "$T/wanted.out"; then
			not_ok "$name, $variable" "status $got, wanted $wanted, without any failure"
		else
			ok "$name, $variable: $((runs - 1)) runs with a failure, $good_count of them unharmed"
		fi
	done
}

python3 "$TOOLS/oddserver.py" "$T/ports" echo refused http &
started $!
wait_for 10 test -s "$T/ports" || { not_ok "the test's servers start"; finish; }
port() { sed -n "s/^$1 //p" "$T/ports"; }

echo 'SSH-2.0-test' >"$T/stdin"
storm "relay" 0 "$MESHSSH" 127.0.0.1 "$(port echo)"
storm "relay, every option" 0 "$MESHSSH" --mss=off --timeout=5 --dead-after=9 --family=inet 127.0.0.1 "$(port echo)"
export FAIL_SPARE=1
storm "relay, by name" 0 "$MESHSSH" --family=inet localhost "$(port echo)"
unset FAIL_SPARE
storm "refused" 69 "$MESHSSH" 127.0.0.1 "$(port refused)"
storm "no SSH server" 76 "$MESHSSH" 127.0.0.1 "$(port http)"
python3 "$TOOLS/oddproxy.py" "$T/proxies" socks-inet http-200 http-407 local-yes local-502=refused &
started $!
wait_for 10 test -s "$T/proxies" || { not_ok "the test's proxies start"; finish; }
proxy() { sed -n "s#^$1 ##p" "$T/proxies"; }
# So that the home need not be looked up: glibc aborts when that meets no memory.
export XDG_CONFIG_HOME="$T/config"
storm "SOCKS5" 0 "$MESHSSH" "--via=socks5=127.0.0.1:$(proxy socks-inet)" nas.test 22
export MESHSSH_PROXY_AUTH=user:password
storm "HTTP" 0 "$MESHSSH" "--via=http=127.0.0.1:$(proxy http-200)" nas.test 22
storm "HTTP, refused" 77 "$MESHSSH" "--via=http=127.0.0.1:$(proxy http-407)" nas.test 22
unset MESHSSH_PROXY_AUTH
storm "LocalAPI" 0 "$MESHSSH" --tailscaled="$(proxy local-yes)" node.mesh.test 22
storm "LocalAPI, refused" 69 "$MESHSSH" --tailscaled="$(proxy local-502=refused)" node.mesh.test 22
storm "bad port" 64 "$MESHSSH" 127.0.0.1 22x
"$MESHSSH" 127.0.0.1 "$(port refused)" </dev/null 2>/dev/null
cp "$T/cache/meshssh/failure.json" "$T/record"
storm "--why" 0 "$MESHSSH" --why
# Without memory the loader has no libsodium to show.
NORMAL='/^libraries: /d'
storm "--version" 0 "$MESHSSH" --version
NORMAL=
storm "--help" 0 "$MESHSSH" --help
if need "ssh mode" ssh; then
	storm "ssh mode, -G" 0 "$MESHSSH" -F none -G localhost
	storm "ssh mode" 255 "$MESHSSH" -F none -o BatchMode=yes -p "$(port refused)" 127.0.0.1 true
fi

# The C library's own are spared: its getpwuid and glob do not bear it. What meshssh becomes is not
# preloaded.
export FAIL_SPARE=1
DOCTOR=$(dirname "$MESHSSH")/meshssh-doctor
STEP=7
NORMAL='s/[0-9]+ ms/N ms/; s/("[a-z_]*ms": )[0-9]+/\1N/'
storm "--replay" 1 "$DOCTOR" --replay "$SRCDIR/tests/golden/pmtu-both.json"
storm "--replay --json" 1 "$DOCTOR" --replay "$SRCDIR/tests/golden/pmtu-both.json" --json
if need "the doctor out of memory" ssh sshd && sshd_start; then
	"$DOCTOR" --doctor >/dev/null
	alone=$?
	storm "--doctor" $alone "$DOCTOR" --doctor
	storm "--doctor --json" $alone "$DOCTOR" --doctor --json
	storm "--doctor HOST" 0 "$DOCTOR" --doctor 127.0.0.1 "$SSHD_PORT"
	storm "--doctor --json HOST" 0 "$DOCTOR" --doctor --json localhost "$SSHD_PORT"
	# A row each, with whatever reason.
	STEP=1
	NORMAL='s/.*(127\.0\.0\.1|nosuchname\.invalid).*/\1/; s/, [0-9]+ [a-z].*//'
	storm "--scan of hosts" 1 "$DOCTOR" --scan 127.0.0.1 nosuchname.invalid
	mkdir "$T/metrics"
	storm "--scan to a file" 1 "$DOCTOR" --scan --format=openmetrics --output="$T/metrics/scan.prom" 127.0.0.1
fi
finish
