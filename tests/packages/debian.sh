#!/bin/sh
# The Debian packages: they are built of the tarball of a release, and lintian finds nothing; in a fresh root they are
# installed, logins go through them, and nothing is left after a purge.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "${SRCDIR:-$(dirname "$0")/../..}/tests/lib.sh"
# shellcheck source-path=SCRIPTDIR source=source.sh
. "$SRCDIR/tests/packages/source.sh"

# What there is, and of /etc also what is in it; dpkg's own notes and the copies that userdel makes are not the package's.
state() {
	find / -xdev -path /etc -prune -o -path /var/lib/dpkg -prune -o -path /var/log -prune -o -path /var/cache -prune -o \
	    -path "$SRCDIR" -prune -o -path /tmp -prune -o -print | sort
	find /etc -type f ! -name '*-' ! -name ld.so.cache -exec md5sum {} + | sort -k 2
	find /etc -type l | sort
}

case ${1:-} in
--inside)
	# In the fresh root, as root.
	shift
	state >"$T/before"
	check "both are installed" dpkg -i "$@"
	is "their files are as packed" "$(dpkg --verify meshssh meshssh-serve 2>&1)" ''
	state >"$T/after"
	# Users are in four files.
	is "nothing else of /etc changes, and no unit is enabled" \
	    "$(diff "$T/before" "$T/after" | sed -n 's,^>.* \(/etc/.*\),\1,p' | tr '\n' ' ')" \
	    '/etc/group /etc/gshadow /etc/passwd /etc/shadow '
	check "logins, and a session that survives" sh "$SRCDIR/contrib/packages/debian/tests/login"
	check "they are installed again, as an upgrade is" dpkg -i "$@"
	check "they are removed" dpkg -r meshssh-serve meshssh
	is "no program is left" "$(find /usr/bin -name 'meshssh*')" ''
	check "they are purged" dpkg -P meshssh-serve meshssh
	state >"$T/after"
	is "nothing is left" "$(diff "$T/before" "$T/after")" ''
	finish
	;;
esac

need "the Debian package" dpkg-buildpackage dh lintian || finish
ARCH=$(dpkg --print-architecture)
tarball >&2 || { not_ok "the tarball is made"; finish; }
cp "$TARBALL" "$T/meshssh_$VERSION.orig.tar.xz"
tar -C "$T" -xf "$TARBALL"
cp -R "$PACKAGES/debian" "$T/meshssh-$VERSION/debian"
cd "$T/meshssh-$VERSION" || exit 1
check "they build" env DEB_BUILD_OPTIONS="nocheck parallel=2" dpkg-buildpackage -us -uc
cd "$T" || exit 1
check "lintian finds nothing" lintian --allow-root --fail-on error,warning "meshssh_$VERSION-1_$ARCH.changes"
# What they are linked with, and what they load.
is "meshssh needs libraries that are shared" \
    "$(dpkg-deb -f "meshssh_$VERSION-1_$ARCH.deb" Depends Recommends | grep -oE 'lib(event-core|jansson|sodium)' | tr '\n' ' ')" \
    'libevent-core libjansson libsodium '
for side in meshssh meshssh-serve; do
	mkdir -p "$T/root/$side"
	dpkg-deb -x "${side}_$VERSION-1_$ARCH.deb" "$T/root/$side"
	check "$side has its license" license "$T/root/$side"
done
is "what the client has" "$(files "$T/root/meshssh")" "$CLIENT_FILES"
is "what completes words" "$(completions "$T/root/meshssh")" "$COMPLETIONS"
is "its examples" "$(examples "$T/root/meshssh")" "$EXAMPLES"
is "what the server has" "$(files "$T/root/meshssh-serve")" "$SERVE_FILES"

if [ "$(id -u)" -ne 0 ] || ! command -v debootstrap >/dev/null 2>&1 || ! unshare -m true 2>/dev/null; then
	skip "a login in a fresh root" "this needs root, debootstrap and mount namespaces"
	finish
fi
mkdir "$BUILDDIR/packages" 2>/dev/null
cp "meshssh_$VERSION-1_$ARCH.deb" "meshssh-serve_$VERSION-1_$ARCH.deb" "$BUILDDIR/packages"
# The cases of the root go on with our numbers.
"$SRCDIR/tests/elsewhere" --fresh trixie sh "$SRCDIR/tests/packages/debian.sh" --inside \
    "$BUILDDIR/packages/meshssh_$VERSION-1_$ARCH.deb" \
    "$BUILDDIR/packages/meshssh-serve_$VERSION-1_$ARCH.deb" >"$T/inside" 2>&1
sed -n "s/^ok [0-9]* - \(.*\)/ok \1\t/p; s/^not ok [0-9]* - \(.*\)/not_ok \1\tsee below/p" "$T/inside" >"$T/verdicts"
grep -q '^1\.\.' "$T/inside" || printf 'not_ok a fresh root\t%s\n' "$(tail -n 1 "$T/inside")" >>"$T/verdicts"
! grep -q '^not ok' "$T/inside" || sed 's/^/# /' "$T/inside"
verdicts
finish
