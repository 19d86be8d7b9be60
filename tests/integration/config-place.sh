#!/bin/sh
# A line of ssh_config that does not count because of where it stands is named by the doctor, with file and line: an
# Include in a block for other hosts, a Match host above its HostName, an Include of a file that is not there.
#
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=ssh-home.sh
. "$(dirname "$0")/ssh-home.sh"
{ need "the place of a line" ssh python3 && own_home "the place of a line" '127.0.0.1 localhost'; } || finish
exec </dev/null
# looks HOST LINE...: the findings that the doctor has for this host with these lines as the user's file.
looks() {
	l_host=$1
	shift
	printf '%s\n' "$@" >"$home/config"
	at_home "$BUILDDIR/meshssh-doctor" --json --timeout=1 "$l_host" >"$T/out" 2>"$T/err"
	python3 - "$T/out" <<-'END'
		import json, sys
		for f in json.load(open(sys.argv[1]))["findings"]:
		    if f["code"] in ("config-hidden", "config-early", "config-missing", "name-unknown"):
		        print(f["code"], f["evidence"])
	END
}
printf 'Host app\n\tHostName localhost\n' >"$home/work"
is "an Include below another Host" "$(looks app 'Host other' '    User x' 'Include work')" \
    "config-hidden ~/.ssh/work line 1 names it; the Include is ~/.ssh/config line 3"
is "an Include below a Match for another user" "$(looks app 'Match user deploy' '    Include ~/.ssh/work')" \
    "config-hidden ~/.ssh/work line 1 names it; the Include is ~/.ssh/config line 2"
is "an Include at the top" "$(looks app 'Include work' 'Host other' '    User x')" ''
is "an Include below another Host, of another host's block" "$(looks localhost 'Host other' '    Include work')" ''
is "Match host above its HostName" "$(looks app 'Match host 127.0.0.*' '    Port 2' 'Host app' '    HostName 127.0.0.1')" \
    "config-early ~/.ssh/config line 1; HostName is 127.0.0.1"
is "Match host below its HostName" "$(looks app 'Host app' '    HostName 127.0.0.1' 'Match host 127.0.0.*' '    Port 2')" ''
is "Match final host above it" "$(looks app 'Match final host 127.0.0.*' '    Port 2' 'Host app' '    HostName 127.0.0.1')" ''
printf 'Include work\n' >"$home/mid"
is "an Include below another Host, of a file that includes the block" "$(looks app 'Host other' '    Include mid')" \
    "config-hidden ~/.ssh/work line 1 names it; the Include is ~/.ssh/config line 2"
printf 'Host x\n\tUser y\nInclude work\n' >"$home/mid"
is "an Include below another Host in a file that is included" "$(looks app 'Include mid')" \
    "config-hidden ~/.ssh/work line 1 names it; the Include is ~/.ssh/mid line 3"
printf 'Include mid mid\nInclude mid mid\n' >"$home/mid"
is "an Include below another Host, of a file that includes itself" "$(looks localhost 'Host other' '    Include mid')" ''
is "a hidden block of a host that another block names" \
    "$(looks app 'Host app' '    HostName localhost' 'Match user deploy' '    Include work')" ''
is "Match host and more above its HostName" \
    "$(looks app 'Match originalhost app,b host 127.0.0.*' '    Port 2' 'Host app' '    HostName 127.0.0.1')" \
    "config-early ~/.ssh/config line 1; HostName is 127.0.0.1"
is "Match host above its HostName, and for another user" \
    "$(looks app 'Match host 127.0.0.* user deploy' '    Port 2' 'Host app' '    HostName 127.0.0.1')" ''
is "Match host with an opposite above its HostName" \
    "$(looks app 'Match host 127.0.0.*,!127.0.0.1' '    Port 2' 'Host app' '    HostName 127.0.0.1')" ''
mkdir "$home/config.d"
is "an Include of a folder" "$(looks localhost 'Include config.d' 'Host other')" "config-missing ~/.ssh/config line 1"
is "an Include of no file" "$(looks localhost 'Include ~/.ssh/none' 'Host other')" \
    "config-missing ~/.ssh/config line 1"
is "a pattern that means no file" "$(looks localhost 'Include ~/.ssh/none/*')" ''
finish
