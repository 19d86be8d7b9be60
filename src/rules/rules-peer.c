/* SPDX-License-Identifier: ISC */
/* Rules: the peer of the mesh. */

#include <string.h>

#include "base/json.h"
#include "base/shell.h"
#include "facts/query.h"
#include "rules/rules.h"

/* tailscaled knows its peers, and the host is not among them. */
static int
check_peer_unknown(const json_t *facts, struct finding *f)
{
	const char	*similar = json_text_at(facts, "tailscale.similar");

	if (query_reached(facts) == 1 || json_truth_at(facts, "tailscale.peer.found") == 1 ||
	    (json_truth_at(facts, "tailscale.peer.found") != 0 &&
	    (query_mesh(facts) != 2 || similar == NULL)))
		return (0);
	if (query_mesh(facts) == 2) {
		f->severity = SEVERITY_WARNING;
		f->certainty = CERTAINTY_SUSPECTED;
	}
	finding_set(f->cause,
	    "The mesh has no peer of this name or address, or its rules hide it from this machine.");
	finding_set(f->evidence, "it is not among the %lld peers that tailscaled knows%s%.60s",
	    (long long)json_number_at(facts, "tailscale.peers", 0),
	    similar != NULL ? "; similar: " : "", similar != NULL ? similar : "");
	if (similar != NULL)
		finding_cure(f, "meshssh %s", SHELL_QUOTED(similar));
	finding_cure(f, "tailscale status");
	return (1);
}

static int
check_peer_expired(const json_t *facts, struct finding *f)
{
	const char	*name = json_text_at(facts, "tailscale.peer.name");

	if (json_truth_at(facts, "tailscale.peer.expired") != 1 || query_reached(facts) == 1)
		return (0);
	finding_set(f->cause,
	    "The host's key for the mesh has expired; nobody can reach it over the mesh.");
	finding_set(f->evidence,
	    "tailscaled marks the peer %.80s as expired", name != NULL ? name : "host");
	finding_cure(f, "On the host: sudo tailscale up --force-reauth");
	finding_cure(f, "Or in the admin console, under Machines: disable key expiry for it.");
	return (1);
}

static int
check_peer_offline(const json_t *facts, struct finding *f)
{
	json_int_t		 days = json_number_at(facts, "tailscale.peer.last_seen_days", -1);
	struct query_attempt	 a;

	/* What refuses is there. */
	if (json_truth_at(facts, "tailscale.peer.online") != 0 || query_reached(facts) == 1 ||
	    json_truth_at(facts, "ping.answered") == 1 || query_ended(facts, "refused", &a) ||
	    query_ended(facts, "reset", &a) || query_ended(facts, "host-firewall", &a))
		return (0);
	finding_set(f->cause,
	    "The host is not connected to the mesh: it is off or asleep, or its tailscaled does not run.");
	if (days > 0)
		finding_set(f->evidence, "the control server last saw it %lld days ago",
		    (long long)days);
	else
		finding_set(f->evidence, "the control server has it offline%s",
		    days == 0 ? "; it was seen in the last 24 hours" : "");
	finding_cure(f,
	    "Wake the host, or start tailscaled there; tailscale status shows when it is back.");
	return (1);
}

/* The control server has it, and tailscaled gets no word from it. */
static int
check_peer_unreachable(const json_t *facts, struct finding *f)
{
	struct query_attempt	 a;

	if (json_truth_at(facts, "ping.answered") != 0 || !query_peer_online(facts) ||
	    query_reached(facts) == 1 || query_ended(facts, "refused", &a) ||
	    query_ended(facts, "reset", &a))
		return (0);
	finding_set(f->cause,
	    "The host is online, and does not answer tailscaled: it is asleep or cut off, or this machine is.");
	finding_set(f->evidence,
	    "tailscaled's own ping, which no access rule drops, was not answered in a second");
	finding_cure(f,
	    "tailscale ping another peer; if none answers, this machine is cut off, or was removed from the mesh");
	finding_cure(f, "If it was removed: %stailscale up --force-reauth", query_sudo(facts));
	return (1);
}

