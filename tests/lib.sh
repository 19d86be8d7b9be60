# shellcheck shell=sh
# Sourced by every test script: where things are, how a case is reported (TAP), a throw-away sshd, clean-up by process id.
#
# A script runs its cases with ok / not_ok / skip / check and ends with `finish`.
# Nothing outside $T is written, and only processes that the script started are ended.

set -u
SRCDIR=${SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
BUILDDIR=${BUILDDIR:-$SRCDIR/build}
MESHSSH=${MESHSSH:-$BUILDDIR/meshssh}
# shellcheck disable=SC2034	# for the scripts
TOOLS=$SRCDIR/tests/integration
# Files below it stand in configurations of ssh, to which % and quotes mean something, and in words of scripts.
case ${TMPDIR:-} in
*[!A-Za-z0-9/._+-]*) TMPDIR=/tmp ;;
esac
T=$(mktemp -d "${TMPDIR:-/tmp}/meshssh-test.XXXXXX") || exit 1
T_COUNT=0
T_FAILED=0
T_PIDS=

# Records must not land in the home of whoever runs the tests.
XDG_CACHE_HOME=$T/cache
export XDG_CACHE_HOME MESHSSH SRCDIR BUILDDIR
unset SSH_AUTH_SOCK DISPLAY 2>/dev/null || :
# sshd, ip and some proxies are where an ordinary user's PATH does not lead.
PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin
export PATH

clean_up() {
	for t_pid in $T_PIDS; do
		kill "$t_pid" 2>/dev/null
	done
	for t_pid in $T_PIDS; do
		wait "$t_pid" 2>/dev/null
	done
	rm -rf "$T"
}
trap clean_up EXIT
# A second one does not end the clean-up.
trap 'trap "" HUP INT TERM; exit 1' HUP INT TERM

# started PID: this process is ours, end it with the script.
started() { T_PIDS="$T_PIDS $1"; }

ok() {
	T_COUNT=$((T_COUNT + 1))
	echo "ok $T_COUNT - $1"
}

# not_ok NAME [DETAIL]
not_ok() {
	T_COUNT=$((T_COUNT + 1))
	T_FAILED=$((T_FAILED + 1))
	echo "not ok $T_COUNT - $1"
	[ $# -lt 2 ] || printf '%s\n' "$2" | sed 's/^/#   /'
}

# skip NAME REASON: said aloud; in CI a skip of what matters fails the run.
skip() {
	T_COUNT=$((T_COUNT + 1))
	echo "ok $T_COUNT - $1 # SKIP $2"
}

# check NAME COMMAND...: passes if the command exits 0; shows its output if not.
check() {
	t_name=$1
	shift
	if "$@" >"$T/check.out" 2>&1; then
		ok "$t_name"
	else
		not_ok "$t_name" "status $?: $*
$(tail -n 20 "$T/check.out")"
	fi
}

# is NAME GOT WANTED
is() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "got:    $2
wanted: $3"
	fi
}

# wait_for SECONDS COMMAND...: polls until the command exits 0; 1 at the deadline.
wait_for() {
	t_deadline=$(($(date +%s) + $1 + 1))	# whole seconds: never less than was asked for
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt "$t_deadline" ] || return 1
		sleep 0.02	# the pace of the poll, not a wait for luck
	done
}

# namespaces: 0 where `unshare "$NS"` gives a network and mounts of our own; else NS_WHY says what is in the way.
namespaces() {
	NS=-nm
	[ "$(id -u)" -eq 0 ] || NS=-rnm
	NS_WHY="this user may not make network and mount namespaces here:"
	# shellcheck disable=SC2016
	NS_WHY="$NS_WHY $(unshare "$NS" sh -c 'mount -t tmpfs none "$1" && ip link set lo up' sh "$T" 2>&1)" && return
	NS_WHY=$(printf '%s\n' "$NS_WHY" | head -n 1)
	return 1
}

# need_namespaces NAME: 1 and a skip where there are none. need_root NAME: the same, and root is needed in them.
need_namespaces() {
	need "$1" unshare mount ip || return 1
	namespaces && return
	skip "$1" "$NS_WHY"
	return 1
}
need_root() {
	if [ "$(id -u)" -ne 0 ]; then
		skip "$1" "this test runs as root only"
		return 1
	fi
	need_namespaces "$1"
}

# with_dev COMMAND...: in namespaces, with the loopback up and a /dev where nobody has the system's log yet.
with_dev() {
	mkdir -p "$T/dev"
	touch "$T/dev/null" "$T/dev/urandom"
	# shellcheck disable=SC2016
	timeout -k 2 30 unshare "$NS" sh -c 'ip link set lo up && mount --bind /dev/null "$1/null" &&
	    mount --bind /dev/urandom "$1/urandom" && mount --rbind "$1" /dev && shift && exec "$@"' sh "$T/dev" "$@"
}

# need NAME PROGRAM...: 1 and a skip if one of the programs is missing.
need() {
	t_name=$1
	shift
	for t_prog in "$@"; do
		command -v "$t_prog" >/dev/null 2>&1 && continue
		skip "$t_name" "$t_prog is not installed"
		return 1
	done
}

