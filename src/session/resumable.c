/* SPDX-License-Identifier: ISC */
/* Goes on with a session over another connection. */

#include <sys/types.h>
#include <sys/socket.h>

#include <event2/event.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "os/os.h"
#include "route/mss.h"
#include "route/names-race.h"
#include "session/doubt.h"
#include "session/resumable.h"

#define ATTEMPT_MS	3000	/* for the connection and the reply */
#define WAIT_FIRST_MS	250
#define WAIT_MS		1000
/* who is away for so long is asked for less often */
#define AWAY_MS		120000
#define WAIT_AWAY_MS	5000
#define STEADY_MS	1000	/* a connection that was lost sooner is not replaced at once */
#define DENIED_MAX	2
/* where one name was refused, and the others do not answer */
#define REFUSED_MAX	20
/* so long after an attempt began there is no other; with 4 round trips, while it goes on */
#define PEACE_MS	100
#define TURNED_MAX_MS	60000
#define OTHER_MS	120000	/* another service may answer: a login page goes away */

static void	resumable_timer_cb(evutil_socket_t, short, void *);

int
resumable_wait_ms(int tries, int64_t lost_ms)
{
	int	wait_ms = tries <= 1 ? WAIT_FIRST_MS : tries == 2 ? 2 * WAIT_FIRST_MS : WAIT_MS;

	return (lost_ms >= AWAY_MS ? WAIT_AWAY_MS : wait_ms);
}

int
resumable_turned_away_ms(int count)
{
	return (count == 0 ? 0 : count > 6 ? TURNED_MAX_MS : WAIT_MS << (count - 1));
}

/* For the connection and the reply: with a login, a multiple of what the first one took. */
static int
resumable_limit_ms(const struct resumable *r)
{
	return (ATTEMPT_MS + 2 * r->outer_ms);
}

/* The session has ended, and this is why. */
static void
resumable_over(struct resumable *r, enum code code, const char *text)
{
	char	target[TARGET_TEXT_MAX];

	error_set(&r->over, code, "%s: %s", target_text(r->conf.race->target, target), text);
}

static void
resumable_clear(struct resumable *r)
{
	event_del(&r->timer);
	race_cancel(r->race);
	names_race_cancel(r->choosing);
	r->race = NULL;
	r->choosing = NULL;
	handshake_stop(&r->handshake);
	if (r->next.fd != -1)
		close(r->next.fd);
	r->next.fd = -1;
	outer_stop(&r->outer_next, 0);
	r->busy = r->frozen = r->stirred = 0;
}

/* The connection in use is good. */
static void
resumable_good(struct resumable *r)
{
	r->lost_ms = 0;
	resumable_clear(r);
	r->conf.waits_cb(r, NULL, r->conf.arg);
}

/* 1 if it was held for too long. */
static int
resumable_held_out(struct resumable *r, int64_t now_ms)
{
	char	text[80];

	if (r->lost_ms == 0 || now_ms - r->lost_ms < r->hold_ms)
		return (0);
	snprintf(text, sizeof(text), "no connection for %lld s, and the session is held no longer",
	    (long long)(r->hold_ms / 1000));
	resumable_over(r, CODE_HELD_TOO_LONG, text);
	return (1);
}

/* The attempt is over without success: the next one in a while, if it is still needed. */
static void
resumable_again(struct resumable *r, const char *what)
{
	int64_t		now_ms = clock_ms();
	int		wait_ms = resumable_wait_ms(r->tries, r->lost_ms == 0 ? 0 :
			    now_ms - r->lost_ms);
	struct timeval	tv;

	log_debug(1, "attempt %d to go on: %s", r->tries, what);
	if (wait_ms < resumable_turned_away_ms(r->turned_away))
		wait_ms = resumable_turned_away_ms(r->turned_away);
	/* It met the network as it was. */
	if (r->stirred)
		wait_ms = r->tries = 0;
	tv = clock_timeval(wait_ms);
	resumable_clear(r);
	if (r->refusal.code != CODE_NONE && ++r->refused_tries > REFUSED_MAX)
		r->over = r->refusal;
	if (r->over.code == CODE_NONE && !resumable_held_out(r, now_ms) && r->lost_ms != 0) {
		event_add(&r->timer, &tv);
		r->conf.waits_cb(r, what, r->conf.arg);
	}
	r->changed_cb(r->changed_arg);
}

