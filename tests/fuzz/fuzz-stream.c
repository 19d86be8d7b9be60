/* SPDX-License-Identifier: ISC */
/*
 * Fuzz target: stream. Two sides of a session over real sockets, on a schedule that the input sets:
 * what is put and delivered, when, what the wire carries and where it is cut, and frames that
 * neither has sent.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "net/sock.h"
#include "session/doubt.h"
#include "session/stream.h"

struct side {
	struct stream		 s;
	struct doubt_view	 view;
	int			 fd, wire_fd;
	uint8_t			 salt;
	uint64_t		 put, taken;
	int			 direct;	/* reads beside the ring where it may */
	int			 tainted;	/* has read what the other has not sent */
	char			 waits[1 << 16];
	size_t			 waits_len;
};

static struct side	sides[2];
static int64_t		now_ms;
static const uint8_t	*data;
static size_t		size;

static unsigned int
next(void)
{
	if (size == 0)
		return (0);
	size--;
	return (*data++);
}

static uint8_t
byte_at(uint64_t position, uint8_t salt)
{
	return ((uint8_t)(position * 2654435761u >> 11) ^ salt);
}

static void
check_byte(struct side *side, uint8_t byte)
{
	must(side->tainted || byte == byte_at(side->taken, sides[side == sides].salt));
	side->taken++;
}

/* What is true of a stream at any time. */
static void
check(const struct side *side)
{
	const struct stream	*s = &side->s;

	must(s->out.start <= s->out.end && s->in.start <= s->in.end);
	must(ring_used(&s->out) <= s->out.size && s->out.size <= s->out.max);
	must(ring_used(&s->in) <= s->in.size && s->in.size <= s->in.max);
	must(s->sent >= s->out.start && s->sent <= s->out.end && s->sent_most <= s->out.end);
	must(s->sent <= s->sent_most && s->sent <= s->out.start + s->window);
	must(s->in_have < RESUME_HEAD_BYTES && s->in_data <= RESUME_DATA_MAX);
	must(s->acked <= s->in.start);
	must(s->out.end == side->put && s->in.start == side->taken);
	must(memchr(s->text, '\0', sizeof(s->text)) != NULL);
	must(stream_want(s, now_ms) == 0 || s->fd != -1);
}

static void
side_put(struct side *side, size_t most)
{
	struct iovec	iov[2];
	size_t		i;
	int		count = stream_space(&side->s, most, iov), at;

	for (at = 0; at < count; at++) {
		for (i = 0; i < iov[at].iov_len; i++)
			((uint8_t *)iov[at].iov_base)[i] = byte_at(side->put++, side->salt);
		stream_added(&side->s, iov[at].iov_len, now_ms);
	}
}

static void
side_take(struct side *side, size_t most)
{
	struct iovec	iov[2];
	size_t		len = 0, i;
	int		count = stream_data(&side->s, iov), at;

	for (at = 0; at < count; at++)
		for (i = 0; i < iov[at].iov_len && len < most; i++, len++)
			check_byte(side, ((uint8_t *)iov[at].iov_base)[i]);
	stream_delivered(&side->s, len, now_ms);
}

static void
drain(struct side *side)
{
	char	buf[65536];

	while (recv(side->fd, buf, sizeof(buf), 0) > 0)
		continue;
	while (recv(side->wire_fd, buf, sizeof(buf), 0) > 0)
		continue;
	side->waits_len = 0;
}

static void
cut(void)
{
	int	i;

	for (i = 0; i < 2; i++) {
		stream_detach(&sides[i].s);
		drain(&sides[i]);
	}
	for (i = 0; i < 2; i++) {
		memset(&sides[i].view, 0, sizeof(sides[i].view));
		/* Whoever was lied to may now be told what cannot be. */
		if (stream_attach(&sides[i].s, sides[i].fd, stream_received(&sides[!i].s),
		    now_ms) == -1)
			must(sides[0].tainted || sides[1].tainted);
	}
}

/* 1 if the carrier is still of use. */
static int
side_read(struct side *side)
{
	char	buf[3000];
	ssize_t	n, i;
	int	result;
	size_t	most;

	if (stream_want(&side->s, now_ms) == 0)
		return (1);
	while ((result = stream_readable(&side->s, side->direct, now_ms)) == 1) {
		most = stream_direct(&side->s);
		must(most > 0);
		n = recv(side->fd, buf, most < sizeof(buf) ? most : sizeof(buf), 0);
		if (n <= 0)
			break;
		for (i = 0; i < n; i++)
			check_byte(side, (uint8_t)buf[i]);
		stream_directed(&side->s, (size_t)n, now_ms);
	}
	must(result != -1 || side->tainted || sides[side == sides].tainted);
	return (result != -1);
}

static int
side_step(struct side *side)
{
	if (!side_read(side))
		return (0);
	return (stream_writable(&side->s, now_ms) == 0);
}

