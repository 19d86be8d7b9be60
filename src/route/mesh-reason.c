/* SPDX-License-Identifier: ISC */
/* Why a host of the mesh was not reached, by what tailscaled knows. */

#include <sys/types.h>
#include <sys/socket.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "facts/env-peer.h"
#include "facts/tailscale-fault.h"
#include "os/os.h"
#include "route/mesh-reason.h"
#include "route/target.h"

#define STATUS_MS	200	/* as for a plan: one that hangs costs no more */
#define DAY_S		86400

struct mesh_reason {
	const char		*socket;
	int64_t			 until_ms;
	int			 ms;
	int			 asked;
	int			 installed;
	struct env_tailscale	 tailscale;
	json_t			*list;		/* its peers; NULL: not told */
};

/* Failures that tailscaled may know the cause of, and which of them a ping can tell apart. */
static const struct doubt {
	enum code	code;
	int		name;	/* the target has no address */
	int		silent;	/* it had the time to answer */
	int		asked;	/* a proxy, or tailscaled, was: one runs */
} doubts[] = {
	{ CODE_NO_ANSWER, 0, 1, 0 },
	{ CODE_NO_ROUTE, 0, 0, 0 },
	{ CODE_PROXY_SILENT, 0, 1, 1 },
	{ CODE_PROXY_FAILED, 0, 0, 1 },
	{ CODE_NAME_UNKNOWN, 1, 0, 0 },
	{ CODE_NAME_LOOKUP, 1, 0, 0 },
	{ CODE_NAME_TIMEOUT, 1, 0, 0 },
	{ CODE_MESH_LOGGED_OUT, 0, 0, 1 },
	{ CODE_MESH_NO_STATE, 0, 0, 1 },
};

static const struct doubt *
doubt_of(enum code code)
{
	size_t	i;

	for (i = 0; i < sizeof(doubts) / sizeof(doubts[0]); i++)
		if (doubts[i].code == code)
			return (&doubts[i]);
	return (NULL);
}

/* Whose the target is, by how it is written: 1 the mesh's, 0 not, -1 it may be. */
static int
target_mesh(const struct target *target, const char *suffix)
{
	struct sockaddr_storage	ss;

	if (addr_literal(target->host, 0, &ss) != 0)
		return (addr_is_tailnet((struct sockaddr *)&ss));
	if (addr_name_is_tailnet(target->host, suffix))
		return (1);
	return (suffix[0] == '\0' || strchr(target->host, '.') == NULL ? -1 : 0);
}

/* A fault of this machine's tailscaled, if it is one for this target. */
static void
judge_own(enum code code, const char *cause, const struct target *target, const char *suffix,
    const struct doubt *doubt, struct error *err)
{
	int	mesh = doubt->code == CODE_MESH_LOGGED_OUT ? 1 : target_mesh(target, suffix);
	char	text[TARGET_TEXT_MAX];

	/* A name that may be anybody's, and has an address, is not the mesh's to blame. */
	if (mesh == 1 || (mesh == -1 && doubt->name))
		error_set(err, code, "%s: %s%s", target_text(target, text),
		    mesh == -1 ? "its name is not known, and " : "", cause);
}

/* tailscaled does not run, or is not connected. */
static void
judge_down(const struct mesh_view *view, const struct target *target, const struct doubt *doubt,
    struct error *err)
{
	const struct env_tailscale	*ts = view->tailscale;
	const struct tailscale_fault	*fault = tailscale_fault(ts->state, ts->status.state);

	if (fault->code == CODE_NONE || doubt->asked ||
	    (ts->state == ENV_TAILSCALE_NONE && !view->installed) ||
	    (ts->state == ENV_TAILSCALE_DOWN && fault->backend[0] == '\0'))
		return;
	/* What another mesh routes is not this one's to blame. */
	if (doubt->name || !ts->mesh_address)
		judge_own(fault->code, fault->cause, target, ts->status.suffix, doubt, err);
}

