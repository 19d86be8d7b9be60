/* SPDX-License-Identifier: ISC */
/* Probe: each address, and each kind of route. */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "catalogue/catalogue.h"
#include "facts/fact.h"
#include "net/resolve.h"
#include "net/sock.h"
#include "probe/probe-net.h"
#include "route/mss.h"
#include "route/race.h"
#include "route/unmade.h"
#include "sshconf/redact.h"

#define DIRECT_MAX	4	/* connections to addresses of one host */

/* One address, all by itself. */
struct attempt_direct {
	const struct addrinfo	*to;
	int			 fd;		/* -1: there is none */
	int			 over;
	int			 error;
	int64_t			 ms;
	struct unmade		 unmade;	/* with an error */
	enum code		 code;
	char			 detail[80];
};

/* What this machine could use to get there. */
struct ways {
	struct probe_addresses	 known;
	struct plan		 plan;
};

/* --- each address alone ----------------------------------------------------------------------- */

/* Wait for the next of them; 0 when the time is over, or nothing is left to wait for. */
static int
direct_next(struct attempt_direct *list, int count, int64_t began_ms, int timeout_ms)
{
	struct pollfd	pfd[DIRECT_MAX];
	int64_t		left_ms = began_ms + timeout_ms - clock_ms();
	int		i, open = 0, n;

	for (i = 0; i < count; i++) {
		pfd[i] = (struct pollfd){ .fd = list[i].over ? -1 : list[i].fd, .events = POLLOUT };
		open += pfd[i].fd != -1;
	}
	if (open == 0 || left_ms <= 0)
		return (0);
	if ((n = poll(pfd, (nfds_t)count, (int)left_ms)) <= 0)
		return (n == -1 && errno == EINTR);
	for (i = 0; i < count; i++)
		if (pfd[i].fd != -1 && pfd[i].revents != 0) {
			list[i].ms = clock_ms() - began_ms;
			list[i].error = sock_error(list[i].fd);
			list[i].over = 1;
		}
	return (1);
}

/* End what was connected, all at once; the first is left to the next probe. */
static void
direct_end(const struct attempt_direct *list, int count, int64_t began_ms,
    const struct probe_input *in)
{
	const struct attempt_direct	*first = NULL;
	int				 i;

	for (i = 0; i < count; i++)
		if (list[i].error == 0 && first != NULL)
			shutdown(list[i].fd, SHUT_WR);
		else if (list[i].error == 0)
			first = &list[i];
	for (i = 0; i < count; i++)
		if (list[i].error == 0 && &list[i] != first)
			probe_end(list[i].fd, NULL, 0);
	if (first != NULL)
		probe_keep(in, &(struct probe_kept){ .fd = first->fd, .mss_bytes = MSS_LAST,
		    .since_ms = began_ms + first->ms });
}

/* Why it was not connected, while its descriptor still knows. */
static void
direct_judge(struct attempt_direct *a)
{
	char	address[ADDR_TEXT_MAX], text[160];

	unmade_look(&a->unmade, a->fd, a->to->ai_addr, a->error, a->ms);
	a->code = unmade_judge(&a->unmade, addr_text(a->to->ai_addr, a->to->ai_addrlen, address),
	    text, sizeof(text));
	unmade_detail(&a->unmade, a->detail, sizeof(a->detail));
}

/* All at the same time, so that they take no longer than one; none stands in another's way. */
static void
direct_wait(struct attempt_direct *list, int count, int64_t began_ms, const struct probe_input *in)
{
	int	i;

	while (direct_next(list, count, began_ms, in->timeout_ms))
		continue;
	for (i = 0; i < count; i++) {
		if (list[i].fd != -1 && !list[i].over) {
			list[i].error = ETIMEDOUT;
			list[i].ms = clock_ms() - began_ms;
		}
		if (list[i].error == 0)
			continue;
		direct_judge(&list[i]);
		if (list[i].fd != -1)
			close(list[i].fd);
	}
	direct_end(list, count, began_ms, in);
}

static void
direct_fact(json_t *array, const struct attempt_direct *a)
{
	const struct unmade	*u = &a->unmade;
	char	 text[ADDR_TEXT_MAX];
	json_t	*row = json_pack("{s:i, s:I}", "family", a->to->ai_family == AF_INET6 ? 6 : 4, "ms",
		    (json_int_t)a->ms);

	json_array_append_new(array, row);
	json_put(row, "address", fact_string(addr_text(a->to->ai_addr, a->to->ai_addrlen, text)));
	if (a->error == 0)
		return;
	json_put(row, "error", json_string(code_row(a->code)->name));
	json_put(row, "detail", fact_string(a->detail));
	if (u->route.interface[0] != '\0')
		json_put(row, "interface", fact_string(u->route.interface));
	if (u->route.gateway[0] != '\0')
		json_put(row, "gateway", fact_string(u->route.gateway));
	if (u->by != UNMADE_UNTOLD)
		json_put(row, "said_by", json_string(unmade_by_name(u->by)));
	if (u->by > UNMADE_NOBODY)
		json_put(row, "said_from", fact_string(unmade_from(u, text)));
}

