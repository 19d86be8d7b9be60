#!/bin/sh
# meshssh-config serve: what it prints is what sshd, systemd, Nix and launchd take; what it installs has its effect in
# sshd's own words, and none on what an administrator has there; what it removes leaves every byte as it was.
#
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "serve" python3 sshd || finish
exec </dev/null
unset TS_SOCKET

# Root's part is in a mount namespace of its own: all of the script runs there.
if [ "$(id -u)" = 0 ] && [ "${SERVE_MOUNT:-}" = "" ] && namespaces; then
	SERVE_MOUNT=1 unshare -m --propagation private sh "$0"
	exit
fi

# What packages have is what is printed, and systemd takes it.
# shellcheck disable=SC2016	# the shell within expands them
check "a package's service" sh -c 'sed 1d "$1" | cmp - "$2"' sh "$SRCDIR/contrib/systemd/meshssh.service" \
	"$SRCDIR/tests/golden/emit/serve-service.out"
check "a package's user" cmp "$SRCDIR/contrib/systemd/meshssh-sysusers.conf" "$SRCDIR/tests/golden/emit/serve-users.out"
for list in serve-launchd serve-launchd-agent; do
	check "a list for launchd: $list" python3 -c 'import plistlib, sys
a = plistlib.load(open(sys.argv[1], "rb"))
assert a["ProgramArguments"][0].startswith("/") and a["Label"], a' "$SRCDIR/tests/golden/emit/$list.out"
done
"$BUILDDIR/meshssh-config" serve --nixos --program=/usr/bin/meshssh-serve --listen=100.64.0.7,fd7a:115c:a1e0::7 >"$T/module.nix"
if command -v nix-instantiate >/dev/null 2>&1; then
	check "the module is Nix" nix-instantiate --parse "$T/module.nix"
else
	skip "the module is Nix" "needs nix-instantiate"
fi

# Root installs only a program that no other user can change, and all of it into a copy of /etc.
if [ "${SERVE_MOUNT:-}" = "" ]; then
	skip "serve --install" "needs root and a mount namespace"
	finish
fi
mount -t tmpfs -o mode=755 none /mnt
cp "$BUILDDIR/meshssh" "$BUILDDIR/meshssh-config" "$BUILDDIR/meshssh-doctor" /mnt
# Without it, only its path counts, and that systemd finds it.
cp "$BUILDDIR/meshssh-serve" /mnt || printf '#!/bin/sh\n' >/mnt/meshssh-serve
chmod 755 /mnt/meshssh-serve
mkdir /mnt/etc
for part in ssh passwd group shadow gshadow nsswitch.conf pam.d ld.so.cache localtime os-release; do
	[ ! -e "/etc/$part" ] || cp -a "/etc/$part" /mnt/etc
