/*
 * Preloaded into a relay: as if whoever sends the bytes had taken the process over. When the
 * client's bytes hold "TRY-BEFORE" or "TRY-AFTER", the calls below are made by number, and for each
 * of them a line "BEFORE NAME ERROR", 0 for success, is added to the file TRY_RESULT, which is
 * mapped before a sandbox can be in the way. TRY_FOLDER is the folder of the report, TRY_OTHER one
 * that is none of the relay's business. TRY_REFUSE=NAME,... makes the kernel one without seccomp or
 * landlock; with TRY_THREAD there is a second thread, as if a name lookup had not come back.
 */

#define _GNU_SOURCE

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/sched.h>
#include <netinet/in.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RESULT_BYTES	65536
#define L(x)		((long)(x))

static char	*result;
static size_t	 used;
static char	 inside[512], other[512], key[512], fresh[512], moved[512], victim[512],
		    inside_fresh[512];

static void
tell(const char *phase, const char *name, long got, int error)
{
	used += (size_t)snprintf(result + used, RESULT_BYTES - used, "%s %s %d\n", phase, name,
	    got == -1 ? error : 0);
}

static long
try(const char *phase, const char *name, long number, long a, long b, long c, long d, long e)
{
	long	got = syscall(number, a, b, c, d, e, 0L);

	tell(phase, name, got, errno);
	return (got);
}

static void
try_fd(const char *phase, const char *name, long number, long a, long b, long c, long d)
{
	long	fd = try(phase, name, number, a, b, c, d, 0);

	if (fd > 2)
		close((int)fd);
}

/* A process that should not be there ends at once, without a word to anybody. */
static void
try_child(const char *phase, const char *name, long number, long a, long b)
{
	long	got = syscall(number, a, b, 0L, 0L, 0L, 0L);

	if (got == 0)
		syscall(SYS_exit_group, 0L);
	tell(phase, name, got, errno);
}

static void
try_files(const char *p)
{
	try_fd(p, "openat-read-key", SYS_openat, AT_FDCWD, L(key), O_RDONLY, 0);
	try_fd(p, "openat-read-beside-the-record", SYS_openat, AT_FDCWD, L(inside), O_RDWR, 0);
	try_fd(p, "openat-write-elsewhere", SYS_openat, AT_FDCWD, L(key), O_WRONLY | O_APPEND, 0);
	try_fd(p, "openat-create-elsewhere", SYS_openat, AT_FDCWD, L(fresh),
	    O_RDWR | O_CREAT | O_EXCL, 0600);
	unlink(fresh);
	try(p, "unlinkat-elsewhere", SYS_unlinkat, AT_FDCWD, L(victim), 0, 0, 0);
	close(open(victim, O_WRONLY | O_CREAT, 0600));
	try_fd(p, "openat-list-elsewhere", SYS_openat, AT_FDCWD, L(other), O_RDONLY | O_DIRECTORY,
	    0);
	try_fd(p, "openat-proc", SYS_openat, AT_FDCWD, L("/proc/self/mem"), O_RDWR, 0);
	try_fd(p, "openat-exclusive-without-create", SYS_openat, AT_FDCWD, L(key),
	    O_RDONLY | O_EXCL, 0);
	try(p, "renameat2-out", SYS_renameat2, AT_FDCWD, L(inside), AT_FDCWD, L(moved), 0);
	rename(moved, inside);
	try(p, "mkdirat", SYS_mkdirat, AT_FDCWD, L(fresh), 0700, 0, 0);
	rmdir(fresh);
	try(p, "symlinkat", SYS_symlinkat, L(key), AT_FDCWD, L(fresh), 0, 0);
	unlink(fresh);
	try(p, "linkat", SYS_linkat, AT_FDCWD, L(key), AT_FDCWD, L(fresh), 0);
	unlink(fresh);
	try(p, "fchmodat", SYS_fchmodat, AT_FDCWD, L(key), 0600, 0, 0);
	try(p, "truncate", SYS_truncate, L(key), 4, 0, 0, 0);
	try(p, "chdir", SYS_chdir, L("/"), 0, 0, 0, 0);
	try_fd(p, "memfd_create", SYS_memfd_create, L("x"), 0, 0, 0);
}

