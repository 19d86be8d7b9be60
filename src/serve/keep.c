/* SPDX-License-Identifier: ISC */
/* Keeps a session: through its connections, and without one for as long as was promised. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "os/os.h"
#include "serve/door.h"
#include "serve/keep.h"
#include "serve/reply.h"

#define KEEP_READ	((size_t)60 * 1024)	/* with its head it is one piece for TCP */
#define KEEP_LAST_MS	60000	/* for sshd's last words */
#define KEEP_CLOSE_MS	5000	/* for the client to hang up, or sshd to take the rest */

/* --- the connection --------------------------------------------------------------------------- */

/* There is none now; the client may come back. */
static void
keep_lost(struct keep *k, int64_t now_ms)
{
	int	fd;

	if ((fd = stream_detach(&k->stream)) != -1)
		close(fd);
	k->away_ms = now_ms;
	if (k->sshd_ended)
		k->last_ms = now_ms + KEEP_LAST_MS;
}

/* Whether this hello, with a connection from there, may go on with the session. */
static enum resume_status
keep_judge(const struct keep *k, const uint8_t bytes[RESUME_HELLO_BYTES],
    const struct serve_peer *peer, struct resume_hello *hello)
{
	if (resume_hello_decode(hello, bytes) != RESUME_RIGHT || hello->kind != RESUME_AGAIN ||
	    memcmp(hello->id, k->id, sizeof(k->id)) != 0 || !resume_hello_proven(bytes, k->key) ||
	    hello->number <= k->number || !stream_can_attach(&k->stream, hello->received))
		return (RESUME_DENIED);
	/* It is the client, who may yet come from where it was: by its other family, or later. */
	if (k->serve->same_address && strcmp(peer->text, k->peer.text) != 0)
		return (RESUME_BUSY);
	return (RESUME_OK);
}

/* Go on over this connection; 0, or -1 if the client cannot be told so. */
static int
keep_attach(struct keep *k, int fd, const uint8_t bytes[RESUME_HELLO_BYTES],
    const struct resume_hello *hello, int64_t now_ms)
{
	struct resume_reply	reply = { .status = RESUME_OK, .number = hello->number,
				    .received = stream_received(&k->stream) };
	uint8_t			out[RESUME_HELLO_BYTES];
	int			old = k->stream.fd;

	arc4random_buf(reply.random, sizeof(reply.random));
	resume_reply_encode(out, &reply, RESUME_AGAIN);
	resume_reply_prove(out, bytes, k->key);
	/* Whatever becomes of it: the same hello is not accepted again. */
	k->number = hello->number;
	reply_tune(fd);
	if (send(fd, out, sizeof(out), MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)sizeof(out) ||
	    stream_attach(&k->stream, fd, hello->received, now_ms) == -1)
		return (-1);
	if (old != -1)
		close(old);
	k->away_ms = -1;
	k->last_ms = -1;
	return (0);
}

/* The client comes back, or someone who says so. */
static void
keep_again(struct keep *k, int64_t now_ms)
{
	uint8_t			bytes[RESUME_HELLO_BYTES];
	struct resume_hello	hello;
	struct serve_peer	peer;
	enum resume_status	status;
	int64_t			away_ms = k->away_ms == -1 ? 0 : now_ms - k->away_ms;
	int			fd;

	if ((fd = door_take(k->door, bytes)) == -1)
		return;
	if (serve_peer(fd, &peer) == -1) {
		close(fd);
		return;
	}
	if ((status = keep_judge(k, bytes, &peer, &hello)) != RESUME_OK) {
		/* Whoever has recorded it does not come with it from the right address. */
		if (status == RESUME_BUSY)
			k->number = hello.number;
		reply_refuse(k->serve, fd, status, RESUME_AGAIN);
		close(fd);
		return;
	}
	if (keep_attach(k, fd, bytes, &hello, now_ms) == -1) {
		close(fd);
		return;
	}
	if (strcmp(peer.text, k->peer.text) != 0)
		serve_say("session %02x%02x%02x%02x: goes on from %s port %d after %lld s",
		    k->id[0], k->id[1], k->id[2], k->id[3], peer.text, peer.port,
		    (long long)away_ms / 1000);
	k->peer = peer;
}

