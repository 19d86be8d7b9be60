#!/bin/sh
# ControlMaster and ControlPersist: sessions share one relay, which does not hold the caller's stderr open, is not hurt
# by what happens on the caller's terminal (^C, ^\, the terminal goes away), and is gone within a second after -O exit
# or whatever signal ends ssh.
#
# shellcheck disable=SC2317,SC2119 # functions are called through `check`; sshd_start needs no argument
# shellcheck disable=SC2016 # variables for an inner shell
# shellcheck source-path=SCRIPTDIR
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=relays.sh
. "$(dirname "$0")/relays.sh"

{ need "ControlMaster" python3 && need_login "ControlMaster"; } || finish
cfg=$T/config
m=$T/m
{
	printf 'Host *\n\t'
	how_config
	grep -v ControlPath "$SSH_CONFIG"
} >"$cfg"
head -c 5242880 /dev/urandom >"$T/big"
process_group() { sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f3; }
accepted() { grep -c 'Accepted publickey' "$SSHD_LOG"; }
logged_in() { [ "$(accepted)" -gt "$before" ]; }
no_master() { ! ssh -F "$cfg" -S "$m" -O check relay 2>/dev/null; }

# over: ends the master; its relay goes with it.
over() {
	timeout 10 ssh -F "$cfg" -S "$m" -O exit relay 2>/dev/null
	gone "$1: after -O exit the relay is gone within a second"
	wait_for 5 no_master
}

# Several sessions, one connection.
before=$(accepted)
persist="-o ControlMaster=auto -o ControlPersist=60 -o ControlPath=$m"
# shellcheck disable=SC2086 # words
run() { timeout 30 ssh -F "$cfg" $persist relay "$@"; }
run true
pids=
for n in 1 2 3 4 5; do
	run "cat '$T/big'; exit $n" >"$T/out.$n" &
	pids="$pids $!"
done
n=0
for pid in $pids; do
	n=$((n + 1))
	wait "$pid"
	is "session $n of five at once: its status" "$?" $n
	check "session $n of five at once: 5 MB" cmp "$T/big" "$T/out.$n"
done
silent "scp over the master" timeout 30 scp -q -F "$cfg" -o ControlPath="$m" "$T/big" "relay:$T/scp"
check "scp over the master: same bytes" cmp "$T/big" "$T/scp"
is "one login for all of them" $(($(accepted) - before)) 1
is "one relay for all of them" "$(relay_count)" 1
over "five sessions"

# held NAME COMMAND: a command substitution that takes stderr as well ends at once though the relay lives on.
held() {
	timeout 10 sh -c "x=\$($2 2>&1); printf '%s' \"\$x\"" >"$T/out" 2>&1
	is "$1: \$(... 2>&1) ends at once, and is empty" "$? $(cat "$T/out")" '0 '
	is "$1: the relay lives on" "$(relay_count)" 1
	over "$1"
}
held "ControlPersist" "ssh -F '$cfg' $persist relay true"
held "ControlMaster=yes and -f" "ssh -F '$cfg' -f -N -o ControlMaster=yes -S '$m' relay"
held "meshssh with ControlPersist" "'$MESHSSH' -F '$cfg' $persist direct true"
held "meshssh with ControlMaster=yes and -f" "'$MESHSSH' -F '$cfg' -f -N -o ControlMaster=yes -S '$m' direct"
held "ControlMaster=yes, -N and &" "ssh -F '$cfg' -N -o ControlMaster=yes -S '$m' relay >/dev/null 2>&1 &
	while ! ssh -F '$cfg' -S '$m' -O check relay 2>/dev/null; do sleep 0.02; done"


# The caller's terminal. A shell without job control: all it starts is in its own process group.
mkfifo "$T/keys"
exec 9<>"$T/keys"
# on_pty COMMAND...: starts it in the background on a terminal where what is written to descriptor 9 is typed.
on_pty() {
	: >"$T/shown"	# at once: what the last one showed is not this one's
	python3 "$TOOLS/on-pty.py" 24 80 "$@" <"$T/keys" >"$T/shown" 9<&- &
	terminal=$!
	started $terminal
}
# survives NAME COMMAND...: a master started on the terminal lives on after COMMAND, with its relay, and is usable.
survives() {
	s_name=$1
	shift
	on_pty sh -c "$s_program"' -F "$1" '"$persist"' '"$s_host"' true; echo "ready"; read -r never' sh "$cfg"
	check "$s_name: a master with ControlPersist" wait_for 10 grep -q ready "$T/shown"
	s_relay=$(relay_pids)
	"$@"
	wait $terminal
	s_status=$?
	check "$s_name: what ran on the terminal is ended (status $s_status)" [ $s_status -gt 128 ]
	is "$s_name: the master serves another session" "$(timeout 10 ssh -F "$cfg" -S "$m" -o ProxyCommand=false relay \
	    'echo alive' 2>&1)" alive
	is "$s_name: the relay is the same" "$(relay_pids)" "$s_relay"
	over "$s_name"
}
ctrl_c() { printf '\003' >&9; }
ctrl_backslash() { printf '\034' >&9; }
hang_up() { kill "$terminal"; }
s_program=ssh s_host=relay
survives "^C" ctrl_c
survives "^\\" ctrl_backslash
survives "the terminal goes away" hang_up
s_program=$MESHSSH s_host=direct
survives "^C, meshssh for ssh" ctrl_c

# Without a master ^C ends the session, and so the relay; with a remote terminal it is a byte for the other side.
on_pty ssh -F "$cfg" relay 'echo ready; cat'
wait_for 10 grep -q ready "$T/shown"
is "a session in the foreground has its relay" "$(relay_count)" 1
ctrl_c
gone "^C in a session without a remote terminal: the relay is gone within a second"
wait $terminal
if remote_terminal "^C in a session with a remote terminal" "$cfg"; then
	on_pty ssh -F "$cfg" -tt relay 'trap "echo caught; exit 3" INT; echo ready; while :; do sleep 0.1; done'
	wait_for 10 grep -q ready "$T/shown"
	ctrl_c
	wait $terminal
	is "^C in a session with a remote terminal goes there" "$? $(grep -c caught "$T/shown")" '3 1'
fi

# The end of ssh, in order or not.
ssh_pid_of_master() { ssh -F "$cfg" -S "$m" -O check relay 2>&1 | sed -n 's/.*pid=\([0-9]*\).*/\1/p'; }
for signal in HUP TERM KILL; do
	before=$(accepted)
	ssh -F "$cfg" -N relay 2>"$T/err" &
	pid=$!
	started $pid
	wait_for 10 logged_in
	relay=$(relay_pids)
	is "ssh -N to be killed by SIG$signal has one relay" "$(relay_count)" 1
	is "it leads a process group of its own" "$(process_group "$relay")" "$relay"
	is "it has let go of stderr" "$(readlink "/proc/$relay/fd/2")" /dev/null
	kill -s $signal $pid
	gone "ssh killed by SIG$signal: the relay is gone within a second"
	wait $pid

	run true
	kill -s $signal "$(ssh_pid_of_master)"
	gone "a master killed by SIG$signal: the relay is gone within a second"
	rm -f "$m"
done
"$MESHSSH" -F "$cfg" -N direct 2>/dev/null &
pid=$!
started $pid
wait_for 10 one_relay
kill -s KILL $pid
gone "meshssh, which is ssh by now, killed by SIGKILL: the relay is gone within a second"

finish
