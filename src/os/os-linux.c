/* SPDX-License-Identifier: ISC */
/* What Linux does in a way of its own. */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include <linux/fs.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/tcp.h>		/* libc's own struct tcp_info is an old one */
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "os/os.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD	77	/* Linux 6.5 */
#endif
#define ACL		"system.posix_acl_access"
#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS	44	/* Linux 6.15 */
#endif
/* bytes of a value, and of the list of names: the kernel has no more (xattr(7)) */
#define ATTRIBUTE_MAX	65536

int
os_keepalive(int fd, int idle_s, int interval_s, int count, int dead_after_s)
{
	if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count)) == -1)
		return (-1);
	return (os_tcp_patience(fd, dead_after_s));
}

void
os_tcp_acknowledge(int fd)
{
	int	yes = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof(yes));
}

int
os_tcp_patience(int fd, int dead_after_s)
{
	unsigned int	user_timeout_ms = (unsigned int)dead_after_s * 1000;

	return (setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms,
	    sizeof(user_timeout_ms)));
}

int
os_tcp_retry(int fd, int every_ms)
{
	return (setsockopt(fd, IPPROTO_TCP, TCP_RTO_MAX_MS, &every_ms, sizeof(every_ms)));
}

int
os_tcp_fragment(int fd)
{
	int	dont = IP_PMTUDISC_DONT;

	return (setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &dont, sizeof(dont)));
}

int
os_tcp(int fd, struct os_tcp *tcp)
{
	struct tcp_info	info;
	unsigned int	meminfo[SK_MEMINFO_VARS];
	socklen_t	len = sizeof(info), meminfo_len = sizeof(meminfo);
	int		waiting, unread, options;

	memset(&info, 0, sizeof(info));
	memset(meminfo, 0, sizeof(meminfo));
	/*
	 * What the receive queue holds although nothing can be read waits for a segment before it.
	 */
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == -1 ||
	    ioctl(fd, SIOCOUTQ, &waiting) == -1 || ioctl(fd, SIOCINQ, &unread) == -1 ||
	    getsockopt(fd, SOL_SOCKET, SO_MEMINFO, meminfo, &meminfo_len) == -1)
		return (-1);
	/* Without the last of what is used here (Linux 4.6), silence would be taken for proof. */
	if (len < offsetof(struct tcp_info, tcpi_notsent_bytes) + sizeof(info.tcpi_notsent_bytes)) {
		errno = ENOSYS;
		return (-1);
	}
	options = (info.tcpi_options & TCPI_OPT_TIMESTAMPS) ? 12 : 0;
	memset(tcp, 0, sizeof(*tcp));
	/* TCP_ESTABLISHED, which is in libc's header only */
	tcp->open = info.tcpi_state == 1;
	tcp->waiting_bytes = waiting;
	tcp->retransmitted = info.tcpi_total_retrans;
	tcp->in_a_row = info.tcpi_retransmits;
	tcp->sacked = info.tcpi_sacked;
	tcp->gap = unread == 0 && meminfo[SK_MEMINFO_RMEM_ALLOC] > 0;
	tcp->behind = info.tcpi_rcv_ooopack;	/* Linux 5.4; 0 before */
	/* Its window is closed: what waits was not sent, or, since Linux 5.4, it says so. */
	tcp->no_room = (info.tcpi_unacked == 0 && info.tcpi_notsent_bytes > 0) ||
	    (waiting > 0 && info.tcpi_snd_wnd == 0 &&
	    len >= offsetof(struct tcp_info, tcpi_snd_wnd) + sizeof(info.tcpi_snd_wnd));
	tcp->probes = info.tcpi_probes;
	/* Data in order that acknowledges nothing new is no acknowledgement there. */
	tcp->ack_ms = (int)(info.tcpi_last_ack_recv < info.tcpi_last_data_recv ?
	    info.tcpi_last_ack_recv : info.tcpi_last_data_recv);
	tcp->rtt_ms = (int)(info.tcpi_rtt / 1000) + 1;
	/*
	 * The kernel counts without the options of each segment, the one that matters is RFC
	 * 7323's.
	 */
	tcp->option_bytes = options;
	tcp->send_bytes = (int)info.tcpi_snd_mss + options;
	tcp->receive_bytes = (int)info.tcpi_advmss + options;
	tcp->acked_bytes = (int64_t)info.tcpi_bytes_acked;
	tcp->received_bytes = (int64_t)info.tcpi_bytes_received;
	return (0);
}

/* The size is set before the connection is made, and bounds both ways. */
enum os_segments
os_segments(void)
{
	return (OS_SEGMENTS_ANY);
}

int
os_segments_limit(int fd, int bytes)
{
	return (setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &bytes, sizeof(bytes)));
}

int
os_segments_sent(int fd, int bytes)
{
	(void)fd;
	(void)bytes;
	return (0);
}

int
os_send_apart(void)
{
	return (MSG_EOR);
}

int
os_sent_fd_ms(void)
{
	return (0);
}

