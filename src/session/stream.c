/* SPDX-License-Identifier: ISC */
/* Frames over one connection at a time, and the bytes that may have to be sent again. */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "session/stream.h"

#define STREAM_ACK_BYTES	((uint64_t)256 * 1024)
#define STREAM_ACK_MS		40
#define STREAM_REST_MS		5000
#define STREAM_TURN		32	/* reads, before others have a turn */

int
stream_init(struct stream *s, size_t ring_max)
{
	memset(s, 0, sizeof(*s));
	s->fd = -1;
	s->window = RESUME_WINDOW_MIN;
	s->owed_ms = s->ack_due_ms = s->rest_ms = -1;
	if (ring_open(&s->out, ring_max) == -1)
		return (-1);
	if (ring_open(&s->in, ring_max) == -1) {
		ring_close(&s->out);
		return (-1);
	}
	return (0);
}

void
stream_free(struct stream *s)
{
	ring_close(&s->out);
	ring_close(&s->in);
}

uint32_t
stream_window(const struct stream *s)
{
	return ((uint32_t)s->in.max);
}

void
stream_set_window(struct stream *s, uint32_t window)
{
	s->window = window;
}

uint64_t
stream_received(const struct stream *s)
{
	return (s->in.end);
}

/* Memory is in use from now on. */
static void
stream_awake(struct stream *s, int64_t now_ms)
{
	s->rest_ms = now_ms;
}

/* --- the carrier ------------------------------------------------------------------------------ */

int
stream_can_attach(const struct stream *s, uint64_t their_received)
{
	return (their_received >= s->out.start && their_received <= s->sent_most);
}

int
stream_attach(struct stream *s, int fd, uint64_t their_received, int64_t now_ms)
{
	if (!stream_can_attach(s, their_received))
		return (-1);
	stream_detach(s);
	s->fd = fd;
	s->carriers++;
	/*
	 * What they have received and not delivered still fills their window: it counts as sent,
	 * and is kept until a frame acknowledges it.
	 */
	s->sent = their_received;
	s->again_bytes += s->sent_most - their_received;
	s->heard_ms = now_ms;
	s->heard_bytes = 0;
	/* They learn with the first frame of ours how much was delivered here. */
	if (s->acked != s->in.start || s->carriers > 1)
		s->ack_due_ms = now_ms;
	return (0);
}

int
stream_detach(struct stream *s)
{
	int	fd = s->fd;

	s->fd = -1;
	s->out_len = s->out_off = s->out_data = 0;
	s->in_have = s->in_data = s->in_close_len = s->in_close_have = 0;
	s->ping = STREAM_SAY_NOT;
	s->pong = 0;
	s->owed_ms = s->ack_due_ms = -1;
	if (s->end == STREAM_SAID)
		s->end = STREAM_SAY_WANTED;
	if (s->close == STREAM_SAID)
		s->close = STREAM_SAY_WANTED;
	s->wrong = STREAM_RIGHT;
	s->error = 0;
	return (fd);
}

static int
stream_fail(struct stream *s, enum stream_wrong wrong)
{
	s->wrong = wrong;
	s->error = wrong == STREAM_SYSTEM ? errno : 0;
	return (-1);
}

/* --- frames out ------------------------------------------------------------------------------- */

/* How far the carrier may be given our bytes. */
static uint64_t
stream_limit(const struct stream *s)
{
	uint64_t	limit = s->out.start + s->window;

	return (s->out.end < limit ? s->out.end : limit);
}

static int
stream_ack_due(const struct stream *s, int64_t now_ms)
{
	/* Whoever has little room for what comes has as little for what is sent. */
	uint64_t	half = (s->in.max < s->window ? s->in.max : s->window) / 2;

	return (s->ack_due_ms != -1 && (now_ms >= s->ack_due_ms || s->in.start - s->acked >=
	    (half < STREAM_ACK_BYTES ? half : STREAM_ACK_BYTES)));
}

static int
stream_frame_open(const struct stream *s)
{
	return (s->out_off < s->out_len || s->out_data > 0);
}

/* The type of the next frame; 0: there is nothing to say. */
static unsigned int
stream_next(const struct stream *s, int64_t now_ms)
{
	if (s->pong)
		return (RESUME_PONG);
	if (s->ping == STREAM_SAY_WANTED)
		return (RESUME_PING);
	if (s->sent < stream_limit(s))
		return (RESUME_DATA);
	if (s->sent == s->out.end && s->end == STREAM_SAY_WANTED)
		return (RESUME_END);
	if (s->sent == s->out.end && s->close == STREAM_SAY_WANTED)
		return (RESUME_CLOSE);
	if (stream_ack_due(s, now_ms))
		return (RESUME_ACK);
	return (0);
}

