/* SPDX-License-Identifier: ISC */
/* Unit tests: stream. */

#include <sys/socket.h>

#include <errno.h>

#include "check.h"
#include "net/sock.h"
#include "session/stream.h"

#define NO_LIMIT	SIZE_MAX

/* One side of a session, its end of the wire, and what it says and has heard. */
struct side {
	struct stream	 s;
	int		 fd, far_fd;	/* the carrier, and the test's end of it */
	uint8_t		 salt;		/* tells the two streams apart */
	uint64_t	 put, total;
	uint64_t	 taken;
	size_t		 ahead;		/* puts no more than so much before it is acknowledged */
	size_t		 piece;		/* delivers no more than so much at a time */
	size_t		 allowed;	/* bytes of it that the wire still carries */
	uint64_t	 carried;
	char		 waits[1 << 17];	/* read from it, and not yet carried */
	size_t		 waits_len;
};

static struct side	near_side, far_side;
static int64_t		now_ms;

static uint8_t
byte_at(uint64_t position, uint8_t salt)
{
	return ((uint8_t)(position * 2654435761u >> 11) ^ salt);
}

static void
side_open(struct side *side, uint8_t salt, uint64_t total)
{
	int	fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(sock_set_blocking(fds[0], 0), 0);
	assert_int_equal(sock_set_blocking(fds[1], 0), 0);
	memset(side, 0, sizeof(*side));
	assert_int_equal(stream_init(&side->s, RING_MAX), 0);
	side->fd = fds[0];
	side->far_fd = fds[1];
	side->salt = salt;
	side->total = total;
	side->ahead = side->piece = side->allowed = NO_LIMIT;
}

static void
side_close(struct side *side)
{
	stream_free(&side->s);
	close(side->fd);
	close(side->far_fd);
}

static void
session_open(uint64_t near_total, uint64_t far_total)
{
	now_ms = 1000;
	side_open(&near_side, 0x55, near_total);
	side_open(&far_side, 0xaa, far_total);
	assert_int_equal(stream_attach(&near_side.s, near_side.fd, 0, now_ms), 0);
	assert_int_equal(stream_attach(&far_side.s, far_side.fd, 0, now_ms), 0);
	stream_set_window(&near_side.s, stream_window(&far_side.s));
	stream_set_window(&far_side.s, stream_window(&near_side.s));
}

static void
session_close(void)
{
	side_close(&near_side);
	side_close(&far_side);
}

static void
side_put(struct side *side)
{
	struct iovec	iov[2];
	size_t		most = side->ahead, i;
	int		count, at;

	if (most > side->total - side->put)
		most = (size_t)(side->total - side->put);
	if (side->ahead != NO_LIMIT && most > side->ahead - ring_used(&side->s.out))
		most = side->ahead - ring_used(&side->s.out);
	count = stream_space(&side->s, most, iov);
	for (at = 0; at < count; at++) {
		for (i = 0; i < iov[at].iov_len; i++)
			((uint8_t *)iov[at].iov_base)[i] = byte_at(side->put++, side->salt);
		stream_added(&side->s, iov[at].iov_len, now_ms);
	}
	if (side->put == side->total)
		stream_end(&side->s);
}

static void
side_take(struct side *side, uint8_t salt)
{
	struct iovec	iov[2];
	size_t		len = 0, i;
	int		count = stream_data(&side->s, iov), at;

	for (at = 0; at < count; at++)
		for (i = 0; i < iov[at].iov_len && len < side->piece; i++, len++)
			if (((uint8_t *)iov[at].iov_base)[i] != byte_at(side->taken++, salt))
				fail_msg("another byte at %llu",
				    (unsigned long long)side->taken - 1);
	if (len > 0)
		stream_delivered(&side->s, len, now_ms);
}

/* Carry what one side has sent to the other: how many bytes went over. */
static size_t
carry(struct side *from, struct side *to)
{
	ssize_t	n;
	size_t	len;

	if (from->waits_len < sizeof(from->waits)) {
		n = recv(from->far_fd, from->waits + from->waits_len,
		    sizeof(from->waits) - from->waits_len, 0);
		if (n > 0)
			from->waits_len += (size_t)n;
	}
	len = from->waits_len < from->allowed ? from->waits_len : from->allowed;
	if (len == 0 || (n = send(to->far_fd, from->waits, len, 0)) <= 0)
		return (0);
	from->waits_len -= (size_t)n;
	memmove(from->waits, from->waits + n, from->waits_len);
	if (from->allowed != NO_LIMIT)
		from->allowed -= (size_t)n;
	from->carried += (uint64_t)n;
	return ((size_t)n);
}

