#!/bin/sh
# A builder that the caller's ssh reaches through jump hosts or another program: what meshssh-config nix prints logs in by
# the same way with nothing of the caller's, to the host keys that were shown on that way; or it is refused and nothing is
# printed. Real sshd on two ports, real ssh; a block that is printed is read as root's, with -F.
#
# shellcheck disable=SC2016,SC2088 # variables for the inner shell; a tilde in a line of ssh_config
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=ssh-home.sh
. "$(dirname "$0")/ssh-home.sh"
{ need "the way to a builder" nc && private_programs "the way to a builder" && need_login "the way to a builder" &&
    own_home "the way to a builder" '127.0.0.1 localhost'; } || finish
exec </dev/null
unset TS_SOCKET SUDO_UID
me=$(id -un)
gate=$SSHD_PORT
gate_key=$(cut -d' ' -f1,2 "$T/host_key.pub")
ssh-keygen -q -t ed25519 -N '' -C '' -f "$T/inner_key"
sshd_start "HostKey $T/inner_key" || { not_ok "a second sshd starts"; finish; }
inner=$SSHD_PORT
inner_key=$(cut -d' ' -f1,2 "$T/inner_key.pub")
cp "$T/user_key" "$T/root_key"

# theirs LINE...: the caller's file; with it `gate` logs in by a key of the caller's.
theirs() {
	rm -rf "$home"
	mkdir -m 700 "$home"
	printf '%s\n' "$@" 'Host gate' '    HostName 127.0.0.1' "    Port $gate" "    User $me" \
	    'Host box' '    HostName localhost' "    Port $inner" "    User $me" \
	    'Host *' "    IdentityFile $T/user_key" '    IdentitiesOnly yes' '    StrictHostKeyChecking accept-new' >"$home/config"
}
nix() { config nix --ssh-key="$T/root_key" "$@"; }
# carried NAME KEY-OF-THE-LAST-JUMP ARGUMENT...: what is printed logs in, and known_hosts has the keys of both.
carried() {
	c_name=$1
	c_jump=$2
	shift 2
	nix "$@" box >"$T/status"
	is "$c_name: status, and no more than whose keys are new" "$(head -n 1 "$T/status" | cut -d' ' -f1) $(grep -vc 'first time' "$T/err")" '0 0'
	sed -n '/^Host /,/^# \//p' "$T/out" | sed "s|/etc/nix/meshssh_known_hosts|$T/known|" >"$T/block"
	grep -v '^#' "$T/out" | grep "^box.* ssh-ed25519 " >"$T/known"
	is "$c_name: the builder's key" "$(sed -n 's/^box //p' "$T/known")" "$inner_key"
	is "$c_name: the jump host's key" "$(sed -n 's/^box-jump[0-9] //p' "$T/known" | tail -n 1)" "$c_jump"
	is "$c_name: one machine" "$(grep -c '^ssh-ng://' "$T/out")" 1
	is "$c_name: it logs in" "$(ssh -F "$T/block" box 'echo "in ${SSH_CONNECTION##* }"' 2>&1)" "in $inner"
}
# refused NAME STATUS WORDS: nothing is printed, and one line says why.
refused() {
	nix box >"$T/status"
	is "$1: it is refused" "$(head -n 1 "$T/status" | cut -d' ' -f1) $(wc -c <"$T/out") $(grep -vc 'first time' "$T/err")" "$2 0 1"
	check "$1: why" grep -q -e "$3" "$T/err"
}

theirs 'Host box' '    ProxyJump gate'
carried 'a jump host' "$gate_key"
check 'a jump host: root has to log in there, too' \
    grep -qx "# On 127.0.0.1, on the way there: the public half of $T/root_key in authorized_keys of $me" "$T/out"
check 'a jump host: by meshssh' sh -c 'sed -n "/^Host box-jump1/,/^Host box$/p" "$1" | grep -q "ProxyCommand .*--relay"' sh "$T/block"
theirs 'Host box' "    ProxyJump ssh://$me@127.0.0.1:$gate"
carried 'a jump host with its user and port' "$gate_key"
theirs 'Host box' '    ProxyCommand ssh -q -W %h:%p gate'
carried 'ssh -W' "$gate_key"
theirs 'Host other' '    HostName 127.0.0.1' "    Port $inner" "    User $me" 'Host box' '    ProxyJump gate,other'
carried 'two jump hosts' "$inner_key"
is 'two jump hosts: in their order' "$(grep -c '^    ProxyJump box-jump1,box-jump2$' "$T/block")" 1
theirs 'Host box' '    ProxyCommand nc %h %p'
carried 'another program' ''
check 'another program: its line' grep -qx '    ProxyCommand nc %h %p' "$T/block"
theirs 'Host box' '    ProxyJump gate'
is 'a module for NixOS' "$(nix --nixos box | head -n 1 | cut -d' ' -f1)" 0
is 'a module for NixOS: one machine, both keys' "$(grep -c 'hostName = ' "$T/out") $(grep -c 'knownHosts."box' "$T/out")" '1 2'
is 'a module for NixOS: the way' "$(grep -c '^    Match originalhost box-jump1 localuser root$\|^        ProxyJump box-jump1$' "$T/out")" 2

# What is not the same for root.
theirs 'Host box' '    ProxyJump gate'
echo "[127.0.0.1]:$gate $inner_key" >"$home/known_hosts"
refused 'another key of the jump host' 77 'box-jump1 shows another host key than .*known_hosts line 1'
theirs 'Host box' '    ProxyJump gate' 'Host gate' '    ProxyJump further'
refused 'a jump host behind another' 78 "gate: your ssh reaches it by a ProxyJump .* take over; write root's block by hand, with --host-key for the key"
theirs 'Match originalhost box exec true' '    ProxyJump gate'
refused 'a jump host at times' 78 'box: your ssh reaches it'
printf '#!/bin/sh\nexec nc "$@"\n' >"$T/way"
chmod 755 "$T/way"
theirs 'Host box' "    ProxyCommand $T/way %h %p"
refused "a program that others may change" 78 'so root must not run'
for line in 'nc %n %p' 'nc %h %p; :' "nc '%h' %p" 'ssh -o X=y -W %h:%p gate' 'ssh gate nc %h %p' 'none-such %h %p' '~/way %h %p'; do
	theirs 'Host box' "    ProxyCommand $line"
	refused "ProxyCommand $line" 78 'box: your ssh reaches it'
done
theirs 'Host box' '    ProxyCommand nc -F %h %p' '    ProxyUseFdpass yes'
refused 'a program that hands the connection over' 78 'box: your ssh reaches it'
theirs 'Host box' '    ProxyJump gate'
sed -i "/IdentityFile/d" "$home/config"
refused 'no login at the jump host' 69 'box shows no host key'
is "no login at the jump host: ssh's line without its end" "$(grep -c '\\r\|\\015' "$T/err")" 0
finish