/* This machine's key has; where tailscaled is connected, only the clock here says so. */
static int
own_expired(const struct mesh_view *view)
{
	const struct tspeer	*self = &view->peers->self;

	return (view->tailscale->state == ENV_TAILSCALE_DOWN && (self->expired ||
	    (self->expires_s != 0 && self->expires_s < (int64_t)time(NULL))));
}

/* A peer of which no packet came, though there was time for one. */
static void
judge_silent(const struct mesh_view *view, const struct doubt *doubt, const char *target,
    struct error *err)
{
	const struct tspeer	*peer = &view->peers->peer;
	int64_t			 days = ((int64_t)time(NULL) - peer->seen_s) / DAY_S;

	if (view->pinged && view->answered) {
		if (doubt->silent)
			error_set(err, CODE_PEER_SILENT,
			    "%s: no answer, though the host answers tailscaled's ping", target);
	} else if (peer->online == 0 && peer->seen_s != 0 && days > 0)
		error_set(err, CODE_PEER_OFFLINE,
		    "%s: the host is offline in the mesh, last seen %lld day%s ago", target,
		    (long long)days, days == 1 ? "" : "s");
	else if (peer->online == 0)
		error_set(err, CODE_PEER_OFFLINE, "%s: the host is offline in the mesh", target);
	else if (view->pinged)
		error_set(err, CODE_PEER_UNREACHABLE,
		    "%s: no answer, not even to tailscaled's own ping", target);
}

/*
 * It is not among the peers; a name without dots may be the resolver's all the same. What has an
 * address or a route may be a service of the mesh, or behind a peer.
 */
static void
judge_unknown(const struct tspeers *peers, const struct target *target, const struct doubt *doubt,
    struct error *err)
{
	struct sockaddr_storage	ss;
	int			literal = addr_literal(target->host, 0, &ss) != 0;
	int			mesh = target_mesh(target, peers->suffix) == 1;
	char			text[TARGET_TEXT_MAX];

	target_text(target, text);
	if (literal && doubt->code == CODE_NO_ROUTE)
		error_set(err, CODE_PEER_UNKNOWN, "%s: tailscaled knows no peer of this address",
		    text);
	else if (!literal && doubt->name && (mesh || doubt->code == CODE_NAME_UNKNOWN))
		error_set(err, mesh ? CODE_PEER_UNKNOWN : CODE_NAME_UNKNOWN, "%s: %s%s%.50s", text,
		    mesh ? "tailscaled knows no peer of this name" :
		    "neither the resolver nor tailscaled knows this name",
		    peers->similar[0] != '\0' ? "; similar: " : "", peers->similar);
}

void
mesh_reason_judge(const struct mesh_view *view, const struct target *target, struct error *err)
{
	const struct doubt	*doubt = doubt_of(err->code);
	const struct tspeers	*peers = view->peers;
	char			 text[TARGET_TEXT_MAX];

	if (doubt == NULL)
		return;
	target_text(target, text);
	if (peers != NULL && own_expired(view))
		judge_own(CODE_MESH_KEY_EXPIRED, "this machine's key for the mesh has expired",
		    target, peers->suffix, doubt, err);
	else if (view->tailscale->state != ENV_TAILSCALE_UP)
		judge_down(view, target, doubt, err);
	else if (peers == NULL || peers->is_self)
		return;
	else if (peers->found && peers->peer.expired)
		error_set(err, CODE_PEER_EXPIRED, "%s: the host's key for the mesh has expired",
		    text);
	else if (peers->found)
		judge_silent(view, doubt, text, err);
	else if (target_mesh(target, peers->suffix) != 0)
		judge_unknown(peers, target, doubt, err);
	else if (peers->exit_node == 0 && view->tunnel)
		error_set(err, CODE_MESH_EXIT_NODE_OFF,
		    "%s: the exit node that this machine uses is offline", text);
}

/* --- asking ----------------------------------------------------------------------------------- */

