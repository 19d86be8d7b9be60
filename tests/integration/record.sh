#!/bin/sh
# The failure record: one small JSON file, for its owner only, written at one stroke, found without HOME, and never
# the cause of a failure itself (full disk, read-only disk, something else in its place). And --why, which reads it,
# bears whatever it finds there.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "the failure record" python3 timeout stat || finish

python3 "$TOOLS/oddserver.py" "$T/ports" refused escape midrst &
started $!
wait_for 10 test -s "$T/ports" || { not_ok "the test's servers start"; finish; }
port() { sed -n "s/^$1 //p" "$T/ports"; }
refused=$(port refused)
dir=$T/cache/meshssh
record=$dir/failure.json

# Fails with status 69 and one line; what happens to the record must change neither. [WRAPPER...]
fail() { timeout -k 2 10 "$@" "$MESHSSH" 127.0.0.1 "$refused" </dev/null >"$T/out" 2>"$T/err"; }
# fails_all_the_same NAME STATUS
fails_all_the_same() {
	is "$1: status 69 and one line" "$2 $(wc -l <"$T/err") $(grep -c '^meshssh: .*refused' "$T/err") $(cat "$T/out")" \
	    "69 1 1 "
}

# shellcheck disable=SC2317	# called through check
valid() {
	python3 - "$1" <<-'EOF'
	import json, sys, time
	with open(sys.argv[1], encoding="ascii") as f:
	    r = json.load(f)
	assert isinstance(r, dict), r
	text = json.dumps(r)
	assert "127.0.0.1" in text and "refused" in text, text
	assert len(text) < 16384
	EOF
}

why() { timeout -k 2 5 "$MESHSSH" --why >"$T/why" 2>"$T/why.err" </dev/null; }
# A record cannot make --why print control bytes.
plain() { ! LC_ALL=C grep -q '[^ -~]' "$T/why" "$T/why.err"; }

### none yet
why
is "--why with no failure on record: success, one line" \
    "$? $(grep -c . "$T/why") $(grep -ci 'no failure' "$T/why") $(cat "$T/why.err")" "0 1 1 "
check "--why makes nothing" test ! -e "$T/cache"

### no place for one
# In a user namespace, what is root's outside is another user's.
drop=
[ "$(id -u)" != 0 ] || drop="setpriv --reuid=12345 --regid=12345 --clear-groups"
# shellcheck disable=SC2086	# words
if $drop unshare -r true 2>/dev/null; then
	mkdir -m 755 "$T/copy"
	chmod 711 "$T"
	cp "$MESHSSH" "$T/copy/meshssh"
	# shellcheck disable=SC2086	# words
	XDG_CACHE_HOME=/proc/sys timeout -k 2 5 $drop unshare -r "$T/copy/meshssh" --why >"$T/why" 2>"$T/why.err" </dev/null
	is "--why where no cache folder can be used says why" \
	    "$? $(cat "$T/why") $(grep -c 'no failure record is kept: /proc/sys belongs to user .*; set XDG_CACHE_HOME to a folder of yours' "$T/why.err")" \
	    "77  1"
	chmod 700 "$T"
else
	skip "--why where no cache folder can be used says why" "no user namespaces"
fi

### the file
umask 000
fail
fails_all_the_same "the first failure" $?
is "the file's mode, for all that umask allows" "$(stat -c '%a %F' "$record")" "600 regular file"
is "the directory's mode" "$(stat -c %a "$dir")" 700
umask 022
check "it is valid JSON, and names the address and the cause" valid "$record"
is "it is alone" "$(ls -A "$dir")" failure.json
check "it is small" test "$(wc -c <"$record")" -lt 4096
why
is "--why: status" $? 0
# shellcheck disable=SC2016
check "--why tells the address, the port and the cause" \
    sh -c 'grep -q 127.0.0.1 "$1" && grep -q "$2" "$1" && grep -qi refused "$1"' sh "$T/why" "$refused"
before=$(cat "$record")
"$MESHSSH" --version >/dev/null
why
is "--why and --version leave it as it is" "$(cat "$record")" "$before"

