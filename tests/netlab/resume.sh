#!/bin/sh
# Sessions that outlive their connections: what breaks a connection in mid-session (a reset, another address, a NAT that
# forgets, an outage, a hole, a process that was stopped) does not end an ssh session through meshssh and meshssh-serve, not a
# byte is lost or doubled, and it goes on soon after the path is back. What does not break it (loss, a reader that stands
# still) leaves its connection alone. Where the host was restarted, the session ends with the cause. resume.py has the rows.
#
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "resume" python3 || finish
TMPDIR=$T python3 "$SRCDIR/tests/netlab/resume.py" "$@" &
started $!
wait $!