static void
side_step(struct side *side, uint8_t salt)
{
	side_put(side);
	assert_int_equal(stream_writable(&side->s, now_ms), 0);
	assert_int_equal(stream_readable(&side->s, 0, now_ms), 0);
	side_take(side, salt);
	stream_tick(&side->s, now_ms);
}

static size_t
both_step(void)
{
	side_step(&near_side, far_side.salt);
	side_step(&far_side, near_side.salt);
	now_ms += 10;
	return (carry(&near_side, &far_side) + carry(&far_side, &near_side));
}

static void
drain(struct side *side)
{
	char	buf[65536];

	while (recv(side->fd, buf, sizeof(buf), 0) > 0)
		continue;
	while (recv(side->far_fd, buf, sizeof(buf), 0) > 0)
		continue;
	side->waits_len = 0;
}

/* The connection is cut, what was under way is lost, and the session goes on over another. */
static void
cut(void)
{
	assert_int_equal(stream_detach(&near_side.s), near_side.fd);
	assert_int_equal(stream_detach(&far_side.s), far_side.fd);
	drain(&near_side);
	drain(&far_side);
	assert_int_equal(stream_attach(&near_side.s, near_side.fd, stream_received(&far_side.s),
	    now_ms), 0);
	assert_int_equal(stream_attach(&far_side.s, far_side.fd, stream_received(&near_side.s),
	    now_ms), 0);
}

static int
both_done(void)
{
	return (stream_done(&near_side.s) && stream_done(&far_side.s));
}

static void
check_whole(void)
{
	assert_int_equal(near_side.taken, far_side.total);
	assert_int_equal(far_side.taken, near_side.total);
}

static void
finish(void)
{
	int	idle = 0;

	while (!both_done() && idle < 100)
		idle = both_step() > 0 ? 0 : idle + 1;
	assert_true(both_done());
	check_whole();
}

static void
test_plain(void **state)
{
	(void)state;
	session_open(3000000, 2000000);
	finish();
	assert_int_equal(near_side.s.again_bytes + far_side.s.again_bytes, 0);
	stream_close(&near_side.s, RESUME_CLOSE_DONE, "");
	both_step();
	both_step();
	assert_int_equal(near_side.s.close, STREAM_SAID);
	assert_int_equal(far_side.s.closed, 1);
	assert_int_equal(far_side.s.reason, RESUME_CLOSE_DONE);
	assert_string_equal(far_side.s.text, "");
	assert_int_equal(stream_want(&far_side.s, now_ms), 0);
	session_close();
}

/*
 * 300 KB each way: each connection is cut when one more byte of each stream has gone over, so that
 * there is a cut after every byte.
 */
static void
test_cut_after_every_byte(void **state)
{
	(void)state;
	session_open(300000, 300000);
	near_side.ahead = far_side.ahead = 40;
	while (near_side.taken < near_side.total || far_side.taken < far_side.total) {
		near_side.allowed = far_side.allowed = RESUME_HEAD_BYTES + 1;
		while (both_step() > 0)
			continue;
		cut();
	}
	assert_true(near_side.s.carriers >= 300000);
	near_side.allowed = far_side.allowed = NO_LIMIT;
	finish();
	session_close();
}

/* The same 300 KB in frames that are as large as they become, cut once, wherever. */
static void
test_cut_once(void **state)
{
	uint64_t	carried = 0;
	size_t		after;

	(void)state;
	for (after = 0; after == 0 || after < carried; after += 1009) {
		session_open(300000, 300000);
		near_side.allowed = after;
		far_side.allowed = after / 2;
		while (both_step() > 0)
			continue;
		cut();
		near_side.allowed = far_side.allowed = NO_LIMIT;
		finish();
		if (after == 0)
			carried = near_side.carried;
		session_close();
	}
	assert_true(carried > 300000);
}

