#!/bin/sh
# Which host key meshssh-config nix pins, against a real sshd and known_hosts files that the real ssh-keygen hashes: where the
# caller's files, the system's, root's or what nix --install wrote know the host, it is one of those keys, or nothing is
# printed and file and line are named; a key that is trusted for the first time is told with its fingerprint, once for each
# host. No Nix is needed.
#
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
{ need "host keys of builders" sshd ssh ssh-keygen && need_root "host keys of builders"; } || finish
if [ -z "${MESHSSH_OWN_HOME:-}" ]; then
	rm -rf "$T"
	MESHSSH_OWN_HOME=1 exec unshare -m --propagation private sh "$0"
fi

CONFIG=$BUILDDIR/meshssh-config
HOME=$T/root
export HOME
unset SUDO_UID TS_SOCKET
mkdir -p "$HOME/.ssh" "$T/alice/.ssh"
chmod 700 "$HOME/.ssh"
cp -a /etc "$T/etc"
mkdir -p "$T/etc/nix"
rm -f "$T/etc/nix/meshssh_known_hosts" "$T"/etc/ssh/ssh_known_hosts*
{
	grep -v -e '^root:' -e ':2001:' /etc/passwd
	echo "root:x:0:0:root:$HOME:/bin/sh"
	echo "alice:x:2001:2001::$T/alice:/bin/sh"
} >"$T/etc/passwd"
mount --bind "$T/etc" /etc
exec </dev/null

ssh-keygen -q -t rsa -b 2048 -N '' -C '' -f "$T/rsa_key"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$T/other_key"
key() { cut -d' ' -f1,2 "$T/$1_key.pub"; }
# A server with keys of two types, and one that lost the better.
sshd_start "HostKey $T/rsa_key" "LogLevel VERBOSE" || { not_ok "sshd starts"; finish; }
port=$SSHD_PORT
sed '/host_key/d; /ListenAddress ::1/d' "$T/sshd_config" >"$T/rsa_config"
# On another address of loopback, with the same port, which can be taken only by chance.
sed -i 's/^ListenAddress .*/ListenAddress 127.0.0.2/' "$T/rsa_config"
"$(command -v sshd)" -D -e -f "$T/rsa_config" 2>"$T/rsa.log" &
started $!
wait_for 10 grep -q 'Server listening on 127.0.0.2' "$T/rsa.log" || not_ok "sshd with one key starts" "$(cat "$T/rsa.log")"
known=$HOME/.ssh/known_hosts
global="$T/for all"
cat >"$HOME/.ssh/config" <<END
Host box box2 named
	HostName 127.0.0.1
	Port $port
Host old
	HostName 127.0.0.2
	Port $port
Host named
	HostKeyAlias The-Box
Host bound family times
	HostName 127.0.0.1
	Port $port
Host bound
	BindAddress 127.0.0.9
Match originalhost times exec true
	BindAddress 127.0.0.10
Host bound family
	AddressFamily inet
Host *
	GlobalKnownHostsFile $T/none "$global"
END

# nix ARGUMENT...: its status, standard output and error in $T/out and $T/err.
nix() { timeout 60 "$CONFIG" nix "$@" >"$T/out" 2>"$T/err"; }
pinned() { grep '^ssh-ng://' "$T/out" | cut -d' ' -f8 | base64 -d; }
# pins NAME KEY ARGUMENT...: that key, without a word.
pins() {
	p_name=$1
	p_key=$2
	shift 2
	nix "$@"
	is "$p_name: it is pinned without a word" "$? $(pinned) $(cat "$T/err")" "0 $(key "$p_key") "
}
# tells NAME KEY WHERE ARGUMENT...: that key, and one line with its fingerprint and where it came from.
tells() {
	t_name=$1
	t_key=$2
	t_where=$3
	shift 3
	nix "$@"
	is "$t_name: it is pinned" "$? $(pinned)" "0 $(key "$t_key")"
	is "$t_name: a line has the fingerprint" \
	    "$(grep -cF "first time, as $t_where showed it: $(cut -d' ' -f1 "$T/${t_key}_key.pub") $(ssh-keygen -lf \
	    "$T/${t_key}_key.pub" | cut -d' ' -f2)" "$T/err") $(wc -l <"$T/err")" '1 1'
}
# refuses NAME WORDS ARGUMENT...: nothing is printed, and one line has these words.
refuses() {
	r_name=$1
	r_words=$2
	shift 2
	nix "$@"
	is "$r_name: it is refused" "$? $(wc -c <"$T/out") $(wc -l <"$T/err")" '77 0 1'
	check "$r_name: why" grep -qF -e "$r_words" "$T/err"
	check "$r_name: what to do" grep -qF '; get its key by another way: --host-key=FILE' "$T/err"
}
clean() { rm -rf "$HOME"/.ssh/known_hosts* "$T/alice/.ssh/known_hosts" "$global"; }