static void
try_sockets(const char *p)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int			two[2];

	try_fd(p, "socket-inet", SYS_socket, AF_INET, SOCK_STREAM, 0, 0);
	try_fd(p, "socket-unix", SYS_socket, AF_UNIX, SOCK_DGRAM, 0, 0);
	try_fd(p, "socket-netlink", SYS_socket, AF_NETLINK, SOCK_RAW, 0, 0);
	try(p, "socketpair", SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, L(two), 0);
	try(p, "connect", SYS_connect, 0, L(&sin), sizeof(sin), 0, 0);
	try(p, "bind", SYS_bind, 0, L(&sin), sizeof(sin), 0, 0);
	try(p, "listen", SYS_listen, 0, 1, 0, 0, 0);
	try_fd(p, "accept4", SYS_accept4, 0, 0, 0, 0);
	try(p, "ioctl-TIOCSTI", SYS_ioctl, 0, TIOCSTI, L("x"), 0, 0);
	try(p, "ioctl-TIOCLINUX", SYS_ioctl, 0, 0x541C, L("x"), 0, 0);
	try(p, "fcntl-SETOWN", SYS_fcntl, 0, F_SETOWN, getppid(), 0, 0);
}

static void
try_processes(const char *p)
{
	struct clone_args	args = { .exit_signal = 0 };
	char			*argv[] = { NULL };
	char			 byte;
	struct { void *at; size_t len; } local = { &byte, 1 };

	try_child(p, "clone", SYS_clone, 0, 0);
	try_child(p, "clone3", SYS_clone3, L(&args), sizeof(args));
#ifdef SYS_fork
	try_child(p, "fork", SYS_fork, 0, 0);
#endif
	try(p, "execve", SYS_execve, L("/nonexistent"), L(argv), L(argv), 0, 0);
	try(p, "execveat", SYS_execveat, AT_FDCWD, L("/nonexistent"), L(argv), L(argv), 0);
	try(p, "ptrace", SYS_ptrace, PTRACE_PEEKDATA, getppid(), 0, 0, 0);
	try(p, "kill", SYS_kill, getppid(), 0, 0, 0, 0);
	try(p, "tgkill", SYS_tgkill, getppid(), getppid(), 0, 0, 0);
	try(p, "tkill", SYS_tkill, getppid(), 0, 0, 0, 0);
	try_fd(p, "pidfd_open", SYS_pidfd_open, getppid(), 0, 0, 0);
	try(p, "process_vm_readv", SYS_process_vm_readv, getppid(), L(&local), 1, L(&local), 1);
	try(p, "process_vm_writev", SYS_process_vm_writev, getppid(), L(&local), 0, L(&local), 0);
	try(p, "mprotect-exec", SYS_mprotect, L(result), RESULT_BYTES,
	    PROT_READ | PROT_WRITE | PROT_EXEC, 0, 0);
	try(p, "mmap-exec", SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
	    -1);
}

static void
try_kernel(const char *p)
{
	char	params[256] = { 0 };

	try(p, "mount", SYS_mount, 0, L("/nonexistent"), 0, 0, 0);
	try(p, "umount2", SYS_umount2, L("/nonexistent"), 0, 0, 0, 0);
	try(p, "chroot", SYS_chroot, L("/nonexistent"), 0, 0, 0, 0);
	try(p, "unshare", SYS_unshare, 0, 0, 0, 0, 0);
	try(p, "setns", SYS_setns, -1, 0, 0, 0, 0);
	try(p, "setuid", SYS_setuid, getuid(), 0, 0, 0, 0);
	try(p, "prctl", SYS_prctl, PR_GET_DUMPABLE, 0, 0, 0, 0);
	try(p, "bpf", SYS_bpf, 0, L(params), 0, 0, 0);
	try(p, "perf_event_open", SYS_perf_event_open, L(params), 0, -1, -1, 0);
	try(p, "keyctl", SYS_keyctl, 0, -3, 0, 0, 0);
	try(p, "add_key", SYS_add_key, 0, 0, 0, 0, 0);
	try_fd(p, "userfaultfd", SYS_userfaultfd, 0, 0, 0, 0);
	try_fd(p, "io_uring_setup", SYS_io_uring_setup, 1, L(params), 0, 0);
	try(p, "io_uring_enter", SYS_io_uring_enter, -1, 0, 0, 0, 0);
	try_fd(p, "inotify_init1", SYS_inotify_init1, 0, 0, 0, 0);
	try(p, "init_module", SYS_init_module, 0, 0, 0, 0, 0);
	try(p, "prlimit64", SYS_prlimit64, getppid(), 0, 0, L(params), 0);
	try(p, "a-call-of-the-future", 9999, 0, 0, 0, 0, 0);
}

