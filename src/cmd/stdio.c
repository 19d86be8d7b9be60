#include <fcntl.h>
#include <unistd.h>

#include "cmd/stdio.h"

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
