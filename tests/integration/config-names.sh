#!/bin/sh
# Peers of a mesh choose their names, and the user's own configuration comes first all the same: where a Host line, a Match
# host, a file that one of these includes, the system's file or /etc/hosts has a name or an address, ssh -G says the same
# before and after meshssh-config install --tailnet, and a comment says why; known-hosts publishes no key under a name that
# known_hosts has another key for, hashed or not.
#
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
{ need "names of peers" ssh ssh-keygen python3 && need_root "names of peers"; } || finish
if [ -z "${MESHSSH_OWN_HOME:-}" ]; then
	rm -rf "$T"
	MESHSSH_OWN_HOME=1 exec unshare -m -u --propagation private sh "$0"
fi

HOME=$T/root
export HOME
unset SUDO_UID TS_SOCKET
hostname here.example
mkdir -p "$HOME/.ssh"
chmod 700 "$HOME/.ssh"
cp -a /etc "$T/etc"
rm -f "$T"/etc/ssh/ssh_known_hosts*
{
	grep -v '^root:' /etc/passwd
	echo "root:x:0:0:root:$HOME:/bin/sh"
} >"$T/etc/passwd"
printf '%s\n' '127.0.0.1 localhost' '10.0.0.1 HOSTED other' '100.64.0.10 same same.mesh.test' '10.0.0.2 lent.mesh.test' >"$T/etc/hosts"
printf '%s\n' 'Host sys' '  User system' 'Include /etc/ssh/more/*.conf' >"$T/etc/ssh/ssh_config"
mkdir "$T/etc/ssh/more"
printf '%s\n' 'Host sys2' '  User system' >"$T/etc/ssh/more/a.conf"
mount --bind "$T/etc" /etc
cat >"$HOME/.ssh/config" <<'END'
# mine
Host github gh
	HostName 127.0.0.1
	User git
	Port 2201
Host web* !web9
	ProxyJump jump
Match user root host bastion exec "true"
	User guard
Match originalhost x,100.64.0.5
	User cgnat
Host ?nc
	Include more
Host nas.mesh.test
	ProxyJump jump
Host jump.mesh.test "quoted"
	ProxyJump elsewhere
Match final host 127.0.0.1
	Compression yes
Host *
	ServerAliveInterval 7
END
printf '%s\n' 'Host inc' '  User included' >"$HOME/.ssh/more"
# Root's ssh gets a program only from where root alone can write.
mount -t tmpfs -o mode=755 tmpfs /opt
cp "$BUILDDIR/meshssh" "$BUILDDIR/meshssh-config" /opt
exec </dev/null

ssh-keygen -q -t ed25519 -N '' -C '' -f "$T/peer"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$T/other"
key() { cut -d' ' -f1,2 "$T/$1.pub"; }
names=github,web1,web9,bastion,fifth,nas,inc,sys,hosted,same,free,sys2,lent,here,quoted,gh,lone,told
python3 "$TOOLS/status-server.py" "$T/ts.sock" $names "$(key peer)" &
started $!
wait_for 10 test -S "$T/ts.sock"
config() { timeout 60 /opt/meshssh-config "$@" --tailscaled="$T/ts.sock" >"$T/out" 2>"$T/err"; }
asked() { ssh -G -T "$1" 2>/dev/null; }

theirs='github gh web1 bastion 100.64.0.5 inc nas.mesh.test jump.mesh.test sys sys2 hosted lent.mesh.test here quoted'
for host in $theirs free; do
	asked "$host" >"$T/before.$host"
done
config install --tailnet
is 'installed' "$? $(cat "$T/err")" '0 '
for host in $theirs; do
	asked "$host" >"$T/after.$host"
	check "$host: ssh does what it did" diff "$T/before.$host" "$T/after.$host"
done
for host in free github.mesh.test web9 bastion.mesh.test same lent; do
	asked "$host" | grep '^proxycommand ' >"$T/proxy"
	is "$host: a peer, by meshssh" "$(grep -c "/opt/meshssh .*--relay" "$T/proxy") $(asked "$host" | grep '^hostname ')" \
	    "1 hostname ${host%.mesh.test}.mesh.test"
done
is 'nas: leads to its whole name' "$(asked nas | grep '^hostname ')" 'hostname nas.mesh.test'
own=$HOME/.ssh/meshssh.conf
# says NAME BY: the comment.
says() {
	check "$1: a comment says why" grep -qxF "# $1 is left out; your own configuration has it: $2" "$own"
}
says github 'Host github gh (~/.ssh/config)'
says web1 'Host web* !web9 (~/.ssh/config)'
says bastion 'Match user root host bastion exec "true" (~/.ssh/config)'
says 100.64.0.5 'Match originalhost x,100.64.0.5 (~/.ssh/config)'
says inc 'Host ?nc (~/.ssh/config)'
says sys2 'Host sys2 (/etc/ssh/more/a.conf)'
says hosted '10.0.0.1 (/etc/hosts)'
says here 'the name of this machine'
is 'no other names' "$(sed -n 's/^# \(.*\) is left out;.*/\1/p' "$own" | sort | tr '\n' ' ')" \
    '100.64.0.5 bastion gh github here hosted inc jump.mesh.test lent.mesh.test nas.mesh.test quoted sys sys2 web1 web1.mesh.test web9.mesh.test '

# One that is named by hand, and is not the peer of that name.
config stanza hosted
is 'a block by hand: what /etc/hosts has stays' "$? $(grep -c 'HostName\|HostKeyAlias' "$T/out")" '0 0'
config stanza free
is 'a block by hand: the peer' "$? $(grep -c 'HostName free.mesh.test' "$T/out")" '0 1'

# Its own file is not the user's.
cp "$own" "$T/first"
config install --tailnet
is 'installed again: nothing changes' "$? $(cat "$T/out")" '0 there is nothing to change'
check 'installed again: the same bytes' cmp "$T/first" "$own"
check 'removed' timeout 60 "$BUILDDIR/meshssh-config" remove
asked free >"$T/after.free"
check 'removed: ssh does what it did' diff "$T/before.free" "$T/after.free"

# known-hosts
known=$HOME/.ssh/known_hosts
{
	echo "lone,100.64.0.17 $(key other)"
	echo "told $(key peer)"
} >"$known"
ssh-keygen -q -H -f "$known" >"$T/keygen.out" 2>&1
config known-hosts
is 'known-hosts' "$? $(cat "$T/err")" '0 '
# listed NAME: 1 if a key is published under it.
listed() { ssh-keygen -F "$1" -f "$T/out" | grep -cF "$(key peer)"; }
for name in github inc hosted lone 100.64.0.17; do
	is "known-hosts: not $name" "$(listed $name)" 0
done
for name in lone.mesh.test github.mesh.test told free; do
	is "known-hosts: $name" "$(listed $name)" 1
done
check 'known-hosts: a comment names the line' grep -qxF \
    "# lone is left out for this ssh-ed25519 key: $known line 1 does not trust it" "$T/out"
finish
