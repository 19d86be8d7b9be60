#!/bin/sh
# What meshssh --scan does with many hosts: a thousand of which a hundred say nothing, within the time limit and a bounded
# memory; one address that has many names, whose server has few places. Behind a router, for loopback is not held back.
#
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "scan" python3 || finish
TMPDIR=$T python3 "$SRCDIR/tests/netlab/scan.py" &
started $!
wait $!
