/* SPDX-License-Identifier: ISC */
/* Opens a session that can be resumed. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <event2/event.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "os/os.h"
#include "route/names-race.h"
#include "session/resumable.h"

#define LOGIN_ROUNDS	8	/* of the path, that a login takes at least */
#define LAST_MS		2000
#define FAREWELL_MS	200	/* the same for a session that did not open: a login waits */

/* One at a time. A common symbol comes last in memory, and not between what each relay uses. */
struct resumable	resumable_session __attribute__((__common__));

static void	open_whole_cb(int, void *);

static void
open_ended(struct resumable *r, int opened, const char *what)
{
	void	(*cb)(int, void *) = r->opened_cb;
	void	*arg = r->opened_arg;

	log_debug(1, "a session that can be resumed, at port %d: %s", r->conf.port, what);
	resume_wipe(r->secret, sizeof(r->secret));
	event_del(&r->timer);
	r->opened_cb = NULL;
	if (!opened)
		resumable_free(r);
	cb(opened, arg);
}

static void
open_timer_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	open_ended(arg, 0, "no answer in time");
}

static void
open_hello(struct resumable *r)
{
	struct resume_hello	hello = { .kind = RESUME_NEW };

	hello.window = stream_window(&r->stream);
	hello.hold_s = (uint32_t)r->conf.hold_s;
	resume_pair(r->secret, hello.public);
	arc4random_buf(hello.random, sizeof(hello.random));
	resume_hello_encode(r->handshake.sent, &hello);
}

static void
open_connected_cb(const struct connection *conn, const struct error *err, void *arg)
{
	struct resumable	*r = arg;

	r->race = NULL;
	r->reached = 1;
	if (conn == NULL) {
		open_ended(r, 0, err->text);
		return;
	}
	r->conn = *conn;
	r->conn.step.to = (struct sockaddr *)&r->conn.to;
	open_hello(r);
	/* What the client has said follows at once; nothing is read before the reply. */
	if (handshake_start(&r->handshake, r->conf.base, conn->fd, r->target.timeout_ms,
	    open_whole_cb, r) == -1 ||
	    stream_attach(&r->stream, conn->fd, 0, clock_ms()) == -1 ||
	    stream_writable(&r->stream, clock_ms()) == -1)
		open_ended(r, 0, "the connection took no hello");
}

static void
open_whole_cb(int whole, void *arg)
{
	struct resumable		*r = arg;
	struct resume_reply	 reply;
	int64_t			 hold_s = r->conf.hold_s;

	if (!whole)
		open_ended(r, 0, "no reply");
	else if (resume_reply_decode(&reply, r->handshake.got, RESUME_NEW) != RESUME_RIGHT)
		open_ended(r, 0, "another service, or another version, answers");
	else if (reply.status != RESUME_OK)
		open_ended(r, 0, "refused");
	else if (resume_key(r->key, r->secret, reply.public, r->handshake.sent,
	    r->handshake.got) == -1)
		open_ended(r, 0, "its key is of no use");
	else {
		memcpy(r->id, reply.id, sizeof(r->id));
		memcpy(r->boot, reply.boot, sizeof(r->boot));
		r->hold_ms = 1000 * (reply.hold_s < hold_s ? reply.hold_s : hold_s);
		stream_set_window(&r->stream, reply.window);
		if (r->conf.outer != NULL) {
			r->outer_ms = (int)(clock_ms() - r->began_ms);
			r->rtt_ms = r->outer_ms / LOGIN_ROUNDS;
		}
		open_ended(r, 1, "opened");
	}
}

int
resumable_connected(const struct resumable *r)
{
	return (r->stream.fd != -1);
}

/* The same address, at the other port. */
static void
open_port(struct connection *conn, int port)
{
	if (conn->to.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&conn->to)->sin6_port = htons((uint16_t)port);
	else
		((struct sockaddr_in *)&conn->to)->sin_port = htons((uint16_t)port);
}

