/* SPDX-License-Identifier: ISC */
/*
 * One host, several names or addresses: a race of races. Each name has a plan of its own; the next
 * begins some time after the one before, or at once when that is lost, and the first whose server
 * has identified itself as SSH wins, for a machine that merely accepts may be another network's.
 * Of servers that speak second, the first that is connected wins.
 */

#ifndef ROUTE_NAMES_RACE_H
#define ROUTE_NAMES_RACE_H

#include "base/names.h"
#include "route/mss.h"
#include "route/race.h"
#include "route/target.h"

/* A name in the race. */
struct name {
	struct target		 target;
	struct mss_steps	 mss_steps;
	struct plan_input	 in;
	/* where all are lost: so many were tried, the others not for lack of time */
	int			 tried;
};

struct names_race_config {
	/* for all; its target is the first, its mss_steps and callback do not count */
	const struct race_config *race;
	const struct names	*names;
	const struct plan_choice *choice;
	const struct facts	*facts;		/* for those whose plan needs them */
	int			 stagger_ms;	/* after so long, the next begins */
	/* Fill in where the segment sizes of this name begin. */
	void			(*begin_cb)(struct name *, void *);
	/*
	 * Once: the name that won, with its connection, which is the callee's; or the one whose
	 * error tells most, that error and NULL. The name is gone afterwards; what was tried is in
	 * the race's attempts.
	 */
	void			(*cb)(const struct name *, const struct connection *,
				    const struct error *, void *);
	void			*arg;
};

struct names_race;

/*
 * Add to the error of this host which others of the names were tried, or how many where that is too
 * long for the line that a person reads.
 */
void	names_also(const struct names *, int tried, const char *host, struct error *);

/* As race_start, race_expire and race_cancel. */
struct names_race	*names_race_start(const struct names_race_config *);
void			 names_race_expire(struct names_race *);
void			 names_race_cancel(struct names_race *);

#endif
