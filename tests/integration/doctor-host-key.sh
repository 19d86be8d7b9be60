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
ssh-keygen -q -t ecdsa -b 384 -N '' -C '' -f "$T/other_ecdsa384"
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

# What ssh asks is noted, and the answer is no.
printf '#!/bin/sh\necho asked >>"%s"\necho no\n' "$T/asked" >"$T/bin/askpass"
chmod 755 "$T/bin/askpass"
export SSH_ASKPASS="$T/bin/askpass" SSH_ASKPASS_REQUIRE=force

# What ssh does with the host's key: in, changed, revoked, asks, refused; lax- before the two that it goes on after.
ssh_verdict() {
	: >"$T/asked"
	ssh nas true >"$T/out" 2>&1 && v_in=1 || v_in=0
	if grep -q 'IDENTIFICATION HAS CHANGED' "$T/out"; then
		v_word=changed
	elif grep -q 'REVOKED HOST KEY' "$T/out"; then
		v_word=revoked
	elif [ -s "$T/asked" ]; then
		v_word=asks
	elif [ "$v_in" = 1 ]; then
		v_word=in
	else
		v_word=refused
	fi
	case $v_in$v_word in
	1changed | 1revoked)
		v_word=lax-$v_word
		;;
	esac
	echo "$v_word"
}