static void
open_race(struct resumable *r, const struct connection *by)
{
	struct plan_input	in = { .target = &r->target };
	struct connection	conn;

	if (r->conf.outer != NULL) {
		outer_start(&r->outer, r->conf.base, r->conf.outer, open_connected_cb, r);
		return;
	}
	/* The host is where one of its names leads to. */
	if (by == NULL) {
		resumable_race(r);
		return;
	}
	if (by->step.via->to == VIA_TO_TARGET) {
		conn = *by;
		open_port(&conn, r->target.port);
		r->race = race_again(&r->race_conf, &conn);
		return;
	}
	r->conf.plan_cb(&in, r->conf.arg);
	in.target = &r->target;
	r->race = race_start(&r->race_conf, &in);
}

struct resumable *
resumable_open(const struct resumable_config *conf, const struct connection *by, const char *said,
    size_t len, int limit_ms, void (*opened_cb)(int, void *), void *arg)
{
	struct resumable	*r = &resumable_session;
	struct timeval	 tv = clock_timeval(limit_ms);

	if (resume_proof_load() == -1)
		return (NULL);
	memset(r, 0, sizeof(*r));
	r->stream.fd = r->next.fd = r->conn.fd = -1;
	if (stream_init(&r->stream, RING_MAX) == -1)
		return (NULL);
	os_keep_secret();
	r->conf = *conf;
	r->target = *conf->race->target;
	r->target.port = conf->port;
	r->target.timeout_ms = limit_ms;
	r->mss_steps = *conf->race->mss_steps;
	r->race_conf = *conf->race;
	r->race_conf.target = &r->target;
	r->race_conf.mss_steps = &r->mss_steps;
	r->race_conf.attempts = &r->attempts;
	r->race_conf.mute_server = 1;
	r->race_conf.cb = open_connected_cb;
	r->race_conf.arg = r;
	r->began_ms = clock_ms();
	r->opened_cb = opened_cb;
	r->opened_arg = arg;
	identification_client(&r->identification, said, len);
	stream_put(&r->stream, said, len, clock_ms());
	resumable_names(r);
	event_assign(&r->timer, conf->base, -1, 0, open_timer_cb, r);
	event_add(&r->timer, &tv);
	open_race(r, by);
	return (r);
}

/*
 * The host may have begun a session that this client does not wait for or can no longer continue:
 * tell it, so that neither it nor its sshd keeps that session. How long a second ssh is given to
 * forward what was said last.
 */
static int
resumable_farewell_ms(struct resumable *r)
{
	if (r->stream.close == STREAM_SAID)
		return (LAST_MS);
	if (r->stream.fd == -1 || r->stream.close != STREAM_SAY_NOT)
		return (0);
	stream_close(&r->stream, RESUME_CLOSE_CLIENT, "");
	stream_writable(&r->stream, clock_ms());
	return (r->stream.close == STREAM_SAID ? FAREWELL_MS : 0);
}

void
resumable_free(struct resumable *r)
{
	int	last_ms;

	if (r == NULL)
		return;
	last_ms = resumable_farewell_ms(r);
	event_del(&r->timer);
	race_cancel(r->race);
	names_race_cancel(r->choosing);
	r->race = NULL;
	r->choosing = NULL;
	free(r->names);
	r->names = NULL;
	handshake_stop(&r->handshake);
	if (r->next.fd != -1)
		close(r->next.fd);
	if (r->stream.fd != -1)
		close(stream_detach(&r->stream));
	else if (r->conn.fd != -1)
		close(r->conn.fd);
	r->conn.fd = r->next.fd = -1;
	outer_stop(&r->outer_next, 0);
	outer_stop(&r->outer, last_ms);
	stream_free(&r->stream);
	resume_wipe(r->secret, sizeof(r->secret));
	resume_wipe(r->key, sizeof(r->key));
}
