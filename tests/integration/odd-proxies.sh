#!/bin/sh
# Proxies that behave in odd ways (oddproxy.py): SOCKS5, HTTP CONNECT, and tailscaled's LocalAPI. Whatever they answer,
# or leave out, in one piece or byte by byte: a success is the server's exact stream and nothing on stderr; a failure is
# one plain line that says what is wrong, with the documented exit status and message, in bounded time, and --why tells
# it again. What meshssh asks of them is checked there, too: never a word before its turn, no end before the answer.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "odd proxies" python3 timeout cmp ssh || finish
unset ALL_PROXY all_proxy HTTP_PROXY http_proxy HTTPS_PROXY https_proxy NO_PROXY no_proxy MESHSSH_PROXY_AUTH \
    TS_SOCKET TS_SOCKS5_SERVER TS_OUTBOUND_HTTP_PROXY_LISTEN
XDG_CONFIG_HOME=$T/config
LC_ALL=C	# ${#line} counts bytes, and a range is one of bytes
export XDG_CONFIG_HOME LC_ALL
BATCH=24	# cases at a time
BATCH_LOCAL=4	# of those in which 200 ms matter, the limit for tailscaled's status

printf 'SSH-2.0-test\r\n' >"$T/hello"
{ cat "$T/hello"; head -c 65536 /dev/urandom; } >"$T/up"
{ printf 'SSH-2.0-odd\r\n'; cat "$T/up"; } >"$T/wanted"

# The table: MODE STATUS MESSAGE WORD [OPTION...]. MESSAGE is the name in meshssh-messages(7), or several of them with
# "|" between; WORD is looked for in the line, both without a look at the case. MESSAGE `stream` is a success. Where
# "auth" is among the options, the client has user and password.
socks_table() {
	cat <<-'END'
	socks-apart 0 stream -
	socks-inet 0 stream -
	socks-inet6 0 stream -
	socks-name=0 0 stream -
	socks-name=1 0 stream -
	socks-name=255 0 stream -
	socks-inet 0 stream - auth
	socks-login 0 stream - auth
	socks-eof 0 stream -
	socks-login 77 proxy-auth user auth-none
	socks-login-refused=1 77 proxy-auth password auth
	socks-login-refused=255 77 proxy-auth password auth
	socks-login-version=7 76 not-a-proxy SOCKS5 auth
	socks-login-cut 69 proxy-closed ended\|closed auth
	socks-rep=1 69 proxy-failed connect
	socks-rep=2 77 proxy-refused allow
	socks-rep=3 69 no-route network
	socks-rep=4 69 no-route reach
	socks-rep=5 69 refused refused
	socks-rep=6 69 no-answer answer
	socks-rep=7 77 proxy-refused connect
	socks-rep=8 77 proxy-refused address
	socks-rep=91 69 proxy-failed proxy
	socks-rep=255 69 proxy-failed proxy
	socks-rep-open=1 69 proxy-failed connect
	socks-rep-open=5 69 refused refused
	socks-rep-short=1 69 proxy-failed connect
	socks-rep-short=5 69 refused refused
	socks-method=255 77 proxy-auth user
	socks-method=255 77 proxy-auth user auth
	socks-method=1 76 not-a-proxy offered
	socks-method=2 77 proxy-auth user
	socks-method=128 76 not-a-proxy offered auth
	socks-version=4 76 not-a-proxy SOCKS5
	socks-version=0 76 not-a-proxy SOCKS5
	socks-version=72 76 not-a-proxy SOCKS5
	socks-reply-version=4 76 not-a-proxy SOCKS5
	socks-reply-version=0 76 not-a-proxy SOCKS5
	socks-kind=9 76 not-a-proxy address
	socks-kind=0 76 not-a-proxy address
	socks-kind=2 76 not-a-proxy address
	socks-http 76 not-a-proxy SOCKS5
	socks-ssh 76 not-a-proxy SOCKS5
	silent 69 proxy-silent answer
	socks-stop=0 69 proxy-silent answer
	socks-stop=1 69 proxy-silent answer
	socks-stop=2 69 proxy-silent answer
	socks-stop=5 69 proxy-silent answer
	socks-stop=11 69 proxy-silent answer
	socks-late=1 69 proxy-failed connect
	socks-late=4 69 proxy-silent answer
	socks-mute 69 server-silent .
	socks-yes-end 69 server-closed ended\|closed
	refused 69 proxy-down proxy
	END
	for n in 0 1 2 3 4 5 6 7 8 9 10 11; do
		echo "socks-cut=$n 69 proxy-closed ended\\|closed"
	done
	for n in 0 1 2 5 11; do
		echo "socks-rst=$n 69 proxy-closed ended\\|closed\\|reset"
	done
}

