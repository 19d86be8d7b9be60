#!/bin/sh
# What meshssh --doctor says of a remote builder of Nix's that does not work, on a real one (nixlab.sh): each fault is put
# into what meshssh-config nix wrote, a build shows that it is one, and the doctor names it, as nix-daemon's host root and
# as an ordinary user where that can be seen by one; and of what is whole it finds nothing.
#
# shellcheck disable=SC2016,SC2119,SC2317	# lab_daemon needs no argument; text for other shells; functions that are called by way of check
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source-path=SCRIPTDIR source=nixlab.sh
. "$TOOLS/nixlab.sh"
lab_or_finish
# The one address has the long name alone: what `builder` means is in the block.
near sh -c 'sed "s/ builder / /" /etc/hosts >/tmp/hosts && cp /tmp/hosts /etc/hosts'
near meshssh-config nix builder.mesh.example --ssh-user=builder --install >"$T/out" 2>&1 || { cat "$T/out"; exit 1; }
near sed -i 's,^ssh-ng:,ssh:,' /etc/nix/machines.meshssh
near cp -a /etc/nix /share/nix.good
near cp -a /root/.ssh /share/ssh.good
lab_daemon || exit 1

# mend: all as it was.
mend() {
	near sh -c 'chmod 700 /root; rm -rf /etc/nix /root/.ssh /home/alice/.ssh /etc/ssh/ssh_config && cp -a /share/nix.good /etc/nix &&
	    cp -a /share/ssh.good /root/.ssh'
}
# builds: a build by nix-daemon; its output in $T/build.out.
N=0
builds() {
	N=$((N + 1))
	cat >"$SHARE/t.nix" <<-END
	derivation { name = "t$N"; system = builtins.currentSystem; builder = "/bin/sh"; PATH = "/usr/bin:/bin";
	  run = "$$"; args = [ "-c" "$1" ]; }
	END
	alice timeout 60 nix build --impure --no-link -f /share/t.nix >"$T/build.out" 2>&1
}
# codes USER [HOST]: what the doctor finds as that user, by severity.
codes() {
	c_user=$1
	shift
	$c_user meshssh --doctor --json --timeout=3 "$@" >"$T/doctor.json" 2>"$T/doctor.err"
	python3 -c 'import json, sys
print(*(f["code"] for f in json.load(open(sys.argv[1]))["findings"]))' "$T/doctor.json"
}
has() { case " $1 " in *" $2 "*) ;; *) return 1 ;; esac; }

# fault CODE NAME fails|works|any [HOST]: of what was put in by now the doctor finds this, called by each of SEEN_BY (root, if
# nobody is named); the build fails, or works, and it is a warning of what may come.
SEEN_BY=near
fault() {
	f_host=${4-builder}
	for f_user in $SEEN_BY; do
		# shellcheck disable=SC2086	# none, where no host is named
		f_found=$(codes "$f_user" $f_host)
		if has "$f_found" "$1"; then
			ok "$2: $f_user is told $1"
		else
			not_ok "$2: $f_user is told $1" "found: $f_found $(cat "$T/doctor.err")
$(python3 -c 'import json, sys; print(json.dumps(json.load(open(sys.argv[1]))["facts"]["nix"], indent=1))' "$T/doctor.json")"
		fi
	done
	if builds 'echo x >$out'; then f_build=works; else f_build=fails; fi
	[ "$3" = any ] || is "$2: the build" "$f_build" "$3"
	SEEN_BY=near
	mend
}

is 'all is well: root finds nothing' "$(codes near builder)" ''
is 'all is well: alice is told that she does not see it all' "$(codes alice builder | tr ' ' '\n' | grep '^nix-')" nix-unseen
check 'all is well: a build' builds 'echo x >$out'

# The block is alice's, and nix-daemon does not read it.
alices() {
	near rm -f /root/.ssh/config
	near mkdir /home/alice/.ssh
	near sh -c 'cp /share/ssh.good/meshssh_nix /home/alice/.ssh/config; chown -R alice: /home/alice/.ssh'
}
sudo() { near SUDO_UID=1500 "$@"; }
alices
near chmod 755 /root /root/.ssh
SEEN_BY='sudo alice'
fault nix-root-config "the block is alice's, and root's folder can be seen" fails
alices
SEEN_BY=alice
fault nix-unseen "the block is alice's, and root's folder cannot be seen" fails

near sh -c 'rm /root/.ssh/config; sed -i s/@builder/@linux-builder/ /etc/nix/machines.meshssh'
SEEN_BY='near sudo'
fault nix-root-config 'linux-builder, and no block at all' fails linux-builder

near sh -c 'sed -i "s/Host builder/Host linux-builder/; /Port/d" /root/.ssh/meshssh_nix
    sed -i s/@builder/@linux-builder/ /etc/nix/machines.meshssh'
fault nix-port 'linux-builder, and no Port' fails linux-builder

# far listens on another port, which is in alice's file alone.
far sh -c 'kill $(cat /run/sshd.pid)'
far /usr/sbin/sshd -p 2222 -E /share/sshd.log
near mkdir /home/alice/.ssh
near sh -c 'sed -i "/Port/d" /root/.ssh/meshssh_nix; printf "Host builder\n Port 2222\n" >/home/alice/.ssh/config
    chown -R alice: /home/alice/.ssh'
SEEN_BY=sudo
fault nix-port "the port is in alice's file alone" fails
far sh -c 'kill $(cat /run/sshd.pid)'
lab_sshd || exit 1

