#!/bin/sh
# Paths that are broken otherwise: packets with a DSCP mark vanish, one address family, one in twenty packets, or all of
# them in mid-session; a tunnel is wider than what it goes through; an address is taken from the client. meshssh opens
# the session where that can be done, and else says in one line, in time, what is wrong. table.py has the scenarios.
#
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "paths" python3 || finish
TMPDIR=$T python3 "$SRCDIR/tests/netlab/netlab.py" paths &
started $!
wait $!
