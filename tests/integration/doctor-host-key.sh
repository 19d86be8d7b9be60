#!/bin/sh
# A host key that is not the known one: the doctor says so where the real ssh refuses it, and only there. A real sshd
# with keys of three types; known_hosts in each form that ssh reads.
#
# shellcheck disable=SC2119 # sshd_start needs no argument
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
{ need "host keys" timeout ssh-keygen && need_login "host keys"; } || finish
exec </dev/null
DOCTOR=$(dirname "$MESHSSH")/meshssh-doctor
for type in ed25519 rsa ecdsa; do
	ssh-keygen -q -t $type -N '' -C '' -f "$T/other_$type"
	ssh-keygen -q -t $type -N '' -C '' -f "$T/more_$type"
done
kill "$SSHD_PID"
sshd_start "HostKey $T/more_rsa" "HostKey $T/more_ecdsa" || { not_ok "sshd starts"; finish; }
KNOWN=$T/known
SSH=$(command -v ssh)
mkdir "$T/bin"
# The configuration that both read.
printf '#!/bin/sh\nexec "%s" -F "%s" "$@"\n' "$SSH" "$T/config" >"$T/bin/ssh"
chmod 755 "$T/bin/ssh"
PATH=$T/bin:$PATH

key() { cut -d' ' -f1,2 "$T/$1.pub"; }

# judge NAME WANTED [LINE...]: the doctor's word, changed or -, with these lines for the host; and what ssh does is the
# same.
judge() {
	j_name=$1 j_wanted=$2
	shift 2
	{
		printf '%s\n' 'Host nas' 'HostName 127.0.0.1' "Port $SSHD_PORT" "$@" "UserKnownHostsFile $KNOWN" \
		    "IdentityFile $T/user_key" 'GlobalKnownHostsFile none' 'StrictHostKeyChecking ask' 'BatchMode yes'
	} >"$T/config"
	ssh nas true >"$T/out" 2>&1 && j_ssh=- || j_ssh=refused
	! grep -q 'IDENTIFICATION HAS CHANGED' "$T/out" || j_ssh=changed
	timeout 30 "$DOCTOR" --doctor --json nas >"$T/json" 2>"$T/err"
	! grep -q '"code": "host-key-changed"' "$T/json" && j_got=- || j_got=changed
	is "$j_name" "$j_ssh $j_got" "$j_wanted"
}

NAME="[127.0.0.1]:$SSHD_PORT"
echo "$NAME $(key host_key)" >"$KNOWN"
judge "the key is known" "- -"
echo "$NAME $(key other_ed25519)" >"$KNOWN"
judge "another ed25519 key is known" "changed changed"
echo "$NAME $(key more_rsa)" >"$KNOWN"
judge "the RSA key is known" "- -"
echo "$NAME $(key other_rsa)" >"$KNOWN"
judge "another RSA key is known" "changed changed"
echo "$NAME $(key more_ecdsa)" >"$KNOWN"
judge "the ECDSA key is known" "- -"
printf '%s\n' "$NAME $(key more_rsa)" "$NAME $(key other_ed25519)" >"$KNOWN"
judge "of two types, ssh's favorite is another" "changed changed"
judge "the user's own list, and no other order" "- -" 'HostKeyAlgorithms rsa-sha2-512,ssh-ed25519'
echo "$NAME $(key other_ed25519)" >"$KNOWN"
ssh-keygen -q -H -f "$KNOWN" >/dev/null 2>&1
judge "hashed" "changed changed"
echo "vault $(key other_ed25519)" >"$KNOWN"
judge "an alias" "changed changed" 'HostKeyAlias vault'
echo "nothing $(key other_ed25519)" >"$KNOWN"
echo "$NAME $(key other_ed25519)" >"$T/second"
judge "the second of two files" "changed changed" "UserKnownHostsFile $KNOWN $T/second"
echo "127.0.0.1 $(key other_ed25519)" >"$KNOWN"
judge "of another port" "refused -"
echo "127.0.0.1 $(key host_key)" >"$KNOWN"
judge "the right one, without the port" "- -"
finish