near sed -i 's/@builder/@localhost/; s/builder@//' /etc/nix/machines.meshssh
SEEN_BY='near alice'
# Nix builds here, where max-jobs is 0.
fault nix-localhost 'localhost' fails localhost
near sed -i 's/builder@builder/builder@localhost/' /etc/nix/machines.meshssh
fault nix-localhost 'a user at localhost' fails localhost

near rm /etc/nix/builder_ed25519
SEEN_BY='near alice'
fault nix-key 'the key is not there' fails
near chmod 644 /etc/nix/builder_ed25519
SEEN_BY='near alice'
fault nix-key-mode 'others may read the key' fails
near ssh-keygen -q -p -P '' -N passphrase -f /etc/nix/builder_ed25519
fault nix-key-encrypted 'the key has a passphrase' fails

near sed -i 's/ 1 1 / one 1 /' /etc/nix/machines.meshssh
SEEN_BY='near alice'
fault nix-machines 'jobs that are no number' fails
near sed -i 's/ 1 1 / 1 fast /' /etc/nix/machines.meshssh
fault nix-machines 'a speed that is no number' fails
near sed -i 's/[^ ]*$/x!y/' /etc/nix/machines.meshssh
fault nix-machines 'a host key that is no base64' fails
near sed -i 's,/etc/nix/builder_ed25519,/etc/nix/my key,' /etc/nix/machines.meshssh
fault nix-machines 'a blank in the path of the key' fails
near sed -i 's,big-parallel -,big-parallel - -,' /etc/nix/machines.meshssh
fault nix-machines-unexpected 'a column too many' works
near sed -i 's,;@,; @,' /etc/nix/nix.conf
lab_daemon
# What comes of it depends on the age of Nix.
fault nix-machines-unexpected 'a blank before the name of the list' any
lab_daemon

near sed -i "s,[^ ]*\$,$(far cut -d' ' -f2 /etc/ssh/ssh_host_ed25519_key.pub)," \
    /etc/nix/machines.meshssh
SEEN_BY='near alice'
fault nix-host-key 'column 8 is the key itself' fails
{ printf 'builder '; far cat /etc/ssh/ssh_host_ed25519_key.pub; } | base64 -w0 >"$T/odd"
near sed -i "s,[^ ]*\$,$(cat "$T/odd")," /etc/nix/machines.meshssh
fault nix-host-key 'column 8 has the name of the host' fails
near sed -i "/HostKeyAlias/d; s/HostName .*/HostName 10.99.0.2/" /root/.ssh/meshssh_nix
fault nix-host-key-alias 'no HostKeyAlias, and HostName is another' fails
near sed -i 's/[^ ]*$/-/' /etc/nix/machines.meshssh
near rm /etc/nix/meshssh_known_hosts
fault nix-host-key-unknown 'no host key anywhere' fails

near ssh-keygen -q -t ed25519 -N '' -C '' -f /tmp/other
OTHER=$(near cat /tmp/other.pub)
near sed -i "s,[^ ]*\$,$(printf %s "$OTHER" | base64 -w0)," /etc/nix/machines.meshssh
fault nix-host-key-changed 'another host key in column 8' fails
near sed -i 's/[^ ]*$/-/' /etc/nix/machines.meshssh
near sh -c "echo 'builder $OTHER' >/etc/nix/meshssh_known_hosts"
fault nix-host-key-changed "another host key in root's known_hosts" fails
near sed -i 's/[^ ]*$/-/' /etc/nix/machines.meshssh
near rm /etc/nix/meshssh_known_hosts
near sh -c "echo 'builder $OTHER' >/etc/ssh/ssh_known_hosts"
fault nix-host-key-changed 'another host key in /etc/ssh/ssh_known_hosts' fails
near rm /etc/ssh/ssh_known_hosts

near sed -i 's/ControlMaster.*/ControlMaster auto/; s,ControlPath.*,ControlPath /tmp/cm,' /root/.ssh/meshssh_nix
fault nix-control 'shared connections' works
near sh -c '[ ! -S /tmp/cm ] || ssh -o ControlPath=/tmp/cm -O exit builder 2>/dev/null'
near sed -i 's,/opt/meshssh/bin/meshssh,meshssh,' /root/.ssh/meshssh_nix
fault nix-proxy-relative 'a ProxyCommand that is no path' fails
near sed -i 's,/opt/meshssh/bin/meshssh,/opt/meshssh/meshssh,' /root/.ssh/meshssh_nix
fault nix-proxy-relative 'a ProxyCommand that is not there' fails
near chmod 666 /root/.ssh/config
fault config-mode "others may write to root's config" fails
near sed -i '/ServerAlive/d; /ConnectTimeout/d' /root/.ssh/meshssh_nix
fault nix-alive 'no time limits' works
near sed -i 's,^ssh:,ssh-ng:,' /etc/nix/machines.meshssh
SEEN_BY='near alice'
fault nix-ng-silent 'ssh-ng' works

alice env NIX_SSHOPTS=-oPort=7 meshssh --doctor --json builder >"$T/doctor.json"
check "NIX_SSHOPTS of a shell: alice is told nix-sshopts" grep -q '"nix-sshopts"' "$T/doctor.json"
near sed -i 's/@builder/@localhost/' /etc/nix/machines.meshssh
check 'no host is named: the builder that its line condemns' has "$(codes near)" nix-localhost
mend
no_relays 'no relay is left'
finish