/* --- sshd ------------------------------------------------------------------------------------- */

/* It says no more: what it said is still delivered, and then its end. */
static void
keep_sshd_ended(struct keep *k, int error, int64_t now_ms)
{
	k->sshd_ended = 1;
	if (k->away_ms != -1)
		k->last_ms = now_ms + KEEP_LAST_MS;
	if (error == 0)
		stream_end(&k->stream);
	else {
		k->sshd_deaf = 1;
		stream_close(&k->stream, RESUME_CLOSE_SSHD, strerror(error));
	}
	k->why = k->shut ? "the client ended it" : "sshd ended it";
}

static void
keep_take(struct keep *k, int64_t now_ms)
{
	struct iovec	iov[2];
	ssize_t		n;
	int		pieces;

	if ((pieces = stream_space(&k->stream, KEEP_READ, iov)) == 0)
		return;
	if ((n = readv(k->sshd, iov, pieces)) > 0)
		stream_added(&k->stream, (size_t)n, now_ms);
	else if (n == 0)
		keep_sshd_ended(k, 0, now_ms);
	else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
		keep_sshd_ended(k, errno, now_ms);
}

/* What came for sshd goes there, or nowhere if it does not listen any longer. */
static void
keep_give(struct keep *k, int64_t now_ms)
{
	struct iovec	iov[2];
	ssize_t		n;
	int		pieces;

	while ((pieces = stream_data(&k->stream, iov)) > 0) {
		if (k->sshd_deaf)
			n = (ssize_t)(iov[0].iov_len + (pieces > 1 ? iov[1].iov_len : 0));
		else if ((n = writev(k->sshd, iov, pieces)) == -1) {
			if (errno == EINTR)
				continue;
			if (errno == EAGAIN || errno == EWOULDBLOCK)
				return;
			k->sshd_deaf = 1;
			continue;
		}
		stream_delivered(&k->stream, (size_t)n, now_ms);
	}
	if (stream_ended(&k->stream) && !k->shut) {
		k->shut = 1;
		shutdown(k->sshd, SHUT_WR);
	}
}

/* --- the end ---------------------------------------------------------------------------------- */

/* When the present state has lasted long enough; -1: not at all. */
static int64_t
keep_until(const struct keep *k)
{
	int64_t	held_ms;

	if (k->away_ms == -1)
		return (k->last_ms);
	held_ms = k->away_ms + (int64_t)k->hold_s * 1000;
	return (k->last_ms != -1 && k->last_ms < held_ms ? k->last_ms : held_ms);
}

/* 1 if the session is over. */
static int
keep_over(struct keep *k, int64_t now_ms)
{
	struct stream	*s = &k->stream;
	int64_t		 until_ms;
	struct iovec	 iov[2];

	if (s->closed && stream_data(s, iov) == 0) {
		if (k->why == NULL)
			k->why = "the client ended it";
		return (1);
	}
	/* Its last words are there, or it is over for another reason: a while for the client. */
	if (k->away_ms == -1 && k->last_ms == -1 && (s->closed || s->close == STREAM_SAID ||
	    (k->sshd_ended && s->end == STREAM_SAID && s->out.start == s->out.end))) {
		if (s->close == STREAM_SAID && !s->closed)
			shutdown(s->fd, SHUT_WR);
		k->last_ms = now_ms + (s->close == STREAM_SAID || s->closed ?
		    KEEP_CLOSE_MS : KEEP_LAST_MS);
	}
	if (stream_done(s) && s->close == STREAM_SAY_NOT) {
		stream_close(s, RESUME_CLOSE_DONE, "");
		k->last_ms = -1;
	}
	if ((until_ms = keep_until(k)) == -1 || now_ms < until_ms)
		return (0);
	if (k->why == NULL)
		k->why = "no connection for too long";
	return (1);
}

