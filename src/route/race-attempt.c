/* SPDX-License-Identifier: ISC */
/* One attempt of the race. */

#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/wipe.h"
#include "base/xalloc.h"
#include "net/exact.h"
#include "net/sock.h"
#include "net/tailscaled.h"
#include "os/os.h"
#include "route/mss.h"
#include "route/race-attempt.h"

#define IDENTIFICATION_LOOK_MS	20	/* after a part of the identification */

static int	attempt_connect(struct race_attempt *);
static void	attempt_cb(evutil_socket_t, short, void *);
static void	attempt_spoken_cb(evutil_socket_t, short, void *);

static void
attempt_close(struct race_attempt *a)
{
	event_del(&a->ev);
	if (a->attempt.fd == -1)
		return;
	close(a->attempt.fd);
	a->attempt.fd = -1;
}

void
race_attempt_free(struct race_attempt *a)
{
	if (a == NULL)
		return;
	attempt_close(a);
	if (a->attempt.talk != NULL)
		wipe(a->attempt.talk, a->attempt.talk_size);
	free(a->attempt.talk);
	free(a);
}

/* Its error is set: put it on record. */
static void
attempt_over(struct race_attempt *a)
{
	int64_t		 took_ms = clock_ms() - a->began_ms;
	struct attempt	*noted;
	char		 to[64];

	via_text(&a->now, to, sizeof(to));
	if ((noted = attempts_add(a->conf->attempts, to, a->attempt.what, took_ms)) != NULL)
		noted->unmet = a->state == RACE_STATE_CONNECTING && a->now.via->to != VIA_TO_TARGET;
	log_debug(1, "%s: %s after %lld ms", to, a->attempt.what, (long long)took_ms);
	attempt_close(a);
	a->state = RACE_STATE_OVER;
}

static void
attempt_failed(struct race_attempt *a)
{
	attempt_over(a);
	a->cb(a, RACE_FAILED, a->arg);
}

/* Wait for this, until the time of the step is over. */
static void
attempt_wait(struct race_attempt *a, short events, event_callback_fn cb)
{
	int64_t		left_ms = a->until_ms - clock_ms();
	struct timeval	tv = clock_timeval(left_ms > 0 ? left_ms : 0);

	event_del(&a->ev);
	event_assign(&a->ev, a->conf->base, a->attempt.fd, events, cb, a);
	event_add(&a->ev, &tv);
}

/* What has come is not enough, and stays readable: look again in a while. */
static void
attempt_look_later(struct race_attempt *a)
{
	struct timeval	tv = clock_timeval(IDENTIFICATION_LOOK_MS);

	event_del(&a->ev);
	event_assign(&a->ev, a->conf->base, -1, 0, attempt_spoken_cb, a);
	event_add(&a->ev, &tv);
}

/* The time is over, or what came decides: the error. */
static void
attempt_unidentified(struct race_attempt *a, const struct sshwire_id *id)
{
	char	shown[SSHWIRE_SHOWN * 4];

	error_vis(shown, sizeof(shown), id->first);
	if (id->total == 0)
		via_fail(&a->attempt, CODE_SERVER_SILENT,
		    "connected through %s, but the server says nothing", a->now.via->name);
	else if (id->state == SSHWIRE_MORE && sshwire_id_begun(id))
		via_fail(&a->attempt, CODE_SERVER_SILENT,
		    "connected, but the server stops in the middle of its identification");
	else
		via_fail(&a->attempt, sshwire_refusal(id) != NULL ? CODE_SERVER_CLOSED :
		    CODE_NOT_SSH, "it says \"%.40s\"", shown);
	attempt_failed(a);
}

/*
 * Several ways are open: the server's first word decides, and stays in the socket. Of several names
 * it is the identification, which may stand behind more lines than can be seen here.
 */
static void
attempt_spoken_cb(evutil_socket_t fd, short what, void *arg)
{
	struct race_attempt	*a = arg;
	struct sshwire_id	 id = { .total = 0 };
	const int	 spoken = exact_spoken(a->attempt.fd, &id), named = a->conf->identified;
	const int	 over = clock_ms() >= a->until_ms;

	(void)fd;
	(void)what;
	if (spoken == 1 && (!named || id.state == SSHWIRE_SSH ||
	    (over && id.state == SSHWIRE_MORE && id.total == EXACT_PEEK)))
		a->cb(a, RACE_SPOKEN, a->arg);
	else if (spoken == -1) {
		via_fail(&a->attempt, CODE_SERVER_CLOSED,
		    "closed through %s before the server said anything", a->now.via->name);
		attempt_failed(a);
	} else if (over || id.state == SSHWIRE_NOT_SSH || sshwire_refusal(&id) != NULL)
		attempt_unidentified(a, &id);
	else if (spoken == 1)
		attempt_look_later(a);
	else
		attempt_wait(a, EV_READ, attempt_spoken_cb);
}

void
race_attempt_listen(struct race_attempt *a)
{
	a->until_ms = clock_ms() + a->conf->target->timeout_ms;
	attempt_wait(a, EV_READ, attempt_spoken_cb);
}

static void
attempt_connected(struct race_attempt *a)
{
	char	to[64];

	a->state = RACE_STATE_CONNECTED;
	attempts_add(a->conf->attempts, via_text(&a->now, to, sizeof(to)), "connected",
	    clock_ms() - a->began_ms);
	a->cb(a, RACE_CONNECTED, a->arg);
}

/* tailscaled has nothing to do with the target and says where it is. */
static void
attempt_dial_self(struct race_attempt *a)
{
	attempt_close(a);
	a->address = a->attempt.self;
	a->now.via = &via_direct;
	a->now.to = (struct sockaddr *)&a->address;
	a->now.to_len = a->attempt.self_len;
	if (attempt_connect(a) == -1)
		attempt_failed(a);
}

