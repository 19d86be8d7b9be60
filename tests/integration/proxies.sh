#!/bin/sh
# Real proxies: microsocks, dante and `ssh -D` (SOCKS5), tinyproxy and squid (HTTP CONNECT), each but `ssh -D` with user
# and password, too. Through each of them a login by address and by name, 20 MB there and back, and --fdpass; and what
# goes wrong, a closed port, the proxy's own rules, the wrong password or none, is one line with the documented status.
# Then where user and password come from, and where they must not.
#
# shellcheck disable=SC2317,SC2119 # functions are called through `silent` and `wait_for`; sshd_start needs no argument
# shellcheck source-path=SCRIPTDIR
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=relays.sh
. "$(dirname "$0")/relays.sh"

need "proxies" python3 timeout openssl || finish
unset ALL_PROXY all_proxy HTTP_PROXY http_proxy HTTPS_PROXY https_proxy NO_PROXY no_proxy MESHSSH_PROXY_AUTH \
    TS_SOCKET TS_SOCKS5_SERVER TS_OUTBOUND_HTTP_PROXY_LISTEN
XDG_CONFIG_HOME=$T/config
export XDG_CONFIG_HOME

need_login "proxies" || finish
if grep -q 'Server listening on ::1' "$SSHD_LOG"; then six=::1; else six=; fi
python3 "$TOOLS/oddserver.py" "$T/ports" refused &
started $!
wait_for 10 test -s "$T/ports" || { not_ok "the test's server starts"; finish; }
closed=$(sed -n 's/^refused //p' "$T/ports")
forbidden=7	# a port that the proxies' rules do not allow
head -c 20971520 /dev/urandom >"$T/big"
cksum <"$T/big" >"$T/big.sum"

# listens PORT: somebody does, on loopback.
listens() {
	grep -qsE "^ *[0-9]+: (0100007F|0{24}01000000):$(printf %04X "$1") 0+:0000 0A " /proc/net/tcp /proc/net/tcp6
}

# proxy NAME PORT COMMAND...: starts it, and waits until it listens; 1 if it does not.
proxy() {
	p_name=$1 p_port=$2
	shift 2
	"$@" >"$T/$p_name.log" 2>&1 &
	started $!
	wait_for 15 listens "$p_port" && return
	not_ok "$p_name starts" "$(tail -n 20 "$T/$p_name.log")"
	return 1
}

# login VIA HOST [SSH-OPTION...] -- COMMAND: through the proxy.
login() {
	l_via=$1 l_host=$2
	shift 2
	timeout 60 ssh -F "$SSH_CONFIG" -o HostName="$l_host" -o ProxyCommand="$MESHSSH $l_via %h %p" relay "$@"
}
login_fdpass() {
	timeout 20 ssh -F "$SSH_CONFIG" -o ProxyUseFdpass=yes -o IPQoS=none \
	    -o ProxyCommand="$MESHSSH --fdpass $1 %h %p" relay true
}
there_and_back() { login "$1" 127.0.0.1 cat <"$T/big" | cksum | cmp - "$T/big.sum"; }

# through NAME VIA: all that works through any proxy.
through() {
	for host in 127.0.0.1 $six localhost; do
		silent "$1: login to $host" login "$2" "$host" true
	done
	[ -n "$six" ] || skip "$1: login to ::1" "no IPv6 on loopback"
	silent "$1: 20 MB there and back" there_and_back "$2"
	silent "$1: login with --fdpass" login_fdpass "$2"
	gone "$1: no process is left"
}

