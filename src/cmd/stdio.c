#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "cmd/stdio.h"

#define ROOM	32	/* an examination has 10 or so open at a time */

int
stdio_plug(void)
{
	int	fd, missing = 0;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			continue;
		missing |= fd != STDERR_FILENO;
		if (open("/dev/null", O_RDWR) != fd)
			return (-1);
	}
	return (missing);
}

int
stdio_room(struct error *err)
{
	int	fds[ROOM], n = 0;

	while (n < ROOM && (fds[n] = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)) != -1)
		n++;
	if (n < ROOM)
		error_errno(err, errno, "not enough descriptors, 32 are needed");
	while (n > 0)
		close(fds[--n]);
	return (err->code == MSG_NONE ? 0 : -1);
}
