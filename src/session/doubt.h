/* SPDX-License-Identifier: ISC */
/*
 * Whether the connection of a session that can be resumed still works: when to ask, and when to
 * make another beside it. Pure. A connection that is doubted stays in use until another is ready,
 * so that being wrong costs a handshake and no more.
 */

#ifndef SESSION_DOUBT_H
#define SESSION_DOUBT_H

#include <stdint.h>

#include "os/os.h"

struct stream;

/* What was seen of this connection so far; all zero when it is attached. */
struct doubt_view {
	/* by the other kernel, or where that is not seen, taken by the carrier */
	int64_t		 moved_bytes;
	int64_t		 moved_ms;	/* when they last became more; 0: they did not */
	unsigned int	 behind;	/* segments that came behind a gap */
	int64_t		 gap_ms;	/* since when something waits behind a gap; 0: nothing */
	uint64_t	 heard_bytes;
	uint64_t	 asked_bytes;	/* heard_bytes when it was asked because of a lull */
};

/* A look. Times are of one clock, that of the stream. */
struct doubt_facts {
	int64_t		 now_ms;
	const struct os_tcp *tcp;	/* NULL: the connection shows nothing (unix socket) */
	int		 rtt_ms;	/* the last that was known, if tcp is NULL */
	/* when the network changed last, or the clock jumped (call stream_forgive); 0: never */
	int64_t		 event_ms;
	int		 gone;		/* this machine no longer has the connection's address */
	int		 resumed;	/* it is not the session's first connection */
	/* of the stream, by doubt_stream */
	int64_t		 heard_ms;
	int64_t		 owed_ms;	/* -1: nothing */
	uint64_t	 heard_bytes;
	uint64_t	 sent;		/* position up to which the carrier was given our bytes */
	int		 asked;		/* a PING is to be sent, or was, and not answered yet */
	int		 said;		/* it was given to the carrier */
};

enum doubt_sign {
	DOUBT_NONE,
	DOUBT_PING,		/* ask: stream_ping */
	DOUBT_ATTEMPT,		/* make another connection beside this one */
	DOUBT_SMALLER		/* the same, with smaller segments */
};

/* The fields that the stream knows. */
void		doubt_stream(struct doubt_facts *, const struct stream *);
enum doubt_sign	doubt_look(struct doubt_view *, const struct doubt_facts *);
/* When to look next, if nothing happens. */
int64_t		doubt_next_ms(const struct doubt_view *, const struct doubt_facts *);
/*
 * How long a connection may take to be made, with what is known of the round trip: a lost SYN is
 * not waited for, another is begun.
 */
int		doubt_connect_ms(int rtt_ms);

#endif
