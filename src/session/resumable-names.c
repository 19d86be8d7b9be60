/* SPDX-License-Identifier: ISC */
/* The race of an attempt to go on, over all names of the host. */

#include <sys/types.h>
#include <sys/socket.h>

#include <string.h>

#include "base/log.h"
#include "base/names.h"
#include "base/xalloc.h"
#include "route/names-race.h"
#include "session/resumable.h"

/* Another connection costs the far side little, and a session waits. */
#define STAGGER_MS	250

static void
names_begin_cb(struct name *name, void *arg)
{
	const struct resumable	*r = arg;

	name->mss_steps = r->mss_steps;
}

static void
names_connected_cb(const struct name *name, const struct connection *conn,
    const struct error *err, void *arg)
{
	struct resumable	*r = arg;
	int		 i;

	r->choosing = NULL;
	for (i = 0; i < r->names->count; i++)
		if (strcmp(r->names->hosts[i], name->target.host) == 0)
			r->name = i;
	r->race_conf.cb(conn, err, r);
}

void
resumable_names(struct resumable *r)
{
	if (r->conf.names == NULL)
		return;
	if (r->names == NULL)
		r->names = xmalloc(sizeof(*r->names));
	*r->names = *r->conf.names;
	r->refusal.code = CODE_NONE;
}

void
resumable_race(struct resumable *r)
{
	struct plan_input	 in = { .target = &r->target };
	struct names_race_config	 conf;
	int			 i;

	if (r->conf.outer != NULL) {
		outer_start(&r->outer_next, r->conf.base, r->conf.outer, r->race_conf.cb, r);
		return;
	}
	if (r->names == NULL) {
		r->conf.plan_cb(&in, r->conf.arg);
		in.target = &r->target;
		r->race = race_start(&r->race_conf, &in);
		return;
	}
	/* What one of them has to know is so for all. */
	for (i = 0; i < r->names->count && in.facts == NULL; i++) {
		r->target.host = r->names->hosts[i];
		r->conf.plan_cb(&in, r->conf.arg);
	}
	conf = (struct names_race_config){ .race = &r->race_conf, .names = r->names,
	    .choice = in.choice, .facts = in.facts, .stagger_ms = STAGGER_MS,
	    .begin_cb = names_begin_cb, .cb = names_connected_cb, .arg = r };
	r->choosing = names_race_start(&conf);
}

void
resumable_other_name(struct resumable *r)
{
	struct names	*names = r->names;

	if (names == NULL || names->count < 2)
		return;
	log_debug(1, "%s does not hold the session: another machine may have that name here",
	    names->hosts[r->name]);
	memmove(names->hosts[r->name], names->hosts[r->name + 1],
	    (size_t)(--names->count - r->name) * sizeof(names->hosts[0]));
	r->refusal = r->over;
	r->refused_tries = 0;
	r->over.code = CODE_NONE;
}
