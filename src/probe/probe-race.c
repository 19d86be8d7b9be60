/* SPDX-License-Identifier: ISC */
/* A connection by the relay's own race, for probes. */

#include <sys/types.h>

#include <event2/event.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "catalogue/catalogue.h"
#include "facts/fact.h"
#include "net/sock.h"
#include "probe/probe-net.h"
#include "route/mss.h"
#include "route/race.h"

#define SLACK_MS	1000	/* for the race to say itself that its time is over */

struct running {
	struct event_base	*base;
	struct connection		*conn;
	struct error		*err;
	int			 over;
	int			 result;
};

static void
race_over_cb(const struct connection *conn, const struct error *err, void *arg)
{
	struct running	*run = arg;

	run->over = 1;
	if (conn != NULL) {
		*run->conn = *conn;
		run->result = 0;
	} else
		*run->err = *err;
	event_base_loopbreak(run->base);
}

int
probe_race(const struct probe_input *in, const struct via *via, int mss_bytes,
    struct connection *conn, struct attempts *attempts, struct error *err)
{
	struct target		 target = { .host = in->host, .port = in->port,
				    .family = in->family, .timeout_ms = in->timeout_ms };
	struct plan_choice	 choice = { .via = via, .mesh_only = 1 };
	struct plan_input	 plan = { .target = &target, .choice = &choice, .facts = in->seen };
	const int		 chosen = in->choice != NULL && in->choice->via == via;
	struct sock_tune	 tune = { .connect_s = in->timeout_ms / 1000 + 1,
				    .dead_after_s = in->dead_after_s };
	struct mss_steps		 mss_steps = { .mss_bytes = mss_bytes };
	struct running		 run = { .conn = conn, .err = err, .result = -1 };
	struct race_config	 conf = { .target = &target, .tune = &tune, .mss_steps = &mss_steps,
				    .attempts = attempts, .cb = race_over_cb, .arg = &run };
	/* Each step has its own limit; of a proxy there are two, and a lookup before them. */
	struct timeval		 tv = clock_timeval(3 * (int64_t)in->timeout_ms + SLACK_MS);
	struct race		*race;

	if (chosen)
		plan.choice = in->choice;
	if ((conf.base = run.base = event_base_new()) == NULL) {
		error_errno(err, errno, "cannot connect");
		return (-1);
	}
	race = race_start(&conf, &plan);
	event_base_loopexit(run.base, &tv);
	event_base_dispatch(run.base);
	if (!run.over) {
		race_cancel(race);
		error_set(err, CODE_NO_ANSWER, "no answer in time");
	}
	event_base_free(run.base);
	return (run.result);
}

/* Through a proxy or daemon. */
static int
open_through(const json_t *facts, const struct probe_input *in, int mss_bytes, struct error *err)
{
	const char		*name = fact_text(facts, "connect.route");
	const struct via	*via = name != NULL ? via_find(name, strlen(name)) : NULL;
	struct attempts		 attempts = { .count = 0 };
	struct connection		 conn = { .fd = -1 };

	if (via != NULL)
		probe_race(in, via, mss_bytes, &conn, &attempts, err);
	return (conn.fd);
}

int
probe_reach(const json_t *facts, const struct probe_input *given, int port, const char **code)
{
	struct probe_input	 in = *given;
	struct sockaddr_storage	 ss;
	struct error		 err = { .code = CODE_SYSTEM };
	socklen_t		 len;
	int			 fd;

	in.port = port;
	in.kept = NULL;
	len = probe_direct(facts, &in, &ss);
	fd = len > 0 ? probe_dial((struct sockaddr *)&ss, len, &in, MSS_LAST, 0, in.timeout_ms) :
	    open_through(facts, &in, MSS_LAST, &err);
	if (fd == -1)
		*code = len > 0 ? probe_connect_code(errno) : code_row(err.code)->name;
	return (fd);
}

int
probe_open(json_t *facts, const struct probe_input *in, int mss_bytes)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len = probe_direct(facts, in, &ss);
	struct error		 err = { .code = CODE_SYSTEM };
	size_t			 sent;
	int			 fd;

	if (len > 0 && (fd = probe_kept(in, mss_bytes, &sent)) != -1)
		return (fd);
	fd = len > 0 ? probe_dial((struct sockaddr *)&ss, len, in, mss_bytes, 0,
	    in->timeout_ms) :
	    open_through(facts, in, mss_bytes, &err);
	if (fd != -1)
		probe_made(facts, 1);
	else
		probe_stopped(facts, len > 0 ? probe_connect_code(errno) :
		    code_row(err.code)->name);
	return (fd);
}