ssize_t
os_splice(int from, int to, size_t size)
{
	return (splice(from, NULL, to, NULL, size, SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
}

int
os_pipe_gauge(int fd)
{
	(void)fd;
	errno = ENOSYS;
	return (-1);
}

size_t
os_pipe_room(int gauge)
{
	(void)gauge;
	return (0);
}

int
os_pipe_enlarge(int fd, int size)
{
	/* The caller may have chosen a larger one. */
	if (fcntl(fd, F_GETPIPE_SZ) >= size)
		return (0);
	return (fcntl(fd, F_SETPIPE_SZ, size) == -1 ? -1 : 0);
}

void
os_rest(void)
{
	const uintptr_t	size = 128 * 1024, page = (uintptr_t)sysconf(_SC_PAGESIZE);
	/* The address of a variable may be elsewhere: AddressSanitizer moves them. */
	uintptr_t	here = (uintptr_t)__builtin_frame_address(0) / page * page - page;

#ifdef __GLIBC__
	malloc_trim(0);
#endif
	/* One page is left for this call's own frame; what was never touched is no memory. */
	madvise((void *)(here - size), size, MADV_DONTNEED);
}

pid_t
os_peer_pid(int fd)
{
	struct ucred	cred;
	socklen_t	len = sizeof(cred);

	/* unix(7): 0 if it lives in another process namespace. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1 || cred.pid <= 0)
		return (-1);
	return (cred.pid);
}

int
os_peer_watch(int fd)
{
	socklen_t	len = sizeof(int);
	pid_t		pid;
	int		watch;

	/* It knows a process of another process namespace, too. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &watch, &len) == 0)
		return (watch);
#ifdef SYS_pidfd_open
	if ((pid = os_peer_pid(fd)) != -1)
		return ((int)syscall(SYS_pidfd_open, pid, 0));
#else
	(void)pid;
#endif
	errno = ENOSYS;
	return (-1);
}

ssize_t
os_process_args(pid_t pid, char *buf, size_t size)
{
	char	path[64];
	ssize_t	len;
	int	fd;

	snprintf(path, sizeof(path), "/proc/%ld/cmdline", (long)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return (-1);
	len = read(fd, buf, size);
	close(fd);
	return (len);
}

int64_t
os_age_ms(void)
{
	const int	 started = 22;	/* proc(5): the field, in ticks since the system's start */
	char		 text[512], *p;
	struct timespec	 now;
	ssize_t		 len;
	long long	 ticks;
	int		 fd, field = 2;

	if ((fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC)) == -1)
		return (-1);
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	/* The second is the program's name, with anything in it. */
	for (p = strrchr(text, ')'); p != NULL && field < started; field++)
		if ((p = strchr(p, ' ')) != NULL)
			p++;
	if (p == NULL || (ticks = strtoll(p, NULL, 10)) <= 0 ||
	    clock_gettime(CLOCK_BOOTTIME, &now) == -1)
		return (-1);
	return ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 -
	    ticks * 1000 / sysconf(_SC_CLK_TCK));
}

int
os_tailscale_gui(char *proof, size_t size)
{
	(void)proof;
	(void)size;
	return (0);
}

int
os_rename(const char *from, const char *to, int swap)
{
	const unsigned int	flags = swap ? RENAME_EXCHANGE : RENAME_NOREPLACE;

	/* Not every C library has renameat2(2). */
	if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags) == 0)
		return (0);
	if (errno == EINVAL)
		errno = ENOSYS;	/* the file system */
	return (-1);
}

/*
 * One attribute. What is neither the user's nor an access control list may be for the system alone
 * to set.
 */
static int
attribute_copy(int from, int to, const char *name, char *value)
{
	ssize_t	len;

	if ((len = fgetxattr(from, name, value, ATTRIBUTE_MAX)) != -1 &&
	    fsetxattr(to, name, value, (size_t)len, 0) == 0)
		return (0);
	return (strncmp(name, "user.", 5) == 0 || strncmp(name, "system.", 7) == 0 ? -1 : 0);
}

/* The access control list comes last: it may take from the owner what the others need. */
static int
attributes_copy(int from, int to, char *names, char *value)
{
	ssize_t	len = flistxattr(from, names, ATTRIBUTE_MAX);
	char	*name;
	int	 acl = 0;

	if (len == -1)
		return (errno == ENOTSUP ? 0 : -1);
	for (name = names; name < names + len; name += strlen(name) + 1)
		if (strcmp(name, ACL) == 0)
			acl = 1;
		else if (attribute_copy(from, to, name, value) == -1)
			return (-1);
	if (acl)
		return (attribute_copy(from, to, ACL, value));
	/* The folder may have given the new file one by default. */
	return (fremovexattr(to, ACL) == -1 && errno != ENODATA && errno != ENOTSUP ? -1 : 0);
}

int
os_attributes_copy(int from, int to)
{
	char	*names = xmalloc(2 * ATTRIBUTE_MAX);
	int	 result, error;

	result = attributes_copy(from, to, names, names + ATTRIBUTE_MAX);
	error = errno;
	free(names);
	errno = error;
	return (result);
}

int
os_exe_path(char *buf, size_t size)
{
	ssize_t	len;

	if ((len = readlink("/proc/self/exe", buf, size)) == -1 || (size_t)len >= size)
		return (-1);
	buf[len] = '\0';
	return (0);
}
