#!/bin/sh
# With next to no room for open files nothing is guessed: the front door does not become a plain ssh that goes another
# way, the doctor does not call healthy what it could not look at, the companion writes no block. One line says what is
# missing, and ulimit -n.
#
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "descriptors" python3 timeout ssh || finish
exec </dev/null
CONFIG=$BUILDDIR/meshssh-config

# room COUNT COMMAND...: with room for so many open files in all; what it says is in $T/out and $T/err.
room() {
	timeout 30 python3 - "$@" >"$T/out" 2>"$T/err" <<-'END'
	import os, resource, sys
	count = int(sys.argv[1])
	os.close(0)
	os.set_inheritable(os.open("/dev/null", os.O_RDONLY), True)
	resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))
	os.execv(sys.argv[2], sys.argv[2:])
	END
}
# Below this not even the libraries of a program can be read.
first=3
until room $first "$MESHSSH" --version || [ $first -ge 9 ]; do
	first=$((first + 1))
done

count=$first
told=0
while [ $count -lt 20 ]; do
	room $count "$MESHSSH" -v -F /dev/null -o BatchMode=yes -p 1 127.0.0.1 true
	status=$?
	if grep -q '^meshssh: .*; raise ulimit -n' "$T/err"; then
		told=1
		is "front door, room for $count: told, and no ssh" "$status $(grep -c '^OpenSSH' "$T/err")" '71 0'
	else
		is "front door, room for $count: ssh, and through the relay if it gets that far" \
		    "$status $(grep -c 'Connecting to' "$T/err")" '255 0'
	fi
	count=$((count + 1))
done
is "front door: both were seen" "$told $(grep -c 'Executing proxy command: exec .*meshssh' "$T/err")" '1 1'

for count in $first 8 16 24 31; do
	for command in "$MESHSSH --doctor" "$MESHSSH --doctor 127.0.0.1 1" "$MESHSSH --doctor --json" "$MESHSSH --scan 127.0.0.1:1" \
	    "$CONFIG stanza --no-probe 127.0.0.1" "$CONFIG stanza --match=*.test"; do
		# shellcheck disable=SC2086 # words
		(set -f; room $count $command)
		is "${command##*/}, room for $count: one line, and nothing else" \
		    "$? $(grep -c '^meshssh.*; raise ulimit -n' "$T/err") $(wc -l <"$T/err") $(wc -c <"$T/out")" '71 1 1 0'
	done
done
room 64 "$CONFIG" stanza --no-probe 127.0.0.1
is "room enough: a block" "$? $(grep -c '^Host ' "$T/out")" '0 1'
finish
