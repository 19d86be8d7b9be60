/* SPDX-License-Identifier: ISC */
/*
 * Looks after a session that tailscaled on this machine carries: TCP does not say there that the
 * host is gone, nor that it was tailscaled itself that ended.
 */

#ifndef SESSION_CARRIER_H
#define SESSION_CARRIER_H

#include <event2/event_struct.h>

#include <stdint.h>

#include "base/addr.h"

struct connection;
struct error;
struct event_base;
struct target;

struct carrier_config {
	struct event_base	*base;
	const struct connection	*conn;
	const struct target	*target;
	/* the host may leave what the client says without a word so long; 0: for ever */
	int			 limit_s;
	/* The host is gone; the number is 0. */
	void			(*lost_cb)(const struct error *, int, void *);
	void			*arg;
};

/* The caller's memory: a session allocates nothing. */
struct carrier {
	struct carrier_config	 conf;
	/* readable when tailscaled has ended; or -1 */
	int			 ended_fd;
	/* connected before a sandbox keeps us from it: for its peers, and for pings; or -1 */
	int			 status_fd, ping_fd;
	struct event		 timer;
	int64_t			 waiting_ms;	/* since when; 0: for nothing */
	char			 address[ADDR_TEXT_MAX];	/* of the peer; "": not known yet */
};

/* Takes the descriptors that it needs; none where tailscaled does not carry the session. */
void	carrier_begin(struct carrier *, const struct carrier_config *);
void	carrier_stop(struct carrier *);
/* The client's bytes were given to the socket; the server's have come. */
void	carrier_sent(struct carrier *);
void	carrier_received(struct carrier *);
/*
 * The session has ended: 1 with the error set if tailscaled has, for which this waits half a
 * second.
 */
int	carrier_ended(const struct carrier *, struct error *);

#endif
