/* SPDX-License-Identifier: ISC */
/* The sandbox on Linux: seccomp(2) for system calls, landlock(7) for files. */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <asm/termbits.h>
#include <linux/net.h>
#include <linux/sockios.h>
#if defined(SYS_landlock_create_ruleset) && __has_include(<linux/landlock.h>)
#include <linux/landlock.h>
#endif

#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "os/os-linux-sandbox.h"
#include "os/os.h"

/* seccomp(2) says which system calls there are, landlock(7) which files. */

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
	OWN_CALLS,

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
#ifdef __NR_lstat	/* musl's, and glibc's before 2.33 */
	ANY(stat), ANY(lstat),
#endif
#ifdef __NR_lstat64
	ANY(stat64), ANY(lstat64),
#endif
#ifdef __NR_fstatat64
	ANY(fstat64), ANY(fstatat64),
#endif

	MISSING
};

/* 0, or -1 with errno where the kernel, or a container, does not let us. */
static int
sandbox_calls(const struct sock_filter *steps, size_t count)
{
	/* The kernel only reads it. */
	struct sock_fprog	program = { .len = (unsigned short)count,
				    .filter = (struct sock_filter *)(uintptr_t)steps };

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

#ifdef LANDLOCK_CREATE_RULESET_VERSION
#define READ	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define REPLACE	(READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE)

/* What is handled, as Linux 6.12 has it; headers may be older. */
struct handled {
	uint64_t	files;
	uint64_t	ports;
	uint64_t	scoped;
};
#define BIND_TCP	1
#define SIGNALS		2

/* So much below this path, if it is there. */
static void
sandbox_below(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr	below = { .allowed_access = access };

	if ((below.parent_fd = open(path, O_PATH | O_CLOEXEC)) == -1)
		return;
	syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
	close(below.parent_fd);
}

/* 0, or -1 with errno; files that are open stay so. */
static int
sandbox_files(const char *folder, const char *const *readable, int alone)
{
	/* the rights that each version of the interface knows */
	static const int	rights[] = { 0, 13, 14, 15 };
	struct handled		handled = { .ports = BIND_TCP, .scoped = SIGNALS };
	size_t			size = sizeof(handled.files);
	long			version;
	int			ruleset, result;

	if ((version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION)) < 1)
		return (-1);
	handled.files = (UINT64_C(1) << rights[version < 3 ? version : 3]) - 1;
	if (alone && version >= 6)
		size = sizeof(handled);
	if ((ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0)) == -1)
		return (-1);
	if (folder != NULL)
		sandbox_below(ruleset, folder, REPLACE);
	for (; *readable != NULL; readable++)
		sandbox_below(ruleset, *readable, READ);
	result = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
	close(ruleset);
	return (result);
}
#else
/* The headers are older than Linux 5.14. */
static int
sandbox_files(const char *folder, const char *const *readable, int alone)
{
	(void)folder;
	(void)readable;
	(void)alone;
	errno = ENOSYS;
	return (-1);
}
#endif

/* A sanitizer looks for leaks at the end, with a process of its own that traces us. */
int	__lsan_do_recoverable_leak_check(void) __attribute__((__weak__));

void
os_keep_secret(void)
{
	if (__lsan_do_recoverable_leak_check == NULL)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

const char *
sandbox_enter(const char *folder, const char *const *readable, int alone,
    const struct sock_filter *steps, size_t count)
{
	static const char	*names[2][2] = { { "none", "system calls" },
				    { "files", "system calls and files" } };
	int			 files;

	if (__lsan_do_recoverable_leak_check != NULL || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0,
	    0) == -1)
		return (names[0][0]);
	files = sandbox_files(folder, readable, alone) == 0;
	return (names[files][sandbox_calls(steps, count) == 0]);
}

const char *
os_sandbox(const char *folder)
{
	static const char *const	none[] = { NULL };

	return (sandbox_enter(folder, none, 0, filter, sizeof(filter) / sizeof(filter[0])));
}

const char *
os_sandbox_taking(const char *folder)
{
	/* What is open needs no other calls, however it came here. */
	return (os_sandbox(folder));
}
