/* SPDX-License-Identifier: ISC */
/* The relay's direction to the server. */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "os/os.h"
#include "session/holdback.h"
#include "session/relay-int.h"
#include "session/relay.h"
#include "session/watch.h"

/* The client says no more; pass that on and read to the end. */
static void
relay_in_ended(struct relay *r)
{
	r->in_open = 0;
	event_del(&r->in_ev);
	relay_greeting(r, identification_client_end(&r->identification));
	if (r->hold != NULL)
		holdback_end(r->hold);
	if (!r->net_open) {
		if (relay_check(r, GREETING_EOF) == 0)
			relay_done(r);
		return;
	}
	relay_last(r);
	relay_end(r);
	relay_watch_caller(r, 1);
}

int
relay_send(struct relay *r, size_t len)
{
	const char	*buf = len > 0 ? relay_buf : r->up.buf + r->up.off;
	ssize_t		 n;

	len = len > 0 ? len : r->up.len;
	while (len > 0) {
		n = send(r->net_fd, buf, len, MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			relay_keep(&r->up, buf, len);
			return (0);
		}
		if (n == -1) {
			/* EPIPE comes after the server's orderly end; anything else is told when all was read. */
			r->send_error = errno == EPIPE ? 0 : errno;
			r->up.len = 0;
			return (-1);
		}
		watch_sent(r->watch, (size_t)n);
		buf += n;
		len -= (size_t)n;
	}
	r->up.len = 0;
	return (1);
}

void
relay_in_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;
	ssize_t		 n;
	int		 error;

	(void)what;
	n = read(fd, relay_buf, RELAY_BUFFER);
	error = errno;
	if (n == -1 && (error == EINTR || error == EAGAIN || error == EWOULDBLOCK))
		return;
	/* A terminal that is hung up, or a socket whose other end is gone, has ended; a file that cannot be read has not. */
	if (n == -1 && error != ECONNRESET && !(error == EIO && isatty(fd))) {
		error_set(&r->err, MSG_INPUT, "cannot read standard input: %s", strerror(error));
		relay_done(r);
		return;
	}
	if (n <= 0) {
		relay_in_ended(r);
		return;
	}
	log_debug(2, "%zd bytes from the client", n);
	relay_greeting(r, identification_client(&r->identification, relay_buf, (size_t)n));
	if (r->hold != NULL)
		holdback_client(r->hold, relay_buf, (size_t)n);
	if (!r->net_open && relay_check(r, GREETING_EOF) == -1)
		return;
	switch (relay_send(r, (size_t)n)) {
	case 0:
		r->in_full = 0;
		event_del(&r->in_ev);
		event_add(&r->room_ev, NULL);
		relay_linger(r, 0);
		relay_watch_caller(r, 1);
		break;
	case 1:
		/* A client that is faster than we are gets room; where the network is slow it would only wait in there. */
		r->in_full = n >= RELAY_PIPE ? r->in_full + 1 : 0;
		if (r->in_full == RELAY_FULL)
			os_pipe_enlarge(fd, RELAY_BUFFER);
		relay_linger(r, 1);
		break;
	case -1:
		relay_in_ended(r);
		break;
	}
}

void
relay_room_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;

	(void)fd;
	(void)what;
	switch (relay_send(r, 0)) {
	case 0:
		event_add(&r->room_ev, NULL);
		break;
	case -1:
		relay_in_ended(r);
		break;
	default:
		relay_linger(r, 1);
		relay_watch_caller(r, 0);
		event_add(&r->in_ev, NULL);
	}
}
