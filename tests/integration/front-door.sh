#!/bin/sh
# `meshssh [ssh arguments]` in the place of ssh: every way to write a command line ends as it does under ssh, with the
# same output, exit status and tty, and by a relay of ours; unless the user's configuration or command line says how to
# connect, or nothing is connected (-G, -V, -Q, -O). The process becomes ssh itself. Programs that run ssh take it too.
#
# shellcheck disable=SC2317 # functions are called through `check`
# shellcheck disable=SC2016 # variables for the remote shell
# shellcheck source-path=SCRIPTDIR
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=relays.sh
. "$(dirname "$0")/relays.sh"

{ need "the front door" python3 && need_login "the front door" "AcceptEnv LC_TEST"; } || finish
ssh=$(command -v ssh)
user=$(id -un)
head -c 5242880 /dev/urandom >"$T/big"
mkdir "$T/there"

# What stands for a ProxyCommand of the user's own: it leaves a mark. Ours must not be taken for it.
cat >"$T/own-proxy" <<'END'
#!/usr/bin/env python3
import os, socket, sys, threading
open(sys.argv[0] + ".mark", "w").close()
s = socket.create_connection(sys.argv[1:3])
def copy(read, write, end):
    for data in iter(read, b""):
        write(data)
    end()
def up():
    copy(lambda: os.read(0, 65536), s.sendall, lambda: s.shutdown(socket.SHUT_WR))
threading.Thread(target=up, daemon=True).start()
copy(lambda: s.recv(65536), lambda data: os.write(1, data), lambda: None)
END
chmod 755 "$T/own-proxy"

cfg=$T/config
{
	cat <<-END
	Host elsewhere
		Port 1
		User nobody-there
	Host marked
		ProxyCommand $T/own-proxy %h %p
	Match originalhost matched exec "true"
		ProxyCommand $T/own-proxy %h %p
	Host jumped
		ProxyJump marked
	Host patient
		ConnectTimeout 7200
		ServerAliveInterval 60
		ServerAliveCountMax 100
	Host bound
		BindAddress 127.0.0.2
	Host local inet inet6
		HostName both.invalid
	Host inet
		AddressFamily inet
	Host inet6
		AddressFamily inet6
	# The cheapest key exchange: this is about command lines, and there are many of them.
	Host *
		KexAlgorithms curve25519-sha256
		$(how_config)
	END
	grep -v ControlPath "$SSH_CONFIG"
} >"$cfg"
echo 'Nonsense yes' >"$T/bad_config"
cd "$T" || exit 1

within=
# same NAME ARGUMENT...: ssh and meshssh with these arguments give the same bytes on stdout and stderr, the same status.
same() {
	m_name=$1
	shift
	# shellcheck disable=SC2086 # no word at all, or several
	timeout 20 $within "$ssh" "$@" >"$T/out" 2>"$T/err"
	m_wanted=$?
	rm -f "$T/how"
	# shellcheck disable=SC2086
	timeout 20 $within "$MESHSSH" "$@" >"$T/out2" 2>"$T/err2"
	m_got=$?
	if [ $m_got -eq $m_wanted ] && cmp -s "$T/out" "$T/out2" && cmp -s "$T/err" "$T/err2"; then
		ok "$m_name"
	else
		not_ok "$m_name" "status $m_got, ssh's $m_wanted
$(diff "$T/out" "$T/out2" | head -n 10)
$(diff "$T/err" "$T/err2" | head -n 10)"
	fi
}

# relayed NAME ARGUMENT..., plain NAME ARGUMENT...: the same as ssh, through a relay of ours or without one.
relayed() {
	same "$@"
	how "$1: through the relay" relay
}
plain() {
	same "$@"
	how "$1: as ssh connects by itself" direct
}

