#!/bin/sh
# A host name is never run, and never turns into options of ssh: not by the front door, not by a block that
# meshssh-config wrote and a plain ssh uses, not by git with a hostile repository. All of it happens in a folder whose
# files are named like options of ssh, for a shell that expands patterns. A stand-in for an ssh before 9.6, which
# refuses no host name, shows that the front door does not rely on ssh.
#
# shellcheck disable=SC2016,SC2317 # what is not to be run; functions are called through `each` and `check`
# shellcheck disable=SC2119 # sshd_start needs no argument
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
{ need "host names" python3 timeout && need_login "host names"; } || finish
exec </dev/null
unset TS_SOCKET
CONFIG=$BUILDDIR/meshssh-config
newline='
'

# What any program leaves that is run by a host name.
mkdir "$T/bin" "$T/folder"
printf '#!/bin/sh\ntouch "%s/PWNED"\n' "$T" >"$T/bin/pwn"
chmod 755 "$T/bin/pwn"
PATH=$T/bin:$PATH
cd "$T/folder" || exit 1
touch ./'-oProxyCommand=pwn' a b ./'-oProxyCommand=pwn #.mesh.test' a.mesh.test b.mesh.test ./a=b

# An ssh that refuses no name, as before 9.6: it reads one ProxyCommand and has the user's shell run it.
mkdir "$T/old"
cat >"$T/old/ssh" <<END
#!/usr/bin/env python3
import os, sys
words, command, host = sys.argv[1:], None, None
for word in words:
    if word.startswith("-oProxyCommand="):
        command = word[15:]
    elif host is None and (not word.startswith("-") or "--" in words[:words.index(word)]):
        host = word
if "-G" in words:
    print("hostname " + host + "\nport 22")
elif command is None:
    open("$T/plain", "w").close()
else:
    command = command.replace("%%", "\0").replace("%h", host).replace("%p", "22").replace("\0", "%")
    os.execv("/bin/sh", ["sh", "-c", "exec " + command])
END
chmod 755 "$T/old/ssh"

# unharmed NAME [DETAIL]: nothing was run.
unharmed() {
	if [ -e "$T/PWNED" ]; then
		not_ok "$1" "THE HOST NAME WAS RUN
${2:-}"
		rm -f "$T/PWNED"
	else
		ok "$1"
	fi
}
# The stand-in does run what it is given, or nothing here would show anything.
PATH=$T/old:$PATH ssh '-oProxyCommand=pwn %h' x >/dev/null
check "the stand-in for an old ssh runs a ProxyCommand" test -e "$T/PWNED"
rm -f "$T/PWNED"

# each COMMAND...: with each name that means something to a shell, and a line to tell it by.
each() {
	for host in '*' '?' '[a-z]' '-*' '[!x]' '~' '~root' '#a' 'a#b' '!a' 'a!b' 'a=b' '*=b' 'a*' '{a,b}' '$(pwn)' '`pwn`' \
	    '";pwn;"' "';pwn;'" 'a;pwn' 'a|pwn' 'a&pwn' 'a>PWNED' 'a<b' '(pwn)' 'a\b' '$HOME' 'a pwn' ' ' "a${newline}pwn" \
	    "a${newline}\$(pwn)" "$(printf 'a\tpwn')" '^a' 'a,b' '[::1]' 'a/b'; do
		"$@" "$host" "$(printf %s "$host" | tr '\n\t' '__' | sed 's/#/hash/;s/\\/backslash/')"
	done
}

### the front door
front() {
	timeout 20 "$MESHSSH" -F "$SSH_CONFIG" -oBatchMode=yes -- "$1" true >"$T/out" 2>"$T/err"
	f_status=$?
	unharmed "front door, $2" "$(head -n 3 "$T/err")"
	# ssh has a refusal of its own for some.
	case $f_status in
	64) is "front door, $2: one line" "$(grep -c '^meshssh: ".*is not a host name' "$T/err") $(wc -l <"$T/err")" '1 1' ;;
	*) is "front door, $2: refused by ssh" "$f_status $(grep -c '^meshssh: ' "$T/err")" '255 0' ;;
	esac
}
sed '/HostName/d; /ProxyCommand/d' "$SSH_CONFIG" >"$T/no_name"
SSH_CONFIG=$T/no_name
each front
old_front() {
	rm -f "$T/plain"
	PATH=$T/old:$PATH timeout 20 "$MESHSSH" -- "$1" true >"$T/out" 2>"$T/err"
	is "front door, an old ssh, $2: refused" "$? $(wc -l <"$T/err")" '64 1'
	unharmed "front door, an old ssh, $2" "$(head -n 3 "$T/err")"
	check "front door, an old ssh, $2: it does not become plain ssh" test ! -e "$T/plain"
}
each old_front

# A name that an alias of the user's leads to is what counts; and how the user connects is the user's business.
printf '#!/bin/sh\necho own >&2\nread x\n' >"$T/bin/own"
chmod 755 "$T/bin/own"
printf 'Host *=odd*\n\tHostName 127.0.0.1\n\tPort 1\nHost own\n\tHostName a,b\n\tProxyCommand own\n' >"$T/alias"
timeout 20 "$MESHSSH" -F "$T/alias" 'a=odd!' true 2>"$T/err"
is "an odd alias of a good name is connected to" "$? $(grep -c 'refused' "$T/err")" '255 1'
timeout 20 "$MESHSSH" -F "$T/alias" own true 2>"$T/err"
is "a host with a ProxyCommand of the user's is left to it" "$(grep -c '^meshssh: ' "$T/err") $(grep -cx own "$T/err")" '0 1'

