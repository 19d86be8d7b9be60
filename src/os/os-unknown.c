#include <errno.h>
#include <unistd.h>

#include "os/os.h"

/* The honest default: a relay needs none of this, it is only slower and less sure without. */

enum os_route
os_route(const struct sockaddr *sa)
{
	(void)sa;
	return (OS_ROUTE_UNKNOWN);
}

int
os_keepalive(int fd, int dead_after_s)
{
	(void)fd;
	(void)dead_after_s;
	errno = ENOSYS;
	return (-1);
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

void
os_close_from(int fd)
{
	int	max = getdtablesize();

	for (; fd < max; fd++)
		close(fd);
}

int
os_exe_path(char *buf, size_t size)
{
	(void)buf;
	(void)size;
	errno = ENOSYS;
	return (-1);
}
