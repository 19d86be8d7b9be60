# shellcheck shell=sh
# Sourced after lib.sh: two machines with a Nix each, in namespaces of their own.
#
#    near  10.99.0.1 -- c0  r0 -- 10.99.0.2  far      `builder` and `builder.mesh.example` are names of it there,
#          10.99.1.1 -- c1  r1 -- 10.99.1.2           `builder2` that of its second address
#
# Each has a file system whose /etc, /nix, /root, /home, /run, /tmp and /var are its own and in memory, so a path can be
# in the other's store only if it travelled; of the real machine it has /usr and /dev. near has meshssh and meshssh-config
# in /opt/meshssh/bin and a user alice; far has sshd on port 22 and a user builder, whom its nix-daemon trusts. All of
# it ends with the two processes that hold the namespaces.

# shellcheck disable=SC2016,SC2317	# text for other shells; functions that are called by way of wait_for

SHARE=$T/share		# /share in both
PID_near=
PID_far=

# The first process of a machine: its root, its folders, its users, and then it waits for its end.
lab_init() {
	cat >"$T/init" <<'END'
set -eu
root=$1
name=$2
mount -t tmpfs -o mode=755 tmpfs "$root"
for dir in bin sbin lib lib32 lib64 libx32; do
	if [ -L /$dir ]; then
		cp -P /$dir "$root/$dir"
	elif [ -d /$dir ]; then
		mkdir "$root/$dir"
		mount --bind /$dir "$root/$dir"
	fi
done
for dir in usr dev proc etc nix root home run tmp var share opt opt/meshssh opt/meshssh/bin; do
	mkdir "$root/$dir"
done
mkdir -p "$root/var/tmp" "$root/run/sshd" "$root/nix/store" "$root/nix/var/nix"
chmod 1777 "$root/tmp" "$root/var/tmp"
chmod 700 "$root/root"
mount --bind /usr "$root/usr"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount --bind "$3" "$root/share"
cp -a /etc/passwd /etc/group /etc/nsswitch.conf /etc/ld.so.* /etc/ssl /etc/alternatives "$root/etc" 2>/dev/null || :
mkdir -p "$root/etc/nix" "$root/etc/ssh" "$root/etc/systemd/system"
cp -f "$4/meshssh" "$4/meshssh-doctor" "$4/meshssh-config" "$root/opt/meshssh/bin"
# Programs that count their lines do so where they were built.
[ ! -f "$4/counts" ] || { mkdir -p "$root$4" && mount --bind "$4" "$root$4"; }
case $name in
near) user=alice ;;
far) user=builder ;;
esac
# Without the machine's own root, whose home may be anywhere.
sed -i '/^root:/d' "$root/etc/passwd"
printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' "$user:x:1500:1500::/home/$user:/bin/sh" >>"$root/etc/passwd"
echo "$user:x:1500:" >>"$root/etc/group"
printf '%s\n' 'root:*:19000::::::' 'sshd:*:19000::::::' "$user:*:19000::::::" >"$root/etc/shadow"
mkdir -m 755 "$root/home/$user"
chown 1500:1500 "$root/home/$user"
printf '%s\n' '127.0.0.1 localhost' '10.99.0.2 builder builder.mesh.example' '10.99.1.2 builder2' >"$root/etc/hosts"
ip link set lo up
cd "$root"
# Not chroot: Nix enters the mount namespace once more for what it starts, and so lands at its root.
mkdir old
pivot_root . old
umount -l /old
rmdir /old
echo up >"/share/$name.up"
trap 'exit 0' TERM
sleep 400 &
wait
END
}

# lab_can: what a machine is made of can be made here; a container or a chroot may forbid a part of it.
lab_can() {
	mkdir "$T/try"
	if [ "$(nsenter -m -t $$ stat -c %d:%i /)" != "$(stat -c %d:%i /)" ]; then
		echo 'this is a chroot, out of which Nix would step'
		return 1
	fi
	unshare -m -n -p -f --kill-child sh -ec 'mount -t tmpfs tmpfs "$1"
	    mkdir "$1/proc" "$1/usr" "$1/bin" "$1/old"
	    mount --rbind /dev "$1/usr"
	    mount --bind /bin "$1/bin"
	    mount -t proc proc "$1/proc"
	    ip link add c0 type veth peer name r0
	    cd "$1"
	    pivot_root . old' sh "$T/try"
}

# lab_machine NAME: starts it; sets PID_NAME to its first process as it is called here.
lab_machine() {
	mkdir -p "$T/root.$1" "$SHARE"
	unshare -m -n -p -f --kill-child sh "$T/init" "$T/root.$1" "$1" "$SHARE" "$BUILDDIR" >"$T/$1.out" 2>&1 &
	lm_pid=$!
	started $lm_pid
	wait_for 20 test -s "$SHARE/$1.up" || return 1
	lm_child=$(cat "/proc/$lm_pid/task/$lm_pid/children")
	started "${lm_child% }"	# unshare itself waits for it, whatever signal it gets
	eval "PID_$1=\${lm_child% }"
}

# near COMMAND..., far COMMAND...: as root there, with nothing of our environment. near_as USER COMMAND...: as that user.
lab_in() {
	li_pid=$1
	shift
	nsenter -t "$li_pid" -m -n -p -r -w env -i PATH=/opt/meshssh/bin:/usr/bin:/bin:/usr/sbin:/sbin "$@" </dev/null
}
near() { lab_in "$PID_near" HOME=/root "$@"; }
far() { lab_in "$PID_far" HOME=/root "$@"; }
alice() { lab_in "$PID_near" HOME=/home/alice NIX_REMOTE=daemon setpriv --reuid 1500 --regid 1500 --clear-groups "$@"; }