/* The other doors of this processor: the calls of i386 and of x32. */
static void
try_others(const char *p)
{
#ifdef __x86_64__
	long	got;

	try(p, "x32", 0x40000000 | 39, 0, 0, 0, 0, 0);
	__asm__ volatile("int $0x80" : "=a"(got) : "0"(20L) : "memory", "cc", "r8", "r9", "r10",
	    "r11");
	tell(p, "i386", (int)got < 0 ? -1 : 0, (int)-got);
#else
	(void)p;
#endif
}

/* What the report of a failure needs. */
static void
try_report(const char *p)
{
	try_fd(p, "+create", SYS_openat, AT_FDCWD, L(inside_fresh), O_RDWR | O_CREAT | O_EXCL,
	    0600);
	try(p, "+rename", SYS_renameat2, AT_FDCWD, L(inside_fresh), AT_FDCWD, L(inside), 0);
}

static void
try_all(const char *phase)
{
	try_files(phase);
	try_sockets(phase);
	try_processes(phase);
	try_kernel(phase);
	try_others(phase);
	try_report(phase);
}

ssize_t
read(int fd, void *buf, size_t size)
{
	static ssize_t	(*real)(int, void *, size_t);
	ssize_t		n;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "read");
	if ((n = real(fd, buf, size)) <= 0 || result == NULL || fd != STDIN_FILENO)
		return (n);
	if (memmem(buf, (size_t)n, "TRY-BEFORE", 10) != NULL)
		try_all("BEFORE");
	if (memmem(buf, (size_t)n, "TRY-AFTER", 9) != NULL)
		try_all("AFTER");
	return (n);
}

/* The C library's, but for what this kernel is not to have. */
long
syscall(long number, ...)
{
	static long	(*real)(long, ...);
	const char	*refuse = getenv("TRY_REFUSE");
	va_list		 ap;
	long		 a[6];
	int		 i;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	va_start(ap, number);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (refuse != NULL && ((number == SYS_seccomp && strstr(refuse, "seccomp") != NULL) ||
	    (number == SYS_landlock_create_ruleset && strstr(refuse, "landlock") != NULL))) {
		errno = EPERM;
		return (-1);
	}
	return (real(number, a[0], a[1], a[2], a[3], a[4], a[5]));
}

static void *
hang(void *arg)
{
	pause();
	return (arg);
}

static void	begin(void) __attribute__((__constructor__));

static void
begin(void)
{
	const char	*path = getenv("TRY_RESULT"), *folder = getenv("TRY_FOLDER"),
			    *elsewhere = getenv("TRY_OTHER");
	pthread_t	 thread;
	int		 fd;

	if (getenv("TRY_THREAD") != NULL)
		pthread_create(&thread, NULL, hang, NULL);
	if (path == NULL || folder == NULL || elsewhere == NULL)
		return;
	snprintf(inside, sizeof(inside), "%s/inside", folder);
	snprintf(inside_fresh, sizeof(inside_fresh), "%s/fresh", folder);
	snprintf(other, sizeof(other), "%s", elsewhere);
	snprintf(key, sizeof(key), "%s/key", elsewhere);
	snprintf(fresh, sizeof(fresh), "%s/fresh", elsewhere);
	snprintf(victim, sizeof(victim), "%s/victim", elsewhere);
	snprintf(moved, sizeof(moved), "%s/moved", elsewhere);
	if ((fd = open(path, O_RDWR)) == -1 || ftruncate(fd, RESULT_BYTES) == -1)
		return;
	result = mmap(NULL, RESULT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (result == MAP_FAILED)
		result = NULL;
	close(fd);
}
