/* SPDX-License-Identifier: ISC */
/* Races the steps of a plan; the first that is good wins. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "catalogue/catalogue.h"
#include "net/interface.h"
#include "net/nat64.h"
#include "net/resolve.h"
#include "os/os.h"
#include "route/detour.h"
#include "route/race-attempt.h"

/* RFC 8305 5, Connection Attempt Delay; also between two hosts of one name */
#define ADDRESS_STAGGER_MS	250
#define NAT64_MS		3000	/* for the resolver, when all else has failed */

struct race {
	struct race_config	 conf;
	struct plan_input	 in;
	struct plan		 plan;
	struct detours		 detours;
	int			 devices_added;
	int			 nat64_asked;
	struct connection	 again;		/* of race_again */
	struct resolve		*resolve;
	struct event		 lookup_timer;
	struct addrinfo		*list;
	struct event		 timer;		/* the start, then the stagger */
	int64_t			 began_ms;
	int			 expired;	/* nothing more is begun */
	struct race_attempt	*tries[ATTEMPTS_MAX];
	int			 count;

	struct error		 worst;		/* the most telling so far */
	int			 worst_rank;
};

static void	race_next(struct race *);
static int	race_nat64(struct race *);

void
race_cancel(struct race *r)
{
	int	i;

	if (r == NULL)
		return;
	resolve_cancel(r->resolve);
	event_del(&r->lookup_timer);
	event_del(&r->timer);
	for (i = 0; i < r->count; i++)
		race_attempt_free(r->tries[i]);
	if (r->list != NULL)
		freeaddrinfo(r->list);
	free(r);
}

static void
race_note(struct race *r, const struct error *err, int local)
{
	int	rank = 2 * code_row(err->code)->rank + !local;

	if (r->worst.code != CODE_NONE && rank <= r->worst_rank)
		return;
	r->worst = *err;
	r->worst_rank = rank;
}

static void
race_note_errno(struct race *r, int error, const char *tried)
{
	struct error	err;

	error_errno(&err, error, tried);
	race_note(r, &err, 0);
}

static void
race_lost(struct race *r)
{
	struct race_config	 conf = r->conf;
	struct error		 err;
	char			 target[TARGET_TEXT_MAX];

	if (r->plan.why_not != CODE_NONE) {
		error_set(&err, r->plan.why_not, "%s: %s", target_text(r->in.target, target),
		    r->plan.why_not_text);
		race_note(r, &err, 0);
	}
	err = r->worst;
	race_cancel(r);
	conf.cb(NULL, &err, conf.arg);
}

/* Another address that may be the host's, if this one's server never says a word: RFC 8305 4. */
static void
race_spare(const struct race *r, const struct race_attempt *won, struct sockaddr_storage *other)
{
	const struct via_step	*step;
	int			 i, j, same;

	memset(other, 0, sizeof(*other));
	if (won->now.via->to != VIA_TO_TARGET)
		return;
	for (same = 0; same <= 1 && other->ss_family == AF_UNSPEC; same++)
		for (i = 0; i < r->plan.count && other->ss_family == AF_UNSPEC; i++) {
			step = &r->plan.steps[i];
			for (j = 0; j < r->count; j++)
				if (r->tries[j]->step.to == step->to &&
				    r->tries[j]->state == RACE_STATE_OVER)
					break;
			if (j == r->count && step->via == won->now.via && step->to != NULL &&
			    step->to != won->now.to && step->device[0] == '\0' &&
			    (step->to->sa_family == won->now.to->sa_family) == same)
				memcpy(other, step->to, step->to_len);
		}
}

static void
race_won(struct race *r, struct race_attempt *a)
{
	struct race_config	 conf = r->conf;
	struct connection		 conn = { .fd = a->attempt.fd, .step = a->now,
				    .mss_bytes = a->mss_bytes, .guarded = a->guarded };
	char			 to[64];

	log_debug(1, "connected through %s %s after %lld ms", conn.step.via->name,
	    conn.step.via->address(&a->now, to, sizeof(to)), (long long)(clock_ms() - r->began_ms));
	memcpy(&conn.to, a->now.to, a->now.to_len);
	race_spare(r, a, &conn.other);
	conn.step.to = conn.step.ask = NULL;
	event_del(&a->ev);
	a->attempt.fd = -1;
	race_cancel(r);
	conf.cb(&conn, NULL, conf.arg);
}

