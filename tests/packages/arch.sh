#!/bin/sh
# The Arch packages: makepkg builds them of the tarball of a release with Arch's flags, and a login goes through them.

# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2119	# sshd_start needs no argument
. "${SRCDIR:-$(dirname "$0")/../..}/tests/lib.sh"
# shellcheck source-path=SCRIPTDIR source=source.sh
. "$SRCDIR/tests/packages/source.sh"

need "the Arch packages" makepkg bsdtar fakeroot setpriv || finish
tarball >&2 || { not_ok "the tarball is made"; finish; }
mkdir "$T/arch"
cp "$PACKAGES/arch/PKGBUILD" "$TARBALL" "$T/arch"
cat /etc/makepkg.conf - >"$T/makepkg.conf" <<'CONF'
CFLAGS='-O2 -pipe -fno-plt -Wp,-D_FORTIFY_SOURCE=3 -Wformat -Werror=format-security'
CFLAGS="$CFLAGS -fstack-clash-protection -fcf-protection -fno-omit-frame-pointer"
LDFLAGS='-Wl,-O1 -Wl,--sort-common -Wl,--as-needed -Wl,-z,relro -Wl,-z,now -Wl,-z,pack-relative-relocs'
LTOFLAGS='-flto=auto'
MAKEFLAGS=-j2
OPTIONS=(strip docs !libtool !staticlibs emptydirs zipman purge !debug lto)
CONF
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$T"
cd "$T/arch" || finish
# makepkg does not run as root, and the packages that it would ask for are Debian's here.
check "makepkg builds them" as_user env -u BUILDDIR PACMAN=true makepkg --config "$T/makepkg.conf" --nodeps --nocheck --nosign
for package in meshssh meshssh-serve; do
	mkdir -p "$T/root/$package"
	bsdtar -xf "$package-$VERSION-1-$(uname -m)".pkg.tar.* -C "$T/root/$package"
	check "$package has its license" license "$T/root/$package"
done
is "what the client has" "$(files "$T/root/meshssh")" "$CLIENT_FILES"
is "what completes words" "$(completions "$T/root/meshssh")" "$COMPLETIONS"
is "its examples" "$(examples "$T/root/meshssh")" "$EXAMPLES"
is "what the server has" "$(files "$T/root/meshssh-serve")" "$SERVE_FILES"
works "$T/root"
finish
