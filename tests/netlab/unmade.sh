#!/bin/sh
# Why a connection was not made, by who says so: the line, the record of --why and the doctor tell a closed port, the
# firewalls of this machine, of the host and on the way, a neighbor that is not there, a host that is off behind its
# router, and routes that end, apart. And such a message does not end a session that stands.
#
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "unmade" python3 || finish
TMPDIR=$T python3 "$SRCDIR/tests/netlab/unmade.py" &
started $!
wait $!