static void
stream_owed(struct stream *s, int64_t now_ms)
{
	if (s->owed_ms == -1)
		s->owed_ms = now_ms;
}

/* Put the head of such a frame, and what follows if it is CLOSE, where they are sent from. */
static void
stream_frame_begin(struct stream *s, unsigned int type, int64_t now_ms)
{
	struct resume_head	head = { .type = (enum resume_type)type, .position = s->in.start };
	uint64_t		left = stream_limit(s) - s->sent;

	s->out_off = 0;
	s->out_len = RESUME_HEAD_BYTES;
	if (type == RESUME_DATA) {
		head.length = (uint32_t)(left < RESUME_DATA_MAX ? left : RESUME_DATA_MAX);
		s->out_data = head.length;
		stream_owed(s, now_ms);
	} else if (type == RESUME_PONG)
		s->pong = 0;
	else if (type == RESUME_PING)
		stream_owed(s, now_ms);
	else if (type == RESUME_CLOSE) {
		head.length = (uint32_t)(1 + strlen(s->own_text));
		s->out_frame[RESUME_HEAD_BYTES] = s->own_reason;
		memcpy(s->out_frame + RESUME_HEAD_BYTES + 1, s->own_text, head.length - 1);
		s->out_len += head.length;
		stream_owed(s, now_ms);
	}
	resume_head_encode(s->out_frame, &head);
	s->acked = s->in.start;
	s->ack_due_ms = -1;
}

/* The carrier took so many bytes. */
static void
stream_frame_sent(struct stream *s, size_t len)
{
	size_t	head = s->out_len - s->out_off;

	if (head > len)
		head = len;
	s->out_off += head;
	s->out_data -= len - head;
	s->sent += len - head;
	if (s->sent > s->sent_most)
		s->sent_most = s->sent;
	if (stream_frame_open(s))
		return;
	/* Whole: what it says is said. */
	if (s->out_frame[0] == RESUME_PING)
		s->ping = STREAM_SAID;
	else if (s->out_frame[0] == RESUME_END)
		s->end = STREAM_SAID;
	else if (s->out_frame[0] == RESUME_CLOSE)
		s->close = STREAM_SAID;
}

static ssize_t
stream_frame_send(struct stream *s)
{
	struct iovec	iov[3];
	struct msghdr	msg;
	int		count = 0;

	memset(&msg, 0, sizeof(msg));
	if (s->out_off < s->out_len) {
		iov[count].iov_base = s->out_frame + s->out_off;
		iov[count++].iov_len = s->out_len - s->out_off;
	}
	count += ring_data(&s->out, s->sent, s->out_data, iov + count);
	msg.msg_iov = iov;
	msg.msg_iovlen = count;
	return (sendmsg(s->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL));
}

/*
 * The connection takes no more. Read first what the peer sent before: if it ended the session and
 * that is not read, the session waits for a client that never comes back.
 */
static int
stream_refused(struct stream *s, int64_t now_ms)
{
	int		error = errno;
	uint64_t	heard_bytes;

	do
		heard_bytes = s->heard_bytes;
	while (stream_readable(s, 0, now_ms) == 0 && !s->closed && s->heard_bytes != heard_bytes);
	if (s->closed)
		return (0);
	errno = error;
	return (stream_fail(s, STREAM_SYSTEM));
}

int
stream_writable(struct stream *s, int64_t now_ms)
{
	unsigned int	type;
	ssize_t		n;

	if (s->fd == -1 || s->closed)
		return (0);
	for (;;) {
		if (!stream_frame_open(s)) {
			if ((type = stream_next(s, now_ms)) == 0)
				break;
			stream_frame_begin(s, type, now_ms);
		}
		if ((n = stream_frame_send(s)) == -1) {
			if (errno == EINTR)
				continue;
			if (errno == EAGAIN || errno == EWOULDBLOCK)
				return (0);
			return (stream_refused(s, now_ms));
		}
		stream_frame_sent(s, (size_t)n);
	}
	/* All was sent, the carrier would take more, and the ring has no room: it is the limit. */
	if (ring_room(&s->out) == 0 && s->sent == s->out.end)
		ring_grow(&s->out);
	return (0);
}

/* --- frames in -------------------------------------------------------------------------------- */

