/* SPDX-License-Identifier: ISC */
/* The tuning of a connection, and replies that refuse. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <string.h>

#include "net/sock.h"
#include "os/os.h"
#include "serve/reply.h"

#define REPLY_IDLE_S	30
#define REPLY_PROBE_S	10
#define REPLY_PROBES	3
#define REPLY_DEAD_S	60

void
reply_tune(int fd)
{
	int	yes = 1;

	sock_set_blocking(fd, 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
	os_keepalive(fd, REPLY_IDLE_S, REPLY_PROBE_S, REPLY_PROBES, REPLY_DEAD_S);
}

void
reply_refuse(const struct serve *serve, int fd, enum resume_status status, enum resume_kind kind)
{
	struct resume_reply	reply = { .status = status };
	uint8_t			out[RESUME_HELLO_BYTES];

	memcpy(reply.boot, serve->boot, sizeof(reply.boot));
	resume_reply_encode(out, &reply, kind);
	/* Nothing was sent before, so there is room. */
	if (send(fd, out, sizeof(out), MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof(out))
		shutdown(fd, SHUT_WR);
}
