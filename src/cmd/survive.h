/* SPDX-License-Identifier: ISC */
/*
 * Whether a relay's session is one that outlives its connections: a remembered or given port is
 * tried first, and what a server offers is taken up.
 */

#ifndef CMD_SURVIVE_H
#define CMD_SURVIVE_H

#include <event2/event_struct.h>

#include "base/error.h"
#include "cmd/stall.h"
#include "route/race.h"
#include "session/offer.h"
#include "session/resumable.h"

struct facts;
struct options;

enum survive_event {
	SURVIVE_OPENED,		/* the session is one: survive_session */
	SURVIVE_DIRECT,		/* it is time to connect to sshd as well */
	SURVIVE_OVER		/* it cannot be one */
};

struct survive {
	struct event_base	*base;
	const struct options	*opts;
	const struct race_config *race;
	const struct names	*names;		/* of the host, or NULL */
	const char		*network;
	struct resumable		*resume;
	const char		*known;		/* the port was, for this name; or NULL */
	int			 opened;
	int			 direct;	/* SURVIVE_DIRECT was said */
	struct event		 timer;
	int			 asked_ms;	/* the timer is that of the reply */
	struct offer		 offer;		/* read of the input too early */
	/* with --resume=ssh: what forwards, and why nothing does */
	const struct outer_command *outer;
	int			 outer_tried;
	struct error		 why;
	const struct connection	*offered_conn;
	const struct offer	*offered;
	struct facts		*facts;
	struct stall		 stall;
	void			(*cb)(enum survive_event, void *);
	void			*arg;
};

/*
 * Open the session at the port that is known, if one is. 0, and events follow, SURVIVE_DIRECT at
 * most once; or -1 if none is known, and nothing follows.
 */
int	survive_begin(struct survive *, void (*cb)(enum survive_event, void *), void *arg);
/* 1 while that is under way. */
int	survive_busy(const struct survive *);
/* A direct connection is there: it was quicker, and is taken. */
void	survive_drop(struct survive *);
/* As relay_config's offered_cb. */
int	survive_offered(struct survive *, int port, const struct connection *,
	    const struct offer *);
/* The session, or NULL. */
struct resumable	*survive_session(const struct survive *);
void	survive_free(struct survive *);

#endif