# near_write FILE, far_write FILE: from standard input, which `near` does not pass.
near_write() { cat >"$SHARE/written" && near cp "/share/written" "$1"; }
far_write() { cat >"$SHARE/written" && far cp "/share/written" "$1"; }

lab_nix_conf() {
	cat <<-END
	experimental-features = nix-command flakes
	sandbox = false
	build-users-group =
	substituters =
	substitute = false
	require-sigs = false
	END
}

# lab_start: both machines, the links, keys, sshd and far's nix-daemon.
lab_start() {
	lab_init
	lab_machine near || return 1
	lab_machine far || return 1
	for ls_n in 0 1; do
		nsenter -t "$PID_near" -n ip link add c$ls_n type veth peer name r$ls_n netns "$PID_far" &&
		    nsenter -t "$PID_near" -n ip addr add 10.99.$ls_n.1/24 dev c$ls_n &&
		    nsenter -t "$PID_far" -n ip addr add 10.99.$ls_n.2/24 dev r$ls_n &&
		    nsenter -t "$PID_near" -n ip link set c$ls_n up &&
		    nsenter -t "$PID_far" -n ip link set r$ls_n up || return 1
	done
	# far builds by itself; whoever asks near for a build is sent there.
	{ lab_nix_conf; echo 'max-jobs = 16'; echo 'trusted-users = root builder'; } | far_write /etc/nix/nix.conf
	{ lab_nix_conf; echo 'max-jobs = 0'; echo 'trusted-users = root'; } | near_write /etc/nix/nix.conf
	near ssh-keygen -q -t ed25519 -N '' -C '' -f /etc/nix/builder_ed25519
	far ssh-keygen -q -t ed25519 -N '' -C '' -f /etc/ssh/ssh_host_ed25519_key
	far ssh-keygen -q -t rsa -b 2048 -N '' -C '' -f /etc/ssh/ssh_host_rsa_key
	far mkdir -m 700 /home/builder/.ssh
	near cat /etc/nix/builder_ed25519.pub | far_write /home/builder/.ssh/authorized_keys
	far chown -R builder: /home/builder/.ssh
	far_write /etc/ssh/sshd_config <<-END
	HostKey /etc/ssh/ssh_host_ed25519_key
	HostKey /etc/ssh/ssh_host_rsa_key
	UsePAM no
	PasswordAuthentication no
	MaxStartups 100:30:200
	$(t_forgiving)
	PidFile /run/sshd.pid
	END
	far sh -c 'exec nix-daemon --daemon >/share/far-daemon.log 2>&1' &
	started $!
	lab_sshd && wait_for 20 far test -S /nix/var/nix/daemon-socket/socket
}

# lab_sshd: far's sshd, which may be ended with `far_sshd_stop`.
lab_sshd() {
	far /usr/sbin/sshd -E /share/sshd.log && wait_for 20 lab_listens
}
lab_listens() { near nc -z 10.99.0.2 22; }
lab_sshd_stop() {
	far sh -c 'kill $(cat /run/sshd.pid)'
	wait_for 20 lab_deaf
}
lab_deaf() { ! lab_listens; }

# lab_daemon [VARIABLE=VALUE]: near's nix-daemon, anew, with an environment like launchd's; its log is $SHARE/near-daemon.log.
lab_daemon() {
	lab_daemon_stop
	: >"$SHARE/near-daemon.log"
	nsenter -t "$PID_near" -m -n -p -r -w env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin TMPDIR=/tmp "$@" \
	    sh -c 'echo $$ >/share/near-daemon.pid; exec nix-daemon --daemon >>/share/near-daemon.log 2>&1' </dev/null &
	LAB_DAEMON=$!
	started "$LAB_DAEMON"
	wait_for 20 alice nix store ping --store daemon
}
LAB_DAEMON=
lab_daemon_stop() {
	[ -n "$LAB_DAEMON" ] || return 0
	near sh -c 'kill $(cat /share/near-daemon.pid); rm -f /nix/var/nix/daemon-socket/socket'
	wait "$LAB_DAEMON" 2>/dev/null
	LAB_DAEMON=
}

# relays_near: the relays that run there now. no_relays: passes if within two seconds there is none.
relays_near() { near pgrep -f '^/opt/meshssh/bin/meshssh '; }
no_relays() {
	if wait_for 2 lab_no_relay; then
		ok "$1"
	else
		not_ok "$1" "$(near ps -eo pid,ppid,args | grep meshssh)"
	fi
}
lab_no_relay() { [ -z "$(relays_near)" ]; }

# lab_or_finish: the lab stands, or the script ends here, with a skip where it cannot be.
lab_or_finish() {
	{ need 'Nix' nix nix-daemon sshd nsenter setpriv pgrep nc python3 && need_root 'Nix'; } || finish
	exec </dev/null
	if ! lab_can >"$T/can" 2>&1; then
		skip 'Nix' "a machine of its own cannot be made here: $(head -n 1 "$T/can")"
		finish
	fi
	lab_start && return
	not_ok 'the lab' "$(cat "$T"/*.out "$SHARE"/*.log 2>/dev/null)"
	finish
}
