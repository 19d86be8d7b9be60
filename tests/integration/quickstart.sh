#!/bin/sh
# contrib/quickstart in a fresh copy of the tree, in a path with a space: it builds, logs in and copies through meshssh,
# says so, and leaves no process and no file behind, not even when it is interrupted; it hands words to ssh; and it says
# in one line what it cannot do. Package managers are stand-ins that note how they are called.

# shellcheck source=tests/lib.sh
# shellcheck disable=SC2119,SC2317	# sshd_start needs no argument; functions that are called by way of wait_for
. "$(dirname "$0")/../lib.sh"

need 'quickstart in a fresh copy' git tar setsid ps autoreconf ssh sshd ssh-keygen || finish
GIT="git -c safe.directory=* -c core.hooksPath= -c user.name=test -c user.email=test@localhost"
if ! $GIT -C "$SRCDIR" rev-parse --git-dir >/dev/null 2>&1; then
	skip 'quickstart in a fresh copy' 'this is no git checkout, so a build may have changed it'
	finish
fi
COPY="$T/a copy"
HOME=$T/home
export HOME
mkdir "$COPY" "$HOME" "$T/tmp"
$GIT -C "$SRCDIR" ls-files -coz --exclude-standard |
    tar -C "$SRCDIR" -c --null --ignore-failed-read -T - 2>/dev/null | tar -x -C "$COPY"
(cd "$COPY" && $GIT init -q && $GIT add -A && $GIT commit -q -m copy) || exit 1

# start COMMAND...: in the copy, in a session of its own, so that ps can tell what it leaves. In the background SIGINT
# would be ignored.
start() {
	# shellcheck disable=SC2016	# for the inner shell
	(cd "$COPY" && exec env --default-signal=INT TMPDIR="$T/tmp" \
	    setsid sh -c 'echo $$ >"$0"; exec "$@"' "$T/session" "$@") >"$T/out" 2>"$T/err" <"$T/in" &
	RUN=$!
	started $RUN
}
: >"$T/in"

# quickstart COMMAND...: start and wait; sets STATUS.
quickstart() {
	start "$@"
	wait $RUN
	STATUS=$?
}

# printed PATTERN: one line of stdout is that.
printed() { grep -qx "$1" "$T/out"; }
session_empty() { [ -z "$(ps -o pid= -s "$(cat "$T/session")")" ]; }

# nothing_left NAME
nothing_left() {
	wait_for 10 session_empty || :
	is "$1: no process is left" "$(ps -o pid=,args= -s "$(cat "$T/session")")" ''
	is "$1: no file is left outside build/" \
	    "$(cd "$COPY" && $GIT status --porcelain; ls -A "$T/tmp" "$HOME")" "$(printf '%s:\n\n%s:' "$HOME" "$T/tmp")"
}

# The trial: each shell that /bin/sh may be.
MS='[0-9][0-9]* ms'
for shell in dash 'busybox sh' bash; do
	need "the trial under $shell" "${shell%% *}" || continue
	# shellcheck disable=SC2086	# two words
	quickstart $shell contrib/quickstart
	is "the trial under $shell: status and stderr" "$STATUS $(cat "$T/err")" '0 '
	check "the trial under $shell: the login" \
	    printed "login: plain ssh $MS, through meshssh $MS, with --fdpass $MS (median of 5)"
	check "the trial under $shell: the command" printed "command: uname -sr over ssh prints $(uname -sr)"
	check "the trial under $shell: the copy" printed 'copy: 4 MiB to the host and back with scp, identical'
	nothing_left "the trial under $shell"
done
check 'the versions are printed' printed 'versions: meshssh [0-9].*, OpenSSH_.*'

# A temporary folder of a name that ssh takes for more than it says.
mkdir "$T/100%h"
quickstart env TMPDIR="$T/100%h" contrib/quickstart
is "TMPDIR with a percent sign: status and stderr" "$STATUS $(cat "$T/err")" '0 '
is "TMPDIR with a percent sign: no file is left there" "$(ls -A "$T/100%h")" ''

# Interrupted in mid-trial; the relay that ends with its ssh writes its record while the folder is removed, twice.
trial_runs() { ls "$T"/tmp/*/times.direct; }
mkdir "$T/late"
cat >"$T/late/rm" <<'END'
#!/bin/sh
for folder; do :; done
if [ "${folder#*/meshssh-quickstart.}" != "$folder" ] && [ "$(wc -l <"$REMOVED")" -lt 2 ]; then
	echo "$folder" >>"$REMOVED"
	mkdir -p "$folder/cache/meshssh" && : >"$folder/cache/meshssh/failure.json"
	echo "rm: cannot remove '$folder/cache/meshssh': Directory not empty" >&2
	exit 1
fi
exec "$REAL_RM" "$@"
END
chmod +x "$T/late/rm"
for signal in TERM INT HUP; do
	: >"$T/removed"
	start env PATH="$T/late:$PATH" REMOVED="$T/removed" REAL_RM="$(command -v rm)" contrib/quickstart
	if wait_for 60 trial_runs; then
		kill -s $signal "$(cat "$T/session")"
		wait $RUN
		is "SIG$signal in mid-trial: the status tells" "$(kill -l $?)" $signal
		is "SIG$signal in mid-trial: a record came in between" "$(wc -l <"$T/removed")" 2
		nothing_left "SIG$signal in mid-trial"
	else
		not_ok "SIG$signal in mid-trial" "$(cat "$T/out" "$T/err")"
	fi
done

