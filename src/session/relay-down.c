/* SPDX-License-Identifier: ISC */
/* The relay's direction from the server. */

#include <sys/types.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "os/os.h"
#include "route/target.h"
#include "session/holdback.h"
#include "session/relay-int.h"
#include "session/relay.h"
#include "session/watch.h"

#define RELAY_SPLICE	(1 << 20)	/* at most so many at a time, and the pipe that bulk asks for */

static void
relay_net_ended(struct relay *r)
{
	r->net_open = 0;
	event_del(&r->net_ev);
	if (r->send_error != 0) {
		relay_net_failed(r, r->send_error);
		return;
	}
	if (relay_check(r, GREETING_EOF) == -1)
		return;
	if (!r->in_open) {
		relay_done(r);
		return;
	}
	if (r->hold != NULL)
		holdback_end(r->hold);
	output_end(&r->out, r->conf->out_fd);
	relay_watch_caller(r, 0);
	relay_last(r);
	relay_linger(r, r->up.len == 0);
}

static void
relay_out_failed(struct relay *r, int error)
{
	if (error == EPIPE || error == ECONNRESET) {
		relay_gone_cb(r);
		return;
	}
	error_set(&r->err, MSG_OUTPUT, "cannot write to standard output: %s", strerror(error));
	relay_done(r);
}

/* The output is full: nothing more from the server until it has room. */
static void
relay_out_wait(struct relay *r)
{
	event_del(&r->net_ev);
	event_add(&r->out_ev, NULL);
}

/* Write this; what does not go now is kept, and the socket waits for it. */
static void
relay_write(struct relay *r, const char *buf, size_t len)
{
	ssize_t	n;

	while (len > 0) {
		n = output_write(&r->out, buf, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			relay_keep(&r->down, buf, len);
			relay_out_wait(r);
			return;
		}
		if (n == -1) {
			relay_out_failed(r, errno);
			return;
		}
		buf += n;
		len -= (size_t)n;
	}
	r->down.len = 0;
}

/* Nothing to read, or it failed. */
static void
relay_unread(struct relay *r, int error)
{
	char	target[TARGET_TEXT_MAX];

	if (error == EAGAIN || error == EWOULDBLOCK) {
		if (r->hold != NULL && holdback_holds(r->hold))
			event_del(&r->net_ev);
	} else if (error == EPROTO && r->hold != NULL) {
		error_set(&r->err, MSG_SERVER_CHANGED, "%s: a second connection, with smaller packets, met another server",
		    target_text(r->conf->target, target));
		relay_done(r);
	} else if (error != EINTR)
		relay_net_failed(r, error);
}

static void
relay_copy(struct relay *r)
{
	enum identification_state	state;
	ssize_t			n;
	int			again = 0;

	if (r->hold != NULL)
		n = holdback_read(r->hold, relay_buf, RELAY_BUFFER, &again);
	else
		n = read(r->net_fd, relay_buf, RELAY_BUFFER);
	if (n == -1) {
		relay_unread(r, errno);
		return;
	}
	if (n == 0) {
		relay_net_ended(r);
		return;
	}
	log_debug(2, "%zd bytes from the server", n);
	watch_received(r->watch);
	state = identification_server(&r->identification, relay_buf, (size_t)n);
	if (state != GREETING_FAILED && !again)
		relay_write(r, relay_buf, (size_t)n);
	if (r->err.code == MSG_NONE)
		relay_greeting(r, state);
}

static void
relay_splice(struct relay *r)
{
	ssize_t	n;

	n = os_splice(r->net_fd, r->out.fd, RELAY_SPLICE);
	if (n > 0)
		watch_received(r->watch);
	else if (n == 0)
		relay_net_ended(r);
	else if (errno == EAGAIN) {
		/* It does not say which side it was. At TCP's urgent mark it is the socket, and only read(2) goes on there. */
		if (!output_full(&r->out))
			relay_copy(r);
		else if (++r->out_full != RELAY_FULL || os_pipe_enlarge(r->out.fd, RELAY_SPLICE) == -1)
			relay_out_wait(r);
	} else if (errno == EINVAL || errno == ENOSYS)
		r->can_splice = 0;
	else if (errno == EPIPE)
		relay_out_failed(r, errno);
	else if (errno != EINTR)
		relay_net_failed(r, errno);
}

void
relay_net_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;

	(void)fd;
	(void)what;
	/* Who has to be judged yet must be read. */
	if (r->can_splice && r->judged && r->hold == NULL)
		relay_splice(r);
	else
		relay_copy(r);
	if (r->end_held && r->net_open)
		relay_end(r);
}

void
relay_out_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;

	(void)fd;
	(void)what;
	event_add(&r->net_ev, NULL);
	relay_write(r, r->down.buf + r->down.off, r->down.len);
}