# A later failure takes its place.
printf 'SSH-2.0-test\r\n' >"$T/hello"
timeout -k 2 10 "$MESHSSH" 127.0.0.1 "$(port escape)" <"$T/hello" >"$T/out" 2>"$T/err"
why
check "the last failure counts: what an odd server said" grep -q 'Go away' "$T/why"
check "and that without control bytes" plain
# shellcheck disable=SC2016
check "nor are there any in the file" sh -c '! LC_ALL=C grep -q "[^ -~	]" "$1"' sh "$record"

### many at once
rm -rf "$T/cache"
pids=
i=0
while [ $i -lt 50 ]; do
	"$MESHSSH" 127.0.0.1 "$refused" </dev/null >/dev/null 2>"$T/err.$i" &
	pids="$pids $!"
	i=$((i + 1))
done
statuses=
for pid in $pids; do
	wait "$pid"
	statuses="$statuses $?"
done
is "50 failures at once: all of them 69" "$(echo "$statuses" | tr ' ' '\n' | grep -c '^69$')" 50
is "50 failures at once: a line each" "$(cat "$T"/err.* | grep -c '^meshssh: ')/$(cat "$T"/err.* | wc -l)" 50/50
is "50 failures at once: one file" "$(ls -A "$dir")" failure.json
check "50 failures at once: it is valid" valid "$record"

### where it goes
rm -rf "$T/cache"
fail env -u HOME
fails_all_the_same "without HOME" $?
check "without HOME: it is written" valid "$record"
XDG_CACHE_HOME=$T/deep/er/cache fail
fails_all_the_same "the cache directory does not exist, nor its parent" $?
mkdir "$T/no-such-yet"
XDG_CACHE_HOME=$T/no-such-yet/cache fail
check "the cache directory does not exist: it is made" valid "$T/no-such-yet/cache/meshssh/failure.json"
is "the cache directory does not exist: for the owner alone" "$(stat -c %a "$T/no-such-yet/cache")" 700
XDG_CACHE_HOME=/dev/null fail
fails_all_the_same "the cache directory is a device" $?
XDG_CACHE_HOME=$T/ports fail
fails_all_the_same "the cache directory is a file" $?
XDG_CACHE_HOME=$T/$(printf '%05000d' 0) fail
fails_all_the_same "the cache directory has a name of 5000 bytes" $?
XDG_CACHE_HOME=$T/$(printf '%05000d' 0) why
check "--why then: no crash" test $? -lt 124
XDG_CACHE_HOME=$(printf '%s/a\033[31mb' "$T") why
check "--why with a control byte in XDG_CACHE_HOME prints none" plain

