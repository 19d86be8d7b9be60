/* SPDX-License-Identifier: ISC */
/* Standard output, which may not take everything at once. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "os/os.h"
#include "session/output.h"

void
output_open(struct output *o, int fd)
{
	struct stat	 sb;
	const char	*tty;
	int		 own;

	o->fd = fd;
	o->own = 0;
	o->gauge = -1;
	o->kind = OUTPUT_PLAIN;
	if (fstat(fd, &sb) == -1)
		return;
	if (S_ISFIFO(sb.st_mode) || S_ISSOCK(sb.st_mode)) {
		o->kind = S_ISFIFO(sb.st_mode) ? OUTPUT_PIPE : OUTPUT_SOCKET;
		o->gauge = os_pipe_gauge(fd);
	} else if (S_ISCHR(sb.st_mode) && (tty = ttyname(fd)) != NULL &&
	    (own = open(tty, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)) != -1) {
		o->fd = own;
		o->own = 1;
	}
}

void
output_close(struct output *o)
{
	if (o->own)
		close(o->fd);
	if (o->gauge != -1)
		close(o->gauge);
}

int
output_full(const struct output *o)
{
	struct pollfd	pfd = { .fd = o->fd, .events = POLLOUT };

	return (poll(&pfd, 1, 0) == 0);
}

ssize_t
output_write(const struct output *o, const char *buf, size_t len)
{
	size_t	room;

	if (o->kind == OUTPUT_PLAIN)
		return (write(o->fd, buf, len));
	/*
	 * POSIX, write(2): a pipe that is ready takes PIPE_BUF bytes at once, which is 512 on some
	 * systems. On macOS, send(2) waits for room in spite of the flag.
	 */
	room = o->gauge != -1 ? os_pipe_room(o->gauge) : o->kind == OUTPUT_SOCKET ? len :
	    output_full(o) ? 0 : PIPE_BUF;
	if (room == 0) {
		errno = EAGAIN;
		return (-1);
	}
	if (len > room)
		len = room;
	return (o->kind == OUTPUT_SOCKET ? send(o->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL) :
	    write(o->fd, buf, len));
}

void
output_end(const struct output *o, int fd)
{
	/* Where stdin and stdout are one socket, closing one of them tells nobody anything. */
	if (o->kind == OUTPUT_SOCKET)
		shutdown(fd, SHUT_WR);
	close(fd);
}

int
output_gone(int fd)
{
	/* Where nothing is asked for, macOS tells nothing. */
	struct pollfd	pfd = { .fd = fd, .events = POLLOUT };

	if (poll(&pfd, 1, 0) != 1)
		return (0);
	/* Of /dev/null, macOS says POLLNVAL. */
	if ((pfd.revents & POLLNVAL) != 0)
		return (fcntl(fd, F_GETFD) == -1);
	return ((pfd.revents & (POLLERR | POLLHUP)) != 0);
}