/* All that is said in a session, cut at each of its bytes on one side, and at some on the other. */
static void
test_cut_heads(void **state)
{
	size_t	near_after, far_after, again;

	(void)state;
	for (near_after = 0; near_after < 200; near_after++)
		for (far_after = 0; far_after < 200; far_after += 7) {
			session_open(60, 33);
			near_side.ahead = 25;
			far_side.piece = 20;
			stream_ping(&near_side.s, now_ms);
			stream_ping(&far_side.s, now_ms);
			near_side.allowed = near_after;
			far_side.allowed = far_after;
			for (again = 0; again < 4; again++)
				both_step();
			stream_close(&near_side.s, RESUME_CLOSE_CLIENT, "bye");
			for (again = 0; again < 4; again++)
				both_step();
			if (!far_side.s.closed) {
				cut();
				near_side.allowed = far_side.allowed = NO_LIMIT;
			}
			for (again = 0; again < 50 && !far_side.s.closed; again++)
				both_step();
			assert_int_equal(far_side.s.closed, 1);
			assert_string_equal(far_side.s.text, "bye");
			while (far_side.taken < stream_received(&far_side.s))
				side_take(&far_side, near_side.salt);
			assert_int_equal(far_side.taken, near_side.put);
			session_close();
		}
}

/* Whatever each does and wherever it is cut, the bytes are whole. */
static void
test_random(void **state)
{
	int	seed, small, idle;

	(void)state;
	for (seed = 1; seed <= 60; seed++) {
		srandom((unsigned int)seed);
		session_open((uint64_t)random() % 400000, (uint64_t)random() % 400000);
		if (random() % 2 == 0) {
			small = 2048;
			setsockopt(near_side.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
			setsockopt(far_side.far_fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
		}
		if (random() % 2 == 0)
			far_side.s.window = RESUME_WINDOW_MIN;
		for (idle = 0; !both_done() && idle < 1000;) {
			near_side.piece = (size_t)random() % 60000;
			far_side.piece = (size_t)random() % 60000;
			near_side.allowed = (size_t)random() % 90000;
			far_side.allowed = (size_t)random() % 90000;
			idle = both_step() > 0 ? 0 : idle + 1;
			if (random() % 20 == 0)
				stream_ping(&near_side.s, now_ms);
			if (random() % 8 == 0)
				cut();
		}
		assert_true(both_done());
		check_whole();
		session_close();
	}
}

/*
 * A reader that stands still stops its writer after a window, and nothing else: a PING is answered.
 * A new connection in that state does not make the writer send more than there is room for.
 */
static void
test_reader_stops(void **state)
{
	int	i, again;

	(void)state;
	session_open(3 * RING_MAX, 10);
	far_side.piece = 0;
	for (again = 0; again < 3; again++) {
		while (both_step() > 0)
			continue;
		assert_int_equal(far_side.s.in.end, RING_MAX);
		assert_int_equal(far_side.taken, 0);
		assert_int_equal(ring_used(&near_side.s.out), RING_MAX);
		assert_int_equal(near_side.s.out.size, RING_MAX);
		stream_ping(&near_side.s, now_ms);
		assert_int_equal(near_side.s.ping, STREAM_SAY_WANTED);
		for (i = 0; i < 4; i++)
			both_step();
		assert_int_equal(near_side.s.ping, STREAM_SAY_NOT);
		cut();
	}
	far_side.piece = 100000;
	finish();
	session_close();
}

/* No more than the window is out beyond what was acknowledged, and little before it is known. */
static void
test_window(void **state)
{
	(void)state;
	session_open(500000, 500000);
	near_side.s.window = RESUME_WINDOW_MIN;
	far_side.piece = 0;
	while (both_step() > 0)
		continue;
	assert_int_equal(far_side.s.in.end, RESUME_WINDOW_MIN);
	assert_int_equal(near_side.s.sent, RESUME_WINDOW_MIN);
	far_side.piece = 1000;
	finish();
	session_close();
}

/* The ring of a writer grows only where it, and not the carrier, is what limits. */
static void
test_growth(void **state)
{
	int	small = 2048, i;

	(void)state;
	session_open(1000000, 0);
	setsockopt(near_side.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	for (i = 0; i < 10; i++) {
		side_put(&near_side);
		assert_int_equal(stream_writable(&near_side.s, now_ms), 0);
	}
	assert_int_equal(ring_room(&near_side.s.out), 0);
	assert_int_equal(near_side.s.out.size, RING_FIRST);
	/* The carrier takes all, and nothing is acknowledged. */
	small = 10 * RING_FIRST;
	setsockopt(near_side.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	while (near_side.s.out.size == RING_FIRST && i++ < 100) {
		carry(&near_side, &far_side);
		assert_int_equal(stream_writable(&near_side.s, now_ms), 0);
	}
	assert_int_equal(near_side.s.out.size, 2 * RING_FIRST);
	finish();
	/* At rest, what it had is given back, on both sides. */
	assert_int_not_equal(stream_next_ms(&near_side.s), -1);
	now_ms = stream_next_ms(&near_side.s) + 5000;
	stream_tick(&near_side.s, now_ms);
	stream_tick(&far_side.s, now_ms);
	assert_int_equal(near_side.s.out.size, RING_FIRST);
	assert_int_equal(near_side.s.out.touched, 0);
	assert_int_equal(far_side.s.in.touched, 0);
	session_close();
}

/* What was delivered is acknowledged 40 ms later, or with what is said anyway. */
static void
test_ack(void **state)
{
	(void)state;
	session_open(100, 0);
	near_side.ahead = 10;
	side_put(&near_side);
	stream_writable(&near_side.s, now_ms);
	carry(&near_side, &far_side);
	stream_readable(&far_side.s, 0, now_ms);
	stream_end(&far_side.s);
	stream_writable(&far_side.s, now_ms);
	assert_int_equal(stream_want(&far_side.s, now_ms), STREAM_READ);
	side_take(&far_side, near_side.salt);
	assert_int_equal(stream_next_ms(&far_side.s), now_ms + 40);
	assert_int_equal(stream_want(&far_side.s, now_ms + 39), STREAM_READ);
	assert_int_equal(stream_want(&far_side.s, now_ms + 40), STREAM_READ | STREAM_WRITE);
	assert_int_equal(near_side.s.owed_ms, now_ms);
	now_ms += 40;
	stream_writable(&far_side.s, now_ms);
	carry(&far_side, &near_side);
	stream_readable(&near_side.s, 0, now_ms);
	assert_int_equal(ring_used(&near_side.s.out), 0);
	assert_int_equal(near_side.s.owed_ms, -1);
	assert_int_equal(near_side.s.heard_ms, now_ms);
	finish();
	session_close();
}

/* Who keeps little, as with little memory, is told in time: it does not wait for the 40 ms. */
static void
test_ack_small(void **state)
{
	int64_t	begun_ms;
	int	idle = 0;

	(void)state;
	session_open(1000000, 0);
	stream_free(&near_side.s);
	assert_int_equal(stream_init(&near_side.s, RING_FIRST), 0);
	assert_int_equal(stream_attach(&near_side.s, near_side.fd, 0, now_ms), 0);
	stream_set_window(&near_side.s, stream_window(&far_side.s));
	stream_set_window(&far_side.s, stream_window(&near_side.s));
	begun_ms = now_ms;
	while (idle < 3) {
		idle = both_step() > 0 ? 0 : idle + 1;
		now_ms = begun_ms;
	}
	assert_int_equal(far_side.taken, near_side.total);
	finish();
	session_close();
}

/* Data may go by beside the ring, for as long as nothing waits in it. */
static void
test_direct(void **state)
{
	struct side	*far = &far_side;
	char		 buf[1000];
	uint64_t	 went_by = 0;
	ssize_t		 n, i;
	size_t		 most;

	(void)state;
	session_open(200000, 0);
	far->piece = 777;
	while (far->taken < near_side.total) {
		side_put(&near_side);
		stream_writable(&near_side.s, now_ms);
		carry(&near_side, far);
		while (stream_readable(&far->s, 1, now_ms) == 1) {
			most = stream_direct(&far->s);
			assert_within(most, 1, RESUME_DATA_MAX);
			n = recv(far->fd, buf, most < sizeof(buf) ? most : sizeof(buf), 0);
			if (n <= 0)
				break;
			for (i = 0; i < n; i++)
				assert_int_equal((uint8_t)buf[i],
				    byte_at(far->taken++, near_side.salt));
			stream_directed(&far->s, (size_t)n, now_ms);
			went_by += (uint64_t)n;
			/* The reader has no room: some of it goes into the ring. */
			if (random() % 4 == 0)
				assert_int_equal(stream_readable(&far->s, 0, now_ms), 0);
		}
		side_take(far, near_side.salt);
		now_ms += 10;
		stream_writable(&far->s, now_ms);
		carry(far, &near_side);
		stream_readable(&near_side.s, 0, now_ms);
		if (random() % 50 == 0)
			cut();
	}
	assert_true(went_by > 1000 && went_by < near_side.total);
	finish();
	session_close();
}

/* The far side cannot have what was never sent, nor lack what it has acknowledged. */
static void
test_attach(void **state)
{
	(void)state;
	session_open(1000, 0);
	near_side.ahead = 500;
	while (far_side.taken < 1000 || ring_used(&near_side.s.out) > 0)
		both_step();
	assert_int_equal(near_side.s.out.start, 1000);
	assert_false(stream_can_attach(&near_side.s, 999));
	assert_true(stream_can_attach(&near_side.s, 1000));
	assert_int_equal(stream_attach(&near_side.s, near_side.fd, 1001, now_ms), -1);
	assert_int_equal(stream_attach(&near_side.s, near_side.fd, UINT64_MAX, now_ms), -1);
	assert_int_equal(near_side.s.fd, near_side.fd);
	assert_int_equal(stream_attach(&far_side.s, far_side.fd, 1, now_ms), -1);
	session_close();
}

static const struct hostile {
	const char	*what;
	enum stream_wrong wrong;
	size_t		 len;
	uint8_t		 bytes[40];
} hostiles[] = {
	{ "type 0", STREAM_FRAME, 12, { 0 } },
	{ "type 7", STREAM_FRAME, 12, { 7 } },
	{ "type 255", STREAM_FRAME, 12, { 255 } },
	{ "ACK with a body", STREAM_FRAME, 12, { 2, 0, 0, 1 } },
	{ "PING with a body", STREAM_FRAME, 12, { 3, 0, 0, 1 } },
	{ "PONG with a body", STREAM_FRAME, 12, { 4, 255, 255, 255 } },
	{ "END with a body", STREAM_FRAME, 12, { 5, 0, 0, 1 } },
	{ "DATA without a body", STREAM_FRAME, 12, { 1 } },
	{ "DATA of 65537", STREAM_FRAME, 12, { 1, 1, 0, 1 } },
	{ "CLOSE without a reason", STREAM_FRAME, 12, { 6 } },
	{ "CLOSE of 201", STREAM_FRAME, 12, { 6, 0, 0, 201 } },
	{ "acknowledges 11 of 10", STREAM_POSITION, 12, { 2, 0, 0, 0, [11] = 11 } },
	{ "acknowledges all", STREAM_POSITION, 12, { 2, 0, 0, 0, 255, 255, 255, 255, 255, 255,
	    255, 255 } },
	{ "takes it back", STREAM_POSITION, 24, { 2, 0, 0, 0, [11] = 10, [12] = 2, [23] = 9 } },
	{ "data behind the end", STREAM_AFTER_END, 24, { 5, [12] = 1, [15] = 1 } },
	{ "the end twice", STREAM_RIGHT, 24, { 5, [12] = 5 } },
	{ "an answer to nothing", STREAM_RIGHT, 12, { 4 } },
	{ "an unknown reason", STREAM_RIGHT, 14, { 6, 0, 0, 2, [12] = 200, [13] = 'x' } },
};

/* A frame that cannot be costs the connection, and the session goes on over another. */
static void
test_hostile(void **state)
{
	const struct hostile	*h;
	size_t			 i;

	(void)state;
	for (i = 0; i < COUNT(hostiles); i++) {
		h = &hostiles[i];
		session_open(10, 0);
		side_put(&near_side);
		assert_int_equal(stream_writable(&near_side.s, now_ms), 0);
		assert_int_equal(send(near_side.far_fd, h->bytes, h->len, 0), h->len);
		if (stream_readable(&near_side.s, 0, now_ms) !=
		    (h->wrong == STREAM_RIGHT ? 0 : -1) || near_side.s.wrong != h->wrong)
			fail_msg("%s: %d", h->what, near_side.s.wrong);
		if (h->wrong != STREAM_RIGHT && h->wrong != STREAM_AFTER_END &&
		    near_side.s.out.start == 0) {
			cut();
			finish();
		}
		session_close();
	}
}

/* More than the window. */
static void
test_hostile_window(void **state)
{
	static uint8_t	frame[RESUME_HEAD_BYTES + RESUME_DATA_MAX] = { 1, 1, 0, 0 };
	size_t		sent = 0, off;
	ssize_t		n;
	int		result = 0;

	(void)state;
	session_open(0, 0);
	while (result == 0 && sent <= 2 * RING_MAX) {
		for (off = 0; off < sizeof(frame) && result == 0; ) {
			n = send(near_side.far_fd, frame + off, sizeof(frame) - off, 0);
			off += n > 0 ? (size_t)n : 0;
			result = stream_readable(&near_side.s, 0, now_ms);
		}
		sent += RESUME_DATA_MAX;
	}
	assert_int_equal(result, -1);
	assert_int_equal(near_side.s.wrong, STREAM_WINDOW);
	assert_int_equal(near_side.s.in.end, RING_MAX);
	session_close();
}

/* The end of a connection is not the end of the session. */
static void
test_eof(void **state)
{
	(void)state;
	session_open(10, 0);
	shutdown(near_side.far_fd, SHUT_WR);
	assert_int_equal(stream_readable(&near_side.s, 0, now_ms), -1);
	assert_int_equal(near_side.s.wrong, STREAM_EOF);
	close(near_side.far_fd);
	side_put(&near_side);
	assert_int_equal(stream_writable(&near_side.s, now_ms), -1);
	assert_int_equal(near_side.s.wrong, STREAM_SYSTEM);
	assert_int_equal(near_side.s.error, EPIPE);
	near_side.far_fd = dup(near_side.fd);
	session_close();
}

/* A flood of questions has one answer, and the stream goes on. */
static void
test_flood(void **state)
{
	static const uint8_t	ping[RESUME_HEAD_BYTES] = { 3 };
	int			i;

	(void)state;
	session_open(1000, 1000);
	for (i = 0; i < 1000; i++)
		if (send(near_side.far_fd, ping, sizeof(ping), 0) != sizeof(ping))
			break;
	while (stream_want(&near_side.s, now_ms) != 0 &&
	    recv(near_side.fd, &(char){ 0 }, 1, MSG_PEEK) > 0)
		assert_int_equal(stream_readable(&near_side.s, 0, now_ms), 0);
	finish();
	assert_true(near_side.carried < 2000);
	session_close();
}

/*
 * Whoever writes where the other one has gone reads first what that said: that the session is over,
 * or bytes, of which none is lost.
 */
static void
test_last_words(void **state)
{
	struct iovec	iov[2];
	int		closes;

	(void)state;
	for (closes = 0; closes < 2; closes++) {
		now_ms = 1000;
		side_open(&near_side, 0x55, 1 << 16);
		side_open(&far_side, 0xaa, 1 << 16);
		assert_int_equal(stream_attach(&near_side.s, near_side.fd, 0, now_ms), 0);
		assert_int_equal(stream_attach(&far_side.s, near_side.far_fd, 0, now_ms), 0);
		side_put(&near_side);
		assert_int_equal(stream_writable(&near_side.s, now_ms), 0);
		if (closes)
			stream_close(&near_side.s, RESUME_CLOSE_CLIENT, "bye");
		assert_int_equal(stream_writable(&near_side.s, now_ms), 0);
		close(stream_detach(&near_side.s));
		side_put(&far_side);
		assert_int_equal(stream_writable(&far_side.s, now_ms), closes ? 0 : -1);
		assert_int_equal(far_side.s.closed, closes);
		assert_string_equal(far_side.s.text, closes ? "bye" : "");
		assert_true(stream_data(&far_side.s, iov) > 0);
		if (!closes) {
			assert_int_equal(far_side.s.wrong, STREAM_SYSTEM);
			assert_int_equal(far_side.s.error, EPIPE);
		}
		near_side.fd = dup(near_side.far_fd);	/* for side_close */
		session_close();
	}
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_cut_after_every_byte),
		cmocka_unit_test(test_cut_once),
		cmocka_unit_test(test_cut_heads),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_reader_stops),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_ack),
		cmocka_unit_test(test_ack_small),
		cmocka_unit_test(test_direct),
		cmocka_unit_test(test_attach),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_hostile_window),
		cmocka_unit_test(test_eof),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_last_words),
	};

	return (cmocka_run_group_tests_name("stream", tests, NULL, NULL));
}