# fails NAME STATUS MESSAGE WORD OPTION... HOST PORT: one line that says WORD, MESSAGE as its name (or one of several,
# with "|" between), and no password.
fails() {
	f_name=$1 f_status=$2 f_message=$3 f_word=$4
	shift 4
	timeout -k 2 20 "$MESHSSH" --timeout=5 "$@" >"$T/out" 2>"$T/err" </dev/null
	f_got=$?
	timeout -k 2 5 "$MESHSSH" --why >"$T/why" 2>&1
	f_told=$(sed -n 's/^More: meshssh-messages(7), //p' "$T/why")
	case "|$f_message|" in
	"|usage|" | *"|$f_told|"*) f_message= ;;
	esac
	if [ $f_got -eq "$f_status" ] && [ -z "$f_message" ] && [ ! -s "$T/out" ] && [ "$(wc -l <"$T/err")" -eq 1 ] &&
	    [ "$(wc -c <"$T/err")" -le 200 ] && grep -qi "^meshssh: .*$f_word" "$T/err" &&
	    ! LC_ALL=C grep -q '[^ -~]\|secret\|wrong-one' "$T/err" "$T/why"; then
		ok "$f_name"
	else
		not_ok "$f_name" "status $f_got, wanted $f_status; message $f_told${f_message:+, wanted $f_message};
wanted in the line: $f_word, and no password
$(head -c 600 "$T/err" | cat -v)
$(head -c 1000 "$T/why" | cat -v)"
	fi
	rm -rf "$T/cache"
}

# locked NAME VIA: what needs user and password, and does not get them.
locked() {
	fails "$1: no password" 77 proxy-auth 'user\|password' "$2" 127.0.0.1 "$SSHD_PORT"
	MESHSSH_PROXY_AUTH=tester:wrong-one
	export MESHSSH_PROXY_AUTH
	fails "$1: the wrong password" 77 proxy-auth 'user\|password' "$2" 127.0.0.1 "$SSHD_PORT"
	MESHSSH_PROXY_AUTH=tester:secret
}

# A relay that is connected keeps nothing of user and password, which then come from a file.
cat >"$T/memory.py" <<'END'
import re, sys
wanted = (b"secret", b"dGVzdGVyOnNlY3JldA")
found = []
with open("/proc/%s/maps" % sys.argv[1]) as maps, open("/proc/%s/mem" % sys.argv[1], "rb") as mem:
    for line in maps:
        area = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
        if not area:
            continue
        begin, end = (int(x, 16) for x in area.groups())
        try:
            mem.seek(begin)
            data = mem.read(end - begin)
        except OSError:
            continue
        found += ["%s at %#x, %s" % (word.decode(), begin + data.find(word), line.strip())
                  for word in wanted + (b"MESHSSH",) if word in data]
# The environment is in there, so this has looked.
if not [x for x in found if x.startswith("MESHSSH")]:
    sys.exit("nothing was read")
print("\n".join(x for x in found if not x.startswith("MESHSSH")), end="")
END
# forgets NAME VIA
forgets() {
	mkdir -p "$XDG_CONFIG_HOME/meshssh"
	(umask 077 && printf '127.0.0.1:%s tester:secret\n' "${2##*:}" >"$XDG_CONFIG_HOME/meshssh/proxy-auth")
	rm -f "$T/hold"
	mkfifo "$T/hold"
	env -u MESHSSH_PROXY_AUTH "$MESHSSH" "$2" 127.0.0.1 "$SSHD_PORT" <"$T/hold" >"$T/out" 2>"$T/err" &
	f_pid=$!
	started $f_pid
	exec 4>"$T/hold"
	wait_for 10 grep -q '^SSH-2.0' "$T/out"
	is "$1: the relay's memory has no password" "$(python3 "$T/memory.py" $f_pid 2>&1)" ''
	exec 4>&-
	wait $f_pid
	rm -f "$XDG_CONFIG_HOME/meshssh/proxy-auth"
}

