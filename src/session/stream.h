/* SPDX-License-Identifier: ISC */
/*
 * One byte stream in each direction that outlives the connections that carry it: the frames of
 * wire/resume.h over one connected stream socket at a time. For both sides of a session. It does
 * no waiting and has no clock: the caller polls, says what happened, and what time it is (any clock
 * that does not go backward, in milliseconds).
 *
 *	here	stream_space, stream_added, stream_end; stream_data, stream_delivered
 *	carrier	stream_attach, stream_want, stream_readable, stream_writable
 */

#ifndef SESSION_STREAM_H
#define SESSION_STREAM_H

#include <sys/types.h>
#include <sys/uio.h>

#include <stddef.h>
#include <stdint.h>

#include "session/ring.h"
#include "wire/resume.h"

#define STREAM_READ	0x01
#define STREAM_WRITE	0x02

/* Why a carrier cannot be used further. The session is not touched by any of them. */
enum stream_wrong {
	STREAM_RIGHT,
	STREAM_SYSTEM,		/* errno in `error` */
	STREAM_EOF,		/* it ended without CLOSE */
	STREAM_FRAME,		/* unknown type, or a length that the type does not have */
	STREAM_POSITION,	/* outside of what was sent */
	STREAM_WINDOW,		/* more data than the window */
	STREAM_AFTER_END	/* data, behind the end */
};

enum stream_say {
	STREAM_SAY_NOT,
	STREAM_SAY_WANTED,	/* to be sent */
	STREAM_SAID		/* handed to the carrier, on this connection */
};

/* Others read it, but for the last group, and change nothing. */
struct stream {
	struct ring	 out;		/* from what the other side has delivered to what was put */
	struct ring	 in;		/* from what was delivered here to what was received */
	int		 fd;		/* the carrier, the caller's own; -1: none */
	uint32_t	 window;	/* of the other side */
	uint64_t	 sent;		/* position in `out` up to which this carrier was given */
	uint64_t	 sent_most;	/* the same of all carriers */
	enum stream_say	 end;		/* ours */
	enum stream_say	 close;		/* ours */
	int		 ended;		/* END has come: `in` has all of it */
	/* CLOSE has come: its reason, and its text, raw, NUL-terminated */
	int		 closed;
	uint8_t		 reason;
	char		 text[RESUME_TEXT_MAX + 1];
	enum stream_wrong wrong;
	int		 error;

	/* for doubt; times of the caller's clock */
	enum stream_say	 ping;		/* STREAM_SAID until the answer comes */
	/* the last bytes from this carrier, or when it was attached */
	int64_t		 heard_ms;
	/* since when this carrier owes an acknowledgement or an answer, or made the last
	 * progress with one; -1: nothing is owed */
	int64_t		 owed_ms;
	uint64_t	 heard_bytes;	/* from this carrier, heads included */
	uint64_t	 again_bytes;	/* were sent a second time, on all carriers */
	int		 carriers;	/* how many there were so far */

	uint64_t	 acked;		/* position in `in` that the other side was told */
	int64_t		 ack_due_ms;	/* -1: nothing new to tell */
	int64_t		 rest_ms;	/* when memory was used last; -1: it was given back */
	int		 pong;
	uint8_t		 out_frame[RESUME_HEAD_BYTES + 1 + RESUME_TEXT_MAX];
	size_t		 out_len, out_off;	/* of the head, and what follows it in out_frame */
	size_t		 out_data;		/* bytes of DATA that remain to be sent */
	uint8_t		 in_head[RESUME_HEAD_BYTES];
	size_t		 in_have;
	size_t		 in_data;		/* bytes of DATA that remain to be read */
	uint8_t		 in_close[1 + RESUME_TEXT_MAX];
	size_t		 in_close_len, in_close_have;
	uint8_t		 own_reason;
	char		 own_text[RESUME_TEXT_MAX + 1];
};

/*
 * Begin a session with rings of up to ring_max bytes, a power of two from RING_FIRST to RING_MAX.
 * stream_window says what the other side is to be told. 0, or -1 with errno: no memory. This is the
 * only function that allocates.
 */
int		 stream_init(struct stream *, size_t ring_max);
void		 stream_free(struct stream *);
/* The window to promise in hello or reply. */
uint32_t	 stream_window(const struct stream *);
/* What the other side promised. RESUME_WINDOW_MIN until this is called. */
void		 stream_set_window(struct stream *, uint32_t window);

