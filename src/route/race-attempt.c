/* SPDX-License-Identifier: ISC */
/* One attempt of the race. */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/exact.h"
#include "net/sock.h"
#include "net/tailscaled.h"
#include "route/mss.h"
#include "route/race-int.h"

static int	attempt_connect(struct race_attempt *);
static void	attempt_cb(evutil_socket_t, short, void *);

static void
attempt_close(struct race_attempt *h)
{
	event_del(&h->ev);
	if (h->attempt.fd == -1)
		return;
	close(h->attempt.fd);
	h->attempt.fd = -1;
}

void
race_attempt_free(struct race_attempt *h)
{
	attempt_close(h);
	free(h->attempt.talk);
	free(h);
}

/* Its error is set: put it on record. */
static void
attempt_over(struct race_attempt *h)
{
	int64_t	took_ms = clock_ms() - h->began_ms;
	char	to[64];

	via_text(&h->now, to, sizeof(to));
	attempts_add(h->race->conf.attempts, to, h->attempt.what, took_ms);
	log_debug(1, "%s: %s after %lld ms", to, h->attempt.what, (long long)took_ms);
	race_note(h->race, &h->attempt.err, h->attempt.minor);
	attempt_close(h);
	h->state = RACE_HOP_OVER;
}

static void
attempt_failed(struct race_attempt *h)
{
	attempt_over(h);
	race_next(h->race);
}

/* Wait for this, until the time of the step is over; 0, or -1 if that cannot be. */
static int
attempt_wait(struct race_attempt *h, short events, event_callback_fn cb)
{
	int64_t		left_ms = h->until_ms - clock_ms();
	struct timeval	tv = clock_timeval(left_ms > 0 ? left_ms : 0);

	event_del(&h->ev);
	event_assign(&h->ev, h->race->conf.base, h->attempt.fd, events, cb, h);
	if (event_add(&h->ev, &tv) == 0)
		return (0);
	via_fail(&h->attempt, MSG_NO_MEMORY, "no memory");
	return (-1);
}

/* Several ways are open: the server's first word decides, and stays in the socket. */
static void
attempt_spoken_cb(evutil_socket_t fd, short what, void *arg)
{
	struct race_attempt	*h = arg;
	const char	*name = h->now.via->name;
	int		 spoken = (what & EV_TIMEOUT) ? 0 : exact_spoken(fd);

	if (spoken == 1) {
		race_won(h->race, h);
		return;
	}
	if (spoken == -1)
		via_fail(&h->attempt, MSG_SERVER_CLOSED, "closed through %s before the server said anything", name);
	else if (what & EV_TIMEOUT)
		via_fail(&h->attempt, MSG_SERVER_SILENT, "connected through %s, but the server says nothing", name);
	else if (attempt_wait(h, EV_READ, attempt_spoken_cb) == 0)
		return;
	attempt_failed(h);
}

/* The way leads to the target. */
static void
attempt_connected(struct race_attempt *h)
{
	struct race	*r = h->race;
	char		 to[64];

	h->state = RACE_HOP_CONNECTED;
	attempts_add(r->conf.attempts, via_text(&h->now, to, sizeof(to)), "connected", clock_ms() - h->began_ms);
	if (race_alone(r, h)) {
		race_won(r, h);
		return;
	}
	h->until_ms = clock_ms() + r->in.target->timeout_ms;
	if (attempt_wait(h, EV_READ, attempt_spoken_cb) == -1)
		attempt_failed(h);
}

/* tailscaled has nothing to do with the target and says where it is. */
static void
attempt_dial_self(struct race_attempt *h)
{
	attempt_close(h);
	h->address = h->attempt.self;
	h->now.via = &via_direct;
	h->now.to = (struct sockaddr *)&h->address;
	h->now.to_len = h->attempt.self_len;
	if (attempt_connect(h) == -1)
		attempt_failed(h);
}

static void
attempt_talk(struct race_attempt *h, enum via_want want)
{
	switch (want) {
	case VIA_WANT_READ:
	case VIA_WANT_WRITE:
		if (attempt_wait(h, want == VIA_WANT_READ ? EV_READ : EV_WRITE, attempt_cb) == -1)
			attempt_failed(h);
		break;
	case VIA_DONE:
		attempt_connected(h);
		break;
	case VIA_DIAL_SELF:
		attempt_dial_self(h);
		break;
	case VIA_FAIL:
		attempt_failed(h);
		break;
	}
}