http_table() {
	for mode in 200 apart 200-go 200-bare 200-blank 200-old 204 299 100-200 103-200 102-many lf lf-mixed 60k 50k-line \
	    no-colon folded 8bit length length-0 length-odd chunked close eof; do
		echo "http-$mode 0 stream -"
	done
	cat <<-'END'
	http-200-go 0 stream - auth
	http-login 0 stream - auth
	http-login 77 proxy-auth user\|password auth-none
	http-407 77 proxy-auth user\|password
	http-407 77 proxy-auth accept auth
	http-407-bare 77 proxy-auth user\|password
	http-407-bare 77 proxy-auth user\|password auth
	http-407-ntlm 77 proxy-scheme NTLM
	http-407-ntlm 77 proxy-scheme NTLM auth
	http-407-several 77 proxy-scheme Digest,.Negotiate.or.NTLM auth
	http-403-html 77 proxy-refused 403
	http-403-close 77 proxy-refused 403
	http-400 77 proxy-refused 400
	http-401 77 proxy-auth 401\|user\|password
	http-404 77 proxy-refused 404
	http-405 77 proxy-refused 405
	http-429 77 proxy-refused 429
	http-302 69,76,77 proxy-failed|proxy-refused|not-a-proxy 302
	http-500=other 69 proxy-failed 500\|capacitor
	http-502=refused 69 refused refused
	http-502=timeout 69 no-answer timed.out
	http-502=route 69 no-route no.route
	http-502=name 68 name-unknown no.such.host
	http-502=other 69 proxy-failed 502\|capacitor
	http-502=long 69 proxy-failed 502\|capacitor
	http-502=escape 69 proxy-failed 502\|odd
	http-502=format 69 proxy-failed 502\|%s%s%n
	http-503=other 69 proxy-failed 503\|capacitor
	http-503=deadline 69 no-answer deadline
	http-504=timeout 69 no-answer timed.out
	http-502-chunked 69 proxy-failed|name-unknown 502\|luck
	http-502-lies 69 proxy-failed 502\|short
	http-502-bare 69 proxy-failed 502
	http-open=other 69 proxy-failed 502\|capacitor --timeout=8
	http-open=refused 69 refused refused --timeout=8
	http-open-lies 69 proxy-failed|refused 502\|refused
	http-body-endless 69 proxy-failed 502\|so.on
	http-tailscale=refused 69 refused connection.was.refused
	http-tailscale=timeout 69 no-answer timed.out
	http-tailscale=deadline 69 no-answer deadline
	http-tailscale=route 69 no-route no.route
	http-tailscale=name 68 name-unknown no.such.host
	http-tailscale=other 69 proxy-failed capacitor
	http-tailscale=long 69 proxy-failed capacitor
	http-tailscale=escape 69 proxy-failed odd
	http-tailscale=format 69 proxy-failed %s%s%n
	http-long-reason 69 proxy-failed 502
	http-escape 69 proxy-failed 502
	http-nul-reason 76 not-a-proxy HTTP
	http-nul-header 76 not-a-proxy HTTP
	http-nul-line 76 not-a-proxy HTTP
	http-70k 76 not-a-proxy HTTP
	http-70k-line 76 not-a-proxy HTTP
	http-70k-status 76 not-a-proxy HTTP
	http-100-only 76 not-a-proxy HTTP
	http-html 76 not-a-proxy HTTP
	http-text 76 not-a-proxy HTTP
	http-ssh 76 not-a-proxy HTTP
	http-ssh-first 76 not-a-proxy HTTP
	http-socks 76 not-a-proxy HTTP
	http-999 76 not-a-proxy HTTP
	http-099 76 not-a-proxy HTTP
	http-20 76 not-a-proxy HTTP
	http-2000 76 not-a-proxy HTTP
	http-version 76 not-a-proxy HTTP
	http-no-version 76 not-a-proxy HTTP
	http-icy 76 not-a-proxy HTTP
	http-lower 76 not-a-proxy HTTP
	http-blank-first 76 not-a-proxy HTTP
	http-empty 69 proxy-closed ended\|closed
	http-headers-endless 69,76 not-a-proxy|proxy-silent HTTP\|answer
	http-drip 69 proxy-silent answer
	http-mute 69 server-silent .
	silent 69 proxy-silent answer
	http-stop=0 69 proxy-silent answer
	http-stop=1 69 proxy-silent answer
	http-stop=12 69 proxy-silent answer
	http-stop=18 69 proxy-silent answer
	refused 69 proxy-down proxy
	END
	for n in 1 4 5 7 8 9 10 11 12 13 14 15 16 17 18; do
		echo "http-cut=$n 69 proxy-closed ended\\|closed"
	done
	for n in 0 1 12 18; do
		echo "http-rst=$n 69 proxy-closed ended\\|closed\\|reset"
	done
}

