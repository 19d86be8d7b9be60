#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "os/os.h"

int
os_keepalive(int fd, int idle_s, int interval_s, int count, int dead_after_s)
{
	/* Nothing here bounds unanswered bytes, and OpenBSD has the system-wide times only. */
	(void)dead_after_s;
#ifdef TCP_KEEPIDLE
	if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s)) == -1)
		return (-1);
	return (setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count)));
#else
	(void)fd;
	(void)idle_s;
	(void)interval_s;
	(void)count;
	errno = ENOSYS;
	return (-1);
#endif
}

void
os_close_from(int fd)
{
	closefrom(fd);
}

int
os_exe_path(char *buf, size_t size)
{
	ssize_t	len;

	/* FreeBSD, DragonFly and NetBSD, where procfs is mounted; OpenBSD has no such path. */
	if ((len = readlink("/proc/curproc/exe", buf, size)) == -1 &&
	    (len = readlink("/proc/curproc/file", buf, size)) == -1)
		return (-1);
	if ((size_t)len >= size)
		return (-1);
	buf[len] = '\0';
	return (0);
}

const char *
os_tailscale_gui(void)
{
	return (NULL);
}