static size_t
carry(struct side *from, struct side *to, size_t most)
{
	ssize_t	n;
	size_t	len;

	n = recv(from->wire_fd, from->waits + from->waits_len,
	    sizeof(from->waits) - from->waits_len, 0);
	if (n > 0)
		from->waits_len += (size_t)n;
	len = from->waits_len < most ? from->waits_len : most;
	if (len == 0 || (n = send(to->wire_fd, from->waits, len, 0)) <= 0)
		return (0);
	from->waits_len -= (size_t)n;
	memmove(from->waits, from->waits + n, from->waits_len);
	return ((size_t)n);
}

/* Bytes that the other side did not send, where its frames may be cut by them. */
static void
forge(struct side *side)
{
	uint8_t	bytes[64];
	size_t	len = next() % sizeof(bytes), i;

	for (i = 0; i < len; i++)
		bytes[i] = (uint8_t)next();
	if (len > 0 && send(side->wire_fd, bytes, len, 0) > 0)
		side->tainted = 1;
}

static void
look(struct side *side)
{
	struct doubt_facts	facts = { .now_ms = now_ms, .rtt_ms = 20 };

	doubt_stream(&facts, &side->s);
	if (side->s.fd == -1)
		return;
	if (doubt_look(&side->view, &facts) == DOUBT_PING)
		stream_ping(&side->s, now_ms);
	must(doubt_next_ms(&side->view, &facts) > now_ms - 1);
}

static void
act(unsigned int what, struct side *side, struct side *other)
{
	switch (what) {
	case 0:
		side_put(side, next() * 100);
		break;
	case 1:
		side_put(side, next() & 15);
		break;
	case 2:
		side_take(side, next() * 300);
		break;
	case 3:
		if (!side_step(side))
			cut();
		break;
	case 4:
		carry(side, other, next());
		break;
	case 5:
		carry(side, other, SIZE_MAX);
		break;
	case 6:
		cut();
		break;
	case 7:
		stream_ping(&side->s, now_ms);
		break;
	case 8:
		now_ms += next() * 20;
		stream_tick(&side->s, now_ms);
		look(side);
		break;
	case 9:
		stream_end(&side->s);
		break;
	case 10:
		stream_close(&side->s, RESUME_CLOSE_CLIENT, next() % 2 ? "bye" : "");
		break;
	case 11:
		forge(side);
		break;
	case 12:
		side->direct = !side->direct;
		break;
	default:
		side_put(side, 4000);
		if (!side_step(side))
			cut();
		carry(side, other, SIZE_MAX);
		if (!side_step(other))
			cut();
		side_take(other, SIZE_MAX);
	}
}

/* Whatever has become of it, a session of which no one lied comes to its end whole. */
static void
finish(void)
{
	int	idle = 0, i;

	for (i = 0; i < 2; i++)
		if (sides[i].tainted || sides[i].s.close != STREAM_SAY_NOT)
			return;
	cut();
	for (i = 0; i < 2; i++)
		stream_end(&sides[i].s);
	while (!(stream_done(&sides[0].s) && stream_done(&sides[1].s)) && idle < 20) {
		for (i = 0; i < 2; i++) {
			must(side_step(&sides[i]));
			side_take(&sides[i], SIZE_MAX);
		}
		now_ms += 20;
		idle = carry(&sides[0], &sides[1], SIZE_MAX) +
		    carry(&sides[1], &sides[0], SIZE_MAX) > 0 ? 0 : idle + 1;
	}
	must(stream_done(&sides[0].s) && stream_done(&sides[1].s));
	must(sides[0].taken == sides[1].put && sides[1].taken == sides[0].put);
}

static void
side_begin(struct side *side, unsigned int mode)
{
	int	fds[2];

	memset(side, 0, sizeof(*side));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	must(sock_set_blocking(fds[0], 0) == 0 && sock_set_blocking(fds[1], 0) == 0);
	side->fd = fds[0];
	side->wire_fd = fds[1];
	side->salt = (uint8_t)mode;
	must(stream_init(&side->s, RING_FIRST << (mode & 3)) == 0);
	must(stream_attach(&side->s, side->fd, 0, now_ms) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *from, size_t len)
{
	unsigned int	op;
	int		i;

	data = from;
	size = len;
	now_ms = 1000;
	side_begin(&sides[0], next());
	side_begin(&sides[1], next() | 0x80);
	for (i = 0; i < 2; i++)
		stream_set_window(&sides[i].s, stream_window(&sides[!i].s));
	while (size > 0) {
		op = next();
		act(op & 15, &sides[op >> 4 & 1], &sides[!(op >> 4 & 1)]);
		check(&sides[0]);
		check(&sides[1]);
	}
	finish();
	for (i = 0; i < 2; i++) {
		stream_free(&sides[i].s);
		close(sides[i].fd);
		close(sides[i].wire_fd);
	}
	return (0);
}