# judge NAME WANTED [LINE...]: ssh's verdict with these lines for the host, and the codes and severities of the doctor.
judge() {
	j_name=$1 j_wanted=$2
	shift 2
	{
		printf '%s\n' 'Host nas' "$@" 'HostName 127.0.0.1' "Port $SSHD_PORT" "UserKnownHostsFile $KNOWN" \
		    "IdentityFile $T/user_key" 'GlobalKnownHostsFile none' 'StrictHostKeyChecking ask' 'BatchMode yes'
	} >"$T/config"
	timeout 30 "$DOCTOR" --doctor --json nas >"$T/json" 2>"$T/err"
	j_got=$(awk -F'"' '$2 == "code" { code = $4 }
	    $2 == "severity" && sub(/^host-key-/, "", code) { printf "%s:%s ", code, $4 }' "$T/json")
	is "$j_name" "$(ssh_verdict) ${j_got:--}" "$j_wanted"
}

# known LINE...: what ssh knows.
known() { printf '%s\n' "$@" >"$KNOWN"; }

NAME="[127.0.0.1]:$SSHD_PORT"
CHANGED="changed changed:error " NEW="refused strict:error "
known "$NAME $(key host_key)"
judge "the key is known" "in -"
known "$NAME $(key other_ed25519)"
judge "another ed25519 key is known" "$CHANGED"
known "$NAME $(key more_rsa)"
judge "the RSA key is known" "in -"
known "$NAME $(key other_rsa)"
judge "another RSA key is known" "$CHANGED"
known "$NAME $(key more_ecdsa)"
judge "the ECDSA key is known" "in -"
known "$NAME $(key more_rsa)" "$NAME $(key other_ed25519)"
judge "of two types, ssh's favorite is another" "$CHANGED"
judge "the user's own list, and no other order" "in -" 'HostKeyAlgorithms rsa-sha2-512,ssh-ed25519'
judge "none of the types that ssh takes" "refused -" 'HostKeyAlgorithms sk-ssh-ed25519@openssh.com'
known "$NAME $(key other_ecdsa384)"
judge "a type that the host does not have" "$CHANGED"
known "$NAME ssh-xyz AAAAB3NzaC14eXoAAAAgQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
judge "a type that ssh passes over" "$NEW"
if ssh-keygen -q -t dsa -N '' -C '' -f "$T/other_dsa" 2>/dev/null; then
	known "$NAME $(key other_dsa)"
	judge "DSA" "$CHANGED"
else
	known "$NAME ssh-dss AAAAB3NzaC1kc3MAAAAgQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
	judge "DSA, which ssh no longer reads" "$NEW"
fi
known "$NAME $(key other_ed25519)"
ssh-keygen -q -H -f "$KNOWN" >/dev/null 2>&1
judge "hashed" "$CHANGED"
printf '\t %s\t %s \r\n' "$NAME" "$(key host_key)" >"$KNOWN"
judge "known, with blanks before the name" "in -"
printf ' @revoked %s\t%s\n%s %s\n' "$NAME" "$(key host_key)" "$NAME" "$(key host_key)" >"$KNOWN"
judge "revoked, with a blank before the mark" "revoked revoked:error "
known "vault $(key other_ed25519)"
judge "an alias" "$CHANGED" 'HostKeyAlias vault'
known "nothing $(key other_ed25519)"
echo "$NAME $(key other_ed25519)" >"$T/second"
judge "the second of two files" "$CHANGED" "UserKnownHostsFile $KNOWN $T/second"
check "the line to remove is named with its file" grep -qF "ssh-keygen -R '$NAME' -f $T/second" "$T/json"

known "$NAME $(key other_ed25519)"
judge "changed, StrictHostKeyChecking yes" "$CHANGED" 'StrictHostKeyChecking yes' 'BatchMode no'
judge "changed, accept-new" "$CHANGED" 'StrictHostKeyChecking accept-new'
judge "changed, StrictHostKeyChecking no" "lax-changed changed:warning " 'StrictHostKeyChecking no'
judge "changed, StrictHostKeyChecking off" "lax-changed changed:warning " 'StrictHostKeyChecking off'
judge "changed, and localhost is exempt" "in -" 'NoHostAuthenticationForLocalhost yes'

known "nothing $(key other_ed25519)"
judge "unknown, BatchMode" "$NEW"
judge "unknown, StrictHostKeyChecking yes" "$NEW" 'StrictHostKeyChecking yes' 'BatchMode no'
judge "unknown, and localhost is exempt" "in -" 'NoHostAuthenticationForLocalhost yes'
judge "unknown, and ssh can ask" "asks unknown:note " 'BatchMode no'
judge "unknown, accept-new" "in -" 'StrictHostKeyChecking accept-new'
known
judge "unknown, StrictHostKeyChecking no" "in -" 'StrictHostKeyChecking no'

known "127.0.0.1 $(key other_ed25519)"
judge "of another port" "$NEW"
judge "of another port, and ssh can ask" "asks unknown:note " 'BatchMode no'
known "127.0.0.1 $(key host_key)"
judge "the right one, without the port" "in -"
known "127.0.0.1 $(key more_rsa)"
judge "the right one without the port, of a type that ssh does not ask for first" "$NEW"
known "127.0.0.1 $(key host_key)" "$NAME $(key other_rsa)"
judge "the right one without the port, another with it" "$CHANGED"

known "$NAME $(key host_key)" "@revoked * $(key host_key)"
judge "revoked" "revoked revoked:error "
known "@revoked * $(key host_key)"
judge "revoked, and otherwise unknown" "revoked revoked:error "
known "$NAME $(key host_key)" "@revoked * $(key other_ed25519)"
judge "another one is revoked" "in -"
known "@revoked * $(key host_key)"
judge "revoked, StrictHostKeyChecking no" "lax-revoked revoked:warning " 'StrictHostKeyChecking no'

known "$NAME $(key host_key)"
judge "another one is in the list of RevokedHostKeys" "in -" "RevokedHostKeys $T/other_rsa.pub"
judge "in the list of RevokedHostKeys" "refused revoked:error " "RevokedHostKeys $T/host_key.pub"
judge "in that list, StrictHostKeyChecking no" "refused revoked:error " "RevokedHostKeys $T/host_key.pub" \
    'StrictHostKeyChecking no' 'NoHostAuthenticationForLocalhost yes'
ssh-keygen -q -k -f "$T/krl" "$T/other_rsa.pub"
judge "what a KRL has is not told" "in -" "RevokedHostKeys $T/krl"
check "and the host key is not called right" grep -q '"host-key-changed"' "$T/json"
printf 'no-key\n%s\n' "$(key other_rsa)" >"$T/odd_list"
judge "a list with a line that is no key: ssh takes no key at all" "refused -" "RevokedHostKeys $T/odd_list"

# Certificates of a host's key. Each sshd has its own list of certificates, so each is another one.
for ca in ca other_ca; do
	ssh-keygen -q -t ed25519 -N '' -C '' -f "$T/$ca"
done
ssh-keygen -q -t rsa -N '' -C '' -f "$T/rsa_ca"

# certified CA OPTION...: sshd with certificates by this authority, of its ed25519 and RSA keys.
certified() {
	c_ca=$1
	shift
	ssh-keygen -q -s "$T/$c_ca" -I test "$@" "$T/host_key.pub" "$T/more_rsa.pub" 2>"$T/err" || return 1
	kill "$SSHD_PID"
	sshd_start "HostKey $T/more_rsa" "HostKey $T/more_ecdsa" "HostCertificate $T/host_key-cert.pub" \
	    "HostCertificate $T/more_rsa-cert.pub" || return 1
	NAME="[127.0.0.1]:$SSHD_PORT"
}

# judge_certified NAME WANTED CA OPTION...: with such an sshd, and the first of the authorities known.
judge_certified() {
	jc_name=$1 jc_wanted=$2
	shift 2
	certified "$@" || { not_ok "$jc_name: sshd starts"; return; }
	known "@cert-authority $NAME $(key ca)"
	judge "$jc_name" "$jc_wanted"
}

UNSIGNED="refused certificate:error "
judge_certified "the authority is known" "in -" ca -h -n 127.0.0.1
judge "the authority is known, StrictHostKeyChecking yes" "in -" 'StrictHostKeyChecking yes'
judge "the authority is known, and its certificates are not asked for" "$UNSIGNED" 'HostKeyAlgorithms ssh-ed25519'
known "@cert-authority * $(key ca)" "$NAME $(key other_ed25519)"
judge "the authority is known, and another key" "in -"
known "@cert-authority 127.0.0.1 $(key ca)"
judge "the authority is known without the port" "in -"
known "@cert-authority * $(key other_ca)"
judge "another authority is known" "$UNSIGNED"
judge "another authority is known, and ssh can ask" "asks certificate:warning " 'BatchMode no'
judge "another authority, and ssh goes on" "in -" 'StrictHostKeyChecking accept-new'
known "@cert-authority * $(key other_ca)" "$NAME $(key host_key)"
judge "another authority, and the key within" "in -"
known "@cert-authority * $(key other_ca)" "$NAME $(key other_ed25519)"
judge "another authority, and another key" "$CHANGED"
known "@cert-authority * $(key ca)" "@revoked * $(key ca)"
judge "the authority is revoked" "revoked revoked:error "
known "@cert-authority * $(key ca)" "@revoked * $(key host_key)"
judge "the certified key is revoked" "revoked revoked:error "
known "@cert-authority * $(key ca)"
judge "the authority is in the list of RevokedHostKeys" "refused revoked:error " "RevokedHostKeys $T/ca.pub"
known "$NAME $(key more_ecdsa)"
judge "no authority, and a type without a certificate" "in -"
known "$NAME $(key host_key)"
judge "no authority, and the key within" "in -"
known "@cert-authority vault $(key ca)"
judge "an alias that the certificate does not name" "$UNSIGNED" 'HostKeyAlias vault'
judge_certified "a certificate that does not name it" "$UNSIGNED" ca -h -n nas
check "what it lacks is said" grep -qF 'its certificate does not name it' "$T/json"
judge_certified "a user's certificate" "$UNSIGNED" ca -n 127.0.0.1
judge_certified "a certificate that has expired" "$UNSIGNED" ca -h -n 127.0.0.1 -V 20200101:20210101
judge_certified "a certificate of tomorrow" "$UNSIGNED" ca -h -n 127.0.0.1 -V +1d:+2d
judge_certified "a certificate with an option" "$UNSIGNED" ca -h -n 127.0.0.1 -O critical:x=y
if certified rsa_ca -t ssh-rsa -h -n 127.0.0.1; then
	known "@cert-authority * $(key rsa_ca)"
	judge "a certificate signed with SHA-1" "$UNSIGNED"
else
	skip "a certificate signed with SHA-1" "it cannot be made here"
fi
kill "$SSHD_PID"
sshd_start "HostKey $T/more_rsa" "HostKey $T/more_ecdsa" || { not_ok "sshd starts"; finish; }
NAME="[127.0.0.1]:$SSHD_PORT"
known "@cert-authority $NAME $(key ca)"
judge "no certificate" "$UNSIGNED"
known "@cert-authority $NAME $(key ca)" "$NAME $(key more_rsa)"
judge "no certificate, and the key is known" "in -"

# CheckHostIP: another key is known for the address, which is none of the loopback's.
address=$(ip -4 -o addr show 2>/dev/null | sed -n 's/.* inet \([0-9.]*\).*/\1/p' | grep -vm 1 '^127\.')
if [ -n "$address" ] && { kill "$SSHD_PID"; sshd_start "HostKey $T/more_rsa" "HostKey $T/more_ecdsa" \
    "ListenAddress $address"; }; then
	set -- "HostName $address" 'HostKeyAlias vault' 'CheckHostIP yes'
	known "vault $(key host_key)" "[$address]:$SSHD_PORT $(key other_ed25519)"
	judge "the address has another key" "refused address:error " "$@"
	judge "the address has another key, and ssh can ask" "asks address:warning " "$@" 'BatchMode no'
	judge "the address has another key, accept-new" "refused address:error " "$@" 'StrictHostKeyChecking accept-new'
	judge "the address has another key, StrictHostKeyChecking no" "in -" "$@" 'StrictHostKeyChecking no'
	judge "the address has another key, and is not looked at" "in -" "HostName $address" 'HostKeyAlias vault'
	known "vault $(key host_key)" "[$address]:$SSHD_PORT $(key host_key)"
	judge "the address has the same key" "in -" "$@"
	known "vault $(key other_ed25519)" "[$address]:$SSHD_PORT $(key host_key)"
	judge "the name has another key than the address" "$CHANGED" "$@"
	known "@cert-authority vault $(key ca)" "[$address]:$SSHD_PORT $(key other_ed25519)"
	judge "the name has an authority, and no certificate is shown" "$UNSIGNED" "$@"
else
	skip "CheckHostIP" "this machine has no address but the loopback's"
fi

# What a program says is not asked, so nothing is sure.
NAME="[127.0.0.1]:$SSHD_PORT"
known "$NAME $(key other_ed25519)"
printf '#!/bin/sh\necho "%s"\n' "$NAME $(key host_key)" >"$T/bin/keys"
chmod 755 "$T/bin/keys"
judge "a program knows the key" "in -" "KnownHostsCommand $T/bin/keys"
check "that it was not asked is said" grep -qF '"host-key-changed"' "$T/json"
finish
