#!/bin/sh
# Attacks on sessions that outlive their connections: forged frames and hellos, floods, a hostile far side, a hostile user of
# the host. serve-attack.py has them.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
SERVE=${MESHSSH_SERVE:-$BUILDDIR/meshssh-serve}
[ -x "$SERVE" ] || { skip "attacks" "built --without-resume"; finish; }
need "attacks" python3 timeout || finish
JUMP=
if LC_ALL=C grep -q __asan_init "$SERVE" || ! readelf -d "$SERVE" | grep -q NEEDED; then
	skip "clocks that jump" "a program with a sanitizer, or a static one, takes no other library"
elif need "clocks that jump" "${CC:-cc}"; then
	# shellcheck disable=SC2086	# CFLAGS are words
	${CC:-cc} -O2 ${CFLAGS:-} -shared -fPIC -o "$T/jump.so" "$TOOLS/clock-jump.c" || { not_ok "clock-jump compiles"; finish; }
	JUMP=$T/jump.so
fi
CONFINED=yes
if LC_ALL=C grep -q '__asan_init\|__gcov_dump' "$SERVE" || ! grep -qw errno /proc/sys/kernel/seccomp/actions_avail; then
	skip "a session is confined" "a program with a sanitizer is not, nor one that counts its lines, nor any where the kernel lacks seccomp"
	CONFINED=
fi
export SERVE JUMP CONFINED
timeout -k 5 100 python3 "$TOOLS/serve-attack.py" "$T" >"$T/out" 2>&1 &
started $!
wait $! || not_ok "serve-attack.py" "$(tail -n 30 "$T/out")"
verdicts
finish
