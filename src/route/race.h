/* SPDX-License-Identifier: ISC */
/*
 * The race: the ways of a plan, begun one behind the other, and the first that has reached the
 * target.
 */

#ifndef ROUTE_RACE_H
#define ROUTE_RACE_H

#include "route/plan.h"

struct addrinfo;
struct attempts;
struct error;
struct event_base;
struct mss_steps;
struct race;
struct sock_tune;

/*
 * After so long, another kind of way is begun: a second way is a second connection for the server,
 * which counts them.
 */
#define ROUTE_STAGGER_MS	1000

/* A way that has reached the target. */
struct connection {
	/* connected, non-blocking; nothing is read of what the server says */
	int			 fd;
	struct via_step		 step;		/* its address is only in `to` */
	struct sockaddr_storage	 to;
	/* a further address of the host, of the other family if it has one; AF_UNSPEC: none */
	struct sockaddr_storage	 other;
	int			 mss_bytes;	/* what was asked for; MSS_FULL if nothing */
	/* the path may lose large packets, and ends in a socket of ours */
	int			 guarded;
};

/* What a race is run with. All of it stays the caller's and outlives the race. */
struct race_config {
	struct event_base	*base;
	const struct target	*target;
	const struct sock_tune	*tune;
	const struct mss_steps	*mss_steps;
	struct attempts		*attempts;	/* what was tried is added */
	/*
	 * Once: the way, whose descriptor is the callee's now; or NULL and the most telling error.
	 */
	void			(*cb)(const struct connection *, const struct error *, void *);
	void			*arg;
	/*
	 * So many milliseconds this address of the target is to be left alone before it is
	 * connected to; or NULL.
	 */
	int			(*rate_limit_cb)(const struct sockaddr *, void *);
	/* who listens there waits for the client's first word: connected is all there is to see */
	int			 mute_server;
	/* another machine may be there: only who has identified itself as SSH has won */
	int			 identified;
};

/*
 * Make the plan, resolve what it needs and race its ways: the next address of the same kind after
 * 250 ms (RFC 8305), the next kind after a second, or at once when one fails; then what is beside
 * the plan (detour.h). While one alone runs it has won when it is connected; of several, or through
 * a proxy that others stand behind, the first whose server has spoken.
 *
 * Exactly one callback, from the event loop, or race_cancel and none. The handle is gone by then.
 */
struct race	*race_start(const struct race_config *, const struct plan_input *);
/*
 * Take this way once more, with other segment sizes; the same otherwise. What the way points to
 * must still be there.
 */
struct race	*race_again(const struct race_config *, const struct connection *);
/*
 * There is no more time: what is under way ends as if its own were over, and nothing new is begun.
 */
void		 race_expire(struct race *);
/* Take its further address in the same way; that one has none itself. */
struct race	*race_other(const struct race_config *, const struct connection *);
void		 race_cancel(struct race *);
/* 1 if one of these addresses is this machine's, or a neighbour's. */
int		 race_on_link(const struct addrinfo *);

#endif
