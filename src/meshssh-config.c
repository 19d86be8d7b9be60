#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cmd/conf.h"

/* A descriptor that is missing now would later be a file that somebody prints to. */
static int
plug_stdio(void)
{
	int	fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) != fd)
			return (-1);
	return (0);
}

int
main(int argc, char **argv)
{
	struct error	err = { .code = MSG_NONE };
	int		status = 0;

	error_program("meshssh-config");
	if (plug_stdio() == -1)
		return (error_row(MSG_SYSTEM)->status);
	if (cmd_config(argc, argv, &status, &err) == 0) {
		if (fflush(stdout) == 0)
			return (status);
		error_set(&err, MSG_OUTPUT, "cannot write to standard output: %s", strerror(errno));
	}
	error_say(&err);
	return (error_row(err.code)->status);
}