### microsocks
if need "microsocks" microsocks; then
	port=$(free_port)
	if proxy microsocks "$port" microsocks -i 127.0.0.1 -p "$port"; then
		through microsocks --via=socks5=":$port"
		fails "microsocks: a closed port" 69 refused refused --via=socks5=":$port" 127.0.0.1 "$closed"
		timeout 20 ssh -F "$SSH_CONFIG" -p "$closed" -o ProxyUseFdpass=yes -o IPQoS=none \
		    -o ProxyCommand="$MESHSSH --fdpass --via=socks5=:$port %h %p" relay true 2>"$T/err"
		is "microsocks: a closed port with --fdpass, ssh's status, and one line of ours" \
		    "$? $(grep -c '^meshssh: .*refused' "$T/err") $(grep -c '^meshssh: ' "$T/err")" '255 1 1'
		rm -rf "$T/cache"
		fails "microsocks is no HTTP proxy" 76 not-a-proxy HTTP --via=http=":$port" 127.0.0.1 "$SSHD_PORT"
	fi
	socks=$(free_port)
	if proxy microsocks-locked "$socks" microsocks -i 127.0.0.1 -p "$socks" -u tester -P secret; then
		locked "microsocks with a password" --via=socks5="127.0.0.1:$socks"
		through "microsocks with a password" --via=socks5="127.0.0.1:$socks"
		unset MESHSSH_PROXY_AUTH
		forgets "microsocks with a password" --via=socks5="127.0.0.1:$socks"
	fi
fi

### dante
# dante_config PORT METHOD
dante_config() {
	cat <<-END
	logoutput: stderr
	internal: 127.0.0.1 port = $1
	external: 127.0.0.1
	${six:+external: ::1}
	external.rotation: route
	clientmethod: none
	socksmethod: $2
	user.privileged: $(id -un)
	user.notprivileged: $(if [ "$(id -u)" -eq 0 ]; then echo nobody; else id -un; fi)
	client pass {
		from: 0/0 to: 0/0
	}
	socks block {
		from: 0/0 to: 0/0 port = $forbidden
	}
	socks pass {
		from: 0/0 to: 0/0
		command: connect
	}
	END
}
# preloads: libnss_wrapper.so is there, which shows a program other users than the system has.
preloads() { [ -z "$(LD_PRELOAD=libnss_wrapper.so sh -c : 2>&1)" ]; }
# Dante knows the users of the system only; this one exists for nobody but dante.
dante_with_user() {
	LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD=$T/passwd NSS_WRAPPER_GROUP=/etc/group \
	    NSS_WRAPPER_SHADOW=$T/shadow exec "$@"
}
danted=$(command -v danted || command -v sockd || echo danted)
if need "dante" "$danted"; then
	port=$(free_port)
	dante_config "$port" none >"$T/dante.conf"
	if proxy dante "$port" "$danted" -N 1 -p "$T/dante.pid" -f "$T/dante.conf"; then
		through dante --via=socks5="127.0.0.1:$port"
		fails "dante: a closed port" 69 refused refused --via=socks5=":$port" 127.0.0.1 "$closed"
		fails "dante: a port against the rules" 77 proxy-refused allow --via=socks5=":$port" 127.0.0.1 $forbidden
	fi
	port=$(free_port)
	dante_config "$port" username >"$T/dante-locked.conf"
	{ getent passwd; echo 'tester:x:64999:65534::/nonexistent:/bin/false'; } >"$T/passwd"
	echo "tester:$(openssl passwd -6 secret):19000:0:99999:7:::" >"$T/shadow"
	if ! preloads; then
		skip "dante with a password" "libnss_wrapper.so is not installed"
	elif proxy dante-locked "$port" dante_with_user "$danted" -N 1 -p "$T/dante-locked.pid" -f "$T/dante-locked.conf"; then
		locked "dante with a password" --via=socks5=":$port"
		through "dante with a password" --via=socks5=":$port"
		unset MESHSSH_PROXY_AUTH
	fi
fi

### ssh -D
port=$(free_port)
if proxy ssh-D "$port" ssh -F "$SSH_CONFIG" -N -D "127.0.0.1:$port" direct; then
	through "ssh -D" --via=socks5="localhost:$port"
	# It just hangs up, when it has said yes or before.
	fails "ssh -D: a closed port" 69 'server-closed|proxy-closed' 'ended\|closed' --via=socks5=":$port" 127.0.0.1 "$closed"
fi

