/* SPDX-License-Identifier: ISC */
/* Relays bytes between standard input and output and the connection. */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/sock.h"
#include "route/target.h"
#include "session/lifeline.h"
#include "session/relay-int.h"
#include "session/relay.h"
#include "session/watch.h"

#define RELAY_DRAIN_MS	2000		/* for the last bytes after SIGHUP */
#define RELAY_LINGER_MS	10000		/* for the side that goes on after the other ended */
#define RELAY_LAST_MS	20000		/* for the same where it is SSH, in all */
/* SSH has no half-close, the end of the server is the end; but ssh takes it ill if it cannot say its last word. */
#define RELAY_FAREWELL_MS 1000

/*
 * Hundreds of relays may be idle: none shall hold pages that it does not use. Not from malloc(3), which writes to the last
 * page of what is large; and as common symbols, which come last in memory, right behind the small variables.
 */
char	relay_buf[RELAY_BUFFER] __attribute__((__common__));
char	relay_up_buf[RELAY_BUFFER] __attribute__((__common__));
char	relay_down_buf[RELAY_BUFFER] __attribute__((__common__));

void
relay_keep(struct relay_rest *rest, const char *buf, size_t len)
{
	if (buf >= rest->buf && buf < rest->buf + RELAY_BUFFER)
		rest->off = (size_t)(buf - rest->buf);
	else {
		memcpy(rest->buf, buf, len);
		rest->off = 0;
	}
	rest->len = len;
}

void
relay_done(struct relay *r)
{
	event_base_loopbreak(r->base);
}

void
relay_net_failed(struct relay *r, int error)
{
	char	target[TARGET_TEXT_MAX];
	int	mss_bytes;

	target_text(r->conf->target, target);
	if (error == ETIMEDOUT && r->watch != NULL) {
		if ((mss_bytes = watch_explain(r->watch, &r->err)) != 0)
			r->conf->learned_cb(mss_bytes, r->conf->arg);
	} else if (error == ECONNRESET || error == EPIPE) {
		if (identification_judge(&r->identification, GREETING_RESET, target, &r->err) == 0)
			error_set(&r->err, MSG_RESET, "%s: connection reset", target);
	} else if (error == ETIMEDOUT || error == EHOSTUNREACH || error == ENETUNREACH || error == ENETDOWN ||
	    error == EHOSTDOWN)
		error_set(&r->err, MSG_DEAD_PATH, "%s: the other side does not answer, or takes nothing, any more", target);
	else if (error == EPERM || error == EACCES)
		error_set(&r->err, MSG_BLOCKED, "%s: %s", target, strerror(error));
	else
		error_errno(&r->err, error, target);
	relay_done(r);
}

int
relay_check(struct relay *r, enum identification_end end)
{
	char	target[TARGET_TEXT_MAX];

	if (identification_judge(&r->identification, end, target_text(r->conf->target, target), &r->err) == 0)
		return (0);
	relay_done(r);
	return (-1);
}

void
relay_greeting(struct relay *r, enum identification_state state)
{
	if (r->judged || state == GREETING_OPEN)
		return;
	r->judged = 1;
	r->identification.state = state;
	event_del(&r->timer);
	if (state == GREETING_PASSED)
		relay_checked(r);
	else
		relay_check(r, GREETING_EOF);
}

void
relay_gone_cb(void *arg)
{
	log_debug(1, "nobody reads the output any more");
	relay_done(arg);
}

void
relay_linger(struct relay *r, int on)
{
	struct timeval	tv = clock_timeval(r->identification.server.state == SSHWIRE_SSH ? RELAY_FAREWELL_MS : RELAY_LINGER_MS);

	if (r->net_open)
		return;
	if (on)
		event_add(&r->timer, &tv);
	else
		event_del(&r->timer);
}

void
relay_end(struct relay *r)
{
	struct timeval	tv = clock_timeval(RELAY_LINGER_MS);

	r->end_held = !r->conf->half_close;
	if (!r->end_held)
		shutdown(r->net_fd, SHUT_WR);
	else if (r->judged)
		event_add(&r->timer, &tv);
}

void
relay_last(struct relay *r)
{
	struct timeval	tv = clock_timeval(RELAY_LAST_MS);

	if (r->identification.client == CLIENT_SSH && !event_pending(&r->last_ev, EV_TIMEOUT, NULL))
		event_add(&r->last_ev, &tv);
}

void
relay_watch_caller(struct relay *r, int on)
{
	if (!on) {
		lifeline_stop(r->lifeline);
		r->lifeline = NULL;
	} else if (r->net_open && r->lifeline == NULL)
		r->lifeline = lifeline_start(r->base, r->conf->out_fd, relay_gone_cb, r);
}

