/* SPDX-License-Identifier: ISC */
/* Route: a SOCKS5 proxy. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "facts/proxy-auth.h"
#include "net/exact.h"
#include "route/target.h"
#include "route/via-proxy.h"
#include "wire/socks5.h"

struct socks5_talk {
	struct socks5		socks5;
	struct proxy_auth	auth;
	size_t			sent;
};

/* SOCKS5 has failed: in the proxy's name, or in the host's where it says so. */
static enum via_want
socks5_failed(struct via_attempt *attempt, const struct socks5 *s)
{
	return (via_fail(attempt, s->code, "the SOCKS5 proxy %s %s", attempt->step->proxy,
	    s->text));
}

static enum via_want
socks5_send(struct via_attempt *attempt, struct socks5_talk *t)
{
	enum via_want	want = via_send(attempt, t->socks5.out, t->socks5.out_len, &t->sent);

	if (want == VIA_WANT_READ) {
		t->sent = 0;
		socks5_sent(&t->socks5);
	}
	return (want);
}

static enum via_want
socks5_open(struct via_attempt *attempt)
{
	struct socks5_talk	*t;
	int			 has;

	t = via_talk(attempt, sizeof(*t));
	if (via_proxy_check(attempt) == -1 || (has = via_proxy_auth(attempt, &t->auth)) == -1)
		return (VIA_FAIL);
	if (socks5_begin(&t->socks5, attempt->step->host, attempt->target->port,
	    has ? t->auth.user : NULL, t->auth.password) == -1)
		return (socks5_failed(attempt, &t->socks5));
	return (socks5_send(attempt, t));
}

static enum via_want
socks5_step(struct via_attempt *attempt)
{
	struct socks5_talk	*t = attempt->talk;
	unsigned char		 buf[sizeof(t->socks5.in)];
	size_t			 got;
	int			 result;

	if (t->socks5.state == SOCKS5_SEND)
		return (socks5_send(attempt, t));
	if ((result = exact_read(attempt->fd, buf, socks5_want(&t->socks5), &got)) == -1)
		return (via_broken(attempt, errno));
	if (result == 0)
		return (VIA_WANT_READ);
	switch (socks5_feed(&t->socks5, buf, got)) {
	case SOCKS5_SEND:
		return (socks5_send(attempt, t));
	case SOCKS5_DONE:
		return (VIA_DONE);
	case SOCKS5_FAILED:
		return (socks5_failed(attempt, &t->socks5));
	case SOCKS5_RECV:
		break;
	}
	return (VIA_WANT_READ);
}

const struct via via_socks5 = {
	.name = "socks5",
	.peer = "the SOCKS5 proxy",
	.to = VIA_TO_PROXY,
	.proxy = PROXY_SOCKS5,
	.broken = CODE_PROXY_CLOSED,
	.begin = socks5_open,
	.step = socks5_step,
	.unconnected = via_proxy_unconnected,
	.silent = via_proxy_silent,
	.address = via_proxy_address,
};
