/* SPDX-License-Identifier: ISC */
/* Notices that ssh is gone while nothing is relayed yet. */

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/clock.h"
#include "session/lifeline.h"
#include "session/output.h"

#define LIFELINE_MS	250

struct lifeline {
	struct event	 timer;
	int		 fd;
	void		(*cb)(void *);
	void		*arg;
};

static void
lifeline_timer_cb(evutil_socket_t unused, short what, void *arg)
{
	struct lifeline	*l = arg;

	(void)unused;
	(void)what;
	if (!output_gone(l->fd))
		return;
	event_del(&l->timer);
	l->cb(l->arg);
}

struct lifeline *
lifeline_start(struct event_base *base, int fd, void (*cb)(void *), void *arg)
{
	static struct lifeline	 line;	/* one at a time: a session allocates nothing */
	struct lifeline		*l = &line;
	struct timeval		 tv = clock_timeval(LIFELINE_MS);

	l->fd = fd;
	l->cb = cb;
	l->arg = arg;
	event_assign(&l->timer, base, -1, EV_PERSIST, lifeline_timer_cb, l);
	event_add(&l->timer, &tv);
	return (l);
}

void
lifeline_stop(struct lifeline *l)
{
	if (l != NULL)
		event_del(&l->timer);
}
