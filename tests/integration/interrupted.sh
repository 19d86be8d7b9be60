#!/bin/sh
# ^C, or another end, of tests/run while scripts run side by side: in a small tree of its own, whose scripts have what real
# ones have: an sshd with a session through meshssh, namespaces with a mount, and a command with a limit of time that they
# wait for; and while the suite cross builds side by side. No process, namespace or mount is left, the temporary folders are
# gone, and no other script is begun.
#
# shellcheck disable=SC2016,SC2317	# text for other shells; functions that are called by way of wait_for
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
{ need 'tests/run, interrupted' python3 ps unshare mount ssh sshd timeout make &&
    need_root 'tests/run, interrupted'; } || finish
# As the first process of a namespace, we see what is left, whatever became of it, and nothing else.
if [ $$ -ne 1 ]; then
	rm -rf "$T"
	exec unshare --pid --fork --kill-child --mount-proc sh "$0"
fi
cp /proc/self/mountinfo "$T/mounts"
tree=$T/tree
mkdir -p "$tree/tests/integration" "$tree/build/python" "$T/bin" "$T/tmp"
# As many at once on any machine: more than the suite cross has would not all begin.
jobs=2
printf '#!/bin/sh\necho %s\n' "$jobs" >"$T/bin/getconf"
chmod +x "$T/bin/getconf"
cp "$SRCDIR/tests/run" "$SRCDIR/tests/lib.sh" "$tree/tests/"
# What the build is here, and why neither pip nor apt is run.
printf '#!/bin/sh\nprintf "all clean:\\n" >Makefile\n' >"$tree/configure"
touch -d '1 minute ago' "$tree/configure.ac" "$tree/Makefile.am"
for module in prometheus_client tree_sitter tree_sitter_powershell; do
	: >"$tree/build/python/$module.py"
done
printf '#!/bin/sh\necho installed\n' >"$T/bin/dpkg-query"
chmod +x "$tree/configure" "$T/bin/dpkg-query"

cat >"$T/script" <<'END'
#!/bin/sh
. "$(dirname "$0")/../lib.sh"
name=$(basename "$0" .sh)
: >"$SEEN/$name"
sshd_start || exit 1
mkfifo "$T/input" "$T/never"
ssh -F "$SSH_CONFIG" relay 'echo in; cat' <"$T/input" >"$T/session" &
started $!
exec 3>"$T/input"
wait_for 20 test -s "$T/session"
mkdir "$T/mnt"
unshare -nm sh -c 'mount -t tmpfs none "$0/mnt" && : >"$0/mounted" && read -r _ <"$0/never"' "$T" &
started $!
wait_for 20 test -e "$T/mounted"
touch "$SEEN/ready.$name"
timeout 100 sh -c 'cat "$1"' sh "$T/never"
touch "$SEEN/went-on.$name"
END
number=0
while [ $number -le "$jobs" ]; do
	number=$((number + 1))
	cp "$T/script" "$tree/tests/integration/script-$number.sh"
done

# The suite cross needs a compiler and the sources of the libraries before it builds.
mkdir -p "$tree/tests/cross" "$tree/contrib" "$tree/build/python/ziglang"
printf '#!/bin/sh\n' >"$tree/contrib/apt-source"
cp "$tree/contrib/apt-source" "$tree/build/python/ziglang/zig"
cat >"$tree/tests/cross/link" <<'END'
#!/bin/sh
: >"$SEEN/script-$$"
mkfifo "$SEEN/never.$$"
sh -c 'touch "$1" && cat "$2"' sh "$SEEN/ready.$$" "$SEEN/never.$$"
touch "$SEEN/went-on.$$"
END
cp "$tree/tests/cross/link" "$tree/tests/cross/static"
chmod +x "$tree/contrib/apt-source" "$tree/build/python/ziglang/zig" "$tree/tests/cross/link" "$tree/tests/cross/static"

SEEN=$T/seen
export SEEN
all_ready() { [ "$(find "$SEEN" -name 'ready.*' | wc -l)" -eq "$jobs" ]; }
nothing_left() {
	ps -e -o pid= -o args= >"$T/all"
	awk '$1 != 1 && $2 != "ps"' "$T/all" >"$T/left"
	[ ! -s "$T/left" ]
}

# interrupted NAME SUITE COMMAND...: tests/run on a terminal; the command ends it.
interrupted() {
	i_name="$2, $1"
	i_suite=$2
	shift 2
	rm -rf "$SEEN" "$T/keys" "$T/pid"
	mkdir "$SEEN"
	mkfifo "$T/keys"
	env -u CI PATH="$T/bin:$PATH" TMPDIR="$T/tmp" python3 "$TOOLS/on-pty.py" 24 80 \
	    sh -c 'echo $$ >"$0"; exec "$@"' "$T/pid" "$tree/tests/run" "$i_suite" <"$T/keys" >"$T/shown" 2>&1 &
	i_pid=$!
	started $i_pid
	exec 4>"$T/keys"
	if wait_for 50 all_ready; then
		"$@"
		wait $i_pid
		is "$i_name: the status" $? 130
		wait_for 5 nothing_left
		is "$i_name: no process is left" "$(cat "$T/left")" ''
		is "$i_name: no mount, and so no namespace" \
		    "$(grep -vxFf "$T/mounts" /proc/self/mountinfo)" ''
		is "$i_name: no temporary folder" "$(ls -A "$T/tmp")" ''
		is "$i_name: no script went on, and no other began" \
		    "$(find "$SEEN" -name 'went-on.*') $(find "$SEEN" -name 'script-*' | wc -l)" " $jobs"
	else
		not_ok "$i_name" "$(cat "$T/shown")"
	fi
	exec 4>&-
}
control_c() { printf '\003' >&4; }
sigterm() { kill "$(cat "$T/pid")"; }
for suite in integration cross; do
	interrupted '^C' $suite control_c
	interrupted SIGTERM $suite sigterm
done
finish