/* What the host says where it does not go on with the session. */
static void
resumable_refused(struct resumable *r, const struct resume_reply *reply)
{
	int	restarted = memcmp(reply->boot, r->boot, sizeof(r->boot)) != 0;

	if (reply->status == RESUME_UNKNOWN && restarted)
		resumable_over(r, CODE_HOST_RESTARTED, "the host was restarted");
	else if (reply->status == RESUME_UNKNOWN)
		resumable_over(r, CODE_SESSION_LOST, "the host no longer holds the session");
	else if (reply->status == RESUME_NO_SSHD)
		resumable_over(r, CODE_SESSION_LOST, "its sshd ended the session");
	else if (reply->status == RESUME_DENIED && ++r->denied >= DENIED_MAX)
		resumable_over(r, CODE_SESSION_LOST, "the host refuses to go on with the session");
	if (reply->status == RESUME_UNKNOWN)
		resumable_other_name(r);
	resumable_again(r, "refused");
}

/*
 * Another service answers where the session is held. In a network that wants a login, its page may
 * answer for all hosts until then.
 */
static void
resumable_other(struct resumable *r)
{
	int64_t	now_ms = clock_ms();

	if (r->other_ms == 0)
		r->other_ms = now_ms;
	if (now_ms - r->other_ms >= OTHER_MS || (r->names != NULL && r->names->count > 1)) {
		resumable_over(r, CODE_NOT_RESUMABLE,
		    "another service answers where the session is held");
		resumable_other_name(r);
	}
	resumable_again(r, "another service");
}

/* The other connection takes over. */
static void
resumable_taken(struct resumable *r, uint64_t received)
{
	int	fd = stream_detach(&r->stream);

	if (stream_attach(&r->stream, r->next.fd, received, clock_ms()) == -1) {
		if (fd != -1)
			close(fd);
		r->conn.fd = -1;
		resumable_over(r, CODE_SESSION_LOST, "the host has lost a part of the session");
		resumable_again(r, "its position is not in reach");
		return;
	}
	if (fd != -1)
		close(fd);
	outer_stop(&r->outer, 0);
	r->outer = r->outer_next;
	r->outer_next.pid = 0;
	r->conn = r->next;
	r->conn.step.to = (struct sockaddr *)&r->conn.to;
	r->next.fd = -1;
	log_debug(1, "the session goes on, %lld ms after the loss, at attempt %d",
	    (long long)(r->lost_ms != 0 ? clock_ms() - r->lost_ms : 0), r->tries);
	r->taken_ms = clock_ms();
	r->denied = 0;
	r->other_ms = 0;
	resumable_names(r);
	resumable_good(r);
	r->changed_cb(r->changed_arg);
}