local_table() {
	cat <<-'END'
	local-yes 0 stream -
	local-state=Starting 0 stream -
	local-yes 0 stream - --via=localapi
	local-apart 0 stream - --via=localapi
	local-eof 0 stream - --via=localapi
	local-status-hang 0 stream - --via=localapi
	local-status-drip 0 stream - --via=localapi
	local-status-big=15000000 69 mesh-unexpected tailscaled --via=localapi
	local-status-garbage 69 mesh-unexpected tailscaled --via=localapi
	local-status-deep 69 mesh-unexpected tailscaled --via=localapi
	local-status-other 69 mesh-unexpected tailscaled --via=localapi
	local-status-html 69 mesh-unexpected tailscaled --via=localapi
	local-status-404 69 mesh-unexpected tailscaled --via=localapi
	local-status-end 69 mesh-unexpected tailscaled --via=localapi
	local-status-slow=Stopped 69 mesh-stopped tailscale.up --via=localapi
	local-state=Stopped 69 mesh-stopped tailscale.up --via=localapi
	local-state=NeedsLogin 69 mesh-logged-out tailscale.up --via=localapi
	local-state=NeedsMachineAuth 69 mesh-unapproved approv --via=localapi
	local-502=refused 69 refused refused
	local-502=timeout 69 no-answer timed.out --via=localapi
	local-502=deadline 69 no-answer deadline --via=localapi
	local-502=route 69 no-route no.route --via=localapi
	local-502=name 68 peer-unknown no.peer.of.this.name --via=localapi
	local-502=other 69 no-answer|proxy-failed|mesh-unexpected capacitor --via=localapi
	local-502=long 69 no-answer|proxy-failed|mesh-unexpected capacitor --via=localapi
	local-502=escape 69 no-answer|proxy-failed|mesh-unexpected odd --via=localapi
	local-502=format 69 no-answer|proxy-failed|mesh-unexpected %s%s%n --via=localapi
	local-no-open=refused 69 refused refused --timeout=8 --via=localapi
	local-400 69 mesh-unexpected upgrade --via=localapi
	local-401 69 mesh-unexpected in.use --via=localapi
	local-403 69 mesh-unexpected invalid --via=localapi
	local-404 69 mesh-unexpected 404 --via=localapi
	local-405 69 mesh-unexpected POST.required --via=localapi
	local-500 69 mesh-unexpected no.backend --via=localapi
	local-200 69 mesh-unexpected tailscaled --via=localapi
	local-self=100.64.0.7:22 68 peer-unknown peer
	local-self=[fd7a:115c:a1e0::7]:22 68 peer-unknown peer
	local-self-nowhere 69 mesh-unexpected tailscaled --via=localapi
	local-self-garbage 69 mesh-unexpected tailscaled --via=localapi
	local-html 69 mesh-unexpected tailscaled --via=localapi
	local-ssh 69 mesh-unexpected tailscaled --via=localapi
	local-empty 69 mesh-unexpected tailscaled --via=localapi
	local-hang 69 no-answer tailscaled --via=localapi
	local-hang-all 69 mesh-hung tailscaled --via=localapi
	local-refused 69 mesh-down tailscaled --via=localapi
	local-mute 69 server-silent . --via=localapi
	END
	for n in 1 9 12 20 33 60; do
		echo "local-cut=$n 69 mesh-unexpected tailscaled --via=localapi"
	done
	for n in 0 20; do
		echo "local-rst=$n 69 mesh-unexpected tailscaled --via=localapi"
	done
	# The daemon leaves it to us: its TUN is on this machine, or the host is none of the mesh's.
	echo "local-self-tun=127.0.0.1:$1 0 stream - --via=localapi"
	echo "local-self=127.0.0.1:$1 0 stream - --via=localapi host=odd.invalid"
}

