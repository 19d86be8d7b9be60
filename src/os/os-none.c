#include <errno.h>

#include "os/os.h"

/*
 * What only Linux has: a relay is slower without, every route is taken to have a router on the way, and tailscaled's
 * proxies are not found by its command line.
 */

enum os_route
os_route(const struct sockaddr *sa)
{
	(void)sa;
	return (OS_ROUTE_UNKNOWN);
}

ssize_t
os_splice(int from, int to, size_t size)
{
	(void)from;
	(void)to;
	(void)size;
	errno = ENOSYS;
	return (-1);
}

int
os_pipe_enlarge(int fd, int size)
{
	(void)fd;
	(void)size;
	errno = ENOSYS;
	return (-1);
}

pid_t
os_peer_pid(int fd)
{
	(void)fd;
	errno = ENOSYS;
	return (-1);
}

ssize_t
os_process_args(pid_t pid, char *buf, size_t size)
{
	(void)pid;
	(void)buf;
	(void)size;
	errno = ENOSYS;
	return (-1);
}