/* No reply: an ssh that was to forward the hello may say why, and may have been turned away. */
static void
resumable_unanswered(struct resumable *r)
{
	char	said[sizeof(r->why.text)], text[sizeof(said) + 20], byte;
	int	ended = recv(r->next.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;

	if (r->conf.outer == NULL || outer_said(&r->outer_next, said, sizeof(said))[0] == '\0') {
		resumable_again(r, "no reply");
		return;
	}
	r->turned_away = ended && outer_refused(&r->outer_next) ? r->turned_away + 1 : 0;
	snprintf(text, sizeof(text), "the other ssh: %s", said);
	resumable_again(r, text);
}

static void
resumable_whole_cb(int whole, void *arg)
{
	struct resumable		*r = arg;
	struct resume_reply	 reply;
	enum resume_wrong	 wrong;

	if (!whole) {
		resumable_unanswered(r);
		return;
	}
	r->turned_away = 0;
	wrong = resume_reply_decode(&reply, r->handshake.got, RESUME_AGAIN);
	if (wrong == RESUME_WRONG_MAGIC)
		resumable_other(r);
	else if (wrong != RESUME_RIGHT)
		resumable_again(r, "another version");
	else if (reply.status != RESUME_OK)
		resumable_refused(r, &reply);
	else if (!resume_reply_proven(r->handshake.got, r->handshake.sent, r->key))
		resumable_again(r, "wrong proof");
	else
		resumable_taken(r, reply.received);
}

static void
resumable_hello(struct resumable *r)
{
	struct resume_hello	hello = { .kind = RESUME_AGAIN };

	memcpy(hello.id, r->id, sizeof(hello.id));
	hello.number = ++r->number;
	hello.received = stream_received(&r->stream);
	arc4random_buf(hello.random, sizeof(hello.random));
	resume_hello_encode(r->handshake.sent, &hello);
	resume_hello_prove(r->handshake.sent, r->key);
}

static void
resumable_connected_cb(const struct connection *conn, const struct error *err, void *arg)
{
	struct resumable	*r = arg;
	int		 left_ms = resumable_limit_ms(r) - (int)(clock_ms() - r->began_ms);

	r->race = NULL;
	if (conn == NULL) {
		r->other_ms = 0;
		r->why = *err;
		resumable_again(r, err->text);
		return;
	}
	r->next = *conn;
	if (r->doubted && r->stream.fd != -1 && r->stream.heard_bytes != r->heard_bytes) {
		resumable_heard(r);
		return;
	}
	r->frozen = 1;
	resumable_hello(r);
	event_del(&r->timer);
	if (handshake_start(&r->handshake, r->conf.base, conn->fd, left_ms > 0 ? left_ms : 1,
	    resumable_whole_cb, r) == -1) {
		resumable_again(r, "the connection took no hello");
		return;
	}
	r->changed_cb(r->changed_arg);
}

/* The next step below what is in use; to be remembered only where packets were seen to be lost. */
static void
resumable_smaller(struct resumable *r)
{
	struct os_tcp	tcp;
	int		mss_bytes = r->conn.mss_bytes, lost = 0;

	if (r->conf.outer != NULL)
		return;
	if (r->stream.fd != -1 && os_tcp(r->stream.fd, &tcp) == 0) {
		mss_bytes = mss_reverse(&tcp) < tcp.send_bytes ? mss_reverse(&tcp) : tcp.send_bytes;
		lost = tcp.in_a_row > 0 || tcp.gap;
	}
	if ((mss_bytes = mss_next(mss_bytes, os_segments(), r->conn.to.ss_family)) == 0)
		return;
	r->mss_steps.mss_bytes = mss_bytes;
	r->smaller_bytes = lost ? mss_bytes : 0;
}

/* The connection is good no longer: 1 if it was so for a moment only, as where each is broken. */
static int
resumable_brief(struct resumable *r)
{
	if (r->lost_ms != 0)
		return (0);
	r->lost_ms = clock_ms();
	if (r->taken_ms != 0 && r->lost_ms - r->taken_ms < STEADY_MS)
		return (1);
	r->tries = 0;
	return (0);
}

void
resumable_attempt(struct resumable *r, int smaller)
{
	struct timeval	tv = clock_timeval(resumable_limit_ms(r));

	if (r->busy || event_pending(&r->timer, EV_TIMEOUT, NULL))
		return;
	resumable_brief(r);
	if (smaller)
		resumable_smaller(r);
	r->busy = 1;
	r->tries++;
	r->doubted = r->stream.fd != -1;
	r->heard_bytes = r->stream.heard_bytes;
	r->began_ms = clock_ms();
	r->attempts.count = 0;
	r->target.timeout_ms = doubt_connect_ms(r->rtt_ms);
	/* Its address may be gone by now, and the sandbox allows no bind(2). */
	r->target.from = NULL;
	r->race_conf.cb = resumable_connected_cb;
	event_assign(&r->timer, r->conf.base, -1, 0, resumable_timer_cb, r);
	event_add(&r->timer, &tv);
	resumable_race(r);
}

/* The attempt has taken too long, or it is time for the next. */
static void
resumable_timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct resumable	*r = arg;

	(void)fd;
	(void)what;
	if (r->busy)
		resumable_again(r, "not connected in time");
	else
		resumable_attempt(r, 0);
}

void
resumable_lost(struct resumable *r, const char *why)
{
	struct timeval	tv;
	int		fd = stream_detach(&r->stream);

	log_debug(1, "the connection is lost: %s", why);
	if (fd != -1)
		close(fd);
	outer_stop(&r->outer, 0);
	r->conn.fd = -1;
	r->doubted = 0;
	if (r->busy)
		return;
	event_del(&r->timer);
	if (resumable_brief(r)) {
		tv = clock_timeval(resumable_wait_ms(r->tries, 0));
		event_add(&r->timer, &tv);
	} else
		resumable_attempt(r, 0);
}

void
resumable_heard(struct resumable *r)
{
	if (r->lost_ms == 0 || r->frozen || r->stream.fd == -1)
		return;
	log_debug(1, "the connection in use has spoken: it stays");
	resumable_good(r);
}

void
resumable_event(struct resumable *r)
{
	int64_t		left_ms = r->began_ms + PEACE_MS - clock_ms();
	struct timeval	tv;

	if (r->lost_ms == 0 || r->frozen || r->stirred)
		return;
	if (r->busy)
		left_ms += 2 * (int64_t)r->outer_ms +
		    4 * (int64_t)(r->rtt_ms > 0 ? r->rtt_ms : PEACE_MS);
	r->stirred = r->busy;
	r->tries = 0;
	tv = clock_timeval(left_ms > 0 ? left_ms : 0);
	event_add(&r->timer, &tv);
}
