/* What the parts of the race share: race.c the order of things, race-hop.c one way under way. */

#ifndef ROUTE_RACE_INT_H
#define ROUTE_RACE_INT_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "route/plan.h"

struct race;
struct sock_tune;

struct race_hop {
	struct via_hop		 hop;		/* its step is `now` */
	struct via_step		 step;		/* as the plan had it, which may be made anew */
	struct via_step		 now;		/* the same, or what became of it */
	struct sockaddr_storage	 address;	/* where `now` has none in the plan */
	struct race		*race;
	struct event		 ev;
	int64_t			 began_ms;
	int64_t			 until_ms;
	enum {
		RACE_HOP_CONNECTING,
		RACE_HOP_TALKING,
		RACE_HOP_CONNECTED,	/* to the target; the server has not spoken yet */
		RACE_HOP_OVER
	}			 state;
};

struct race {
	struct event_base	*base;
	struct plan_input	 in;
	const struct sock_tune	*tune;
	struct attempts		*attempts;
	void			(*cb)(int, const struct via *, const struct error *, void *);
	void			*arg;

	struct plan		 plan;
	struct resolve		*resolve;
	struct event		 lookup_timer;
	struct addrinfo		*list;
	struct event		 timer;		/* the start, then the stagger */
	int64_t			 began_ms;
	struct race_hop		*hops[ATTEMPTS_MAX];
	int			 count;

	struct error		 worst;		/* the most telling so far */
	int			 worst_rank;
};

/* Begin the next way, now; if there is none, see whether the race is over. */
void	race_next(struct race *);
/* This one has won. */
void	race_won(struct race *, struct race_hop *);
/* 1 if this way alone counts: no other kind is under way, and nothing is to come but what stands behind the target's word. */
int	race_alone(const struct race *, const struct race_hop *);
/* Keep the error if it tells more than those before; a minor one gives way to others of its rank. */
void	race_note(struct race *, const struct error *, int minor);

/* A step of the plan, not begun yet; NULL if there is no memory. */
struct race_hop	*race_hop_new(struct race *, const struct via_step *);
/* Begin: -1 if it failed at once. race_next is not called then, but for each that fails later. */
int		 race_hop_start(struct race_hop *);
void		 race_hop_free(struct race_hop *);

#endif