# proxies_start FILE MODE...: FILE has the ports then, or the paths.
proxies_start() {
	p_file=$1
	shift
	python3 "$TOOLS/oddproxy.py" "$p_file" -n "$(wc -c <"$T/up")" "$@" &
	started $!
	wait_for 15 test -s "$p_file" || { not_ok "the test's proxies start"; finish; }
}
# modes KIND: those of the table, each in one piece and byte by byte.
modes() { awk -v kind="$1" '$1 == kind && !seen[$2]++ { print $2; print "slow:" $2 }' "$T/table"; }
# where MODE: its port, or path; in $where.
where() { where=$(awk -v mode="$1" '$1 == mode { print $2; exit }' "$T/socks5" "$T/http" "$T/local" "$T/sshd"); }

: >"$T/http"
: >"$T/local"
: >"$T/sshd"
{
	socks_table | sed 's/^/socks5 /'
	http_table | sed 's/^/http /'
} >"$T/table"
# shellcheck disable=SC2046	# words
{
	proxies_start "$T/socks5" $(modes socks5) server socks-sink
	rm "$T/http"
	proxies_start "$T/http" $(modes http)
	where server
	local_table "$where" | sed 's/^/local /' >>"$T/table"
	rm "$T/local"
	proxies_start "$T/local" $(modes local)
}

### one case
# relay KIND MODE WHERE OPTION...: in the folder of the case; stdin is the client.
relay() {
	case $1 in
	local) kind="--tailscaled=$3" host=node.mesh.test ;;
	*) kind="--via=$1=127.0.0.1:$3" host=odd.test ;;
	esac
	shift 3
	auth=
	timeout=--timeout=2
	for option; do
		shift
		case $option in
		host=*) host=${option#host=} ;;
		auth) auth=user:secret ;;
		auth-none) ;;
		--timeout=*) timeout=$option ;;
		*) set -- "$@" "$option" ;;
		esac
	done
	[ -z "$auth" ] || export MESHSSH_PROXY_AUTH="$auth"
	exec timeout -k 2 15 "$MESHSSH" "$kind" "$timeout" "$@" "$host" 22
}

# case_run FOLDER KIND MODE STATUS MESSAGE WORD [OPTION...]: writes FOLDER/wrong if something is.
case_run() {
	dir=$1 kind=$2 mode=$3 status=$4 message=$5 word=$6
	shift 6
	XDG_CACHE_HOME=$dir/cache
	where "$mode"
	since=$(date +%s)
	if [ "$message" = stream ]; then
		( relay "$kind" "$mode" "$where" "$@" ) <"$T/up" >"$dir/out" 2>"$dir/err"
	else
		# A client that has said who it is, and waits.
		mkfifo "$dir/in"
		exec 8<>"$dir/in"
		cat "$T/hello" >&8
		( relay "$kind" "$mode" "$where" "$@" 8<&- ) <"$dir/in" >"$dir/out" 2>"$dir/err"
	fi
	got=$?
	took=$(($(date +%s) - since))
	{
		case ",$status," in
		*",$got,"*) ;;
		*) echo "status $got, wanted $status" ;;
		esac
		# Whole seconds: the limit, two for the second step and a busy machine, one for rounding.
		[ $took -le 5 ] || echo "took $took s"
		if [ "$message" = stream ]; then
			stream_judge
		else
			line_judge
		fi
	} >"$dir/wrong" 2>&1
}

