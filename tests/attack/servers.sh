#!/bin/sh
# Hostile servers (hostile.py, and those of oddserver.py): each meets the relay alone, the front door with the real ssh,
# the doctor and the scan. Whatever they say or leave out: each ends in its time with a documented status, says one plain
# line, hands on nothing but what the server sent, leaves no process and no connection, and calls nothing healthy that is
# not.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source-path=SCRIPTDIR source=attack.sh
. "$(dirname "$0")/attack.sh"
need "hostile servers" python3 ssh unshare ip || finish
attack servers
finish