# Nothing is connected.
same "-V" -V
same "-Q" -Q cipher
same "-Q of nonsense" -Q nonsense
same "-G" -F "$cfg" -G relay
same "-G of a host without ProxyCommand" -F "$cfg" -G direct
same "-G in a cluster" -TGF "$cfg" jumped
same "-G after the host" -F "$cfg" direct -G
same "-G after --" -F "$cfg" -G -- direct
same "-G and nothing but an address" -G 127.0.0.1
same "an option and nothing but an address" -v4oConnectTimeout=nonsense 127.0.0.1
same "-G as git asks" -G -o SendEnv=GIT_PROTOCOL -4 -p 2200 git@example.org
same "-G with a bad option" -F "$cfg" -o Nonsense=1 -G direct
same "-G with a bad config" -F "$T/bad_config" -G direct
same "a bad config" -F "$T/bad_config" direct true
same "no such config" -F "$T/none" direct true
same "an option that ssh does not have" -F "$cfg" -h direct
same "an option without its argument" -F "$cfg" -p
same "no host" -F "$cfg"
same "-O check without a master" -F "$cfg" -S "$T/none" -O check direct
same "-O check without a path" -F "$cfg" -O check direct

# A master of meshssh's; its sessions are ssh's own.
timeout 20 "$MESHSSH" -F "$cfg" -f -N -M -S "$T/m" direct
how "a master: through the relay" relay
same "-O check with a master" -F "$cfg" -S "$T/m" -O check direct
same "a session of that master" -F "$cfg" -S "$T/m" direct 'exit 7'
is "-O exit" "$("$MESHSSH" -F "$cfg" -S "$T/m" -O exit direct 2>&1 | tr -d '\r')" 'Exit request sent.'
gone "-O exit: the relay is gone"

# fastest COMMAND...: milliseconds of the fastest of 7 runs.
fastest() {
	python3 - "$@" <<-'END'
	import subprocess, sys, time
	def run():
	    start = time.monotonic()
	    subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
	    return time.monotonic() - start
	print(int(min(run() for _ in range(7)) * 1000))
	END
}
theirs=$(fastest "$ssh" -F "$cfg" -G direct)
ours=$(fastest "$MESHSSH" -F "$cfg" -G direct)
# Leaves room for a build with sanitizers, none for a connection or a second run of ssh with a look-up.
check "-G answers at once ($ours ms, ssh $theirs ms)" [ "$ours" -le $((2 * theirs + 40)) ]
if need "-G starts nothing but ssh" strace && strace -o /dev/null true 2>/dev/null; then
	ASAN_OPTIONS=detect_leaks=0 strace -f -o "$T/trace" -e trace=execve "$MESHSSH" -F "$cfg" -G direct \
	    >/dev/null 2>&1
	is "-G starts nothing but ssh" "$(grep -c 'execve(.* = 0$' "$T/trace") $(grep -c 'exited with' "$T/trace")" '2 1'
fi

# Status and output.
for status in 0 7 255; do
	relayed "status $status" -F "$cfg" direct "echo out; echo err >&2; exit $status"
done
python3 "$TOOLS/oddserver.py" "$T/ports" silent full refused &
started $!
wait_for 10 test -s "$T/ports"
port_of() { sed -n "s/^$1 //p" "$T/ports"; }
timeout 20 "$MESHSSH" -F "$cfg" -p "$(port_of refused)" direct true 2>"$T/err"
is "status when refused" "$?" 255
is "refused: one line of ours" "$(grep -c '^meshssh: ' "$T/err")" 1

