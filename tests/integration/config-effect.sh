#!/bin/sh
# A block changes what it says, and nothing else: canonicalization, Match final, paths with %h and the names of a peer
# are as before after install, or it is refused and says what would change. A caller that brings its own ProxyCommand
# connects as before. All by the real ssh and a real sshd.
#
# shellcheck disable=SC2016 # variables for the inner shell
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=ssh-home.sh
. "$(dirname "$0")/ssh-home.sh"
{ need "the effect of a block" python3 nc && private_programs "the effect of a block" &&
    need_login "the effect of a block" &&
    own_home "the effect of a block" '127.0.0.1 localhost dual' '::1 dual' '127.0.0.1 build.lab.example'; } || finish
exec </dev/null
unset TS_SOCKET
# theirs LINE...: the user's own file, and nothing installed.
theirs() {
	rm -rf "$home"
	mkdir -m 700 "$home"
	printf '%s\n' "$@" >"$home/config"
}
# login_lines: how to log in to the server of this test, as lines of ssh_config.
login_lines() {
	cat <<-END
		Host *
		    User $(id -un)
		    IdentityFile $T/user_key
		    IdentitiesOnly yes
		    UserKnownHostsFile $T/known_hosts
		    GlobalKnownHostsFile /dev/null
		    StrictHostKeyChecking no
		    LogLevel ERROR
		    BatchMode yes
		    ControlPath none
	END
}
# takes HOST KEYWORD...: what ssh takes for them, in a line.
takes() {
	t_host=$1
	shift
	at_home ssh -G -T "$t_host" >"$T/G" 2>/dev/null
	for t_keyword in "$@"; do sed -n "s/^$t_keyword //p" "$T/G"; done | paste -s -d ' ' -
}

# With a ProxyCommand, ssh does not canonicalize a name unless it is told to do so always.
theirs 'CanonicalizeHostname yes' 'CanonicalDomains lab.example' 'Host *.lab.example' '    User alice' '    Port 2222'
before=$(takes build user port hostname)
is "without a block, ssh takes the canonical name" "$before" 'alice 2222 build.lab.example'
is "canonicalization: installed" "$(config install --no-probe build)" '0 '
is "canonicalization: User, Port and HostName are as before" "$(takes build user port hostname)" "$before"
check "canonicalization: the block is in force" sh -c 'grep -q "^proxycommand .*meshssh" "$1"' sh "$T/G"
is "canonicalization: check" "$(config check build)" '0 '
cp "$home/meshssh.conf" "$T/first"
is "canonicalization: installed again" "$(config install --no-probe build)" '0 '
check "canonicalization: the same block again" cmp "$T/first" "$home/meshssh.conf"

# What makes ssh look up each name that it is asked about: none is made up for that.
for line in 'CanonicalizeFallbackLocal no' 'CanonicalizePermittedCNAMEs *.lab.example:*.lab.example'; do
	theirs 'CanonicalizeHostname yes' 'CanonicalDomains lab.example' "$line" 'Host *.lab.example' '    User alice'
	before=$(takes build user hostname)
	is "$line: installed" "$(config install --no-probe build)" '0 '
	is "$line: as before" "$(takes build user hostname)" "$before"
	python3 "$TOOLS/status-server.py" "$T/few.sock" build "$(cut -d" " -f1,2 "$T/host_key.pub")" &
	few=$!
	wait_for 10 test -S "$T/few.sock"
	is "$line: peers of a mesh, published" "$(config known-hosts --tailscaled="$T/few.sock")" '0 '
	kill "$few"
	wait "$few" 2>/dev/null
	rm -f "$T/few.sock"
	at_home "$bin/meshssh-doctor" --json --timeout=1 >"$T/out" 2>"$T/err"
	check "$line: the doctor does not say that ssh refuses it" sh -c 'grep -q "\"ssh\"" "$1" && ! grep -q "meshssh\.invalid" "$1"' \
	    sh "$T/out"
done

# Another host or port in a ProxyCommand by meshssh, and its options, are the user's.
for words in 'other.example %p' '%h 2222' '%n %p' '--via=http=10.77.2.2:3128 %h %p' '-- "gate.example" "%p"'; do
	theirs 'Host nas' "    ProxyCommand meshssh $words"
	is "meshssh $words: installed" "$(config install --no-probe nas)" '0 '
	is "meshssh $words: stays" "$(takes nas proxycommand)" "meshssh $words"