/* The client hung up: that is the end, where it was told so, and else it may come back. */
static int
keep_hung_up(struct keep *k, int64_t now_ms)
{
	int	told = k->stream.close == STREAM_SAID && k->stream.wrong == STREAM_EOF;

	keep_lost(k, now_ms);
	return (told);
}

/* --- the loop --------------------------------------------------------------------------------- */

/* A descriptor that waits for nothing is left out: its end would wake us again and again. */
static void
keep_watch(struct pollfd *pfd, int fd, int read, int write)
{
	pfd->events = (short)((read ? POLLIN : 0) | (write ? POLLOUT : 0));
	pfd->fd = pfd->events != 0 ? fd : -1;
	pfd->revents = 0;
}

static void
keep_wait(struct keep *k, struct pollfd pfd[3], int64_t now_ms)
{
	struct iovec	iov[2];
	int64_t		until_ms = keep_until(k), tick_ms = stream_next_ms(&k->stream);
	int		want = stream_want(&k->stream, now_ms), wait_ms = -1;

	keep_watch(&pfd[0], k->sshd, !k->sshd_ended && stream_space(&k->stream, 1, iov) > 0,
	    !k->sshd_deaf && stream_data(&k->stream, iov) > 0);
	keep_watch(&pfd[1], k->stream.fd, want & STREAM_READ, want & STREAM_WRITE);
	keep_watch(&pfd[2], k->door, 1, 0);
	if (tick_ms != -1 && (until_ms == -1 || tick_ms < until_ms))
		until_ms = tick_ms;
	if (until_ms != -1)
		wait_ms = until_ms <= now_ms ? 0 : until_ms - now_ms > 3600000 ? 3600000 :
		    (int)(until_ms - now_ms);
	if (poll(pfd, 3, wait_ms) == -1)
		pfd[0].revents = pfd[1].revents = pfd[2].revents = 0;
}

/* One turn: 1 if the session is over. */
static int
keep_turn(struct keep *k)
{
	struct pollfd	pfd[3];
	int64_t		now_ms = clock_boot_ms();
	uint64_t	taken = k->stream.out.end, given = k->stream.in.start;

	keep_wait(k, pfd, now_ms);
	now_ms = clock_boot_ms();
	stream_tick(&k->stream, now_ms);
	if ((pfd[0].revents & ~POLLOUT) != 0 && !k->sshd_ended)
		keep_take(k, now_ms);
	if (pfd[1].revents != 0 && stream_readable(&k->stream, 0, now_ms) == -1 &&
	    keep_hung_up(k, now_ms))
		return (1);
	keep_give(k, now_ms);
	/* sshd may wait for that before it says the rest, and our kernel for an answer of ours. */
	taken = k->stream.out.end - taken;
	if (taken > 0 && taken < KEEP_READ && k->stream.in.start == given)
		os_tcp_acknowledge(k->sshd);
	if ((stream_want(&k->stream, now_ms) & STREAM_WRITE) != 0 &&
	    stream_writable(&k->stream, now_ms) == -1)
		keep_lost(k, now_ms);
	/* After the old connection: what it brought counts. */
	if (pfd[2].revents != 0)
		keep_again(k, now_ms);
	return (keep_over(k, now_ms));
}

void
keep_run(struct keep *k)
{
	k->begun_ms = clock_boot_ms();
	k->away_ms = k->last_ms = -1;
	while (!keep_turn(k))
		;
	serve_say("session %02x%02x%02x%02x: ends after %lld s: %s; %llu bytes in, %llu out",
	    k->id[0], k->id[1], k->id[2], k->id[3],
	    (long long)(clock_boot_ms() - k->begun_ms) / 1000, k->why != NULL ? k->why : "closed",
	    (unsigned long long)k->stream.in.start, (unsigned long long)k->stream.out.end);
	if (k->stream.fd != -1)
		close(stream_detach(&k->stream));
	close(k->sshd);
	close(k->door);
	stream_free(&k->stream);
	resume_wipe(k->key, sizeof(k->key));
}