/* They have delivered so much of ours. */
static int
stream_acknowledged(struct stream *s, uint64_t position, int64_t now_ms)
{
	if (position < s->out.start || position > s->sent)
		return (stream_fail(s, STREAM_POSITION));
	if (position == s->out.start)
		return (0);
	ring_drop(&s->out, position);
	stream_awake(s, now_ms);
	if (s->owed_ms != -1)
		s->owed_ms = now_ms;
	return (0);
}

static void
stream_settle(struct stream *s)
{
	/* Whoever is told that it is over hangs up. */
	if (s->out.start == s->sent && s->ping == STREAM_SAY_NOT && s->close != STREAM_SAID)
		s->owed_ms = -1;
}

/* A head is whole. */
static int
stream_frame_came(struct stream *s, int64_t now_ms)
{
	struct resume_head	head;

	s->in_have = 0;
	if (resume_head_decode(&head, s->in_head) != RESUME_RIGHT)
		return (stream_fail(s, STREAM_FRAME));
	if (stream_acknowledged(s, head.position, now_ms) == -1)
		return (-1);
	switch (head.type) {
	case RESUME_DATA:
		if (s->ended)
			return (stream_fail(s, STREAM_AFTER_END));
		if (head.length > s->in.max - ring_used(&s->in))
			return (stream_fail(s, STREAM_WINDOW));
		s->in_data = head.length;
		break;
	case RESUME_ACK:
		break;
	case RESUME_PING:
		s->pong = 1;
		break;
	case RESUME_PONG:
		if (s->ping == STREAM_SAID)
			s->ping = STREAM_SAY_NOT;
		break;
	case RESUME_END:
		s->ended = 1;
		break;
	case RESUME_CLOSE:
		s->in_close_len = head.length;
		break;
	}
	stream_settle(s);
	return (0);
}

static void
stream_close_came(struct stream *s)
{
	s->closed = 1;
	s->reason = s->in_close[0];
	memcpy(s->text, s->in_close + 1, s->in_close_len - 1);
	s->text[s->in_close_len - 1] = '\0';
}

/*
 * Where the next bytes of the carrier go: those of DATA with the head behind them, in one read.
 * *expected says how many that is.
 */
static int
stream_places(struct stream *s, struct iovec iov[3], size_t *expected)
{
	int	count = 0, i;

	if (s->in_close_have < s->in_close_len) {
		iov[count].iov_base = s->in_close + s->in_close_have;
		iov[count++].iov_len = s->in_close_len - s->in_close_have;
	} else {
		if (s->in_data > 0 && ring_room(&s->in) == 0)
			ring_grow(&s->in);
		count = ring_space(&s->in, s->in_data, iov);
		/* Behind data that goes in whole. */
		if (s->in_data <= ring_room(&s->in)) {
			iov[count].iov_base = s->in_head + s->in_have;
			iov[count++].iov_len = RESUME_HEAD_BYTES - s->in_have;
		}
	}
	for (*expected = 0, i = 0; i < count; i++)
		*expected += iov[i].iov_len;
	return (count);
}

/* So many bytes were read to there. */
static int
stream_came(struct stream *s, size_t len, int64_t now_ms)
{
	size_t	data;

	s->heard_ms = now_ms;
	s->heard_bytes += len;
	if (s->in_close_have < s->in_close_len) {
		s->in_close_have += len;
		if (s->in_close_have == s->in_close_len)
			stream_close_came(s);
		return (0);
	}
	data = len < s->in_data ? len : s->in_data;
	if (data > 0) {
		ring_added(&s->in, data);
		s->in_data -= data;
		stream_awake(s, now_ms);
	}
	s->in_have += len - data;
	return (s->in_have < RESUME_HEAD_BYTES ? 0 : stream_frame_came(s, now_ms));
}

size_t
stream_direct(const struct stream *s)
{
	return (s->in.start == s->in.end ? s->in_data : 0);
}

int
stream_readable(struct stream *s, int direct, int64_t now_ms)
{
	struct iovec	iov[3];
	struct msghdr	msg;
	size_t		expected;
	ssize_t		n;
	int		turn;

	memset(&msg, 0, sizeof(msg));
	msg.msg_iov = iov;
	for (turn = 0; turn < STREAM_TURN && s->fd != -1 && !s->closed; turn++) {
		if (direct && stream_direct(s) > 0)
			return (1);
		/* Let the reader take it first: the next then goes in whole, and nothing grows. */
		if (turn > 0 && ring_room(&s->in) < s->in_data)
			return (0);
		msg.msg_iovlen = stream_places(s, iov, &expected);
		if ((n = recvmsg(s->fd, &msg, MSG_DONTWAIT)) == -1) {
			if (errno == EINTR)
				continue;
			if (errno == EAGAIN || errno == EWOULDBLOCK)
				return (0);
			return (stream_fail(s, STREAM_SYSTEM));
		}
		if (n == 0)
			return (stream_fail(s, STREAM_EOF));
		if (stream_came(s, (size_t)n, now_ms) == -1)
			return (-1);
		/* Fewer than were asked for: it is empty now. */
		if ((size_t)n < expected)
			return (0);
	}
	return (0);
}