/* All packets take the way around. */
static int
check_peer_relayed(const json_t *facts, struct finding *f)
{
	const char	*relay = json_text_at(facts, "ping.relay");

	if (relay == NULL || query_reached(facts) != 1)
		return (0);
	finding_set(f->cause,
	    "A relay carries all packets to the host: no direct path was found, so it is slower.");
	finding_set(f->evidence, "tailscaled's ping came back through the relay \"%.40s\" in %lld ms",
	    relay, (long long)json_number_at(facts, "ping.ms", 0));
	finding_cure(f, "tailscale netcheck says whether UDP gets out of this network; run it on the host, too.");
	return (1);
}

/* tailscaled tried, and says something that we do not know. */
static int
check_peer_failed(const json_t *facts, struct finding *f)
{
	const json_t	*list = json_at(facts, "connect.routes"), *row;
	const char	*detail, *outcome = query_outcome(facts);
	size_t		 i;

	/* That it has no route to a peer which is online is as odd as words that are not known. */
	if (query_reached(facts) != 0 || !query_peer_online(facts) ||
	    (outcome != NULL && strcmp(outcome, "no-route") != 0))
		return (0);
	for (i = 0; i < json_array_size(list); i++) {
		row = json_array_get(list, i);
		if (!query_is(row, "route", "localapi") ||
		    (detail = json_text_at(row, "detail")) == NULL || json_truth_at(row, "ok") != 0)
			continue;
		finding_set(f->cause,
		    "tailscaled cannot connect to the host, though it is a peer and online.");
		finding_set(f->evidence, "%.180s", query_said(detail));
		finding_cure(f, "tailscale ping %s", json_text_at(facts, "tailscale.peer.name") !=
		    NULL ? SHELL_QUOTED(json_text_at(facts, "tailscale.peer.name")) : "HOST");
		return (1);
	}
	return (0);
}

/* The host is none of the mesh, but in a network that a peer routes to. */
static int
check_routes(const json_t *facts, struct finding *f)
{
	const char	*router = json_text_at(facts, "tailscale.router.name");
	int		 accepts = json_truth_at(facts, "tailscale.accepts_routes") != 0;

	if (router == NULL || query_reached(facts) == 1 ||
	    (accepts && json_truth_at(facts, "tailscale.router.online") != 0))
		return (0);
	finding_set(f->cause, accepts ?
	    "The peer that routes to the host's network is not connected to the mesh." :
	    "A peer routes to the host's network, and this machine does not accept the routes of peers.");
	finding_set(f->evidence, accepts ? "the control server has %.80s offline" :
	    "%.80s routes there; tailscaled's accept-routes is off", router);
	if (accepts)
		finding_cure(f, "Wake %.80s, or start tailscaled there", router);
	else
		finding_cure(f, "%stailscale set --accept-routes", query_sudo(facts));
	return (1);
}

const struct rule rules_peer[] = {
	{ .code = CODE_MESH_ROUTES, .certainty = CERTAINTY_LIKELY,
	  .needs = { "tailscale.router" }, .check = check_routes },
	{ .code = CODE_PEER_EXPIRED, .certainty = CERTAINTY_SURE,
	  .needs = { "tailscale.peer.expired" }, .check = check_peer_expired },
	{ .code = CODE_PEER_UNKNOWN, .certainty = CERTAINTY_LIKELY,
	  .needs = { "tailscale.peers" }, .check = check_peer_unknown },
	{ .code = CODE_PEER_OFFLINE, .certainty = CERTAINTY_LIKELY,
	  .needs = { "tailscale.peer.online" }, .under = { CODE_PEER_EXPIRED },
	  .check = check_peer_offline },
	{ .code = CODE_PEER_UNREACHABLE, .certainty = CERTAINTY_LIKELY,
	  .needs = { "ping.answered" }, .check = check_peer_unreachable },
	{ .code = CODE_PEER_RELAYED, .certainty = CERTAINTY_SURE,
	  .needs = { "ping.answered" }, .check = check_peer_relayed },
	{ .code = CODE_PEER_FAILED, .certainty = CERTAINTY_LIKELY,
	  .needs = { "connect.ok" }, .under = { CODE_MESH_TOO_OLD }, .check = check_peer_failed },
	{ .code = CODE_NONE }
};
