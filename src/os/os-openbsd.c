/* SPDX-License-Identifier: ISC */
/* What OpenBSD does in a way of its own. */

#include <sys/param.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/sysctl.h>

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/os-bsd.h"
#include "os/os.h"
#include "os/process-args.h"

/* The path of a program is not told: os_exe_path takes argv[0] and PATH. */
const struct os_bsd os_bsd = {
	.list = { CTL_KERN, KERN_PROC, KERN_PROC_ALL, 0, sizeof(struct kinfo_proc), 0 },
	.list_depth = 6,
	.process_bytes = sizeof(struct kinfo_proc),
	.pid = LAYOUT_FIELD(struct kinfo_proc, p_pid),
	.uid = LAYOUT_FIELD(struct kinfo_proc, p_uid),
	.name = LAYOUT_FIELD(struct kinfo_proc, p_comm)
};

/* The times are the system's: sysctl net.inet.tcp.keepidle and its like. */
int
os_keepalive(int fd, int idle_s, int interval_s, int count, int dead_after_s)
{
	(void)fd;
	(void)idle_s;
	(void)interval_s;
	(void)count;
	(void)dead_after_s;
	errno = ENOSYS;
	return (-1);
}

int
os_tcp_patience(int fd, int dead_after_s)
{
	(void)fd;
	(void)dead_after_s;
	errno = ENOSYS;
	return (-1);
}

pid_t
os_peer_pid(int fd)
{
	struct sockpeercred	cred;
	socklen_t		len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1 || len != sizeof(cred) ||
	    cred.pid <= 0)
		return (-1);
	return (cred.pid);
}

ssize_t
os_process_args(pid_t pid, char *buf, size_t size)
{
	const int	 mib[] = { CTL_KERN, KERN_PROC_ARGS, pid, KERN_PROC_ARGV };
	char		*args;
	size_t		 len;
	ssize_t		 n;

	if ((args = os_bsd_ask(mib, 4, ARG_MAX, &len)) == NULL)
		return (-1);
	n = process_args_pointed(args, len, buf, size);
	free(args);
	return (n);
}

int
os_attributes_copy(int from, int to)
{
	(void)from;
	(void)to;
	return (0);
}

/*
 * "error": what is denied fails; a session does not die of a call that the C library makes one day.
 */
const char *
os_sandbox(const char *folder)
{
	if (folder != NULL && unveil(folder, "rwc") == 0 && unveil(NULL, NULL) == 0 &&
	    pledge("error stdio rpath wpath cpath", NULL) == 0)
		return ("system calls and files");
	return (pledge("error stdio", NULL) == 0 ? "system calls and files" : "none");
}

const char *
os_sandbox_taking(const char *folder)
{
	if (unveil(folder, "rwc") == 0 && unveil(NULL, NULL) == 0 &&
	    pledge("error stdio inet recvfd cpath", NULL) == 0)
		return ("system calls and files");
	return ("none");
}

const char *
os_sandbox_connecting(const char *folder)
{
	(void)folder;
	/* Files are not unveiled: where tailscaled's socket is may be said, and differs. */
	return (pledge("error stdio rpath wpath cpath inet dns unix proc route", NULL) == 0 ?
	    "system calls" : "none");
}
