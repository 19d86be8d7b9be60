#!/bin/sh
# Every route through a real mesh, as a user meets it: tailscaled's LocalAPI in userspace mode, its SOCKS5 and HTTP
# proxies, named and found, and the kernel's own way with TUN, here and in another network namespace. Through each: logins by
# both addresses and by the long and the short name, 100 MB up and down, every byte exact, the same with --fdpass, scp,
# rsync, and meshssh in the place of ssh. Nothing may be said on stderr.
#
# shellcheck disable=SC2317,SC2329	# functions are called through `silent`
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
mesh_need "routes" || finish
need "routes" scp rsync cksum || finish

# shellcheck disable=SC2119	# no arguments for the control server
{
	mesh_start && node_start usr usr --tun=userspace-networking &&
	    node_start one prx --tun=userspace-networking --socks5-server=127.0.0.1:1055 \
	    --outbound-http-proxy-listen=127.0.0.1:1055 &&
	    node_start two prx --tun=userspace-networking --socks5-server=127.0.0.1:2055 \
	    --outbound-http-proxy-listen=127.0.0.1:2056 &&
	    node_start tun tun --tun=tailscale0 && node_up srv usr one two tun
} || { not_ok "the mesh starts"; finish; }

MB=100
head -c ${MB}000000 /dev/urandom >"$T/big"
head -c 3000000 "$T/big" >"$T/small"
big=$(cksum <"$T/big")
cat >"$T/hosts" <<END
Host four
	HostName $(node_ip srv 4)
Host six
	HostName $(node_ip srv 6)
Host full
	HostName srv.$MESH_DOMAIN
Host short
	HostName srv
END
cat "$MESH_CONFIG" >>"$T/hosts"

mkfifo "$T/fifo"

# run_in COMMAND...: in the route's namespace, with its environment.
# shellcheck disable=SC2086	# words
run_in() { in_ns "$r_space" env $r_env timeout 60 "$@"; }

# config NAME [LINE...]: $T/NAME, for ssh -F.
config() {
	c_file=$T/$1
	shift
	{
		echo 'Host *'
		[ $# -eq 0 ] || printf '\t%s\n' "$@"
		cat "$T/hosts"
	} >"$c_file"
}

up() { run_in ssh -F "$1" four cksum <"$T/big"; }
down() {
	run_in ssh -F "$1" four "cat $T/big" >"$T/fifo" &
	cksum <"$T/fifo"
	wait $!
}
# both_ways NAME CONFIG
both_ways() {
	silent "$1: $MB MB up" up "$2"
	is "$1: $MB MB up: same bytes" "$(cat "$T/out")" "$big"
	silent "$1: $MB MB down" down "$2"
	is "$1: $MB MB down: same bytes" "$(cat "$T/out")" "$big"
}

# logins NAME NAMESPACE ENVIRONMENT VIA HOSTS MESHSSH-OPTION...: VIA is the route that should be taken to each of HOSTS.
logins() {
	r_name=$1
	r_space=$2
	r_env=$3
	r_via=$4
	r_hosts=$5
	shift 5
	config plain "ProxyCommand $MESHSSH $* %h %p"
	config debug "ProxyCommand $MESHSSH $* --debug %h %p"
	config fdpass "ProxyCommand $MESHSSH $* --fdpass %h %p" 'ProxyUseFdpass yes' 'IPQoS none'
	config none
	for host in $r_hosts; do
		silent "$r_name: login, $host" run_in ssh -F "$T/plain" "$host" 'echo in'
		is "$r_name: login, $host: output" "$(cat "$T/out")" in
		run_in ssh -F "$T/debug" "$host" true 2>"$T/err"
		is "$r_name: login, $host: the route" "$(sed -n 's/^.*debug: connected through \([^ ]*\).*/\1/p' "$T/err")" "$r_via"
		silent "$r_name: --fdpass, $host" run_in ssh -F "$T/fdpass" "$host" 'echo in'
		is "$r_name: --fdpass, $host: output" "$(cat "$T/out")" in
	done
}

# route ARGUMENTS OF LOGINS: those, and all the rest.
route() {
	logins "$@"
	shift 5
	both_ways "$r_name" "$T/plain"
	both_ways "$r_name, --fdpass" "$T/fdpass"
	silent "$r_name: scp up" run_in scp -q -F "$T/plain" "$T/small" "four:$T/scp"
	check "$r_name: scp up: same bytes" cmp "$T/small" "$T/scp"
	silent "$r_name: rsync down" run_in rsync -e "ssh -F $T/plain" "four:$T/small" "$T/rsync"
	check "$r_name: rsync down: same bytes" cmp "$T/small" "$T/rsync"
	rm -f "$T/scp" "$T/rsync"
	# The last of the hosts is a name where the route knows names.
	silent "$r_name: in the place of ssh" run_in "$MESHSSH" "$@" -F "$T/none" "${r_hosts##* }" 'exit 0'
	run_in "$MESHSSH" "$@" -F "$T/none" "${r_hosts##* }" 'exit 7' 2>"$T/err"
	is "$r_name: in the place of ssh: the command's status, nothing said" "$? $(cat "$T/err")" '7 '
	relays_gone "$r_name"
}

ALL='four six full short'
LOCALAPI=$(node_socket usr)
route 'LocalAPI' usr '' localapi "$ALL" "--tailscaled=$LOCALAPI"
route '--via=localapi, TS_SOCKET' usr "TS_SOCKET=$LOCALAPI" localapi "$ALL" --via=localapi
route '--via=socks5=ADDR' prx '' socks5 "$ALL" "--tailscaled=$(node_socket one)" --via=socks5=127.0.0.1:1055
route '--via=http=ADDR' prx '' http "$ALL" "--tailscaled=$(node_socket one)" --via=http=127.0.0.1:1055
route '--via=socks5, found' prx '' socks5 "$ALL" "--tailscaled=$(node_socket two)" --via=socks5
route '--via=http, found' prx '' http "$ALL" "--tailscaled=$(node_socket two)" --via=http
# Without a LocalAPI, nobody tells which names are the mesh's: those that are unknown here may be.
route 'no LocalAPI, TS_SOCKS5_SERVER' prx TS_SOCKS5_SERVER=127.0.0.1:2055 socks5 "$ALL" --tailscaled=/nonexistent
route 'no LocalAPI, TS_OUTBOUND_HTTP_PROXY_LISTEN' prx TS_OUTBOUND_HTTP_PROXY_LISTEN=:2056 http "$ALL" \
    --tailscaled=/nonexistent
# A TUN without tailscaled's DNS: it alone knows the names. With it, which the hosts file is in the place of here, the
# system knows them, too.
logins 'TUN, names of tailscaled only' tun '' localapi 'full short' "--tailscaled=$(node_socket tun)"
printf '%s srv.%s srv\n' "$(node_ip srv 4)" "$MESH_DOMAIN" >"/etc/netns/$MESH-tun/hosts"
route 'TUN' tun '' direct "$ALL" "--tailscaled=$(node_socket tun)"
route 'TUN in another namespace' usr '' localapi "$ALL" "--tailscaled=$(node_socket tun)"
finish
