#!/bin/sh
# Remote builds of a real Nix, by ssh:// and ssh-ng:// at the same time, to a builder that has meshssh-serve, as
# meshssh-config nix sets them up: in their midst the connections are reset by either end and the cable is out for four seconds.
# Both builds succeed, and their results are the same on both machines, bit by bit.
#
# shellcheck disable=SC2016,SC2317,SC2329	# text for other shells; functions that are called by way of wait_for
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source-path=SCRIPTDIR source=nixlab.sh
. "$TOOLS/nixlab.sh"
SERVE=${MESHSSH_SERVE:-$BUILDDIR/meshssh-serve}
[ -x "$SERVE" ] || { skip "Nix" "built --without-resume"; finish; }
need "Nix" ss tc || finish
lab_or_finish
near mkdir -m 700 /root/.ssh
{
	printf 'builder '
	far cat /etc/ssh/ssh_host_ed25519_key.pub
} | near_write /root/.ssh/known_hosts
lab_sshd_stop
far sh -c 'echo "VersionAddendum meshssh=4622" >>/etc/ssh/sshd_config'
lab_sshd || exit 1
cp "$SERVE" "$SHARE/meshssh-serve"
far sh -c 'exec /share/meshssh-serve 10.99.0.2:4622 --run=/run/meshssh --source=loopback 2>/share/serve.log' &
started $!
wait_for 10 near nc -z 10.99.0.2 4622
check 'set up' near meshssh-config nix builder --ssh-user=builder --max-jobs=16 --install
# shellcheck disable=SC2119	# no variables
lab_daemon || exit 1
# A result of so many bytes takes some seconds to come back.
BYTES=6000000
far tc qdisc add dev r0 root tbf rate 24mbit burst 128kb latency 200ms

# begin SCHEME: a build that writes a line to its log ten times a second, and then its result.
begin() {
	cat >"$SHARE/$1.nix" <<-END
	derivation { name = "resume-$1"; system = builtins.currentSystem; builder = "/bin/sh"; PATH = "/usr/bin:/bin";
	  run = "$$"; args = [ "-c" ''
	    for n in \$(seq 60); do echo line \$n.; echo >>/share/lines-$1; sleep 0.1; done
	    head -c $BYTES /dev/urandom >\$out'' ]; }
	END
	near sed -i -E "s,^ssh(-ng)?://,$1://," /etc/nix/machines.meshssh
	alice timeout 100 nix build --impure --no-link -L -f "/share/$1.nix" >"$T/$1.out" 2>&1 &
	started $!
}
# lines COUNT: both builds have written so many.
lines() { [ "$(wc -l <"$SHARE/lines-ssh")" -ge "$1" ] && [ "$(wc -l <"$SHARE/lines-ssh-ng")" -ge "$1" ]; }
# ports: those of the connections that there are, all of which are new after a reset.
ports() { near ss -Htn state established dst 10.99.0.2 dport = 4622 | awk '{ print $3 }'; }
renewed() { [ "$(ports | grep -cvxF "$was")" -eq 2 ]; }
# reset NAME MACHINE SS-FILTER
reset() {
	r_name=$1
	was=$(ports)
	shift
	"$@" >/dev/null 2>&1
	check "$r_name: both have another connection" wait_for 10 renewed
}
begin ssh
pid_ssh=$!
wait_for 30 test -s "$SHARE/lines-ssh"
begin ssh-ng
pid_ng=$!
check 'both builds begin' wait_for 30 lines 10
reset 'reset from here' near ss -K dst 10.99.0.2 dport = 4622
check 'both go on' wait_for 30 lines 25
far ip link set r0 down
sleep 4		# what is tested
far ip link set r0 up
wait_for 10 near nc -z 10.99.0.2 4622
reset 'reset from there' far ss -K src 10.99.0.2 sport = 4622
wait $pid_ssh
is 'ssh: the build succeeds' "$? $(grep -ac 'line [0-9]*\.' "$T/ssh.out")" '0 60'
wait $pid_ng
is 'ssh-ng: the build succeeds' "$? $(grep -ac 'line [0-9]*\.' "$T/ssh-ng.out")" '0 60'
for scheme in ssh ssh-ng; do
	path=$(near nix-instantiate --eval --strict --store dummy:// -E "(import /share/$scheme.nix).outPath" | tr -d '"')
	is "$scheme: the result is the same here" "$(near sha256sum "$path")" "$(far sha256sum "$path")"
	is "$scheme: it has $BYTES bytes" "$(near stat -c %s "$path")" $BYTES
	is "$scheme: no word too many" "$(grep -ahE 'ssh: |meshssh: |Warning: ' "$T/$scheme.out" "$SHARE/near-daemon.log")" ''
done
[ $T_FAILED -eq 0 ] || sed 's/^/# /' "$SHARE/serve.log" "$T/ssh.out" "$T/ssh-ng.out"
finish