tells 'nobody knows it' host "127.0.0.1 port $port" box
echo "[127.0.0.1]:$port $(key host)" >"$known"
pins 'known' host box
ssh-keygen -q -H -f "$known" >/dev/null 2>/dev/null
pins 'known, hashed' host box
printf '# mine\nnas %s\n[127.0.0.1]:%s %s\n' "$(key host)" "$port" "$(key other)" >"$known"
refuses 'another key' "box shows another host key than $known line 3 has for it" box
ssh-keygen -q -H -f "$known" >/dev/null 2>/dev/null
refuses 'another key, hashed' "$known line 3" box
echo "[127.0.0.*]:* $(key other)" >"$known"
refuses 'another key, of a pattern' "$known line 1" box
echo "box $(key other)" >"$known"
tells 'a name that leads to another port' host "127.0.0.1 port $port" box
echo "[BOX]:$port $(key other)" >"$known"
refuses 'another key, of the name that was typed' "$known line 1" box
printf '[127.0.0.1]:%s %s\n' "$port" "$(key other)" "$port" "$(key host)" >"$known"
pins 'two keys' host box
printf '127.0.0.1 %s\n' "$(key other)" >"$known"
tells 'the key of another port' host "127.0.0.1 port $port" box
printf '127.0.0.1 %s\n' "$(key host)" >"$known"
pins 'the same key on another port' host box
echo "[127.0.0.1]:$port $(key other)" >>"$known"
refuses 'the same key on another port, and another on this one' "$known line 2" box

echo "[127.0.0.1]:$port $(key rsa)" >"$known"
pins 'a key of another type is known' rsa box
echo "[127.0.0.2]:$port $(key host)" >"$known"
refuses 'a key of the type that is known is not shown' "old shows another host key than $known line 1" old

# Where the caller's ssh connects from, root's does as well, and so does what asks for the key.
clean
echo "[127.0.0.1]:$port $(key host)" >"$known"
pins 'BindAddress' host bound
is 'BindAddress: the block has it, and no ProxyCommand' "$(grep -c -e '^    BindAddress 127\.0\.0\.9$' -e '^    ProxyCommand ' \
    -e '^    AddressFamily inet$' "$T/out") $(grep '^    ProxyCommand ' "$T/out")" '3     ProxyCommand none'
check 'BindAddress: the key was asked for from there' grep -q 'Connection from 127\.0\.0\.9 port' "$SSHD_LOG"
pins 'AddressFamily' host family
check 'AddressFamily: meshssh has it' grep -q '^    ProxyCommand .* --family=inet --relay ' "$T/out"
pins 'BindAddress at times' host times
check 'BindAddress at times: the block says that it is left out' grep -q '^    # your own ssh sets BindAddress .*; left out$' "$T/out"
check 'BindAddress at times: and goes through meshssh' grep -q '^    ProxyCommand .*meshssh --dead-after=30 --relay ' "$T/out"

clean
echo "the-box $(key other)" >"$known"
refuses 'HostKeyAlias' "$known line 1" named
echo "the-box $(key host)" >"$known"
pins 'HostKeyAlias, the same key' host named

clean
echo "[127.0.0.1]:$port $(key other)" >"$global"
refuses 'the file of all users, whose name has a blank' "$global line 1" box
echo "[127.0.0.1]:$port $(key host)" >"$global"
pins 'the file of all users, the same key' host box

