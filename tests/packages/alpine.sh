#!/bin/sh
# The Alpine package: its recipe is carried out as abuild does, with musl, and a login goes through what it lays down.

# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2119	# sshd_start needs no argument
. "${SRCDIR:-$(dirname "$0")/../..}/tests/lib.sh"
# shellcheck source-path=SCRIPTDIR source=source.sh
. "$SRCDIR/tests/packages/source.sh"

need "the Alpine package" musl-gcc apt-get dpkg-source || finish
tarball >&2 || { not_ok "the tarball is made"; finish; }
# The libraries for musl.
STATIC=$SRCDIR/build/static
[ -x "$STATIC/meshssh-serve" ] || check "contrib/static-musl builds the libraries" "$SRCDIR/contrib/static-musl"

# abuild's steps, and its function that moves files into the package of a part.
cat >"$T/abuild" <<'ABUILD'
set -eu
amove() {
	for path in "$@"; do
		mkdir -p "$subpkgdir/${path%/*}"
		mv "$pkgdir/$path" "$subpkgdir/$path"
	done
}
. "$1"
srcdir=$T/src
builddir=$srcdir/$pkgname-$pkgver
pkgdir=$T/pkg/$pkgname
mkdir -p "$srcdir" "$pkgdir"
tar -C "$srcdir" -xf "$BUILDDIR/$source"
cd "$builddir"
build
cd "$builddir"
package
case " $subpackages " in *" $pkgname-serve "*) ;; *) exit 1 ;; esac
subpkgdir=$T/pkg/$pkgname-serve
serve
ABUILD
export T
kind=$(gcc -dumpmachine | sed 's/-gnu/-musl/')
check "its steps succeed" env CC=musl-gcc CBUILD="$kind" CHOST="$kind" MAKEFLAGS=-j2 CFLAGS="-Os -isystem $STATIC/kernel" \
    LDFLAGS='-Wl,--as-needed,-O1,--sort-common' PKG_CONFIG_LIBDIR="$STATIC/lib/pkgconfig" \
    sh "$T/abuild" "$PACKAGES/alpine/APKBUILD"
check "it has its license" license "$T/pkg/meshssh"
# abuild moves the manual to the package of documentation by itself.
is "what the client has" "$(files "$T/pkg/meshssh" | sed "s,$MAN/man8/.* ,,")" "$CLIENT_FILES"
is "what completes words" "$(completions "$T/pkg/meshssh")" "$COMPLETIONS"
is "what the server has" "$(files "$T/pkg/meshssh-serve")" "usr/bin/meshssh-serve "
is "it is of musl" "$(readelf -l "$T/pkg/meshssh/usr/bin/meshssh" | grep -o 'ld-musl')" ld-musl
works "$T/pkg"
finish