# Ways to write a command line.
relayed "clustered options" -nTxF "$cfg" direct 'echo x'
relayed "options with their argument attached" "-F$cfg" "-p$SSHD_PORT" "-l$user" -oLogLevel=error elsewhere 'echo x'
relayed "-l and -p" -F "$cfg" -l "$user" -p "$SSHD_PORT" elsewhere 'echo x'
relayed "user@host" -F "$cfg" -p "$SSHD_PORT" "$user@elsewhere" 'echo x'
relayed "options after the host" elsewhere -p "$SSHD_PORT" -l "$user" -TF "$cfg" 'echo x'
relayed "-- before the host" -F "$cfg" -- direct 'echo x'
relayed "-- after the host" -F "$cfg" direct -- 'echo x'
relayed "a command that looks like options" -F "$cfg" direct echo -G -V -Q -O check -J x -W -- -o ProxyCommand=none
relayed "the same after --" -F "$cfg" -- direct echo -G -V
relayed "an option's argument that looks like an option" -F "$cfg" -E -G -l "$user" direct 'echo x'
relayed "an ssh:// URI" -F "$cfg" "ssh://$user@elsewhere:$SSHD_PORT" 'echo x'
relayed "-o with blanks" -F "$cfg" '-oForwardX11 no' -o 'SetEnv LC_TEST="a  b"' direct 'echo "$LC_TEST"'
relayed "blanks, quotes and a line break in the command" -F "$cfg" direct "printf '<%s>' 'a  b' \"c\" \\\$ '
'"
relayed "a command that is a number" -F "$cfg" direct 22
same "-G where older versions have -P as a flag" -F "$cfg" -P -G direct
relayed "-W" -F "$cfg" -W "127.0.0.1:$SSHD_PORT" direct
relayed "a subsystem" -F "$cfg" -s direct sftp
relayed "-t without a terminal" -F "$cfg" -t direct 'exit 3'
timeout 20 env -i PATH="$PATH" XDG_CACHE_HOME="$XDG_CACHE_HOME" "$MESHSSH" -F "$cfg" direct true
is "an environment of next to nothing" "$?" 0
how "an environment of next to nothing: through the relay" relay
timeout 20 "$MESHSSH" -F "$cfg" direct cat <"$T/big" >"$T/out"
check "stdin is all the command's: 5 MB both ways" cmp "$T/big" "$T/out"
timeout 20 "$MESHSSH" -F "$cfg" -f direct "echo x >'$T/there/f'"
is "-f" "$?" 0
check "-f: the command ran" wait_for 10 test -s "$T/there/f"

# The user's own way to connect.
for host in marked matched jumped; do
	rm -f "$T/own-proxy.mark"
	plain "a host with a way of its own ($host)" -F "$cfg" "$host" 'echo x'
	check "$host: its own proxy was run" test -f "$T/own-proxy.mark"
done
for jump in -Jmarked -oProxyJump=marked "-oProxyCommand=$T/own-proxy %h %p" "-oproxycommand $T/own-proxy %h %p"; do
	rm -f "$T/own-proxy.mark"
	plain "$jump" -F "$cfg" "$jump" direct 'echo x'
	check "$jump: it was used" test -f "$T/own-proxy.mark"
done
# The first host of a ProxyJump is reached through this program, which ssh takes its own name for.
for how in '-J direct' '-J direct,second' '-oProxyJump=direct'; do
	# shellcheck disable=SC2086	# words
	timeout 20 "$MESHSSH" -v -F "$cfg" $how inner 'echo x; exit 7' >"$T/out" 2>"$T/err"
	is "$how: status, output, and how often a relay connects" \
	    "$? $(cat "$T/out") $(grep -c 'Executing proxy command: exec .*meshssh.* --relay -- "' "$T/err")" '7 x 1'
done
mkdir "$T/a folder"
cp "$MESHSSH" "$T/a folder/meshssh"
timeout 20 "$T/a folder/meshssh" -v -F "$cfg" -J direct inner 'echo x; exit 7' >"$T/out" 2>"$T/err"
is "-J, from a path with a blank: as plain ssh" \
    "$? $(cat "$T/out") $(grep -c 'Executing proxy command: exec .*meshssh.* --relay -- "' "$T/err")" '7 x 0'
plain "ProxyCommand=none" -F "$cfg" -o ProxyCommand=none direct 'echo x'
plain "ProxyCommand none after the host" -F "$cfg" direct '-oProxyCommand none' 'echo x'
# OpenSSH's versions do not agree on whether a ProxyCommand may follow this.
same "ProxyJump=none" -F "$cfg" -o ProxyJump=none direct 'echo x'

