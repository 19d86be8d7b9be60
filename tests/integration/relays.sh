# shellcheck shell=sh
# Sourced after lib.sh: which relays run now, and whether a connection was made through one.

# A test that was started with stdin closed must not see it reused for something else.
exec </dev/null

# relay_pids [PORT]: the relays to that port (our sshd's by default): an argument is the port, another ends in /meshssh.
# A dead one that nobody has waited for has no command line, so it does not count.
relay_pids() {
	grep -lzxF -e "${1:-$SSHD_PORT}" /proc/[0-9]*/cmdline 2>/dev/null | while read -r r_file; do
		grep -qz -e "/${MESHSSH##*/}\$" "$r_file" 2>/dev/null || continue
		r_pid=${r_file#/proc/}
		echo "${r_pid%/cmdline}"
	done
}

relay_count() { relay_pids "$@" | grep -c .; }

# within_1s COMMAND...: polls for a second; wait_for counts whole seconds, so `wait_for 1` may be as good as none.
within_1s() {
	w_polls=0
	until "$@" >/dev/null 2>&1; do
		[ $w_polls -lt 50 ] || return 1
		w_polls=$((w_polls + 1))
		sleep 0.02
	done
}

no_relay() { [ -z "$(relay_pids "$@")" ]; }
one_relay() { [ "$(relay_count "$@")" -eq 1 ]; }

# gone NAME [PORT]: passes if within a second no relay is left; those that are left are ended.
gone() {
	g_name=$1
	shift
	if within_1s no_relay "$@"; then
		ok "$g_name"
	else
		g_left=$(relay_pids "$@")
		not_ok "$g_name" "$(for g_pid in $g_left; do tr '\0' ' ' <"/proc/$g_pid/cmdline"; echo; done)"
		# shellcheck disable=SC2086 # a list
		kill -9 $g_left
	fi
}

# how_config: an ssh_config line that has ssh note in mid key exchange, in $T/how, whether it has a relay as its child.
# So it is known for every program that runs ssh, not only for those that show what they run.
how_config() {
	cat >"$T/note-how" <<-END
	#!/bin/sh
	[ "\$1" = HOSTNAME ] || exit 0
	SSHD_PORT=$SSHD_PORT
	MESHSSH=$MESHSSH
	how=direct
	. "$TOOLS/relays.sh"
	for pid in \$(relay_pids); do
		! grep -q "^PPid:[[:space:]]*\$PPID\\\$" /proc/\$pid/status || how=relay
	done
	echo \$how >"$T/how"
	END
	chmod 755 "$T/note-how"
	echo "KnownHostsCommand $T/note-how %I"
}

# how NAME relay|direct: how the last connection went.
how() {
	is "$1" "$(cat "$T/how" 2>/dev/null)" "$2"
	rm -f "$T/how"
}

# silent NAME COMMAND...: passes if the command exits 0 and says nothing at all on stderr. Stdout goes to $T/out.
silent() {
	s_name=$1
	shift
	"$@" >"$T/out" 2>"$T/err"
	s_status=$?
	if [ $s_status -eq 0 ] && [ ! -s "$T/err" ]; then
		ok "$s_name"
	else
		not_ok "$s_name" "status $s_status, stderr:
$(head -c 600 "$T/err")"
	fi
}

# end PID...: ends processes that the script started and waits for them.
end() {
	kill "$@" 2>/dev/null
	wait "$@" 2>/dev/null
}

# remote_terminal NAME CONFIG: 1 and a skip if our sshd, which is not root's then, cannot make a terminal.
remote_terminal() {
	ssh -F "$2" -tt direct true >/dev/null 2>&1 && return 0
	skip "$1" "this user's sshd cannot make a terminal"
	return 1
}

# free_port: a TCP port that nobody listens on just now. The kernel gives none of these to anybody by itself, so that until
# it is used no connection of another test becomes its owner.
free_port() {
	python3 -c 'import random, socket
while True:
    port = random.randrange(10000, 20000)
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            continue
    print(port)
    break'
}
