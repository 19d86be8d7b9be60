#!/bin/sh
# --doctor and --scan as a person and as a program call them: a real sshd that is healthy, a port where nobody listens,
# a name that nobody knows; what is printed where, exit status, JSON that can be judged again, nothing secret in it.
#
# shellcheck disable=SC2119 # sshd_start needs no argument
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "doctor" ssh sshd python3 timeout || finish
sshd_start || exit 1
exec </dev/null

# doctor NAME STATUS ARGUMENT...: output in $T/out, and nothing on stderr, for that is no terminal.
doctor() {
	d_name=$1
	d_status=$2
	shift 2
	timeout 60 "$MESHSSH" "$@" >"$T/out" 2>"$T/err"
	is "$d_name: status, and nothing on stderr" "$? $(cat "$T/err")" "$d_status "
}

# codes: the findings of $T/out in their order, without notes.
codes() {
	python3 -c 'import json, sys
print(*(f["code"] for f in json.load(open(sys.argv[1]))["findings"] if f["severity"] != "note"))' "$T/out"
}

port=$SSHD_PORT
doctor "a healthy host" 0 --doctor 127.0.0.1 "$port"
check "it says so in a line" grep -q '^healthy: nothing is wrong' "$T/out"
check "the way is shown" grep -q "^this machine --direct--> 127.0.0.1 port $port, SSH-2.0-OpenSSH" "$T/out"
check "nothing is left unchecked that would matter" sh -c "! grep -q '^not checked' '$T/out'"
check "no colour where nobody looks" sh -c "! LC_ALL=C grep -q '[^ -~]' '$T/out'"
doctor "as JSON" 0 --doctor --json 127.0.0.1 "$port"
is "no errors, no warnings" "$(codes)" ""
cp "$T/out" "$T/healthy"

doctor "the port with the host" 0 --doctor "127.0.0.1:$port"
check "and the path is the same" grep -q "^this machine --direct--> 127.0.0.1 port $port, SSH-2.0-OpenSSH" "$T/out"
timeout 60 "$MESHSSH" --doctor "127.0.0.1:$port" "$port" >"$T/out" 2>"$T/err"
is "and a second port is refused" "$? $(wc -l <"$T/err") $(wc -c <"$T/out")" "64 1 0"
printf 'Host app:7\n    HostName 127.0.0.1\n    Port %s\n' "$port" >"$T/colon"
doctor "a host that ssh_config calls so" 0 --doctor -F "$T/colon" app:7
check "is where ssh goes" grep -q "^this machine --direct--> app:7 = 127.0.0.1 port $port, SSH-2.0-OpenSSH" "$T/out"

doctor "options behind the host" 0 --doctor 127.0.0.1 --json "$port"
is "no errors, no warnings" "$(codes)" ""
# A line of the user's that leaves out what the server has.
printf 'Host *\n    IPQoS none\n    Ciphers 3des-cbc\n' >"$T/own"
doctor "a line that leaves out the server's ciphers" 1 --doctor --json -F "$T/own" 127.0.0.1 "$port"
is "and that is what the doctor says" "$(codes)" "config-algorithms"
check "with the line" grep -qF "Ciphers ($T/own:3); the server offers " "$T/out"

# A server whose ciphers no ssh of today takes: what plain ssh says, and what the doctor does.
sshd_start "Ciphers 3des-cbc" || exit 1
# A connection that ends early, on a busy machine, tells nothing of ciphers.
# shellcheck disable=SC2317
no_cipher() {
	ssh -F "$SSH_CONFIG" direct true 2>&1 | grep -q 'no matching cipher'
}
check "ssh does not take the server's ciphers" wait_for 10 no_cipher
doctor "the same server" 1 --doctor --json 127.0.0.1 "$SSHD_PORT"
is "and that is what the doctor says" "$(codes)" "server-too-old"

doctor "nobody listens" 2 --doctor --json --timeout=2 127.0.0.1 1
is "and that is what it says" "$(codes)" "refused"
cp "$T/out" "$T/refused"
doctor "the same file again" 2 --replay "$T/refused" --json
check "gives the same, byte by byte" cmp "$T/refused" "$T/out"
doctor "for people" 2 --replay "$T/refused"
check "with a cure" grep -q '^    fix: ' "$T/out"

