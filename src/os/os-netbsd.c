/* SPDX-License-Identifier: ISC */
/* What NetBSD does in a way of its own. */

#include <sys/param.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/sysctl.h>
#include <sys/un.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os-bsd.h"
#include "os/os.h"

const struct os_bsd os_bsd = {
	.list = { CTL_KERN, KERN_PROC2, KERN_PROC_ALL, 0, sizeof(struct kinfo_proc2), 0 },
	.list_depth = 6,
	.process_bytes = sizeof(struct kinfo_proc2),
	.pid = LAYOUT_FIELD(struct kinfo_proc2, p_pid),
	.uid = LAYOUT_FIELD(struct kinfo_proc2, p_uid),
	.name = LAYOUT_FIELD(struct kinfo_proc2, p_comm),
	.path = { CTL_KERN, KERN_PROC_ARGS, -1, KERN_PROC_PATHNAME },
	.path_depth = 4
};

/* No option bounds unanswered bytes; keepalive does, which counts since anything came. */
int
os_tcp_patience(int fd, int dead_after_s)
{
	(void)fd;
	(void)dead_after_s;
	errno = ENOSYS;
	return (-1);
}

/* tcp(4) says seconds; the kernel takes ticks of its TCP timers, PR_SLOWHZ of them in a second. */
#define TICKS	2

int
os_keepalive(int fd, int idle_s, int interval_s, int count, int dead_after_s)
{
	const int	idle = TICKS * idle_s, interval = TICKS * interval_s;

	(void)dead_after_s;
	if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval)) == -1)
		return (-1);
	return (setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count)));
}

pid_t
os_peer_pid(int fd)
{
	struct unpcbid	id;
	socklen_t	len = sizeof(id);

	/*
	 * unix(4); of another kind of socket it is IP_TOS. There are kernels (7.99.34) that tell
	 * who has connected, not who listens.
	 */
	if (getsockopt(fd, 0, LOCAL_PEEREID, &id, &len) == -1 || len != sizeof(id) ||
	    id.unp_pid <= 0 || id.unp_pid == getpid())
		return (-1);
	return (id.unp_pid);
}

ssize_t
os_process_args(pid_t pid, char *buf, size_t size)
{
	const int	 mib[] = { CTL_KERN, KERN_PROC_ARGS, pid, KERN_PROC_ARGV };
	char		*args;
	size_t		 len;

	if ((args = os_bsd_ask(mib, 4, ARG_MAX, &len)) == NULL)
		return (-1);
	if (len > size)
		len = size;
	memcpy(buf, args, len);
	free(args);
	return ((ssize_t)len);
}

int
os_attributes_copy(int from, int to)
{
	(void)from;
	(void)to;
	return (0);
}

const char *
os_sandbox(const char *folder)
{
	(void)folder;
	return ("none");
}

const char *
os_sandbox_taking(const char *folder)
{
	return (os_sandbox(folder));
}

const char *
os_sandbox_connecting(const char *folder)
{
	return (os_sandbox(folder));
}
