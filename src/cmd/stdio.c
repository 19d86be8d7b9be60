/* SPDX-License-Identifier: ISC */
/* Standard descriptors that are closed. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cmd/stdio.h"

int
stdio_plug(struct error *err)
{
	int	fd, missing = 0;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			continue;
		missing |= fd != STDERR_FILENO;
		if (open("/dev/null", O_RDWR) != fd) {
			error_errno(err, errno, "cannot open /dev/null");
			return (-1);
		}
	}
	return (missing);
}

int
stdio_flush(struct error *err)
{
	if (fflush(stdout) != 0)
		error_set(err, CODE_OUTPUT, "cannot write to standard output: %s", strerror(errno));
	else if (ferror(stdout))
		/* An earlier write failed, and what it was to write is gone; so is its errno. */
		error_set(err, CODE_OUTPUT, "cannot write all of it to standard output");
	else
		return (0);
	return (-1);
}
