/* The race: the ways of a plan, begun one behind the other, and the first that has reached the target. */

#ifndef ROUTE_RACE_H
#define ROUTE_RACE_H

#include "route/plan.h"

struct attempts;
struct error;
struct event_base;
struct race;
struct sock_tune;

/*
 * Make the plan, resolve what it needs and race its ways: the next address of the same kind after 250 ms (RFC 8305), the
 * next kind after a second, or at once when one fails. While one alone runs it has won when it is connected; of several,
 * or through a proxy that others stand behind, the first whose server has spoken.
 *
 * Exactly one callback, from the event loop, or race_cancel and none. It gets a connected, non-blocking socket, which it
 * owns, with nothing read of what the server says, and the route; or -1 and the most telling error. The handle is gone by
 * then. What was tried is added to the attempts. What is passed in stays the caller's and must outlive the race.
 * NULL if there is no memory.
 */
struct race	*race_start(struct event_base *, const struct plan_input *, const struct sock_tune *, struct attempts *,
		    void (*)(int, const struct via *, const struct error *, void *), void *);
void		 race_cancel(struct race *);

#endif
