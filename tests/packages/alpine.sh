#!/bin/sh
# The Alpine package: its recipe is carried out as abuild does, with musl, and a login goes through what it lays down. Its
# service is run by OpenRC, which is Debian's here: a session that it carries goes on when it is restarted.

# shellcheck source-path=SCRIPTDIR source=../lib.sh disable=SC2119	# sshd_start needs no argument
. "${SRCDIR:-$(dirname "$0")/../..}/tests/lib.sh"
# shellcheck source-path=SCRIPTDIR source=source.sh
. "$SRCDIR/tests/packages/source.sh"

# shellcheck disable=SC2317	# called by way of wait_for
listens() { ss -Hltn 'src 127.0.0.1:4622' | grep -q .; }

# service PACKAGES OPENRC: in namespaces of our own, where Debian's OpenRC and the service are as if they were installed.
service() {
	mount -t tmpfs none /run && ip link set lo up || return
	mkdir -p /run/up /run/work /run/sshd
	mount -t overlay -o "lowerdir=$2/lib:/usr/lib" overlay /usr/lib &&
	    mount -t overlay -o "lowerdir=$2/sbin:/usr/sbin" overlay /usr/sbin &&
	    mount -t overlay -o "lowerdir=$1/meshssh-serve-openrc/etc:$2/etc:/etc,upperdir=/run/up,workdir=/run/work" overlay /etc ||
	    return
	touch /etc/insserv.conf
	# What OpenRC makes when the machine starts. It has none of the other services.
	for state in daemons exclusive failed hotplugged inactive options scheduled started starting stopped stopping tmp; do
		mkdir -p "/run/openrc/$state"
	done
	touch /run/openrc/softlevel
	mkdir -p /etc/elsewhere && find /etc/init.d -type f ! -name meshssh-serve -exec mv {} /etc/elsewhere \;
	echo '_meshssh:x:64998:' >>/etc/group
	echo '_meshssh:x:64998:64998::/:/sbin/nologin' >>/etc/passwd
	echo '_meshssh:!:20000::::::' >>/etc/shadow
	sshd_start || return
	# Debian's OpenRC cannot give capabilities, without which sshd sees the address of loopback.
	sed -i "s,=/usr/bin/,=$1/meshssh-serve/usr/bin/,; /^capabilities=/d" /etc/init.d/meshssh-serve
	echo "meshssh_options=\"--sshd=127.0.0.1:$SSHD_PORT --source=loopback\"" >>/etc/conf.d/meshssh-serve
	MESHSSH=$1/meshssh/usr/bin/meshssh
	check "the service starts" rc-service meshssh-serve start
	wait_for 20 listens
	is "it runs as its own user, and nobody enters its folder" "$(ps -o user= -C meshssh-serve | sort -u) $(stat -c %U:%a /run/meshssh)" \
	    '_meshssh _meshssh:700'
	mkfifo "$T/typed"
	timeout 100 ssh -F "$SSH_CONFIG" -o ProxyCommand="$MESHSSH --relay --resume=4622 -- %h %p" relay cat <"$T/typed" >"$T/shown" &
	started $!
	exec 3>"$T/typed"
	echo before >&3
	check "a session" wait_for 30 grep -q before "$T/shown"
	is "it is carried" "$(find /run/meshssh -type s | wc -l)" 1
	listener=$(pgrep -o -x meshssh-serve)
	check "an upgrade" sh "$PACKAGES/alpine/meshssh-serve.post-upgrade"
	check "it listens again" wait_for 20 listens
	is "the service is restarted" "${listener:+$(pgrep -x meshssh-serve | grep -cx "$listener")}" 0
	is "the way of sshd's answers is there, once" "$(ip rule | grep -c 'from 127.0.0.22 lookup 4622') $(ip route show table 4622)" \
	    '1 local default dev lo scope host '
	check "the service is stopped" rc-service meshssh-serve stop
	echo after >&3
	check "and the session goes on" wait_for 30 grep -q after "$T/shown"
	is "nothing listens" "$(ss -Hltn 'src 127.0.0.1:4622')" ''
	exec 3>&-
}
if [ "${1:-}" = --inside ]; then
	shift
	service "$@" || not_ok "OpenRC runs"
	finish
fi

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
for file in $source; do
	case $file in
	*.tar.xz) tar -C "$srcdir" -xf "$BUILDDIR/$file" ;;
	*) cp "${1%/*}/$file" "$srcdir" ;;
	esac
done
cd "$builddir"
build
cd "$builddir"
package
# Those that have a function of their own; in this order, openrc before what it belongs to.
openrc() { amove etc/conf.d etc/init.d; }
for name in $subpackages; do
	case $name in
	*-openrc | *-serve)
		subpkgdir=$T/pkg/$name
		"${name##*-}"
		;;
	esac
done
for script in $install; do
	case " $subpackages " in *" ${script%.*} "*) sh -n "${1%/*}/$script" ;; *) exit 1 ;; esac
done
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
is "its examples" "$(examples "$T/pkg/meshssh")" "$EXAMPLES"
is "what the server has" "$(files "$T/pkg/meshssh-serve")" "usr/bin/meshssh-serve "
is "it is of musl" "$(readelf -l "$T/pkg/meshssh/usr/bin/meshssh" | grep -o 'ld-musl')" ld-musl
is "what its service has" "$(files "$T/pkg/meshssh-serve-openrc")" "etc/conf.d/meshssh-serve etc/init.d/meshssh-serve "
works "$T/pkg"

if [ "$(id -u)" -ne 0 ] || ! unshare -mnpf --mount-proc true 2>/dev/null; then
	skip "its service" "this needs root and namespaces"
	finish
fi
OPENRC=$BUILDDIR/packages/openrc
[ -d "$OPENRC/sbin" ] || {
	mkdir -p "$T/debs" "$OPENRC" && cd "$T/debs" &&
	    { apt-get -q download openrc librc1 libeinfo1 || { apt-get -q update && apt-get -q download openrc librc1 libeinfo1; }; } &&
	    for deb in ./*.deb; do dpkg-deb -x "$deb" "$OPENRC"; done
} >"$T/out" 2>&1
chmod 711 "$T"	# the service has a user of its own
# Those that were packed would load libsodium, which Debian does not have for musl.
cp "$BUILDDIR/meshssh" "$T/pkg/meshssh/usr/bin" && cp "$BUILDDIR/meshssh-serve" "$T/pkg/meshssh-serve/usr/bin"
unshare -mnpf --kill-child --mount-proc sh "$SRCDIR/tests/packages/alpine.sh" --inside "$T/pkg" "$OPENRC" >"$T/inside" 2>&1
sed -n "s/^ok [0-9]* - \(.*\)/ok \1\t/p; s/^not ok [0-9]* - \(.*\)/not_ok \1\tsee below/p" "$T/inside" >"$T/verdicts"
grep -q '^1\.\.' "$T/inside" || printf 'not_ok its service\t%s\n' "$(tail -n 1 "$T/inside")" >>"$T/verdicts"
! grep -q '^not ok' "$T/inside" || sed 's/^/# /' "$T/inside"
verdicts
finish
