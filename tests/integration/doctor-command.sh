#!/bin/sh
# --doctor runs another program's ProxyCommand as ssh does, and reads for a server: through nc, socat, an HTTP proxy and
# ssh -W, with and without ProxyUseFdpass. One that ends, is silent, speaks something else or wants to ask a person is
# told as what it is, with file and line, and nothing that it started is left. Each open way is one that ssh takes.
#
# shellcheck disable=SC2119 # need_login's sshd needs no argument
# shellcheck disable=SC2016,SC2317 # the programs in the configuration expand; functions are called through wait_for
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "another program's ProxyCommand" python3 timeout nc socat tinyproxy || finish
need_login "another program's ProxyCommand" || finish
exec </dev/null

# listens PORT: a program does, on loopback.
listens() { grep -qsE "^ *[0-9]+: 0100007F:$(printf %04X "$1") 0+:0000 0A " /proc/net/tcp; }

proxy=$((SSHD_PORT + 3))
cat >"$T/tinyproxy" <<END
Port $proxy
Listen 127.0.0.1
Timeout 30
LogLevel Critical
ConnectPort $SSHD_PORT
END
tinyproxy -d -c "$T/tinyproxy" >"$T/tinyproxy.log" 2>&1 &
started $!
wait_for 15 listens "$proxy" || { not_ok "tinyproxy starts"; finish; }

# An ssh that reads this file, whatever the home of the user is.
mkdir "$T/bin" "$T/left"
printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$(command -v ssh)" "$T/config" >"$T/bin/ssh"
chmod 755 "$T/bin/ssh"
PATH=$T/bin:$PATH
cat >"$T/helper" <<END
#!/bin/sh
echo \$\$ >"$T/left/\$1"
case \$1 in
speaks) trap '' HUP; echo "helper: \$2 \$3 \$4 \$5" >&2; nc 127.0.0.1 $SSHD_PORT; sleep 1000 ;;
tells) echo 'helper: connects' >/dev/tty; exec nc 127.0.0.1 $SSHD_PORT ;;
binary) head -c 100000 /dev/urandom >&2; printf 'x\0\033[31m\377 no connection\n' >&2; exit 9 ;;
asks) printf 'Code: ' >/dev/tty; read -r code </dev/tty ;;
prompts) printf 'MFA code: ' >&2; read -r code </dev/tty ;;
hides) stty -echo </dev/tty; read -r code </dev/tty ;;
family) sleep 1000 & exec sleep 1000 ;;
http) printf 'HTTP/1.1 403 Forbidden\r\n\r\n'; exec sleep 1000 ;;
fails) echo "helper: first line" >&2; echo "helper: no connection to 127.0.0.1 port 9" >&2; exit 3 ;;
endless) while :; do echo "helper: no connection to host" >&2; done ;;
esac
END
chmod 755 "$T/helper"
cat >"$T/config" <<END
Host odd
	ProxyCommand nc %h %p; : %r
	User "a;b"
Match all
Include $T/ssh_config
Host nc
	ProxyCommand nc -X connect -x 127.0.0.1:$proxy %h %p
Host passed
	ProxyCommand nc -F -X connect -x 127.0.0.1:$proxy %h %p
Host passed nofd
	ProxyUseFdpass yes
Host nofd
	ProxyCommand nc %h %p
Host socat
	ProxyCommand socat - TCP:%h:%p
Host jumped
	ProxyCommand ssh -W [%h]:%p hop
Host nologin
	ProxyCommand ssh -o PubkeyAuthentication=no -W [%h]:%p hop
Host newkey
	ProxyCommand ssh -o BatchMode=no -o HostKeyAlias=other -W [%h]:%p hop
Host speaks
	ProxyCommand $T/helper speaks %n %r %k 100%%
	HostKeyAlias alias
Host echoes
	ProxyCommand cat
Host old
	ProxyCommand printf 'SSH-1.5-old\r\n'; sleep 1000