# verdicts: the cases of a driver in another language, from $T/verdicts: "ok NAME" or "not_ok NAME", a tab, the detail.
verdicts() {
	touch "$T/verdicts"
	v_tab=$(printf '\t')
	while IFS=$v_tab read -r v_name v_detail; do
		case $v_name in
		ok\ *) ok "${v_name#ok }" ;;
		*) not_ok "${v_name#not_ok }" "$v_detail" ;;
		esac
	done <"$T/verdicts"
}

finish() {
	echo "1..$T_COUNT"
	[ "$T_FAILED" -eq 0 ]
	exit
}

# sshd without PAM lets nobody in whose password is locked, not even with a key.
t_pam() {
	if [ "$(id -u)" -eq 0 ] && getent shadow root 2>/dev/null | cut -d: -f2 | grep -q '^!'; then
		echo yes
	else
		echo no
	fi
}

# From 9.8 on sshd shuts out whoever comes often without a login, as tests do.
t_forgiving() {
	case $(ssh -V 2>&1) in
	OpenSSH_[0-8].* | OpenSSH_9.[0-7]*) ;;
	*) echo 'PerSourcePenalties no' ;;
	esac
}

# sshd_start [CONFIG LINE...]: a real sshd for this user on a free loopback port, with throw-away keys.
# Sets SSHD_PORT, SSHD_PID, SSHD_LOG and SSH_CONFIG (for ssh -F): host `direct` is plain ssh,
# host `relay` goes through meshssh, host `fdpass` through meshssh --fdpass.
sshd_start() {
	[ -f "$T/host_key" ] || ssh-keygen -q -t ed25519 -N '' -C '' -f "$T/host_key" || return 1
	[ -f "$T/user_key" ] || ssh-keygen -q -t ed25519 -N '' -C '' -f "$T/user_key" || return 1
	cp "$T/user_key.pub" "$T/authorized_keys"
	[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
	# None of those that the kernel gives to connections, or to a test that asks it for a free one.
	# And never one twice: while the log of the sshd there is still to be seen, it speaks for the new one.
	SSHD_PORT=${SSHD_PORT:-$((20000 + $$ % 10000))}
	t_tries=0
	while [ $t_tries -lt 50 ]; do
		t_tries=$((t_tries + 1))
		SSHD_PORT=$((SSHD_PORT + 37))
		SSHD_LOG=$T/sshd.$SSHD_PORT.log
		{
			for t_line in "$@"; do
				echo "$t_line"
			done
			cat <<-END
			Port $SSHD_PORT
			ListenAddress 127.0.0.1
			ListenAddress ::1
			HostKey $T/host_key
			AuthorizedKeysFile $T/authorized_keys
			PidFile none
			UsePAM $(t_pam)
			$(t_forgiving)
			StrictModes no
			PermitRootLogin yes
			PasswordAuthentication no
			MaxStartups 500
			MaxSessions 500
			Subsystem sftp internal-sftp
			END
		} >"$T/sshd_config"
		"$(command -v sshd || echo /usr/sbin/sshd)" -D -e -f "$T/sshd_config" 2>"$SSHD_LOG" &
		SSHD_PID=$!
		wait_for 10 sshd_settled || :
		if grep -q 'Server listening on 127.0.0.1' "$SSHD_LOG" && kill -0 "$SSHD_PID" 2>/dev/null; then
			started "$SSHD_PID"
			ssh_config_write
			return 0
		fi
		kill "$SSHD_PID" 2>/dev/null
		wait "$SSHD_PID" 2>/dev/null
	done
	echo "# sshd does not start: $(tail -n 3 "$SSHD_LOG")"
	return 1
}

# need_login NAME [CONFIG LINE...]: sshd_start; 1 and a skip where this user cannot log in to an sshd of its own.
need_login() {
	t_name=$1
	shift
	need "$t_name" ssh sshd ssh-keygen timeout || return 1
	sshd_start "$@" || {
		not_ok "$t_name: sshd starts"
		return 1
	}
	timeout 20 ssh -F "$SSH_CONFIG" direct true >/dev/null 2>"$T/err" </dev/null && return
	skip "$t_name" "$(id -un) cannot log in to an sshd of its own: $(tail -n 1 "$T/err")"
	return 1
}

sshd_settled() {
	grep -q 'Server listening on 127.0.0.1' "$SSHD_LOG" || ! kill -0 "$SSHD_PID"
}

ssh_config_write() {
	SSH_CONFIG=$T/ssh_config
	cat >"$SSH_CONFIG" <<-END
	Host relay
		ProxyCommand $MESHSSH --relay -- "%h" "%p"
	Host fdpass
		ProxyCommand $MESHSSH --fdpass --relay -- "%h" "%p"
		ProxyUseFdpass yes
		IPQoS none
	Host *
		HostName 127.0.0.1
		Port $SSHD_PORT
		User $(id -un)
		HostKeyAlias throwaway
		IdentityFile $T/user_key
		IdentitiesOnly yes
		UserKnownHostsFile $T/known_hosts
		GlobalKnownHostsFile /dev/null
		BatchMode yes
		ControlPath none
	END
	echo "throwaway $(cut -d' ' -f1,2 "$T/host_key.pub")" >"$T/known_hosts"
}
