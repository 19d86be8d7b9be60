#!/bin/sh
# A session with a far side ends as the same session does without: whatever ends it (a disk that is full, a reader that is
# gone, a signal, the server's last word or no word at all), the status, the line and the bytes are the same, and the far
# side holds nothing for a client that is gone. The cases are in resume-ends.py.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
[ -x "$BUILDDIR/meshssh-serve" ] || { skip "the ends of sessions" "built --without-resume"; finish; }
need "the ends of sessions" python3 || finish
python3 "$TOOLS/resume-ends.py" "$T" "$MESHSSH" "$BUILDDIR/meshssh-serve" </dev/null || not_ok "the driver ran"
verdicts
finish
