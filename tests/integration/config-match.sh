#!/bin/sh
# What only some versions of ssh know (Tag, and Match tagged, localnetwork, sessiontype, command and version, tokens in an
# Include): an ssh that refuses such a line is quoted, with the line, and nothing is installed; under one that knows it,
# ssh takes the same before and after install but for what a block says, and doctor and scan go where it goes.
#
# shellcheck disable=SC2016 # variables for the inner shell
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=ssh-home.sh
. "$(dirname "$0")/ssh-home.sh"
{ need "lines of newer ssh" python3 && private_programs "lines of newer ssh" && need_login "lines of newer ssh" &&
    own_home "lines of newer ssh" '127.0.0.1 localhost'; } || finish
exec </dev/null
unset TS_SOCKET

# takes: what ssh takes for app, but for what a block of ours says.
takes() {
	at_home ssh -G -T app 2>"$T/refusal" >"$T/G" || return
	grep -v -e '^connecttimeout ' -e '^serveralive' -e '^proxyusefdpass ' -e '^ipqos ' -e '^canonicalizehostname ' "$T/G" |
	    grep -v "^proxycommand $bin/"
}
# shape NAME LINE...: the user's file, where app is the server of this test at 127.0.0.1 for an ssh that knows the lines.
shape() {
	s_name=$1
	shift
	rm -rf "$home"
	mkdir -m 700 "$home"
	printf '%s\n' "$@" >"$home/config"
	printf 'Host app\n\tHostName 127.0.0.1\n\tPort %s\n' "$SSHD_PORT" >"$home/more"
	if takes >"$T/before"; then
		is "$s_name: installed" "$(config install --no-probe app)" '0 '
		takes >"$T/after"
		check "$s_name: as before" cmp "$T/before" "$T/after"
		config remove >"$T/out"
		at_home "$bin/meshssh-doctor" --json --timeout=1 app >"$T/out" 2>"$T/err"
		check "$s_name: the doctor takes it as ssh does" sh -c '! grep -q "\"config-broken\"" "$1"' sh "$T/out"
		grep -qx "port $SSHD_PORT" "$T/before" || return
		at_home "$bin/meshssh-doctor" --scan --timeout=5 app >"$T/out" 2>"$T/err"
		is "$s_name: scan goes there" "$? $(cat "$T/err")" '0 '
	else
		s_line=$(sed -n 's/.*\(line [0-9]*: Bad .*[^.]\)\.*$/\1/p' "$T/refusal" | head -n 1 | tr -d '\r')
		is "$s_name: not installed" "$(config install --no-probe app | grep -c "^78 .*$s_line.*nothing was changed")" 1
		at_home "$bin/meshssh-doctor" --json --timeout=1 app >"$T/out" 2>"$T/err"
		check "$s_name: the doctor quotes ssh" grep -q "ssh says: .*$s_line" "$T/out"
	fi
}
to="    Port $SSHD_PORT"
app='Host app
    HostName 127.0.0.1'
shape Tag "$app" '    Tag t' 'Match tagged t' "$to" '    User deploy'
shape 'a Tag of another' "$app" 'Match tagged t' '    Port 1' 'Match all' "$to"
shape 'Match localnetwork' 'Match originalhost app localnetwork 127.0.0.0/8' "$to" "$app"
shape 'another localnetwork' 'Match originalhost app localnetwork 192.0.2.0/24' '    ProxyCommand nc gate 22' "$app" "$to"
shape 'Match sessiontype' 'Match host app sessiontype shell' "$to" "$app"
shape 'Match command' 'Match originalhost app command "git-*"' '    ProxyCommand nc gate 22' "$app" "$to"
shape 'Match version' 'Match originalhost app version OpenSSH_1*' "$to" "$app"
shape 'an Include with a token' 'Include %d/.ssh/more'
shape 'an Include with a variable' 'Include ${HOME}/.ssh/more'
finish
