#!/bin/sh
# --doctor judges the way that ssh takes: behind a jump host or another program's ProxyCommand it connects to nothing,
# and tells neither an error nor health, but looks at the first jump host; --via and --family are honored. Real sshd.
#
# shellcheck disable=SC2119 # sshd_start needs no argument
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "the way that ssh takes" ssh sshd python3 timeout || finish
sshd_start || exit 1
exec </dev/null

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
	ProxyCommand nc %h %p
Host .host vsock/* unix%/*
	ProxyCommand systemd-ssh-proxy %h %p
	ProxyUseFdpass yes
Host elsewhere
	ProxyCommand $MESHSSH --via=http=127.0.0.1:9 --relay -- "%h" "%p"
Host several
	HostName 127.0.0.9
	Port $SSHD_PORT
	ProxyCommand $MESHSSH --or=127.0.0.1 --relay -- "%h" "%p"
Host nojump nocommand
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

# json NAME CONDITION: Python, about the document d; last(d) is that of the last jump host.
json() {
	check "$1" python3 -c '
import json, sys
def last(d):
    return last(d["jump"]) if "jump" in d else d
d = json.load(open(sys.argv[1]))
sys.exit(not eval(sys.argv[2]))' "$T/out" "$2"
}

for host in jump deadproxy matched elsewhere several; do
	way "$host" 0 "$host"
	check "$host: it is said what was not checked" grep -q 'way-not-checked)$' "$T/out"
	check "$host: no error, and not healthy" sh -c \
	    "! sed '/^ssh connects to this jump host/,\$d' '$T/out' | grep -qE '^(error|healthy)'"
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
	way "$host" 1 "$host"
	check "$host: it is said what was not checked" grep -q 'way-not-checked)$' "$T/out"
	check "$host: the name is not what is wrong" sh -c "! grep -qE 'name-|not-connected' '$T/out'"
done
timeout 10 "$MESHSSH" --doctor other/3 >"$T/out" 2>"$T/err"
is "a path without a ProxyCommand" "$? $(wc -l <"$T/err")" "64 1"
for host in nojump nocommand ours; do
	way "$host" 0 "$host"
	check "$host: it is connected to" grep -q '^    connected in' "$T/out"
	check "$host: nothing is left out" sh -c "! grep -q way-not-checked '$T/out'"
done
way "--via=direct, where nobody listens" 2 --via=direct jump
check "is what was asked for" grep -q ', refused)$' "$T/out"
way "--via of a proxy that is not there" 2 --via=http=127.0.0.1:1 nojump
check "no other route is taken" grep -q '^    not connected' "$T/out"
way "--family" 2 --json --family=inet6 nojump
check "no address of the other family is connected to" sh -c "! grep -q '\"route\": \"direct\"' '$T/out'"
for mode in doctor scan; do
	timeout 60 "$MESHSSH" --$mode --or=127.0.0.1 127.0.0.9 >"$T/out" 2>"$T/err"
	is "--$mode --or: not without a word" "$? $(grep -c 'check each name by itself' "$T/err") $(wc -c <"$T/out")" "64 1 0"
done
finish