done
theirs 'Host nas' '    ProxyCommand exec "/opt/meshssh" "%h" %p'
is "no words of the user's: installed" "$(config install --no-probe nas)" '0 '
check "no words of the user's: the block's" sh -c '"$@" | grep -q "^$0/meshssh --relay"' "$bin" \
    env HOME="$T/home" LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD="$T/passwd" NSS_WRAPPER_GROUP=/etc/group sh -c \
    'ssh -G -T nas | sed -n "s/^proxycommand //p"'

# A path with the host's name in it: no block is better than one that loses the key.
theirs 'Host nas' '    HostName build.lab.example' '    IdentityFile ~/.ssh/%h.key'
before=$(takes nas identityfile hostname)
is "a path with %h, HostName is the user's: installed" "$(config install --no-probe nas)" '0 '
is "a path with %h, HostName is the user's: as before" "$(takes nas identityfile hostname)" "$before"

# What depends on a keyword that the block sets.
theirs 'Host app' '    ConnectTimeout 5' 'Match final exec "ssh-none"' '    Port 2200' 'Match originalhost app' \
    '    User deploy'
before=$(takes app user port connecttimeout)
is "Match final: installed" "$(config install --no-probe app)" '0 '
is "Match final: as before" "$(takes app user port connecttimeout)" "$before"

# What holds in this network is not for ever.
theirs "Match originalhost git.home exec \"test -e $T/at-home\"" '    HostName localhost' '    ProxyCommand none' \
    'Host git.home' '    HostName git.example' '    ProxyCommand nc tunnel.example 22'
away=$(takes git.home hostname proxycommand)
: >"$T/at-home"
near=$(takes git.home hostname proxycommand)
is "Match exec: installed at home" "$(config install --no-probe git.home)" '0 '
is "Match exec: at home, as before" "$(takes git.home hostname proxycommand)" "$near"
rm "$T/at-home"
is "Match exec: elsewhere, as before" "$(takes git.home hostname proxycommand)" "$away"
is "Match exec: those were two ways" "$near / $away" 'localhost / git.example nc tunnel.example 22'

# A block holds for whoever is named to log in, and the system's for every user of the machine.
theirs 'Match originalhost nas user deploy' '    ProxyJump gate.example' 'Host nas' '    Port 2201'
before=$(takes deploy@nas proxyjump port)
is "Match user: installed" "$(config install --no-probe nas)" '0 '
is "Match user: for that user, as before" "$(takes deploy@nas proxyjump port)" "$before"
is "Match user: that was a jump" "$before" 'gate.example 2201'
theirs "Match originalhost nas !user $(id -un)" '    HostName other.example' '    BindAddress 127.0.0.5' 'Host nas' '    Port 2201'
before=$(takes deploy@nas hostname bindaddress proxycommand)
is "Match !user: installed" "$(config install --no-probe nas)" '0 '
is "Match !user: for others, as before" "$(takes deploy@nas hostname bindaddress proxycommand)" "$before"
theirs 'Match originalhost nas localuser deploy' '    ProxyJump gate.example'
for words in '' --system; do
	# shellcheck disable=SC2086	# no word where it is empty
	is "Match localuser $words: shown" "$(config install --no-probe --dry-run $words nas)" '0 '
	is "Match localuser $words: a ProxyCommand" "$(grep -c '^+    ProxyCommand ' "$T/out")" "$([ -n "$words" ] && echo 0 || echo 1)"
done

# refused NAME WHAT: nothing was written, and the line says this.
refused() {
	is "$1: status, one line" "$r_got $(wc -l <"$T/err")" "78 1"
	check "$1: says what would change" grep -q -e "$2.*; meshssh-config diff HOST shows all of it" "$T/err"
}
# The peer of a mesh is called by its full name, which a Match or a path may depend on.
python3 "$TOOLS/status-server.py" "$T/mesh.sock" 3 &
started $!
wait_for 10 test -S "$T/mesh.sock"
theirs 'Host peer-*' '    IdentityFile ~/.ssh/%h.key'
for command in install stanza diff; do
	at_home "$bin/meshssh-config" "$command" --no-probe --tailscaled="$T/mesh.sock" peer-00001 >"$T/out" 2>"$T/err"
	r_got=$?
	refused "a path with %h, $command" 'identityfile from .*/peer-00001.key" to ".*/peer-00001\..*key"'
	check "a path with %h, $command: nothing is written" [ ! -e "$home/meshssh.conf" ]
done
theirs 'Match final host peer-00001' '    Port 2222'
at_home "$bin/meshssh-config" install --no-probe --tailscaled="$T/mesh.sock" peer-00001 >"$T/out" 2>"$T/err"
r_got=$?
refused "Match final host" 'port from "2222" to "22"'

