#!/bin/sh
# What meshssh-config prints is ssh_config that the real ssh takes and logs in with: for names and addresses, from a path
# with blanks and percents, for keys that are known already, beside what the user's own files say; the same call twice
# gives the same bytes. All peers of a mesh, ten thousand of them, and such with hostile names, from a socket that
# answers as tailscaled does.
#
# shellcheck disable=SC2119 # sshd_start needs no argument
# shellcheck disable=SC2016 # variables for the inner shell
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
{ need "meshssh-config" python3 && need_login "meshssh-config"; } || finish
exec </dev/null
unset TS_SOCKET

# A home of our own, for both programs. They ask for the user's; but a relative Include of ssh goes by HOME.
libs="HOME=$T/home LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD=$T/passwd NSS_WRAPPER_GROUP=/etc/group NSS_WRAPPER_HOSTS=$T/hosts"
mkdir -m 700 "$T/home" "$T/home/.ssh"
echo "$(id -un):x:$(id -u):$(id -g)::$T/home:/bin/sh" >"$T/passwd"
printf '127.0.0.1 box localhost\n::1 box6\n' >"$T/hosts"
if [ -n "$(env LD_PRELOAD=libnss_wrapper.so sh -c : 2>&1)" ]; then
	skip "meshssh-config" "libnss_wrapper.so is not installed"
	finish
fi
# shellcheck disable=SC2086	# words
at_home() { env $libs "$@"; }

CONFIG=$BUILDDIR/meshssh-config
home=$T/home/.ssh
# What comes behind the generated text in each file: how to log in, and nothing of where to.
cat >"$T/base" <<END
Host *
	User $(id -un)
	IdentityFile $T/user_key
	IdentitiesOnly yes
	UserKnownHostsFile $home/known_hosts
	GlobalKnownHostsFile /dev/null
	StrictHostKeyChecking yes
	BatchMode yes
	ControlPath none
END
key=$(cut -d' ' -f1,2 "$T/host_key.pub")
# theirs [LINE...]: the user's own file; known NAME...: what known_hosts has the server's key under.
theirs() { printf '%s\n' "$@" >"$home/config"; }
known() { for k_name in "$@"; do echo "$k_name $key"; done >"$home/known_hosts"; }
# config ARGUMENT...: what is printed, twice the same, is $T/out.
config() {
	at_home timeout 60 "$CONFIG" "$@" >"$T/out" 2>"$T/err"
	c_status=$?
	at_home timeout 60 "$CONFIG" "$@" 2>/dev/null | cmp -s - "$T/out" || c_status="$c_status, not the same twice"
	is "$*: status, and nothing said" "$c_status $(cat "$T/err")" '0 '
}
# refuses NAME STATUS ARGUMENT...: one line on stderr, and nothing on stdout.
refuses() {
	r_name=$1
	r_status=$2
	shift 2
	at_home timeout 60 "$CONFIG" "$@" >"$T/out" 2>"$T/err"
	is "$r_name: refused in a line" "$? $(wc -l <"$T/err") $(wc -c <"$T/out")" "$r_status 1 0"
}
# login NAME HOST [FILE]: through meshssh, by the generated text and the user's own file.
login() {
	cat "$T/out" "$home/config" "$T/base" >"$T/joined"
	at_home timeout 30 ssh -v -F "$T/joined" "$2" 'echo in' >"$T/login" 2>"$T/err"
	is "$1: login" "$? $(cat "$T/login") $(grep -c 'Executing proxy command: exec .*meshssh' "$T/err")" '0 in 1' ||
	    tail -n 5 "$T/err"
}
# has NAME PATTERN, lacks NAME PATTERN: lines of $T/out.
has() { check "$1" grep -q -e "$2" "$T/out"; }
lacks() { check "$1" sh -c '! grep -q -e "$2" "$1"' sh "$T/out" "$2"; }

port=$SSHD_PORT
theirs
for host in 127.0.0.1 ::1 box; do
	known "[$host]:$port"
	config --port="$port" "$host"
	is "$host: one header" "$(grep -c '^# Made by meshssh ' "$T/out")" 1
	is "$host: one block" "$(grep '^[HM]' "$T/out")" "Host $host"
	login "$host" "$host"
done
config stanza --no-probe --port="$port" box 127.0.0.1
is "two hosts: one header, two blocks" "$(grep -c '^# Made by\|^Host ' "$T/out")" 3
known "[127.0.0.1]:$port" "[box]:$port"
login "the first of two" box
login "the second of two" 127.0.0.1

