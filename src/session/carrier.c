/* SPDX-License-Identifier: ISC */
/* Looks after a session that tailscaled carries. */

#include <sys/types.h>
#include <sys/socket.h>

#include <event2/event.h>

#include <jansson.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "net/sock.h"
#include "net/tailscaled.h"
#include "os/os.h"
#include "route/race.h"
#include "route/target.h"
#include "session/carrier.h"
#include "wire/tspeer.h"
#include "wire/tsping.h"

#define OPEN_MS		200
#define ENDED_MS	500	/* for a tailscaled that has closed its sockets to end */
#define ASK_MS		1000	/* each of two requests, of a session that stands still */
#define PING_BYTES	4096

/* The peer's address, from the list of all of them; once. */
static void
carrier_find(struct carrier *c, const struct tailscaled *at)
{
	struct tspeers	*peers = xmalloc(sizeof(*peers));
	char		*body = xmalloc(TSPEER_BYTES_MAX);
	ssize_t		 len;

	len = tailscaled_talk(c->status_fd, at, "GET /localapi/v0/status", 1, ASK_MS, body,
	    TSPEER_BYTES_MAX);
	if (len != -1 && tspeer_find(body, (size_t)len, c->conf.target->host, peers) == 0 &&
	    peers->found && peers->peer.addr_count > 0)
		strlcpy(c->address, peers->peer.addrs[0], sizeof(c->address));
	free(body);
	free(peers);
	close(c->status_fd);
	c->status_fd = -1;
}

/* 1 if tailscaled's own ping to the host is not answered; 0 if it is, or cannot be sent. */
static int
carrier_silent(struct carrier *c)
{
	const struct tailscaled	*at = c->conf.conn->step.tailscaled;
	struct tsping		 ping;
	char			 what[80 + ADDR_TEXT_MAX], body[PING_BYTES];
	ssize_t			 len;

	if (c->address[0] == '\0' && c->status_fd != -1)
		carrier_find(c, at);
	if (c->address[0] == '\0' || c->ping_fd == -1)
		return (0);
	snprintf(what, sizeof(what), "POST /localapi/v0/ping?ip=%s&type=disco", c->address);
	len = tailscaled_talk(c->ping_fd, at, what, 0, ASK_MS, body, sizeof(body));
	if (len == -1 && errno == ETIMEDOUT)
		return (1);
	if (len != -1 && tsping_read(body, (size_t)len, &ping) == 0 && ping.answered)
		return (0);
	/* It says something else, and may not be asked again. */
	close(c->ping_fd);
	c->ping_fd = -1;
	return (0);
}

static void
carrier_cb(evutil_socket_t fd, short what, void *arg)
{
	struct carrier	*c = arg;
	int64_t		 now_ms = clock_ms(), left_ms;
	struct timeval	 tv;
	struct error	 err;
	char		 target[TARGET_TEXT_MAX];

	(void)fd;
	(void)what;
	if (c->waiting_ms == 0)
		return;
	left_ms = c->waiting_ms + (int64_t)c->conf.limit_s * 1000 - now_ms;
	if (left_ms <= 0 && carrier_silent(c)) {
		error_set(&err, CODE_DEAD_PATH,
		    "%s: the host stopped answering, and does not answer tailscaled's ping either",
		    target_text(c->conf.target, target));
		c->conf.lost_cb(&err, 0, c->conf.arg);
		return;
	}
	if (left_ms <= 0) {
		log_debug(1, "silence, and the host answers tailscaled's ping");
		c->waiting_ms = now_ms;
		left_ms = (int64_t)c->conf.limit_s * 1000;
	}
	tv = clock_timeval(left_ms);
	event_add(&c->timer, &tv);
}

void
carrier_begin(struct carrier *c, const struct carrier_config *conf)
{
	const struct tailscaled	*at = conf->conn->step.tailscaled;
	struct sockaddr_storage	 ss;

	memset(c, 0, sizeof(*c));
	c->conf = *conf;
	c->ended_fd = c->status_fd = c->ping_fd = -1;
	event_assign(&c->timer, conf->base, -1, 0, carrier_cb, c);
	if (at == NULL) {
		c->conf.limit_s = 0;
		return;
	}
	c->ended_fd = os_peer_watch(conf->conn->fd);
	if (conf->limit_s == 0)
		return;
	c->ping_fd = tailscaled_open(at, OPEN_MS);
	if (addr_literal(conf->target->host, 0, &ss) != 0)
		strlcpy(c->address, conf->target->host, sizeof(c->address));
	else
		c->status_fd = tailscaled_open(at, OPEN_MS);
}

void
carrier_stop(struct carrier *c)
{
	const int	fds[] = { c->ended_fd, c->status_fd, c->ping_fd };
	size_t		i;

	event_del(&c->timer);
	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] != -1)
			close(fds[i]);
}

void
carrier_sent(struct carrier *c)
{
	struct timeval	tv;

	if (c->conf.limit_s == 0 || c->waiting_ms != 0)
		return;
	c->waiting_ms = clock_ms();
	tv = clock_timeval((int64_t)c->conf.limit_s * 1000);
	if (!event_pending(&c->timer, EV_TIMEOUT, NULL))
		event_add(&c->timer, &tv);
}

void
carrier_received(struct carrier *c)
{
	c->waiting_ms = 0;
}

int
carrier_ended(const struct carrier *c, struct error *err)
{
	char	target[TARGET_TEXT_MAX];

	if (c->ended_fd == -1 || sock_wait(c->ended_fd, POLLIN, clock_ms() + ENDED_MS) != 1)
		return (0);
	error_set(err, CODE_MESH_ENDED,
	    "%s: tailscaled on this machine ended or was restarted, and the session with it",
	    target_text(c->conf.target, target));
	return (1);
}
