#!/bin/sh
# What meshssh --doctor says of a real mesh: of a tailscaled here that is off, logged out, expired, dead, hung, closed
# or elsewhere; of peers that are off, expired, unknown, closed, silent; of proxies on the way in. Each time, the first
# finding and the exit status. Where nothing is wrong, nothing is found, 40 times in a row. Besides, --scan of the same
# hosts. In the end a table: what was wrong, what was to be found, what was.
#
# shellcheck disable=SC2317,SC2329	# functions are called through `wait_for`
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"
mesh_need "mesh doctor" || finish
need "mesh doctor" setpriv awk ssh-agent || finish
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

JOBS=6		# looks at the same time: most of what takes long is waiting
LOOKS=$T/looks
mkdir "$LOOKS"
looks=0
running=

# look NAME CODE STATUS NAMESPACE [WORD...] -- DOCTOR-ARGUMENT...: CODE is that of the first finding, "-" for none. The
# words are variables and then, if need be, the beginning of the command.
look() {
	looks=$((looks + 1))
	l_file=$LOOKS/$looks
	printf '%s\n' "$1" >"$l_file.name"
	echo "$2 $3" >"$l_file.wanted"
	l_space=$4
	shift 4
	l_words=
	while [ "$1" != -- ]; do
		l_words="$l_words $1"
		shift
	done
	shift
	# shellcheck disable=SC2086	# words
	ip netns exec "$MESH-$l_space" env $l_words timeout -k 1 60 "$MESHSSH" --doctor --json --timeout=2 "$@" \
	    </dev/null >"$l_file.json" 2>"$l_file.err" &
	running="$running $looks:$!"
	# shellcheck disable=SC2086	# words
	set -- $running
	[ $# -lt $JOBS ] || looked
}

# looked: all that were begun are over.
looked() {
	for l_look in $running; do
		wait "${l_look#*:}"
		echo $? >"$LOOKS/${l_look%:*}.got"
	done
	running=
}

# findings NUMBER: "CODE SEVERITY CERTAINTY", a line each. A note on what has to do with no mesh is none.
findings() {
	awk -F '"' '
		/^ "findings": \[/ { inside = 1 }
		/^ \],?$/ { inside = 0 }
		inside && $2 == "certainty" { certainty = $4 }
		inside && $2 == "code" { code = $4 }
		inside && $2 == "severity" && ($4 != "note" ||
		    code ~ /^(mesh|peer|proxy|name|magicdns|server|path)-/) { print code, $4, certainty }
	' "$LOOKS/$1.json"
}

# shown NUMBER: what matters for whoever has to mend it.
shown() {
	findings "$1"
	cat "$LOOKS/$1.err"
	sed -n '/^  "\(connect\|names\|tailscale\)": {/,/^  }/p' "$LOOKS/$1.json"
}

# judge NUMBER: the table's row, and the test's.
judge() {
	j_name=$(cat "$LOOKS/$1.name")
	j_wanted=$(cat "$LOOKS/$1.wanted")
	findings "$1" >"$LOOKS/$1.findings"
	read -r j_code j_severity j_certainty <"$LOOKS/$1.findings" || j_code=- j_severity='' j_certainty=''
	printf '# %-46s %-20s  %-20s  %s\n' "$j_name" "${j_wanted% *}" "$j_code" "$j_severity${j_certainty:+, $j_certainty}" \
	    >>"$T/table"
	if [ "$j_code $(cat "$LOOKS/$1.got")" = "$j_wanted" ]; then
		ok "$j_name"
	else
		not_ok "$j_name" "wanted: $j_wanted
got:    $j_code $(cat "$LOOKS/$1.got")
$(shown "$1")"
	fi
}

SOCKS=TS_SOCKS5_SERVER=127.0.0.1
HTTP=TS_OUTBOUND_HTTP_PROXY_LISTEN=127.0.0.1
# Root may open what nobody may, but for this.
CAPS='setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search'

socket() { echo "--tailscaled=$(node_socket "$1")"; }
address() { cat "$T/nodes/$1/address"; }
# says NODE TEXT: of itself.
says() { node_cli "$1" status --json --peers=false | grep -qF -e "$2"; }
# known NODE TEXT: to srv, and so to all others.
known() {
	node_cli srv status --json | awk -v name="\"DNSName\": \"$1.$MESH_DOMAIN.\"" -v text="$2" '
		/^\t\t"/ { there = 0 }
		index($0, name) { there = 1 }
		there && index($0, text) { found = 1 }
		END { exit !found }'
}
# freeze PID: and whoever asks it waits.
freeze() { kill -STOP "$1"; }

### the mesh, and what is wrong with whom
USERSPACE=--tun=userspace-networking
OTHERS='expired off out waiting gone hung denied ssh'
# shellcheck disable=SC2119	# no arguments for the control server
{
	mesh_start && node_start usr usr $USERSPACE && node_start tun tun --tun=tailscale0 &&
	    node_start one prx $USERSPACE --socks5-server=127.0.0.1:1055 --outbound-http-proxy-listen=127.0.0.1:1055
} || { not_ok "the mesh starts"; finish; }
for node in $OTHERS; do
	node_start "$node" prx $USERSPACE || { not_ok "$node starts"; finish; }
done
# It has no direct path to anybody.
export TS_DEBUG_ALWAYS_USE_DERP=1
node_start derp usr $USERSPACE || { not_ok "derp starts"; finish; }
unset TS_DEBUG_ALWAYS_USE_DERP
# shellcheck disable=SC2086	# a list
node_up srv usr tun one derp $OTHERS || { not_ok "the mesh is up"; finish; }
for node in srv usr tun one $OTHERS; do
	node_ip "$node" 4 >"$T/nodes/$node/address"
done
srv=$(address srv)
srv6=$(node_ip srv 6)

mesh_switch expire/expired
mesh_switch disapprove/waiting
mesh_switch deny/denied/usr && mesh_switch deny/denied/tun
node_cli off down
node_cli out logout >"$T/out" 2>&1
node_stop gone KILL
node_cli ssh set --ssh=true --accept-risk=all
freeze "$(node_pid hung)"
check "a node is expired" wait_for 10 says expired '"BackendState": "NeedsLogin"'
check "a node waits for approval" wait_for 10 says waiting '"BackendState": "NeedsMachineAuth"'
check "a node is off" wait_for 10 says off '"BackendState": "Stopped"'
check "a node is logged out" wait_for 10 says out '"BackendState": "NeedsLogin"'
check "others know that a node is expired" wait_for 10 known expired '"Expired": true'
for node in off out gone; do
	check "others know that node $node is not there" wait_for 10 known $node '"Online": false'
done
check "others know of Tailscale SSH" wait_for 10 known ssh sshHostKeys

# ssh to these goes through meshssh, to all others it does not.
for node in usr tun; do
	mkdir "/etc/netns/$MESH-$node/ssh"
	printf 'Host srv ssh srv.%s\n\tProxyCommand %s %%h %%p\n' "$MESH_DOMAIN" "$MESHSSH" \
	    >"/etc/netns/$MESH-$node/ssh/ssh_config"
done
# The system of node tun knows these names.
printf '%s here\n%s here\n' "$srv" "$srv6" >"/etc/netns/$MESH-tun/hosts"
# An sshd beside nodes in userspace-networking mode, which connect to 127.0.0.1.
ip netns exec "$MESH-prx" "$(command -v sshd)" -D -e -f "$T/sshd_config" -o ListenAddress=10.99.0.3 2>"$T/sshd-prx.log" &
started $!
wait_for 10 grep -q 'Server listening on 10.99.0.3' "$T/sshd-prx.log" || not_ok "the second sshd starts"

### nothing is wrong
look 'healthy, userspace' - 0 usr -- "$(socket usr)" srv
look 'healthy, userspace, and plain ssh' mesh-userspace 0 usr -- "$(socket usr)" "$srv"
look 'healthy, userspace, this machine alone' mesh-userspace 0 usr -- "$(socket usr)"
look 'healthy, TUN' - 0 tun -- "$(socket tun)" "$srv"
look 'healthy, TUN, IPv6' - 0 tun -- "$(socket tun)" "$srv6"
look 'healthy, TUN, a name' - 0 tun -- "$(socket tun)" here
look 'healthy, TUN, this machine alone' - 0 tun -- "$(socket tun)"
look 'only tailscaled knows the name, meshssh' - 0 tun -- "$(socket tun)" "srv.$MESH_DOMAIN"
look 'only tailscaled knows the name, plain ssh' magicdns-off 1 tun -- "$(socket tun)" "ssh.$MESH_DOMAIN"
look 'TUN in another namespace' mesh-elsewhere 0 usr -- "$(socket tun)" "$srv"
look 'TUN in another namespace, alone' mesh-elsewhere 0 usr -- "$(socket tun)"
look 'a relay carries everything' peer-relayed 0 usr -- "$(socket derp)" srv
look 'Tailscale SSH answers' server-tailscale-ssh 0 usr -- "$(socket usr)" ssh

### tailscaled on this machine
# fault CODE NODE WHAT: this machine alone, and three names of hosts of the mesh.
fault() {
	look "$3, alone" "$1" 1 usr -- "$(socket "$2")"
	look "$3, an address" "$1" 2 usr -- "$(socket "$2")" "$srv"
	look "$3, a full name" "$1" 2 usr -- "$(socket "$2")" "srv.$MESH_DOMAIN"
	look "$3, a short name" "$1" 2 usr -- "$(socket "$2")" one
}
fault mesh-key-expired expired 'key expired'
fault mesh-unapproved waiting 'not approved'
fault mesh-stopped off 'tailscale down'
fault mesh-logged-out out 'logged out'
fault mesh-down gone 'tailscaled killed'
fault mesh-down nowhere 'no socket where it is named'
fault mesh-hung hung 'tailscaled hangs'
look "sshd not on 127.0.0.1, alone" sshd-not-loopback 1 prx -- "$(socket one)"

# Of the daemons that run in the namespace none is seen, as from another container.
printf '#!/bin/sh\nexec unshare --pid --fork --mount-proc "$@"\n' >"$T/alone"
chmod 755 "$T/alone"

# usual COMMAND: it runs in tailscaled's folder in /run, which is empty but for what it puts there, and alone.
usual() {
	looked
	cat >"$T/usual" <<-END
	#!/bin/sh
	mount -t tmpfs none /run && mkdir /run/tailscale && cd /run/tailscale && $1 || exit 99
	exec "$T/alone" "\$@"
	END
	chmod 755 "$T/usual"
}
usual "ln -s $(node_socket usr) tailscaled.sock"
look 'healthy, by the usual socket' mesh-userspace 0 usr "$T/usual" -- "$srv"
usual "ln -s $(node_socket gone) tailscaled.sock"
look 'tailscaled killed, the usual socket' mesh-down 2 usr "$T/usual" -- "$srv"
usual :
look 'tailscaled ended, alone' mesh-down 1 usr "PATH=$MESH_BIN:$PATH" "$T/usual" --
look 'tailscaled ended, an address' mesh-down 2 usr "PATH=$MESH_BIN:$PATH" "$T/usual" -- "$srv"
look 'tailscaled ended, a name' mesh-down 2 usr "PATH=$MESH_BIN:$PATH" "$T/usual" -- "srv.$MESH_DOMAIN"
if [ -n "$(PATH=$PATH:/usr/local/bin command -v tailscaled)" ]; then
	skip "no tailscaled" "this machine has one"
else
	look 'no tailscaled, alone' - 0 usr "$T/usual" --
	look 'no tailscaled, an address' mesh-absent 2 usr "$T/usual" -- "$srv"
	look 'no tailscaled, a name' name-unknown 2 usr "$T/usual" -- "srv.$MESH_DOMAIN"
fi

ssh-agent -D -a "$T/agent" >"$T/agent.log" 2>&1 &
started $!
wait_for 10 test -S "$T/agent" || not_ok "ssh-agent starts"
look "ssh-agent's socket is named, alone" mesh-unexpected 1 usr -- "--tailscaled=$T/agent"
look "ssh-agent's socket is named" mesh-unexpected 2 usr -- "--tailscaled=$T/agent" "$srv"
looked
chmod 0 "$(node_socket usr)" "$(node_socket one)"
look 'socket closed, alone' mesh-permission-denied 1 usr "$CAPS" -- "$(socket usr)"
look 'socket closed' mesh-permission-denied 2 usr "$CAPS" -- "$(socket usr)" "$srv"
look 'socket closed, a SOCKS5 proxy' mesh-no-localapi 0 prx "$SOCKS:1055" "$CAPS" -- "$(socket one)" "$srv"
looked
chmod 666 "$(node_socket usr)" "$(node_socket one)"

### the host
look 'no such name' name-unknown 2 usr -- "$(socket usr)" nosuch
look 'no such name in the domain' peer-unknown 2 usr -- "$(socket usr)" "nosuch.$MESH_DOMAIN"
look 'no such name in the domain, TUN' peer-unknown 2 tun -- "$(socket tun)" "nosuch.$MESH_DOMAIN"
look 'no such address' peer-unknown 2 usr -- "$(socket usr)" 100.64.99.99
look 'no such address, TUN' peer-unknown 2 tun -- "$(socket tun)" 100.64.99.99
look 'nobody listens' refused 2 usr -- "$(socket usr)" srv 99
look 'nobody listens, TUN' refused 2 tun -- "$(socket tun)" "$srv" 99
look 'sshd not on 127.0.0.1 of a node in userspace' refused 2 usr -- "$(socket usr)" one
userspace_peer=$looks
for node in expired:peer-expired off:peer-offline out:peer-offline gone:peer-offline hung:peer-unreachable \
    denied:peer-silent; do
	look "the host is ${node%:*}" "${node#*:}" 2 usr -- "$(socket usr)" "${node%:*}"
	look "the host is ${node%:*}, TUN" "${node#*:}" 2 tun -- "$(socket tun)" "$(address "${node%:*}")"
done

### proxies, without the LocalAPI
look 'a SOCKS5 proxy' mesh-no-localapi 0 prx $SOCKS:1055 "$T/alone" -- "$srv"
look 'an HTTP proxy' mesh-no-localapi 0 prx $HTTP:1055 "$T/alone" -- "$srv"
look 'a SOCKS5 proxy, a name' - 0 prx $SOCKS:1055 "$T/alone" -- "srv.$MESH_DOMAIN"
look 'nobody listens, SOCKS5 proxy' proxy-failed 2 prx $SOCKS:1055 "$T/alone" -- "$srv" 99
look 'nobody listens, HTTP proxy' refused 2 prx $HTTP:1055 "$T/alone" -- "$srv" 99
look 'the host is off, SOCKS5 proxy' proxy-silent 2 prx $SOCKS:1055 "$T/alone" -- "$(address off)"
look 'the host is off, HTTP proxy' proxy-silent 2 prx $HTTP:1055 "$T/alone" -- "$(address off)"
look 'no proxy there' proxy-down 2 usr $SOCKS:1056 "$T/alone" -- "$srv"
look 'sshd where a SOCKS5 proxy should be' not-a-proxy 2 usr TS_SOCKS5_SERVER=10.99.0.1:22 "$T/alone" -- "$srv"
look 'sshd where an HTTP proxy should be' not-a-proxy 2 usr TS_OUTBOUND_HTTP_PROXY_LISTEN=10.99.0.1:22 "$T/alone" -- "$srv"

# tinyproxy_start PORT LINE
tinyproxy_start() {
	printf '%s\n' "Port $1" 'Listen 127.0.0.1' "$2" >"$T/tinyproxy.$1"
	ip netns exec "$MESH-usr" tinyproxy -d -c "$T/tinyproxy.$1" >"$T/tinyproxy.$1.log" 2>&1 &
	started $!
}
listens() { in_ns usr python3 -c "import socket; socket.create_connection((\"127.0.0.1\", $1), 1)"; }
if need "proxies of others" microsocks tinyproxy; then
	ip netns exec "$MESH-usr" microsocks -i 127.0.0.1 -p 3055 -u user -P password >"$T/microsocks.log" 2>&1 &
	started $!
	tinyproxy_start 3056 'BasicAuth user password'
	tinyproxy_start 3057 'ConnectPort 443'
	for port in 3055 3056 3057; do
		wait_for 10 listens $port || not_ok "a proxy listens on $port"
	done
	look 'a SOCKS5 proxy wants a login' proxy-auth 2 usr $SOCKS:3055 "$T/alone" -- "$srv"
	look 'an HTTP proxy wants a login' proxy-auth 2 usr $HTTP:3056 "$T/alone" -- "$srv"
	look 'an HTTP proxy forbids the port' proxy-refused 2 usr $HTTP:3057 "$T/alone" -- "$srv"
fi
looked

### the healthy ones, over and over
first=$((looks + 1))
for _ in 1 2; do
	for host in srv "srv.$MESH_DOMAIN" "$srv" "$srv6"; do
		look "healthy, userspace, $host" - 0 usr -- "$(socket usr)" "$host"
		look "healthy, userspace beside a proxy, $host" - 0 prx -- "$(socket one)" "$host"
		look "healthy, TUN in another namespace, $host" - 0 usr -- "$(socket tun)" "$host"
	done
	for host in srv here "$srv" "$srv6"; do
		look "healthy, TUN, $host" - 0 tun -- "$(socket tun)" "$host"
	done
	look 'healthy, userspace, alone' - 0 usr -- "$(socket usr)"
	look 'healthy, userspace, again alone' - 0 usr -- "$(socket ssh)"
	look 'healthy, TUN, alone' - 0 tun -- "$(socket tun)"
	look 'healthy, TUN in another namespace, alone' - 0 usr -- "$(socket tun)"
done
looked
last=$looks

### in words
# healthy NAMESPACE NODE UNCHECKED: one line says so, nothing else is found but that the key of the host is not known
# here, and this is not checked.
healthy() {
	in_ns "$1" "$MESHSSH" --doctor "$(socket "$2")" "$3" >"$T/out" 2>"$T/err"
	is "healthy in words, $1 $3" "$? $(grep -E '^(healthy|note|warning|error): ' "$T/out" | grep -vc 'host-key-unknown)$') \
$(grep -c "^no fault found in what was checked of this machine and the path\$" "$T/out") \
$(sed -n 's/^not checked: //p' "$T/out") $(cat "$T/err")" "0 0 1 $4 "
}
# Through tailscaled, what a path does to large and to marked packets is not seen; and there is no default route here.
healthy usr usr srv 'pmtu-both, pmtu-forward, pmtu-reverse, dscp-forward'
healthy tun tun "$srv" 'tunnel-in-tunnel'

### --scan
# scan STATUS NAME WANTED ARGUMENT...: WANTED are the hosts in order, each with "ok" or the name of the message.
scan() {
	s_status=$1 s_name=$2 s_wanted=$3
	shift 3
	in_ns usr "$MESHSSH" --scan --json --timeout=2 "$(socket usr)" "$@" >"$T/out" 2>"$T/err"
	s_got=$?
	is "$s_name" "$s_got $(sed -n 's/.*"host":"\([^"]*\)".*"ok":true.*/\1 ok/p
	    s/.*"host":"\([^"]*\)","message":"\([^"]*\)".*/\1 \2/p' "$T/out" | sort | tr '\n' ' ')$(cat "$T/err")" \
	    "$s_status $s_wanted"
}
scan 0 'scan of what answers' "$(printf '%s ok\n' srv "$srv" ssh "$srv6" | sort | tr '\n' ' ')" srv "$srv" ssh "$srv6"
scan 1 'scan of what does not' "denied no-answer expired peer-expired nosuch name-unknown nosuch.$MESH_DOMAIN peer-unknown \
off peer-offline one refused " denied expired nosuch "nosuch.$MESH_DOMAIN" off one
scan 1 'scan of all peers' "$(for host in denied:no-answer derp:refused expired:peer-expired gone:peer-offline hung:no-answer \
    off:peer-offline one:refused out:peer-offline srv:ok ssh:ok tun:refused waiting:refused; do
	echo "${host%:*}.$MESH_DOMAIN ${host#*:}"
done | sort | tr '\n' ' ')" --tailnet

### what would be in the way of the others
freeze "$MESH_SSHD"
look 'sshd hangs' server-silent 1 usr -- "$(socket usr)" srv
look 'sshd hangs, TUN' server-silent 1 tun -- "$(socket tun)" "$srv"
look 'sshd hangs behind a SOCKS5 proxy' proxy-no-server 1 prx $SOCKS:1055 "$T/alone" -- "$srv"
looked
kill -CONT "$MESH_SSHD"
mesh_switch expire-soon/tun
check "a key is about to expire" wait_for 10 says tun '"KeyExpiry"'
look 'the key expires soon, alone' mesh-key-expires 0 tun -- "$(socket tun)"
looked
freeze "$(node_pid one)"
look 'a SOCKS5 proxy hangs' proxy-silent 2 prx $SOCKS:1055 "$T/alone" -- "$srv"
look 'an HTTP proxy hangs' proxy-silent 2 prx $HTTP:1055 "$T/alone" -- "$srv"
freeze "$(node_pid tun)"
look 'tailscaled hangs, TUN, alone' mesh-hung 1 tun -- "$(socket tun)"
look 'tailscaled hangs, TUN' mesh-hung 2 tun -- "$(socket tun)" "$srv"
looked
node_stop tun KILL
look 'tailscaled killed, TUN, alone' mesh-down 1 tun -- "$(socket tun)"
look 'tailscaled killed, TUN' mesh-down 2 tun -- "$(socket tun)" "$srv"
# It answers in the end. The pause is the fault itself.
freeze "$(node_pid usr)"
look 'tailscaled is busy for 0.6 s' - 0 usr -- "$(socket usr)" srv
sleep 0.6
kill -CONT "$(node_pid usr)"
looked
node_stop denied
freeze "$MESH_CONTROL_PID"
node_start denied prx $USERSPACE || not_ok "a node starts without the control server"
look 'the control server is out of reach, alone' mesh-no-state 1 usr -- "$(socket denied)"
look 'the control server is out of reach' mesh-no-state 2 usr -- "$(socket denied)" "$srv"
looked
kill -CONT "$MESH_CONTROL_PID"

### the table
printf '# %-46s %-20s  %-20s\n' 'what is wrong' 'to be found' 'found' >"$T/table"
ill=0
row=1
while [ $row -le $looks ]; do
	if [ $row -lt $first ] || [ $row -gt $last ]; then
		judge $row
	elif [ "$(cat "$LOOKS/$row.got")" -ne 0 ] || findings $row | grep -q ' \(error\|warning\) '; then
		ill=$((ill + 1))
		{ cat "$LOOKS/$row.name"; shown $row; } | sed 's/^/# /'
	fi
	row=$((row + 1))
done
check "sshd not on 127.0.0.1 of a node in userspace: suspected" grep -qx 'peer-userspace note suspected' \
    "$LOOKS/$userspace_peer.findings"
is "healthy looks, and how many of them find an error or a warning" "$((last - first + 1)) $ill" '40 0'
cat "$T/table"
finish
