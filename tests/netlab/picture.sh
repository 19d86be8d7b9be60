#!/bin/sh
# The picture in the README is what the doctor says now.
#
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
{ need 'contrib/doctor.svg' python3 nft && need_root 'contrib/doctor.svg'; } || finish
check 'contrib/doctor.svg is what the doctor says' env TMPDIR="$T" \
    python3 "$SRCDIR/tests/netlab/picture.py" --check "$SRCDIR/contrib/doctor.svg"
finish
