#!/bin/sh
# After `meshssh-config install`, every call that worked before works as before: thirteen make-ups of ssh_config, each
# before install, after it and after remove, by what ssh takes, by a login, and by paramiko, libssh and TRAMP; and the
# programs that call ssh, or read ssh_config themselves, beside a ProxyCommand of their own and with that of the block.
#
# shellcheck disable=SC2016 # variables for the inner shell
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=ssh-home.sh
. "$(dirname "$0")/ssh-home.sh"
{ need "callers" python3 nc && private_programs "callers" && need_login "callers" &&
    own_home "callers" '127.0.0.1 localhost box box.lab.example' '127.0.0.1 bastion'; } || finish
exec </dev/null
unset TS_SOCKET
me=$(id -un)
key=$(cut -d' ' -f1,2 "$T/host_key.pub")
# login_lines: how to log in, for any host.
login_lines() {
	cat <<-END
		Host *
		    User $me
		    IdentityFile $T/user_key
		    IdentitiesOnly yes
		    StrictHostKeyChecking yes
		    GlobalKnownHostsFile /dev/null
		    LogLevel ERROR
		    BatchMode yes
	END
}
box="Host box
    HostName localhost
    Port $SSHD_PORT"
# shape NAME: the user's configuration of this make-up, in which `ssh box` logs in.
shape() {
	rm -rf "$home"
	mkdir -m 700 "$home"
	echo "[localhost]:$SSHD_PORT,[box.lab.example]:$SSHD_PORT,[bastion]:$SSHD_PORT,pinned $key" >"$home/known_hosts"
	case $1 in
	plain) echo "$box" ;;
	canonical) printf '%s\n' 'CanonicalizeHostname yes' 'CanonicalDomains lab.example' 'Host *.lab.example' "    Port $SSHD_PORT" ;;
	match-final) printf '%s\n' 'Host box' '    HostName localhost' 'Match final host localhost' "    Port $SSHD_PORT" ;;
	match-exec) printf '%s\n' 'Match originalhost box exec "true"' '    HostName localhost' "    Port $SSHD_PORT" ;;
	include-in-block)
		printf '%s\n' "    HostName localhost" "    Port $SSHD_PORT" >"$home/one"
		printf '%s\n' 'Host box' '    Include one' ;;
	proxy-jump) printf '%s\n' 'Host bastion' "    Port $SSHD_PORT" "$box" '    ProxyJump bastion' ;;
	proxy-command) printf '%s\n' "$box" '    ProxyCommand nc %h %p' ;;
	own-options) printf '%s\n' "$box" "    ProxyCommand $bin/meshssh --timeout=7 --mss=1000 %h %p" ;;
	host-key-alias) printf '%s\n' "$box" '    HostKeyAlias pinned' ;;
	store-link) echo "$box" ;;
	kept) printf '%s\n' '# Ansible managed' "$box" ;;
	red-hat)
		printf '%s\n' 'Match final all' '    GSSAPIAuthentication yes' '    ForwardX11Trusted yes' >"$home/50-redhat.conf"
		printf '%s\n' "$box" 'Match all' '    Include 50-redhat.conf' ;;
	systemd-proxy)
		printf '%s\n' "$box" 'Host unix/* vsock/* machine/*' '    ProxyCommand /usr/lib/systemd/systemd-ssh-proxy %h %p' \
		    '    ProxyUseFdpass yes' '    CheckHostIP no' ;;
	esac >"$home/config"
	login_lines >>"$home/config"
}
# What the block sets is the block's; a path of a shared connection has the name of the host in it.
OURS='proxycommand|proxyjump|proxyusefdpass|connecttimeout|serveraliveinterval|serveralivecountmax|ipqos|hostname|hostkeyalias|controlpath|canonicalizehostname'
# takes NAME: ssh -G without the block's own keywords, for a host, its other name and one that is not concerned.
takes() {
	for t_host in box box.lab.example other; do
		at_home ssh -G -T "$t_host" 2>&1 | grep -v -E "^($OURS) "
	done >"$T/takes.$1"
}
login() { at_home ssh box 'echo in' 2>&1; }

# Libraries with a reader of ssh_config of their own, which know less than ssh: whether one lets them in is theirs,
# and a block does not change it. TRAMP runs ssh with options of its own. After remove the files are the same as before.
LIBRARIES=
python=
for candidate in python3 /usr/bin/python3; do
	[ -n "$python" ] || ! "$candidate" -c 'import paramiko' 2>/dev/null || python=$candidate
done
if [ -n "$python" ]; then LIBRARIES="$LIBRARIES paramiko"; else skip "paramiko" "no python3 has it"; fi
# shellcheck disable=SC2046 # words
if ! need "libssh" "${CC:-cc}" pkg-config; then
	:
elif ! pkg-config --exists libssh; then
	skip "libssh" "its headers are not installed"
elif "${CC:-cc}" -Wall -Wextra -Werror -o "$T/libssh-config" "$TOOLS/libssh-config.c" \
    $(pkg-config --cflags --libs libssh); then
	LIBRARIES="$LIBRARIES libssh"
else
	not_ok "libssh: the client builds"
