/* SPDX-License-Identifier: ISC */
/* What the parts of the race share: race.c the order of things, race-name.c the addresses, race-hop.c one way. */

#ifndef ROUTE_RACE_INT_H
#define ROUTE_RACE_INT_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "route/plan.h"
#include "route/race.h"

struct race_attempt {
	struct via_attempt		 attempt;		/* its step is `now` */
	struct via_step		 step;		/* as the plan had it, which may be made anew */
	struct via_step		 now;		/* the same, or what became of it */
	struct sockaddr_storage	 address;	/* where `now` has none in the plan */
	struct race		*race;
	struct event		 ev;
	int64_t			 began_ms;
	int64_t			 until_ms;
	int			 mss_bytes;
	int			 guarded;
	enum {
		RACE_HOP_CONNECTING,
		RACE_HOP_TALKING,
		RACE_HOP_CONNECTED,	/* to the target; the server has not spoken yet */
		RACE_HOP_OVER
	}			 state;
};

struct race {
	struct race_config	 conf;
	struct plan_input	 in;
	struct plan		 plan;
	struct connection		 again;		/* of race_again */
	struct resolve		*resolve;
	struct event		 lookup_timer;
	struct addrinfo		*list;
	struct event		 timer;		/* the start, then the stagger */
	int64_t			 began_ms;
	struct race_attempt		*race_attempts[ATTEMPTS_MAX];
	int			 count;

	struct error		 worst;		/* the most telling so far */
	int			 worst_rank;
};

/* Begin the next way, now; if there is none, see whether the race is over. */
void	race_next(struct race *);
/* This one has won. */
void	race_won(struct race *, struct race_attempt *);
/* 1 if this way alone counts: no other kind is under way, and nothing is to come but what stands behind the target's word. */
int	race_alone(const struct race *, const struct race_attempt *);
/* Keep the error if it tells more than those before; a minor one gives way to others of its rank. */
void	race_note(struct race *, const struct error *, int minor);
void	race_note_errno(struct race *, int error, const char *tried);

/* Look up what the plan says: a literal is known at once, a name is asked for. */
void	race_lookup(struct race *);
void	race_lookup_timeout_cb(evutil_socket_t, short, void *);
/* The lookup is over, with r->list or without: make the plan whole. */
void	race_looked_up(struct race *, enum plan_lookup);

/* A step of the plan, not begun yet; NULL if there is no memory. */
struct race_attempt	*race_attempt_new(struct race *, const struct via_step *);
/* Begin: -1 if it failed at once. race_next is not called then, but for each that fails later. */
int		 race_attempt_start(struct race_attempt *);
void		 race_attempt_free(struct race_attempt *);

#endif
