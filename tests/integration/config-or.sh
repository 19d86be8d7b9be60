#!/bin/sh
# meshssh-config stanza, install and diff with --or: by the block, the real ssh logs in at whichever name answers, with the
# same host key; an update keeps the names, another list takes their place, and what they cannot be for is refused.
#
# shellcheck disable=SC2016 # variables for the inner shell
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=ssh-home.sh
. "$(dirname "$0")/ssh-home.sh"
{ need "blocks with several names" python3 && private_programs "blocks with several names" &&
    need_login "blocks with several names" "ListenAddress 127.0.0.2" &&
    own_home "blocks with several names" '127.0.0.9 nas' '127.0.0.2 nas.lan localhost'; } || finish
exec </dev/null
unset TS_SOCKET
p=$SSHD_PORT
key=$(cut -d' ' -f1,2 "$T/host_key.pub")
# theirs NAME LINE...: the user's own file; known_hosts has the key under this name alone.
theirs() {
	rm -rf "$home"
	mkdir -m 700 "$home"
	echo "$1 $key" >"$home/known_hosts"
	shift
	{
		printf '%s\n' "$@"
		cat <<-END
		Host *
		    User $(id -un)
		    Port $p
		    IdentityFile $T/user_key
		    IdentitiesOnly yes
		    StrictHostKeyChecking yes
		    UserKnownHostsFile $home/known_hosts
		    GlobalKnownHostsFile /dev/null
		    LogLevel ERROR
		    BatchMode yes
		    ControlPath none
		END
	} >"$home/config"
}
# goes NAME HOST ADDRESS: ssh logs in, and sshd took it at this address.
goes() {
	# shellcheck disable=SC2016 # for the remote shell
	at_home timeout 30 ssh "$2" 'set -- $SSH_CONNECTION; echo $3' >"$T/out" 2>"$T/err"
	is "$1" "$? $(cat "$T/out")" "0 $3"
}
has() { check "$1" grep -qF -- "$2" "$home/meshssh.conf"; }
same() { check "$1" cmp "$T/before" "$home/meshssh.conf"; }

### the first name is dead, and the key is known under it
theirs "[nas]:$p" 'Host x'
is "install" "$(config install --no-probe --or=127.0.0.2 nas)" '0 '
has "the block lists the names" '--or=127.0.0.2 --relay'
has "and keeps the name of the key" "HostKeyAlias [nas]:$p"
goes "the first is dead: the other" nas 127.0.0.2
is "check" "$(config check nas)" '0 '
cp "$home/meshssh.conf" "$T/before"
is "installed again with the same names" "$(config install --no-probe --or=127.0.0.2 nas)" '0 '
same "the same block"
is "installed again without a word of them" "$(config install --no-probe nas)" '0 '
is "all installed blocks updated" "$(config install --no-probe)" '0 '
check "they are kept" sh -c 'grep -v "^# " "$1" >"$1.a"; grep -v "^# " "$2" | cmp "$1.a" -' sh "$T/before" "$home/meshssh.conf"
goes "after the updates: the other" nas 127.0.0.2
is "another list" "$(config install --no-probe --or=127.0.0.3,nas.lan,127.0.0.1 nas)" '0 '
has "takes its place" '--or=127.0.0.3,nas.lan,127.0.0.1 --relay'
goes "and its second name answers" nas 127.0.0.2
is "removed" "$(config remove nas)" '0 '
is "and installed again" "$(config install --no-probe nas)" '0 '
check "without them" sh -c '! grep -q -e --or "$1"' sh "$home/meshssh.conf"

### HostName is the user's; the key has the name of that
theirs "[127.0.0.1]:$p" 'Host box' '    HostName 127.0.0.1'
is "HostName is the user's: install" "$(config install --no-probe --or=nas.lan,box box)" '0 '
goes "both answer: HostName" box 127.0.0.1
sed -i 's/HostName 127.0.0.1/HostName 127.0.0.9/' "$home/config"
goes "it moves: the other, and the key is still known" box 127.0.0.2
theirs pinned 'Host box' '    HostName 127.0.0.9' '    HostKeyAlias pinned'
is "HostKeyAlias is the user's: install" "$(config install --no-probe --or=127.0.0.1 box)" '0 '
check "none is in the block" sh -c '! grep -q HostKeyAlias "$1"' sh "$home/meshssh.conf"
goes "HostKeyAlias is the user's: login" box 127.0.0.1
is "an option of the user's own stays" "$(theirs x 'Host box' '    ProxyCommand meshssh --or=127.0.0.1 %h %p'
    config install --no-probe box; at_home ssh -G -T box | sed -n 's/^proxycommand //p')" '0 