Host dead
	ProxyCommand nc -X connect -x 127.0.0.1:9 %h %p
Host refused
	ProxyCommand socat - TCP:127.0.0.1:9
Host forbidden
	ProxyCommand socat - PROXY:127.0.0.1:%h:9,proxyport=$proxy
Host asks prompts hides family http fails endless tells binary
	ProxyCommand $T/helper %n %h %p
END
sed -i 's/^\(\t\)BatchMode yes/\1SetEnv A=b/' "$T/ssh_config"

# way NAME STATUS ARGUMENT...
way() {
	w_name=$1
	w_status=$2
	shift 2
	timeout 60 "$MESHSSH" --doctor --timeout=2 "$@" >"$T/out" 2>"$T/err"
	is "$w_name: status" "$? $(cat "$T/err")" "$w_status "
}
told() { check "$1: $2" grep -q -- "$3" "$T/out"; }

for host in nc passed socat jumped; do
	check "$host: ssh gets there" timeout 20 ssh -o BatchMode=yes "$host" true
	way "$host" 0 "$host"
	told "$host" "what was seen is told" 'evidence: "SSH-2.0-OpenSSH'
	told "$host" "what was not seen is told" 'it leads to an SSH server, and the path was not measured.*way-not-checked)$'
	check "$host: no error, and not healthy" sh -c "! grep -qE '^(error|healthy)' '$T/out'"
done
way "tells" 0 tells
told "tells" "what is only told on the terminal is no question" 'it leads to an SSH server'
way "binary" 2 --json binary
check "bytes that no text has are not passed on" sh -c "! LC_ALL=C grep -q '[^ -~]' '$T/out'"
way "speaks" 0 --json speaks
check "the facts have the server" python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))["facts"]
sys.exit(not (d["connect"]["ok"] and d["connect"]["route"] == "command" and d["server"]["kind"] == "openssh"))' "$T/out"
# Nothing of the command line or of what it says but what may be told.
for host in dead refused nologin nofd; do
	way "$host" 2 "$host"
	told "$host" "it is an error" '^error: The ProxyCommand of this host ended before .*(sure, way-failed)$'
	check "$host: ssh fails as well" sh -c "! timeout 20 ssh -o BatchMode=yes '$host' true 2>/dev/null"
done
way "fails" 2 fails
told "fails" "status and last line" 'evidence: exit status 3; .*no connection to 127.0.0.1 port 9; '
for host in forbidden echoes old http; do
	way "$host" 2 "$host"
	told "$host" "it is an error" '(sure, way-failed)$'
done
told "http" "what came is told" 'evidence: HTTP/1.1 403 Forbidden'
for host in family endless; do
	way "$host" 2 --timeout=1 "$host"
	told "$host" "no server in time" 'led to no SSH server in time. (likely, way-silent)$'
done
# Somebody has to answer: that is no fault of the way.
for host in asks prompts hides newkey; do
	way "$host" 0 --timeout=1 "$host"
	told "$host" "it asks a person" 'a ProxyCommand that asks a person, .*way-not-checked)$'
	check "$host: no error, and not healthy" sh -c "! grep -qE '^(error|healthy)' '$T/out'"
done
# A word that the shell would understand.
way "odd" 0 odd
told "odd" "not run" 'a ProxyCommand, and that way was not checked. (sure, way-not-checked)$'

# gone: none of the helpers runs.
gone() {
	for pid in "$T"/left/*; do
		! kill -0 "$(cat "$pid")" 2>/dev/null || return 1
	done
}
wait_for 5 gone
check "nothing that was started is left" gone
way "a replay" 2 --json fails
rm "$T"/left/*
timeout 10 "$MESHSSH" --doctor --replay="$T/out" >"$T/replayed" 2>&1
is "a replay has the same status" $? 2
is "and runs nothing" "$(ls "$T/left")" ""
finish
