/* SPDX-License-Identifier: ISC */
/*
 * The doctor's look: detectors, then probes, into one document of JSON, which rules and emitters
 * judge.
 */

#ifndef PROBE_COLLECT_H
#define PROBE_COLLECT_H

#include "facts/detect.h"
#include "route/plan.h"

struct collect {
	struct detect_input	look;
	int			timeout_ms;	/* for one connection, and each wait */
	int			dead_after_s;
	int			no_probe;	/* nothing is asked of the host */
	int			ssh;		/* the port is one of ssh's, whatever its number */
	int			as_ssh;		/* on no other way than ssh's, or the chosen one */
	struct plan_choice	choice;		/* --via */
	int			family;		/* --family */
	/*
	 * Take the options of a ProxyCommand that runs meshssh: its words, which a NULL ends and
	 * which last as long as all this, for this host and port. Return 0, or -1 if it goes
	 * elsewhere, which only running it shows. NULL: none are taken.
	 */
	int			(*own)(struct collect *, char **words, const char *host, int port);
	/* What follows connects to the host; called once, before the first time. */
	void			(*announce)(const char *host);
	/* What is done now, to whom; both "" when all is over. */
	void			(*progress)(const char *host, const char *doing);
};

/*
 * {"version", "target", "facts"}; the target is empty if there is no host. The caller releases it
 * with json_decref. NULL with the errno of file_room, for what was not seen only for want of
 * descriptors would look as if it were not there; or EINVAL, for a host that only a ProxyCommand
 * could understand, and ssh has none for it.
 */
json_t	*collect(const struct collect *);

#endif
