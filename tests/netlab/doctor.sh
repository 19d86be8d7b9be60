#!/bin/sh
# What meshssh --doctor sees of a path and of a server: on which side packets vanish and from which size on, to the byte
# there and nearly so back; which marks are dropped; addresses that do not answer; who it is that does. And that it sees
# nothing where there is nothing: on a path that is whole but for 2 % loss, or far, or with a slow server.
#
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "doctor" python3 || finish
TMPDIR=$T python3 "$SRCDIR/tests/netlab/doctor.py" "$@" &
started $!
wait $!