### tinyproxy
tinyproxy_config() {
	cat <<-END
	Port $1
	Listen 127.0.0.1
	Timeout 600
	Allow 127.0.0.1
	LogFile "$T/tinyproxy.$1"
	LogLevel Warning
	ConnectPort $SSHD_PORT
	ConnectPort $closed
	END
}
if need "tinyproxy" tinyproxy; then
	port=$(free_port)
	tinyproxy_config "$port" >"$T/tinyproxy.conf"
	if proxy tinyproxy "$port" tinyproxy -d -c "$T/tinyproxy.conf"; then
		through tinyproxy --via=http=":$port"
		fails "tinyproxy: a closed port" 69 proxy-failed 500 --via=http=":$port" 127.0.0.1 "$closed"
		fails "tinyproxy: a port against the rules" 77 proxy-refused 403 --via=http=":$port" 127.0.0.1 $forbidden
		# It waits for the end of a line.
		fails "tinyproxy is no SOCKS5 proxy" 69 proxy-silent answer --via=socks5=":$port" --timeout=1 127.0.0.1 \
		    "$SSHD_PORT"
	fi
	port=$(free_port)
	{
		tinyproxy_config "$port"
		echo 'BasicAuth tester secret'
	} >"$T/tinyproxy-locked.conf"
	if proxy tinyproxy-locked "$port" tinyproxy -d -c "$T/tinyproxy-locked.conf"; then
		locked "tinyproxy with a password" --via=http=":$port"
		through "tinyproxy with a password" --via=http=":$port"
		unset MESHSSH_PROXY_AUTH
	fi
fi

### squid
# It gives up root, and must reach its own files then.
squid_dirs() {
	chmod 711 "$T"
	mkdir "$T/squid"
	echo "tester:$(openssl passwd -apr1 secret)" >"$T/squid/users"
	[ "$(id -u)" -ne 0 ] || chown -R proxy "$T/squid" 2>/dev/null || chown -R squid "$T/squid"
}
# squid_config PORT AUTH_PARAM...: each is a line's.
squid_config() {
	cat <<-END
	http_port 127.0.0.1:$1
	visible_hostname odd.test
	pid_filename $T/squid/pid.$1
	coredump_dir $T/squid
	cache_log $T/squid/log.$1
	access_log none
	cache deny all
	cache_mem 8 MB
	pinger_enable off
	shutdown_lifetime 0 seconds
	max_filedescriptors 1024
	END
	shift
	printf 'auth_param %s\n' "$@"
	cat <<-END
	acl SSL_ports port $SSHD_PORT $closed
	acl CONNECT method CONNECT
	acl known proxy_auth REQUIRED
	http_access deny CONNECT !SSL_ports
	http_access allow known
	http_access deny all
	END
}
http=
if need "squid" squid; then
	port=$(free_port)
	squid_dirs
	for helper in /usr/lib/squid /usr/lib64/squid /usr/libexec/squid /usr/local/libexec/squid; do
		[ ! -x "$helper/basic_ncsa_auth" ] || break
	done
	basic="basic program $helper/basic_ncsa_auth $T/squid/users"
	squid_config "$port" "$basic" 'basic children 1' >"$T/squid.conf"
	if proxy squid "$port" squid -N -d 1 -f "$T/squid.conf"; then
		http=$port
		fails "squid: a port against the rules" 77 proxy-refused 403 --via=http=":$port" 127.0.0.1 $forbidden
		locked squid --via=http=":$port"
		through squid --via=http=":$port"
		fails "squid: a closed port" 69 'refused|proxy-failed' 'refused\|503' --via=http=":$port" 127.0.0.1 "$closed"
		unset MESHSSH_PROXY_AUTH
		forgets squid --via=http="127.0.0.1:$port"
	fi

	# As proxies of companies are: with Kerberos and NTLM, and perhaps with a password, too.
	windows="negotiate program $helper/negotiate_wrapper_auth"
	windows="$windows --ntlm $helper/ntlm_fake_auth --kerberos $helper/ntlm_fake_auth"
	ntlm="ntlm program $helper/ntlm_fake_auth"
	MESHSSH_PROXY_AUTH=tester:secret
	export MESHSSH_PROXY_AUTH
	port=$(free_port)
	squid_config "$port" "$windows" 'negotiate children 1' "$ntlm" 'ntlm children 1' >"$T/squid-windows.conf"
	if proxy squid-windows "$port" squid -N -d 1 -f "$T/squid-windows.conf"; then
		fails "squid with Negotiate and NTLM" 77 proxy-scheme 'Negotiate or NTLM; .*px or cntlm' --via=http=":$port" \
		    127.0.0.1 "$SSHD_PORT"
	fi
	port=$(free_port)
	squid_config "$port" "$windows" 'negotiate children 1' "$ntlm" 'ntlm children 1' "$basic" 'basic children 1' \
	    >"$T/squid-both.conf"
	if proxy squid-both "$port" squid -N -d 1 -f "$T/squid-both.conf"; then
		silent "squid with Negotiate, NTLM and Basic: a login" login --via=http=":$port" 127.0.0.1 true
	fi
	unset MESHSSH_PROXY_AUTH
