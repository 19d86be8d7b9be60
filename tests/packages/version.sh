#!/bin/sh
# --version of each program names the program, the version, the build, the libraries as they are, and the system.
#
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need '--version' pkg-config || finish
version=$(sed -n 's/^AC_INIT(\[meshssh], \[\(.*\)])$/\1/p' "$SRCDIR/configure.ac")
base="libevent $(pkg-config --modversion libevent_core), jansson $(pkg-config --modversion jansson)"
for program in meshssh meshssh-doctor meshssh-config meshssh-serve; do
	libraries="$base, libsodium $(pkg-config --modversion libsodium)"
	[ $program != meshssh-config ] || libraries=$base
	"$BUILDDIR/$program" --version >"$T/out" 2>"$T/err"
	is "$program: status, and nothing on standard error" "$? $(cat "$T/err")" '0 '
	is "$program: name and version" "$(sed -n 1p "$T/out")" "$program $version"
	is "$program: build" "$(sed -n 2p "$T/out")" \
	    'build: shared libraries, hardening yes, resumption yes, for tests'
	is "$program: libraries" "$(sed -n 3p "$T/out")" "libraries: $libraries"
	is "$program: system" "$(sed -n 4p "$T/out")" "platform: $(uname -srm)"
	is "$program: no more" "$(sed 1,4d "$T/out")" ''
done
check 'NEWS.md has the version' grep -q "^## $version\\( \\|\$\\)" "$SRCDIR/NEWS.md"
check 'and so has the example in meshssh-config(1)' grep -qxF "# Made by meshssh $version: meshssh-config --no-probe nas" \
    "$SRCDIR/man/meshssh-config.1"
finish
