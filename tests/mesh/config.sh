#!/bin/sh
# What meshssh-config makes of a real mesh, at work: a file for all peers, and the block of one, for ssh on a machine
# whose tailscaled has no TUN and on one that has; logins by every name and address of a peer, whose key is known under
# one name only. With a TUN, the path is proven clean and ssh gets the connection itself. The host keys that a node with
# Tailscale SSH publishes are those that it shows.
#
# shellcheck disable=SC2119	# no arguments for the control server
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
mesh_need "configurations" || finish
{
	mesh_start && node_start usr usr --tun=userspace-networking && node_start tun tun --tun=tailscale0 &&
	    node_up srv usr tun
} || { not_ok "the mesh starts"; finish; }

CONFIG=$BUILDDIR/meshssh-config
full=srv.$MESH_DOMAIN
echo "$full $(cut -d' ' -f1,2 "$T/host_key.pub")" >"$T/known"
sed '/HostKeyAlias/d; s/known_hosts$/known/' "$MESH_CONFIG" >"$T/base"

# config NODE ARGUMENT...: what is printed there, twice the same, is $T/NODE.
config() {
	c_node=$1
	shift
	c_words=$*
	set -- in_ns "$c_node" timeout 60 "$CONFIG" "$@" "--tailscaled=$(node_socket "$c_node")"
	silent "$c_node: $c_words" "$@"
	cp "$T/out" "$T/$c_node"
	"$@" 2>/dev/null | cmp -s - "$T/$c_node" || not_ok "$c_node: the same twice"
	cat "$T/$c_node" "$T/base" >"$T/joined"
}
# login NODE HOST: by that file, through meshssh.
login() {
	in_ns "$1" timeout 60 ssh -v -F "$T/joined" "$2" 'echo in' >"$T/out" 2>"$T/err"
	l_got="$? $(cat "$T/out") $(grep -c 'Executing proxy .*command: exec .*meshssh' "$T/err")"
	is "$1: login, $2" "$l_got" '0 in 1'
}
ip4=$(node_ip srv 4)
ip6=$(node_ip srv 6)

for node in usr tun; do
	config $node tailnet
	is "$node: a block for each peer" "$(grep -c '^Host ' "$T/$node")" 2
	for host in srv "$full" "$ip4" "$ip6"; do
		login $node "$host"
	done
	config $node stanza srv
	login $node srv
	config $node stanza "$ip4"
	login $node "$ip4"
	is "$node: an address stays one" "$(grep -c '^    HostName' "$T/$node")" 0
done

# Ansible, by the inventory of contrib/ansible: a ping is a program that is copied there and run.
# ansible_on PROGRAM ARGUMENT...: on the machine without a TUN, by the file for all peers.
ansible_on() {
	in_ns usr timeout 120 env PATH="$BUILDDIR:$PATH" MESHSSH_TAILNET="--tailscaled=$(node_socket usr)" LC_ALL=C.UTF-8 \
	    ANSIBLE_CONFIG="$SRCDIR/contrib/ansible/ansible.cfg" ANSIBLE_SSH_ARGS="-F $T/joined" ANSIBLE_NOCOLOR=1 \
	    ANSIBLE_HOME="$T/ansible" ANSIBLE_LOCAL_TEMP="$T/ansible/tmp" ANSIBLE_REMOTE_TMP="$T/ansible/remote" \
	    "$@" >"$T/ansible.out" 2>&1
}
config usr tailnet
if need "Ansible" ansible; then
	ansible_on ansible --list-hosts mesh
	is "Ansible's inventory: the peers" "$? $(tr -s ' \n' ' ' <"$T/ansible.out")" "0  hosts (2): srv tun "
	ansible_on ansible srv -e "ansible_python_interpreter=$(command -v python3)" -m ping
	is "Ansible pings one of them through the userspace mesh" "$? $(grep -c '"ping": "pong"' "$T/ansible.out")" "0 1"
	grep -q pong "$T/ansible.out" || sed 's/^/# /' "$T/ansible.out"
fi
config usr stanza srv
is "without a TUN: the whole name, a relay" "$(grep -c "^    HostName $full\$\|fdpass" "$T/usr")" 1
config tun stanza srv
is "nobody asks MagicDNS there: the address" "$(grep '^    Host' "$T/tun")" "    HostName $ip4
    HostKeyAlias $full"

# What the far side of sessions listens at: the mesh and no more, or loopback, where tailscaled brings it.
config tun serve "--program=$BUILDDIR/meshssh"
is "with a TUN: the addresses of the mesh, as whom sshd sees the client" "$(grep -o '^ListenStream.*\|--source=.*' "$T/tun")" \
    "--source=client
ListenStream=$(node_ip tun 4):4622
ListenStream=[$(node_ip tun 6)]:4622"
config usr serve "--program=$BUILDDIR/meshssh"
is "without a TUN: loopback" "$(grep -o '^ListenStream.*\|--source=.*' "$T/usr")" "--source=loopback
ListenStream=127.0.0.1:4622"

# MagicDNS, which the hosts file is in the place of here, and resolv.conf says so.
printf '%s %s srv\n' "$ip4" "$full" >"/etc/netns/$MESH-tun/hosts"
echo 'nameserver 100.100.100.100' >"/etc/netns/$MESH-tun/resolv.conf"
config tun stanza --fdpass srv
is "MagicDNS is asked: the name" "$(grep '^    HostName' "$T/tun")" "    HostName $full"
is "and the path is clean: ssh gets the connection" "$(grep '^    Proxy' "$T/tun")" \
    "    ProxyCommand $MESHSSH --tailscaled=$(node_socket tun) --fdpass --relay -- \"%h\" \"%p\"
    ProxyUseFdpass yes"
login tun srv

# It is asked for before the first login: the control server here does not say that Tailscale SSH is allowed, which counts
# only where it could have said it.
node_start key prx --tun=userspace-networking
node_cli key up --ssh --login-server="$MESH_CONTROL" --hostname=key --accept-dns=false --netfilter-mode=off \
    --timeout=25s >"$T/out" 2>&1
# shellcheck disable=SC2317,SC2329	# called by way of wait_for
published() { node_cli usr status --json | grep -q sshHostKeys; }
if wait_for 20 published; then
	config usr known-hosts
	is "published keys: the names" "$(grep -o '^[^# ]*' "$T/usr" | sort -u)" \
	    "key.$MESH_DOMAIN,key,$(node_ip key 4),$(node_ip key 6)"
	for host in "key.$MESH_DOMAIN" key "$(node_ip key 4)"; do
		in_ns usr timeout 60 ssh -v -F "$T/base" -o UserKnownHostsFile="$T/usr" \
		    -o ProxyCommand="$MESHSSH --tailscaled=$(node_socket usr) %h %p" "$host" true >"$T/out" 2>"$T/err"
		check "published keys: $host shows one of them" grep -q "^debug1: Host '$host' is known and matches" "$T/err"
	done
else
	not_ok "a node with Tailscale SSH publishes its keys" "$(cat "$T/out")"
fi
finish