# A port of the user's own is not told again; the key keeps the name that it is known under.
theirs 'Host nas' '	HostName box' "	Port $port"
known "[nas]:$port"
config nas
has "a key that is known under another name: that one" "^    HostKeyAlias \\[nas\\]:$port\$"
lacks "the user's own port and name are left alone" '^    \(Port\|HostName\) '
login "a key that is known under another name" nas
known box
config nas
lacks "a key that is known without the port: no alias" HostKeyAlias
login "a key that is known without the port" nas
known "[box]:$port"
config nas
login "a key that is known under HostName" nas
cp "$T/out" "$home/generated"
theirs 'Include generated' 'Host nas' '	HostName box' "	Port $port"
config nas
check "with the block in force, the same again" cmp "$home/generated" "$T/out"
# A temporary folder of a name that ssh takes for more than it says.
for dir in '100%h' 'a%z' "it is one's" 'a"b' '${HOME}' 'a b'; do
	mkdir "$T/$dir"
	at_home env TMPDIR="$T/$dir" timeout 60 "$CONFIG" nix nas --ssh-user=builder >"$T/out" 2>"$T/err"
	is "nix, TMPDIR is $dir: the key that the host shows, and no file left" "$? $(grep '^ssh-ng://' "$T/out" | cut -d' ' -f8 |
	    base64 -d) $(find "$T/$dir" -mindepth 1)" "0 $key "
done
theirs
config --port="$port" box
cp "$T/out" "$home/config"
config --port="$port" box
check "pasted into the user's own file, too" cmp "$home/config" "$T/out"
theirs 'Host *' '	ServerAliveInterval 60' '	ConnectTimeout 99'
known "[box]:$port"
config --port="$port" box
lacks "the user's own patience stays" 'Alive\|ConnectTimeout'
login "the user's own patience stays" box
theirs 'Host *' '	ProxyUseFdpass yes'
config --port="$port" box
has "a descriptor that the user wants passed" '^    ProxyUseFdpass no$'
login "a descriptor that the user wants passed" box
theirs 'Host box' '	ProxyJump 127.0.0.1' 'Match originalhost none exec "true"' '	User nobody'
config --port="$port" box
lacks "the user's own way stays" '^    \(ProxyCommand\|IPQoS\|HostName\)'
has "and it is said which" 'this line stays in force: ProxyJump 127.0.0.1 (~/.ssh/config)$'
cat "$T/out" "$home/config" >"$T/joined"
is "and ssh takes it" "$(at_home ssh -G -T -F "$T/joined" box | grep -o '^proxy[cj][a-z]*')" proxyjump
theirs

# A pattern.
known "[127.0.0.1]:$port" "[127.0.0.2]:$port"
config --match='127.0.0.*' --port="$port"
is "a pattern: one block" "$(grep '^[HM]' "$T/out")" 'Host 127.0.0.*'
login "a pattern" 127.0.0.1
theirs 'Host *' '	AddressFamily inet'
config --match='127.0.0.*'
has "a pattern: a line for all hosts is passed on" '^    ProxyCommand .* --family=inet --relay '
theirs 'Host *' '	BindAddress 127.0.0.1'
config --match='127.0.0.*'
has "a pattern: or stays in force" 'no ProxyCommand here, because it would disable this line: BindAddress'
theirs

# A path that ssh's percents and the shell's blanks might break.
odd="$T/my 100%h tools, ok"
mkdir "$odd"
cp "$MESHSSH" "$CONFIG" "$odd"
CONFIG="$odd/meshssh-config"
config --port="$port" 127.0.0.1
login "a path with blanks and percents" 127.0.0.1
config --port="$port" --tailscaled="$odd/none" 127.0.0.1
login "and so has the socket" 127.0.0.1
for shell in bash dash fish zsh tcsh; do
	command -v $shell >/dev/null || continue
	SHELL=$(command -v $shell)
	export SHELL
	login "such a path, $shell" 127.0.0.1
