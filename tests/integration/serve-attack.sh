#!/bin/sh
# Attacks on sessions that outlive their connections: forged frames and hellos, floods, a hostile far side, a hostile user of
# the host. serve-attack.py has them.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
SERVE=${MESHSSH_SERVE:-$BUILDDIR/meshssh-serve}
[ -x "$SERVE" ] || { skip "attacks" "built --without-resume"; finish; }
need "attacks" python3 timeout || finish
export SERVE
timeout -k 5 100 python3 "$TOOLS/serve-attack.py" "$T" >"$T/out" 2>&1 &
started $!
wait $! || not_ok "serve-attack.py" "$(tail -n 30 "$T/out")"
verdicts
finish