/* --- the carrier ------------------------------------------------------------------------------ */

/*
 * `received` for hello and reply: the position of the next byte that is wanted. From then on the
 * old carrier must not be read (stream_readable), until it is known that the other side did not
 * accept: the position is a promise.
 */
uint64_t	 stream_received(const struct stream *);
/*
 * Go on over this connected stream socket, of which exactly hello and reply were
 * read. their_received is what they said there; 0 for a new session. The former carrier, if any,
 * is detached (and is the caller's to close). The client of a new session may attach behind its
 * hello and write, but does not read before it has the reply. 0, or -1, with nothing changed, if
 * the position is outside of what was sent and not yet acknowledged: that session cannot go on.
 */
int		 stream_attach(struct stream *, int fd, uint64_t their_received, int64_t now_ms);
/* 1 if stream_attach would accept this position. */
int		 stream_can_attach(const struct stream *, uint64_t their_received);
/* Returns the descriptor, the caller's to close, or -1. */
int		 stream_detach(struct stream *);

/* STREAM_READ, STREAM_WRITE: what to wait for at the carrier. 0 without one. */
int		 stream_want(const struct stream *, int64_t now_ms);
/*
 * Read frames until the carrier has no more for now, or enough for one turn was read: 0. -1 if the
 * carrier is to be detached and closed: `wrong` and `error` say why. After CLOSE it reads nothing
 * and returns 0: look at `closed`.
 *
 * With `direct`, it also stops, and returns 1, where bytes of DATA are next and nothing waits to be
 * delivered: up to stream_direct bytes may then be moved from the carrier to the reader by other
 * means (splice), and told to stream_directed; or it is called again without `direct`.
 */
int		 stream_readable(struct stream *, int direct, int64_t now_ms);
size_t		 stream_direct(const struct stream *);
void		 stream_directed(struct stream *, size_t bytes, int64_t now_ms);
/*
 * Send until the carrier takes no more or there is nothing to send: 0, or -1 as above. Where it has
 * ended, what came before is read: bytes to deliver, or CLOSE, which is 0.
 */
int		 stream_writable(struct stream *, int64_t now_ms);

/* Ask the other side for an answer; nothing changes if one is under way. */
void		 stream_ping(struct stream *, int64_t now_ms);
/* What was owed before this moment does not count: the machine was asleep. */
void		 stream_forgive(struct stream *, int64_t now_ms);
/* When stream_tick is due, on the caller's clock; -1: not at all. */
int64_t		 stream_next_ms(const struct stream *);
/* An acknowledgement may be due now (see stream_want), or memory be given back. */
void		 stream_tick(struct stream *, int64_t now_ms);

/* --- towards the other side ------------------------------------------------------------------- */

/*
 * Where bytes for the other side go (readv), at most so many: how many pieces, 0 if there is no
 * room, or the stream was ended. stream_added says how many were put there.
 */
int		 stream_space(struct stream *, size_t most, struct iovec iov[2]);
void		 stream_added(struct stream *, size_t bytes, int64_t now_ms);
/* Copy as many bytes as there is room for: how many. */
size_t		 stream_put(struct stream *, const void *, size_t, int64_t now_ms);
/* No more will be put. */
void		 stream_end(struct stream *);
/*
 * The session is over, for this reason; what was put is sent before, then CLOSE. `close` is
 * STREAM_SAID when the carrier has it. The caller bounds the wait, and closes the carrier so that
 * it arrives: shutdown(2), then read to the end.
 */
void		 stream_close(struct stream *, enum resume_reason, const char *text);

/* --- from the other side ---------------------------------------------------------------------- */

/* What waits to be delivered (writev): how many pieces. */
int		 stream_data(const struct stream *, struct iovec iov[2]);
/* So many bytes of it are in the reader's hands: they will not be sent again. */
void		 stream_delivered(struct stream *, size_t bytes, int64_t now_ms);

/* 1 if the other side's stream has ended and was delivered. */
int		 stream_ended(const struct stream *);
/* 1 if both have, and the other side has acknowledged all of ours: time for stream_close. */
int		 stream_done(const struct stream *);

#endif