done
unset SHELL
mkdir "$T/it's"
cp "$MESHSSH" "$BUILDDIR/meshssh-config" "$T/it's"
CONFIG="$T/it's/meshssh-config"
refuses "a path with an apostrophe" 78 127.0.0.1
mkdir "$T/alone"
cp "$BUILDDIR/meshssh-config" "$T/alone"
CONFIG=$T/alone/meshssh-config
refuses "no meshssh beside it" 64 --no-probe box
check "no meshssh beside it: what to do" grep -q 'there is no meshssh beside this program: name it with --program=PATH' "$T/err"
refuses "no meshssh-serve beside it" 64 serve
check "no meshssh-serve beside it: which is meant" grep -q 'there is no meshssh-serve beside this program' "$T/err"
CONFIG=$BUILDDIR/meshssh-config

refuses "no host" 64
refuses "a host that is an option" 64 -- -oUser=evil
refuses "a host of two lines" 64 'a
User evil'
refuses "a host that is a command" 64 "\$(id)"
refuses "256 bytes" 64 "$(printf '%0256d' 0)"
refuses "a pattern and a host" 64 --match='a*' b
refuses "a host and a port" 64 nas:2201
check "and it is said how to write that" grep -qF '"nas:2201" is a host and a port: write --port=2201 nas' "$T/err"
refuses "a host and a port, to be installed" 64 install nas:2201
refuses "a host and a port, to be checked" 64 check nas:2201
theirs 'Host nas:2201' '	HostName 127.0.0.1'
config --no-probe nas:2201
is "a host that ssh_config calls so" "$(grep '^[HM]' "$T/out")" 'Host nas:2201'
theirs
refuses "a network" 64 --match=10.0.0.0/8
refuses "a program by its name" 64 --no-probe --program=meshssh box
refuses "a port that is none" 64 --port=0 box
refuses "an option of another command" 64 --tag=x box
latin=$(printf '/run/b\303.sock')
refuses "an option that is not UTF-8" 64 --no-probe --tailscaled="$latin" box
check "an option that is not UTF-8: which one" grep -q -e '--tailscaled: the value is not valid UTF-8' "$T/err"
TS_SOCKET=$latin
export TS_SOCKET
refuses "a TS_SOCKET that is not UTF-8" 64 --no-probe box
check "a TS_SOCKET that is not UTF-8: which variable" grep -q 'TS_SOCKET: the value is not valid UTF-8' "$T/err"
unset TS_SOCKET
refuses "no host to compare" 64 diff
refuses "two files" 64 install --root --system --no-probe box
refuses "nothing to update" 64 install
check "nothing to update: in words" grep -q 'there is no host, and none is installed by name' "$T/err"
refuses "a host that is no host, to be checked" 64 check 'b*x'
at_home timeout 60 "$CONFIG" check box >"$T/out" 2>&1
is "a host that is not installed is told so" "$? $(cat "$T/out")" "1 box: there is no block for it in $home/meshssh.conf"
at_home timeout 60 "$CONFIG" check >"$T/out" 2>&1
is "nothing is installed" "$? $(cat "$T/out")" "1 nothing is installed in $home/meshssh.conf"
at_home timeout 60 "$CONFIG" remove box >"$T/out" 2>&1
is "nothing to remove" "$? $(cat "$T/out")" "0 box: there is no block of its own in $home/meshssh.conf
there is nothing to change"
refuses "no mesh" 69 tailnet --tailscaled="$T/none"
long=$(printf '%0255d' 0)
at_home "$CONFIG" --no-probe "$long" >"$T/out"
is "255 bytes" "$? $(at_home ssh -G -T -F "$T/out" "$long" | grep -c ^proxycommand)" '0 1'

# serve COUNT|hostile: the peers of a mesh.
serve() {
	rm -f "$T/socket"
	python3 "$TOOLS/status-server.py" "$T/socket" "$1" &
	started $!
	wait_for 30 test -S "$T/socket"
}
# of HOST KEYWORD...: what ssh makes of $T/out.
of() {
	o_host=$1
	shift
	at_home timeout 20 ssh -G -T -F "$T/out" "$o_host" >"$T/g" || echo refused
	for o_word in "$@"; do
		sed -n "s/^$o_word //p" "$T/g"
	done
}
serve broken
mesh="--tailscaled=$T/socket"
at_home timeout 20 "$CONFIG" tailnet "$mesh" >"$T/out" 2>"$T/err"
is "a list of peers that is none: a line" "$? $(wc -c <"$T/out") $(wc -l <"$T/err") \
$(grep -c 'name the hosts yourself, or update tailscaled' "$T/err")" '69 0 1 1'
serve 10000
config tailnet "$mesh"
is "ten thousand peers" "$(grep -c '^Host ' "$T/out") $(grep -c '^Match ' "$T/out")" '10000 1'
wanted="peer-09999.mesh.test
$MESHSSH $mesh --relay -- \"%h\" \"%p\""
for host in peer-09999 peer-09999.mesh.test 100.64.39.15 fd7a:115c:a1e0::270f; do
	is "$host: which name, and how" "$(of $host hostname proxycommand)" "$wanted"
