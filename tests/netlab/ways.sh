#!/bin/sh
# What connects although the plain way does not: an address in this machine's own network that the kernel sends into a
# mesh, IPv4 in a network that has IPv6 alone, a host whose IPv6 server never speaks, a link-local address without its
# interface; and what the line says where nothing does.
#
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "ways" python3 || finish
TMPDIR=$T python3 "$SRCDIR/tests/netlab/ways.py" "$@" &
started $!
wait $!
