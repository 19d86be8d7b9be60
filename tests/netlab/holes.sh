#!/bin/sh
# Paths on which long packets vanish, or are to be fragmented, in either direction: plain ssh and nc hang, meshssh opens
# the session, all bytes are right, and it takes no longer than plain ssh on a whole path, but for the descents.
# table.py has the scenarios; sweep.py has every size.
#
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "holes" python3 || finish
TMPDIR=$T python3 "$SRCDIR/tests/netlab/netlab.py" holes &
started $!
wait $!