fi

### where user and password come from
mkdir -p "$XDG_CONFIG_HOME/meshssh"
file=$XDG_CONFIG_HOME/meshssh/proxy-auth
if [ -n "${socks:-}" ] && listens "$socks"; then
	via=--via=socks5=127.0.0.1:$socks
	ALL_PROXY=socks5://tester:secret@127.0.0.1:$socks
	export ALL_PROXY
	silent "ALL_PROXY: the proxy, user and password" login --via=socks5 127.0.0.1 true
	silent "ALL_PROXY: user and password, where it names the same proxy" login "$via" 127.0.0.1 true
	ALL_PROXY=socks5h://tester:secret@127.0.0.1:$socks
	silent "ALL_PROXY: socks5h" login --via=socks5 127.0.0.1 true
	ALL_PROXY=socks5://tester:wrong-one@127.0.0.1:$socks
	fails "ALL_PROXY: the wrong password" 77 proxy-auth 'user\|password' --via=socks5 127.0.0.1 "$SSHD_PORT"
	ALL_PROXY=socks5://127.0.0.1:$socks
	fails "ALL_PROXY: no password" 77 proxy-auth 'user\|password' --via=socks5 127.0.0.1 "$SSHD_PORT"
	unset ALL_PROXY

	MESHSSH_PROXY_AUTH=tester:secret
	export MESHSSH_PROXY_AUTH
	silent "in the place of ssh" timeout 20 "$MESHSSH" "$via" -F "$SSH_CONFIG" direct true
	timeout 20 "$MESHSSH" --debug --debug "$via" 127.0.0.1 "$SSHD_PORT" >"$T/out" 2>"$T/err"
	check "--debug tells of the proxy" grep -q "$socks" "$T/err"
	# shellcheck disable=SC2016	# for the inner shell
	check "--debug does not tell the password" sh -c '! grep "secret\|dGVzdGVyOnNlY3JldA" "$1"' sh "$T/err"
	unset MESHSSH_PROXY_AUTH

	umask 077
	printf '%s\n' '# proxies' '' "127.0.0.1:1 tester:wrong-one" "127.0.0.1:$socks tester:secret" >"$file"
	silent "the file" login "$via" 127.0.0.1 true
	MESHSSH_PROXY_AUTH=tester:wrong-one
	export MESHSSH_PROXY_AUTH
	fails "the variable goes before the file" 77 proxy-auth 'user\|password' "$via" 127.0.0.1 "$SSHD_PORT"
	unset MESHSSH_PROXY_AUTH
	printf '127.0.0.1:1 tester:secret\n' >"$file"
	fails "the file: another proxy's password" 77 proxy-auth 'user\|password' "$via" 127.0.0.1 "$SSHD_PORT"
	printf '127.0.0.1:%s tester:wrong-one\n' "$socks" >"$file"
	fails "the file: the wrong password" 77 proxy-auth 'user\|password' "$via" 127.0.0.1 "$SSHD_PORT"
	printf '127.0.0.1:%s tester:secret\n' "$socks" >"$file"
	for mode in 644 640 604 620; do
		chmod $mode "$file"
		fails "the file: mode $mode is named" 77 proxy-auth "$file" "$via" 127.0.0.1 "$SSHD_PORT"
	done
	chmod 600 "$file"
	if [ "$(id -u)" -eq 0 ]; then
		chown 65534 "$file"
		fails "the file: another user's is named" 77 proxy-auth "$file" "$via" 127.0.0.1 "$SSHD_PORT"
	else
		skip "the file: another user's is named" "not root"
	fi
	rm -f "$file"
	printf '127.0.0.1:%s tester:secret\n' "$socks" >"$file"
	for address in ":$socks" "localhost:$socks"; do
		silent "the file: the same proxy by the name $address" login --via=socks5="$address" 127.0.0.1 true
	done
	printf 'localhost:%s tester:secret\n' "$socks" >"$file"
	silent "the file: a line with localhost" login --via=socks5="localhost:$socks" 127.0.0.1 true
	silent "the file: a line with localhost, the proxy by address" login "$via" 127.0.0.1 true
	rm -f "$file"
	ALL_PROXY=socks5://tester:secret@localhost:$socks
	export ALL_PROXY
	silent "ALL_PROXY: localhost" login --via=socks5 127.0.0.1 true
	unset ALL_PROXY
	# Not what HOME says, but the user's home counts, as it does for ssh.
	if preloads; then
		mkdir -p "$T/home/.config/meshssh"
		printf '127.0.0.1:%s tester:secret\n' "$socks" >"$T/home/.config/meshssh/proxy-auth"
		getent passwd | awk -F: -v OFS=: -v uid="$(id -u)" -v home="$T/home" \
		    '$3 == uid { $6 = home } { print }' >"$T/passwd"
		printf '%s\n' '#!/bin/sh' 'unset XDG_CONFIG_HOME' "LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD=$T/passwd \\" \
		    "NSS_WRAPPER_GROUP=/etc/group HOME=/nonexistent exec $MESHSSH \"\$@\"" >"$T/at-home"
		chmod 755 "$T/at-home"
		silent "the file in the user's home" timeout 20 ssh -F "$SSH_CONFIG" -o ProxyCommand="$T/at-home $via %h %p" \
		    relay true
	else
		skip "the file in the user's home" "libnss_wrapper.so is not installed"
	fi
	umask 022
