#!/bin/sh
# --scan judges no way that ssh does not take: a host behind a jump host or a ProxyCommand is not connected to, and named
# as not checked; --via says how to. AddressFamily counts. By ssh's files, and by ssh -G where only that can tell.
#
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=ssh-home.sh
. "$(dirname "$0")/ssh-home.sh"
{ need "the way of a scan" python3 && private_programs "the way of a scan" && sshd_start &&
    own_home "the way of a scan" '127.0.0.1 localhost' '::1 localhost'; } || finish
exec </dev/null
unset TS_SOCKET
mkdir -p "$home"
cat >"$home/config" <<END
Host jump
	ProxyJump bastion
Host command
	ProxyCommand nc -X connect -x 127.0.0.1:9 %h %p
Host via
	ProxyCommand $bin/meshssh --via=http=127.0.0.1:9 --relay -- "%h" "%p"
Host names
	HostName 127.0.0.9
	ProxyCommand $bin/meshssh --or=127.0.0.1 --relay -- "%h" "%p"
Host ours
	ProxyCommand $bin/meshssh --relay -- "%h" "%p"
Host nojump
	ProxyJump none
Host nocommand
	ProxyCommand none
Match originalhost asked exec "true"
	ProxyJump bastion
Match final originalhost final
	ProxyJump bastion
Match originalhost notasked exec "false"
	ProxyJump bastion
Match originalhost slow exec "sleep 1000"
	ProxyJump bastion
Host six
	HostName localhost
	AddressFamily inet6
Host four
	HostName 127.0.0.1
	AddressFamily inet6
Host *
	HostName 127.0.0.1
	Port $SSHD_PORT
END

# scan ARGUMENT...: its rows in $T/out.
scan() { at_home "$bin/meshssh-doctor" --scan --timeout=2 --json "$@" >"$T/out" 2>"$T/err"; }
# rows NAME CONDITION: Python, about the rows by their hosts.
rows() {
	check "$1" python3 -c '
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
r = {row["host"]: row for row in rows}
sys.exit(not eval(sys.argv[2]))' "$T/out" "$2"
}

scan jump command via names asked final slow
is "ways that are not ssh's own: status" "$? $(cat "$T/err")" '1 '
rows "each is not checked" 'len(r) == 7 and all(x["message"] == "way-not-checked" and not x["ok"] for x in rows)'
rows "why is said" '"jump host" in r["jump"]["text"] and "jump host" in r["asked"]["text"] and \
    "ProxyCommand" in r["command"]["text"] and "ssh -G" in r["slow"]["text"]'
check "and the server has seen no connection" sh -c "! grep -q 'Connection closed' '$SSHD_LOG'"
scan ours nojump nocommand notasked plain
is "ssh's own way: status" "$? $(cat "$T/err")" '0 '
rows "all are reached" 'len(r) == 5 and all(x["ok"] for x in rows)'
check "and the server has seen them" wait_for 5 grep -q 'Connection closed' "$SSHD_LOG"
scan --via=direct jump command
is "--via: status" "$? $(cat "$T/err")" '0 '
rows "that way is taken" 'all(x["ok"] and x["route"] == "direct" for x in rows)'
at_home "$bin/meshssh-doctor" --scan --timeout=2 jump >"$T/out" 2>&1
check "a row for people" grep -q '^jump .* -  *ssh reaches it through a jump host; that way was not checked$' "$T/out"
scan four
is "AddressFamily: an address of the other family" "$? $(cat "$T/err")" '1 '
rows "is not connected to" 'not r["four"]["ok"] and r["four"]["message"] != "way-not-checked"'
scan --family=inet four
is "--family overrules it" "$? $(cat "$T/err")" '0 '
if grep -q 'Server listening on ::1' "$SSHD_LOG"; then
	scan six
	rows "AddressFamily inet6" 'r["six"]["address"] == "::1"'
else
	skip "AddressFamily inet6" "there is no IPv6 on loopback"
fi
finish
