/* The direct route: a TCP connection of our own, to whichever address of the host answers first. */

#ifndef ROUTE_VIA_DIRECT_H
#define ROUTE_VIA_DIRECT_H

struct attempts;
struct direct;
struct error;
struct event_base;
struct sock_tune;
struct target;

/*
 * Resolve the host and race its addresses as RFC 8305 says: families interleaved, the next address after 250 ms or at
 * once when one fails. Exactly one callback, from the event loop, or direct_cancel and none. The callback gets a
 * connected, non-blocking socket, which it owns, or -1 and the most telling error; the handle is gone by then. What was
 * tried is added to the attempts. Target, tuning and attempts stay the caller's and must outlive the race.
 * NULL if there is no memory.
 */
struct direct	*direct_start(struct event_base *, const struct target *, const struct sock_tune *, struct attempts *,
		    void (*)(int, const struct error *, void *), void *);
void	direct_cancel(struct direct *);

#endif
