/* SPDX-License-Identifier: ISC */
/* The sandbox on Linux of a process that looks names up and makes connections. */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <linux/net.h>

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "os/os-linux-sandbox.h"
#include "os/os.h"

/*
 * A name lookup loads whatever the system is configured for, which makes calls of its own. So here
 * all calls stay but those that are of use to an intruder alone.
 */

#define NEW_CALLS	450		/* later ones, which have one number on each architecture */
#define NAMESPACES	0x7e020000	/* CLONE_NEWNS and its like */
#define TIOCSTI_NUMBER	0x5412		/* puts input into a terminal, as does the next one */
#define TIOCLINUX	0x541C

/* A call that goes; one that goes where an argument has that value, or any of those bits. */
#define NO(call)	UNLESS(__NR_##call, 1), MISSING
#define NO_IF(call, arg, mask, value) \
	UNLESS(__NR_##call, 5), LOAD(ARG(arg)), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask), \
	UNLESS(value, 1), MISSING, LOAD_CALL
#define NO_IS(call, arg, value)	NO_IF(call, arg, 0xffffffff, value)
#define NO_ANY(call, arg, bits) \
	UNLESS(__NR_##call, 4), LOAD(ARG(arg)), \
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1), MISSING, LOAD_CALL
/* Numbers from the first to before the last one. */
#define NO_FROM(first, last) \
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 2), \
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, last, 1, 0), MISSING

#ifdef __s390x__
#define CLONE_FLAGS	1
#else
#define CLONE_FLAGS	0
#endif

static const struct sock_filter	filter[] = {
	OWN_CALLS,

#ifdef __arm__
	NO_FROM(NEW_CALLS, 0x0f0000),	/* those of the processor itself stay */
#else
	/* On x86-64, those of x32 as well. */
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, NEW_CALLS, 0, 1), MISSING,
#endif
	/* pidfd_send_signal, io_uring_*, open_tree to pidfd_open, pidfd_getfd, process_madvise */
	NO_FROM(424, 435), NO_FROM(438, 439), NO_FROM(440, 441),
	/* mount_setattr to process_mrelease */
	NO_FROM(442, 449),

	/* programs, and other processes */
	NO(execve), NO(execveat), NO(ptrace), NO(process_vm_readv), NO(process_vm_writev), NO(kcmp),
	NO(rt_sigqueueinfo), NO(rt_tgsigqueueinfo), NO_ANY(prlimit64, 0, 0xffffffff),
	/* The flags of clone3 are in memory; the C library then takes clone. */
#ifdef __NR_clone3
	NO(clone3),
#endif
	NO_ANY(clone, CLONE_FLAGS, NAMESPACES), NO(unshare), NO(setns),
	NO(move_pages), NO(migrate_pages), NO(setpriority), NO(ioprio_set),
	NO(prctl), NO(personality),
#ifdef __NR_vfork
	NO(vfork),
#endif

	/* code that was data */
	NO_ANY(mprotect, 2, PROT_EXEC), NO_ANY(pkey_mprotect, 2, PROT_EXEC), NO(memfd_create),
#if defined(__NR_mmap) && !defined(__s390x__)
	NO_IF(mmap, 2, PROT_WRITE | PROT_EXEC, PROT_WRITE | PROT_EXEC),
#endif
#ifdef __NR_mmap2
	NO_IF(mmap2, 2, PROT_WRITE | PROT_EXEC, PROT_WRITE | PROT_EXEC),
#endif

	/* connections that others make, families that are no network, terminals */
	NO(listen), NO(accept4),
#ifdef __NR_accept
	NO(accept),
#endif
#ifdef __NR_socketcall
	NO_IS(socketcall, 0, SYS_LISTEN), NO_IS(socketcall, 0, SYS_ACCEPT),
	NO_IS(socketcall, 0, SYS_ACCEPT4),
#endif
	UNLESS(__NR_socket, 10), LOAD(ARG(0)), UNLESS(AF_INET, 1), ALLOW,
	UNLESS(AF_INET6, 1), ALLOW, UNLESS(AF_UNIX, 1), ALLOW, UNLESS(AF_NETLINK, 1), ALLOW,
	MISSING,
	NO_IS(ioctl, 1, TIOCSTI_NUMBER), NO_IS(ioctl, 1, TIOCLINUX),
	NO_IS(fcntl, 1, F_SETOWN), NO_IS(fcntl, 1, F_SETOWN_EX),
