/* SPDX-License-Identifier: ISC */
/*
 * A session that outlives its connections: how it is opened, and how it goes on over another
 * connection when the one in use is in doubt or gone. The session is its number and its key, not a
 * path: each attempt is a race of its own, with what is so on this machine now.
 */

#ifndef SESSION_RESUMABLE_H
#define SESSION_RESUMABLE_H

#include <event2/event_struct.h>

#include "base/error.h"
#include "route/mss.h"
#include "route/race.h"
#include "route/target.h"
#include "session/handshake.h"
#include "session/identification.h"
#include "session/outer.h"
#include "session/stream.h"
#include "wire/resume-proof.h"

struct names;
struct names_race;

#define RESUMABLE_OPEN_MS	3000	/* for the connection and the reply */

struct resumable;

struct resumable_config {
	struct event_base	*base;
	/* how the host was reached; its port is that of sshd, its callback does not count */
	const struct race_config *race;
	const struct names	*names;		/* an attempt is by all of them; or NULL */
	int			 port;		/* who can resume listens there */
	int			 hold_s;	/* bear so long an absence */
	/* each connection is forwarded by an ssh of its own, and not raced; or NULL */
	const struct outer_command *outer;
	/* Fill in what a plan has to know of this machine now. */
	void			(*plan_cb)(struct plan_input *, void *);
	/* There is no connection, for an attempt failed, and why; or, with NULL, it goes on. */
	void			(*waits_cb)(const struct resumable *, const char *why, void *);
	void			*arg;
};

/* Others read it, but for the stream, which is the relay's to use. */
struct resumable {
	struct resumable_config	 conf;
	struct stream		 stream;
	struct identification	 identification;
	struct connection	 conn;		/* in use; its descriptor is stream.fd */
	uint8_t			 key[RESUME_KEY_BYTES];
	uint8_t			 id[RESUME_ID_BYTES];
	uint8_t			 boot[RESUME_BOOT_BYTES];
	uint32_t		 number;	/* the last that was said */
	int64_t			 hold_ms;	/* what both sides agreed on */

	/* an attempt, or the opening */
	struct target		 target;
	struct race_config	 race_conf;
	struct mss_steps	 mss_steps;
	struct attempts		 attempts;
	struct race		*race;
	struct connection	 next;		/* its descriptor is -1 if there is none */
	struct handshake	 handshake;
	struct event		 timer;		/* the limit of the attempt, or the next one */
	int			 busy;		/* an attempt is under way */
	int			 stirred;	/* the network has changed since it began */
	int			 frozen;	/* a position is promised: the old one rests */
	int			 tries;		/* since the last one that was good for a while */
	int64_t			 taken_ms;	/* the one in use took over; 0: it is the first */
	int			 denied;
	int			 smaller_bytes;	/* of segments, for larger ones were lost; or 0 */
	int64_t			 other_ms;	/* another service has answered since; 0: none */
	int			 doubted;	/* the attempt is beside one that may be good */
	int64_t			 began_ms;
	uint64_t		 heard_bytes;	/* by the stream, then */
	int			 rtt_ms;
	int64_t			 lost_ms;	/* since when there is no good one; 0: there is */
	/* those of the names that are asked: where another machine has one, it is left out */
	struct names		*names;
	struct names_race	*choosing;	/* in the place of the race */
	int			 name;		/* the one that is connected */
	/* with conf.outer: of the connection in use, and of the attempt */
	struct outer		 outer, outer_next;
	int			 outer_ms;	/* so long its first login took */
	int			 turned_away;	/* ssh has ended so many in a row */
	struct error		 refusal;	/* what such a machine has said */
	int			 refused_tries;	/* since then */
	struct error		 why;		/* how the last attempt ended */
	struct error		 over;		/* the session has ended, for this reason */

	/* opening */
	int			 reached;	/* it was connected, or refused */
	uint8_t			 secret[RESUME_SECRET_BYTES];
	void			(*opened_cb)(int opened, void *);
	void			*opened_arg;

	/* The connection has changed, may be used again, or the session is over. */
	void			(*changed_cb)(void *);
	void			*changed_arg;
};

/*
 * Open a session, with the client's first bytes, if there are any: by the way of this connection,
 * or with NULL by a race. Exactly one callback, 1 if the session is there, with its connection
 * attached, 0 if not; what there was is gone then. NULL where this machine cannot do that. There is
 * one session at a time, in static memory.
 */
struct resumable	*resumable_open(const struct resumable_config *,
			    const struct connection *by, const char *said, size_t len,
			    int limit_ms, void (*opened_cb)(int, void *), void *arg);
/* 1 if it is connected, and waits for the reply; before opened_cb. */
int		 resumable_connected(const struct resumable *);
/* Ends what is under way, and closes the connection. NULL is allowed. */
void		 resumable_free(struct resumable *);

/* The connection cannot be used further. */
void		 resumable_lost(struct resumable *, const char *why);
/* Make another connection, beside the one in use if there is one. */
void		 resumable_attempt(struct resumable *, int smaller);
/* The connection in use has spoken: it is good after all, unless a position is promised. */
void		 resumable_heard(struct resumable *);
/* The network of this machine has changed: what waits need not wait longer. */
void		 resumable_event(struct resumable *);
/* For the files of this module: all names count again. */
void		 resumable_names(struct resumable *);
/* Begin the race of an attempt, whose callback and target are set. */
void		 resumable_race(struct resumable *);
/* The end that is set is not one yet, if the host has a name left that has not been refused. */
void		 resumable_other_name(struct resumable *);
/* The milliseconds before the next attempt, after so many, so long after the loss. Pure. */
int		 resumable_wait_ms(int tries, int64_t lost_ms);
/* The same where a server has turned away so many in a row: it may count them. Pure. */
int		 resumable_turned_away_ms(int count);

#endif
