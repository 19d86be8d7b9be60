/* SPDX-License-Identifier: ISC */
/*
 * Looks after a connection that can no longer be replaced, and tells apart why it stands still: a
 * hole in the path that swallows large packets on the forward path or back, a dead path, marked
 * packets that are dropped, an address that went away. It looks five times a second, but only while
 * something is outstanding. A path that is dead may come back: it is borne for as long as plain TCP
 * would, unless the user has said otherwise.
 */

#ifndef SESSION_WATCH_H
#define SESSION_WATCH_H

#include <stddef.h>
#include <stdint.h>

#include "os/os.h"
#include "session/holdback.h"

struct error;
struct event_base;
struct connection;
struct sock_tune;
struct target;
struct watch;

struct watch_config {
	struct event_base	*base;
	const struct connection	*conn;
	const struct target	*target;
	const struct sock_tune	*tune;
	struct holdback_proof	 proof;
	/* the session is one, and its key exchange has begun */
	int			 ssh;
	/* The key exchange is over; never if the session is not SSH. */
	void			(*settled_cb)(void *);
	/*
	 * The session is lost. The number is the segment size for the next connection, 0 if it
	 * makes no difference.
	 */
	void			(*lost_cb)(const struct error *, int mss_bytes, void *);
	void			*arg;
};

/*
 * Takes the descriptors that it needs. What the configuration points to outlives the handle. There
 * is one watch at a time, in static memory: this is called in mid-session.
 */
struct watch	*watch_start(const struct watch_config *conf);
void		 watch_stop(struct watch *watch);
/* The client's bytes were given to the socket; the server's have come. A NULL handle is allowed. */
void		 watch_sent(struct watch *watch, size_t bytes);
void		 watch_received(struct watch *watch);
/*
 * The kernel gave up the connection: set *err to the cause, as far as it was seen. Return as
 * lost_cb's mss_bytes.
 */
int		 watch_explain(struct watch *watch, struct error *err);
/* 1 if this errno from the kernel means that the path failed. */
int		 watch_explains(int error);

/* What was seen of a connection so far; all zero to begin with. */
struct watch_view {
	int64_t	acked_bytes, received_bytes;
	int64_t	sent_ms;		/* since when what waits has been waiting */
	int	swallowed;		/* of that, something is, while the path is alive */
	/* since when something waits behind a gap; 0: nothing does */
	int64_t	gap_ms;
	int64_t	quiet_bytes;		/* acknowledged when nothing waited last */
	int	silent;			/* nothing has come for too long to speak of a hole */
	/* after such a silence: until then what is missing may still be on its way */
	int64_t	calm_ms;
};

/* How long what is borne. */
struct watch_limits {
	int64_t	hole_ms;
	int64_t	silent_ms;		/* an alive path lets something come more often */
	int64_t	dead_ms;
};

enum watch_sign {
	WATCH_QUIET,		/* nothing is outstanding */
	WATCH_WAITING,		/* something is */
	WATCH_STALLED,		/* for longer than a healthy path would need */
	/* for so long that it is a hole: what is larger is lost, what is smaller arrives */
	WATCH_HOLE_THERE,
	WATCH_HOLE_BACK,
	WATCH_DEAD
};

/* The limits before or after the end of the key exchange. Pure. */
void		watch_limits(struct watch_limits *, const struct sock_tune *, int settled);
/* Add a look, at this time. Pure. */
enum watch_sign	watch_look(struct watch_view *, const struct os_tcp *, int64_t now_ms,
		    const struct watch_limits *);

#endif