/* 1 if this step of the plan, or the same of an earlier plan, was begun. */
static int
race_begun(const struct race *r, const struct via_step *step)
{
	const struct via_step	*begun;
	int			 i;

	for (i = 0; i < r->count; i++) {
		begun = &r->tries[i]->step;
		if (begun->via == step->via && begun->to == step->to &&
		    begun->tailscaled == step->tailscaled && begun->ask == step->ask &&
		    strcmp(begun->device, step->device) == 0)
			return (1);
	}
	return (0);
}

/* Say what the steps from this one on are. */
static void
race_tell(const struct race *r, int from)
{
	const struct via_step	*step;
	char			 to[96];
	int			 i;

	for (i = from; i < r->plan.count; i++) {
		step = &r->plan.steps[i];
		if (!race_begun(r, step))
			log_debug(1, "route %d: %s %s (%s)", i + 1, step->via->name,
			    step->via->address(step, to, sizeof(to)), step->why);
	}
}

/* The first step of the plan that was not begun, or NULL. */
static const struct via_step *
race_unbegun(const struct race *r)
{
	int	i;

	for (i = 0; !r->expired && r->count < ATTEMPTS_MAX && i < r->plan.count; i++)
		if (!race_begun(r, &r->plan.steps[i]))
			return (&r->plan.steps[i]);
	return (NULL);
}

static int
race_alone(const struct race *r, const struct race_attempt *a)
{
	int	i;

	if (r->conf.mute_server)
		return (1);
	if (r->conf.identified)
		return (0);
	for (i = 0; i < r->count; i++)
		if (r->tries[i]->state != RACE_STATE_OVER && r->tries[i]->step.via != a->step.via)
			return (0);
	return (a->now.via->end_to_end || (r->resolve == NULL && race_unbegun(r) == NULL));
}

/*
 * Nothing more can be begun: the race is lost if nothing runs, and won by who is connected if
 * nothing else does.
 */
static void
race_settle(struct race *r)
{
	struct race_attempt	*last = NULL;
	int		 i, running = 0;

	for (i = 0; i < r->count; i++)
		if (r->tries[i]->state != RACE_STATE_OVER) {
			running++;
			last = r->tries[i];
		}
	if (r->resolve != NULL)
		return;
	if (running == 0 && !race_nat64(r))
		race_lost(r);
	else if (running == 1 && last->state == RACE_STATE_CONNECTED && !r->conf.identified)
		race_won(r, last);
}

static void
race_attempt_cb(struct race_attempt *a, enum race_event event, void *arg)
{
	struct race	*r = arg;

	switch (event) {
	case RACE_CONNECTED:
		if (race_alone(r, a))
			race_won(r, a);
		else
			race_attempt_listen(a);
		break;
	case RACE_SPOKEN:
		race_won(r, a);
		break;
	case RACE_FAILED:
		race_note(r, &a->attempt.err, a->attempt.local);
		race_next(r);
		break;
	}
}

/* How long after the one step the next may begin, or if it is NULL, what is beside the plan. */
static int
race_stagger(const struct race *r, const struct via_step *step, const struct via_step *next)
{
	return (next != NULL && ((next->via == step->via && next->device[0] == '\0') ||
	    r->plan.owner == PLAN_PERHAPS) ? ADDRESS_STAGGER_MS : ROUTE_STAGGER_MS);
}

/*
 * The step of the plan that is due; when that has no more, and a second was not enough for them, it
 * is time to look for interfaces that the kernel passes over.
 */
static const struct via_step *
race_due(struct race *r)
{
	const struct via_step	*step = race_unbegun(r);
	int			 count = r->plan.count;

	if (step != NULL || r->resolve != NULL || r->devices_added)
		return (step);
	r->devices_added = 1;
	if (detour_devices(&r->plan) > 0)
		race_tell(r, count);
	return (race_unbegun(r));
}

/* Begin the next step of the plan, now; if there is none, see whether the race is over. */
static void
race_next(struct race *r)
{
	const struct via_step	*step, *next;
	struct race_attempt	*last;
	struct timeval		 tv;

	event_del(&r->timer);
	while ((step = race_due(r)) != NULL) {
		last = r->tries[r->count++] = race_attempt_new(&r->conf, step, race_attempt_cb, r);
		if (race_attempt_start(last) == -1) {
			race_note(r, &last->attempt.err, last->attempt.local);
			continue;
		}
		if ((next = race_unbegun(r)) == NULL && r->devices_added)
			return;
		tv = clock_timeval(race_stagger(r, step, next));
		event_add(&r->timer, &tv);
		return;
	}
	race_settle(r);
}

