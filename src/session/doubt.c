/* SPDX-License-Identifier: ISC */
/* Tells from the kernel's view, counters and time whether a connection still works. */

#include <stddef.h>

#include "session/doubt.h"
#include "session/stream.h"

#define LOOK_MS		200	/* between looks while something is owed, or bytes have just come */
#define ACTIVE_MS	5000	/* so long after any byte */
#define ASK_MS		1000	/* owed, and nothing came: ask */
#define SILENT_MS	2000	/* with 4 round trips, and no answer: make another connection */
#define EVENT_MS	400	/* with 4 round trips: the same when something has just happened */
#define HOLE_MS		2500	/* the other kernel lives, and its process says nothing */
#define LULL_MS		2000	/* bytes came, and then none: ask once */
#define IDLE_MS		15000	/* nothing for so long: ask */
#define CONNECT_MS	1000
#define RECENT_MS	5000	/* an event is fresh for so long */
#define FRESH_BYTES	1024	/* a resumed connection that has brought fewer is fresh */
#define RTT_MS		250	/* while none is known */

void
doubt_stream(struct doubt_facts *facts, const struct stream *stream)
{
	facts->resumed = stream->carriers > 1;
	facts->heard_ms = stream->heard_ms;
	facts->owed_ms = stream->owed_ms;
	facts->heard_bytes = stream->heard_bytes;
	facts->sent = stream->sent;
	facts->asked = stream->ping != STREAM_SAY_NOT;
	facts->said = stream->ping == STREAM_SAID;
}

/* Note what has changed since the last look. */
static void
note(struct doubt_view *view, const struct doubt_facts *facts)
{
	const struct os_tcp	*tcp = facts->tcp;
	int64_t			 moved_bytes = tcp != NULL && tcp->acked_bytes != -1 ?
				    tcp->acked_bytes : (int64_t)facts->sent;

	if (moved_bytes > view->moved_bytes) {
		view->moved_bytes = moved_bytes;
		view->moved_ms = facts->now_ms;
	}
	/* Something came behind what did not, and does not come. */
	if (facts->heard_bytes != view->heard_bytes)
		view->gap_ms = 0;
	else if (tcp != NULL && tcp->behind != view->behind && view->gap_ms == 0)
		view->gap_ms = facts->now_ms;
	if (tcp != NULL)
		view->behind = tcp->behind;
	view->heard_bytes = facts->heard_bytes;
}

static int64_t
round_trips(const struct doubt_facts *facts)
{
	int	rtt_ms = facts->tcp != NULL ? facts->tcp->rtt_ms : facts->rtt_ms;

	return (4 * (int64_t)(rtt_ms > 0 ? rtt_ms : RTT_MS));
}

static int
recent(const struct doubt_facts *facts)
{
	return (facts->event_ms != 0 && facts->now_ms - facts->event_ms < RECENT_MS);
}

static int
fresh(const struct doubt_facts *facts)
{
	return (facts->resumed && facts->heard_bytes < FRESH_BYTES);
}

/* It was asked, and what stands still stands still for too long: what to do about it. */
static enum doubt_sign
unanswered(const struct doubt_view *view, const struct doubt_facts *facts)
{
	int64_t	limit_ms = round_trips(facts) +
		    (recent(facts) || fresh(facts) ? EVENT_MS : SILENT_MS);
	int64_t	silent_ms = facts->now_ms - facts->heard_ms;
	int64_t	owed_ms = facts->now_ms - facts->owed_ms;

	/* The question found no room yet: only what becomes of the bytes before it can tell. */
	if (!facts->said && view->moved_ms != 0 && facts->now_ms - view->moved_ms < silent_ms)
		silent_ms = facts->now_ms - view->moved_ms;
	if (silent_ms < limit_ms || owed_ms < limit_ms)
		return (DOUBT_NONE);
	if (fresh(facts))
		return (DOUBT_SMALLER);
	if (recent(facts) || facts->tcp == NULL || facts->tcp->ack_ms == -1 ||
	    facts->tcp->ack_ms >= limit_ms)
		return (DOUBT_ATTEMPT);
	/* The other kernel speaks. */
	return (silent_ms < HOLE_MS || owed_ms < HOLE_MS ? DOUBT_NONE : DOUBT_SMALLER);
}

enum doubt_sign
doubt_look(struct doubt_view *view, const struct doubt_facts *facts)
{
	int64_t	silent_ms = facts->now_ms - facts->heard_ms;
	int64_t	ask_ms = fresh(facts) ? EVENT_MS : ASK_MS;

	note(view, facts);
	if (facts->gone)
		return (DOUBT_ATTEMPT);
	if (facts->asked)
		return (facts->owed_ms == -1 ? DOUBT_NONE : unanswered(view, facts));
	if (recent(facts) && facts->heard_ms <= facts->event_ms)
		return (DOUBT_PING);
	if (facts->owed_ms != -1 && facts->now_ms - facts->owed_ms >= ask_ms && silent_ms >= ask_ms)
		return (DOUBT_PING);
	if (view->gap_ms != 0 || silent_ms >= IDLE_MS)
		return (DOUBT_PING);
	if (silent_ms >= LULL_MS && facts->heard_bytes != view->asked_bytes) {
		view->asked_bytes = facts->heard_bytes;
		return (DOUBT_PING);
	}
	return (DOUBT_NONE);
}

int64_t
doubt_next_ms(const struct doubt_view *view, const struct doubt_facts *facts)
{
	int64_t	silent_ms = facts->now_ms - facts->heard_ms;

	if (facts->owed_ms != -1 || facts->asked || view->gap_ms != 0 || silent_ms < ACTIVE_MS ||
	    recent(facts))
		return (facts->now_ms + LOOK_MS);
	return (silent_ms < IDLE_MS ? facts->heard_ms + IDLE_MS : facts->now_ms + LOOK_MS);
}

int
doubt_connect_ms(int rtt_ms)
{
	return (CONNECT_MS + 4 * (rtt_ms > 0 ? rtt_ms : RTT_MS));
}
