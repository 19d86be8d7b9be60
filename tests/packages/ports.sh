#!/bin/sh
# The formula for Homebrew and the port for FreeBSD, from the source as a release has it: what the formula runs is run, by
# a stand-in for Homebrew's own commands, up to its test; and the port names the files that are installed, and no others.
#
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need 'Homebrew and FreeBSD' ruby make bmake || finish
exec </dev/null
version=$(sed -n 's/^AC_INIT(\[meshssh], \[\(.*\)])$/\1/p' "$SRCDIR/configure.ac")
formula=$SRCDIR/contrib/packages/homebrew/meshssh.rb
port=$SRCDIR/contrib/packages/freebsd

# --- Homebrew -------------------------------------------------------------------------------------------------------

is 'the formula is Ruby' "$(ruby -wc "$formula" 2>&1)" 'Syntax OK'
is 'no line is longer than brew style takes' "$(grep -n '.\{119\}' "$formula")" ''
mkdir "$T/brew" "$T/user"
check 'the source' make -s -C "$BUILDDIR" distdir distdir="ports.$$"
mv "$BUILDDIR/ports.$$" "$T/source"
(
	cd "$T/source" || exit
	# Homebrew sets the compiler's flags; these are quick.
	HOME=$T/user CFLAGS='-O0 -U_FORTIFY_SOURCE' MAKEFLAGS=-j2 ruby "$SRCDIR/tests/packages/brew.rb" "$formula" "$T/brew"
) >"$T/out" 2>&1
is 'what the formula runs, and its test' "$? $(tail -n 2 "$T/out" | tr '\n' ' ')" \
    "0 version $version needs jansson libevent libsodium pkgconf "
is 'the programs are in the Cellar alone' "$(readlink "$T/brew/bin/meshssh")" "$T/brew/Cellar/meshssh/$version/bin/meshssh"
is 'the whole manual' "$(find "$T/brew/Cellar" -path '*/man/*' -type f | wc -l)" "$(find "$SRCDIR/man" -type f | wc -l)"

# --- FreeBSD --------------------------------------------------------------------------------------------------------

# The ports tree, as far as it describes a port; its make is the one that reads the Makefile.
mkdir "$T/mk"
# shellcheck disable=SC2016	# for make
printf 'describe:\n\t@echo "${PORTNAME} ${DISTVERSION}, ${CATEGORIES}, ${LICENSE}, ${USES}, ${COMMENT}"\n' >"$T/mk/bsd.port.mk"
described=$(bmake -r -m "$T/mk" -C "$port" describe 2>&1)
is 'its make reads the port, which has the version' "${described%,*}" "meshssh $version, security net, ISCL, pkgconfig tar:xz"
comment=${described##*, }
is 'its comment is as portlint wants it' "$(printf '%s\n' "$comment" | grep -xE '[A-Z].{0,68}[^.]')" "$comment"
check 'installed into a folder' make -s -C "$T/source" install DESTDIR="$T/port" prefix=/usr/local \
    mandir=/usr/local/share/man
# The ports compress manuals.
(cd "$T/port/usr/local" && find . ! -type d | sed 's|^\./||; s|^\(share/man/.*\)|\1.gz|' | LC_ALL=C sort) >"$T/installed"
check 'pkg-plist is what is installed' diff "$port/pkg-plist" "$T/installed"
is 'and nothing outside' "$(cd "$T/port" && find . -type f ! -path './usr/local/*')" ''
libraries=$(sed -n 's/.*\blib\([a-z_]*\)\.so:.*/\1/p' "$port/Makefile" | tr '\n' ' ')
is 'its libraries are those that configure asks for' "$libraries" "$(sed -n \
    's/^.*PKG_CHECK_MODULES(\[[A-Z]*], \[\(lib\)\{0,1\}\([a-z_]*\) >=.*/\2/p' "$SRCDIR/configure.ac" | grep -v cmocka |
    tr '\n' ' ')"
is 'no line of pkg-descr is over 80 columns' "$(grep -n '.\{81\}' "$port/pkg-descr")" ''
finish