done
mount --bind /mnt/etc /etc
mkdir -p /etc/systemd/system /etc/ssh/sshd_config.d /run/sshd
[ -f /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key

sshd=$(command -v sshd)
# What it tries there goes with it.
TMPDIR=$T
export TMPDIR
serve() { timeout 60 /mnt/meshssh-config serve --listen=100.64.0.7,fd7a:115c:a1e0::7 "$@" >"$T/out" 2>"$T/err"; }
removed() { timeout 60 /mnt/meshssh-config serve --remove "$@" >"$T/out" 2>"$T/err"; }
# fresh LINE...: these lines are sshd's configuration, and nothing is installed.
fresh() {
	rm -rf /etc/ssh/sshd_config* /etc/sysusers.d /etc/systemd/system/*
	mkdir /etc/ssh/sshd_config.d
	printf '%s\n' "$@" >/etc/ssh/sshd_config
}
# All files, and what is in them.
all() { find /etc -type f -exec sha256sum {} + | sort -k 2; }
# takes KEYWORD LADDR: what sshd takes for a session that comes to this address.
takes() {
	"$sshd" -T -C "user=root,host=localhost,addr=127.0.0.1,laddr=$2,lport=22" 2>&1 | sed -n "s/^$1 //p"
}
# refused NAME CODE-STATUS WORDS [OPTION...]: an error with these words, and every byte is as before.
refused() {
	r_name=$1 r_status=$2 r_words=$3
	shift 3
	all >"$T/before"
	serve --install "$@"
	is "$r_name: refused" $? "$r_status"
	check "$r_name: in words" grep -q "$r_words" "$T/err"
	all >"$T/after"
	check "$r_name: nothing has changed" cmp "$T/before" "$T/after"
}

INCLUDE='Include /etc/ssh/sshd_config.d/*.conf'

# --- what an administrator has there stays ---
fresh "$INCLUDE" 'ClientAliveInterval 30' 'VersionAddendum Corp' 'PermitRootLogin no' 'Match User carol' '    X11Forwarding no'
all >"$T/first"
serve --install --dry-run
is "a dry run" $? 0
check "it shows the unit" grep -q '^+ListenStream=100.64.0.7:4622' "$T/out"
all >"$T/after"
check "it writes nothing" cmp "$T/first" "$T/after"
serve --install
is "installed" $? 0
# An sshd that systemd starts when a client comes refuses a reload, and a service that runs keeps its socket from changing.
then_run() { sed -n '/^Then:/,$s/^    //p' "$T/out"; }
start='systemd-sysusers /etc/sysusers.d/meshssh.conf
systemctl daemon-reload
systemctl enable meshssh.socket
systemctl restart meshssh.socket meshssh.service
systemctl try-reload-or-restart'
is "it says what to run" "$(then_run | sed 's/ sshd*$//')" "$start"
# named UNIT: the unit of sshd that is named where UNIT is all that the system has.
named() {
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount -t tmpfs none /usr/lib/systemd/system && mount -t tmpfs none /etc/systemd/system &&
	    touch "/etc/systemd/system/$1" && "$2" serve --listen=100.64.0.7 | sed -n "s/.*try-reload-or-restart //p"' \
	    sh "$1" /mnt/meshssh-config
}
is "sshd's unit by its name" "$(named ssh.service) $(named sshd.service)" 'ssh sshd'
is "ClientAliveInterval of its sessions" "$(takes clientaliveinterval 127.0.0.22)" 0
is "and by IPv6" "$(takes clientaliveinterval fdfe::22)" 0
is "ClientAliveInterval of all others" "$(takes clientaliveinterval 192.168.1.20)" 30
is "VersionAddendum" "$(takes versionaddendum 192.168.1.20)" 'Corp meshssh=4622'
is "what stands behind the Include" "$(takes permitrootlogin 127.0.0.22)" no
if command -v systemd-analyze >/dev/null 2>&1; then
	systemd-analyze verify --man=no /etc/systemd/system/meshssh.socket /etc/systemd/system/meshssh.service >"$T/out" 2>&1
	is "systemd takes the units" $? 0
	is "and warns of no line" "$(grep /etc/systemd/system/meshssh "$T/out")" ''
	serve --install --listen=100.64.0.7 --program=/mnt/no-such-program
	is "a program that is not there" $? 78
	sed 's|/usr/bin/meshssh-serve|/mnt/meshssh-serve|' "$SRCDIR/contrib/systemd/meshssh.service" >"$T/meshssh.service"
	cp "$SRCDIR/contrib/systemd/meshssh.socket" "$T"
	check "and those of a package" systemd-analyze verify --man=no "$T/meshssh.socket" "$T/meshssh.service"
else
	skip "systemd takes the units" "needs systemd-analyze"
fi
all >"$T/before"
serve --install
is "a second time" $? 0
all >"$T/after"
check "it is the same" cmp "$T/before" "$T/after"
is "no temporary files" "$(find /etc "$T" -name '*meshssh-??????' -o -name 'meshssh-config.*')" ''
mkdir -p /etc/systemd/system/sockets.target.wants
ln -s ../meshssh.socket /etc/systemd/system/sockets.target.wants/meshssh.socket
removed
is "what is enabled is not removed" $? 75
check "but what to do before is said" grep -q 'disable --now meshssh.socket; disable it, then run the command again' "$T/err"
rm -r /etc/systemd/system/sockets.target.wants
removed
is "removed" $? 0
all >"$T/after"
check "every byte is as before" cmp "$T/first" "$T/after"
removed
is "removed again: nothing to change" "$(cat "$T/out")" 'there is nothing to change'

# --- what does not go together, and what is not ours ---
refused "install and remove" 64 'install or --remove, not both' --remove
refused "a module that is to be installed" 64 'a module is for your configuration, and not installed' --nixos
refused "a word" 64 'serve takes no "box"' box
serve --dry-run
is "a dry run of nothing" "$? $(grep -c 'dry-run is for --install and --remove; without them, serve only prints' "$T/err")" '64 1'
removed --nixos
is "a module that is to be removed" "$? $(grep -c 'nixos is a module, and goes with neither' "$T/err")" '64 1'
rm /etc/ssh/sshd_config
refused "no sshd_config" 66 '/etc/ssh/sshd_config is not there'
fresh "$INCLUDE"
echo '[Socket]' >/etc/systemd/system/meshssh.socket
refused "a unit that is another program's" 78 'meshssh.socket is there, and not from meshssh-config'
all >"$T/before"
removed
is "a unit that is another program's is left" "$? $(grep -c '^/etc/systemd/system/meshssh.socket: not from meshssh-config, and left$' "$T/out")" '0 1'
all >"$T/after"
check "byte by byte" cmp "$T/before" "$T/after"

# A user whom the system does not know has no home to install into, or to remove from.
stranger() { setpriv --reuid 54321 --regid 54321 --clear-groups timeout 60 /mnt/meshssh-config serve --rootless "$@" >"$T/out" 2>&1; }
stranger --listen=127.0.0.1
check "a user without a home: it is printed where the files belong" grep -q '^# ~/.config/systemd/user/meshssh.socket: ' "$T/out"
for what in --install --remove; do
	stranger $what
	is "a user without a home: $what is refused" "$? $(cat "$T/out")" \
	    '66 meshssh-config: the user database has no home directory for this user; nothing was changed'
done

# --- an sshd that listens at some addresses ---
fresh "$INCLUDE" 'ListenAddress 127.0.0.1' 'ListenAddress 127.0.0.22'
serve --install
is "sshd listens at 127.0.0.22, and not at all addresses" $? 0

# --- a configuration that has no Include ---
fresh 'ClientAliveInterval 30' 'Match User carol' '    X11Forwarding no'
cp /etc/ssh/sshd_config "$T/theirs"
serve --install
is "without Include" $? 0
is "its sessions" "$(takes clientaliveinterval 127.0.0.22)" 0
is "others" "$(takes clientaliveinterval 10.0.0.1)" 30
check "a copy is kept" cmp /etc/ssh/sshd_config.before-meshssh "$T/theirs"
check "the line says how it goes" grep -q 'goes by: meshssh-config serve --remove' /etc/ssh/sshd_config
removed
is "taken out" $? 0
check "sshd_config is as before" cmp /etc/ssh/sshd_config "$T/theirs"

# --- ended midway: each file is whole, as it was or as it is to be, sshd takes them, and a second run completes it ---
cat >"$T/killed.py" <<'END'
"""killed.py SSHD PROGRAM COMMAND...: that, ended at each call in turn that moves a file or removes one."""
import os, re, shutil, subprocess, sys
SSHD, COMMAND = sys.argv[1], sys.argv[2:]
PARTS = ("/etc/ssh", "/etc/sysusers.d", "/etc/systemd")
MOVES = "rename,renameat,renameat2,link,linkat,unlink,unlinkat"
TEMPORARY = re.compile(r"\.meshssh-[0-9a-f]{16}$")
def state():
    found = {}
    for part in PARTS:
        for folder, _, names in os.walk(part):
            for name in names:
                with open(os.path.join(folder, name), "rb") as f:
                    found[os.path.join(folder, name)] = f.read()
    return found
def put(files):
    for path in state().keys() - files.keys():
        os.unlink(path)
    for path, data in files.items():
        with open(path, "wb") as f:
            f.write(data)
def run(*words):
    return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60).returncode
old = state()
for folder in {os.path.dirname(path) for path in old}:
    assert os.path.isdir(folder)
assert run("strace", "-o", "/mnt/moves", "-e", "trace=" + MOVES, *COMMAND) == 0
new = state()
count, points = {}, []
with open("/mnt/moves", encoding="ascii", errors="replace") as f:
    for line in f:
        if (name := line.split("(")[0]) in MOVES.split(","):
            count[name] = count.get(name, 0) + 1
            points.append((name, count[name]))
stages = set()
for name, nth in points:
    put(old)
    inject = "inject=%s:signal=KILL:when=%d" % (name, nth)
    assert run("strace", "-o", "/dev/null", "-e", "trace=" + name, "-e", inject, *COMMAND) != 0, inject
    now = {path: data for path, data in state().items() if not TEMPORARY.search(path)}
    for path in old.keys() | new.keys() | now.keys():
        assert now.get(path) in (old.get(path), new.get(path)), (inject, path)
    assert run(SSHD, "-t") == 0, (inject, "sshd -t")
    stages.add(tuple(sorted(path for path in old.keys() | new.keys() if now.get(path) == new.get(path))))
    assert run(*COMMAND) == 0, (inject, "again")
    assert state() == new, (inject, {path for path in new.keys() | state().keys() if new.get(path) != state().get(path)})
print(len(stages) >= 5)
END
killed() { timeout 120 python3 "$T/killed.py" "$sshd" /mnt/meshssh-config serve "$@" 2>&1; }
if need "ended midway" strace; then
	fresh 'ClientAliveInterval 30' 'Match User carol' '    X11Forwarding no'
	is "an installation that is ended midway" "$(killed --install --listen=100.64.0.7)" True
	is "a removal that is ended midway" "$(killed --remove)" True
fi

# --- an Include behind a Match: ours comes before it ---
fresh 'Match LocalAddress 127.0.0.0/8' '    ClientAliveInterval 9' 'Match all' "$INCLUDE"
cp /etc/ssh/sshd_config "$T/theirs"
serve --install
is "an Include behind a Match" "$? $(takes clientaliveinterval 127.0.0.22) $(takes clientaliveinterval 127.0.0.1)" '0 0 9'
echo 'VersionAddendum later' >/etc/ssh/sshd_config.d/00-admin.conf
serve --install
is "and what others put before it since is behind ours" "$? $(takes versionaddendum 127.0.0.1)" '0 meshssh=4622'
removed
check "it is as before" cmp /etc/ssh/sshd_config "$T/theirs"

# --- what must not be installed ---
fresh "$INCLUDE"
printf 'Match LocalAddress 127.0.0.0/8\n    ClientAliveInterval 9\n' >/etc/ssh/sshd_config.d/00-admin.conf
refused "an earlier Match" 78 'ClientAliveInterval stays 9'
fresh "$INCLUDE"
echo 'VersionAddendum first' >/etc/ssh/sshd_config.d/00-admin.conf
refused "an earlier drop-in" 78 'VersionAddendum stays "first"'
fresh "$INCLUDE" 'ListenAddress 127.0.0.1'
refused "an sshd that listens elsewhere" 78 'not at 127.0.0.22'
fresh "$INCLUDE" 'NoSuchKeyword yes'
refused "a broken configuration" 78 'sshd -t: .*NoSuchKeyword'
fresh "$INCLUDE"
echo '# mine' >/etc/ssh/sshd_config.d/00-meshssh.conf
refused "a file by that name" 78 'not from meshssh-config'
fresh "$INCLUDE"
cp /mnt/meshssh-serve "$T/meshssh-serve"
chmod 777 "$T/meshssh-serve"
refused "a program that others can change" 78 'so root must not run' --program="$T/meshssh-serve"
refused "no address" 64 'addresses, with commas between them' --listen=nas
timeout 60 /mnt/meshssh-config serve >"$T/out" 2>"$T/err"
case $? in
0 | 69) ok "the mesh's addresses" ;;
*) not_ok "the mesh's addresses" "$(cat "$T/err")" ;;
esac

# --- what is installed, run as systemd would: clients learn of it and are served ---
cat >"$T/lab" <<'END'
# Two hosts: this namespace, 100.64.0.7 and fd7a:115c:a1e0::7, and another one, with .2 and ::2.
ip link set lo up
unshare -n sleep 60 &
other=$!
until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
ip link add s0 type veth peer name c0 netns $other
ip addr add 100.64.0.7/24 dev s0
ip addr add fd7a:115c:a1e0::7/64 dev s0 nodad
ip link set s0 up
there="nsenter -t $other -n"
$there ip link set lo up
$there ip addr add 100.64.0.2/24 dev c0
$there ip addr add fd7a:115c:a1e0::2/64 dev c0 nodad
$there ip link set c0 up
"$sshd" -D -e 2>"$T/sshd.log" & sshd_pid=$!
unit=/etc/systemd/system/meshssh.service
sed -n 's/^ExecStartPre=-+//p' $unit >"$T/lines"
while read -r line; do $line || echo "failed: $line"; done <"$T/lines"
user=$(sed -n 's/^User=//p' $unit)
mkdir -m 700 "$T/runtime"
chown "$user" "$T/runtime"
# shellcheck disable=SC2046	# they are words
systemd-socket-activate $(sed -n 's/^ListenStream=/-l /p' /etc/systemd/system/meshssh.socket) -E RUNTIME_DIRECTORY="$T/runtime" \
    strace -DDD -f -qq -o "$T/calls" setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs \
    --inh-caps +net_raw --ambient-caps +net_raw --bounding-set -all,+net_raw \
    $(sed -n 's/^ExecStart=//p' $unit) 2>"$T/log" & serve=$!
until ss -Hltn | grep -q 100.64.0.7:4622 && ss -Hltn | grep -q '0.0.0.0:22'; do kill -0 $serve $sshd_pid || exit 1; done
login() {
	$there timeout 20 ssh -F "$T/client" -o HostName="$1" nas 'echo $SSH_CONNECTION' </dev/null
}
echo "IPv4: $(login 100.64.0.7 2>&1)"
echo "IPv6: $(login fd7a:115c:a1e0::7 2>&1)"
found() { # DOCTOR'S ARGUMENT...: what it says of resumption, and those of its findings that are about that
	timeout 30 "$@" --json </dev/null 2>/dev/null | python3 -c 'import json, sys
d = json.load(sys.stdin)
print(*[x["code"] for x in d["findings"] if x["code"] in sys.argv], d["facts"].get("resume", {}).get("error", "-"))' \
	    resume-unreachable alive-ends-held fdpass-no-resume source-local serve-open
}
echo "doctor: $(found $there /mnt/meshssh-doctor 100.64.0.7)"
$there /mnt/meshssh-config stanza --fdpass 100.64.0.7 >"$T/stanza" 2>&1
printf '%s\n' 'ProxyCommand /mnt/meshssh --relay -- %h %p' 'ServerAliveInterval 15' >/etc/ssh/ssh_config
echo "ServerAliveInterval: $(found $there /mnt/meshssh-doctor 100.64.0.7)"
printf '%s\n' 'ProxyCommand /mnt/meshssh --fdpass --relay -- %h %p' 'ProxyUseFdpass yes' >/etc/ssh/ssh_config
echo "fdpass: $(found $there /mnt/meshssh-doctor 100.64.0.7)"
kill $serve
wait $serve
echo "closed: $(found $there /mnt/meshssh-doctor 100.64.0.7)"
socat TCP-LISTEN:4622,fork,reuseaddr SYSTEM:'echo 220 smtp.example && cat >/dev/null' 2>/dev/null & other_service=$!
until ss -Hltn | grep -q 0.0.0.0:4622; do kill -0 $other_service || exit 1; done
echo "another service: $(found $there /mnt/meshssh-doctor 100.64.0.7)"
mkdir /etc/systemd/system/sockets.target.wants
ln -s ../meshssh.socket /etc/systemd/system/sockets.target.wants/meshssh.socket
echo "server: $(found /mnt/meshssh-doctor)"
sed -i 's/ClientAliveInterval 0/ClientAliveInterval 20/' /etc/ssh/sshd_config.d/00-meshssh.conf
sed -i 's/--source=client/--source=hash/' $unit
sed -i 's/^ListenStream=100.64.0.7/ListenStream=192.168.1.7/' /etc/systemd/system/meshssh.socket
printf 'Match Address 127.0.0.0/8\n\tPasswordAuthentication yes\n' >>/etc/ssh/sshd_config
echo "changed server: $(found /mnt/meshssh-doctor)"
kill $sshd_pid $other_service $other
END
programs='ip nsenter setpriv socat ss ssh strace systemd-analyze systemd-socket-activate systemd-sysusers unshare'
# shellcheck disable=SC2086	# they are words
if [ -x "$BUILDDIR/meshssh-serve" ] && need "what is installed runs" $programs; then
	ssh-keygen -q -t ed25519 -N '' -f "$T/key"
	chmod 755 "$T"
	fresh "$INCLUDE" "AuthorizedKeysFile $T/key.pub" "UsePAM $(t_pam)" "$(t_forgiving)" 'StrictModes no' \
		'PermitRootLogin yes' 'ClientAliveInterval 30'
	printf '%s\n' 'Host *' "	IdentityFile $T/key" '	User root' '	StrictHostKeyChecking no' '	UserKnownHostsFile /dev/null' \
		'	LogLevel ERROR' '	ProxyCommand /mnt/meshssh --relay -- %h %p' >"$T/client"
	serve --install
	is "installed to be run" $? 0
	check "systemd makes the user" systemd-sysusers /etc/sysusers.d/meshssh.conf
	export T sshd
	timeout -k 2 60 unshare -n sh "$T/lab" >"$T/seen" 2>&1
	line() { sed -n "s/^$1: //p" "$T/seen"; }
	ends=$(printf '127.0.0.22 22\nfdfe::22 22')
	is "clients learn of it, and sshd sees their addresses" "$(sed -n 's/^IPv[46]: [^ ]* [0-9]* //p' "$T/seen")" "$ends"
	is "both are sessions of meshssh-serve" "$(sed -n 's/.*: begins, from \([^ ]*\) .*/\1/p' "$T/log" | tr '\n' ' ')" \
		'100.64.0.2 fd7a:115c:a1e0::2 '
	is "no line before it failed" "$(line failed)" ''
	is "systemd's filter has each system call" "$(python3 "$TOOLS/unit-calls.py" "$T/calls")" ''
	is "the doctor is content" "$(line doctor)" '-'
	check "the stanza: ssh does not end what is held" grep -q '^ *ServerAliveInterval 0' "$T/stanza"
	is "the stanza: no --fdpass" "$(grep -c '^ *Proxy.*[Ff]dpass' "$T/stanza")" 0
	is "the doctor: ServerAliveInterval" "$(line ServerAliveInterval)" 'alive-ends-held -'
	is "the doctor: --fdpass" "$(line fdpass)" 'fdpass-no-resume -'
	is "the doctor: the port is closed" "$(line closed)" 'resume-unreachable refused'
	is "the doctor: another service" "$(line 'another service')" 'resume-unreachable not-resumable'
	is "the doctor on the server" "$(line server)" '-'
	is "the doctor on a server that was changed" "$(line 'changed server')" 'source-local alive-ends-held serve-open -'
fi

# --- without root ---
mkdir -m 700 "$T/home"
cp /etc/passwd "$T/passwd"
sed -i "s|^root:.*|root:x:0:0::$T/home:/bin/sh|" /etc/passwd
unset XDG_RUNTIME_DIR
serve --install --rootless
is "rootless" $? 0
mkdir -m 700 "$T/own"
XDG_RUNTIME_DIR=$T/own serve --install --rootless --port=4700
is "rootless, and the user's manager looks at it" $? 0
check "its unit" grep -q -- --source=loopback "$T/home/.config/systemd/user/meshssh.service"
is "no user of its own" "$(grep ^User= "$T/home/.config/systemd/user/meshssh.service")" ''
serve --rootless --listen=127.0.0.1
is "rootless, on loopback alone: where it listens, and what clients need" \
	"$(grep -o -e '^ListenStream=.*' -e 'meshssh --resume=ssh:PORT' "$T/out" | tr '\n' ' ')" \
	'ListenStream=127.0.0.1:4622 meshssh --resume=ssh:PORT '
removed --rootless
is "rootless, removed" "$? $(find "$T/home" -type f)" '0 '
finish
