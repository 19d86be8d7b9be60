/* SPDX-License-Identifier: ISC */
/* tailscaled's LocalAPI: one request, one reply. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/file.h"
#include "net/exact.h"
#include "net/sock.h"
#include "net/tailscaled.h"
#include "os/os.h"

int
tailscaled_set_path(struct tailscaled *at, const char *path)
{
	memset(at, 0, sizeof(*at));
	return (strlcpy(at->path, path, sizeof(at->path)) < sizeof(at->path) ? 0 : -1);
}

socklen_t
tailscaled_address(const struct tailscaled *at, struct sockaddr_storage *ss)
{
	struct sockaddr_un	*sun = (void *)ss;
	struct sockaddr_in	*in = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	if (at->path[0] == '\0') {
		in->sin_family = AF_INET;
		in->sin_port = htons((in_port_t)at->port);
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return (sizeof(*in));
	}
	sun->sun_family = AF_UNIX;
	strlcpy(sun->sun_path, at->path, sizeof(sun->sun_path));
	return (sizeof(*sun));
}

const char *
tailscaled_name(const struct tailscaled *at, char *buf, size_t size)
{
	if (at->path[0] != '\0')
		strlcpy(buf, at->path, size);
	else
		snprintf(buf, size, "port %d", at->port);
	return (buf);
}

const char *
tailscaled_headers(const struct tailscaled *at, char *buf, size_t size)
{
	char	credentials[TAILSCALED_TOKEN_MAX + 1], text[BASE64_SIZE(TAILSCALED_TOKEN_MAX + 1)];

	snprintf(buf, size, "Host: local-tailscaled.sock\r\n");
	if (at->token[0] == '\0')
		return (buf);
	snprintf(credentials, sizeof(credentials), ":%s", at->token);
	snprintf(buf, size, "Host: local-tailscaled.sock\r\nAuthorization: Basic %s\r\n",
	    base64(text, sizeof(text), credentials, strlen(credentials)));
	return (buf);
}

/* Wait for the descriptor until the moment; 0, or -1 with errno. */
static int
tailscaled_wait(int fd, short events, int64_t until_ms)
{
	int	n = sock_wait(fd, events, until_ms);

	if (n == 0)
		errno = ETIMEDOUT;
	return (n == 1 ? 0 : -1);
}

static int
tailscaled_connect(const struct tailscaled *at, int64_t until_ms)
{
	struct sockaddr_storage	ss;
	socklen_t		len = tailscaled_address(at, &ss);
	int			fd, error;

	if ((fd = sock_stream(ss.ss_family)) == -1)
		return (-1);
	if (connect(fd, (struct sockaddr *)&ss, len) == 0)
		return (fd);
	error = errno;
	if (error == EINPROGRESS)
		error = tailscaled_wait(fd, POLLOUT, until_ms) == -1 ? errno : sock_error(fd);
	if (error == 0)
		return (fd);
	close(fd);
	/* unix(7): the queue of a listener that no longer listens is full. */
	errno = error == EAGAIN ? ETIMEDOUT : error;
	return (-1);
}

/* The body up to its end, which is that of the connection. */
static ssize_t
tailscaled_body(int fd, int64_t until_ms, char *buf, size_t size)
{
	size_t	len = 0, got;

	for (;;) {
		if (len == size) {
			errno = EMSGSIZE;
			return (-1);
		}
		/* Even of what comes without a pause, no more than comes in time. */
		if (tailscaled_wait(fd, POLLIN, until_ms) == -1)
			return (-1);
		switch (exact_read(fd, buf + len, size - len, &got)) {
		case 1:
			len += got;
			break;
		case -1:
			return (errno == 0 ? (ssize_t)len : -1);
		}
	}
}

/* The head of the answer: 0, or -1 with errno. */
static int
tailscaled_head(int fd, int64_t until_ms, struct http1 *head)
{
	while (head->state == HTTP1_MORE)
		switch (exact_head(fd, head)) {
		case 0:
			if (tailscaled_wait(fd, POLLIN, until_ms) == -1)
				return (-1);
			break;
		case -1:
			if (errno == 0)
				errno = EPROTO;
			return (-1);
		}
	errno = EPROTO;
	return (head->state == HTTP1_HEAD && head->status == 200 ? 0 : -1);
}

int
tailscaled_open(const struct tailscaled *at, int limit_ms)
{
	return (tailscaled_connect(at, clock_ms() + limit_ms));
}

/* A body of this length, after which the connection stays open; as tailscaled_body. */
static ssize_t
tailscaled_some(int fd, long bytes, int64_t until_ms, char *buf, size_t size)
{
	size_t	len = 0, got;

	if (bytes == -1 || (size_t)bytes >= size) {
		errno = bytes == -1 ? EPROTO : EMSGSIZE;
		return (-1);
	}
	while (len < (size_t)bytes) {
		if (tailscaled_wait(fd, POLLIN, until_ms) == -1)
			return (-1);
		switch (exact_read(fd, buf + len, (size_t)bytes - len, &got)) {
		case 1:
			len += got;
			break;
		case -1:
			if (errno == 0)
				errno = EPROTO;
			return (-1);
		}
	}
	return ((ssize_t)len);
}

ssize_t
tailscaled_talk(int fd, const struct tailscaled *at, const char *what, int last, int limit_ms,
    char *buf, size_t size)
{
	struct http1	head = { .state = HTTP1_MORE };
	char		request[512], headers[256];
	int64_t		until_ms = clock_ms() + limit_ms;
	int		n;

	/*
	 * The last one of 1.0, so that the body comes plain and ends with the connection: what is
	 * long Go's server would send in chunks.
	 */
	n = snprintf(request, sizeof(request), "%s HTTP/1.%d\r\n%s%s\r\n", what, !last,
	    tailscaled_headers(at, headers, sizeof(headers)),
	    strncmp(what, "POST", 4) == 0 ? "Content-Length: 0\r\n" : "");
	if (send(fd, request, (size_t)n, MSG_NOSIGNAL) != n ||
	    tailscaled_head(fd, until_ms, &head) == -1)
		return (-1);
	return (last ? tailscaled_body(fd, until_ms, buf, size) :
	    tailscaled_some(fd, http1_length(&head), until_ms, buf, size));
}

/* The one request of a connection; as tailscaled_get. */
static ssize_t
tailscaled_ask(const struct tailscaled *at, const char *what, int limit_ms, char *buf, size_t size,
    pid_t *pid)
{
	int64_t	began_ms = clock_ms();
	ssize_t	len;
	int	fd;

	*pid = -1;
	if ((fd = tailscaled_open(at, limit_ms)) == -1)
		return (-1);
	*pid = os_peer_pid(fd);
	len = tailscaled_talk(fd, at, what, 1, limit_ms - (int)(clock_ms() - began_ms), buf, size);
	file_close(fd);
	return (len);
}

ssize_t
tailscaled_get(const struct tailscaled *at, const char *path, int limit_ms, char *buf, size_t size,
    pid_t *pid)
{
	char	what[256];

	snprintf(what, sizeof(what), "GET %s", path);
	return (tailscaled_ask(at, what, limit_ms, buf, size, pid));
}

ssize_t
tailscaled_post(const struct tailscaled *at, const char *path, int limit_ms, char *buf, size_t size)
{
	char	what[256];
	pid_t	pid;

	snprintf(what, sizeof(what), "POST %s", path);
	return (tailscaled_ask(at, what, limit_ms, buf, size, &pid));
}