same "ProxyUseFdpass of the user's" -F "$cfg" -o ProxyUseFdpass=yes direct 'echo x'

# Where it connects from and by which family.
ends='set -- $SSH_CONNECTION; echo $1 $3'
plain "-b" -F "$cfg" -b 127.0.0.2 direct "$ends"
is "-b: the address" "$(cat "$T/out2")" '127.0.0.2 127.0.0.1'
plain "BindAddress" -F "$cfg" bound "$ends"
plain "-B" -F "$cfg" -B lo direct "$ends"
# ssh with a ProxyCommand of ours: no token of it tells the relay what ssh was called with.
# asked FROM OPTION-OF-THE-RELAY ARGUMENT...
asked() {
	a_from=$1
	a_option=$2
	shift 2
	# shellcheck disable=SC2086 # no word at all, or several
	a_got=$(timeout 20 $within "$ssh" -F "$cfg" -o ProxyCommand="'$MESHSSH' --no-cache $a_option --relay -- %h %p" "$@" "$ends" \
	    2>"$T/err")
	is "ssh $* with our ProxyCommand${a_option:+ and $a_option}" "${a_got% *}" "$a_from"
}
asked 127.0.0.2 '' -b 127.0.0.2 direct
asked 127.0.0.3 '' -oBindAddress=127.0.0.2 -Tb127.0.0.3 -o BindAddress=127.0.0.4 direct
asked 127.0.0.4 '' -B lo -o 'bindaddress 127.0.0.4' direct
timeout 20 "$ssh" -F "$cfg" -B lo direct "$ends" >"$T/out" 2>"$T/err"
asked "$(cut -d' ' -f1 "$T/out")" '' -B lo direct
asked 127.0.0.1 '' -b 127.0.0.1 -o BindInterface=none direct
# Names with both families are rare; the files of a mount namespace of its own make one.
printf '127.0.0.1 both.invalid localhost\n::1 both.invalid localhost\n' >"$T/hosts"
echo 'hosts: files' >"$T/nsswitch"
cat >"$T/with-hosts" <<-END
	mount --bind "$T/hosts" /etc/hosts && mount --bind "$T/nsswitch" /etc/nsswitch.conf && exec "\$@"
END
within="unshare -m sh $T/with-hosts"
if $within "$ssh" -F "$cfg" -4 local true 2>/dev/null && $within "$ssh" -F "$cfg" -6 local true 2>/dev/null; then
	relayed "-4" -F "$cfg" -4 local "$ends"
	is "-4: the family" "$(cat "$T/out2")" '127.0.0.1 127.0.0.1'
	relayed "-6" -F "$cfg" -6 local "$ends"
	is "-6: the family" "$(cat "$T/out2")" '::1 ::1'
	relayed "AddressFamily inet" -F "$cfg" inet "$ends"
	is "AddressFamily inet: the family" "$(cat "$T/out2")" '127.0.0.1 127.0.0.1'
	relayed "AddressFamily inet6" -F "$cfg" inet6 "$ends"
	is "AddressFamily inet6: the family" "$(cat "$T/out2")" '::1 ::1'
	relayed "the command line's family wins" -F "$cfg" -4 inet6 "$ends"
	asked 127.0.0.1 '' -4 local
	asked ::1 '' -6 local
	asked ::1 '' -T4q6 local
	asked ::1 '' -o 'addressfamily inet6' -oAddressFamily=inet local
	asked 127.0.0.1 '' -oAddressFamily=inet6 -4 -oAddressFamily=inet6 local
	asked 127.0.0.1 --family=inet6 -4 local
	asked ::1 --family=inet6 -l "$user" local
	asked ::1 --or=127.0.0.2 -6 local
	asked 127.0.0.5 '' -b 127.0.0.5 local
else
	skip "families" "no mount namespace for this user, or no IPv6 on loopback"
