/* SPDX-License-Identifier: ISC */
/* The sandbox on Linux: seccomp(2) for system calls, landlock(7) for files. */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <asm/termbits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/net.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#if defined(SYS_landlock_create_ruleset) && __has_include(<linux/landlock.h>)
#include <linux/landlock.h>
#endif

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "os/os.h"

/* seccomp(2) says which system calls there are, landlock(7) which files. */

#if defined(__x86_64__)
#define SANDBOX_ARCH	AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define SANDBOX_ARCH	AUDIT_ARCH_I386
#elif defined(__arm__) && defined(__ARMEL__)
#define SANDBOX_ARCH	AUDIT_ARCH_ARM
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define SANDBOX_ARCH	AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define SANDBOX_ARCH	AUDIT_ARCH_RISCV64
#elif defined(__s390x__)
#define SANDBOX_ARCH	AUDIT_ARCH_S390X
#else
#define SANDBOX_ARCH	0	/* the numbers of its calls were not checked: no filter */
#endif

/* The lower half of a 64-bit argument, which holds every flag and command. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define ARG(n)	(offsetof(struct seccomp_data, args) + 8 * (n) + 4)
#else
#define ARG(n)	(offsetof(struct seccomp_data, args) + 8 * (n))
#endif

#define LOAD(from)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, from)
#define LOAD_CALL	LOAD(offsetof(struct seccomp_data, nr))
/* Go on if it is that value, else pass over so many steps. */
#define UNLESS(k, n)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 0, n)
#define ALLOW		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
/*
 * As if this kernel did not have it: the C library then tries an older call, or reports that it
 * failed.
 */
#define MISSING		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS)

/* A call that stays; one that stays where an argument has that value under that mask. */
#define ANY(call)	UNLESS(__NR_##call, 1), ALLOW
#define WHEN(call, arg, mask, value) \
	UNLESS(__NR_##call, 5), LOAD(ARG(arg)), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask), \
	UNLESS(value, 1), ALLOW, LOAD_CALL
#define IS(call, arg, value) \
	WHEN(call, arg, 0xffffffff, value)
/*
 * Only what does not exist yet, so that nothing can be read or overwritten; and the list of a
 * folder.
 */
#define OPENS(call, arg) \
	WHEN(call, arg, O_CREAT | O_EXCL, O_CREAT | O_EXCL), \
	WHEN(call, arg, O_DIRECTORY | O_CREAT | O_ACCMODE, O_DIRECTORY | O_RDONLY)

/*
 * What each C library uses on each architecture for bytes, memory, time, signals and the end, what
 * we ask of our sockets, and what it takes to replace a file. The first ones carry the session.
 */
static const struct sock_filter	filter[] = {
	/*
	 * The numbers mean something else for another architecture's calls, which this processor
	 * may offer.
	 */
	LOAD(offsetof(struct seccomp_data, arch)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SANDBOX_ARCH,
	    1, 0), MISSING,
	LOAD_CALL,

	ANY(read), ANY(splice), ANY(ppoll), ANY(write), ANY(sendto), ANY(recvfrom),
#ifdef __NR_poll
	ANY(poll),
#endif
#ifdef __NR_ppoll_time64
	ANY(ppoll_time64),
#endif
#ifdef __NR_send
	ANY(send), ANY(recv),
#endif
	ANY(readv), ANY(writev), ANY(sendmsg), ANY(recvmsg), ANY(shutdown), ANY(getsockopt),
	    ANY(setsockopt),
	ANY(getsockname), ANY(getpeername), ANY(close), ANY(lseek),
#ifdef __NR__llseek
	ANY(_llseek),
#endif
	IS(ioctl, 1, FIONREAD), IS(ioctl, 1, SIOCOUTQ), IS(ioctl, 1, TCGETS),
	    IS(ioctl, 1, TIOCGWINSZ),
#ifdef TCGETS2
	IS(ioctl, 1, TCGETS2),
#endif
	IS(fcntl, 1, F_GETFD), IS(fcntl, 1, F_SETFD), IS(fcntl, 1, F_GETFL), IS(fcntl, 1, F_SETFL),
	IS(fcntl, 1, F_GETPIPE_SZ), IS(fcntl, 1, F_SETPIPE_SZ),
#ifdef __NR_fcntl64
	IS(fcntl64, 1, F_GETFD), IS(fcntl64, 1, F_SETFD), IS(fcntl64, 1, F_GETFL),
	    IS(fcntl64, 1, F_SETFL),
	IS(fcntl64, 1, F_GETPIPE_SZ), IS(fcntl64, 1, F_SETPIPE_SZ),
#endif
#ifdef __NR_socketcall
	IS(socketcall, 0, SYS_SEND), IS(socketcall, 0, SYS_SENDTO), IS(socketcall, 0, SYS_SENDMSG),
	IS(socketcall, 0, SYS_RECV), IS(socketcall, 0, SYS_RECVFROM),
	    IS(socketcall, 0, SYS_RECVMSG),
	IS(socketcall, 0, SYS_SHUTDOWN), IS(socketcall, 0, SYS_GETSOCKNAME),
	    IS(socketcall, 0, SYS_GETPEERNAME),
	IS(socketcall, 0, SYS_GETSOCKOPT), IS(socketcall, 0, SYS_SETSOCKOPT),
#endif

	ANY(brk), ANY(munmap), ANY(mremap), ANY(madvise), WHEN(mprotect, 2, PROT_EXEC, 0),
#if defined(__s390x__)
	ANY(mmap),		/* its arguments are in memory */
#elif defined(__NR_mmap)
	WHEN(mmap, 2, PROT_EXEC, 0),
#endif
#ifdef __NR_mmap2
	WHEN(mmap2, 2, PROT_EXEC, 0),
#endif
	ANY(futex), ANY(getrandom), ANY(clock_gettime), ANY(gettimeofday), ANY(setitimer),
#ifdef __NR_futex_time64
	ANY(futex_time64),
#endif
#ifdef __NR_clock_gettime64
	ANY(clock_gettime64),
#endif
#ifdef __NR_time
	ANY(time),
#endif
	ANY(setitimer), ANY(getpid), ANY(gettid), ANY(geteuid), ANY(rt_sigaction),
	    ANY(rt_sigprocmask), ANY(rt_sigreturn), ANY(restart_syscall),
	ANY(exit), ANY(exit_group),
#ifdef __NR_geteuid32
	ANY(geteuid32),
#endif
#ifdef __NR_sigreturn
	ANY(sigreturn),
#endif

	OPENS(openat, 2), ANY(getdents64), ANY(unlinkat), ANY(renameat2), ANY(fstat), ANY(statx),
#ifdef __NR_open
	OPENS(open, 1),
#endif
#ifdef __NR_unlink
	ANY(unlink),
#endif
#ifdef __NR_rename
	ANY(rename),
#endif
#ifdef __NR_renameat
	ANY(renameat),
#endif
#ifdef __NR_newfstatat
	ANY(newfstatat),
#endif
#ifdef __NR_fstatat64
	ANY(fstat64), ANY(fstatat64),
#endif

	MISSING
};

/* 0, or -1 with errno where the kernel, or a container, does not let us. */
static int
sandbox_calls(void)
{
	/* The kernel only reads it. */
	struct sock_fprog	program = { .len = sizeof(filter) / sizeof(filter[0]),
				    .filter = (struct sock_filter *)(uintptr_t)filter };

	if (SANDBOX_ARCH == 0) {
		errno = ENOSYS;
		return (-1);
	}
	/*
	 * For every thread: a name lookup that was given up may hang in its own. And at full speed:
	 * no code of others runs here that could speculate.
	 */
	return (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) == 0 ? 0 : -1);
}

