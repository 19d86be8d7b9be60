/* SPDX-License-Identifier: ISC */
/* The race's name lookup. */

#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/resolve.h"
#include "route/race-int.h"

/* Systems have one or several codes for "there is no such name". */
static enum message
race_eai(int code)
{
	static const int	none[] = {
		EAI_NONAME,
#ifdef EAI_NODATA
		EAI_NODATA,
#endif
#ifdef EAI_ADDRFAMILY
		EAI_ADDRFAMILY,
#endif
	};
	size_t			i;

	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (code == none[i])
			return (MSG_NO_SUCH_NAME);
	return (code == EAI_MEMORY ? MSG_NO_MEMORY : MSG_NAME_LOOKUP);
}

/* What getaddrinfo(3) says. */
static void
race_name_failed(struct race *r, int code)
{
	char		 target[TARGET_TEXT_MAX];
	int		 error = errno;
	const char	*why = code == EAI_SYSTEM ? strerror(error) : gai_strerror(code);
	struct error	 err;

	target_text(r->in.target, target);
	attempts_add(r->conf.attempts, r->plan.lookup, why, clock_ms() - r->began_ms);
	log_debug(1, "%s: %s", r->plan.lookup, why);
	if (code == EAI_SYSTEM)
		error_errno(&err, error, target);
	else if (strcmp(r->plan.lookup, r->in.target->host) == 0)
		error_set(&err, race_eai(code), "%s: %s", target, why);
	else
		error_set(&err, race_eai(code), "%s: the proxy's name %.60s: %s", target, r->plan.lookup, why);
	race_note(r, &err, 0);
	race_looked_up(r, PLAN_LOOKUP_FAILED);
}

static void
race_resolved_cb(int code, struct addrinfo *list, void *arg)
{
	struct race	*r = arg;

	r->resolve = NULL;
	if (code == 0) {
		log_debug(1, "%s resolved after %lld ms", r->plan.lookup, (long long)(clock_ms() - r->began_ms));
		r->list = list;
		race_looked_up(r, PLAN_LOOKUP_DONE);
	} else
		race_name_failed(r, code);
	race_next(r);
}

void
race_lookup_timeout_cb(evutil_socket_t fd, short what, void *arg)
{
	struct race	*r = arg;
	struct error	 err;
	char		 target[TARGET_TEXT_MAX];

	(void)fd;
	(void)what;
	attempts_add(r->conf.attempts, r->plan.lookup, "the resolver did not answer", clock_ms() - r->began_ms);
	error_set(&err, MSG_NAME_TIMEOUT, "%s: the resolver gave no answer in %d s", target_text(r->in.target, target),
	    r->in.target->timeout_ms / 1000);
	race_note(r, &err, 0);
	race_looked_up(r, PLAN_LOOKUP_FAILED);
	race_next(r);
}

void
race_lookup(struct race *r)
{
	struct timeval	tv = clock_timeval(r->in.target->timeout_ms);
	int		code;

	if ((code = resolve_literal(r->plan.lookup, r->plan.lookup_port, r->plan.lookup_family, &r->list)) == 0) {
		race_looked_up(r, PLAN_LOOKUP_DONE);
		return;
	}
	r->list = NULL;
	if (code != EAI_NONAME) {
		race_name_failed(r, code);
		return;
	}
	r->resolve = resolve_start(r->conf.base, r->plan.lookup, r->plan.lookup_port, r->plan.lookup_family,
	    race_resolved_cb, r);
	if (r->resolve == NULL || event_add(&r->lookup_timer, &tv) == -1) {
		race_note_errno(r, errno, "cannot look up the name");
		race_looked_up(r, PLAN_LOOKUP_FAILED);
	}
}