# The kernel takes none of the ways that ssh has.
theirs 'Host behind' '    HostName 192.0.2.7' '    ProxyJump bastion'
at_home "$bin/meshssh-config" nfs behind:/srv /mnt/x >"$T/out" 2>"$T/err"
is "nfs, behind a ProxyJump: by a tunnel of ssh" "$? $(grep -c '^ExecStart=.* behind$' "$T/out")" '0 1'

# A builder by the authority that signs host keys: what nix prints logs in to a server that shows a certificate.
ssh-keygen -q -t ed25519 -N '' -C '' -f "$T/ca"
cp "$T/host_key" "$T/ca_host_key"
cp "$T/host_key.pub" "$T/ca_host_key.pub"
ssh-keygen -q -s "$T/ca" -I host -h -n build.lab.example "$T/ca_host_key.pub"
sshd_start "HostKey $T/ca_host_key" "HostCertificate $T/ca_host_key-cert.pub"
theirs 'Host build' '    HostName build.lab.example' "    Port $SSHD_PORT"
is "nix --host-ca" "$(config nix --host-ca="$T/ca.pub" --ssh-user="$(id -un)" --ssh-key="$T/user_key" build)" '0 '
sed -n '/^Host build/,/^$/p' "$T/out" | sed "s|/etc/nix/meshssh_known_hosts|$T/ca_known|" >"$T/ca_block"
grep '^@cert-authority ' "$T/out" >"$T/ca_known"
is "nix --host-ca: a login with the host's certificate" "$(at_home ssh -F "$T/ca_block" build 'echo in' 2>&1)" in
ssh-keygen -q -t ed25519 -N '' -C '' -f "$T/ca_other"
sed -i "s|AAAA.*|$(cut -d' ' -f2 "$T/ca_other.pub")|" "$T/ca_known"
check "nix --host-ca: none with another authority's" sh -c '! "$@" 2>/dev/null' sh timeout 20 env \
    LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD="$T/passwd" NSS_WRAPPER_GROUP=/etc/group \
    NSS_WRAPPER_HOSTS="$T/hosts" ssh -F "$T/ca_block" build true

# All names of a peer, and those that ssh -G tells.
theirs ''
is "all names: installed" "$(config install --no-probe --tailscaled="$T/mesh.sock" peer-00001)" '0 '
full=$(at_home ssh -G -T peer-00001 | sed -n 's/^hostname //p')
names="peer-00001 PEER-00001 $full $full. $(echo "$full" | tr '[:lower:]' '[:upper:]')"
for name in $names; do
	is "all names: $name" "$(takes "$name" hostname) $(grep -c '^proxycommand .*meshssh' "$T/G")" "$full 1"
done
theirs ''
is "all names of all peers: installed" "$(config install --tailnet --tailscaled="$T/mesh.sock")" '0 '
for name in $names $(sed -n 's/^Host .*\(100[.].*\)/\1/p' "$home/meshssh.conf" | head -n 1); do
	is "all names of all peers: $name" "$(takes "$name" hostname) $(grep -c '^proxycommand .*meshssh' "$T/G")" "$full 1"
done
theirs "Host $full PEER-00001" '    ProxyCommand none'
is "all names of all peers, of which the user's own file has some: installed" \
    "$(config install --tailnet --tailscaled="$T/mesh.sock")" '0 '
is "all names of all peers: those are left to it" "$(takes "$full" proxycommand) $(takes PEER-00001 proxycommand)" ' '
theirs ''
is "all names: installed again" "$(config install --no-probe --tailscaled="$T/mesh.sock" peer-00001)" '0 '
is "all names: one that the user's own file has is left to it" \
    "$(theirs "Host $full" '    ProxyCommand none' && config install --no-probe --tailscaled="$T/mesh.sock" peer-00001 &&
    takes "$full" proxycommand)" '0 '

# diff shows what changes, and dry-run, too.
theirs ''
is "diff: status" "$(config diff --no-probe nas)" '0 '
check "diff: what comes" grep -q '^+proxycommand .*meshssh --relay -- "%h" "%p"$' "$T/out"
check "diff: what goes" grep -q '^-serveraliveinterval 0$' "$T/out"
is "--dry-run: status" "$(config install --no-probe --dry-run nas)" '0 '
check "--dry-run: the same as comments" grep -q '^# -serveraliveinterval 0$' "$T/out"
check "and nothing is written" [ ! -e "$home/meshssh.conf" ]