static void
race_timer_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	race_next(arg);
}

static void
race_plan(struct race *r)
{
	plan_make(&r->plan, &r->in);
	detour_zones(&r->plan, &r->detours);
	race_tell(r, 0);
}

int
race_on_link(const struct addrinfo *list)
{
	struct os_route	route;

	for (; list != NULL; list = list->ai_next) {
		os_route(list->ai_addr, &route);
		if (route.kind == OS_ROUTE_ON_LINK || route.kind == OS_ROUTE_LOCAL)
			return (1);
	}
	return (0);
}

static void
race_looked_up(struct race *r, enum plan_lookup lookup)
{
	event_del(&r->lookup_timer);
	resolve_cancel(r->resolve);
	r->resolve = NULL;
	r->in.lookup = lookup;
	r->in.list = r->list;
	r->in.on_link = r->in.facts != NULL && race_on_link(r->list);
	race_plan(r);
}

/* --- the lookup ------------------------------------------------------------------------------- */

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
		error_set(&err, resolve_code(code), "%s: %s", target, why);
	else
		error_set(&err, resolve_code(code), "%s: the proxy's name %.60s: %s", target,
		    r->plan.lookup, why);
	race_note(r, &err, 0);
	race_looked_up(r, PLAN_LOOKUP_FAILED);
}

static void
race_resolved_cb(int code, struct addrinfo *list, void *arg)
{
	struct race	*r = arg;

	r->resolve = NULL;
	if (code == 0) {
		log_debug(1, "%s resolved after %lld ms", r->plan.lookup,
		    (long long)(clock_ms() - r->began_ms));
		r->list = list;
		race_looked_up(r, PLAN_LOOKUP_DONE);
	} else
		race_name_failed(r, code);
	race_next(r);
}

static void
race_lookup_timeout_cb(evutil_socket_t fd, short what, void *arg)
{
	struct race	*r = arg;
	struct error	 err;
	char		 target[TARGET_TEXT_MAX];

	(void)fd;
	(void)what;
	attempts_add(r->conf.attempts, r->plan.lookup, "the resolver did not answer",
	    clock_ms() - r->began_ms);
	error_set(&err, CODE_NAME_TIMEOUT, "%s: the resolver gave no answer in %lld s",
	    target_text(r->in.target, target), (long long)(clock_ms() - r->began_ms + 500) / 1000);
	race_note(r, &err, 0);
	race_looked_up(r, PLAN_LOOKUP_FAILED);
	race_next(r);
}

/* fe80::1%eth9: the address is one, and this machine has no such interface. 1 if that is so. */
static int
race_no_interface(struct race *r)
{
	struct interfaces	 list;
	struct error		 err;
	char			 target[TARGET_TEXT_MAX], names[60];
	const char		*zone = resolve_no_interface(r->plan.lookup);

	if (zone == NULL)
		return (0);
	interfaces_link_local(&list);
	error_set(&err, CODE_NO_INTERFACE, "%s: this machine has no interface %.20s; those that are up: %s",
	    target_text(r->in.target, target), zone,
	    list.count > 0 ? interfaces_text(&list, names, sizeof(names)) : "none");
	race_note(r, &err, 0);
	race_looked_up(r, PLAN_LOOKUP_FAILED);
	return (1);
}

static void
race_lookup(struct race *r)
{
	struct timeval	tv = clock_timeval(r->in.target->timeout_ms);
	int		code;

	if ((code = resolve_literal(r->plan.lookup, r->plan.lookup_port, r->plan.lookup_family,
	    &r->list)) == 0) {
		race_looked_up(r, PLAN_LOOKUP_DONE);
		return;
	}
	r->list = NULL;
	if (code != EAI_NONAME) {
		race_name_failed(r, code);
		return;
	}
	if (race_no_interface(r))
		return;
	r->resolve = resolve_start(r->conf.base, r->plan.lookup, r->plan.lookup_port,
	    r->plan.lookup_family, race_resolved_cb, r);
	if (r->resolve != NULL) {
		event_add(&r->lookup_timer, &tv);
		return;
	}
	race_note_errno(r, errno, errno == EAGAIN ? "cannot start a thread for the name lookup" :
	    "cannot look up the name");
	race_looked_up(r, PLAN_LOOKUP_FAILED);
}

/* --- NAT64 ------------------------------------------------------------------------------------ */

