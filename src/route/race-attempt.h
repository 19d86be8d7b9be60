/* SPDX-License-Identifier: ISC */
/*
 * One attempt of the race: a step of the plan from its socket to the target, and what came of it.
 */

#ifndef ROUTE_RACE_ATTEMPT_H
#define ROUTE_RACE_ATTEMPT_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "route/race.h"

struct race_attempt;

enum race_event {
	RACE_CONNECTED,		/* to the target; the server has not spoken yet */
	RACE_SPOKEN,		/* the server has; its bytes are still in the socket */
	RACE_FAILED		/* the error is set, and on record */
};

struct race_attempt {
	struct via_attempt		 attempt;	/* its step is `now` */
	/* as the plan had it, which may be made anew */
	struct via_step			 step;
	struct via_step			 now;		/* the same, or what became of it */
	struct sockaddr_storage		 address;	/* where `now` has none in the plan */
	const struct race_config	*conf;
	/* What came of it, from the event loop; the attempt may be freed there. */
	void				(*cb)(struct race_attempt *, enum race_event, void *arg);
	void				*arg;
	struct event			 ev;
	int64_t				 began_ms;
	int64_t				 until_ms;
	int				 mss_bytes;
	int				 guarded;
	enum {
		RACE_STATE_CONNECTING,
		RACE_STATE_TALKING,
		RACE_STATE_CONNECTED,
		RACE_STATE_OVER
	}				 state;
};

/*
 * A step of the plan, not begun yet; the callback is called at most once between two calls of this
 * module.
 */
struct race_attempt	*race_attempt_new(const struct race_config *conf,
	    const struct via_step *step, void (*cb)(struct race_attempt *, enum race_event,
	    void *arg), void *arg);
/*
 * Begin. Return 0, or -1 if it failed at once: then the error is set and on record, and nothing is
 * called back.
 */
int	race_attempt_start(struct race_attempt *);
/* After RACE_CONNECTED: wait for the server's first word, RACE_SPOKEN or RACE_FAILED. */
void	race_attempt_listen(struct race_attempt *);
/*
 * Cancel what is under way, close the descriptor unless it was taken (-1), and free. NULL is
 * allowed.
 */
void	race_attempt_free(struct race_attempt *);

#endif