### blocks that meshssh-config wrote, and a plain ssh
block() {
	timeout 20 ssh -F "$T/block" -oBatchMode=yes "$1.mesh.test" true >"$T/out" 2>"$T/err"
	is "$kind, $2: no connection" "$?" 255
	unharmed "$kind, $2" "$(head -n 3 "$T/err")"
}
pwning() { timeout 20 ssh -F "$T/old_block" -oBatchMode=yes '*.mesh.test' true >/dev/null 2>&1; [ -e "$T/PWNED" ]; }
kind='stanza --match'
check "$kind: printed" sh -c '"$1" stanza --match="*.mesh.test" --no-probe >"$2"' sh "$CONFIG" "$T/block"
each block
# As an earlier version wrote it: shows that the files here would do harm.
sed 's/ --relay -- "%h" "%p"/ %h %p/' "$T/block" >"$T/old_block"
check "the same without quotes, and without saying that it is a relay, does harm" pwning
rm -f "$T/PWNED"
timeout 20 "$MESHSSH" -F "$T/old_block" '*.mesh.test' true >"$T/out" 2>"$T/err"
is "but not by the front door, which refuses: one line" "$? $(grep -c '^meshssh: ' "$T/err") $(wc -l <"$T/err")" '64 1 1'
unharmed "the front door, and a block of an earlier version"
python3 "$TOOLS/status-server.py" "$T/socket" 3 &
started $!
wait_for 30 test -S "$T/socket"
kind='tailnet'
check "$kind: printed" sh -c '"$1" tailnet --tailscaled="$3" >"$2"' sh "$CONFIG" "$T/block" "$T/socket"
each block

### the user's shell is what runs a ProxyCommand: whichever it is, the host arrives as it is, or nothing runs
cat >"$T/bin/told" <<END
#!/bin/sh
for word; do printf '<%s>' "\$word"; done >"$T/told"
exit 1
END
chmod 755 "$T/bin/told"
sed -n "s,.*ProxyCommand [^ ]*/meshssh.* --relay,ProxyCommand $T/bin/told --relay,p" "$T/block" >"$T/told_config"
for shell in sh bash tcsh fish zsh; do
	need "$shell" "$shell" || continue
	for host in 127.0.0.1 'fe80::1%lo' '*' '?' '[a-z]' '~' '#a' 'a#b' 'a!' '!a' '!#*' 'a=b' '=ls' '^a^b' '%self' 'a%h'; do
		: >"$T/told"
		SHELL=$(command -v "$shell") timeout 20 ssh -F "$T/told_config" -oBatchMode=yes -- "$host" true >"$T/out" 2>"$T/err"
		# csh takes ! for its history: either it refuses that, or words are added to those of a relay.
		case $shell:$host in
		tcsh:!*) is "$shell, $host: nothing, or a relay" "$(sed 's/^\(<--relay><-->\)<.*/\1/' "$T/told" | sort -u |
		    grep -v '^<--relay><-->$')" '' ;;
		*) is "$shell, $host: as it is" "$(cat "$T/told")" "<--relay><--><$host><22>" ;;
		esac
		unharmed "$shell, $host"
	done
done

### a repository
if need "a hostile repository" git; then
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_SSH=$MESHSSH HOME=$T
	export GIT_CONFIG_GLOBAL GIT_CONFIG_NOSYSTEM GIT_SSH HOME
	unset GIT_SSH_COMMAND GIT_SSH_VARIANT
	git init -q -b main "$T/hostile"
	(
		cd "$T/hostile" || exit 1
		touch ./'-oProxyCommand=pwn' a
		printf '[submodule "x"]\n\tpath = x\n\turl = ssh://*/x\n' >.gitmodules
		git add .
		git update-index --add --cacheinfo 160000,1234567890123456789012345678901234567890,x
		git -c user.name=t -c user.email=t@example.org commit -q -m one
	)
	timeout 60 git clone -q --recurse-submodules "$T/hostile" "$T/clone" >"$T/out" 2>"$T/err"
	is "a hostile repository: its submodule is refused, by a line of ours" "$? $(grep '^meshssh: ' "$T/err" | sort -u | wc -l)" '1 1'
	unharmed "a hostile repository" "$(head -n 5 "$T/err")"
fi

### a relay that says it is one
mkdir "$T/mark"
printf '#!/bin/sh\ntouch "%s/plain"\n' "$T" >"$T/mark/ssh"
chmod 755 "$T/mark/ssh"
# relay STATUS ARGUMENT...: one line, and no ssh.
relay() {
	r_status=$1
	shift
	rm -f "$T/plain"
	PATH=$T/mark:$PATH timeout 20 "$MESHSSH" "$@" >"$T/out" 2>"$T/err"
	is "$*: one line" "$? $(grep -c '^meshssh: ' "$T/err") $(wc -l <"$T/err") $(wc -c <"$T/out")" "$r_status 1 1 0"
	check "$*: it does not become ssh" test ! -e "$T/plain"
}
relay 64 --relay
relay 64 --relay --
relay 64 --relay host
relay 64 --relay -- host
relay 64 --relay host 22 true
relay 64 --relay -- -oProxyCommand=pwn a 22
relay 64 --relay -oProxyCommand=pwn a 22
relay 64 --relay -- -oProxyCommand=pwn 22
relay 64 --relay -v 127.0.0.1
relay 64 --relay -- host ls
relay 64 --relay -- host --doctor
relay 64 --relay -- -- 22
relay 64 --relay -- host 22 --
relay 64 --relay=yes host 22
for mode in --doctor --scan --why --help --version --replay=/dev/null; do
	relay 64 --relay $mode
	relay 64 $mode --relay host 22
done
relay 69 --relay 127.0.0.1 1
relay 69 --relay --timeout=5 -- 127.0.0.1 1
unharmed "none of them"
finish