fi
within=
timeout 20 "$MESHSSH" -F "$cfg" -6 direct true 2>"$T/err"
is "-6 of an IPv4 literal" "$?" 255

# ConnectTimeout, shorter than our own limit.
for mode in silent full; do
	since=$(date +%s)
	timeout 20 "$MESHSSH" -F "$cfg" -o ConnectTimeout=2 -p "$(port_of $mode)" direct true 2>"$T/err"
	is "ConnectTimeout=2, a server that is $mode" "$?" 255
	check "$mode: it took no more than 4 s" [ $(($(date +%s) - since)) -le 4 ]
done

since=$(date +%s)
timeout 20 "$MESHSSH" --timeout=1 -F "$cfg" -p "$(port_of full)" direct true 2>"$T/err"
is "an option of ours before ssh's: --timeout=1" "$? $(grep -c '^meshssh: ' "$T/err")" '255 1'
check "it took no more than 3 s" [ $(($(date +%s) - since)) -le 3 ]

# Terminals.
relayed "a command has no terminal" -F "$cfg" direct tty
on_pty() { python3 "$TOOLS/on-pty.py" 33 101 "$@" | tr -d '\r'; }
is "a command on a terminal here gets none" "$(on_pty "$MESHSSH" -F "$cfg" direct tty)" 'not a tty'
if remote_terminal "terminals" "$cfg"; then
	is "-tt without a terminal here" "$("$MESHSSH" -F "$cfg" -tt direct tty 2>/dev/null | grep -c '^/dev/')" 1
	shown=$(on_pty "$MESHSSH" -F "$cfg" -t direct 'tty; stty size; exit 4')
	is "-t on a terminal: the same as under ssh" "$(echo "$shown" | sed 's,^/dev/.*,a terminal,')" \
	    "$(on_pty "$ssh" -F "$cfg" -t direct 'tty; stty size; exit 4' | sed 's,^/dev/.*,a terminal,')"
	is "-t on a terminal: one of that size" "$(echo "$shown" | grep -c '^/dev/\|^33 101')" 2
	echo 'stty size; exit 5' | python3 "$TOOLS/on-pty.py" 33 101 "$MESHSSH" -F "$cfg" direct >"$T/out"
	is "a login shell: its status" "$?" 5
	check "a login shell: its size" grep -q '33 101' "$T/out"
	# The modes and the flags of the descriptor (O_NONBLOCK) as a shell finds them afterwards.
	on_pty sh -c 'state() { stty -g; grep flags /proc/self/fdinfo/0; }
		state >before; "$@"; state >after' sh "$MESHSSH" -F "$cfg" -t direct 'stty raw' >/dev/null
	check "the terminal is left as it was found" cmp "$T/before" "$T/after"
fi

# A program of Match exec that asks a person: seen when it asks, in our own look at the configuration, too. What ssh says
# of an odd option, and ends, is said once.
{
	echo 'Match originalhost direct exec "printf MFA-code: >&2; read code </dev/tty; test $code = 7"'
	echo '	SendEnv NONE'
	cat "$cfg"
} >"$T/mfa"
python3 "$TOOLS/asked.py" MFA-code: 7 "$MESHSSH" -F "$T/mfa" direct 'echo in; exit 7' >"$T/out"
is "Match exec asks: each time it is seen, and it goes on" \
    "$? $(grep -o MFA-code: "$T/out" | wc -l) $(grep -c 'in$' "$T/out")" '7 2 1'
is "an unknown option on a terminal: said once" \
    "$(on_pty "$MESHSSH" -F "$cfg" -o Nonsense=1 direct true | grep -c 'Bad configuration option')" 1