# Temporary folders go at the end, and with the next run those of one that was killed: old, and of a process that ended.
mkdir -m 700 "$T/tmp"
sh -c : &
ended=$!
wait "$ended"
for left in "$ended.aaaaaa" "$$.bbbbbb" "$ended.cccccc"; do
	mkdir "$T/tmp/meshssh-$left"
	: >"$T/tmp/meshssh-$left/config.before"
	touch -d '2 hours ago' "$T/tmp/meshssh-$left"
done
touch "$T/tmp/meshssh-$ended.cccccc"
is "with temporary folders of others" "$(TMPDIR=$T/tmp config diff --no-probe nas)" '0 '
is "only one of a live process and a new one are left" "$(LC_ALL=C ls "$T/tmp")" \
    "$(printf 'meshssh-%s\n' "$ended.cccccc" "$$.bbbbbb" | LC_ALL=C sort)"

# Of very many names as many are compared as a few seconds allow, each peer's first one before all others, and it is said.
check "a few names: all are compared" sh -c '! grep -q "^# compared" "$1"' sh "$T/out"
python3 "$TOOLS/status-server.py" "$T/some.sock" 130 &
started $!
wait_for 10 test -S "$T/some.sock"
theirs 'Match final exec "test %h = peer-00090"' '    Port 2222'
at_home env SHELL=/bin/sh "$bin/meshssh-config" install --tailnet --tailscaled="$T/some.sock" >"$T/out" 2>"$T/err"
r_got=$?
refused "all peers of a mesh, of which the 90th is another's" 'peer-00090: .*port from "2222" to "22"'
python3 "$TOOLS/status-server.py" "$T/many.sock" 300 &
started $!
wait_for 10 test -S "$T/many.sock"
theirs ''
is "all peers of a mesh" "$(config install --tailnet --tailscaled="$T/many.sock")" '0 '
check "all peers: how many were compared" grep -qx '# compared with what ssh takes now for [1-9][0-9]* of 1800 names' "$T/out"

# A scan goes where ssh goes, by what only ssh can tell as well.
theirs 'Host app' '    HostName 127.0.0.1' 'Match final host 127.0.0.1' "    Port $SSHD_PORT"
scan() { at_home "$bin/meshssh-doctor" --scan --timeout=2 "$@" >"$T/out" 2>"$T/err"; echo "$? $(cat "$T/err")"; }
is "--scan: a port by Match final" "$(scan app)" '0 '
theirs 'CanonicalizeHostname yes' 'CanonicalDomains lab.example' 'Host *.lab.example' "    Port $SSHD_PORT"
is "--scan: a port by the canonical name" "$(scan build)" '0 '
theirs "Match originalhost app exec \"true\"" '    HostName localhost' "    Port $SSHD_PORT"
is "--scan: a host and a port by Match exec" "$(scan app)" '0 '

# Callers that bring their own ProxyCommand, and that of the block, by a real login.
theirs 'Host box' '    HostName localhost' "    Port $SSHD_PORT" "$(login_lines)"
is "a real host: installed" "$(config install box)" '0 '
is "ssh" "$(at_home ssh box 'echo in' 2>&1)" in
is "ssh with a ProxyCommand of its own" "$(at_home ssh -o 'ProxyCommand=nc %h %p' box 'echo in' 2>&1)" in
is "ssh with ProxyUseFdpass yes and nc" \
    "$(at_home ssh -o ProxyUseFdpass=yes -o 'ProxyCommand=nc -F %h %p' -o ConnectTimeout=none box 'echo in' 2>&1)" in
echo text >"$T/file"
for protocol in '' -O; do
	# shellcheck disable=SC2086	# no word where it is empty
	at_home scp -q $protocol -o 'ProxyCommand=nc %h %p' "$T/file" "box:$T/copy" 2>"$T/err"
	is "scp $protocol with a ProxyCommand of its own" "$? $(cat "$T/copy" "$T/err")" '0 text'
	rm -f "$T/copy"
done

