#!/bin/sh
# Who gives up first, and that nothing waits forever. ssh's ConnectTimeout, from wherever ssh has it: the relay says its
# line before ssh gives up. A failure is on record before its line is printed, and a reader of standard error or a home
# that hangs holds neither up for long. ssh -G of the front door has a time limit where no person is at a terminal. A
# list of --scan that comes slowly.
#
# shellcheck disable=SC2317	# functions are called through `check`
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "time limits" python3 ssh setsid || finish

python3 "$TOOLS/oddserver.py" "$T/ports" silent full refused drip-id=20 &
started $!
wait_for 10 test -s "$T/ports" || { not_ok "the test's servers start"; finish; }
port() { sed -n "s/^$1 //p" "$T/ports"; }
now_ms() { python3 -c 'import time; print(time.monotonic_ns() // 1000000)'; }

### a Match exec that hangs; it takes a while, so it runs beside the rest
# hanging NAME: a configuration whose Match exec hangs in a program of that name.
hanging() {
	cp "$(command -v sleep)" "$T/$1"
	printf 'Match exec "exec %s 300"\n\tUser nobody-there\n' "$T/$1" >"$T/$1.config"
}
hanging hangs
hanging killed
# shellcheck disable=SC2009	# the whole command line
running() { ps -eo args | grep -v grep | grep -qF "$T/$1 300"; }
ended() { ! running "$1"; }
hangs_began=$(now_ms)
{
	timeout -k 1 100 setsid -w "$MESHSSH" -F "$T/hangs.config" 127.0.0.1 true </dev/null >"$T/hangs.out" 2>"$T/hangs.err"
	echo "$? $(now_ms)" >"$T/hangs.new"
	mv "$T/hangs.new" "$T/hangs.done"
} &
started $!

setsid "$MESHSSH" -F "$T/killed.config" 127.0.0.1 true </dev/null >"$T/out" 2>&1 &
killed=$!
started $killed
check "a Match exec runs" wait_for 10 running killed
kill $killed
wait $killed
is "meshssh is ended meanwhile" $? 143
check "meshssh is ended meanwhile, and so is what it started" wait_for 5 ended killed

### ConnectTimeout
own='GlobalKnownHostsFile=/dev/null'
cat >"$T/stanza" <<END
Host front direct
	HostName 127.0.0.1
Host relay patient quick
	HostName 127.0.0.1
	ProxyCommand $MESHSSH --relay -- "%h" "%p"
Host patient
	ProxyCommand $MESHSSH --timeout=60 --relay -- "%h" "%p"
	ConnectTimeout 2s
Host quick
	ConnectTimeout 1
Host shell
	HostName 127.0.0.1
	ProxyCommand sh -c 'sleep 0.5; exec $MESHSSH --relay -- "%h" "%p"'
Match host 127.0.0.1 exec "true"
	User nobody-there
Host *
	BatchMode yes
	UserKnownHostsFile /dev/null
	ControlPath none
END

# attempt NAME PORT COMMAND...: in the background, with a cache of its own; the words of the result are in $T/NAME.
attempt() {
	a_name=$1
	a_port=$2
	shift 2
	(
		XDG_CACHE_HOME=$T/cache-$a_name
		export XDG_CACHE_HOME
		timeout 20 "$@" -F "$T/stanza" -p "$a_port" -o "$own" >"$T/out.$a_name" 2>"$T/err.$a_name" </dev/null
		a_status=$?
		"$MESHSSH" --why >"$T/why.$a_name" 2>&1
		echo "$a_status $(grep -c '^meshssh: ' "$T/err.$a_name") $(grep -c 'during banner' "$T/err.$a_name")" \
		    "$(grep -q "port $a_port" "$T/why.$a_name" && echo recorded)" >"$T/$a_name"
	) &
	a_pids="$a_pids $!"
}
# attempts WHAT: wait for them; each ended with ssh's 255 and a line of the relay's, ssh has said nothing of its own limit,
# and the failure is on record.
attempts() {
	for pid in $a_pids; do
		wait "$pid"
	done
	a_wrong=
	for a_file in "$T"/a-*; do
		[ "$(cat "$a_file")" = '255 1 0 recorded' ] ||
		    a_wrong="$a_wrong${a_file##*/}: $(cat "$a_file") $(cat "$T/err.${a_file##*/}")
"
	done
	is "$1" "$a_wrong" ''
	rm -f "$T"/a-*
	a_pids=
}
a_pids=
for mode in silent full; do
	for i in 1 2 3; do
		attempt "a-$mode-front-$i" "$(port $mode)" "$MESHSSH" -o ConnectTimeout=2 front
		attempt "a-$mode-relay-$i" "$(port $mode)" ssh -o ConnectTimeout=2 relay
	done
	attempt "a-$mode-words" "$(port $mode)" ssh -nvTo'connecttimeout  2' nobody@relay
	attempt "a-$mode-config" "$(port $mode)" ssh patient
	attempt "a-$mode-second" "$(port $mode)" ssh quick
	attempt "a-$mode-option" "$(port $mode)" "$MESHSSH" --timeout=60 -oConnectTimeout=2 front
done
attempts "ConnectTimeout, wherever ssh has it: the relay's line comes first"

# What came before us counts: the user's shell, or whatever starts us.
attempt a-shell "$(port silent)" ssh -o ConnectTimeout=2 shell
# A server that says its identification slowly has ssh's whole time.
attempt a-drip "$(port drip-id)" ssh -o ConnectTimeout=1 relay
attempts "ConnectTimeout: the time before the relay ran counts"

# Nothing of that where ssh has no limit, and after the identification.
timeout 20 ssh -F "$T/stanza" -p "$(port silent)" -o ConnectTimeout=1 \
    -o "ProxyCommand=$MESHSSH --fdpass --relay -- %h %p" -o ProxyUseFdpass=yes relay 2>"$T/err"
is "with --fdpass, ssh itself waits for the server" "$? $(grep -c '^meshssh: ' "$T/err")" "255 0"

### standard error that nobody reads, and the record
cat >"$T/full-stderr.py" <<'END'
import fcntl, os, subprocess, sys, time
read, write = os.pipe()
fcntl.fcntl(write, fcntl.F_SETFL, os.O_NONBLOCK)
try:
    while True:
        os.write(write, b"x" * 4096)
except BlockingIOError:
    pass
fcntl.fcntl(write, fcntl.F_SETFL, 0)
began = time.monotonic()
p = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=write)
try:
    p.wait(10)