/* What stands in between wants to be asked in another way. */
static void
attempt_again(struct race_attempt *a)
{
	attempt_close(a);
	free(a->attempt.talk);
	a->attempt.talk = NULL;
	if (attempt_connect(a) == -1)
		attempt_failed(a);
}

static void
attempt_talk(struct race_attempt *a, enum via_want want)
{
	switch (want) {
	case VIA_WANT_READ:
	case VIA_WANT_WRITE:
		attempt_wait(a, want == VIA_WANT_READ ? EV_READ : EV_WRITE, attempt_cb);
		break;
	case VIA_DONE:
		attempt_connected(a);
		break;
	case VIA_AGAIN:
		attempt_again(a);
		break;
	case VIA_DIAL_SELF:
		attempt_dial_self(a);
		break;
	case VIA_FAIL:
		attempt_failed(a);
		break;
	}
}

static void
attempt_cb(evutil_socket_t fd, short what, void *arg)
{
	struct race_attempt		*a = arg;
	const struct via	*via = a->now.via;
	int64_t			 took_ms = clock_ms() - a->began_ms;
	int			 error;

	if (a->state == RACE_STATE_TALKING) {
		if (what & EV_TIMEOUT) {
			via->silent(&a->attempt, took_ms);
			attempt_failed(a);
		} else
			attempt_talk(a, via->step(&a->attempt));
		return;
	}
	if ((error = (what & EV_TIMEOUT) ? ETIMEDOUT : sock_error(fd)) != 0) {
		via->unconnected(&a->attempt, error, took_ms);
		attempt_failed(a);
		return;
	}
	a->state = RACE_STATE_TALKING;
	if (a->now.to->sa_family != AF_UNIX)
		sock_connected(fd, a->conf->tune, a->mss_bytes);
	attempt_talk(a, via->begin(&a->attempt));
}

/* Take the source address that is wanted, on the way to the target itself: 0, or -1 with errno. */
static int
attempt_bind(const struct race_attempt *a)
{
	const struct sockaddr_storage	*from = a->conf->target->from;
	const int			 inet6 = a->now.to->sa_family == AF_INET6;

	if (from == NULL || a->now.via->to != VIA_TO_TARGET)
		return (0);
	if (from[inet6].ss_family != AF_UNSPEC)
		return (bind(a->attempt.fd, (const struct sockaddr *)&from[inet6], inet6 ?
		    sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in)));
	errno = EADDRNOTAVAIL;
	return (-1);
}

/* 0, or -1 with the error of the hop set. */
static int
attempt_connect(struct race_attempt *a)
{
	const struct sockaddr	*to = a->now.to;

	a->state = RACE_STATE_CONNECTING;
	if (to->sa_family == AF_UNIX)
		a->attempt.fd = sock_stream(AF_UNIX);
	else {
		a->mss_bytes = mss_first(a->conf->mss_steps, to, &a->guarded);
		a->attempt.fd = sock_open(to, a->conf->tune, a->mss_bytes);
	}
	if (a->attempt.fd == -1 || attempt_bind(a) == -1 || (a->now.device[0] != '\0' &&
	    os_bind_device(a->attempt.fd, to->sa_family, a->now.device) == -1) ||
	    (connect(a->attempt.fd, to, a->now.to_len) == -1 && errno != EINPROGRESS)) {
		a->now.via->unconnected(&a->attempt, errno, clock_ms() - a->began_ms);
		return (-1);
	}
	attempt_wait(a, EV_WRITE, attempt_cb);
	return (0);
}

struct race_attempt *
race_attempt_new(const struct race_config *conf, const struct via_step *step,
    void (*cb)(struct race_attempt *, enum race_event, void *), void *arg)
{
	struct race_attempt	*a = xcalloc(1, sizeof(*a));

	a->conf = conf;
	a->cb = cb;
	a->arg = arg;
	a->step = a->now = *step;
	a->attempt.step = &a->now;
	a->attempt.target = conf->target;
	a->attempt.fd = -1;
	a->began_ms = clock_ms();
	a->until_ms = a->began_ms + (step->limit_ms > 0 &&
	    step->limit_ms < conf->target->timeout_ms ? step->limit_ms : conf->target->timeout_ms);
	event_assign(&a->ev, conf->base, -1, 0, attempt_cb, a);
	if (a->now.tailscaled != NULL) {
		a->now.to_len = tailscaled_address(a->now.tailscaled, &a->address);
		a->now.to = (struct sockaddr *)&a->address;
	}
	return (a);
}

static void
attempt_postponed_cb(evutil_socket_t fd, short what, void *arg)
{
	struct race_attempt	*a = arg;

	(void)fd;
	(void)what;
	if (attempt_connect(a) == -1)
		attempt_failed(a);
}

/* The address is to be left alone for so long. */
static void
attempt_postpone(struct race_attempt *a, int wait_ms)
{
	struct timeval	tv = clock_timeval(wait_ms);

	a->state = RACE_STATE_CONNECTING;
	a->until_ms += wait_ms;
	event_assign(&a->ev, a->conf->base, -1, 0, attempt_postponed_cb, a);
	event_add(&a->ev, &tv);
}

int
race_attempt_start(struct race_attempt *a)
{
	int	wait_ms = 0;

	if (a->conf->rate_limit_cb != NULL && a->now.via->to == VIA_TO_TARGET)
		wait_ms = a->conf->rate_limit_cb(a->now.to, a->conf->arg);
	if (wait_ms > 0)
		attempt_postpone(a, wait_ms);
	else if (attempt_connect(a) == -1) {
		attempt_over(a);
		return (-1);
	}
	return (0);
}