fi
if need "TRAMP" emacs; then LIBRARIES="$LIBRARIES TRAMP"; fi
# library NAME: "in", or the last thing that was said.
library() {
	case $1 in
	paramiko) at_home "$python" -W ignore "$TOOLS/paramiko-config.py" "$home/config" "$home/known_hosts" box 'echo in' ;;
	libssh) at_home "$T/libssh-config" "$home/config" "$home/known_hosts" box 'echo in' ;;
	TRAMP) at_home emacs -Q --batch --eval "(progn (setq tramp-verbose 0 tramp-connection-timeout 20)
	    (princ (let ((default-directory \"/ssh:box:/\")) (shell-command-to-string \"echo in\"))))" ;;
	esac 2>&1 | tail -n 1
}
# libraries WHEN [NAME...]: the outcome of each.
libraries() {
	l_when=$1
	shift
	for l_name in "$@"; do
		l_said=$(library "$l_name")
		[ "$l_said" = in ] || { echo "# $name, $l_when: $l_name: $l_said"; l_said=no; }
		echo "$l_name $l_said"
	done | tee "$T/libraries" | grep '^#' >&2
	grep -v '^#' "$T/libraries" | paste -s -d ' ' -
}
for name in plain canonical match-final match-exec include-in-block proxy-jump proxy-command own-options host-key-alias \
    store-link kept red-hat systemd-proxy; do
	shape "$name"
	if [ "$name" = store-link ]; then
		mkdir -p "$T/store"
		mv "$home/config" "$T/store/config"
		ln -s "$T/store/config" "$home/config"
	fi
	is "$name: a login before" "$(login)" in
	takes before
	# shellcheck disable=SC2086 # words
	outcome=$(libraries before $LIBRARIES)
	[ "$name" != plain ] || is "plain: each library logs in" "$outcome" "$(echo "$LIBRARIES " | sed 's/ / in /g; s/^ in //; s/ $//')"
	cp "$home/config" "$T/config"
	at_home "$bin/meshssh-config" install box >"$T/out" 2>"$T/err"
	is "$name: install" "$?" 0 || sed 's/^/# /' "$T/err"
	takes after
	check "$name: ssh takes the same after install" cmp "$T/takes.before" "$T/takes.after"
	is "$name: a login after install" "$(login)" in
	# shellcheck disable=SC2086
	is "$name: libraries after install" "$(libraries after $LIBRARIES)" "$outcome"
	is "$name: a ProxyCommand of the caller's after install" \
	    "$(at_home ssh -o 'ProxyCommand=nc localhost %p' -p "$SSHD_PORT" -o HostKeyAlias=pinned box 'echo in' 2>&1)" in
	is "$name: remove" "$(config remove box)" '0 '
	check "$name: the file is as before" cmp "$T/config" "$home/config"
	takes removed
	check "$name: ssh takes the same after remove" cmp "$T/takes.before" "$T/takes.removed"
done

# The programs, on one make-up, before and with the block.
echo text >"$T/file"
git init -q --bare "$T/repo.git"
mkdir "$T/mount"
PLAY="ansible all -i box, -m ping -u $me"
# call NAME: the program does its work, and says so by "in".
call() {
	case $1 in
	scp) at_home scp -q "$T/file" "box:$T/copy" && echo in ;;
	scp-O) at_home scp -q -O "$T/file" "box:$T/copy" && echo in ;;
	scp-3) at_home scp -q -3 "box:$T/file" "box:$T/copy" && echo in ;;
	sftp) echo "get $T/file $T/copy" | at_home sftp -q -b - box >/dev/null && echo in ;;
	rsync) at_home rsync "$T/file" "box:$T/copy" && echo in ;;
	git) at_home git ls-remote -q "box:$T/repo.git" && echo in ;;
	ansible) at_home env ANSIBLE_HOME="$T/ansible" ANSIBLE_LOCAL_TEMP="$T/ansible" ANSIBLE_REMOTE_TMP="$T/ansible" \
	    sh -c "$PLAY" </dev/null >"$T/ansible.out" 2>&1 && echo in ;;
	nixos-rebuild) at_home ssh -o ControlMaster=auto -o "ControlPath=$T/cm-%n" -o ControlPersist=5 box 'echo in' ;;
	vscode) at_home ssh -T -o ConnectTimeout=15 -D "$((SSHD_PORT + 1))" box 'echo in' ;;
	autossh) at_home env AUTOSSH_GATETIME=0 AUTOSSH_MAXSTART=1 autossh -M 0 box 'echo in' ;;
	sshfs) at_home sshfs "box:$T/home" "$T/mount" && [ -e "$T/mount/.ssh" ] && umount "$T/mount" && echo in ;;
	borg) at_home env BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes BORG_BASE_DIR="$T/borg" sh -c \
	    "rm -rf '$T/borg.repo'; borg init -e none 'ssh://box$T/borg.repo'" >/dev/null 2>&1 && echo in ;;
	mosh) at_home env TERM=xterm LC_ALL=C.UTF-8 python3 "$TOOLS/on-pty.py" 24 80 mosh --no-init box -- \
	    sh -c 'echo mosh"-"works' 2>&1 | tee "$T/mosh.out" | grep -q mosh-works && echo in ;;
	esac
}
CALLERS='scp scp-O scp-3 sftp rsync git nixos-rebuild vscode'
for caller in ansible sshfs borg autossh mosh; do
	if need "$caller" "$caller"; then CALLERS="$CALLERS $caller"; fi
done
shape plain
for caller in $CALLERS; do
	is "$caller: before" "$(call "$caller" 2>&1)" in
done
is "the block for all of them" "$(config install box)" '0 '
for caller in $CALLERS; do
	rm -f "$T/copy"
	is "$caller: with the block" "$(call "$caller" 2>&1)" in
done
# paramiko follows no Include: the block, pasted.
case $LIBRARIES in
*paramiko*)
	is "the block as text" "$(config stanza box)" '0 '
	cat "$T/out" "$home/config" >"$T/pasted"
	cp "$T/pasted" "$home/config"
	is "paramiko: with the block in its file" "$(library paramiko)" in
	;;
esac
for caller in $CALLERS; do
	[ "$caller" != nixos-rebuild ] || at_home ssh -o "ControlPath=$T/cm-%n" -O exit box 2>/dev/null
done

finish
