#!/bin/sh
# --doctor judges the way that ssh takes: behind a jump host it connects to nothing, and tells neither an error nor
# health, but looks at the first jump host; a ProxyCommand is run; --via and --family are honored. Real sshd.
#
# shellcheck disable=SC2119,SC2086 # sshd_start needs no argument; what is given to --doctor may be two words
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "the way that ssh takes" ssh sshd python3 timeout tinyproxy || finish
sshd_start || exit 1
exec </dev/null

# shellcheck disable=SC2317 # it is called through wait_for
# listens PORT: a program does, on loopback.
listens() { grep -qsE "^ *[0-9]+: 0100007F:$(printf %04X "$1") 0+:0000 0A " /proc/net/tcp; }
proxy=$((SSHD_PORT + 3))
printf 'Port %d\nListen 127.0.0.1\nLogLevel Critical\nConnectPort %d\n' "$proxy" "$SSHD_PORT" >"$T/tinyproxy"
tinyproxy -d -c "$T/tinyproxy" >"$T/tinyproxy.log" 2>&1 &
started $!
wait_for 15 listens "$proxy" || { not_ok "tinyproxy starts"; finish; }

# An ssh that reads this file, whatever the home of the user is.
mkdir "$T/bin"
printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$(command -v ssh)" "$T/config" >"$T/bin/ssh"
chmod 755 "$T/bin/ssh"
PATH=$T/bin:$PATH
cat >"$T/config" <<END
Host jump
	HostName 127.0.0.1
	Port 1
	ProxyJump bastion
Host bastion
	HostName 127.0.0.1
	Port $SSHD_PORT
Host otherport
	ProxyJump bob@gate:$SSHD_PORT,inner
Host gate
	HostName 127.0.0.1
	Port 1
Host twice
	ProxyJump ssh://jump
Host deadjump
	ProxyJump gate
Host deadproxy
	ProxyCommand nc -X connect -x 127.0.0.1:9 %h %p
Match originalhost matched exec "true"
	ProxyCommand nc 127.0.0.1 1
