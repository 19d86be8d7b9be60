#!/bin/sh
# Bad input and networks that say no: each case gets exactly one line on stderr, of at most 200 plain bytes and
# beginning "meshssh: ", nothing on stdout, the documented exit status, and all that before a deadline. Nothing
# in a host name is ever run or taken for an option.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "bad input" python3 timeout || finish

# stdin as under ssh: it has said who it is and stays open.
mkfifo "$T/stdin"
exec 9<>"$T/stdin"

# bad NAME STATUS COMMAND...
bad() {
	name=$1
	wanted=$2
	shift 2
	echo 'SSH-2.0-test' >&9
	timeout -k 2 12 "$@" <"$T/stdin" >"$T/out" 2>"$T/err" 9<&-
	got=$?
	wrong=
	[ "$got" -eq "$wanted" ] || wrong="$wrong status $got, wanted $wanted;"
	[ "$(wc -l <"$T/err")" -eq 1 ] || wrong="$wrong not one line;"
	[ "$(wc -c <"$T/err")" -le 200 ] || wrong="$wrong longer than 200 bytes;"
	grep -q '^meshssh: .' "$T/err" || wrong="$wrong does not begin 'meshssh: ';"
	LC_ALL=C grep -q '[^ -~]' "$T/err" && wrong="$wrong unprintable bytes;"
	[ ! -s "$T/out" ] || wrong="$wrong something on stdout;"
	[ ! -e "$T/pwned" ] || wrong="$wrong THE HOST NAME WAS RUN;"
	if [ -z "$wrong" ]; then
		ok "$name"
	else
		not_ok "$name" "$wrong
stderr: $(head -c 600 "$T/err" | cat -v)
stdout: $(head -c 200 "$T/out" | cat -v)"
	fi
}

# within NAME SECONDS SINCE: the step before took no longer.
within() {
	took=$(($(date +%s) - $3))
	if [ "$took" -le "$2" ]; then
		ok "$1"
	else
		not_ok "$1" "took $took s, allowed $2 s"
	fi
}

python3 "$TOOLS/oddserver.py" "$T/ports" refused full &
started $!
wait_for 10 test -s "$T/ports" || { not_ok "the test's servers start"; finish; }
refused=$(sed -n 's/^refused //p' "$T/ports")
full=$(sed -n 's/^full //p' "$T/ports")

### ports
for port in 0 65536 22x 00022x 99999999999999999999 4294967318 '22 ' 22.5 0x16 "2\$(touch $T/pwned)"; do
	bad "port '$port'" 64 "$MESHSSH" 127.0.0.1 "$port"
done
check "a port: what to do" grep -qF '; a port is a number from 1 to 65535' "$T/err"
bad "empty port" 64 "$MESHSSH" 127.0.0.1 ''

### hosts: one word, and nothing of it is run
bad "empty host" 64 "$MESHSSH" '' 22
bad "empty host and port" 64 "$MESHSSH" '' ''
bad "host begins with -" 64 "$MESHSSH" -evil 22
bad "host is an ssh option" 64 "$MESHSSH" "-oProxyCommand=touch $T/pwned" 22
for host in "a;touch $T/pwned" "\$(touch $T/pwned)" "\`touch $T/pwned\`" "a|touch $T/pwned" "a&touch" \
    "'" '"' "a'b" 'a"b' 'a b' ' a' 'a ' '*' 'a*' '?' '[a]' '[::1]' 'a\b' 'a/b' '~' 'a~b' '#a' 'a,b' 'a<b' 'a>b' \
    '!a' '{a,b}' 'a@b' 'a=b' "\$HOME" 'a^b'; do
	bad "host $(printf %s "$host" | sed "s,$T,T,; s,\\\\,backslash,")" 64 "$MESHSSH" "$host" 22
done
bad "host with an ESC sequence" 64 "$MESHSSH" "$(printf 'a\033[31m\033]0;x\007b')" 22
bad "host with C1 control bytes" 64 "$MESHSSH" "$(printf 'a\2332J\302\233b')" 22
bad "host with a newline" 64 "$MESHSSH" "$(printf 'a\nmeshssh: b')" 22
bad "host with a carriage return" 64 "$MESHSSH" "$(printf 'a\rmeshssh: b')" 22
bad "host with DEL" 64 "$MESHSSH" "$(printf 'a\177b')" 22
bad "host in UTF-8" 64 "$MESHSSH" "$(printf 'b\303\274cher.example')" 22
bad "host with a right-to-left mark" 64 "$MESHSSH" "$(printf 'a\342\200\256b')" 22
bad "host in UTF-8, UTF-8 locale" 64 env LC_ALL=C.UTF-8 "$MESHSSH" "$(printf 'b\303\274cher.example')" 22
long=$(printf '%010240d' 0 | tr 0 a)
bad "host of 10 kB" 64 "$MESHSSH" "$long" 22
bad "host of 10 kB of ESC" 64 "$MESHSSH" "$(printf %s "$long" | tr a '\033')" 22
bad "port of 10 kB" 64 "$MESHSSH" 127.0.0.1 "$(printf %s "$long" | tr a 1)"
bad "option of 10 kB" 64 "$MESHSSH" "--$long" 127.0.0.1 22
bad "option value of 10 kB of ESC" 64 "$MESHSSH" "--timeout=$(printf %s "$long" | tr a '\033')" 127.0.0.1 22

