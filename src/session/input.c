/* SPDX-License-Identifier: ISC */
/* Reads standard input. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "session/input.h"

static char	input_kept[INPUT_KEPT_MAX];
static size_t	input_kept_len;

ssize_t
input_read(int fd, char *buf, size_t size, struct error *err)
{
	ssize_t	n;
	size_t	kept = input_kept_len;
	int	error;

	if (kept > 0) {
		memcpy(buf, input_kept, kept);
		input_kept_len = 0;
		return ((ssize_t)kept);
	}
	if ((n = read(fd, buf, size)) >= 0)
		return (n);
	error = errno;
	if (error == ECONNRESET || (error == EIO && isatty(fd)))
		return (0);
	if (error != EINTR && error != EAGAIN && error != EWOULDBLOCK)
		error_set(err, CODE_INPUT, "cannot read standard input: %s", strerror(error));
	return (-1);
}

void
input_unread(const char *buf, size_t len)
{
	memcpy(input_kept, buf, len);
	input_kept_len = len;
}

int
input_pending(void)
{
	return (input_kept_len > 0);
}