/* The direct steps of the plan, and how they ended. */
static void
direct_run(json_t *facts, const struct probe_input *in, const struct ways *ways,
    struct attempt_direct list[DIRECT_MAX], int *count)
{
	int64_t	 began_ms = clock_ms();
	json_t	*array = json_array();
	int	 i, made = 0;

	fact_put(facts, "connect.addresses", array);
	for (*count = i = 0; i < ways->plan.count && *count < DIRECT_MAX; i++) {
		if (ways->plan.steps[i].via->to != VIA_TO_TARGET)
			continue;
		list[*count] = (struct attempt_direct){ .fd = -1 };
		while (list[*count].to == NULL ||
		    list[*count].to->ai_addr != ways->plan.steps[i].to)
			list[*count].to = list[*count].to == NULL ?
			    ways->known.list : list[*count].to->ai_next;
		list[*count].fd = probe_begin(list[*count].to->ai_addr, list[*count].to->ai_addrlen,
		    in, MSS_LAST, 0);
		list[*count].error = list[*count].fd == -1 ? errno : 0;
		(*count)++;
	}
	direct_wait(list, *count, began_ms, in);
	for (i = 0; i < *count; i++) {
		direct_fact(array, &list[i]);
		made += list[i].error == 0;
	}
	probe_made(facts, made);
	for (i = 0; i < *count; i++)
		if (made == 0 && probe_conflict(facts, in, list[i].to->ai_addr,
		    list[i].to->ai_addrlen))
			break;
}

/* --- each route ------------------------------------------------------------------------------- */

/* Without a code it works. The detail, unless it is NULL, is the row's from then on. */
static void
route_fact(json_t *facts, const struct via *via, const char *to, int64_t ms, const char *code,
    json_t *detail)
{
	json_t	*array = fact_at(facts, "connect.routes");
	json_t	*row = json_pack("{s:s, s:b, s:I}", "route", via->name, "ok", code == NULL, "ms",
		    (json_int_t)ms);

	if (array == NULL)
		fact_put(facts, "connect.routes", array = json_array());
	json_array_append_new(array, row);
	if (code != NULL)
		json_put(row, "code", json_string(code));
	json_put(row, "detail", detail);
	if (to[0] != '\0')
		json_put(row, "to", fact_string(to));
}

/* The route is the one that works, unless there is a better one already. */
static void
route_works(json_t *facts, const struct via *via, const char *address, int64_t ms)
{
	if (fact_at(facts, "connect.route") != NULL)
		return;
	fact_put_text(facts, "connect.route", via->name);
	fact_put_number(facts, "connect.ms", ms);
	fact_put_truth(facts, "connect.ok", 1);
	if (address != NULL)
		fact_put_text(facts, "connect.address", address);
}

/* What the addresses have shown. */
static void
route_direct(json_t *facts, const struct via *via, const struct attempt_direct *list, int count)
{
	const struct attempt_direct	*best = NULL;
	char				 text[ADDR_TEXT_MAX];
	int				 i;

	for (i = count - 1; i >= 0; i--)
		if (best == NULL || list[i].error == 0)
			best = &list[i];
	if (best == NULL)
		return;
	addr_text(best->to->ai_addr, best->to->ai_addrlen, text);
	route_fact(facts, via, text, best->ms, best->error != 0 ? code_row(best->code)->name : NULL,
	    best->error != 0 ? fact_string(best->detail) : NULL);
	if (best->error == 0)
		route_works(facts, via, text, best->ms);
}

/* That there is no route to the proxy, or that a firewall forbids it, says nothing of the host. */
static enum code
through_code(enum code code, const struct attempt *last)
{
	return (last != NULL && last->unmet && (code == CODE_NO_ROUTE || code == CODE_BLOCKED) ?
	    CODE_PROXY_DOWN : code);
}

