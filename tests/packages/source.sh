# shellcheck shell=sh
# Sourced by the scripts here, after tests/lib.sh: the tarball of a release, of which each package is made.

VERSION=$(sed -n 's/^AC_INIT(\[meshssh\], \[\(.*\)\])$/\1/p' "$SRCDIR/configure.ac")
TARBALL=$BUILDDIR/meshssh-$VERSION.tar.xz
# shellcheck disable=SC2034	# for the scripts
PACKAGES=$SRCDIR/contrib/packages

# tarball: made once for all scripts.
tarball() {
	[ -f "$TARBALL" ] && [ -z "$(find "$SRCDIR/configure.ac" "$SRCDIR/Makefile.am" "$SRCDIR/README.md" "$SRCDIR/NEWS.md" \
	    "$SRCDIR/src" "$SRCDIR/man" "$SRCDIR/contrib" "$SRCDIR/tests" -type f -newer "$TARBALL")" ] && return
	make -s -C "$BUILDDIR" dist && touch "$TARBALL"
}

# as_user COMMAND...: with $T for its home, and not as root.
as_user() {
	if [ "$(id -u)" -eq 0 ]; then
		HOME=$T setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		HOME=$T "$@"
	fi
}

# What a package of each side has besides its documentation and what completes words, whoever packs it.
MAN=usr/share/man
# shellcheck disable=SC2034
CLIENT_FILES="usr/bin/meshssh usr/bin/meshssh-config usr/bin/meshssh-doctor $MAN/man1/meshssh-config.1 \
$MAN/man1/meshssh-doctor.1 $MAN/man1/meshssh.1 $MAN/man5/meshssh-doctor.5 $MAN/man7/meshssh-messages.7 "
# shellcheck disable=SC2034
SERVE_FILES="usr/bin/meshssh-serve usr/lib/systemd/system/meshssh.service usr/lib/systemd/system/meshssh.socket \
usr/lib/sysusers.d/meshssh.conf $MAN/man8/meshssh-serve.8 "
# files ROOT: the same of what was unpacked there.
files() {
	(cd "$1" && find . -type f) | sed 's,^\./,,; s,^lib/,usr/lib/,; s/\.gz$//' |
	    grep -vE '^\.|/\.build-id/|share/(doc|licenses|lintian)/|complet|site-functions' | LC_ALL=C sort | tr '\n' ' '
}
# completions ROOT: the files that complete words there; those of the source.
completions() {
	find "$1" -type f \( -path '*complet*' -o -path '*site-functions*' \) ! -name Makefile -exec basename {} \; |
	    LC_ALL=C sort | tr '\n' ' '
}
# shellcheck disable=SC2034
COMPLETIONS=$(completions "$SRCDIR/contrib")
# examples ROOT: the examples for Prometheus and Ansible there; those of the source.
examples() {
	find "$1" -type f \( -path '*/ansible/*' -o -path '*/prometheus/*' \) -exec basename {} \; | LC_ALL=C sort | tr '\n' ' '
}
# shellcheck disable=SC2034
EXAMPLES=$(examples "$SRCDIR/contrib")

# license ROOT: whether it has one.
license() { find "$1/usr/share" -type f | grep -qE '/(licenses/.*/COPYING|doc/.*/copyright)$'; }

# works ROOT...: the programs that were unpacked there run, and a login goes through meshssh.
works() {
	for program in meshssh meshssh-config meshssh-doctor meshssh-serve; do
		found=$(find "$@" -path "*/usr/bin/$program")
		is "$program is of this version" "$("$found" --version 2>&1 | grep -oF " $VERSION" | head -n 1)" " $VERSION"
	done
	# shellcheck disable=SC2034	# lib.sh has ssh run it
	MESHSSH=$(find "$@" -path '*/usr/bin/meshssh')
	sshd_start && check "a login" timeout 30 ssh -F "$SSH_CONFIG" relay true </dev/null
}
