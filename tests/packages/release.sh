#!/bin/sh
# contrib/release in two clones, in folders of different names and at different times: it refuses what is not ready to be
# released; what it makes is the same, byte by byte; the tarball builds, the programs are static and run; there is a tag,
# and nothing was pushed.
#
# shellcheck disable=SC2016,SC2317	# text for other shells; functions that are called by way of wait_for
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need 'a release' git autoreconf musl-gcc xz sha256sum apt-get dpkg-source libtoolize pkg-config || finish
exec </dev/null
GIT="git -c safe.directory=* -c core.hooksPath= -c user.name=test -c user.email=test@localhost"
# git of contrib/release itself, which has no other configuration
unset GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL EMAIL
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_CONFIG_COUNT=3 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=test GIT_CONFIG_KEY_1=user.email \
    GIT_CONFIG_VALUE_1=test@localhost GIT_CONFIG_KEY_2=safe.directory GIT_CONFIG_VALUE_2='*'
version=$(sed -n 's/^AC_INIT(\[meshssh], \[\(.*\)])$/\1/p' "$SRCDIR/configure.ac")
machine=$(uname -m)
first=$T/a/first
second=$T/b
mkdir -p "$first"
if ! $GIT -C "$SRCDIR" rev-parse --git-dir >/dev/null 2>&1; then
	skip 'a release' 'this is not a git checkout'
	finish
fi
# The tree as it is now, and not only what is committed.
$GIT -C "$SRCDIR" ls-files -coz --exclude-standard |
    tar -C "$SRCDIR" -c --null --ignore-failed-read -T - 2>/dev/null | tar -x -C "$first"
# commit WHAT
commit() { (cd "$first" && git add -A && git commit -q --allow-empty -m "$1"); }
(cd "$first" && git init -q) && commit all || exit 1

# refuses NAME WORDS ARGUMENT...
refuses() {
	r_name=$1
	r_words=$2
	shift 2
	"$first/contrib/release" "$@" >"$T/out" 2>"$T/err"
	is "$r_name: the status" "$?" 1
	check "$r_name: is said" grep -qF "$r_words" "$T/err"
	check "$r_name: no tag" [ -z "$(git -C "$first" tag)" ]
}
refuses 'no version' 'usage:'
refuses 'another version' "configure.ac has version $version" 99.9
sed -i "s/^## $version.*/## $version (unreleased)/" "$first/NEWS.md"
commit unreleased
refuses 'news that are not ready' 'write the day' "$version"
sed -i "s/^## $version.*/## $version.1/" "$first/NEWS.md"
commit 'another entry'
refuses 'no news' "no entry \"## $version\"" "$version"
sed -i "s/^## $version.*/## $version (2026-12-01)/" "$first/NEWS.md"
refuses 'a change that is not committed' 'the tree is not clean' "$version"
commit ready
echo x >"$first/new"
refuses 'a file that is not committed' 'the tree is not clean' "$version"
rm "$first/new"
key=$GIT_CONFIG_KEY_0
GIT_CONFIG_KEY_0=user.useConfigOnly
GIT_CONFIG_VALUE_0=true
refuses 'nobody who makes the tag' 'set user.name' "$version"
GIT_CONFIG_KEY_0=$key
GIT_CONFIG_VALUE_0='test'

if [ -d "$SRCDIR/build/static/source" ]; then
	mkdir -p "$first/build/static"
	cp -R "$SRCDIR/build/static/source" "$first/build/static/"
fi
git clone -q "$first" "$second"
# Both at once, for each leaves a core idle at times; the second takes the sources of the libraries from the first.
made=$first/build/release
"$first/contrib/release" "$version" "$machine" >"$T/first.out" 2>&1 &
pid=$!
started $pid
fetched() { grep -q '^== building' "$made/log" || ! kill -0 "$pid"; }
wait_for 200 fetched
mkdir -p "$second/build/static"
cp -R "$made/meshssh-$version/build/static/source" "$second/build/static/"
check 'a release' env LANG=C.UTF-8 TZ=Asia/Tokyo sh -c 'umask 077 && "$@"' sh "$second/contrib/release" "$version" "$machine"
wait $pid
is 'the same again' "$? $(tail -n 1 "$T/first.out")" "0 == done: $made/dist; to publish it: git push origin v$version, and those files"
check 'the same bytes' diff -r "$made/dist" "$second/build/release/dist"

is 'what is made' "$(cd "$made/dist" && echo *)" \
    "SHA256SUMS meshssh-$version-linux-$machine.tar.xz meshssh-$version.tar.xz"
check 'the sums are right' sh -c 'cd "$1" && sha256sum -c SHA256SUMS' sh "$made/dist"
is 'the sums are of all' "$(wc -l <"$made/dist/SHA256SUMS")" 2
is 'the tag' "$(git -C "$first" cat-file -t "v$version") $(git -C "$first" rev-parse "v$version^{commit}")" \
    "tag $(git -C "$first" rev-parse HEAD)"
is 'nothing was pushed' "$(git -C "$first" for-each-ref --format='%(refname)' refs/remotes)$(git -C "$first" stash list)" ''
is 'the tree is clean' "$(git -C "$first" status --porcelain)" ''

mkdir "$T/there"
tar -C "$T/there" -xf "$made/dist/meshssh-$version-linux-$machine.tar.xz"
there=$T/there/meshssh-$version-linux-$machine
for program in meshssh meshssh-doctor meshssh-config meshssh-serve; do
	is "$program: runs, and is static" "$("$there/$program" --version | sed -n '1p; 2s/,.*//p' | tr '\n' ' ')" \
	    "$program $version build: static "
	check "$program: needs no library" sh -c '! readelf -d "$1" | grep NEEDED' sh "$there/$program"
	check "$program: does not say where it was built" sh -c '! grep -aqF "$1" "$2"' sh "$first" "$there/$program"
done
check 'all belongs to root' sh -c 'tar -tvf "$1" | awk "\$2 != \"0/0\" { exit 1 }"' sh "$made/dist/meshssh-$version.tar.xz"
check 'the tag of another commit is refused' sh -c 'echo >>"$1/COPYING" && cd "$1" && git commit -qam more &&
    ! contrib/release "$2" 2>"$3" && grep -q "is another commit" "$3"' sh "$first" "$version" "$T/err"
finish