/* 0, or -1 with errno; files that are open stay so. */
static int
sandbox_files(const char *folder)
{
#ifdef LANDLOCK_CREATE_RULESET_VERSION
	/* that each version of the interface knows */
	static const int		 rights[] = { 0, 13, 14, 15 };
	struct landlock_ruleset_attr	 ruleset = { 0 };
	struct landlock_path_beneath_attr below = { .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE |
					    LANDLOCK_ACCESS_FS_WRITE_FILE |
					    LANDLOCK_ACCESS_FS_READ_DIR |
					    LANDLOCK_ACCESS_FS_MAKE_REG |
					    LANDLOCK_ACCESS_FS_REMOVE_FILE };
	long				 version;
	int				 fd, result;

	if ((version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION)) < 1)
		return (-1);
	ruleset.handled_access_fs = (UINT64_C(1) << rights[version < 3 ? version : 3]) - 1;
	if ((fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset,
	    sizeof(ruleset.handled_access_fs), 0)) == -1)
		return (-1);
	if (folder != NULL && (below.parent_fd = open(folder,
	    O_PATH | O_DIRECTORY | O_CLOEXEC)) != -1) {
		syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
		close(below.parent_fd);
	}
	result = (int)syscall(SYS_landlock_restrict_self, fd, 0);
	close(fd);
	return (result);
#else
	/* The headers are older than Linux 5.14. */
	(void)folder;
	errno = ENOSYS;
	return (-1);
#endif
}

/* A sanitizer looks for leaks at the end, with a process of its own that traces us. */
int	__lsan_do_recoverable_leak_check(void) __attribute__((__weak__));

const char *
os_sandbox(const char *folder)
{
	static const char	*names[2][2] = { { "none", "system calls" },
				    { "files", "system calls and files" } };
	int			 files;

	if (__lsan_do_recoverable_leak_check != NULL || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0,
	    0) == -1)
		return (names[0][0]);
	files = sandbox_files(folder) == 0;
	return (names[files][sandbox_calls() == 0]);
}

const char *
os_sandbox_taking(const char *folder)
{
	/* What is open needs no other calls, however it came here. */
	return (os_sandbox(folder));
}