static void
relay_timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;
	struct timeval	 tv = clock_timeval(r->conf->target->timeout_ms);

	(void)fd;
	(void)what;
	/* A client that has not spoken yet is no reason to end, and may still turn out to be ssh. */
	if (!r->net_open)
		relay_done(r);
	else if (r->end_held && r->judged)
		shutdown(r->net_fd, SHUT_WR);
	else if (relay_check(r, GREETING_TIMEOUT) == 0)
		event_add(&r->timer, &tv);
}

/* Send so many bytes of the buffer, or with 0 the rest, before then: 1, 0 if the time was too short, -1 if it failed. */
static int
relay_drain(struct relay *r, size_t len, int64_t end_ms)
{
	int	sent;

	for (; (sent = relay_send(r, len)) == 0; len = 0)
		if (sock_wait(r->net_fd, POLLOUT, end_ms) != 1)
			return (0);
	return (sent);
}

/* ssh is done and says so before its last bytes were read: they are in the pipe, and go out now. */
static void
relay_hup_cb(evutil_socket_t fd, short what, void *arg)
{
	struct relay	*r = arg;
	int64_t		 end_ms = clock_ms() + RELAY_DRAIN_MS;
	ssize_t		 n;
	int		 queued, sent;

	(void)fd;
	(void)what;
	sent = relay_drain(r, 0, end_ms);
	while (sent == 1 && r->in_open && clock_ms() < end_ms) {
		if (ioctl(r->conf->in_fd, FIONREAD, &queued) == -1 || queued <= 0 ||
		    (n = read(r->conf->in_fd, relay_buf, RELAY_BUFFER)) <= 0)
			break;
		sent = relay_drain(r, (size_t)n, end_ms);
	}
	shutdown(r->net_fd, SHUT_WR);
	/* Closing a socket with unread bytes would send a reset, which may overtake ours. */
	while (recv(r->net_fd, relay_buf, RELAY_BUFFER, MSG_DONTWAIT) > 0 && clock_ms() < end_ms)
		continue;
	relay_done(r);
}

static void
relay_last_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	log_debug(1, "ssh has ended, and the server goes on: enough waited");
	relay_done(arg);
}

static void
relay_term_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	relay_done(arg);
}

void
relay_events(struct relay *r, int fd)
{
	if (r->net_fd != -1) {
		event_del(&r->net_ev);
		event_del(&r->room_ev);
	}
	r->net_fd = fd;
	event_assign(&r->net_ev, r->base, fd, EV_READ | EV_PERSIST, relay_net_cb, r);
	event_assign(&r->room_ev, r->base, fd, EV_WRITE, relay_room_cb, r);
}

static int
relay_begin(struct relay *r)
{
	const struct relay_config	*conf = r->conf;
	struct timeval			 tv = clock_timeval(conf->target->timeout_ms);

	event_assign(&r->in_ev, r->base, conf->in_fd, EV_READ | EV_PERSIST, relay_in_cb, r);
	relay_events(r, conf->net_fd);
	event_assign(&r->out_ev, r->base, r->out.fd, EV_WRITE, relay_out_cb, r);
	event_assign(&r->timer, r->base, -1, 0, relay_timer_cb, r);
	event_assign(&r->last_ev, r->base, -1, 0, relay_last_cb, r);
	evsignal_assign(&r->hup_ev, r->base, SIGHUP, relay_hup_cb, r);
	evsignal_assign(&r->term_ev, r->base, SIGTERM, relay_term_cb, r);
	if (event_add(&r->in_ev, NULL) == -1 || event_add(&r->net_ev, NULL) == -1 ||
	    event_add(&r->timer, &tv) == -1 || event_add(&r->hup_ev, NULL) == -1 || event_add(&r->term_ev, NULL) == -1) {
		error_errno(&r->err, errno != 0 ? errno : ENOMEM, "cannot start the relay");
		return (-1);
	}
	relay_guard(r);
	return (0);
}

int
relay_run(struct event_base *base, const struct relay_config *conf, struct error *err)
{
	static struct relay	 session;	/* there is one at a time */
	struct relay		*r = &session;

	memset(r, 0, sizeof(*r));
	r->up.buf = relay_up_buf;
	r->down.buf = relay_down_buf;
	r->conf = conf;
	r->base = base;
	r->net_fd = -1;
	r->in_open = r->net_open = 1;
	output_open(&r->out, conf->out_fd);
	r->can_splice = r->out.kind == OUTPUT_PIPE;
	if (relay_begin(r) == 0 && event_base_dispatch(base) == -1)
		error_errno(&r->err, errno, "cannot wait for the network");
	event_del(&r->in_ev);
	event_del(&r->net_ev);
	event_del(&r->room_ev);
	event_del(&r->out_ev);
	event_del(&r->timer);
	event_del(&r->last_ev);
	event_del(&r->hup_ev);
	event_del(&r->term_ev);
	lifeline_stop(r->lifeline);
	relay_guard_stop(r);
	output_close(&r->out);
	close(r->net_fd);
	*err = r->err;
	return (err->code == MSG_NONE ? 0 : -1);
}
