#!/bin/sh
# The recipes for Debian, RPM, Arch and Alpine are of the version that configure.ac says, and the last two are clean scripts.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "${SRCDIR:-$(dirname "$0")/../..}/tests/lib.sh"
# shellcheck source-path=SCRIPTDIR source=source.sh
. "$SRCDIR/tests/packages/source.sh"

# version FILE PATTERN: what the first line that begins so says next.
version() {
	is "$1 is of this version" "$(sed -nE "s/^$2([0-9.]*[0-9]).*/\1/p" "$PACKAGES/$1" | head -n 1)" "$VERSION"
}
version debian/changelog 'meshssh \('
version rpm/meshssh.spec 'Version: +'
version arch/PKGBUILD pkgver=
version alpine/APKBUILD pkgver=
is "the newest entry of the spec's changelog, too" \
    "$(sed -n '/^%changelog/,$s/^\* .* - \(.*\)-[0-9]*$/\1/p' "$PACKAGES/rpm/meshssh.spec" | head -n 1)" "$VERSION"

# The file that a release has of the source, and not those with programs (contrib/release).
watched=$(sed -n 's/^https:.* @PACKAGE@/meshssh/p' "$PACKAGES/debian/watch")
is "debian/watch finds the source" \
    "$(printf 'meshssh-%s.tar.xz\n' "$VERSION" "$VERSION-linux-aarch64" "$VERSION-linux-x86_64" | grep -xP "$watched")" \
    "meshssh-$VERSION.tar.xz"

# What the packers set and read is in their manuals: SC2034 and SC2154. PKGBUILD changes to folders without a look, for
# makepkg ends at a failure: SC2164.
if need "the recipes are clean scripts" shellcheck; then
	check "PKGBUILD is a clean script" shellcheck -s bash -e SC2034,SC2154,SC2164 "$PACKAGES/arch/PKGBUILD"
	check "APKBUILD is a clean script" shellcheck -s dash -e SC2034,SC2154 "$PACKAGES/alpine/APKBUILD"
	check "what OpenRC runs is clean, too" shellcheck -s dash -e SC2034 "$PACKAGES/alpine/meshssh-serve.initd" \
	    "$PACKAGES"/alpine/meshssh-serve.[!i]*
fi
finish
