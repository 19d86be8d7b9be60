/* SPDX-License-Identifier: ISC */
/* What FreeBSD does in a way of its own. */

#include <sys/param.h>
#include <sys/types.h>
#include <sys/acl.h>
#include <sys/socket.h>
#include <sys/sysctl.h>
#include <sys/ucred.h>
#include <sys/un.h>
#include <sys/user.h>

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
	.list = { CTL_KERN, KERN_PROC, KERN_PROC_PROC },
	.list_depth = 3,
	.process_bytes = sizeof(struct kinfo_proc),
	.pid = LAYOUT_FIELD(struct kinfo_proc, ki_pid),
	.uid = LAYOUT_FIELD(struct kinfo_proc, ki_uid),
	.name = LAYOUT_FIELD(struct kinfo_proc, ki_comm),
	.path = { CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME, -1 },
	.path_depth = 4
};

int
os_keepalive(int fd, int idle_s, int interval_s, int count, int dead_after_s)
{
	if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count)) == -1)
		return (-1);
	return (os_tcp_patience(fd, dead_after_s));
}

/* FreeBSD 13 has the name alone: there the watch over a session, or keepalive, ends it. */
int
os_tcp_patience(int fd, int dead_after_s)
{
	return (setsockopt(fd, IPPROTO_TCP, TCP_MAXUNACKTIME, &dead_after_s,
	    sizeof(dead_after_s)));
}

pid_t
os_peer_pid(int fd)
{
	struct xucred	cred;
	socklen_t	len = sizeof(cred);

	/* unix(4); of another kind of socket it is IP_OPTIONS. */
	if (getsockopt(fd, SOL_LOCAL, LOCAL_PEERCRED, &cred, &len) == -1 || len != sizeof(cred) ||
	    cred.cr_version != XUCRED_VERSION || cred.cr_pid <= 0)
		return (-1);
	return (cred.cr_pid);
}

ssize_t
os_process_args(pid_t pid, char *buf, size_t size)
{
	const int	 mib[] = { CTL_KERN, KERN_PROC, KERN_PROC_ARGS, pid };
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

/*
 * Extended attributes are left out; where no file has an access control list, the mode says all
 * there is to say.
 */
int
os_attributes_copy(int from, int to)
{
	const int	 nfs4 = fpathconf(from, _PC_ACL_NFS4) == 1;
	const acl_type_t type = nfs4 ? ACL_TYPE_NFS4 : ACL_TYPE_ACCESS;
	acl_t		 acl;
	int		 result;

	if (!nfs4 && fpathconf(from, _PC_ACL_EXTENDED) != 1)
		return (0);
	if ((acl = acl_get_fd_np(from, type)) == NULL)
		return (-1);
	result = acl_set_fd_np(to, acl, type);
	acl_free(acl);
	return (result);
}

/* capsicum(4) knows no paths, and the report of a failure is written to one. */
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
