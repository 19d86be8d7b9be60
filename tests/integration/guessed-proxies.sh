#!/bin/sh
# The places where a SOCKS5 proxy of the mesh often is, 127.0.0.1:1055 and :1080, are open to every user of a machine. What
# listens there is taken for the mesh only if root or the caller runs it. In a network namespace of its own, with
# listeners of several users.
#
# shellcheck disable=SC2086	# $as is words
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
{ need "guessed proxies" python3 timeout setpriv && need_root "guessed proxies"; } || finish
[ -n "${GUESS_INSIDE:-}" ] || rm -rf "$T"
[ -n "${GUESS_INSIDE:-}" ] || exec env GUESS_INSIDE=1 unshare -n sh "$0"
ip link set lo up
chmod 755 "$T"
install -m 755 "$MESHSSH" "$T/meshssh"
COUNT=0

user() { [ "$1" -eq 0 ] || echo "setpriv --reuid=$1 --regid=$1 --clear-groups"; }

# try NAME LISTENER-UID ADDRESS PORT CALLER-UID WANTED [OPTION]...: WANTED is "used" or "not used".
try() {
	name=$1
	address=$3
	port=$4
	caller=$5
	wanted=$6
	COUNT=$((COUNT + 1))
	mkdir -m 777 "$T/$COUNT"
	owner=$2
	shift 6
	python3 "$TOOLS/oddproxy.py" "$T/$COUNT/port" -u "$owner" -b "$address" "$port" socks-inet &
	proxy=$!
	started $proxy
	wait_for 10 test -s "$T/$COUNT/port" || not_ok "$name: the proxy starts"
	as=$(user "$caller")
	printf 'SSH-2.0-test\r\n' | timeout 10 $as "$T/meshssh" --no-cache --timeout=2 \
	    --tailscaled=/nonexistent "$@" 100.64.0.9 22 >"$T/out" 2>"$T/err"
	if grep -q SSH-2.0-odd "$T/out"; then got=used; else got="not used"; fi
	[ "$got" = used ] || ! test -s "$T/$COUNT/port.log" || got="asked: $(cat "$T/$COUNT/port.log")"
	is "$name" "$got" "$wanted"
	kill $proxy
	wait $proxy 2>/dev/null
}
try "root's listener, for root" 0 127.0.0.1 1055 0 used
try "root's listener, for a user" 0 127.0.0.1 1055 1234 used
try "a user's own listener" 1234 127.0.0.1 1055 1234 used
try "a user's own listener on port 1080" 1234 127.0.0.1 1080 1234 used
try "a user's listener, for root" 1234 127.0.0.1 1055 0 "not used"
try "a user's listener, for root, port 1080" 1234 127.0.0.1 1080 0 "not used"
try "a user's listener, for another" 1234 127.0.0.1 1055 65534 "not used"
try "a user's listener on all addresses, for root" 1234 0.0.0.0 1055 0 "not used"
try "a user's listener on all addresses of IPv6, for root" 1234 :: 1055 0 "not used"
try "a user's listener on a mapped address, for root" 1234 ::ffff:127.0.0.1 1055 0 "not used"
try "root's listener on all addresses of IPv6" 0 :: 1055 1234 used
try "a user's listener, and --via=socks5" 1234 127.0.0.1 1055 0 "not used" --via=socks5
is "and the line says why" "$(cat "$T/err")" "meshssh: 100.64.0.9 port 22: what listens on 127.0.0.1:1055 belongs to\
 another user; name it: --via=socks5=HOST:PORT or --via=http=HOST:PORT"
try "a user's listener that is named" 1234 127.0.0.1 1055 0 used --via=socks5=127.0.0.1:1055
try "root's listener, and --via=socks5" 0 127.0.0.1 1055 1234 used --via=socks5

# The doctor says that it saw one, and did not use it.
python3 "$TOOLS/oddproxy.py" "$T/1/last" -u 1234 -b 127.0.0.1 1055 socks-inet &
started $!
wait_for 10 test -s "$T/1/last"
"$MESHSSH" --doctor --json --timeout=1 --tailscaled=/nonexistent 100.64.0.9 >"$T/out" 2>"$T/err"
check "the doctor has the fact" python3 -c 'import json, sys
assert json.load(open(sys.argv[1]))["facts"]["tailscale"]["proxies_of_others"] == ["127.0.0.1:1055"]' "$T/out"
check "the doctor has a note" grep -q '"proxy-of-others"' "$T/out"
check "the doctor did not say a word to it" test ! -s "$T/1/last.log"
finish
