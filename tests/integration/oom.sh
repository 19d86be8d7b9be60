#!/bin/sh
# Out of memory at every single allocation: a preloaded library (failing-malloc.c) lets the Nth allocation fail, once
# that one alone and once all from there on, for N from 1 until a run meets no failure any more. Each run either
# works as if nothing had been, or ends with status 71 and one line; none crashes or hangs.

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
env LD_PRELOAD="$T/failing-malloc.so" FAIL_FROM=1 FAIL_MARK="$T/mark" "$MESHSSH" --version >/dev/null 2>&1
if [ ! -e "$T/mark" ]; then
	skip "out of memory" "the library has no effect: a static program?"
	finish
fi

RUNS_MAX=4000

# ours FILE: what meshssh said. How ssh words the end of the relay depends on which of the two is quicker.
ours() { grep '^meshssh: ' "$1"; }

# once: judge one run by $got, $T/out and $T/err; 0 if it is as it should be.
once() {
	if [ "$got" -eq "$wanted" ] && cmp -s "$T/out" "$T/wanted.out" &&
	    { cmp -s "$T/err" "$T/wanted.err" ||
	    { [ "$wanted" -eq 255 ] && [ "$(ours "$T/err")" = "$(ours "$T/wanted.err")" ]; }; }; then
		return 0
	fi
	[ "$got" -eq 71 ] || return 1
	[ "$(wc -l <"$T/err")" -eq 1 ] && [ "$(wc -c <"$T/err")" -le 200 ] && grep -q '^meshssh: .' "$T/err" &&
	    ! LC_ALL=C grep -q '[^ -~]' "$T/err"
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
		n=0
		bad=
		bad_count=0
		good_count=0
		while [ $n -lt $RUNS_MAX ]; do
			n=$((n + 1))
			rm -f "$T/mark"
			timeout -k 1 10 env LD_PRELOAD="$T/failing-malloc.so" FAIL_MARK="$T/mark" $variable=$n "$@" \
			    <"$T/stdin" >"$T/out" 2>"$T/err"
			got=$?
			[ -e "$T/mark" ] || break
			[ "$got" -ne "$wanted" ] || good_count=$((good_count + 1))
			once && continue
			bad_count=$((bad_count + 1))
			[ $bad_count -gt 5 ] || bad="$bad
$variable=$n: status $got, stdout $(wc -c <"$T/out") bytes, stderr: $(head -c 300 "$T/err" | cat -v)"
		done
		if [ -n "$bad" ]; then
			not_ok "$name, $variable" "$bad_count of $((n - 1)) runs:$bad"
		elif [ $n -eq $RUNS_MAX ]; then
			not_ok "$name, $variable" "no end after $n runs"
		elif [ "$got" -ne "$wanted" ] || ! cmp -s "$T/out" "$T/wanted.out"; then
			not_ok "$name, $variable" "status $got, wanted $wanted, without any failure"
		else
			ok "$name, $variable: $((n - 1)) runs with a failure, $good_count of them unharmed"
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
storm "--version" 0 "$MESHSSH" --version
storm "--help" 0 "$MESHSSH" --help
if need "ssh mode" ssh; then
	storm "ssh mode, -G" 0 "$MESHSSH" -F none -G localhost
	storm "ssh mode" 255 "$MESHSSH" -F none -o BatchMode=yes -p "$(port refused)" 127.0.0.1 true
fi
finish
