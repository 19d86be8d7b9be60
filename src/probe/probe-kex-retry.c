/* SPDX-License-Identifier: ISC */
/* The sizes that a key exchange tries, one after the other. */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "net/sock.h"
#include "os/os.h"
#include "probe/probe-kex.h"
#include "probe/probe-net.h"

#define GROUP		4	/* packets under way at a time: any congestion window takes them */
#define TAIL_BYTES	32	/* behind them, a packet that no path loses for its size */
#define TICK_MS		5	/* an acknowledgement wakes nobody up */
#define SLACK_MS	50

/* Where the bytes are. */
struct retry {
	const struct kex_wire	*wire;
	const char		*bytes;
	size_t			 len;
	size_t			 sent;
	size_t			 ends[GROUP];	/* where each packet under way ends */
	int			 sizes[GROUP];
	int			 count;
};

/* A packet of its own: a mark keeps the kernel from joining it with the next, if it knows one. */
static int
retry_send(struct retry *c, int size)
{
	size_t	n = (size_t)(size - c->wire->header - c->wire->options);
	ssize_t	done;

	if (n > c->len - c->sent)
		n = c->len - c->sent;
	if (n == 0)
		return (0);
	while ((done = send(c->wire->talk->fd, c->bytes + c->sent, n,
	    MSG_NOSIGNAL | os_send_apart())) == -1) {
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN || sock_wait(c->wire->talk->fd, POLLOUT,
		    c->wire->until_ms) != 1)
			return (-1);
	}
	c->sent += (size_t)done;
	return (0);
}

/*
 * How many of the bytes are acknowledged. What was sent before them, our identification, may have
 * been lost, and waits with them then.
 */
static size_t
retry_acked(const struct retry *c, const struct os_tcp *tcp)
{
	size_t	waiting = (size_t)tcp->waiting_bytes;

	return (waiting < c->sent ? c->sent - waiting : 0);
}

/* What is acknowledged so far: the packets of the group by the place where they end. */
static void
retry_note(const struct retry *c, const struct os_tcp *tcp, struct kex_result *r)
{
	size_t	acked = retry_acked(c, tcp);
	int	i;

	for (i = 0; i < c->count; i++)
		if (c->ends[i] <= acked && c->sizes[i] > r->passed)
			r->passed = c->sizes[i];
}

/* The first packet of the group that is not acknowledged; 0 if all are. */
static int
retry_stuck(const struct retry *c, const struct os_tcp *tcp)
{
	size_t	acked = retry_acked(c, tcp);
	int	i;

	for (i = 0; i < c->count; i++)
		if (c->ends[i] > acked)
			return (c->sizes[i]);
	return (0);
}

/*
 * Wait until all is acknowledged: 0. -1 if the connection ends, or when a packet was sent four
 * times in vain: at first, when what is behind it was acknowledged, and twice by the kernel's timer
 * (RFC 6298 5); and when the exchange has had its time, however much of it was acknowledged by
 * then.
 */
static int
retry_wait(const struct retry *c, struct kex_result *r)
{
	struct os_tcp	tcp;
	int64_t		progress_ms = clock_ms(), twice_ms = 0, now_ms;
	int		waiting = -1;

	for (;;) {
		/* What the server says meanwhile is kept, and must not fill the socket. */
		if (!c->wire->talk->over)
			probe_hear(c->wire->talk, clock_ms() + TICK_MS);
		else
			sock_wait(-1, 0, clock_ms() + TICK_MS);
		if (os_tcp(c->wire->talk->fd, &tcp) == -1)
			return (-1);
		retry_note(c, &tcp, r);
		now_ms = clock_ms();
		if (tcp.waiting_bytes == 0)
			return (0);
		if (now_ms >= c->wire->until_ms)
			return (-1);
		if (tcp.waiting_bytes != waiting) {
			waiting = tcp.waiting_bytes;
			progress_ms = now_ms;
			twice_ms = 0;
		}
		if (tcp.in_a_row >= 2 && twice_ms == 0)
			twice_ms = now_ms;
		if ((twice_ms != 0 && now_ms - twice_ms >= 2 * tcp.rtt_ms + SLACK_MS) ||
		    now_ms - progress_ms >= c->wire->in->timeout_ms) {
			/* A window that is closed stops packets of every size. */
			r->stuck = tcp.no_room ? 0 : retry_stuck(c, &tcp);
			return (-1);
		}
		if (!tcp.open && c->wire->talk->error != 0)
			return (-1);
	}
}

/* So many of the sizes, and the tail; 0 when they are acknowledged. */
static int
retry_group(struct retry *c, const int *sizes, int count, struct kex_result *r)
{
	int	i;

	for (i = 0; i < count; i++) {
		if (retry_send(c, sizes[i]) == -1)
			return (-1);
		c->ends[i] = c->sent;
		c->sizes[i] = sizes[i];
	}
	c->count = count;
	if (retry_send(c, c->wire->header + c->wire->options + TAIL_BYTES) == -1)
		return (-1);
	return (retry_wait(c, r));
}

int
kex_steps(const struct kex_wire *wire, const int *sizes, int count, const char *bytes, size_t len,
    struct kex_result *r)
{
	struct retry	c = { .wire = wire, .bytes = bytes, .len = len };
	int		i, n;

	for (i = 0; i < count; i += n) {
		n = count - i < GROUP ? count - i : GROUP;
		if (retry_group(&c, sizes + i, n, r) == -1)
			return (-1);
	}
	c.count = 0;
	while (c.sent < len)
		if (retry_send(&c, sizes[0]) == -1)
			return (-1);
	return (retry_wait(&c, r));
}
