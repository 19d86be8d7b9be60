# shellcheck shell=sh
# Sourced after lib.sh: a home of our own for ssh and for our programs, in which scripts write what a user has in ~/.ssh.

# private_programs NAME: $bin is a folder with our programs that only this user can change, which root's own blocks need:
# root starts the script again in a mount namespace for that. 1 and a skip where there is none.
private_programs() {
	bin=$BUILDDIR
	[ "$(id -u)" = 0 ] || return 0
	if [ -z "${PRIVATE_MOUNT:-}" ]; then
		need_namespaces "$1" || return 1
		rm -rf "$T"
		PRIVATE_MOUNT=1 exec unshare -m --propagation private sh "$0"
	fi
	mount -t tmpfs -o mode=755 none /mnt &&
	    cp "$MESHSSH" "$BUILDDIR/meshssh-doctor" "$BUILDDIR/meshssh-config" /mnt && bin=/mnt
}

# own_home NAME [LINE...]: $T/home with an empty ~/.ssh, which is $home, and these lines as /etc/hosts; 1 and a skip where
# the programs cannot be given such.
own_home() {
	if [ -n "$(env LD_PRELOAD=libnss_wrapper.so sh -c : 2>&1)" ]; then
		skip "$1" "libnss_wrapper.so is not installed"
		return 1
	fi
	shift
	home=$T/home/.ssh
	mkdir -m 700 "$T/home" "$home"
	echo "$(id -un):x:$(id -u):$(id -g)::$T/home:/bin/sh" >"$T/passwd"
	printf '%s\n' "$@" >"$T/hosts"
}

# at_home COMMAND...: with this home and these names.
at_home() {
	env HOME="$T/home" LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD="$T/passwd" NSS_WRAPPER_GROUP=/etc/group \
	    NSS_WRAPPER_HOSTS="$T/hosts" timeout 60 "$@"
}

# config ARGUMENT...: meshssh-config; its status and what it says on standard error. What it prints is in $T/out.
config() {
	at_home "$bin/meshssh-config" "$@" >"$T/out" 2>"$T/err"
	echo "$? $(cat "$T/err")"
}
