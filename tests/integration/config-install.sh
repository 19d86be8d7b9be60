#!/bin/sh
# meshssh-config install, remove and check with the real ssh, in a root of its own, where nothing belongs to anybody:
# 200 configurations of every make, each with the process killed midway, once while it installs and once while it
# removes. No byte of the user's is lost, each file is the old or the new one, whole; for other hosts ssh takes what it
# took before; what was installed can be removed to the last byte. And then what may stand in the way: links, folders and
# disks that take nothing, an editor, another meshssh-config, Nix. The cases are in config-install.py, the configurations
# are made by config-make.py.

# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$(dirname "$0")/../lib.sh"
{ need "installing a configuration" python3 strace chroot ssh diff && need_root "installing a configuration"; } || finish

# In a mount namespace of its own: this machine's programs, and homes, /etc/ssh, /etc/passwd and /nix of the test's.
cat >"$T/enter" <<-'END'
	set -e
	for entry in /*; do
		case $entry in
		/root | /home | /nix | /lost+found) ;;
		*)
			if [ -L "$entry" ]; then
				cp -P "$entry" "$1/jail$entry"
			elif [ -d "$entry" ]; then
				mkdir "$1/jail$entry"
				mount --rbind "$entry" "$1/jail$entry"
			fi
			;;
		esac
	done
	# In memory: it is not the disk's patience that is looked at.
	mount -t tmpfs -o mode=755 none "$1/jail/home"
	for user in alice:2001 bob:2002; do
		mkdir "$1/jail/home/${user%:*}"
		chown "${user#*:}:${user#*:}" "$1/jail/home/${user%:*}"
	done
	# Root installs a program only from where root alone can write.
	cp -r "$1/bin" "$1/jail/home/bin"
	mount --bind "$1/etc-ssh" "$1/jail/etc/ssh"
	mount --bind "$1/passwd" "$1/jail/etc/passwd"
	exec chroot "$1/jail" python3 /home/bin/config-install.py "$1"
END
mkdir "$T/bin" "$T/etc-ssh"
mkdir -m 1777 "$T/tmp"
chmod 1777 "$T/tmp"
mkdir -p "$T/jail/nix/store" "$T/jail/home"
chown 0:0 "$T/jail" "$T/jail/nix" "$T/jail/home"
mkdir -m 700 "$T/jail/root"
chmod 755 "$T" "$T/bin" "$T/jail" "$T/jail/nix" "$T/jail/home" "$T/etc-ssh"
cp "$MESHSSH" "$BUILDDIR/meshssh-doctor" "$BUILDDIR/meshssh-config" "$TOOLS/config-install.py" "$TOOLS/config-make.py" "$TOOLS/status-server.py" "$T/bin"
{
	grep -v -e '^root:' -e '^alice:' -e '^bob:' /etc/passwd
	echo root:x:0:0:root:/root:/bin/sh
	echo alice:x:2001:2001::/home/alice:/bin/sh
	echo bob:x:2002:2002::/home/bob:/bin/sh
	echo svc:x:2003:2003::/home/svc:/usr/sbin/nologin
} >"$T/passwd"
# shellcheck disable=SC2086	# CFLAGS are words
if LC_ALL=C grep -q __asan_init "$MESHSSH" ||
    ! ${CC:-cc} -O2 ${CFLAGS:-} -shared -fPIC -o "$T/bin/failing-malloc.so" "$TOOLS/failing-malloc.c" 2>/dev/null; then
	rm -f "$T/bin/failing-malloc.so"
	skip "installing out of memory" "needs glibc's names, and no sanitizer with an allocator of its own"
fi
printf '%s\n' 'Include /etc/ssh/ssh_config.d/*.conf' 'Host *' '    SendEnv LANG LC_*' >"$T/etc-ssh/ssh_config"

unshare -m --propagation private sh "$T/enter" "$T" </dev/null || not_ok "the driver ran"
verdicts
finish