except subprocess.TimeoutExpired:
    p.kill()
print(p.wait(), "quickly" if time.monotonic() - began < 6 else "late")
END
rm -rf "$T/cache"
is "standard error is full: the relay ends all the same" \
    "$(python3 "$T/full-stderr.py" "$MESHSSH" 127.0.0.1 "$(port refused)")" "69 quickly"
is "standard error is full: nor does a host that is none hold it up" \
    "$(python3 "$T/full-stderr.py" "$MESHSSH" --relay -- 'a b' 22)" "64 quickly"
check "standard error is full: the failure is on record" grep -q refused "$T/cache/meshssh/failure.json"

# A home that hangs: the line comes, and the relay ends, and leaves nobody behind.
cat >"$T/hang.c" <<'END'
#include <unistd.h>
int
rename(const char *from, const char *to)
{
	(void)from;
	(void)to;
	for (;;)
		pause();
}
END
if ! ldd "$MESHSSH" 2>/dev/null | grep -q 'libc\.' || ldd "$MESHSSH" | grep -q asan ||
    ! ${CC:-cc} -shared -fPIC -o "$T/hang.so" "$T/hang.c" 2>/dev/null; then
	skip "a home that hangs" "no library can be preloaded here"
else
	began=$(now_ms)
	LD_PRELOAD=$T/hang.so timeout 20 "$MESHSSH" 127.0.0.1 "$(port refused)" </dev/null 2>"$T/err"
	is "a home that hangs: status 69 and one line" "$? $(grep -c '^meshssh: .*refused' "$T/err") $(wc -l <"$T/err")" "69 1 1"
	check "a home that hangs: it ends within 6 s" test $(($(now_ms) - began)) -lt 6000
	nobody() { ! grep -lzF "LD_PRELOAD=$T/hang.so" /proc/[0-9]*/environ 2>/dev/null | grep .; }
	check "a home that hangs: no process is left behind" wait_for 5 nobody
fi

### --scan of a list that comes slowly
mkfifo "$T/list"
"$MESHSSH" --scan --timeout=2 <"$T/list" >"$T/scan" 2>"$T/scan.err" &
scan=$!
started $scan
exec 3>"$T/list"
printf '127.0.0.1:%s\n127.0.0.1:%s' "$(port refused)" "$(port silent)" >&3
# shellcheck disable=SC2016
check "--scan: a row, while the list goes on" wait_for 10 sh -c 'grep -q "refused" "$1"' sh "$T/scan"
check "--scan: and it waits for more" kill -0 $scan
echo >&3
check "--scan: a row for the line that has come to its end" wait_for 10 grep -q 'says nothing' "$T/scan"
printf '127.0.0.3:%s' "$(port refused)" >&3
exec 3>&-
wait $scan
is "--scan: status, rows, summary" "$? $(grep -c '^127\.' "$T/scan") $(grep -c '^0 reached, 3 not' "$T/scan")" "1 3 1"

### and the Match exec
wait_for 60 test -e "$T/hangs.done"
read -r status ended <"$T/hangs.done"
is "a Match exec that hangs, no terminal: an error in one line" \
    "$status $(grep -c '^meshssh: .*ssh -G.*Match exec' "$T/hangs.err") $(wc -l <"$T/hangs.err")" "75 1 1"
check "a Match exec that hangs: it is ended" wait_for 5 ended hangs
check "a Match exec that hangs: within 40 s" test $((ended - hangs_began)) -lt 40000
finish