/* Through a proxy or daemon, as --via would have it. */
static void
route_through(json_t *facts, const struct probe_input *in, const struct via *via)
{
	struct attempts	attempts = { .count = 0 };
	struct connection	conn = { .fd = -1 };
	const struct attempt *last;
	struct error	err = { .code = CODE_NONE };
	int64_t		began_ms = clock_ms(), ms;
	int		ok;

	ok = probe_race(in, via, MSS_LAST, &conn, &attempts, &err) == 0;
	ms = clock_ms() - began_ms;
	if (ok)
		probe_end(conn.fd, NULL, 0);
	/* Nobody in the mesh knows a way there, and it was only asked. */
	if (!ok && err.code == CODE_NONE)
		return;
	last = attempts.count > 0 ? &attempts.list[attempts.count - 1] : NULL;
	route_fact(facts, via, last != NULL ? last->to : "", ms,
	    ok ? NULL : code_row(through_code(err.code, last))->name,
	    ok ? NULL : redact_error(&err));
	probe_made(facts, ok);
	if (ok)
		route_works(facts, via, NULL, ms);
}

/* The kinds of ways in the order of the plan, each once. */
static void
routes_run(json_t *facts, const struct probe_input *in, const struct ways *ways)
{
	struct attempt_direct	 list[DIRECT_MAX];
	const struct via	*via;
	int			 i, j, count;

	fact_put_number(facts, "connect.port", in->port);
	direct_run(facts, in, ways, list, &count);
	for (i = 0; i < ways->plan.count; i++) {
		via = ways->plan.steps[i].via;
		for (j = 0; ways->plan.steps[j].via != via; j++)
			continue;
		if (j < i || probe_left(facts) == 0)
			continue;
		if (via->to == VIA_TO_TARGET)
			route_direct(facts, via, list, count);
		else
			route_through(facts, in, via);
	}
	if (fact_at(facts, "connect.ok") == NULL)
		fact_put_truth(facts, "connect.ok", 0);
}

/*
 * Whether there is a path on which something may be wrong; of one through others it is not seen
 * where it leads.
 */
static void
routes_far(json_t *facts, const struct probe_input *in)
{
	const char		*route = fact_text(facts, "connect.route");
	const struct via	*via;
	int			 far;

	if (route == NULL)
		return;
	via = via_find(route, strlen(route));
	far = via != NULL && via->to == VIA_TO_TARGET ? probe_far(facts, in) :
	    fact_truth(facts, "tailscale.peer.self") != 1;
	fact_put_truth(facts, "connect.far", far);
}

/* --- the probe -------------------------------------------------------------------------------- */

static int
connect_useful(const json_t *facts, const struct probe_input *in)
{
	(void)facts;
	(void)in;
	return (1);
}

/* The address that works has an interface that nobody named: it was tried with each. */
static void
connect_zone_found(json_t *facts, const struct probe_input *in)
{
	const char	*address = fact_text(facts, "connect.address"), *zone;
	const json_t	*row;
	size_t		 i;

	if (address == NULL || (zone = strchr(address, '%')) == NULL ||
	    strcmp(address, in->host) == 0)
		return;
	json_array_foreach(fact_at(facts, "names.lookups.system.addresses"), i, row)
		if (json_is_string(row) && strcmp(json_string_value(row), address) == 0)
			return;
	fact_put_text(facts, "connect.zone", zone + 1);
}

/* fe80::1%eth9 is an address, and no interface has that name. */
static void
connect_zone(json_t *facts, const struct probe_input *in)
{
	const char	*zone;

	if ((zone = resolve_no_interface(in->host)) != NULL)
		fact_put_text(facts, "connect.no_interface", zone);
}

static void
connect_run(json_t *facts, const struct probe_input *in)
{
	struct target		 target = { .host = in->host, .port = in->port,
				    .family = in->family, .timeout_ms = in->timeout_ms };
	struct plan_choice	 any = { .via = NULL };
	struct plan_input	 plan = { .target = &target, .facts = in->seen,
				    .choice = in->choice != NULL ? in->choice : &any };
	struct ways		*ways = xcalloc(1, sizeof(*ways));

	if (plan.choice->via != NULL)
		fact_put_text(facts, "connect.via", plan.choice->via->name);
	connect_zone(facts, in);
	probe_addresses(&ways->known, facts, in);
	plan.lookup = ways->known.count > 0 ? PLAN_LOOKUP_DONE : PLAN_LOOKUP_FAILED;
	plan.list = ways->known.count > 0 ? ways->known.list : NULL;
	plan.on_link = race_on_link(plan.list);
	plan_make(&ways->plan, &plan);
	/* What stands in parentheses, a path or a state, is a fact of tailscaled's. */
	ways->plan.why_not_text[strcspn(ways->plan.why_not_text, "(")] = '\0';
	if (ways->plan.why_not != CODE_NONE)
		fact_put_text(facts, "connect.why_not", ways->plan.why_not_text);
	routes_run(facts, in, ways);
	connect_zone_found(facts, in);
	routes_far(facts, in);
	free(ways);
}

const struct probe probe_connect = {
	.name = "connect",
	.doing = "connects",
	.useful = connect_useful,
	.run = connect_run
};