meshssh --or=127.0.0.1 %h %p'

### stanza and diff
theirs "[nas]:$p" 'Host x'
is "diff" "$(config diff --no-probe --or=nas.lan nas)" '0 '
check "it shows them" grep -q '^+proxycommand .*--or=nas.lan' "$T/out"
for shell in sh bash zsh fish tcsh; do
	command -v $shell >/dev/null || continue
	is "stanza" "$(config stanza --no-probe --or=fe80::1%lo,nas.lan nas)" '0 '
	cat "$T/out" "$home/config" >"$T/joined"
	mv "$T/joined" "$home/config"
	SHELL=$(command -v $shell)
	export SHELL
	goes "stanza, $shell: a zone, and then a name that answers" nas 127.0.0.2
	theirs "[nas]:$p" 'Host x'
done
unset SHELL

### a peer of the mesh that is in this network, too
# offer ADDRESS: what a first install says of a peer that tailscaled reaches there, as $offer.
mesh=
offer() {
	theirs x 'Host x'
	[ -z "$mesh" ] || { kill "$mesh"; wait "$mesh" 2>/dev/null; }
	rm -f "$T/mesh.sock"
	CURADDR=$1 python3 "$TOOLS/status-server.py" "$T/mesh.sock" 2 &
	mesh=$!
	started "$mesh"
	wait_for 30 test -S "$T/mesh.sock"
	config install --no-probe --tailscaled="$T/mesh.sock" peer-00001 >"$T/status"
	offer=$(grep '^peer-00001: ' "$T/out")
}
offer 192.168.1.7:41641
is "a private address is offered" "$offer" \
    'peer-00001: tailscaled reaches it at 192.168.1.7; with --or=192.168.1.7, ssh can use that address, too'
for address in 203.0.113.7:41641 '[2001:db8::7]:1' '[fd7a:115c:a1e0::7]:1' 100.64.0.9:1 ''; do
	offer "$address"
	is "no other one is: $address" "$offer" ''
done
offer '[fd00::7]:41641'
is "one of IPv6 is" "${offer##* --or=}" 'fd00::7, ssh can use that address, too'
is "it is taken" "$(config install --no-probe --tailscaled="$T/mesh.sock" --or=fd00::7 peer-00001)" '0 '
check "and not offered again" sh -c '! grep -q "^peer" "$1"' sh "$T/out"
is "a stanza says nothing where nobody looks on" "$(config stanza --no-probe --tailscaled="$T/mesh.sock" peer-00002)" '0 '
at_home python3 "$TOOLS/on-pty.py" 40 200 "$bin/meshssh-config" stanza --no-probe --tailscaled="$T/mesh.sock" peer-00002 >"$T/out" 2>&1
check "on a terminal it does" grep -q 'peer-00002: tailscaled reaches it at fd00::7;' "$T/out"

### what they cannot be for
# refused NAME WORDS...
refused() {
	r_name=$1
	shift
	is "$r_name: refused" "$(config "$@" | head -c 200 | cut -d' ' -f1)" 64
}
refused "two hosts" install --no-probe --or=a nas box
refused "no host" install --or=a
refused "a pattern" stanza --or=a --match='10.0.0.*'
refused "the peers of a mesh" install --or=a --tailnet nas
refused "an empty name" stanza --no-probe --or=a,,b nas
refused "a command" stanza --no-probe '--or=a,$(id)' nas
theirs x 'Host nas' '    ProxyJump box'
refused "behind a jump host" install --no-probe --or=a nas
check "and nothing is written" test ! -e "$home/meshssh.conf"
finish