Host .host vsock/* unix%/*
	ProxyCommand systemd-ssh-proxy %h %p
	ProxyUseFdpass yes
Host elsewhere proxied odd
	HostName 127.0.0.1
	Port $SSHD_PORT
Host elsewhere
	ProxyCommand $MESHSSH --via=http=127.0.0.1:9 --relay -- "%h" "%p"
Host proxied
	ProxyCommand "$MESHSSH" --via http=127.0.0.1:$proxy --timeout=3 %h %p
Host onlysix
	HostName both
	Port $SSHD_PORT
	AddressFamily inet
	ProxyCommand $MESHSSH --family=inet6 --fdpass --relay -- %h %p
	ProxyUseFdpass yes
Host odd
	ProxyCommand VIA=--via=direct; $MESHSSH \$VIA --relay -- "%h" "%p"
Host otherhost
	HostName 127.0.0.1
	Port 1
	ProxyCommand $MESHSSH --relay -- 127.0.0.1 $SSHD_PORT
Host several
	HostName 127.0.0.9
	Port $SSHD_PORT
	ProxyCommand $MESHSSH --or=127.0.0.1 --relay -- "%h" "%p"
Host nojump nocommand
	HostName 127.0.0.1
	Port $SSHD_PORT
Host six
	HostName both
	Port $SSHD_PORT
	AddressFamily inet6
Host nosix
	HostName 127.0.0.1
	Port $SSHD_PORT
	AddressFamily inet6
Match originalhost slow exec "sleep 1.2"
	HostName 127.0.0.1
	Port $SSHD_PORT
Match originalhost slowjump exec "sleep 1.2"
	ProxyJump bastion
Match originalhost hangs exec "sleep 1000"
	ProxyJump bastion
Host hangs
	HostName 127.0.0.1
	Port $SSHD_PORT
Host nojump
	ProxyJump none
Host nocommand
	ProxyCommand none
Host ours
	HostName 127.0.0.1
	Port $SSHD_PORT
	ProxyCommand $MESHSSH --relay -- "%h" "%p"
END

# way NAME STATUS ARGUMENT...
way() {
	w_name=$1
	w_status=$2
	shift 2
	timeout 60 "$MESHSSH" --doctor --timeout=2 "$@" >"$T/out" 2>"$T/err"
	is "$w_name: status" "$? $(cat "$T/err")" "$w_status "
}

printf '127.0.0.1 both\n::1 both\n' >"$T/hosts"
# both COMMAND...: the name "both" has an address of each family.
both() {
	LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_HOSTS=$T/hosts
	export LD_PRELOAD NSS_WRAPPER_HOSTS
	"$@"
	unset LD_PRELOAD NSS_WRAPPER_HOSTS
}

# json NAME CONDITION: Python, about the document d; last(d) is that of the last jump host.
json() {
	check "$1" python3 -c '
import json, sys
def last(d):
    return last(d["jump"]) if "jump" in d else d
d = json.load(open(sys.argv[1]))
sys.exit(not eval(sys.argv[2]))' "$T/out" "$2"
}

way "jump" 0 jump
check "jump: it is said what was not checked" grep -q 'way-not-checked)$' "$T/out"
check "jump: no error, and not healthy" sh -c \
    "! sed '/^ssh connects to this jump host/,\$d' '$T/out' | grep -qE '^(error|healthy)'"
# Neither a name without an address nor a closed port is what is wrong with these.
for host in deadproxy matched; do
	way "$host" 2 "$host"
	check "$host: the ProxyCommand is what fails" grep -q 'way-failed)$' "$T/out"
	is "$host: and nothing else" "$(grep -cE '^(error|warning)' "$T/out")" 1
done
# ssh connects to a jump host by itself, so that is looked at.
for host in jump otherport twice; do
	way "$host" 0 --json "$host"
	json "$host: the jump host is reached" '[d["facts"]["connect"].get("ok") for d in [last(d)]] == [True] and \
	    "ok" not in d["facts"]["connect"]'
done
way "a dead jump host" 2 --json deadjump
json "what is wrong with the jump host is told" 'any(f["code"] == "refused" for f in d["jump"]["findings"]) and \
    not any(f["severity"] == "error" for f in d["findings"])'
timeout 10 "$MESHSSH" --doctor --replay="$T/out" >"$T/replayed" 2>"$T/err"
is "a replay has the same status" $? 2
check "a replay tells of the jump host" grep -q '^ssh connects to this jump host first:' "$T/replayed"
# What only a ProxyCommand understands. Its program is not there, which is told.
for host in .host vsock/3 unix%/run/x; do
	way "$host" 2 "$host"
	check "$host: the program is what is wrong" grep -q 'proxy-missing)$' "$T/out"
	check "$host: the name is not what is wrong" sh -c "! grep -qE 'name-|not-connected' '$T/out'"
done
timeout 10 "$MESHSSH" --doctor other/3 >"$T/out" 2>"$T/err"
is "a path without a ProxyCommand" "$? $(wc -l <"$T/err")" "64 1"
for host in nojump nocommand ours; do
	way "$host" 0 "$host"
	check "$host: it is connected to" grep -q '^    connected in' "$T/out"
	check "$host: nothing is left out" sh -c "! grep -q way-not-checked '$T/out'"
done
# A ProxyCommand of ours: the doctor looks as that one goes.
way "elsewhere" 2 --json elsewhere
json "elsewhere: its proxy is what is asked" '[(r["route"], r["ok"]) for r in d["facts"]["connect"]["routes"]] == \
    [("http", False)] and any(f["code"] == "proxy-down" for f in d["findings"])'
way "proxied" 0 --json proxied
json "proxied: the proxy is what is asked" '[(r["route"], r["ok"]) for r in d["facts"]["connect"]["routes"]] == \
    [("http", True)] and d["facts"]["server"]["kind"] == "openssh"'
way "proxied, and --via beside --doctor" 0 --json --via=direct proxied
json "which counts more" 'd["facts"]["connect"]["route"] == "direct"'
both way "onlysix" 0 --json onlysix
json "its --family counts, AddressFamily does not" \
    '[a["family"] for a in d["facts"]["connect"]["addresses"]] == [6]'
# What only a shell understands, and one that leads elsewhere, are run.
way "odd" 2 odd
check "odd: it fails, as for ssh" grep -q 'way-failed)$' "$T/out"
way "several" 0 --json several
json "several: the other name answers" 'd["facts"]["connect"]["route"] == "command" and d["facts"]["connect"]["ok"]'
way "otherhost" 0 --json otherhost
json "otherhost: it is where that leads" 'd["facts"]["connect"]["route"] == "command" and d["facts"]["connect"]["ok"]'
way "--via=direct, where nobody listens" 2 --via=direct jump
check "is what was asked for" grep -q ', refused)$' "$T/out"
way "--via of a proxy that is not there" 2 --via=http=127.0.0.1:1 nojump
check "no other route is taken" grep -q '^    not connected' "$T/out"
way "--family" 2 --json --family=inet6 nojump
check "no address of the other family is connected to" sh -c "! grep -q '\"route\": \"direct\"' '$T/out'"

# What either of several names takes is not what one look shows.
for mode in doctor scan; do
	timeout 60 "$MESHSSH" --$mode --or=127.0.0.1 127.0.0.9 >"$T/out" 2>"$T/err"
	is "--$mode --or: not without a word" "$? $(grep -c 'check each name by itself' "$T/err") $(wc -c <"$T/out")" "64 1 0"
done

# What is given beside --doctor counts as it does for ssh.
for given in "-J bastion" "-Jjohn@bastion,inner" "-o ProxyJump=bastion" "-oProxyJump bastion"; do
	case $given in
	-oProxyJump*) way "$given" 0 --json "$given" nojump ;;
	*) way "$given" 0 --json $given nojump ;;
	esac
	json "$given: that jump host is looked at" 'd["facts"]["connect"]["unseen"] == "jump" and \
	    d["jump"]["target"]["host"] == "bastion" and d["jump"]["facts"]["connect"]["ok"]'
done
way "-o ProxyCommand, dead" 2 -o "ProxyCommand nc -X connect -x 127.0.0.1:9 %h %p" nojump
check "which is what fails" grep -q 'way-failed)$' "$T/out"
check "and no line of the file is named" grep -q 'ProxyCommand, after [0-9]* ms: nc' "$T/out"
way "-o ProxyCommand, open" 0 --json jump -o "ProxyCommand=nc 127.0.0.1 $SSHD_PORT"
json "which is what was looked at" 'd["facts"]["connect"]["route"] == "command" and d["facts"]["connect"]["ok"]'
way "-J none" 2 --json -J none jump
json "the host itself is looked at" 'd["facts"]["connect"]["addresses"][0]["error"] == "refused"'
printf 'Host nojump\n\tProxyCommand sh -c "exit 7"\nHost jump\n\tProxyJump other\nHost other\n\tHostName 127.0.0.1\n\tPort 1\n' \
    >"$T/other"
chmod 666 "$T/other"	# ssh takes that of -F from anyone
for given in "-F $T/other" "-F$T/other"; do
	way "$given" 2 $given nojump
	check "file and line are those" grep -q "exit status 7; .*ProxyCommand ($T/other:2)" "$T/out"
	check "and all that is found" sh -c "! grep -q 'config-' '$T/out'"
	way "$given, a jump host" 2 --json $given jump
	json "and of the jump host" 'd["jump"]["target"]["name"] == "127.0.0.1" and d["jump"]["target"]["port"] == 1'
done
way "-p" 0 --json -4 -p "$SSHD_PORT" 127.0.0.1
json "is the port" 'd["target"]["port"] == '"$SSHD_PORT"' and d["facts"]["connect"]["ok"]'
for given in -X -J "-o ProxyJump=x -N"; do
	timeout 10 "$MESHSSH" --doctor $given >"$T/out" 2>"$T/err"
	is "$given is not taken" "$? $(wc -l <"$T/err")" "64 1"
done

# AddressFamily is what ssh has.
way "AddressFamily of a host without such addresses" 2 --json nosix
json "no address of the other family is connected to" '"ok" in d["facts"]["connect"] and \
    not d["facts"]["connect"].get("addresses")'
way "--family overrules it" 0 --family=inet nosix
both way "AddressFamily inet6" 0 --json six
json "IPv6 alone is connected to" '[a["family"] for a in d["facts"]["connect"]["addresses"]] == [6]'
both way "-4 and another AddressFamily" 0 --json -4 six
json "the option wins" '[a["family"] for a in d["facts"]["connect"]["addresses"]] == [4]'

# ssh -G that takes its time.
way "slow" 1 --json slow
json "is waited for" 'd["facts"]["connect"]["ok"] and d["facts"]["ssh"]["slow"]'
way "slow, a jump host" 1 --json slowjump
json "is looked at" 'd["facts"]["connect"]["unseen"] == "jump" and d["jump"]["facts"]["connect"]["ok"]'
way "ssh -G that hangs" 1 hangs
check "nothing is said of a direct way" sh -c "! grep -qE '^(error|healthy)|    connected in' '$T/out'"
check "it is said that the way is not known" grep -q 'so the path that ssh takes is not known and was not checked. .*way-not-checked)$' "$T/out"
finish