stream_judge() {
	cmp "$dir/out" "$T/wanted"
	[ ! -s "$dir/err" ] || echo "not silent on stderr"
}

line_judge() {
	line='' second=''
	{ read -r line; read -r second; } <"$dir/err"
	[ -n "$line" ] || echo "no line on stderr"
	[ -z "$second" ] || echo "more than one line"
	[ ${#line} -lt 200 ] || echo "longer than 200 bytes"
	case $line in
	"meshssh: odd.test port 22: "?*\;\ ?* | "meshssh: node.mesh.test port 22: "?*\;\ ?*) ;;
	*) echo "is not 'meshssh: HOST port N: WHAT; WHAT TO DO'" ;;
	esac
	grep -qi -e "$word" "$dir/err" || echo "the line does not say '$word'"
	[ ! -s "$dir/out" ] || echo "there is something on stdout"
	timeout -k 2 5 "$MESHSSH" --why >"$dir/why" 2>&1 </dev/null || echo "--why: status $?"
	grep -qi -e "$word" "$dir/why" || echo "--why does not say '$word'"
	told=$(sed -n 's/^More: meshssh-messages(7), //p' "$dir/why")
	case "|$message|" in
	*"|$told|"*) ;;
	*) echo "the message is '$told', wanted $message" ;;
	esac
	! grep -q '[^ -~]' "$dir/err" "$dir/why" || echo "unprintable bytes"
	! grep -q secret "$dir/err" "$dir/why" || echo "it tells the password"
}

# report FOLDER NAME
report() {
	if [ -f "$1/wrong" ] && [ ! -s "$1/wrong" ]; then
		ok "$2"
	else
		not_ok "$2" "$(cat "$1/wrong")
stderr: $(head -c 600 "$1/err" | cat -v)
--why: $(head -c 1000 "$1/why" 2>/dev/null | cat -v)"
	fi
}

# batch_end: waits for the cases of the batch and reports them.
batch_end() {
	[ -s "$T/batch" ] || return 0
	# shellcheck disable=SC2086	# a list
	wait $pids
	while read -r dir name; do
		report "$dir" "$name"
		rm -rf "$dir"
	done <"$T/batch"
	: >"$T/batch"
	pids=
}

### a server that is silent after the client's end: the half-close is passed on after ten seconds
mkdir "$T/sink"
(
	where socks-sink
	XDG_CACHE_HOME=$T/sink/cache
	since=$(date +%s)
	( relay socks5 socks-sink "$where" ) <"$T/up" >"$T/sink/out" 2>"$T/sink/err"
	echo "$? $(($(date +%s) - since)) $(cat "$T/sink/out" "$T/sink/err")" >"$T/sink/result"
) &
sink=$!

### all of the table
: >"$T/batch"
pids=
count=0
while read -r kind mode status message word options; do
	if [ "$kind" = local ] && [ $BATCH -ne $BATCH_LOCAL ]; then
		batch_end
		BATCH=$BATCH_LOCAL
	fi
	for variant in '' slow:; do
		count=$((count + 1))
		mkdir "$T/$count"
		# shellcheck disable=SC2086	# words
		case_run "$T/$count" "$kind" "$variant$mode" "$status" "$message" "$word" $options </dev/null &
		pids="$pids $!"
		echo "$T/$count $kind, $variant$mode${options:+, $options}" >>"$T/batch"
		[ $((count % BATCH)) -ne 0 ] || batch_end
	done
done <"$T/table"
batch_end