else
	skip "where user and password come from" "microsocks does not run"
fi
if [ -z "$six" ] || ! command -v microsocks >/dev/null; then
	skip "a proxy on ::1" "no IPv6 on loopback, or no microsocks"
elif port=$(free_port) && proxy microsocks6 "$port" microsocks -i ::1 -p "$port" -u tester -P secret; then
	via="--via=socks5=[::1]:$port"
	umask 077
	printf '[::1]:%s tester:secret\n' "$port" >"$file"
	umask 022
	silent "a proxy on ::1, and its line in the file" login "$via" ::1 true
	silent "a proxy on ::1, in the place of ssh" timeout 20 "$MESHSSH" "$via" -F "$SSH_CONFIG" direct true
	rm -f "$file"
	fails "a proxy on ::1: no password" 77 proxy-auth 'user\|password' "$via" 127.0.0.1 "$SSHD_PORT"
	ALL_PROXY="socks5://tester:secret@[::1]:$port"
	export ALL_PROXY
	silent "a proxy on ::1, and ALL_PROXY" login --via=socks5 ::1 true
	unset ALL_PROXY
fi
if [ -n "$http" ]; then
	ALL_PROXY=http://tester:secret@127.0.0.1:$http/
	export ALL_PROXY
	silent "ALL_PROXY: an HTTP proxy, user and password" login --via=http 127.0.0.1 true
	unset ALL_PROXY
fi
for kind in socks5 http; do
	fails "no password on the command line, $kind" 64 usage . --via=$kind=tester:secret@127.0.0.1:1080 127.0.0.1 22
done
fails "a proxy is asked for, and none is known" 69 no-proxy proxy --via=http 127.0.0.1 "$SSHD_PORT"
fails "nothing listens where the proxy should be, socks5" 69 proxy-down proxy --via=socks5=":$closed" 127.0.0.1 22
fails "nothing listens where the proxy should be, http" 69 proxy-down proxy --via=http=":$closed" 127.0.0.1 22
finish
