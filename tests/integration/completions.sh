#!/bin/sh
# The completions of contrib/completions, by completing in bash, zsh and fish: every option that --help shows, values, hosts
# of ssh's configuration and peers of the mesh, and what belongs to ssh by ssh's own completion. The lines are in
# completions.py. With a tailscaled that a test's own server stands for, and without one.
#
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
need "completions" python3 || finish
exec </dev/null
unset TS_SOCKET
mkdir -p "$T/home/.ssh/more" "$T/home/.ssh/a blank" "$T/bin"
printf 'Host alpha MyServer\nHost beta.example b*\nInclude more/*\nInclude "a blank/*"\n' >"$T/home/.ssh/config"
echo 'Host zebra' >"$T/home/.ssh/more/one"
echo 'Host "quoted"' >"$T/home/.ssh/a blank/one"
mkfifo "$T/home/.ssh/a blank/pipe"
for program in meshssh meshssh-doctor meshssh-config meshssh-serve; do
	[ ! -x "$BUILDDIR/$program" ] || ln -s "$BUILDDIR/$program" "$T/bin/$program"
done
python3 "$TOOLS/status-server.py" "$T/mesh.sock" 3 &
started $!
check "a tailscaled" wait_for 10 test -S "$T/mesh.sock"
for shell in bash zsh fish; do
	need "completions in $shell" $shell || continue
	if [ $shell = bash ] && [ ! -f /usr/share/bash-completion/bash_completion ]; then
		skip "completions in bash" "bash-completion is not installed"
		continue
	fi
	PYTHONDONTWRITEBYTECODE=1 HOME=$T/home PATH=$T/bin:$PATH timeout 120 python3 "$TOOLS/completions.py" "$T" $shell ||
	    not_ok "$shell: the driver ran"
done
verdicts
finish
