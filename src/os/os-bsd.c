/* SPDX-License-Identifier: ISC */
/* What the BSDs do alike. */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/sysctl.h>
#include <sys/time.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "os/os-bsd-layout.h"
#include "os/os-bsd.h"
#include "os/os.h"
#include "os/own-path.h"

int
os_neighbors_guarded(void)
{
	return (0);
}

int
os_bind_device(int fd, int family, const char *name)
{
	(void)fd;
	(void)family;
	(void)name;
	errno = ENOSYS;
	return (-1);
}

int
os_rename(const char *from, const char *to, int swap)
{
	(void)from;
	(void)to;
	(void)swap;
	errno = ENOSYS;
	return (-1);
}

int
os_tailscale_gui(char *proof, size_t size)
{
	(void)proof;
	(void)size;
	return (0);
}

/* kern.boottime moves when the clock is set, so it does not tell. */
void
os_boot_id(char *text, size_t size)
{
	(void)size;
	text[0] = '\0';
}

int
os_tcp(int fd, struct os_tcp *tcp)
{
	struct tcp_info	info;
	socklen_t	len = sizeof(info);
	int		waiting = 0;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == -1)
		return (-1);
#ifdef FIONWRITE
	if (ioctl(fd, FIONWRITE, &waiting) == -1)
		return (-1);
#endif
	if (tcp_report(&os_tcp_layout, &info, len, waiting, tcp) == -1) {
		errno = ENOSYS;
		return (-1);
	}
	tcp->receive_bytes = os_bsd_receives(fd);
	return (0);
}

void
os_close_from(int from)
{
	closefrom(from);
}

int
os_send_apart(void)
{
	return (0);
}

int
os_sent_fd_ms(void)
{
	return (0);
}

char *
os_bsd_ask(const int *mib, unsigned int depth, size_t size, size_t *len)
{
	char	*answer = xmalloc(size);
	int	 error;

	*len = size;
	if (sysctl(mib, depth, answer, len, NULL, 0) == 0)
		return (answer);
	error = errno;
	free(answer);
	errno = error;
	return (NULL);
}

int
os_exe_path(char *buf, size_t size)
{
	char	argv0[PATH_MAX];
	ssize_t	len;

	if (os_bsd.path_depth > 0)
		return (sysctl(os_bsd.path, os_bsd.path_depth, buf, &size, NULL, 0));
	if ((len = os_process_args(getpid(), argv0, sizeof(argv0))) == -1 ||
	    memchr(argv0, '\0', (size_t)len) == NULL || size < PATH_MAX)
		return (-1);
	return (own_path(argv0, getenv("PATH"), buf));
}

/* 1 if it has this name, and is root's or this user's. */
static int
process_is(const char *process, const char *name)
{
	uid_t	uid = (uid_t)layout_number(process, os_bsd.process_bytes, &os_bsd.uid);

	return ((uid == 0 || uid == geteuid()) &&
	    strncmp(process + os_bsd.name.at, name, os_bsd.name.size) == 0);
}

int
os_processes(const char *name, pid_t *list, int max)
{
	int	 mib[6], count = 0;
	char	*all, *process;
	size_t	 len = 0, bytes = os_bsd.process_bytes;

	memcpy(mib, os_bsd.list, sizeof(mib));
	if (sysctl(mib, os_bsd.list_depth, NULL, &len, NULL, 0) == -1)
		return (0);
	/* Some may be new by the time that they are listed. */
	len += len / 8 + 16 * bytes;
	mib[5] = (int)(len / bytes);
	if ((all = os_bsd_ask(mib, os_bsd.list_depth, len, &len)) == NULL)
		return (0);
	for (process = all; count < max && process + bytes <= all + len; process += bytes)
		if (process_is(process, name))
			list[count++] = (pid_t)layout_number(process, bytes, &os_bsd.pid);
	free(all);
	return (count);
}
