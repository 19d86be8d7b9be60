#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "session/output.h"

enum output_kind
output_kind(int fd)
{
	struct stat	sb;

	if (fstat(fd, &sb) == -1)
		return (OUTPUT_OTHER);
	if (S_ISFIFO(sb.st_mode))
		return (OUTPUT_PIPE);
	if (S_ISSOCK(sb.st_mode))
		return (OUTPUT_SOCKET);
	if (S_ISREG(sb.st_mode) || !isatty(fd))
		return (OUTPUT_FILE);
	return (OUTPUT_OTHER);
}

ssize_t
output_write(int fd, enum output_kind kind, const char *buf, size_t len)
{
	struct pollfd	pfd = { .fd = fd, .events = POLLOUT };

	if (kind == OUTPUT_SOCKET)
		return (send(fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL));
	if (kind == OUTPUT_FILE)
		return (write(fd, buf, len));
	/* POSIX, write(2): a pipe that is ready takes PIPE_BUF bytes at once. */
	if (poll(&pfd, 1, 0) == 0) {
		errno = EAGAIN;
		return (-1);
	}
	return (write(fd, buf, len < PIPE_BUF ? len : PIPE_BUF));
}

void
output_end(int fd, enum output_kind kind)
{
	/* Where stdin and stdout are one socket, closing one of them tells nobody anything. */
	if (kind == OUTPUT_SOCKET)
		shutdown(fd, SHUT_WR);
	close(fd);
}

int
output_gone(int fd)
{
	struct pollfd	pfd = { .fd = fd, .events = 0 };

	return (poll(&pfd, 1, 0) == 1 && (pfd.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0);
}