# The process is ssh.
"$MESHSSH" -F "$cfg" -N direct 2>"$T/err" &
pid=$!
started $pid
check "a session has one relay" wait_for 10 one_relay
is "the process that was started is ssh" "$(readlink "/proc/$pid/exe")" "$(readlink -f "$ssh")"
is "argv[0] is ssh's own path" "$(tr '\0' '\n' <"/proc/$pid/cmdline" | head -n 1)" "$ssh"
is "the relay is its child" "$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$(relay_pids)/status")" "$pid"
# ssh sets its signals on its way, so that two of them are the same only when both have arrived.
signals() { grep '^Sig[BI]' "/proc/$1/status"; }
same_signals() { [ "$(signals "$pid")" = "$(signals "$theirs")" ]; }
"$ssh" -F "$cfg" -N direct 2>"$T/err" &
theirs=$!
started $theirs
wait_for 10 same_signals
is "it blocks and ignores the same signals as a plain ssh" "$(signals "$pid")" "$(signals $theirs)"
end $theirs
end "$pid"
gone "it ends, and the relay with it"

# A session is to outlast an outage as one of plain ssh does, or longer if ssh is told to, or less if we are.
# limit WANTED ARGUMENT...: the relay's --dead-after.
limit() {
	wanted=$1
	shift
	"$MESHSSH" "$@" -F "$cfg" -N direct 2>"$T/err" &
	pid=$!
	started $pid
	wait_for 10 one_relay
	is "--dead-after of the relay of $*" "$(tr '\0' '\n' <"/proc/$(relay_pids)/cmdline" | grep dead-after)" "$wanted"
	end $pid
	wait_for 5 no_relay
}
no_relay() { [ -z "$(relay_pids)" ]; }
limit ''
limit '' -oServerAliveInterval=15 -oServerAliveCountMax=40
limit --dead-after=1200 -oServerAliveInterval=60 -oServerAliveCountMax=20
limit --dead-after=3600 -oTCPKeepAlive=no
limit --dead-after=7 --dead-after=7

# What outlives its connections must not be ended by ssh itself, unless the command line says so.
# alive WANTED ARGUMENT...: the setting that ssh takes from its command line; the configuration has 60.
alive() {
	wanted=$1
	shift
	"$MESHSSH" "$@" -F "$cfg" -N patient 2>"$T/err" &
	pid=$!
	started $pid
	wait_for 10 one_relay
	is "alive messages with $*" "$(tr '\0' '\n' <"/proc/$pid/cmdline" | grep -m 1 ServerAlive)" "$wanted"
	end $pid
	wait_for 5 no_relay
}
alive ''
alive -oServerAliveInterval=0 --resume=1
alive -oServerAliveInterval=0 --resume=ssh
alive -oServerAliveInterval=7 --resume=1 -oServerAliveInterval=7
alive '' --resume=off

# Its own name and path. Each of these would start itself for ever if it took itself, or what starts it, for ssh.
rm -f "$T/how"
mkdir "$T/link" "$T/copy" "$T/script" "$T/a blank 100%h"
ln -s "$MESHSSH" "$T/link/ssh"
cp "$MESHSSH" "$T/copy/ssh"
printf '#!/bin/sh\nexec "%s" "$@"\n' "$MESHSSH" >"$T/script/ssh"
chmod 755 "$T/script/ssh"
for kind in link copy script link:copy copy:link; do
	dirs=$T/$(echo "$kind" | sed "s,:,:$T/,")
	for program in ssh "$MESHSSH"; do
		PATH=$dirs:$PATH timeout 4 "$program" -F "$cfg" direct 'exit 7' 2>"$T/err"
		is "${program##*/} with $kind/ssh first in PATH" "$? $(cat "$T/err")" '7 '
		# The relay has the name of the program; only ours is looked for.
		if [ "$program" != ssh ] || [ $kind = link ]; then
			how "${program##*/} with $kind/ssh first in PATH: through the relay" relay
		fi
	done