#ifdef __NR_fcntl64
	NO_IS(fcntl64, 1, F_SETOWN), NO_IS(fcntl64, 1, F_SETOWN_EX),
#endif
	NO(vhangup),

	/* what Landlock does not know of files, or did not always */
	NO(chdir), NO(fchdir), NO(mkdirat), NO(mknodat), NO(symlinkat), NO(linkat), NO(truncate),
	NO(fchmod), NO(fchmodat), NO(fchown), NO(fchownat), NO(utimensat),
	NO(setxattr), NO(lsetxattr), NO(fsetxattr), NO(removexattr), NO(lremovexattr),
	NO(fremovexattr), NO(inotify_init1), NO(fanotify_init), NO(fanotify_mark),
	NO(name_to_handle_at), NO(open_by_handle_at), NO(shmget), NO(shmat), NO(semget), NO(msgget),
	NO(mq_open),
#ifdef __NR_chmod
	NO(mkdir), NO(mknod), NO(symlink), NO(link), NO(chmod), NO(chown), NO(lchown),
	NO(utimes), NO(futimesat), NO(inotify_init), NO(uselib),
#endif
#ifdef __NR_utime
	NO(utime),
#endif
#ifdef __NR_truncate64
	NO(truncate64),
#endif
#ifdef __NR_utimensat_time64
	NO(utimensat_time64),
#endif
#ifdef __NR_ipc
	NO(ipc),
#endif

	/* whose the process is, and the rest of the kernel */
	NO(setuid), NO(setgid), NO(setreuid), NO(setregid), NO(setresuid), NO(setresgid),
	NO(setfsuid), NO(setfsgid), NO(setgroups), NO(capset),
#ifdef __NR_setuid32
	NO(chown32), NO(fchown32), NO(lchown32), NO(setuid32), NO(setgid32), NO(setreuid32),
	NO(setregid32), NO(setresuid32), NO(setresgid32), NO(setfsuid32), NO(setfsgid32),
	NO(setgroups32),
#endif
	NO(mount), NO(umount2), NO(pivot_root), NO(chroot), NO(swapon), NO(swapoff), NO(quotactl),
	NO(reboot), NO(kexec_load), NO(init_module), NO(finit_module), NO(delete_module),
	NO(sethostname), NO(setdomainname), NO(settimeofday), NO(clock_settime), NO(adjtimex),
	NO(clock_adjtime), NO(acct), NO(syslog), NO(bpf), NO(perf_event_open), NO(userfaultfd),
	NO(keyctl), NO(add_key), NO(request_key),
#ifdef __NR_kexec_file_load
	NO(kexec_file_load),
#endif
#ifdef __NR_clock_settime64
	NO(clock_settime64), NO(clock_adjtime64),
#endif
#ifdef __NR_iopl
	NO(iopl), NO(ioperm), NO(modify_ldt),
#endif
	ALLOW
};

const char *
os_sandbox_connecting(const char *folder)
{
	char		 resolv[PATH_MAX];
	/*
	 * What names are looked up with, how tailscaled runs, and what the network is like. What a
	 * program of the network replaces is named by its folder.
	 */
	const char	*readable[] = { "/etc", "/usr", "/lib", "/lib32", "/lib64", "/libx32",
			    "/nix/store", "/gnu/store", "/proc", "/sys/devices/system/cpu",
			    "/run/systemd/resolve", "/run/NetworkManager", "/run/resolvconf",
			    "/run/connman", "/run/nscd", "/run/tailscale", "/var/run/tailscale",
			    "/var/cache/nscd", "/var/db/nscd", "/var/lib/sss", NULL, NULL };
	char		*slash;

	/* A system may have it elsewhere, as WSL does. */
	if (realpath("/etc/resolv.conf", resolv) != NULL &&
	    (slash = strrchr(resolv, '/')) != NULL && slash != resolv) {
		*slash = '\0';
		readable[sizeof(readable) / sizeof(readable[0]) - 2] = resolv;
	}
	return (sandbox_enter(folder, readable, 1, filter, sizeof(filter) / sizeof(filter[0])));
}