clean
echo "@revoked * $(key host)" >"$known"
refuses 'revoked' "$known line 1 revokes the host key of box" box
refuses 'revoked, and named by hand' "$known line 1 revokes the host key of box" box --host-key="$T/host_key.pub"
echo "@revoked * $(key other)" >"$known"
tells 'another one is revoked' host "127.0.0.1 port $port" box
echo "@cert-authority [127.0.0.1]:$port $(key other)" >"$known"
refuses 'an authority' "$known line 1 trusts an authority's signature" box
pins 'an authority, and the key by hand' host box --host-key="$T/host_key.pub"

clean
echo "[127.0.0.1]:$port $(key other)" >"$known"
nix box --host-key="$T/host_key.pub"
is 'named by hand: it is pinned' "$? $(pinned)" "0 $(key host)"
is 'named by hand against known_hosts: a line says so' "$(grep -cF "$known line 1 has another host key for box" "$T/err") \
$(wc -l <"$T/err")" '1 1'

# Who calls sudo.
clean
echo "[127.0.0.1]:$port $(key other)" >"$T/alice/.ssh/known_hosts"
SUDO_UID=2001 nix box
is "another key of who called sudo: it is refused" "$? $(grep -c "$T/alice/.ssh/known_hosts line 1" "$T/err")" '77 1'
tells 'of another user' host "127.0.0.1 port $port" box

# Several at once.
clean
echo "[127.0.0.1]:$port $(key host)" >"$known"
nix box old
is 'two hosts: the new one is told' "$? $(grep -c '^ssh-ng://' "$T/out") $(grep -c 'first time' "$T/err") \
$(grep -c 'of old is' "$T/err")" '0 2 1 1'
echo "[127.0.0.2]:$port $(key host)" >>"$known"
refuses 'two hosts: one shows another key' "old shows another host key than $known line 2" box old

# A known_hosts that root made is not the user's to read, and what is in it is not guessed.
clean
mkdir -m 755 "$T/bin"
cp "$MESHSSH" "$CONFIG" "$T/bin"
cp "$HOME/.ssh/config" "$T/alice/.ssh"
echo "[127.0.0.1]:$port $(key other)" >"$T/alice/.ssh/known_hosts"
chmod 600 "$T/alice/.ssh/known_hosts"
chmod 755 "$T"
setpriv --reuid 2001 --regid 2001 --clear-groups env HOME="$T/alice" timeout 60 "$T/bin/meshssh-config" nix box >"$T/out" 2>&1
is 'known_hosts that cannot be read: it is named' "$? $(cat "$T/out")" \
    "66 meshssh-config: $T/alice/.ssh/known_hosts cannot be read; nothing was changed"
clean
TMPDIR=/proc nix box
is 'no temporary folder: it is named' "$? $(wc -c <"$T/out") $(grep -c '^meshssh-config: /proc/.*: No such file or directory' "$T/err")" '71 0 1'

# What a Mac builds is not asked of Linux, nor the other way round.
if need 'a builder of another system' python3; then
	PEER_OS=macOS python3 "$TOOLS/status-server.py" "$T/socket" mac &
	started $!
	wait_for 10 test -S "$T/socket"
	nix --tailscaled="$T/socket" --host-key="$T/host_key.pub" --ssh-user=me mac
	is 'a Mac: for which system is to be said' "$? $(wc -c <"$T/out") $(cat "$T/err")" \
	    "64 0 meshssh-config: it runs darwin and this machine linux: say --systems=aarch64-darwin or x86_64-darwin; see --help"
	nix --tailscaled="$T/socket" --host-key="$T/host_key.pub" --ssh-user=me --systems=aarch64-darwin mac
	is 'a Mac: and then it is taken' "$? $(grep '^ssh-ng://' "$T/out" | cut -d' ' -f2)" '0 aarch64-darwin'
fi

clean
echo "box $(key other)" >/etc/nix/meshssh_known_hosts
refuses 'pinned before' '/etc/nix/meshssh_known_hosts line 1' box
echo "box $(key host)" >/etc/nix/meshssh_known_hosts
pins 'pinned before, the same key' host box
finish
