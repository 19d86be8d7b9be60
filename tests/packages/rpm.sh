#!/bin/sh
# The RPM packages: they are built of the tarball of a release with Fedora's flags, rpmlint finds nothing, a login goes
# through them, and rpm installs and removes them.

# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2119	# sshd_start needs no argument
. "${SRCDIR:-$(dirname "$0")/../..}/tests/lib.sh"
# shellcheck source-path=SCRIPTDIR source=source.sh
. "$SRCDIR/tests/packages/source.sh"

need "the RPM package" rpmbuild rpmlint rpm2cpio cpio || finish
tarball >&2 || { not_ok "the tarball is made"; finish; }

# What Fedora sets, and the macros of its systemd, which Debian has none of. It compresses manuals, too, by a script that
# needs bash.
cflags='-O2 -flto=auto -ffat-lto-objects -fexceptions -g -grecord-gcc-switches -pipe -Wall -Werror=format-security'
cflags="$cflags -Wp,-U_FORTIFY_SOURCE,-D_FORTIFY_SOURCE=3 -fstack-protector-strong -fasynchronous-unwind-tables"
cflags="$cflags -fstack-clash-protection"
ARCH=$(uname -m)
set -- --define "dist %{nil}" --define "_topdir $T/rpm" --define "_sourcedir $BUILDDIR" \
    --define "optflags $cflags" --define 'build_ldflags -Wl,-z,relro -Wl,--as-needed -Wl,-z,now' \
    --define '_smp_mflags -j2' --define '__os_install_post bash /usr/lib/rpm/brp-compress' \
    --define '_unitdir /usr/lib/systemd/system' --define '_sysusersdir /usr/lib/sysusers.d' \
    --define 'systemd_post() : %*' --define 'systemd_preun() : %*' --define 'systemd_postun_with_restart() : %*'
# Its database knows nothing of what is installed here.
check "it builds" rpmbuild --nodeps --nocheck "$@" -ba "$PACKAGES/rpm/meshssh.spec"
cd "$T/rpm" || finish
mv SRPMS/*.rpm RPMS/*/*.rpm . || finish
check "rpmlint finds nothing" rpmlint -c "$SRCDIR/tests/packages/rpmlint.toml" ./*.rpm
is "no macro is left in its scripts" "$(rpm -qp --scripts ./*.rpm | grep %)" ''
for side in meshssh meshssh-serve; do
	mkdir -p "$T/root/$side"
	(cd "$T/root/$side" && rpm2cpio "$T/rpm/$side-$VERSION-1.$ARCH.rpm" | cpio -id --quiet)
	check "$side has its license" license "$T/root/$side"
done
is "what the client has" "$(files "$T/root/meshssh")" "$CLIENT_FILES"
is "what completes words" "$(completions "$T/root/meshssh")" "$COMPLETIONS"
is "its examples" "$(examples "$T/root/meshssh")" "$EXAMPLES"
is "what the server has" "$(files "$T/root/meshssh-serve")" "$SERVE_FILES"
works "$T/root"

# rpm itself, in a root of its own, whose other packages it does not know, and which has no shell for its scripts.
if [ "$(id -u)" -eq 0 ]; then
	mkdir "$T/own"
	# shellcheck disable=SC2317	# called by way of check
	own() { rpm --force-debian --root "$T/own" --dbpath /var/lib/rpm --noscripts "$@"; }
	check "rpm installs them" own --nodeps -i "meshssh-$VERSION-1.$ARCH.rpm" "meshssh-serve-$VERSION-1.$ARCH.rpm"
	is "no unit is enabled, and nothing is in /etc" "$(find "$T/own/etc" -type f -o -type l 2>/dev/null)" ''
	check "rpm removes them" own -e meshssh meshssh-serve
	is "nothing is left" "$(find "$T/own" -name '*meshssh*' ! -path '*/rpm/*')" ''
fi
finish
