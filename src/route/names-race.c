/* SPDX-License-Identifier: ISC */
/* Races the names of one host. */

#include <sys/types.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "catalogue/catalogue.h"
#include "route/names-race.h"

#define LATER	2		/* attempts that others may add */

struct names_runner {
	struct name		 name;
	struct race_config	 conf;
	struct attempts		 attempts;
	struct names_race	*all;
	struct race		*race;		/* as long as it is under way */
	struct error		 err;		/* how it was lost */
	int64_t			 began_ms, took_ms;
};

struct names_race {
	struct names_race_config	 conf;
	struct names_runner	*list[NAMES_MAX + 1];	/* those that were begun */
	int			 begun;
	int			 expired;
	struct event		 timer;
};

static void	names_race_next(struct names_race *);

void
names_also(const struct names *names, int tried, const char *host, struct error *err)
{
	static const char	start[] = "; also tried: ";
	char			also[sizeof(err->text)];
	size_t			most = ERROR_LINE_BYTES - strlen("meshssh: ; \n") -
				    strlen(code_row(err->code)->hint);
	int			i;

	if (tried < 2)
		return;
	most = most < sizeof(err->text) ? most : sizeof(err->text) - 1;
	strlcpy(also, start, sizeof(also));
	for (i = 0; i < tried; i++)
		if (strcmp(names->hosts[i], host) != 0) {
			strlcat(also, also[strlen(start)] != '\0' ? ", " : "", sizeof(also));
			strlcat(also, names->hosts[i], sizeof(also));
		}
	if (strlen(err->text) + strlen(also) > most)
		snprintf(also, sizeof(also), "%s%d other name%s", start, tried - 1,
		    tried > 2 ? "s" : "");
	if (strlen(err->text) > most - strlen(also))
		err->text[most - strlen(also)] = '\0';
	strlcat(err->text, also, sizeof(err->text));
}

void
names_race_cancel(struct names_race *r)
{
	int	i;

	if (r == NULL)
		return;
	event_del(&r->timer);
	for (i = 0; i < r->begun; i++) {
		race_cancel(r->list[i]->race);
		free(r->list[i]);
	}
	free(r);
}

void
names_race_expire(struct names_race *r)
{
	int	i;

	r->expired = 1;
	for (i = 0; i < r->begun; i++)
		if (r->list[i]->race != NULL)
			race_expire(r->list[i]->race);
}

/*
 * What was tried, in the order of the names: for each a line of its own, then its attempts, as far
 * as there is room for all.
 */
static void
names_race_tell(const struct names_race *r)
{
	struct attempts		*all = r->conf.race->attempts;
	const struct names_runner	*one;
	const int		 share = (ATTEMPTS_MAX - LATER - r->begun) / r->begun;
	struct attempt		*noted;
	size_t			 target;
	char			 text[TARGET_TEXT_MAX];
	int			 i, j;

	for (i = 0; i < r->begun; i++) {
		one = r->list[i];
		target = strlen(target_text(&one->name.target, text));
		if (strncmp(one->err.text, text, target) == 0)
			target += strspn(one->err.text + target, ": ");
		else
			target = 0;
		attempts_add(all, one->name.target.host, one->race != NULL ? "not over yet" :
		    one->err.code == CODE_NONE ? "answered as an SSH server" :
		    one->err.text + target, one->race != NULL ? clock_ms() - one->began_ms :
		    one->took_ms);
		for (j = 0; j < one->attempts.count && j < share; j++)
			if ((noted = attempts_add(all, one->attempts.list[j].to,
			    one->attempts.list[j].what,
			    one->attempts.list[j].took_ms)) != NULL)
				noted->unmet = one->attempts.list[j].unmet;
	}
}

static void
names_race_lost(struct names_race *r)
{
	const struct names_race_config	 conf = r->conf;
	const struct names_runner	*worst = r->list[0];
	struct error		 err;
	struct name		 name;
	int			 i;

	for (i = 1; i < r->begun; i++)
		if (code_row(r->list[i]->err.code)->rank > code_row(worst->err.code)->rank)
			worst = r->list[i];
	names_race_tell(r);
	err = worst->err;
	name = worst->name;
	name.tried = r->begun;
	names_race_cancel(r);
	conf.cb(&name, NULL, &err, conf.arg);
}

static void
names_race_won(struct names_runner *one, const struct connection *conn)
{
	struct names_race		*r = one->all;
	const struct names_race_config	 conf = r->conf;
	struct name		 name = one->name;

	log_debug(1, "%s answers after %lld ms: it is taken", name.target.host,
	    (long long)one->took_ms);
	names_race_tell(r);
	names_race_cancel(r);
	conf.cb(&name, conn, NULL, conf.arg);
}

static void
names_race_ended_cb(const struct connection *conn, const struct error *err, void *arg)
{
	struct names_runner	*one = arg;

	one->race = NULL;
	one->took_ms = clock_ms() - one->began_ms;
	if (conn != NULL) {
		names_race_won(one, conn);
		return;
	}
	one->err = *err;
	log_debug(1, "%s is lost: %s", one->name.target.host, err->text);
	names_race_next(one->all);
}

static void
names_race_timer_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	names_race_next(arg);
}

/* Its race, which has what is the same for all, and a target, sizes and attempts of its own. */
static void
names_race_begin(struct names_race *r, const char *host)
{
	struct names_runner	*one = r->list[r->begun++] = xcalloc(1, sizeof(*one));
	struct timeval		 tv = clock_timeval(r->conf.stagger_ms);

	log_debug(1, "name %d: %s", r->begun, host);
	one->all = r;
	one->name.target = *r->conf.race->target;
	one->name.target.host = host;
	r->conf.begin_cb(&one->name, r->conf.arg);
	one->name.in = (struct plan_input){ .target = &one->name.target, .choice = r->conf.choice };
	if (plan_needs_facts(&one->name.target, r->conf.choice))
		one->name.in.facts = r->conf.facts;
	one->conf = *r->conf.race;
	one->conf.target = &one->name.target;
	one->conf.mss_steps = &one->name.mss_steps;
	one->conf.attempts = &one->attempts;
	one->conf.identified = !one->conf.mute_server;
	one->conf.cb = names_race_ended_cb;
	one->conf.arg = one;
	one->began_ms = clock_ms();
	one->race = race_start(&one->conf, &one->name.in);
	if (r->begun < r->conf.names->count)
		event_add(&r->timer, &tv);
}

/* Begin the next name, now; if there is none, see whether the race is over. */
static void
names_race_next(struct names_race *r)
{
	int	i;

	event_del(&r->timer);
	if (r->begun < r->conf.names->count && !r->expired) {
		names_race_begin(r, r->conf.names->hosts[r->begun]);
		return;
	}
	for (i = 0; i < r->begun; i++)
		if (r->list[i]->race != NULL)
			return;
	names_race_lost(r);
}

struct names_race *
names_race_start(const struct names_race_config *conf)
{
	struct names_race	*r = xcalloc(1, sizeof(*r));

	r->conf = *conf;
	event_assign(&r->timer, conf->race->base, -1, 0, names_race_timer_cb, r);
	names_race_next(r);
	return (r);
}