struct mesh_reason *
mesh_reason_new(const char *socket, int ms)
{
	struct mesh_reason	*r = xcalloc(1, sizeof(*r));

	r->socket = socket;
	r->ms = ms;
	return (r);
}

void
mesh_reason_free(struct mesh_reason *r)
{
	if (r == NULL)
		return;
	json_decref(r->list);
	free(r);
}

static int
reason_left_ms(const struct mesh_reason *r)
{
	int64_t	left_ms = r->until_ms - clock_ms();

	return (left_ms > 0 ? (int)left_ms : 0);
}

static void
reason_ask(struct mesh_reason *r)
{
	if (r->asked)
		return;
	r->asked = 1;
	r->until_ms = clock_ms() + r->ms;
	env_tailscale_detect(&r->tailscale, r->socket, "", STATUS_MS);
	if (r->tailscale.state == ENV_TAILSCALE_NONE)
		r->installed = env_tailscale_installed("");
	if (r->tailscale.state >= ENV_TAILSCALE_DOWN)
		r->list = env_peer_list(&r->tailscale.at, reason_left_ms(r));
}

/* Let tailscaled ping the peer, which is in its list. */
static void
reason_ping(struct mesh_reason *r, struct mesh_view *view, struct attempts *attempts)
{
	const struct tspeer	*peer = &view->peers->peer;
	struct tsping		 ping;
	int64_t			 began_ms = clock_ms();
	char			 to[sizeof(attempts->list[0].to)];
	int			 result;

	if (!view->peers->found || view->peers->is_self || peer->expired || peer->addr_count == 0)
		return;
	result = env_peer_ping(&r->tailscale.at, peer->addrs[0], reason_left_ms(r), &ping);
	view->pinged = result != -1;
	view->answered = result == 1 && ping.answered;
	snprintf(to, sizeof(to), "ping %.46s", peer->addrs[0]);
	if (view->pinged)
		attempts_add(attempts, to, view->answered ? "tailscaled got an answer" :
		    "tailscaled got no answer", clock_ms() - began_ms);
	log_debug(1, "%s by tailscaled: %s", to, view->answered ? "answered" : "no answer");
}

/* What tailscaled says of itself may be why. */
static void
reason_complaint(const struct mesh_reason *r, struct attempts *attempts)
{
	const char	*complaint = tailscale_complaint(&r->tailscale.status);
	char		 text[sizeof(attempts->list[0].what)];

	if (complaint[0] != '\0' && !tailscale_harmless(complaint))
		attempts_add(attempts, "tailscaled says of itself",
		    error_vis(text, sizeof(text), complaint), 0);
}

/* 1 if one of the addresses that were tried is behind a tunnel. */
static int
reason_tunnel(const struct attempts *attempts)
{
	struct sockaddr_storage	ss;
	struct os_route		route;
	int			i;

	for (i = 0; i < attempts->count; i++) {
		if (addr_literal(attempts->list[i].to, 0, &ss) == 0)
			continue;
		os_route((struct sockaddr *)&ss, &route);
		if (route.tunnel)
			return (1);
	}
	return (0);
}

void
mesh_reason_tell(struct mesh_reason *r, const struct target *target, struct attempts *attempts,
    struct error *err)
{
	struct mesh_view	 view = { .tailscale = &r->tailscale };
	struct tspeers		*peers;

	if (doubt_of(err->code) == NULL)
		return;
	reason_ask(r);
	view.installed = r->installed;
	peers = xmalloc(sizeof(*peers));
	if (r->list != NULL) {
		tspeer_look(r->list, target->host, peers);
		view.peers = peers;
	}
	if (attempts != NULL && r->tailscale.state >= ENV_TAILSCALE_DOWN)
		reason_complaint(r, attempts);
	if (attempts != NULL && r->tailscale.state == ENV_TAILSCALE_UP) {
		view.tunnel = reason_tunnel(attempts);
		if (r->list != NULL)
			reason_ping(r, &view, attempts);
	}
	mesh_reason_judge(&view, target, err);
	free(peers);
}