done
cp "$MESHSSH" "$T/a blank 100%h/meshssh"
timeout 20 "$T/a blank 100%h/meshssh" -F "$cfg" direct 'exit 7' 2>"$T/err"
is "a path with blanks and a percent sign" "$? $(cat "$T/err")" '7 '
how "a path with blanks and a percent sign: through the relay" relay
(cd "$T/a blank 100%h" && timeout 20 ./meshssh -F "$cfg" direct 'exit 7' 2>"$T/err")
is "a relative path" "$? $(cat "$T/err")" '7 '
for odd in "it's" "a \"b" '$x' '`id`' 'a;b' 'a\b'; do
	mkdir "$T/$odd"
	cp "$MESHSSH" "$T/$odd/meshssh"
	timeout 20 "$T/$odd/meshssh" -F "$cfg" direct true 2>"$T/err"
	is "a path with $odd: a word of ours, or it works" "$? $(grep -cv '^meshssh: ' "$T/err")" \
	    "$([ -s "$T/err" ] && echo 78 || echo 0) 0"
done
python3 -c 'import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])' "$MESHSSH" -F "$cfg" direct 'exit 7'
is "from a parent that ignores SIGCHLD" "$?" 7
how "from a parent that ignores SIGCHLD: through the relay" relay

# Programs that run ssh.
silent "scp -S" timeout 20 scp -q -S "$MESHSSH" -F "$cfg" "$T/big" "direct:$T/there/scp"
how "scp -S: through the relay" relay
check "scp -S: same bytes" cmp "$T/big" "$T/there/scp"
silent "scp -O -S" timeout 20 scp -O -q -S "$MESHSSH" -F "$cfg" "direct:$T/big" "$T/scp"
how "scp -O -S: through the relay" relay
check "scp -O -S: same bytes" cmp "$T/big" "$T/scp"
echo "put $T/big $T/there/sftp" >"$T/batch"
silent "sftp -S" timeout 20 sftp -q -S "$MESHSSH" -F "$cfg" -P "$SSHD_PORT" -b "$T/batch" "$user@elsewhere"
how "sftp -S: through the relay" relay
check "sftp -S: same bytes" cmp "$T/big" "$T/there/sftp"
if need "rsync -e" rsync; then
	silent "rsync -e" timeout 20 rsync -e "$MESHSSH -F $cfg" "$T/big" "direct:$T/there/rsync"
	how "rsync -e: through the relay" relay
	check "rsync -e: same bytes" cmp "$T/big" "$T/there/rsync"
fi
if need "git" git; then
	GIT_CONFIG_GLOBAL=/dev/null
	GIT_CONFIG_NOSYSTEM=1
	export GIT_CONFIG_GLOBAL GIT_CONFIG_NOSYSTEM
	unset GIT_SSH GIT_SSH_COMMAND GIT_SSH_VARIANT
	git init -q -b main "$T/work"
	cp "$T/big" "$T/work/big"
	git -C "$T/work" add big
	git -C "$T/work" -c user.name=t -c user.email=t@example.org commit -q -m one
	# A port in the URL: git refuses it if -G did not answer as ssh's does.
	url=ssh://$user@elsewhere:$SSHD_PORT$T/work
	silent "GIT_SSH_COMMAND, a port in the URL" env GIT_SSH_COMMAND="$MESHSSH -F $cfg" \
	    timeout 20 git clone -q "$url" "$T/clone"
	how "GIT_SSH_COMMAND: through the relay" relay
	check "GIT_SSH_COMMAND: same bytes" cmp "$T/big" "$T/clone/big"
	# git gives GIT_SSH no arguments of ours; it runs a program that does, under a name that git does not know.
	printf '#!/bin/sh\nexec "%s" -F "%s" "$@"\n' "$MESHSSH" "$cfg" >"$T/git-ssh-program"
	chmod 755 "$T/git-ssh-program"
	silent "GIT_SSH, a port in the URL" env GIT_SSH="$T/git-ssh-program" timeout 20 git clone -q "$url" "$T/clone2"
	how "GIT_SSH: through the relay" relay
	check "GIT_SSH: same bytes" cmp "$T/big" "$T/clone2/big"
fi

gone "no relay is left"
finish
