#!/bin/sh
# peers.sh [--full]: hold-back works with, or steps aside for, whatever server and client meet through meshssh, on a
# whole path and where long packets vanish. peers.py has the real programs, rawpeers.py odd ones that are made of bytes alone.
# By default, those of them that differ most; with --full, each client meets each server on each path.

G_HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
# Before lib.sh has XDG_CACHE_HOME lead into its temporary folder.
GOSERVER=${MESHSSH_TEST_CACHE:-${XDG_CACHE_HOME:-$G_HOME/.cache}/meshssh-tests}/goserver
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "peers" python3 || finish

# go_build: outside of the tree, for it writes its go.sum; once, unless our source has changed.
# shellcheck disable=SC2317,SC2329	# called by way of check
go_build() {
	source=$SRCDIR/tests/netlab/goserver
	mkdir -p "$GOSERVER" || return
	[ ! -x "$GOSERVER/goserver" ] || [ -n "$(find "$source" -newer "$GOSERVER/goserver")" ] || return 0
	cp "$source"/* "$GOSERVER" && cd "$GOSERVER" &&
	    HOME=$G_HOME CGO_ENABLED=0 GOFLAGS=-mod=mod timeout 150 go build -trimpath -o goserver .
}

if ! command -v go >/dev/null 2>&1; then
	skip "the server in Go" "there is no Go to build it with"
	GOSERVER=
else
	check "the server in Go is built" go_build
	GOSERVER=$GOSERVER/goserver
fi
PYTHONDONTWRITEBYTECODE=1 TMPDIR=$T TAP_COUNT=$T_COUNT TAP_FAILED=$T_FAILED GOSERVER=$GOSERVER \
    python3 "$SRCDIR/tests/netlab/peers.py" "$@" &
started $!
wait $!
