#!/bin/sh
# What people use ssh for, through meshssh and meshssh-serve: scp, rsync, git, sftp, a forwarded port, sessions that share a
# connection, ansible, VS Code's command line, a terminal. In the midst of each, its connection is reset by either end and its
# path is cut for four seconds; all of it is whole afterwards. All at once, each at an address of its own. uses.py has them.
#
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "uses" python3 scp sftp rsync git curl ansible tmux || finish
TMPDIR=$T python3 "$SRCDIR/tests/netlab/uses.py" "$@" &
started $!
wait $!
