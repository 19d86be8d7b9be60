/* SPDX-License-Identifier: ISC */
/* The relay's hold-back at the start. */

#include <sys/types.h>
#include <sys/socket.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/sock.h"
#include "route/mss.h"
#include "route/race.h"
#include "session/holdback.h"
#include "session/relay-int.h"
#include "session/relay.h"
#include "session/watch.h"

/* The session is under way, and what goes wrong from now on is not its beginning. */
static void
relay_settled_cb(void *arg)
{
	struct relay	*r = arg;

	r->conf->running_cb(1, r->conf->arg);
}

static void
relay_lost_cb(const struct error *err, int mss_bytes, void *arg)
{
	struct relay	*r = arg;

	r->err = *err;
	if (mss_bytes != 0)
		r->conf->learned_cb(mss_bytes, r->conf->arg);
	relay_done(r);
}

/* The way has its address besides, for it moves. */
static void
relay_take(struct relay *r, const struct connection *conn)
{
	r->conn = *conn;
	r->conn.step.to = (struct sockaddr *)&r->conn.to;
}

void
relay_checked(struct relay *r)
{
	int	ssh = r->identification.client == CLIENT_SSH;

	if (r->hold == NULL && (!ssh || r->watch == NULL))
		r->conf->running_cb(ssh, r->conf->arg);
}

/* The path is proven. From here on nothing needs a new descriptor, and running_cb may put up a sandbox. */
static void
relay_committed(struct relay *r, const struct holdback_proof *proof)
{
	struct watch_config	conf = { .base = r->base, .conn = &r->conn, .target = r->conf->target,
				    .dead_after_s = r->conf->race->tune->dead_after_s,
				    .proof = *proof, .ssh = r->identification.client == CLIENT_SSH, .settled_cb = relay_settled_cb,
				    .lost_cb = relay_lost_cb, .arg = r };

	r->watch = watch_start(&conf);
	if (r->judged && (!conf.ssh || r->watch == NULL))
		r->conf->running_cb(conf.ssh, r->conf->arg);
}

static void
relay_committed_cb(int mss_bytes, const struct holdback_proof *proof, void *arg)
{
	struct relay	*r = arg;

	r->hold = NULL;
	if (mss_bytes != 0)
		r->conf->learned_cb(mss_bytes, r->conf->arg);
	relay_committed(r, proof);
	/* What the output has no room for waits as ever. */
	if (r->net_open && r->down.len == 0)
		event_add(&r->net_ev, NULL);
}

/* The connection is another one, whose server has not identified itself yet. */
static void
relay_switched_cb(const struct connection *conn, const char *said, size_t len, void *arg)
{
	struct relay	*r = arg;
	struct timeval	 tv = clock_timeval(r->conf->target->timeout_ms);
	char		 to[64], what[80];

	close(r->net_fd);
	relay_take(r, conn);
	snprintf(what, sizeof(what), "large packets were lost: once more, with segments of %d bytes", conn->mss_bytes);
	attempts_add(r->conf->race->attempts, via_text(&r->conn.step, to, sizeof(to)), what, 0);
	event_del(&r->in_ev);
	relay_events(r, conn->fd);
	if (r->down.len == 0)
		event_add(&r->net_ev, NULL);
	identification_again(&r->identification);
	r->judged = 0;
	event_add(&r->timer, &tv);
	memcpy(r->up.buf, said, len);
	r->up.off = 0;
	r->up.len = len;
	relay_room_cb(r->net_fd, EV_WRITE, r);
}

void
relay_guard(struct relay *r)
{
	struct holdback_config	conf = { .conn = &r->conn, .race = r->conf->race, .switched_cb = relay_switched_cb,
				    .committed_cb = relay_committed_cb, .arg = r };

	struct holdback_proof	none = { 0, 0 };

	if (r->conf->conn == NULL || !r->conf->conn->guarded)
		return;
	relay_take(r, r->conf->conn);
	if ((r->hold = holdback_start(&conf)) == NULL)
		relay_committed(r, &none);
}

void
relay_guard_stop(struct relay *r)
{
	/* The first connection lost packets, and one in its place was of no use: with this server, there shall be no second. */
	if (r->hold != NULL && r->err.code != MSG_NONE && r->conn.mss_bytes != r->conf->conn->mss_bytes)
		r->conf->learned_cb(MSS_LAST, r->conf->arg);
	holdback_stop(r->hold);
	watch_stop(r->watch);
}
