/* SPDX-License-Identifier: ISC */
/* Reads a reply from a socket, and not a byte behind it. */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>

#include "net/exact.h"

static int
exact_recv(int fd, void *buf, size_t size, int flags, size_t *got)
{
	ssize_t	n;

	while ((n = recv(fd, buf, size, flags | MSG_DONTWAIT)) == -1 && errno == EINTR)
		continue;
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return (0);
	if (n <= 0) {
		errno = n == 0 ? 0 : errno;
		return (-1);
	}
	*got = (size_t)n;
	return (1);
}

int
exact_read(int fd, void *buf, size_t size, size_t *got)
{
	return (exact_recv(fd, buf, size, 0, got));
}

int
exact_head(int fd, struct http1 *head)
{
	char	buf[EXACT_PEEK];
	size_t	got, used;
	int	result;

	if ((result = exact_recv(fd, buf, sizeof(buf), MSG_PEEK, &got)) != 1)
		return (result);
	http1_feed(head, buf, got, &used);
	return (exact_recv(fd, buf, used, 0, &got));
}

int
exact_spoken(int fd, struct sshwire_id *id)
{
	char	buf[EXACT_PEEK];
	size_t	got;
	int	result;

	if ((result = exact_recv(fd, buf, sizeof(buf), MSG_PEEK, &got)) == 1)
		sshwire_id_feed(id, buf, got);
	return (result);
}