/* What the resolver knows of the network's translator, if it has one. */
static void
race_nat64_end(struct race *r, struct addrinfo *list)
{
	int	count = r->plan.count;

	event_del(&r->lookup_timer);
	resolve_cancel(r->resolve);
	r->resolve = NULL;
	if (list != NULL) {
		detour_nat64(&r->plan, &r->detours, list);
		freeaddrinfo(list);
	}
	race_tell(r, count);
	race_next(r);
}

static void
race_nat64_cb(int code, struct addrinfo *list, void *arg)
{
	struct race	*r = arg;

	r->resolve = NULL;
	race_nat64_end(r, code == 0 ? list : NULL);
}

static void
race_nat64_timeout_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	race_nat64_end(arg, NULL);
}

/*
 * All has failed. In a network that has IPv6 alone, an address of IPv4 may still be reached through
 * a translator (RFC 8305 7.1). 1 if the resolver is being asked for it.
 */
static int
race_nat64(struct race *r)
{
	struct timeval	tv = clock_timeval(NAT64_MS);

	if (r->nat64_asked || r->in.target->family == AF_INET || !detour_wants_nat64(&r->plan))
		return (0);
	r->nat64_asked = 1;
	log_debug(1, "no route for IPv4, but for IPv6: " NAT64_NAME " is looked up");
	r->resolve = resolve_start(r->conf.base, NAT64_NAME, r->in.target->port, AF_INET6,
	    race_nat64_cb, r);
	if (r->resolve == NULL)
		return (0);
	event_assign(&r->lookup_timer, r->conf.base, -1, 0, race_nat64_timeout_cb, r);
	event_add(&r->lookup_timer, &tv);
	return (1);
}

/* --- the start -------------------------------------------------------------------------------- */

/* The first step, from the loop. */
static void
race_begin_cb(evutil_socket_t fd, short what, void *arg)
{
	struct timeval	 tv = clock_timeval(ROUTE_STAGGER_MS);
	struct race	*r = arg;

	(void)fd;
	(void)what;
	event_assign(&r->timer, r->conf.base, -1, 0, race_timer_cb, r);
	race_plan(r);
	if (r->plan.lookup[0] != '\0')
		race_lookup(r);
	if (r->resolve != NULL && r->plan.lookup_first)
		event_add(&r->timer, &tv);
	else
		race_next(r);
}

/* The one way that is known. */
static void
race_again_cb(evutil_socket_t fd, short what, void *arg)
{
	struct race	*r = arg;

	(void)fd;
	(void)what;
	event_assign(&r->timer, r->conf.base, -1, 0, race_timer_cb, r);
	race_next(r);
}

static struct race *
race_new(const struct race_config *conf, event_callback_fn begin_cb)
{
	struct timeval	 now = { 0, 0 };
	struct race	*r = xcalloc(1, sizeof(*r));

	r->conf = *conf;
	r->in.target = conf->target;
	r->began_ms = clock_ms();
	event_assign(&r->lookup_timer, conf->base, -1, 0, race_lookup_timeout_cb, r);
	event_assign(&r->timer, conf->base, -1, 0, begin_cb, r);
	event_add(&r->timer, &now);
	return (r);
}

struct race *
race_start(const struct race_config *conf, const struct plan_input *in)
{
	struct race	*r = race_new(conf, race_begin_cb);

	r->in = *in;
	return (r);
}

struct race *
race_again(const struct race_config *conf, const struct connection *conn)
{
	struct race	*r = race_new(conf, race_again_cb);

	r->again = *conn;
	r->devices_added = r->nat64_asked = 1;
	r->plan.count = 1;
	r->plan.steps[0] = conn->step;
	r->plan.steps[0].to = (struct sockaddr *)&r->again.to;
	return (r);
}

void
race_expire(struct race *r)
{
	int	i;

	r->expired = 1;
	if (r->resolve != NULL)
		event_active(&r->lookup_timer, EV_TIMEOUT, 0);
	for (i = 0; i < r->count; i++)
		if (r->tries[i]->state != RACE_STATE_OVER) {
			r->tries[i]->until_ms = 0;
			event_active(&r->tries[i]->ev, EV_TIMEOUT, 0);
		}
}

struct race *
race_other(const struct race_config *conf, const struct connection *conn)
{
	struct connection	other = *conn;

	other.to = conn->other;
	other.step.to_len = conn->other.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
	    sizeof(struct sockaddr_in);
	other.step.device[0] = '\0';
	other.other.ss_family = AF_UNSPEC;
	return (race_again(conf, &other));
}