# Whatever servers this machine has for names.
echo '127.0.0.1 another' >"$T/hosts"
export LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_HOSTS="$T/hosts"
doctor "a name that nobody knows" 2 --doctor --json --timeout=2 nosuchname.invalid
unset LD_PRELOAD NSS_WRAPPER_HOSTS
check "and that is said first" sh -c "[ \"\$(echo '$(codes)' | cut -d' ' -f1)\" = name-unknown ]"

# A document of others': control characters, those of Unicode too, are not for a terminal; and lists of any length take no time.
printf '{"version": 1, "target": {"host": "a\302\233\177"}, "facts": {"b\342\200\256": "\302\205\303\244"}}' >"$T/odd"
doctor "a document with control characters" 2 --replay "$T/odd" --json
check "is ASCII" sh -c "! LC_ALL=C grep -q '[^ -~]' '$T/out'"
cp "$T/out" "$T/ascii"
doctor "the same again" 2 --replay "$T/ascii" --json
check "gives the same, byte by byte" cmp "$T/ascii" "$T/out"
python3 -c 'import json
print(json.dumps({"version": 1, "target": {}, "facts": {"ssh": {"version_number": 902, "system_includes": False,
    "system_files": ["/a%d" % i for i in range(30000)], "files": [{"file": "/b%d" % i} for i in range(30000)]}}}))' >"$T/long"
timeout 5 "$MESHSSH" --replay "$T/long" >"$T/out" 2>"$T/err"
is "a document with long lists is told at once" "$? $(wc -l <"$T/err")" "74 1"

# What tailscaled complains of, and why a proxy refuses, is told without what may be a secret.
HEALTH='You are logged out: log in at https://login.example.com/a/hunter2 (key hunter2)' \
    python3 "$TOOLS/status-server.py" "$T/ts.sock" 3 >/dev/null 2>&1 &
