#!/bin/sh
# What the doctor advises is copied into a shell, and with --replay the names in it are a stranger's: each golden document,
# with a word in the place of each text of its cures that would run a command, or be an option, keeps it harmless.
#
# shellcheck disable=SC2016 # variables for the inner shell
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "names in cures" python3 || finish
exec </dev/null
python3 "$TOOLS/cures.py" "$BUILDDIR/meshssh-doctor" "$T" "$SRCDIR"/tests/golden/*.json >"$T/out" 2>"$T/err"
is "status" "$? $(cat "$T/err")" '0 '
check "many were tried" sh -c '[ "$(sed -n "s/ documents$//p" "$1")" -gt 200 ]' sh "$T/out"
is "no cure lets a name run a command" "$(grep -v ' documents$' "$T/out")" ''
finish
