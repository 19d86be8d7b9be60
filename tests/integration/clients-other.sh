#!/bin/sh
# Clients other than OpenSSH's ssh with meshssh as their proxy command: paramiko (pipes, ends its proxy with SIGTERM),
# libssh (a socketpair on stdio), dbclient, and ansible over ssh masters that persist, both by ssh_config and with
# meshssh in the place of ssh.
#
# shellcheck disable=SC2317,SC2119 # functions are called through `check`; sshd_start needs no argument
# shellcheck source-path=SCRIPTDIR
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=relays.sh
. "$(dirname "$0")/relays.sh"

need_login "clients" || finish
user=$(id -un)
proxy="$MESHSSH 127.0.0.1 $SSHD_PORT"
head -c 5242880 /dev/urandom >"$T/big"
mkdir "$T/there"
# These clients know no HostKeyAlias.
{
	cat "$T/known_hosts"
	echo "[127.0.0.1]:$SSHD_PORT $(cut -d' ' -f1,2 "$T/host_key.pub")"
} >"$T/known_hosts.other"

# Paramiko: Debian's is for Debian's python3, which may not be the first in PATH.
python=
for candidate in python3 /usr/bin/python3; do
	if "$candidate" -c 'import paramiko' 2>/dev/null; then
		python=$candidate
		break
	fi
done
if [ -n "$python" ]; then
	silent "paramiko: login, exec, exit status, sftp put and get" timeout 60 "$python" -W ignore \
	    "$TOOLS/paramiko-client.py" "$user" "$T/user_key" "$T/known_hosts.other" 127.0.0.1 "$SSHD_PORT" \
	    "$T/big" "$T/there/paramiko" "$proxy"
	check "paramiko: same bytes there" cmp "$T/big" "$T/there/paramiko"
	gone "paramiko: no relay is left"
else
	skip "paramiko" "no python3 has it"
fi

# libssh
if ! need "libssh" "${CC:-cc}" pkg-config; then
	:
elif ! pkg-config --exists libssh; then
	skip "libssh" "its headers are not installed"
else
	# shellcheck disable=SC2046 # words
	check "libssh: the client builds" "${CC:-cc}" -Wall -Wextra -Werror -o "$T/libssh-client" \
	    "$TOOLS/libssh-client.c" $(pkg-config --cflags --libs libssh)
	libssh() {
		timeout 30 "$T/libssh-client" 127.0.0.1 "$SSHD_PORT" "$user" "$T/user_key" "$T/known_hosts.other" \
		    "$MESHSSH --relay -- \"%h\" \"%p\"" "$1"
	}
	libssh 'echo out; exit 7' >"$T/out" 2>"$T/err"
	is "libssh: status and output, no word on stderr" "$? $(cat "$T/out" "$T/err")" '7 out'
	libssh "cat >'$T/there/libssh'; cat '$T/there/libssh'" <"$T/big" >"$T/out" 2>"$T/err"
	is "libssh: a session of 5 MB both ways" "$? $(cat "$T/err")" '0 '
	check "libssh: same bytes there" cmp "$T/big" "$T/there/libssh"
	check "libssh: same bytes back" cmp "$T/big" "$T/out"
	gone "libssh: no relay is left"
fi

# dbclient wants keys in a format of its own; -y -y takes any host key and keeps no file of them.
if need "dbclient" dbclient dropbearconvert; then
	dropbearconvert openssh dropbear "$T/user_key" "$T/dropbear_key" >"$T/check.out" 2>&1
	dropbear() { timeout 30 dbclient -y -y -i "$T/dropbear_key" -J "$proxy" "$user@127.0.0.1" "$1"; }
	dropbear 'echo out; exit 7' >"$T/out" 2>"$T/err"
	is "dbclient: status and output" "$? $(cat "$T/out")" '7 out'
	is "dbclient: no word but its own" "$(grep -av 'accepted unconditionally\|dbclient' "$T/err")" ''
	dropbear "cat >'$T/there/dbclient'; cat '$T/there/dbclient'" <"$T/big" >"$T/out" 2>"$T/err"
	is "dbclient: a session of 5 MB both ways" "$?" 0
	check "dbclient: same bytes there" cmp "$T/big" "$T/there/dbclient"
	check "dbclient: same bytes back" cmp "$T/big" "$T/out"
	gone "dbclient: no relay is left"
fi

# Ansible: `ping` is sent by sftp and run by ssh, all over one master that stays for a while.
if need "ansible" ansible; then
	{
		printf 'Host relay direct\n\t'
		how_config
		# Ansible brings its own; ours forbids it.
		grep -v ControlPath "$SSH_CONFIG"
	} >"$T/config"
	mkdir "$T/cp"
	: >"$T/ansible.cfg"
	ANSIBLE_CONFIG=$T/ansible.cfg
	ANSIBLE_HOME=$T/ansible
	ANSIBLE_LOCAL_TEMP=$T/ansible/tmp
	ANSIBLE_REMOTE_TMP=$T/ansible/remote
	ANSIBLE_SSH_CONTROL_PATH_DIR=$T/cp
	ANSIBLE_SSH_CONTROL_PATH='%(directory)s/m'
	# An sshd that is not root's cannot always make a terminal.
	ANSIBLE_SSH_USETTY=no
	ANSIBLE_NOCOLOR=1
	export ANSIBLE_CONFIG ANSIBLE_HOME ANSIBLE_LOCAL_TEMP ANSIBLE_REMOTE_TMP ANSIBLE_SSH_CONTROL_PATH_DIR \
	    ANSIBLE_SSH_CONTROL_PATH ANSIBLE_SSH_USETTY ANSIBLE_NOCOLOR

	# ping NAME HOST [ARGUMENT...]
	ping() {
		p_name=$1
		p_host=$2
		shift 2
		timeout 60 ansible all -i "$p_host," --ssh-common-args "-F $T/config" \
		    -e "ansible_python_interpreter=$(command -v python3)" -m ping "$@" >"$T/out" 2>"$T/err"
		p_status=$?
		if [ $p_status -eq 0 ] && grep -q '"ping": "pong"' "$T/out"; then
			ok "$p_name"
		else
			not_ok "$p_name" "status $p_status
$(cat "$T/out" "$T/err")"
		fi
		how "$p_name: through the relay" relay
		is "$p_name: one relay stays with the master" "$(relay_count)" 1
		ssh -F "$T/config" -S "$T/cp/m" -O exit "$p_host" 2>/dev/null
		gone "$p_name: it goes with the master"
	}
	ping "ansible with -F" relay
	ping "ansible with meshssh for ssh" direct -e "ansible_ssh_executable=$MESHSSH"
fi

finish