started $!
cat >"$T/proxy.py" <<'END'
import os, socket, sys
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(9)
with open(sys.argv[1] + ".new", "w") as f:
    f.write(str(s.getsockname()[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
while True:
    c, _ = s.accept()
    c.recv(4096)
    c.sendall(b"HTTP/1.1 403 Forbidden: user hunter2\r\nContent-Length: 0\r\n\r\n")
    c.close()
END
python3 "$T/proxy.py" "$T/proxy.port" &
started $!
wait_for 10 test -S "$T/ts.sock" && wait_for 10 test -s "$T/proxy.port"
timeout 60 "$MESHSSH" --doctor --json --tailscaled="$T/ts.sock" >"$T/out" 2>"$T/err"
check "a complaint of tailscaled's is judged where it is read" grep -q '"health_harmless": false' "$T/out"
check "and told" grep -qF \
    '"health": "You are logged out: log in at https://login.example.com/... (key ..."' "$T/out"
is "without its secret" "$(grep -n hunter2 "$T/out")" ""
ALL_PROXY=http://bob:hunter2@127.0.0.1:$(cat "$T/proxy.port") timeout 60 "$MESHSSH" --doctor --json --timeout=2 \
    --tailscaled="$T/nosuch" nas.mesh.ts.net >"$T/out" 2>"$T/err"
check "a refusal of a proxy's is told" grep -q 'says 403 Forbidden: user \.\.\."' "$T/out"
check "as a code" grep -q '"code": "proxy-refused"' "$T/out"
is "and found" "$(codes | tr ' ' '\n' | grep proxy)" proxy-refused
is "without its secret" "$(grep -n hunter2 "$T/out")" ""

# Where files cannot be opened, nothing that was not seen is told as if it were not there.
for limit in 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 34; do
	for words in '--doctor' '--doctor --json' "--doctor 127.0.0.1 $port"; do
		# shellcheck disable=SC2086
		timeout 20 prlimit --nofile=$limit "$MESHSSH" $words >"$T/few.out" 2>"$T/few.err"
		d_status=$?
		# The loader itself may lack one for a library.
		[ $d_status -eq 71 ] && grep -q '^meshssh: cannot look at this machine: Too many open files; raise ulimit' "$T/few.err" ||
		    [ $d_status -eq 127 ] || echo "$limit $words: $d_status $(cat "$T/few.err")"
		[ ! -s "$T/few.out" ] || echo "$limit $words: $(head -n 3 "$T/few.out")"
	done
done >"$T/few"
is "with few descriptors it says so, and nothing of this machine" "$(cat "$T/few")" ""
prlimit --nofile=64 "$MESHSSH" --doctor --json 127.0.0.1 "$port" >"$T/few.out" 2>&1
is "with more it looks" "$?" 0

# On a terminal: what is seen of each line when it has been written over, and the colours.
shown() {
	timeout 60 python3 "$TOOLS/on-pty.py" 40 120 env TERM=xterm "$@" </dev/null >"$T/raw"
	sed "s/$(printf '\r')\$//; s/.*$(printf '\r\033')\[K//" "$T/raw" >"$T/out"
}
shown "$MESHSSH" --doctor 127.0.0.1 "$port"
is "a terminal is told first what the server's log will show" "$(head -n 1 "$T/out" | cut -d' ' -f 1-5)" \
    "127.0.0.1 will be connected to"
check "and then what is being done" grep -q 'looks at this machine' "$T/raw"
check "of which nothing stays" sh -c "! grep -q 'looks at' '$T/out'"
check "the way is shown in colours" grep -q "^this machine --direct--> $(printf '\033')\[" "$T/out"
shown env NO_COLOR=1 "$MESHSSH" --doctor 127.0.0.1 "$port"
check "unless NO_COLOR is set" sh -c "grep -q '^this machine --direct--> 127' '$T/out' &&
    ! LC_ALL=C grep -q '[^ -~]' '$T/out'"
# Where a line cannot be written over, or would wrap, it is not shown, or cut.
for term in dumb ''; do
	timeout 60 python3 "$TOOLS/on-pty.py" 40 120 env TERM="$term" "$MESHSSH" --doctor 127.0.0.1 "$port" </dev/null >"$T/raw"
	check "TERM='$term': no progress, no codes" sh -c "! grep -q 'looks at\|$(printf '\033')' '$T/raw'"
done
timeout 60 python3 "$TOOLS/on-pty.py" 40 10 env TERM=xterm "$MESHSSH" --doctor </dev/null >"$T/raw"
check "a narrow terminal is shown what fits" sh -c "grep -q 'looks at ' '$T/raw' && ! grep -q 'looks at t' '$T/raw'"

# The socket of tailscaled may be named in the environment.
TS_SOCKET=$T/nosuch "$MESHSSH" --doctor --json >"$T/out" 2>&1
check "TS_SOCKET counts" grep -qF "\"socket\": \"$T/nosuch\"" "$T/out"

user=$(id -un)
[ "$user" = root ] || check "nobody's name is in it" sh -c "! grep -q '$user' '$T/healthy'"
check "no home is in it" sh -c "! grep -qF '$(getent passwd "$(id -u)" | cut -d: -f6)/' '$T/healthy'"

# Files that are none of ours.
for text in '' '{' '[]' '{"version":3,"facts":{}}' '{"version":1}' '{"version":1,"facts":[]}'; do
	printf '%s' "$text" >"$T/odd"
	timeout 10 "$MESHSSH" --replay "$T/odd" >"$T/out" 2>"$T/err"
	is "--replay '$text'" "$? $(wc -l <"$T/err") $(wc -c <"$T/out")" "74 1 0"
done
timeout 10 "$MESHSSH" --replay "$T/nosuch" >"$T/out" 2>"$T/err"
is "--replay of no file" "$? $(wc -l <"$T/err")" "74 1"
printf '%s' '{"version":1,"facts":{"tailscale":7,"mtu":[],"connect":"x","ssh":{"options":1}}}' >"$T/odd"
doctor "facts of the wrong kind find nothing" 0 --replay "$T/odd"
for words in '--doctor a b c' '--doctor a/b' '--doctor a 0' '--replay x y' '--jobs=0 --scan a'; do
	# shellcheck disable=SC2086	# words
	timeout 10 "$MESHSSH" $words >"$T/out" 2>"$T/err"
	is "$words" "$? $(wc -l <"$T/err") $(wc -c <"$T/out")" "64 1 0"
done

# A full disk is told.
if [ -c /dev/full ]; then
	timeout 60 "$MESHSSH" --doctor >/dev/full 2>"$T/err"
	is "nowhere to write to" "$?" 74
	timeout 60 "$MESHSSH" --doctor --json 127.0.0.1 "$port" >/dev/full 2>"$T/err"
	is "nowhere to write more than a buffer to" "$? $(wc -l <"$T/err")" "74 1"
	timeout 60 "$MESHSSH" --scan "127.0.0.1:$port" >/dev/full 2>"$T/err"
	is "nowhere to write a row to" "$? $(wc -l <"$T/err")" "74 1"
fi

# --scan: what listens on port 22 here is not ours to say, so only how it is told.
timeout 60 "$MESHSSH" --scan --timeout=2 --json 127.0.0.1 nosuchname.invalid 'a b' >"$T/out" 2>"$T/err"
is "--scan: status" "$?" 1
is "--scan: a row each" "$(wc -l <"$T/out")" 2
check "--scan: each is an object" python3 -c 'import json, sys
rows = {row["host"]: row for row in map(json.loads, open(sys.argv[1]))}
assert rows["nosuchname.invalid"]["message"] in ("name-unknown", "name-lookup"), rows
assert "127.0.0.1" in rows' "$T/out"
is "--scan: what is no host is told" "$(cat "$T/err")" 'meshssh: "a b" is not a host name or address'
printf '# a list\n127.0.0.1\n\n127.0.0.2 # two\n' | timeout 60 "$MESHSSH" --scan --timeout=2 >"$T/out" 2>"$T/err"
is "--scan: from standard input" "$(grep -c '^127\.0\.0\.' "$T/out")" 2
check "--scan: a summary" grep -qE '^[0-9]+ reached, [0-9]+ not' "$T/out"
printf '127.0.0.1:%s\0x\n127.0.0.2:%s\n# \0\n127.0.0.3:%s' "$port" "$port" "$port" |
    timeout 60 "$MESHSSH" --scan --json --timeout=2 >"$T/out" 2>"$T/err"
is "--scan: a NUL in a line: that one is told, and those behind it are looked at" "$(cat "$T/err") $(wc -l <"$T/out")" \
    "meshssh: \"127.0.0.1:$port?x\" is not a host name or address 2"
timeout 10 "$MESHSSH" --scan >"$T/out" 2>"$T/err"
is "--scan: no host at all" "$? $(wc -l <"$T/err")" "64 1"
timeout 10 "$MESHSSH" --scan --tailnet 127.0.0.1 >"$T/out" 2>"$T/err"
is "--scan: all peers, and a host" "$? $(wc -l <"$T/err") $(wc -c <"$T/out")" "64 1 0"
timeout 10 "$MESHSSH" --scan --tailnet --tailscaled="$T/nosuch" >"$T/out" 2>"$T/err"
is "--scan: all peers, and no mesh" "$? $(wc -l <"$T/err") $(wc -c <"$T/out")" "69 1 0"
timeout 10 "$MESHSSH" --scan --json "127.0.0.1:$port" "[::1]:$port" >"$T/out" 2>"$T/err"
is "--scan: with ports" "$? $(grep -c "\"ok\":true,\"port\":$port," "$T/out") $(cat "$T/err")" "0 2 "

# Many more hosts than descriptors.
python3 -c 'for i in range(10000): print(f"127.1.{i // 250}.{i % 250 + 1}:1")' >"$T/hosts"
(
	# shellcheck disable=SC3045	# of the shells at hand
	ulimit -n 128 && exec timeout 60 "$MESHSSH" --scan --timeout=2 --json
) <"$T/hosts" >"$T/out" 2>"$T/err"
is "--scan: ten thousand hosts with 128 descriptors" \
    "$? $(grep -c '"message":"refused"' "$T/out") $(cut -d'"' -f 8 "$T/out" | sort -u | wc -l) $(cat "$T/err")" "1 10000 10000 "

# Copied alone, meshssh has no doctor with it.
mkdir "$T/alone" && cp "$MESHSSH" "$T/alone/meshssh"
for call in --doctor --scan --replay=/dev/null; do
	timeout 10 "$T/alone/meshssh" $call >"$T/out" 2>"$T/err"
	is "$call without meshssh-doctor: a line" "$? $(wc -c <"$T/out") $(cat "$T/err")" \
	    "72 0 meshssh: cannot run meshssh-doctor: No such file or directory; install meshssh again, whole"
done
ln -s "$BUILDDIR/meshssh" "$T/alone/link"
timeout 10 "$T/alone/link" --doctor --version >"$T/out" 2>"$T/err"
is "called by a link: the doctor beside the program itself" "$? $(cat "$T/err")" "0 "

finish
