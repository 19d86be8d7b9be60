/* SPDX-License-Identifier: ISC */
/* The log of the far side, and who is at the other end. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "serve/serve.h"

void
serve_say(const char *fmt, ...)
{
	struct pollfd	pfd = { .fd = STDERR_FILENO, .events = POLLOUT };
	char		raw[256], safe[256], line[300];
	va_list		ap;
	int		len;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	len = snprintf(line, sizeof(line), "meshssh-serve: %s\n",
	    error_vis(safe, sizeof(safe), raw));
	/* A session does not wait for a reader of the log that stands still. */
	if (poll(&pfd, 1, 0) != 1)
		return;
	/* One write, for other processes say something there, too. */
	if (write(STDERR_FILENO, line, (size_t)len) == -1)
		return;
}

int
serve_peer(int fd, struct serve_peer *peer)
{
	struct sockaddr_in6	*in6 = (void *)&peer->ss;
	struct sockaddr_in	*in = (void *)&peer->ss, mapped = { .sin_family = AF_INET };

	memset(peer, 0, sizeof(*peer));
	peer->len = sizeof(peer->ss);
	if (getpeername(fd, (struct sockaddr *)&peer->ss, &peer->len) == -1)
		return (-1);
	if (peer->ss.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		memcpy(&mapped.sin_addr, in6->sin6_addr.s6_addr + 12, sizeof(mapped.sin_addr));
		mapped.sin_port = in6->sin6_port;
		memset(&peer->ss, 0, sizeof(peer->ss));
		memcpy(&peer->ss, &mapped, sizeof(mapped));
		peer->len = sizeof(mapped);
	}
	peer->port = ntohs(peer->ss.ss_family == AF_INET6 ? in6->sin6_port : in->sin_port);
	addr_text((struct sockaddr *)&peer->ss, peer->len, peer->text);
	return (0);
}
