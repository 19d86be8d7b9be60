#!/bin/sh
# meshssh-config nix makes a remote builder of a host, shown with a real Nix on both sides (nixlab.sh): what it writes and
# nothing else is enough for nix-daemon, whose environment is empty, to build there by ssh:// and ssh-ng://, eight at once, and
# for copies of 64 MiB both ways, bit by bit, without a word on standard error; a wrong host key, a host that is down, a relay
# that dies, a peer that is frozen and a link that is cut each end the build in time and with a reason; and the variants for
# NIX_SSHOPTS, NixOS and nix-darwin say the same.
#
# shellcheck disable=SC2016,SC2317	# text for other shells; functions that are called by way of check
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source-path=SCRIPTDIR source=nixlab.sh
. "$TOOLS/nixlab.sh"
lab_or_finish
# Known from before; what becomes of other keys is shown by config-nix-key.sh.
near mkdir -m 700 /root/.ssh
{
	printf 'builder,builder.mesh.example,builder2 '
	far cat /etc/ssh/ssh_host_ed25519_key.pub
} | near_write /root/.ssh/known_hosts
SYSTEM=$(near nix-instantiate --eval --store dummy:// -E builtins.currentSystem | tr -d '"')

# --- what it refuses ------------------------------------------------------------------------------------------------

# refuses NAME STATUS WORDS ARGUMENT...: one line that has these words, nothing on standard output.
refuses() {
	r_name=$1
	r_status=$2
	r_words=$3
	shift 3
	near meshssh-config nix "$@" >"$T/out" 2>"$T/err"
	is "$r_name: status, lines" "$? $(wc -l <"$T/err") $(wc -c <"$T/out")" "$r_status 1 0"
	check "$r_name: says why" grep -qF -e "$r_words" "$T/err"
}
# without_nix COMMAND...: on near, where there is no nix.
without_nix() { near unshare -m sh -c 'mount --bind /dev/null "$(command -v nix)" && exec "$@"' sh "$@"; }
without_nix meshssh-config nix --check builder >"$T/out" 2>&1
is '--check without Nix' "$? $(cat "$T/out")" '72 meshssh-config: there is no nix here; install Nix, or put it into PATH'
refuses 'localhost' 64 'for a builder called localhost Nix runs no ssh, it builds here; give it a name of its own in ~/.ssh/config' localhost
refuses 'localhost.localdomain' 64 'localhost' localhost.localdomain
refuses 'no host' 64 'there is no host'
refuses 'a blank in the key' 64 '--ssh-key' builder --ssh-key='/etc/nix/my key'
refuses 'a list with a semicolon' 64 '--systems' builder --systems='a;b'
refuses 'jobs that are none' 64 '--max-jobs' builder --max-jobs=1.5
refuses 'the same name twice' 64 'two builders would be called builder' builder builder.mesh.example
refuses 'two modules' 64 'exclude' builder --nixos --darwin
refuses 'linux-builder of NixOS' 64 'nix-darwin' --linux-builder --nixos
refuses 'a protocol that is none' 64 '--protocol=ssh|ssh-ng, not "http"' builder --protocol=http
refuses 'one key for two hosts' 64 '--host-key is for one host' builder builder2 --host-key=/tmp/key
refuses 'two to be asked' 64 '--check takes one builder, or none for all' --check builder builder2
refuses 'a name that is none, to be asked' 64 'is not a host name or address' --check 'b*r'
refuses 'none to be asked' 64 "Nix's list of builders has none that ssh reaches" --check
refuses 'a module, installed' 64 'not installed' builder --nixos --install
refuses 'a key file that is none' 69 'not the public key of a host' builder --host-key=/etc/passwd
refuses 'a private key' 69 'not the public key of a host' builder --host-key=/etc/nix/builder_ed25519
refuses 'a key file that is not there' 69 'No such file or directory; name it: --host-key=ssh_host_ed25519_key.pub' builder --host-key=/nosuch
refuses 'a host that is not there' 69 'shows no host key' nosuch.invalid
lab_sshd_stop
refuses 'a host that refuses' 69 'builder shows no host key: ' builder
check 'and why is on record' sh -c "grep -q refused '$T/err'"
lab_sshd || exit 1
near sh -c 'mv /etc/nix/nix.conf /nix/nix.conf; ln -s /nix/nix.conf /etc/nix/nix.conf'
refuses 'a nix.conf that is a link' 78 'is a link, made by another program; use --nixos or --darwin' builder --ssh-user=builder --install
is 'and nothing was written' "$(near ls /etc/nix /root/.ssh 2>&1 | grep -c meshssh)" 0
near sh -c 'rm /etc/nix/nix.conf; mv /nix/nix.conf /etc/nix/nix.conf'

# --- what it writes -------------------------------------------------------------------------------------------------

near meshssh-config nix builder.mesh.example --ssh-user=builder --max-jobs=16 >"$T/plain" 2>"$T/err"
is 'printed: status, and nothing on stderr' "$? $(cat "$T/err")" '0 '
near meshssh-config nix builder.mesh.example --ssh-user=builder --max-jobs=16 >"$T/again"
check 'the same again, byte by byte' cmp "$T/plain" "$T/again"
far cat /etc/ssh/ssh_host_ed25519_key.pub | cut -d' ' -f1,2 >"$T/host_key"
is 'column 8 is the key of the host' \
    "$(grep '^ssh-ng://' "$T/plain" | cut -d' ' -f8 | base64 -d)" "$(cat "$T/host_key")"
is 'the line has 8 columns' "$(grep '^ssh-ng://' "$T/plain" | wc -w)" 8
far cat /etc/ssh/ssh_host_rsa_key.pub | near_write /tmp/rsa.pub
near meshssh-config nix builder --ssh-user=builder --host-key=/tmp/rsa.pub >"$T/out"
is 'a key from a file' "$(grep '^ssh-ng://' "$T/out" | cut -d' ' -f8 | base64 -d)" \
    "$(far cat /etc/ssh/ssh_host_rsa_key.pub | cut -d' ' -f1,2)"
is 'nobody has logged in' "$(grep -c 'Accepted' "$SHARE/sshd.log")" 0

check 'installed' near meshssh-config nix builder.mesh.example --ssh-user=builder --max-jobs=16 --install
is 'modes' "$(near stat -c '%a %U %n' /root/.ssh /root/.ssh/config /root/.ssh/meshssh_nix /etc/nix/machines.meshssh \
    /etc/nix/meshssh_known_hosts /etc/nix/nix.conf | tr '\n' ' ')" "700 root /root/.ssh 600 root /root/.ssh/config 600 root \
/root/.ssh/meshssh_nix 644 root /etc/nix/machines.meshssh 644 root /etc/nix/meshssh_known_hosts 644 root /etc/nix/nix.conf "
near md5sum /root/.ssh/config /etc/nix/nix.conf >"$T/sums"
near meshssh-config nix builder.mesh.example --ssh-user=builder --max-jobs=16 --install >"$T/out"
is 'installed again: there is nothing to do' "$(cat "$T/out")" 'there is nothing to change'
near md5sum /root/.ssh/config /etc/nix/nix.conf >"$T/sums.again"
check 'installed again: they are the same' cmp "$T/sums" "$T/sums.again"
is "found whatever HOME a sudo has left" "$(near env HOME=/home/alice ssh -G builder 2>/dev/null | grep '^hostname ')" \
    'hostname builder.mesh.example'

# --- what it changes in files of others ------------------------------------------------------------------------------

# all_files: everything that an installation writes, or leaves behind.
all_files() {
	near sh -c 'cd / && ls -lA --time-style=+ root/.ssh etc/nix && cat root/.ssh/config root/.ssh/meshssh_nix etc/nix/*mesh* \
	    etc/nix/nix.conf* root/.ssh/*.before-meshssh' 2>&1
}
# again: as before the first time, but for these two files.
again() {
	near sh -c 'rm -rf /root/.ssh /etc/nix/*meshssh*; mkdir -m 700 /root/.ssh; sed -i "/^# Made\|^builders/d" /etc/nix/nix.conf
	    printf "# mine\nHost own\n" >/root/.ssh/config; cp /root/.ssh/config /tmp/config.mine; cp /etc/nix/nix.conf /tmp/conf.mine'
}
# install OPTION...
install() {
	near meshssh-config nix builder.mesh.example --ssh-user=builder --host-key=/tmp/host.pub --install "$@"
}
far cat /etc/ssh/ssh_host_ed25519_key.pub | near_write /tmp/host.pub
near cp -a /etc/nix/nix.conf /root/.ssh/config /tmp
near cp -a /root/.ssh /tmp/ssh.good
near cp -a /etc/nix /tmp/nix.good

# Of several lines that set builders Nix takes the last.
again
near sh -c 'cp /etc/nix/nix.conf /tmp/conf.plain; printf "\n!include nix.custom.conf\nbuilders = ssh://other\n" >>/etc/nix/nix.conf
    : >/etc/nix/nix.custom.conf'
refuses 'a line that wins' 78 'sets builders behind what /etc/nix/nix.custom.conf would say, and wins; remove that line, or move it above the include' \
    builder.mesh.example --ssh-user=builder --host-key=/tmp/host.pub --install
near sh -c 'cp /tmp/conf.plain /etc/nix/nix.conf'
check 'nix.custom.conf that nix.conf does not include: installed' install
is 'nix.custom.conf that nix.conf does not include: builders and the other line are in nix.conf' \
    "$(near sh -c 'grep -c ^builders /etc/nix/nix.conf; wc -c </etc/nix/nix.custom.conf; rm /etc/nix/nix.custom.conf' | tr '\n' ' ')" '2 0 '
# Nix reads root's own nix.conf, too, and what an included file includes is beside that.
again
near sh -c 'mkdir -p /root/.config/nix; printf "\r\ninclude more.conf\r\n" >/root/.config/nix/nix.conf
    printf "builders = ssh://other\r\n" >/root/.config/nix/more.conf'
is "root's own nix.conf: it wins" "$(near nix show-config | grep '^builders =')" 'builders = ssh://other'
refuses "root's own nix.conf" 78 '/root/.config/nix/more.conf:1 sets builders behind what /etc/nix/nix.conf would say, and wins' \
    builder.mesh.example --ssh-user=builder --host-key=/tmp/host.pub --install
near sh -c 'rm -rf /root/.config'

again
all_files >"$T/before"
install --dry-run >"$T/diff" 2>&1
all_files >"$T/after"
check '--dry-run changes nothing' cmp "$T/before" "$T/after"
is '--dry-run shows the files and their lines' "$(grep '^+++ ' "$T/diff" | cut -f1 | tr '\n' ' ')" "+++ /root/.ssh/meshssh_nix \
+++ /root/.ssh/config +++ /etc/nix/meshssh_known_hosts +++ /etc/nix/machines.meshssh +++ /etc/nix/nix.conf "
is '--dry-run: the lines' "$(grep -c '^+Include /root/.ssh/meshssh_nix$\|^+builders = ' "$T/diff")" 2
refuses '--dry-run without --install' 64 '--dry-run is for --install; without it, nix only prints' builder --dry-run

twenty=
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	(install >"$T/twenty.$n" 2>&1; echo $? >>"$T/twenty.$n") &
	started $!
	twenty="$twenty $!"
done
# shellcheck disable=SC2086	# one word each
wait $twenty
is 'twenty at once: all succeed' "$(tail -qn 1 "$T"/twenty.* | sort -u)" 0
is 'twenty at once: one set of lines' "$(near sh -c 'grep -c ^Include /root/.ssh/config; grep -c ^builders /etc/nix/nix.conf
    grep -c "://" /etc/nix/machines.meshssh' | tr '\n' ' ')" '1 2 1 '
is 'twenty at once: nothing is left over' "$(near ls -A /root/.ssh /etc/nix | grep '\.meshssh-')" ''
is 'the first one kept what was there' "$(near sh -c 'cmp /root/.ssh/config.before-meshssh /tmp/config.mine &&
    cmp /etc/nix/nix.conf.before-meshssh /tmp/conf.mine && tail -n 2 /root/.ssh/config | cmp - /tmp/config.mine && echo same')" same
is 'no other file has a copy' "$(near ls -A /root/.ssh /etc/nix | grep -c 'before-meshssh')" 2

# Ended as each file changes: it is whole, and the next one does the rest.
all_files | grep -v before-meshssh >"$T/wanted"
killed=0
for n in 1 2 3 4 5 6 7; do
	again
	near strace -o /dev/null -e trace=renameat2 -e inject=renameat2:signal=KILL:when=$n meshssh-config nix builder.mesh.example \
	    --ssh-user=builder --host-key=/tmp/host.pub --install >/dev/null 2>&1
	[ $? -ne 137 ] || killed=$((killed + 1))
	near cat /root/.ssh/config /etc/nix/nix.conf | grep -vxFf "$T/wanted" >"$T/torn"
	install >"$T/out" 2>&1
	all_files | grep -v before-meshssh >"$T/after"
	if ! cmp -s "$T/wanted" "$T/after" || [ -s "$T/torn" ]; then
		break
	fi
done
is 'ended at each file: whole, and the next one does the rest' \
    "$killed $(diff "$T/wanted" "$T/after") $(cat "$T/torn")" '7  '

# The program is another user's to change, or our file is another program's.
again
all_files >"$T/before"
near mkdir -p /tmp/bin
near cp /opt/meshssh/bin/meshssh /opt/meshssh/bin/meshssh-config /tmp/bin
refuses 'a program below a folder of everybody' 78 '/tmp can be written by others than root' \
    builder --ssh-user=builder --host-key=/tmp/host.pub --install --program=/tmp/bin/meshssh
near env PATH=/tmp/bin:/usr/bin:/bin meshssh-config nix builder --ssh-user=builder --host-key=/tmp/host.pub --install \
    >"$T/out" 2>&1
is 'a program beside this one there: status' "$? $(grep -c '/tmp can be written' "$T/out")" '78 1'
all_files >"$T/after"
check 'a program of everybody: nothing was written' cmp "$T/before" "$T/after"
near sh -c 'echo mine >/etc/nix/machines.meshssh'
refuses 'a list that is another program'"'"'s' 78 'machines.meshssh is there, and not from meshssh-config' \
    builder --ssh-user=builder --host-key=/tmp/host.pub --install
is 'it is left' "$(near cat /etc/nix/machines.meshssh; near ls -A /root/.ssh)" "mine
config"
near sh -c 'echo Bogus >>/root/.ssh/config; rm /etc/nix/machines.meshssh'
refuses 'a configuration that ssh refuses' 78 'ssh -G builder gives no answer: /root/.ssh/config' \
    builder --ssh-user=builder --host-key=/tmp/host.pub --install
near sh -c 'rm -rf /root/.ssh /etc/nix /tmp/bin && mv /tmp/ssh.good /root/.ssh && mv /tmp/nix.good /etc/nix'

# nix.conf may have access tokens in it: who may read a file is not for us to change, nor what stands in it.
near cp -a /etc/nix/nix.conf /root/.ssh/config /tmp
near sh -c 'sed -i "/^builders/d" /etc/nix/nix.conf; chmod 600 /etc/nix/nix.conf
	printf "# mine\nHost own\n" >/root/.ssh/config; chmod 640 /root/.ssh/config'
check 'installed into files of others' near meshssh-config nix builder.mesh.example --ssh-user=builder --max-jobs=16 --install
is 'their modes stay' "$(near stat -c %a /etc/nix/nix.conf /root/.ssh/config | tr '\n' ' ')" '600 640 '
is 'what was there stays' "$(near tail -n 2 /root/.ssh/config | tr '\n' ' ')" '# mine Host own '
near sh -c 'cp -a /tmp/nix.conf /etc/nix/; cp -a /tmp/config /root/.ssh/'

# --- what works -----------------------------------------------------------------------------------------------------

# derivation NAME SHELL-TEXT: /share/NAME.nix, whose result is new in each run of this script.
derivation() {
	cat >"$SHARE/$1.nix" <<-END
	derivation { name = "$1"; system = builtins.currentSystem; builder = "/bin/sh"; PATH = "/usr/bin:/bin";
	  run = "$$"; args = [ "-c" ''$2'' ]; }
	END
}
# build USER NAME [OPTION...]: by nix-daemon; what it prints in $T/NAME.out, and its status.
build() {
	: >"$SHARE/near-daemon.log"
	b_user=$1
	b_name=$2
	shift 2
	$b_user timeout 120 nix build --impure --no-link -L -f "/share/$b_name.nix" "$@" >"$T/$b_name.out" 2>&1
}
# result NAME: the path that it has or would have.
result() { near nix-instantiate --eval --strict --store dummy:// -E "(import /share/$1.nix).outPath" | tr -d '"'; }
# protocol ssh|ssh-ng
protocol() {
	near sed -i -E "s,^ssh(-ng)?://,$1://," /etc/nix/machines.meshssh
}
# quiet NAME: neither nix nor the daemon said anything of ssh's or ours.
quiet() {
	is "$1: no word too many" "$(grep -ahE 'ssh: |Warning: ' "$T/$2.out" "$SHARE/near-daemon.log")" ''
}

check '--check: it answers, as you are and as nix-daemon runs it' near meshssh-config nix --check builder
is '--check: both were tried' "$(grep -c 'it answers' "$T/check.out")" 2
# From 2.14 on Nix tells whether the builder trusts who asks.
is '--check: no word of trust is made up' \
    "$(grep -c 'it answers, and trusts this user$\|it answers; that it trusts this user, .*, Nix does not tell$' "$T/check.out")" 2
lab_daemon || exit 1
for scheme in ssh-ng ssh; do
	protocol $scheme
	check "$scheme: nix store ping" near nix store ping --store $scheme://builder
	derivation "hello-$scheme" 'cat /share/far.up >/dev/null; cat /etc/ssh/ssh_host_ed25519_key.pub >$out'
	check "$scheme: a build" build alice "hello-$scheme"
	path=$(result "hello-$scheme")
	is "$scheme: it was built there, and came back" "$(near cat "$path")" "$(far cat /etc/ssh/ssh_host_ed25519_key.pub)"
	check "$scheme: it is in the other store as well" far test -e "$path"
	quiet "$scheme: a build" "hello-$scheme"

	cat >"$SHARE/many-$scheme.nix" <<-END
	map (n: derivation { name = "many-$scheme-\${toString n}"; system = builtins.currentSystem; builder = "/bin/sh";
	  PATH = "/usr/bin:/bin"; run = "$$"; args = [ "-c" ''
	    mkdir -p /tmp/many-$scheme; : >/tmp/many-$scheme/\${toString n}; n=0
	    until [ \$(ls /tmp/many-$scheme | wc -l) = 8 ]; do n=\$((n + 1)); [ \$n -lt 600 ] || exit 1; sleep 0.05; done
	    echo \${toString n} >\$out'' ]; }) [ 1 2 3 4 5 6 7 8 ]
	END
	check "$scheme: eight builds, each of which waits for the others" build alice "many-$scheme"
	quiet "$scheme: eight builds" "many-$scheme"
done

# running NAME: the build has begun there.
running() { far test -e "/tmp/began-$1"; }
# slow NAME: a build that does not end.
slow() { derivation "$1" ": >/tmp/began-$1; exec sleep 3600"; }

# A build that is stopped short takes a minute, for ssh bears that much silence; meanwhile the large ones go on. Two, each
# by a way and a session of its own. ended NAME: what is noted of the end: status, and seconds since $2.
near cp /etc/nix/machines.meshssh /etc/nix/machines.good
near meshssh-config nix builder builder2 --ssh-user=builder --max-jobs=16 --install >/dev/null
line() { near grep "://builder@$1 " /etc/nix/machines.meshssh; }
first=$(line builder)
second=$(line builder2)
near cp /etc/nix/machines.good /etc/nix/machines.meshssh
# stalls NAME LINE: it begins, and when it ends, that is noted.
stalls() {
	slow "$1"
	(build near "$1" --store daemon --builders "$2"; echo $? >"$T/$1.end"; date +%s >>"$T/$1.end") &
	started $!
	wait_for 30 running "$1" || not_ok "$1: a build begins" "$(cat "$T/$1.out")"
}
# ended NAME SECONDS: it fails, and in that time from when it was stopped short.
ended() {
	wait_for 100 test -s "$T/$1.end"
	echo "# $1: after $(($(tail -n 1 "$T/$1.end") - $(cat "$T/$1.begin"))) s"
	is "$1: the build ends within $2 s" "$(head -n 1 "$T/$1.end") $(($(tail -n 1 "$T/$1.end") - $(cat "$T/$1.begin") <= $2))" '1 1'
}
near rm -rf /root/.cache/meshssh
stalls frozen "$first"
far pkill -STOP -u builder sshd
date +%s >"$T/frozen.begin"
stalls cut "$second"
far ip link set r1 down
date +%s >"$T/cut.begin"

for scheme in ssh-ng ssh; do
	protocol $scheme
	derivation "large-$scheme" 'head -c 67108864 /dev/urandom >$out'
	check "$scheme: a result of 64 MiB" build alice "large-$scheme"
	path=$(result "large-$scheme")
	is "$scheme: it is the same here" "$(near sha256sum "$path")" "$(far sha256sum "$path")"

	head -c 67108864 /dev/urandom >"$SHARE/blob-$scheme"
	path=$(near nix store add-file "/share/blob-$scheme")
	check "$scheme: 64 MiB are copied there" near nix copy --no-check-sigs --to $scheme://builder "$path"
	is "$scheme: they are the same there" "$(far sha256sum "$path" | cut -d' ' -f1)" \
	    "$(sha256sum <"$SHARE/blob-$scheme" | cut -d' ' -f1)"
	near nix store delete "$path" >/dev/null 2>&1
	check "$scheme: and back" near nix copy --no-check-sigs --from $scheme://builder "$path"
	is "$scheme: they are the same here" "$(near sha256sum "$path" | cut -d' ' -f1)" \
	    "$(sha256sum <"$SHARE/blob-$scheme" | cut -d' ' -f1)"
	rm -f "$SHARE/blob-$scheme"
done
ended cut 60
near meshssh --why >"$T/why"
check 'cut: --why has it' grep -qE 'dead-path|address-gone' "$T/why"
ended frozen 85
far pkill -KILL -u builder sshd
no_relays 'no relay is left'

# --- what does not, and is told --------------------------------------------------------------------------------------

# fails NAME BUILD WORDS: it fails, and the user is told that.
fails() {
	if build alice "$2"; then
		not_ok "$1: it fails" "$(cat "$T/$2.out")"
	else
		ok "$1: it fails"
	fi
	check "$1: the user reads why" grep -aq -e "$3" "$T/$2.out"
}
near cp /etc/nix/machines.meshssh /etc/nix/machines.good
near sed -i -E "s,[^ ]+\$,$(near base64 -w0 /etc/nix/builder_ed25519.pub)," /etc/nix/machines.meshssh
protocol ssh
derivation wrong 'echo x >$out'
fails 'another key is pinned' wrong 'Host key verification failed'
is 'another key is pinned: nothing was built' "$(far sh -c 'ls -d /nix/store/*-wrong' 2>/dev/null)" ''
near cp /etc/nix/machines.good /etc/nix/machines.meshssh

lab_sshd_stop
protocol ssh
derivation down 'echo x >$out'
fails 'ssh: nobody listens' down 'meshssh: .*refused'
near rm -rf /root/.cache/meshssh
protocol ssh-ng
fails 'ssh-ng: nobody listens' down 'builder'
near meshssh --why >"$T/why"
check 'ssh-ng: --why has it' grep -q 'refused' "$T/why"
near meshssh-config nix check builder >"$T/out" 2>&1
is '--check: it says so' "$? $(grep -c 'it does not answer' "$T/out")" '1 2'
check '--check: by the record and by the doctor' sh -c "grep -q '^    on record: .*refused' '$T/out' &&
    grep -q '(sure, refused)' '$T/out'"
# What Nix does not read, and what it cannot read.
near cp /etc/nix/nix.conf /tmp/nix.whole
near sed -i '/^builders/d' /etc/nix/nix.conf
near meshssh-config nix check builder >"$T/out" 2>&1
is '--check: a list that no line names' "$? $(grep -c '^/etc/nix/machines.meshssh is not read: no line of nix.conf names it' "$T/out")" '1 1'
near sh -c 'echo "builders = ssh://other" >>/etc/nix/nix.conf'
near meshssh-config nix check builder >"$T/out" 2>&1
is '--check: a list that another line hides' "$? $(grep -c '^/etc/nix/machines.meshssh is not read: /etc/nix/nix.conf:[0-9]* sets builders without it' "$T/out")" '1 1'
near cp /tmp/nix.whole /etc/nix/nix.conf
near cp /etc/nix/machines.meshssh /tmp/machines.whole
near sh -c 'echo "ssh-ng://builder@torn.example - - many" >>/etc/nix/machines.meshssh'
near meshssh-config nix check torn.example >"$T/out" 2>&1
is '--check: a line that Nix cannot read' "$? $(grep -c '^  Nix cannot read this line: ' "$T/out")" '1 1'
near cp /tmp/machines.whole /etc/nix/machines.meshssh
alice meshssh-config nix --check builder >"$T/out" 2>&1
check '--check: a user cannot try what only root can' grep -q 'only root can try' "$T/out"
lab_sshd || exit 1

slow killed
build alice killed &
pid=$!
started $pid
if wait_for 30 running killed; then
	start=$(date +%s)
	near pkill -KILL -f '^/opt/meshssh/bin/meshssh '
	wait $pid
	is 'the relay is killed: the build ends' "$? $(($(date +%s) - start < 10))" '1 1'
else
	not_ok 'the relay is killed' "$(cat "$T/killed.out")"
fi
no_relays 'no relay is left of all these'

# --- the variants ---------------------------------------------------------------------------------------------------

# Behind a jump host, which is the builder itself here: root's ssh takes the way of the caller's.
near sh -c 'rm -rf /root/.ssh /etc/nix/*meshssh*; mkdir -m 700 /root/.ssh; sed -i "/^# Made\|^builders/d" /etc/nix/nix.conf
    printf "%s\n" "Host behind" "    HostName 127.0.0.1" "    ProxyJump builder@builder.mesh.example" "Host *" \
	"    IdentityFile /etc/nix/builder_ed25519" "    StrictHostKeyChecking accept-new" >/root/.ssh/config'
check 'behind a jump host: installed' near meshssh-config nix behind --ssh-user=builder --install
near sed -i '/^Host behind/,/ProxyJump/d' /root/.ssh/config
lab_daemon || exit 1
derivation behind 'echo x >$out'
check 'behind a jump host: a build' build alice behind
quiet 'behind a jump host: a build' behind
check 'behind a jump host: --check' near meshssh-config nix --check behind
is 'behind a jump host: both keys are pinned' "$(near grep -c '^behind\(-jump1\)\? ssh-ed25519 ' /etc/nix/meshssh_known_hosts)" 2

near rm -rf /root/.ssh/config /root/.ssh/meshssh_nix
# What `builder` means is in that file alone.
near sh -c 'cp /etc/hosts /tmp/hosts; sed "s/ builder / /" /tmp/hosts >/etc/hosts'
check '--sshopts: installed' near meshssh-config nix builder.mesh.example --ssh-user=builder --sshopts --install
unit=/etc/systemd/system/nix-daemon.service.d/meshssh.conf
lab_daemon "$(near sed -n 's/^Environment="\(.*\)"$/\1/p' $unit)" || exit 1
derivation sshopts 'echo x >$out'
check '--sshopts: --check knows what the daemon has' near meshssh-config nix --check builder
is '--sshopts: and that the caller has not' "$(grep -o 'as [^;]*answer[^;, ]*' "$T/check.out" | tr '\n' ' ')" \
    'as you are: it does not answer as nix-daemon runs it: it answers '
is "--sshopts: ssh's lines without their ends" "$(grep -c 'ssh: ' "$T/check.out") $(grep -c '\\r\|\\015' "$T/check.out")" '1 0'
check '--sshopts: a build' build alice sshopts
quiet '--sshopts: a build' sshopts
near cp /tmp/hosts /etc/hosts

# What a module comes to: all but the texts as JSON, and each text by itself.
module() {
	near meshssh-config nix builder --ssh-user=builder --systems="$SYSTEM" "$@" >"$SHARE/module.nix"
	near nix-instantiate --parse /share/module.nix >/dev/null &&
	    near nix-instantiate --eval --strict --json --store dummy:// -E "(import /share/module.nix) {
	      pkgs = { stdenv.hostPlatform.system = \"$SYSTEM\"; }; config = { }; lib = { }; }" >"$T/module.json"
}
# What tests/golden/emit has of modules means what tests/golden/nix has.
evaluates() {
	cp "$1" "$SHARE/golden.nix"
	near nix-instantiate --parse /share/golden.nix >/dev/null &&
	    near nix-instantiate --eval --strict --json --store dummy:// -E "(import /share/golden.nix) {
	      pkgs = { stdenv.hostPlatform.system = \"aarch64-darwin\"; ${2:-} }; config = { }; lib = { }; }" |
	    python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin), indent=1, sort_keys=True))'
}
for golden in "$SRCDIR"/tests/golden/nix/*.json; do
	name=$(basename "$golden" .json)
	evaluates "$SRCDIR/tests/golden/emit/$name.out" >"$T/out" 2>"$T/err"
	check "the module $name comes to what it ought to" diff "$golden" "$T/out"
done
evaluates "$SRCDIR/tests/golden/emit/nix-nixos.out" 'meshssh = "/nix/store/x-meshssh";' >"$T/out"
is 'a package of meshssh is taken where there is one' "$(grep -c 'ProxyCommand' "$T/out") \
$(grep -o 'ProxyCommand [^%]*' "$T/out" | sort -u)" '1 ProxyCommand \"/nix/store/x-meshssh/bin/meshssh\" --dead-after=30 --relay -- \"'

check '--nixos: it parses, and can be evaluated' module --nixos
python3 - "$T/module.json" "$SHARE/text" <<'END' >"$T/out"
import json, sys
module = json.load(open(sys.argv[1]))
open(sys.argv[2], "w").write(module["programs"]["ssh"].pop("extraConfig"))
for machine in module["nix"]["buildMachines"]:
    print("{protocol}://{sshUser}@{hostName} {0} {sshKey} {maxJobs} 1 {1} - {publicHostKey}".format(
        ",".join(machine["systems"]), ",".join(machine["supportedFeatures"]), **machine))
END
near cp /share/text /etc/ssh/ssh_config
near_write /etc/nix/machines <"$T/out"
near rm /etc/nix/machines.meshssh
lab_daemon || exit 1
derivation nixos 'echo x >$out'
check '--nixos: a build' build alice nixos
quiet '--nixos: a build' nixos
is '--nixos: to others the host is what it was' "$(alice ssh -G -T builder | grep -cE '^(proxycommand|identityagent) ')" 0

check '--darwin: it parses, and can be evaluated' module --darwin --linux-builder
python3 - "$T/module.json" "$SHARE/text" <<'END'
import json, sys
module = json.load(open(sys.argv[1]))
open(sys.argv[2], "w").write(module["environment"]["etc"]["nix/meshssh_ssh_config"]["text"])
assert module["nix"]["linux-builder"]["enable"], module
assert [m["hostName"] for m in module["nix"]["buildMachines"]] == ["builder"], module
env = module["launchd"]["daemons"]["nix-daemon"]["serviceConfig"]["EnvironmentVariables"]
assert env == {"NIX_SSHOPTS": "-F /etc/nix/meshssh_ssh_config"}, env
END
is '--darwin: the attributes' $? 0
# A managed file that has no Include, and sets what breaks Nix.
printf 'Host *\n  Port 1\n  ControlMaster auto\n  ProxyCommand false\n' | near_write /etc/ssh/ssh_config
near cp /share/text /etc/nix/meshssh_ssh_config
lab_daemon 'NIX_SSHOPTS=-F /etc/nix/meshssh_ssh_config' || exit 1
derivation darwin 'echo x >$out'
check '--darwin: a build, whatever /etc/ssh/ssh_config has' build alice darwin
is '--darwin: linux-builder' "$(near ssh -G -T -F /etc/nix/meshssh_ssh_config linux-builder |
    grep -E '^(hostname|port|user|hostkeyalias|proxycommand|controlmaster) ' | sort | tr '\n' ' ')" \
    'controlmaster false hostkeyalias linux-builder hostname 127.0.0.1 port 31022 proxycommand false user builder '
no_relays 'no relay is left at the end'
finish