static void
stream_ack_later(struct stream *s, int64_t now_ms)
{
	if (s->ack_due_ms == -1)
		s->ack_due_ms = now_ms + STREAM_ACK_MS;
}

void
stream_directed(struct stream *s, size_t len, int64_t now_ms)
{
	ring_pass(&s->in, len);
	s->in_data -= len;
	s->heard_ms = now_ms;
	s->heard_bytes += len;
	stream_ack_later(s, now_ms);
}

int
stream_want(const struct stream *s, int64_t now_ms)
{
	if (s->fd == -1 || s->closed)
		return (0);
	return (STREAM_READ |
	    (stream_frame_open(s) || stream_next(s, now_ms) != 0 ? STREAM_WRITE : 0));
}

/* --- time ------------------------------------------------------------------------------------- */

void
stream_ping(struct stream *s, int64_t now_ms)
{
	if (s->fd == -1 || s->ping != STREAM_SAY_NOT)
		return;
	s->ping = STREAM_SAY_WANTED;
	stream_owed(s, now_ms);
}

void
stream_forgive(struct stream *s, int64_t now_ms)
{
	s->heard_ms = now_ms;
	if (s->owed_ms != -1)
		s->owed_ms = now_ms;
}

int64_t
stream_next_ms(const struct stream *s)
{
	int64_t	rest_ms = s->rest_ms == -1 ? -1 : s->rest_ms + STREAM_REST_MS;

	if (s->fd == -1 || s->ack_due_ms == -1)
		return (rest_ms);
	return (rest_ms == -1 || s->ack_due_ms < rest_ms ? s->ack_due_ms : rest_ms);
}

void
stream_tick(struct stream *s, int64_t now_ms)
{
	if (s->rest_ms == -1 || now_ms - s->rest_ms < STREAM_REST_MS)
		return;
	ring_rest(&s->out);
	ring_rest(&s->in);
	s->rest_ms = -1;
}

/* --- here ------------------------------------------------------------------------------------- */

int
stream_space(struct stream *s, size_t most, struct iovec iov[2])
{
	if (s->end != STREAM_SAY_NOT || s->close != STREAM_SAY_NOT)
		return (0);
	return (ring_space(&s->out, most, iov));
}

void
stream_added(struct stream *s, size_t len, int64_t now_ms)
{
	ring_added(&s->out, len);
	stream_awake(s, now_ms);
}

size_t
stream_put(struct stream *s, const void *buf, size_t len, int64_t now_ms)
{
	struct iovec	iov[2];
	size_t		done = 0;
	int		count = stream_space(s, len, iov), i;

	for (i = 0; i < count; i++) {
		memcpy(iov[i].iov_base, (const char *)buf + done, iov[i].iov_len);
		done += iov[i].iov_len;
	}
	stream_added(s, done, now_ms);
	return (done);
}

void
stream_end(struct stream *s)
{
	if (s->end == STREAM_SAY_NOT)
		s->end = STREAM_SAY_WANTED;
}

void
stream_close(struct stream *s, enum resume_reason reason, const char *text)
{
	if (s->close != STREAM_SAY_NOT)
		return;
	s->close = STREAM_SAY_WANTED;
	s->own_reason = (uint8_t)reason;
	snprintf(s->own_text, sizeof(s->own_text), "%s", text);
}

int
stream_data(const struct stream *s, struct iovec iov[2])
{
	return (ring_data(&s->in, s->in.start, ring_used(&s->in), iov));
}

void
stream_delivered(struct stream *s, size_t len, int64_t now_ms)
{
	ring_drop(&s->in, s->in.start + len);
	stream_awake(s, now_ms);
	stream_ack_later(s, now_ms);
}

int
stream_ended(const struct stream *s)
{
	return (s->ended && s->in.start == s->in.end);
}

int
stream_done(const struct stream *s)
{
	return (stream_ended(s) && s->end == STREAM_SAID && s->out.start == s->out.end);
}