if need_namespaces "full, read-only and missing disks"; then
	# in_space TEXT: a shell in a mount namespace of its own, with the home of the password file under $T; then fails.
	mkdir "$T/home" "$T/disk"
	echo "root:x:0:0:root:$T/home:/bin/sh" >"$T/passwd"
	# shellcheck disable=SC2016
	in_space() {
		timeout -k 2 20 unshare "$NS" sh -c 'T=$1; cd "$T/home" && ip link set lo up && mount --bind "$T/passwd" /etc/passwd &&
		    eval "$2"
		    exec "$3" 127.0.0.1 "$4" </dev/null >"$T/out" 2>"$T/err"' sh "$T" "$1" "$MESHSSH" "$refused"
	}
	need "no environment" ip && {
		# shellcheck disable=SC2016
		in_space 'exec env -i "$3" 127.0.0.1 "$4" </dev/null >"$T/out" 2>"$T/err"'
		fails_all_the_same "no environment" $?
		check "no environment: it is in the home of the password file" valid "$T/home/.cache/meshssh/failure.json"
		rm -rf "$T/home/.cache"
		in_space 'export XDG_CACHE_HOME=relative'
		fails_all_the_same "XDG_CACHE_HOME is relative" $?
		is "XDG_CACHE_HOME is relative: it is not followed" "$(ls -A "$T/home")" .cache
		rm -rf "$T/home/.cache"
		in_space 'export XDG_CACHE_HOME='
		fails_all_the_same "XDG_CACHE_HOME is empty" $?
		check "XDG_CACHE_HOME is empty: as if it were not set" valid "$T/home/.cache/meshssh/failure.json"
		rm -rf "$T/home/.cache"
		# shellcheck disable=SC2016
		in_space 'unset XDG_CACHE_HOME; mount --bind "$T/ports" /etc/passwd'
		fails_all_the_same "the password file does not know the user" $?
		# A page, and that is taken; the directory is there.
		# shellcheck disable=SC2016
		in_space 'mount -t tmpfs -o size=4k none "$T/disk" && mkdir "$T/disk/meshssh" &&
		    { head -c 4096 /dev/zero >"$T/disk/all"; :; }; export XDG_CACHE_HOME="$T/disk"'
		fails_all_the_same "the disk is full" $?
		# shellcheck disable=SC2016
		in_space 'mount -t tmpfs -o size=4k none "$T/disk" && mkdir "$T/disk/meshssh" &&
		    { head -c 4096 /dev/zero >"$T/disk/all"; :; }; export XDG_CACHE_HOME="$T/disk"
		    "$3" 127.0.0.1 "$4" </dev/null 2>/dev/null; ls -A "$T/disk/meshssh" >"$T/ls"'
		is "the disk is full: no remains" "$(cat "$T/ls")" ''
		# shellcheck disable=SC2016
		in_space 'mount -t tmpfs -o nr_inodes=1 none "$T/disk"; export XDG_CACHE_HOME="$T/disk"'
		fails_all_the_same "the disk has no inode left" $?
		# shellcheck disable=SC2016
		in_space 'mount -t tmpfs -o ro none "$T/disk"; export XDG_CACHE_HOME="$T/disk"'
		fails_all_the_same "the disk is read-only" $?
		# As with sudo, which may keep the variables of its caller: nothing there is followed, written or swept.
		[ "$(id -u)" -ne 0 ] || {
			rm -rf "$T/home/.cache"
			mkdir -p "$T/home/user/meshssh"
			touch -d @1000 "$T/home/user/meshssh/path-0123456789abcdef" \
			    "$T/home/user/meshssh/.failure.json.meshssh-AbCdEf"
			chown -R 1234 "$T/home/user"
			# shellcheck disable=SC2016
			in_space 'export XDG_CACHE_HOME="$T/home/user"'
			fails_all_the_same "XDG_CACHE_HOME is another user's" $?
			is "XDG_CACHE_HOME is another user's: nothing is written or swept" \
			    "$(cd "$T/home/user" && find . | sort | tr '\n' ' ')" \
			    ". ./meshssh ./meshssh/.failure.json.meshssh-AbCdEf ./meshssh/path-0123456789abcdef "
			check "XDG_CACHE_HOME is another user's: as if it were not set" \
			    valid "$T/home/.cache/meshssh/failure.json"
		}
	}
fi

### something else in its place
hostile() { rm -rf "$record"; mkdir -p "$dir"; }
hostile
echo precious >"$T/victim"
ln -s "$T/victim" "$record"
fail
fails_all_the_same "a symbolic link in its place" $?
is "a symbolic link in its place: replaced, not followed" "$(stat -c %F "$record") $(cat "$T/victim")" \
    "regular file precious"
hostile
ln -s "$T/nowhere" "$record"
fail
is "a dangling link in its place: replaced, not followed" "$(stat -c %F "$record") $(ls "$T/nowhere" 2>/dev/null)" \
    "regular file "
hostile
mkfifo "$record"
fail
fails_all_the_same "a FIFO in its place" $?
check "a FIFO in its place: replaced" valid "$record"
hostile
mkdir "$record"
fail
fails_all_the_same "a directory in its place" $?
is "a directory in its place: no remains" "$(ls -A "$dir")" failure.json

