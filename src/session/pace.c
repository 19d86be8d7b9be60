/* SPDX-License-Identifier: ISC */
/* Gives the first bytes of a session in small pieces, and notices a key exchange that stalls. */

#include <event2/event.h>

#include "base/clock.h"
#include "session/pace.h"

/*
 * With the headers of TCP, IP and WireGuard that is 1040 bytes below the mesh, in IPv6 1080: below
 * what any network of today carries, and two pieces for a KEXINIT.
 */
#define PIECE_BYTES	900
#define PIECE_MS	5	/* tailscaled has sent a piece by then */
/* what a client says up to its first request, a signature by a long key included */
#define PIECES_BYTES	16384

static void
pace_silent_cb(evutil_socket_t fd, short what, void *arg)
{
	struct pace	*p = arg;

	(void)fd;
	(void)what;
	p->turn = PACE_OVER;
	p->silent_cb(p->arg);
}

void
pace_start(struct pace *p, struct event_base *base, void (*silent_cb)(void *), void *arg)
{
	*p = (struct pace){ .on = 1, .silent_cb = silent_cb, .arg = arg };
	event_assign(&p->timer, base, -1, 0, pace_silent_cb, p);
}

void
pace_stop(struct pace *p)
{
	if (p->on)
		event_del(&p->timer);
}

size_t
pace_most(const struct pace *p, size_t len)
{
	return (p->on && p->given < PIECES_BYTES && len > PIECE_BYTES ? PIECE_BYTES : len);
}

/* From now on it is the server's turn, or not. */
static void
pace_wait(struct pace *p, int on)
{
	struct timeval	tv = clock_timeval(PACE_SILENT_S * 1000);

	if (on)
		event_add(&p->timer, &tv);
	else
		event_del(&p->timer);
}

int
pace_given(struct pace *p, size_t len)
{
	if (!p->on)
		return (0);
	if (p->turn == PACE_CLIENT)
		p->turn = PACE_REPLY;
	if (p->turn != PACE_OVER)
		pace_wait(p, 1);
	if (p->given >= PIECES_BYTES)
		return (0);
	p->given += len;
	return (PIECE_MS);
}

void
pace_heard(struct pace *p, const char *buf, size_t len)
{
	if (!pace_listens(p))
		return;
	if (p->turn == PACE_HELLO)
		switch (sshwire_hello_feed(&p->hello, buf, len)) {
		case SSHWIRE_HELLO_MORE:
			pace_wait(p, p->given > 0);
			return;
		case SSHWIRE_HELLO_WHOLE:
			p->turn = PACE_CLIENT;
			break;
		default:
			p->turn = PACE_OVER;
			break;
		}
	else
		p->turn = PACE_OVER;
	pace_wait(p, 0);
}

int
pace_listens(const struct pace *p)
{
	return (p->on && p->turn != PACE_OVER);
}
