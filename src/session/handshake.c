/* SPDX-License-Identifier: ISC */
/* Says hello on a connection of a session that can be resumed, and hears the reply. */

#include <sys/types.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "base/clock.h"
#include "net/exact.h"
#include "session/handshake.h"

static void
handshake_cb(evutil_socket_t fd, short what, void *arg)
{
	struct handshake	*h = arg;
	size_t			 got = 0;
	int			 result = -1;

	if ((what & EV_READ) != 0)
		result = exact_read(fd, h->got + h->have, sizeof(h->got) - h->have, &got);
	h->have += got;
	if (result != -1 && h->have < sizeof(h->got))
		return;
	event_del(&h->ev);
	h->cb(h->have == sizeof(h->got), h->arg);
}

int
handshake_start(struct handshake *h, struct event_base *base, int fd, int limit_ms,
    void (*cb)(int, void *), void *arg)
{
	struct timeval	tv = clock_timeval(limit_ms);

	h->have = 0;
	h->cb = cb;
	h->arg = arg;
	if (send(fd, h->sent, sizeof(h->sent), MSG_NOSIGNAL) != (ssize_t)sizeof(h->sent))
		return (-1);
	event_assign(&h->ev, base, fd, EV_READ | EV_PERSIST, handshake_cb, h);
	event_add(&h->ev, &tv);
	return (0);
}

void
handshake_stop(struct handshake *h)
{
	if (event_initialized(&h->ev))
		event_del(&h->ev);
}