# bad_record NAME: --why says in one line that this is no record, whatever it is.
bad_record() {
	why
	got=$?
	wrong=
	[ $got -ne 0 ] && [ $got -lt 124 ] || wrong="status $got;"
	[ ! -s "$T/why" ] || wrong="$wrong something on stdout;"
	[ "$(wc -l <"$T/why.err")" -eq 1 ] || wrong="$wrong not one line;"
	[ "$(wc -c <"$T/why.err")" -le 200 ] || wrong="$wrong longer than 200 bytes;"
	grep -q '^meshssh: .' "$T/why.err" || wrong="$wrong does not begin 'meshssh: ';"
	plain || wrong="$wrong control bytes;"
	if [ -z "$wrong" ]; then
		ok "--why: $1"
	else
		not_ok "--why: $1" "$wrong
$(head -c 500 "$T/why" | cat -v)
$(head -c 500 "$T/why.err" | cat -v)"
	fi
	hostile
}

hostile
mkdir "$record"
bad_record "a directory"
mkfifo "$record"
bad_record "a FIFO"
ln -s /dev/zero "$record"
bad_record "a link to /dev/zero"
ln -s failure.json "$record"
bad_record "a link to itself"
: >"$record"
bad_record "an empty file"
head -c 3000 /dev/urandom >"$record"
bad_record "random bytes"
printf '\033[31m\033]0;owned\007{' >"$record"
bad_record "control bytes"
truncate -s 100M "$record"
bad_record "100 MB of NUL"
head -c 100000000 /dev/zero | tr '\0' '[' >"$record"
bad_record "100 MB of ["
head -c 30000 /dev/zero | tr '\0' '[' >"$record"
bad_record "30000 arrays in each other"
python3 -c 'print("{\"a\":" * 9000 + "1" + "}" * 9000)' >"$record"
bad_record "9000 objects in each other"
for text in null true 0 1e999 '""' '[]' '{}' '[{}]' '{"version":1}' '{"version":1e400}' '"\u0000"' '{"a":"\ud800"}'; do
	echo "$text" >"$record"
	bad_record "$text"
done

# Every value of a good record in turn becomes something else; --why may use or refuse it, in plain bytes.
rm -rf "$record"
fail
cp "$record" "$T/good.json"
cat >"$T/mutate.py" <<'EOF'
import copy, json, os, subprocess, sys

good, record = sys.argv[1:]
with open(good, encoding="ascii") as f:
    root = json.load(f)
ESC = "\x1b[31m\x07\x9b2J\u202e\x7f\r\n\tmeshssh: all is well\n"
odd = [None, True, -1, 0, 1, 2**31, 2**63 - 1, -2**63, 2**70, 1e308, "", ESC, ESC * 500, "x" * 60000, [], {}, [None],
       [ESC] * 100, {"to": ESC, "what": ESC, "took_ms": 1}, [{"to": ESC, "what": ESC, "took_ms": -2**63}] * 300]


def places(value, path=()):
    yield path
    if isinstance(value, dict):
        for k in value:
            yield from places(value[k], path + (k,))
    if isinstance(value, list):
        for k in range(len(value)):
            yield from places(value[k], path + (k,))


def changed(path, new):
    if not path:
        return new
    result = copy.deepcopy(root)
    at = result
    for k in path[:-1]:
        at = at[k]
    at[path[-1]] = new
    return result


bad = runs = used = 0
for path in places(root):
    for new in odd:
        with open(record, "w", encoding="ascii") as f:
            json.dump(changed(path, new), f)
        p = subprocess.run([os.environ["MESHSSH"], "--why"], stdin=subprocess.DEVNULL, capture_output=True, timeout=10,
                           check=False)
        runs += 1
        used += p.returncode == 0
        both = p.stdout + p.stderr
        if (p.returncode < 0 or p.returncode > 100 or any((c < 32 and c != 10) or c > 126 for c in both) or
                (p.returncode == 0 and p.stderr) or len(both) > 20000 or
                (p.returncode and (p.stdout or p.stderr.count(b"\n") != 1 or len(p.stderr) > 200 or
                                   not p.stderr.startswith(b"meshssh: ")))):
            bad += 1
            print(path, repr(new)[:100], p.returncode, p.stdout[:300], p.stderr[:300])
if runs < 100 or used < 10 or used == runs:
    bad += 1
    print("this test does not test: runs", runs, "used", used)
sys.exit(bad > 0)
EOF
check "--why: every value of a record turned into something odd" python3 "$T/mutate.py" "$T/good.json" "$record"
finish