# What ssh does only on a connection that it makes itself: the login is the same after install, and again after an update.
# same NAME WANTED LINE...: from where to where the login is, with these lines.
same() {
	s_name=$1 s_wanted=$2
	shift 2
	theirs "$@" "    Port $SSHD_PORT" "$(login_lines)"
	is "$s_name: before" "$(at_home ssh box 'echo $SSH_CONNECTION' 2>/dev/null | cut -d ' ' -f 1,3)" "$s_wanted"
	is "$s_name: installed" "$(config install --no-probe box) $(config install --no-probe)" '0  0 '
	is "$s_name: after" "$(at_home ssh box 'echo $SSH_CONNECTION' 2>/dev/null | cut -d ' ' -f 1,3)" "$s_wanted"
}
LO='127.0.0.1 127.0.0.1'
same BindAddress '127.0.0.5 127.0.0.1' 'Host box' '    HostName localhost' '    BindAddress 127.0.0.5'
same "BindAddress of many" '127.0.0.5 127.0.0.1' 'Match all' '    BindAddress 127.0.0.5' 'Host box' '    HostName localhost'
same "BindAddress at times" "$LO" 'Match exec false' '    BindAddress 127.0.0.5' 'Host box' '    HostName localhost'
check "BindAddress at times: no ProxyCommand, and why" grep -q '# no ProxyCommand here.*: BindAddress (' "$home/meshssh.conf"
same NoHostAuthenticationForLocalhost "$LO" 'NoHostAuthenticationForLocalhost yes' 'StrictHostKeyChecking yes' 'Host box' \
    '    HostName localhost' '    UserKnownHostsFile none'
for keyword in HostbasedAuthentication GSSAPITrustDns; do
	same "$keyword" "$LO" 'IgnoreUnknown GSSAPITrustDns' 'Host box' '    HostName localhost' "    $keyword yes"
	check "$keyword: ssh takes the name of its own socket" \
	    sh -c '[ -z "$1" ] || grep -q "# no ProxyCommand here, because it would disable this line: $2 yes (" "$3"' sh \
	    "$(ssh -G x | grep -i "^$keyword ")" "$keyword" "$home/meshssh.conf"
done
# A peer to which the kernel has no route: ssh by itself does not get there, and what is said for many hosts loses nothing.
for line in 'BindAddress 127.0.0.5' 'TCPKeepAlive no' 'HostbasedAuthentication yes'; do
	theirs 'Host *' "    $line"
	is "a peer, and $line" "$(config stanza --no-probe --tailscaled="$T/mesh.sock" peer-00001)$(grep -c '^    ProxyCommand ' "$T/out")" \
	    "0 1"
done

# Of a user whose shell runs no command, such as one of sudo(8) without logins, ssh runs no ProxyCommand.
theirs 'Host box' '    HostName localhost' "    Port $SSHD_PORT" "$(login_lines)"
deaf() { at_home env SHELL=/bin/false "$@" 2>/dev/null; }
is "a deaf shell: before" "$(deaf ssh box 'echo in')" in
is "a deaf shell: installed" "$(SHELL=/bin/false; export SHELL; config install --no-probe box)" '0 '
is "a deaf shell: after" "$(deaf ssh box 'echo in')" in
is "another shell: installed" "$(SHELL=/bin/sh; export SHELL; config install --no-probe box)" '0 '
is "a deaf shell, and a block of another: ssh fails, and so says the doctor" "$(deaf ssh box true; echo $?
    deaf "$bin/meshssh-doctor" --doctor box | grep -c 'with $SHELL, which runs no commands. (sure, way-failed)')" "255
1"
is "a deaf shell, and another for ssh: it works" "$(deaf env SHELL=/bin/sh ssh box 'echo in')" in
# Debian's ssh has an interval of 300 with BatchMode.
same TCPKeepAlive "$LO" 'Host box' '    HostName localhost' '    TCPKeepAlive no' '    ServerAliveInterval 0'
is "TCPKeepAlive: nothing ends the session" "$(takes box proxycommand serveraliveinterval)" 0
same "TCPKeepAlive and ServerAliveInterval" "$LO" 'Host box' '    HostName localhost' '    TCPKeepAlive no' \
    '    ServerAliveInterval 60'
is "TCPKeepAlive and ServerAliveInterval: that ends a session, with or without the relay" \
    "$(takes box proxycommand serveraliveinterval)" "$bin/meshssh --relay -- \"%h\" \"%p\" 60"
same ConnectionAttempts "$LO" 'Host box' '    HostName localhost' '    ConnectionAttempts 3'
is "ConnectionAttempts: ssh connects by itself" "$(takes box proxycommand)" ''
same AddressFamily "$LO" 'Host box' '    HostName dual' '    AddressFamily inet'
is "AddressFamily: the relay has it" "$(takes box proxycommand)" "$bin/meshssh --family=inet --relay -- \"%h\" \"%p\""
is "AddressFamily: a scan goes the same way" "$(scan box) $(grep -c '^box .* 127\.0\.0\.1 ' "$T/out")" '0  1'
at_home "$bin/meshssh-doctor" --json box >"$T/out" 2>"$T/err"
check "AddressFamily: the doctor does not call it void" sh -c 'grep -q "\"findings\"" "$1" && ! grep -q proxy-ignores "$1"' sh "$T/out"

finish