### what was asked
cat "$T"/*.log | grep ' wrong: ' | sort -u >"$T/wrong"
is "every request was well-formed, and in its turn" "$(head -n 20 "$T/wrong")" ''
is "no password for a proxy that does not offer Basic" \
    "$(cat "$T"/*.log | grep -E '^(slow:)?http-(407-|2).* request basic')" ''
# asked NAME WANTED MODE OPTION... HOST: what the proxy took down of the requests.
asked() {
	name=$1 wanted=$2
	where "$3"
	rm -f "$T"/*.log
	case $3 in
	socks*) set -- "$3" --via=socks5="127.0.0.1:$where" "$@" ;;
	http*) set -- "$3" --via=http="127.0.0.1:$where" "$@" ;;
	local*) set -- "$3" --tailscaled="$where" "$@" ;;
	esac
	mode=$1 via=$2
	shift 5
	timeout -k 2 15 "$MESHSSH" "$via" --timeout=2 "$@" 2222 <"$T/up" >"$T/out" 2>"$T/err"
	is "$name" "$? $(cat "$T"/*.log | sed -n "s/^$mode request //p") $(cat "$T/err")" "0 $wanted "
}
asked "SOCKS5: a name" "00 3 odd.test 2222" socks-inet odd.test
asked "SOCKS5: a short name" "00 3 odd 2222" socks-inet odd
asked "SOCKS5: the name of this machine" "00 3 localhost 2222" socks-inet localhost
asked "SOCKS5: an IPv4 address" "00 1 127.0.0.9 2222" socks-inet 127.0.0.9
asked "SOCKS5: an IPv6 address" "00 4 2001:db8::9 2222" socks-inet 2001:db8::9
asked "HTTP: a name" "- odd.test 2222" http-200 odd.test
asked "HTTP: an IPv4 address" "- 127.0.0.9 2222" http-200 127.0.0.9
asked "HTTP: an IPv6 address" "- 2001:db8::9 2222" http-200 2001:db8::9
status='GET /localapi/v0/status?peers=false HTTP/1.0'
asked "LocalAPI: a name" "$status
dial node.mesh.test 2222" local-yes node.mesh.test
asked "LocalAPI: an IPv4 address" "$status
dial 100.64.0.9 2222" local-yes 100.64.0.9
asked "LocalAPI: an IPv6 address" "$status
dial fd7a:115c:a1e0::9 2222" local-yes fd7a:115c:a1e0::9
MESHSSH_PROXY_AUTH=user:secret
export MESHSSH_PROXY_AUTH
asked "SOCKS5: with user and password" "0002 3 odd.test 2222" socks-inet odd.test
asked "HTTP: with user and password, which are not asked for" "- odd.test 2222" http-200 odd.test
asked "HTTP: with user and password" "- odd.test 2222
basic odd.test 2222" http-login odd.test
unset MESHSSH_PROXY_AUTH

### ssh itself, to a real sshd: in one piece with the relay in between, byte by byte with --fdpass
# ssh_through VARIANT MODE [SSH-OPTION...]
ssh_through() {
	where "$1$2=$SSHD_PORT"
	case $2 in
	socks*) via=--via=socks5=127.0.0.1:$where ;;
	http*) via=--via=http=127.0.0.1:$where ;;
	local*) via="--via=localapi --tailscaled=$where" ;;
	esac
	mode=$2
	option=$3
	shift 3
	timeout -k 2 20 ssh -F "$SSH_CONFIG" -o ProxyCommand="$MESHSSH $option $via %h %p" "$@" relay cat \
	    <"$T/up" >"$T/out" 2>"$T/err"
	is "ssh${option:+ with $option}, $mode" "$? $(cmp "$T/out" "$T/up" 2>&1) $(cat "$T/err")" '0  '
}
# shellcheck disable=SC2119	# no lines of its own
if need_login "ssh through odd proxies"; then
	modes='socks-inet socks-inet6 http-200 http-length http-chunked http-100-200 local-yes'
	rm "$T/sshd"
	# shellcheck disable=SC2046,SC2086	# words
	proxies_start "$T/sshd" $(printf "%s=$SSHD_PORT " $modes) $(printf "slow:%s=$SSHD_PORT " $modes)
	for mode in $modes; do
		ssh_through '' "$mode" ''
		ssh_through slow: "$mode" --fdpass -o ProxyUseFdpass=yes -o IPQoS=none
	done
fi

wait $sink
read -r status took rest <"$T/sink/result"
is "the client ends, the server is silent: a success" "$status $rest" "0 $(printf 'SSH-2.0-odd\r')"
check "the client ends, the server is silent: it is told so after 10 s ($took s)" test "$took" -ge 9 -a "$took" -le 14
finish