done
is "another host is left alone" "$(of elsewhere hostname proxycommand)" elsewhere
theirs 'Host *' '	AddressFamily inet'
config tailnet "$mesh"
is "all peers: the family that is for all hosts" "$(of peer-09999 proxycommand)" \
    "$MESHSSH $mesh --family=inet --relay -- \"%h\" \"%p\""
theirs
config tailnet "$mesh" --tag=server --online --user=alice@mesh.test --os=linux
is "a choice of peers: those online, of that user" "$(grep -c '^Host ' "$T/out")" 500
is "one of them" "$(of peer-00010 hostname)" peer-00010.mesh.test
is "none of them" "$(of peer-00011.mesh.test proxycommand)" ''
config stanza --no-probe "$mesh" peer-00001
is "one peer alone" "$(of peer-00001 hostname hostkeyalias)" "peer-00001.mesh.test
peer-00001.mesh.test"
refuses "no such peer" 68 tailnet "$mesh" --tag=nosuch
refuses "nobody has Tailscale SSH" 68 known-hosts "$mesh"

serve hostile
config tailnet "$mesh"
check "nothing but blocks, keywords and comments" sh -c '! grep -v "^Host \|^Match \|^    [A-Z][A-Za-z]* \|^ *# \|^$" "$1"' sh \
    "$T/out"
lacks "no line of theirs" '^ *User'
for host in localhost local 10 0x7f nas github.com 127.0.0.1 192.168.1.1; do
	is "$host means what it meant" "$(of $host hostname proxycommand)" "$host"
done
grep '^Host ' "$T/out" | tr ' ' '\n' | grep -v '^Host$' >"$T/patterns"
bad=
while read -r host; do
	of "$host" user hostname | grep -q 'refused\|evil' && bad="$bad $host"
done <"$T/patterns"
is "ssh takes all $(grep -c . "$T/patterns") names" "$bad" ''
# Where files cannot be opened it does not guess, and writes nothing.
known box
theirs 'Host box' '	ProxyJump bastion'
cp "$home/config" "$T/before"
few_before=$(echo "$home"/*)
for limit in 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	for words in 'stanza --no-probe box' 'install --no-probe box' 'remove' 'check box' 'wsl --generic' 'nix box'; do
		# shellcheck disable=SC2086
		at_home timeout 20 prlimit --nofile=$limit "$CONFIG" $words >"$T/few.out" 2>"$T/few.err"
		r_status=$?
		# The loader itself, or what stands before it, may lack one for a library.
		{ [ $r_status -eq 71 ] && grep -q 'Too many open files; raise ulimit' "$T/few.err"; } || [ $r_status -eq 127 ] ||
		    echo "$limit $words: $r_status $(cat "$T/few.err")"
		[ ! -s "$T/few.out" ] || echo "$limit $words: $(head -n 3 "$T/few.out")"
	done
done >"$T/few"
is "with few descriptors it says so, and nothing else" "$(cat "$T/few")" ""
is "and nothing is written" "$(cmp "$T/before" "$home/config" 2>&1)$(echo "$home"/*)" "$few_before"

# (As root, only a program of root's is written.)
# What stands in the user's file beside the change is shown on a terminal without what would steer that; letters are kept.
printf '# a\302\233b \342\200\256c \233d \303\244\nHost x\n' >"$home/config"
at_home timeout 60 python3 "$TOOLS/on-pty.py" 40 120 "$CONFIG" install --dry-run --no-probe --program=/usr/bin/env box </dev/null >"$T/out"
check "--dry-run on a terminal: no controls, and no marks of directions" grep -q "^ # a?b ?c ?d $(printf '\303\244')" "$T/out"
at_home timeout 60 "$CONFIG" install --dry-run --no-probe --program=/usr/bin/env box >"$T/out" 2>&1
check "and as it is for patch(1)" grep -qF "$(printf ' # a\302\233b \342\200\256c')" "$T/out"

finish