# An sshd that misses its own folder, as where its service has not run since the start (the real one: only for root).
mkdir "$T/fake"
cat >"$T/fake/sshd" <<END
#!/bin/sh
[ -d "$T/privsep" ] || { printf 'Missing privilege separation directory: %s\\r\\n' "$T/privsep" >&2; exit 255; }
exec "$(command -v sshd || echo /usr/sbin/sshd)" "\$@"
END
chmod +x "$T/fake/sshd"
quickstart env PATH="$T/fake:$PATH" contrib/quickstart
is "without sshd's folder: status and stderr" "$STATUS $(cat "$T/err")" '0 '
check "without sshd's folder: it was made for the trial and is gone" [ ! -e "$T/privsep" ]
nothing_left "without sshd's folder"

# user@host
sshd_start || exit 1
USER_HOST="$(id -un)@direct"
echo 'through stdin' >"$T/in"
# shellcheck disable=SC2016	# for the inner shell
quickstart sh -c 'cd "$0" && exec "$@"' "$T" "$COPY/contrib/quickstart" -v -F ./ssh_config "$USER_HOST" \
    "cat; echo a  'b  c'; exit 7"
is 'user@host: the status is that of ssh' "$STATUS" 7
is 'user@host: stdin and stdout are those of ssh' "$(cat "$T/out")" "through stdin
a b  c"
check 'user@host: the login went through meshssh' grep -q 'Executing proxy command: .*/build/meshssh' "$T/err"
nothing_left 'user@host'
: >"$T/in"

# What cannot be done is said.
says() {
	is "$1: the status" "$STATUS" "$2"
	check "$1: the last line says why" sh -c "tail -n 1 \"\$1\" | grep -q \"\$2\"" sh "$T/err" "$3"
}
mv "$COPY/build/meshssh" "$T/meshssh"
printf '#!/bin/sh\nexit 75\n' >"$COPY/build/meshssh"
chmod +x "$COPY/build/meshssh"
quickstart contrib/quickstart
says 'a relay that fails' 1 '^quickstart: no login through meshssh: .'
nothing_left 'a relay that fails'
mv "$T/meshssh" "$COPY/build/meshssh"

echo '#error broken on purpose' >>"$COPY/src/meshssh.c"
quickstart contrib/quickstart
says 'a build that fails' 70 "^quickstart: the build failed at 'make'; the whole log is build/quickstart.log$"
check 'a build that fails: the compiler is quoted' grep -q 'broken on purpose' "$T/err"
(cd "$COPY" && $GIT checkout -q src/meshssh.c)

# Package managers: stand-ins that write down their words and fail. FAKE_UID is who we seem to be.
cat >"$T/fake/note" <<'END'
#!/bin/sh
echo "${0##*/} $*" >>"$NOTES"
exit 1
END
cat >"$T/fake/id" <<'END'
#!/bin/sh
[ "$*" = -u ] && echo "$FAKE_UID"
END
printf '#!/bin/sh\necho FreeBSD\n' >"$T/fake/uname"
cat >"$T/fake/nix-shell" <<'END'
#!/bin/sh
echo "nix-shell $*" >>"$NOTES"
for last; do :; done
PATH=$REAL_PATH
exec sh -c "$last"
END
chmod +x "$T"/fake/*
NOTES=$T/notes
REAL_PATH=$PATH
export NOTES REAL_PATH FAKE_UID

# managed MANAGER UID [PROGRAM...]: quickstart where there is only that manager, and these programs besides.
managed() {
	FAKE_UID=$2
	bin=$T/bin.$1
	rm -rf "$bin" "$NOTES"
	mkdir "$bin"
	: >"$NOTES"
	for program in sh dirname uname ls grep sed; do
		ln -s "$(command -v $program)" "$bin/$program"
	done
	ln -s "$T/fake/id" "$bin/id"
	case $1 in
	pkg)
		ln -s "$T/fake/note" "$bin/pkg"
		ln -sf "$T/fake/uname" "$bin/uname"
		;;
	nix-shell) ln -s "$T/fake/nix-shell" "$bin/nix-shell" ;;
	*) ln -s "$T/fake/note" "$bin/$1" ;;
	esac
	shift 2
	for program in "$@"; do
		ln -s "$T/fake/note" "$bin/$program"
	done
	quickstart env PATH="$bin" sh contrib/quickstart -F "$SSH_CONFIG" "$USER_HOST" "echo it\\'s me"
}

for manager in apt-get dnf pacman apk zypper pkg; do
	if [ $manager = apt-get ] && [ ! -e /etc/debian_version ]; then
		skip 'apt-get' 'apt-get is looked for on Debian and its kin only'
		continue
	fi
	managed $manager 1000
	says "$manager without root" 69 "run this as root, then try again: .*$manager .*jansson"
	is "$manager without root: nothing was tried" "$(grep -E 'install|add|-S' "$NOTES")" ''
	managed $manager 1000 sudo
	says "$manager with sudo" 69 "the command was: .*/sudo sh -c '.*$manager .*jansson.*'$"
	check "$manager with sudo: sudo was asked" grep -q "^sudo sh -c .*$manager .*libevent" "$NOTES"
	managed $manager 0
	check "$manager as root: called with the packages" grep -qE "^$manager .*(install|add|-S).*jansson" "$NOTES"
done
managed termux 1000 pkg
check 'pkg of another system than FreeBSD: not called' [ ! -s "$NOTES" ]
managed brew 1000
check 'brew: called with the packages, without root' grep -q '^brew install .*jansson' "$NOTES"
managed nix-shell 1000
is 'nix: the same script runs inside, to the login' "$STATUS $(cat "$T/out")" "0 it's me"
check 'nix: with the packages' grep -q '^nix-shell -p .*libevent.* --run exec ' "$NOTES"
finish