static void
attempt_cb(evutil_socket_t fd, short what, void *arg)
{
	struct race_attempt		*h = arg;
	const struct via	*via = h->now.via;
	int64_t			 took_ms = clock_ms() - h->began_ms;
	int			 error;

	if (h->state == RACE_HOP_TALKING) {
		if (what & EV_TIMEOUT) {
			via->silent(&h->attempt, took_ms);
			attempt_failed(h);
		} else
			attempt_talk(h, via->step(&h->attempt));
		return;
	}
	if ((error = (what & EV_TIMEOUT) ? ETIMEDOUT : sock_error(fd)) != 0) {
		via->unconnected(&h->attempt, error, took_ms);
		attempt_failed(h);
		return;
	}
	h->state = RACE_HOP_TALKING;
	if (h->now.to->sa_family != AF_UNIX)
		sock_connected(fd, h->race->conf.tune);
	attempt_talk(h, via->begin(&h->attempt));
}

/* 0, or -1 with the error of the hop set. */
static int
attempt_connect(struct race_attempt *h)
{
	const struct sockaddr	*to = h->now.to;

	h->state = RACE_HOP_CONNECTING;
	if (to->sa_family == AF_UNIX)
		h->attempt.fd = sock_stream(AF_UNIX);
	else {
		h->mss_bytes = mss_first(h->race->conf.mss_steps, to, &h->guarded);
		h->attempt.fd = sock_open(to, h->race->conf.tune, h->mss_bytes);
	}
	if (h->attempt.fd == -1 || (connect(h->attempt.fd, to, h->now.to_len) == -1 && errno != EINPROGRESS)) {
		h->now.via->unconnected(&h->attempt, errno, clock_ms() - h->began_ms);
		return (-1);
	}
	return (attempt_wait(h, EV_WRITE, attempt_cb));
}

struct race_attempt *
race_attempt_new(struct race *r, const struct via_step *step)
{
	struct race_attempt	*h;

	if ((h = calloc(1, sizeof(*h))) == NULL)
		return (NULL);
	h->race = r;
	h->step = h->now = *step;
	h->attempt.step = &h->now;
	h->attempt.target = r->in.target;
	h->attempt.fd = -1;
	h->began_ms = clock_ms();
	h->until_ms = h->began_ms + r->in.target->timeout_ms;
	event_assign(&h->ev, r->conf.base, -1, 0, attempt_cb, h);
	if (h->now.tailscaled != NULL) {
		h->now.to_len = tailscaled_address(h->now.tailscaled, &h->address);
		h->now.to = (struct sockaddr *)&h->address;
	}
	return (h);
}

static void
attempt_paced_cb(evutil_socket_t fd, short what, void *arg)
{
	struct race_attempt	*h = arg;

	(void)fd;
	(void)what;
	if (attempt_connect(h) == -1)
		attempt_failed(h);
}

/* The address is to be left alone for so long. */
static int
attempt_pace(struct race_attempt *h, int wait_ms)
{
	struct timeval	tv = clock_timeval(wait_ms);

	h->state = RACE_HOP_CONNECTING;
	h->until_ms += wait_ms;
	event_assign(&h->ev, h->race->conf.base, -1, 0, attempt_paced_cb, h);
	if (event_add(&h->ev, &tv) == 0)
		return (0);
	via_fail(&h->attempt, MSG_NO_MEMORY, "no memory");
	return (-1);
}

int
race_attempt_start(struct race_attempt *h)
{
	const struct race_config	*conf = &h->race->conf;
	int				 wait_ms = 0;

	if (conf->rate_limit_cb != NULL && h->now.via == &via_direct)
		wait_ms = conf->rate_limit_cb(h->now.to, conf->arg);
	if (wait_ms > 0 ? attempt_pace(h, wait_ms) == 0 : attempt_connect(h) == 0)
		return (0);
	attempt_over(h);
	return (-1);
}