### options
for option in --nonsense --nonsense=1 --timeout --mss --dead-after --via --family --debug=x --fdpass=yes \
    --timeout= --timeout=0 --timeout=-1 --timeout=1e9 --timeout=abc --timeout=99999999999999999999 '--timeout= 1' \
    --timeout=1s --mss= --mss=1 --mss=-1 --mss=x --mss=65536 --mss=1000x --mss=99999999999999999999 \
    --dead-after= --dead-after=x --dead-after=0 --dead-after=-3 --dead-after=1e9 --dead-after=99999999999 \
    --via= --via=nonsense --family= --family=ipx "--$(printf '\033[31m')" ---timeout=5; do
	bad "option $(printf %s "$option" | cat -v)" 64 "$MESHSSH" "$option" 127.0.0.1 "$refused"
done
bad "the last of several options is bad" 64 "$MESHSSH" --debug --mss=off --timeout=abc 127.0.0.1 "$refused"

### names and networks
since=$(date +%s)
bad "no such host" 68 "$MESHSSH" --timeout=5 no-such-host.invalid 22
within "no such host: told within the limit" 8 "$since"
bad "no such host: a label of 64 letters" 68 "$MESHSSH" --timeout=5 "$(printf %s "$long" | cut -c1-64).invalid" 22
bad "no IPv4 address: 256.256.256.256" 68 "$MESHSSH" --timeout=5 256.256.256.256 22
bad "no IPv6 address: 1::2::3" 68 "$MESHSSH" --timeout=5 1::2::3 22
bad "zone without an interface" 68 "$MESHSSH" --timeout=5 fe80::1%nosuchif0 22
bad "IPv4 address where IPv6 is wanted" 68 "$MESHSSH" --timeout=5 --family=inet6 127.0.0.1 "$refused"
since=$(date +%s)
bad "refused" 69 "$MESHSSH" 127.0.0.1 "$refused"
bad "refused, by name" 69 "$MESHSSH" localhost "$refused"
within "refused: told at once" 2 "$since"
since=$(date +%s)
bad "SYN silently dropped" 69 "$MESHSSH" --timeout=1 127.0.0.1 "$full"
within "SYN silently dropped: told within the limit" 3 "$since"

# A network of its own without a way out, and a name server that never answers.
if need_namespaces "unreachable"; then
	bad "no network at all" 69 unshare "$NS" "$MESHSSH" 192.0.2.1 22
	bad "no network at all, IPv6" 69 unshare "$NS" "$MESHSSH" 2001:db8::1 22
	bad "no network at all, loopback down" 69 unshare "$NS" "$MESHSSH" 127.0.0.1 22
	# shellcheck disable=SC2016	# for the inner shells
	for kind in unreachable prohibit blackhole throw; do
		bad "route says $kind" 69 unshare "$NS" sh -c 'ip link set lo up && ip route add "$1" 192.0.2.1 &&
		    exec "$2" --timeout=2 192.0.2.1 22' sh $kind "$MESHSSH"
	done
	cat >"$T/deaf-dns" <<-'EOF'
	import os, socket, sys
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.bind(("127.0.0.1", 53))
	s.set_inheritable(True)
	os.execv(sys.argv[1], sys.argv[1:])
	EOF
	echo 'nameserver 127.0.0.1' >"$T/resolv.conf"
	since=$(date +%s)
	# shellcheck disable=SC2016
	bad "name server never answers" 68 unshare "$NS" sh -c 'ip link set lo up &&
	    mount --bind "$1/resolv.conf" /etc/resolv.conf && exec python3 "$1/deaf-dns" "$2" --timeout=1 host.example 22' \
	    sh "$T" "$MESHSSH"
	within "name server never answers: told within the limit" 3 "$since"
fi

### surroundings
bad "no HOME" 69 env -u HOME "$MESHSSH" 127.0.0.1 "$refused"
bad "HOME does not exist, nor the cache" 69 env HOME="$T/none" XDG_CACHE_HOME="$T/none/at/all" \
    "$MESHSSH" 127.0.0.1 "$refused"
bad "PATH empty" 69 env PATH= "$MESHSSH" 127.0.0.1 "$refused"
bad "locale does not exist" 69 env LC_ALL=xx_XX.UTF-9 LANG=nonsense "$MESHSSH" 127.0.0.1 "$refused"
bad "usage error without HOME" 64 env -u HOME "$MESHSSH" --nonsense 127.0.0.1 22
# An empty environment makes the home of the password file count: that must not be the real one here.
if need_namespaces "empty environment"; then
	mkdir "$T/home"
	echo "root:x:0:0:root:$T/home:/bin/sh" >"$T/passwd"
	# shellcheck disable=SC2016
	bad "empty environment" 69 unshare "$NS" sh -c 'ip link set lo up && mount --bind "$1/passwd" /etc/passwd &&
	    exec env -i "$2" 127.0.0.1 22' sh "$T" "$MESHSSH"
	is "empty environment: the record is in the home of the password file" \
	    "$(cd "$T/home" && find . -type f)" ./.cache/meshssh/failure.json
fi
finish
