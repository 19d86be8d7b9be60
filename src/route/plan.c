/* SPDX-License-Identifier: ISC */
/* Which routes are tried, and why: a pure function of target and facts. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "facts/facts.h"
#include "facts/tailscale-fault.h"
#include "route/plan.h"

#define HURRY_MS	3000	/* a SYN and two retransmissions */
#define ASK_MAX	4	/* addresses that tailscaled is asked about */

static int
list_has_tailnet(const struct addrinfo *list)
{
	for (; list != NULL; list = list->ai_next)
		if (addr_is_tailnet(list->ai_addr))
			return (1);
	return (0);
}

/*
 * The full name that a word without dots would have in the mesh, or the address that a name of a
 * 4via6 route stands for, which has no peer; "" if it can be none.
 */
static void
plan_name(struct plan *plan, const struct plan_input *in)
{
	const struct env_tailscale	*ts = &in->facts->tailscale;
	const char			*host = in->target->host;

	if (ts->state != ENV_TAILSCALE_UP)
		return;
	if (addr_4via6(host, ts->status.suffix, plan->name) != NULL) {
		plan->computed = 1;
		return;
	}
	/* A word of digits, or with a colon, is an address in one of its forms. */
	if (ts->status.suffix[0] == '\0' ||
	    strpbrk(host, ".:") != NULL || host[strspn(host, "0123456789")] == '\0' ||
	    strlen(host) + 1 + strlen(ts->status.suffix) > ADDR_HOST_MAX)
		return;
	strlcpy(plan->name, host, sizeof(plan->name));
	strlcat(plan->name, ".", sizeof(plan->name));
	strlcat(plan->name, ts->status.suffix, sizeof(plan->name));
}

/* 1 if tailscaled may be asked about an address: others have a meaning on this machine only. */
static int
plan_routable(const struct sockaddr *sa)
{
	const struct sockaddr_in	*in = (const void *)sa;
	const struct sockaddr_in6	*in6 = (const void *)sa;

	if (sa->sa_family == AF_INET6)
		return (!addr_is_loopback(sa) && !IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr));
	return (!addr_is_loopback(sa) && ntohl(in->sin_addr.s_addr) >> 16 != 0xa9fe);
}

static enum plan_owner
plan_owner(const struct plan *plan, const struct plan_input *in)
{
	const struct env_tailscale	*ts = &in->facts->tailscale;
	const char			*host = in->target->host;
	struct sockaddr_storage		 ss;

	if ((addr_literal(host, 1, &ss) != 0 && addr_is_tailnet((struct sockaddr *)&ss)) ||
	    plan->computed || (in->lookup == PLAN_LOOKUP_DONE && list_has_tailnet(in->list)))
		return (PLAN_MESH);
	if (addr_name_is_tailnet(host, ts->status.suffix))
		return (PLAN_MESH);
	if (plan->name[0] != '\0')
		return (PLAN_PERHAPS);
	return (in->lookup == PLAN_LOOKUP_OPEN ? PLAN_UNKNOWN : PLAN_OTHERS);
}

int
plan_needs_facts(const struct target *target, const struct plan_choice *choice)
{
	struct sockaddr_storage	ss;

	if (choice->via != NULL)
		return (choice->via->to != VIA_TO_TARGET && choice->address == NULL);
	return (strcasecmp(target->host, "localhost") != 0 &&
	    (addr_literal(target->host, 1, &ss) == 0 || plan_routable((struct sockaddr *)&ss)));
}

/* A further way to the target, or NULL if there are enough. */
static struct via_step *
plan_add(struct plan *plan, const struct plan_input *in, const struct via *via, const char *why)
{
	struct via_step	*step;

	if (plan->count == ATTEMPTS_MAX)
		return (NULL);
	step = &plan->steps[plan->count++];
	step->via = via;
	/* Unasked, tailscaled shall not look for a host outside of the mesh. */
	step->host = plan->computed || (in->choice->via == NULL && via->to == VIA_TO_TAILSCALED &&
	    plan->owner == PLAN_PERHAPS) ? plan->name : in->target->host;
	step->why = why;
	return (step);
}

/* The next address of this family, or of any other; *from is behind it then. */
static const struct addrinfo *
list_next(const struct addrinfo **from, int family, int same)
{
	const struct addrinfo	*ai;

	while (*from != NULL && ((*from)->ai_family == family) != same)
		*from = (*from)->ai_next;
	if ((ai = *from) != NULL)
		*from = ai->ai_next;
	return (ai);
}

/* The addresses that are left of a list, and whose turn it is. */
struct list_turn {
	const struct addrinfo	*first, *second;
	int			 family, turn;
};

static void
list_turn_set(struct list_turn *t, const struct addrinfo *list)
{
	t->first = t->second = list;
	t->family = list != NULL ? list->ai_family : AF_UNSPEC;
	t->turn = 0;
}

/* RFC 8305 4: take the families in turn, beginning with the one that the resolver puts first. */
static const struct addrinfo *
list_turn_next(struct list_turn *t)
{
	const struct addrinfo	*ai;

	t->turn = !t->turn;
	if ((ai = list_next(t->turn ? &t->first : &t->second, t->family, t->turn)) == NULL)
		ai = list_next(t->turn ? &t->second : &t->first, t->family, !t->turn);
	return (ai);
}

static void
plan_add_list(struct plan *plan, const struct plan_input *in, const struct via *via,
    const char *why)
{
	const struct addrinfo	*ai;
	struct list_turn	 turn;
	struct via_step		*step;

	list_turn_set(&turn, in->list);
	while ((ai = list_turn_next(&turn)) != NULL) {
		if (addr_is_tailnet(ai->ai_addr) ? plan->outside_only : plan->inside_only)
			continue;
		if ((step = plan_add(plan, in, via, why)) == NULL)
			return;
		step->to = ai->ai_addr;
		step->to_len = ai->ai_addrlen;
	}
}

/* The addresses behind this name, now if they are known, else when they are. */
static void
plan_add_lookup(struct plan *plan, const struct plan_input *in, const char *host, int port,
    const struct via *via, const char *why)
{
	if (in->lookup == PLAN_LOOKUP_OPEN) {
		strlcpy(plan->lookup, host, sizeof(plan->lookup));
		plan->lookup_port = port;
		plan->lookup_family = via->to == VIA_TO_TARGET ? in->target->family : AF_UNSPEC;
	} else
		plan_add_list(plan, in, via, why);
}

static void
plan_add_target(struct plan *plan, const struct plan_input *in, const struct via *via,
    const char *why)
{
	plan_add_lookup(plan, in, plan->computed ? plan->name : in->target->host, in->target->port,
	    via, why);
}

static void
plan_add_direct(struct plan *plan, const struct plan_input *in, const char *why)
{
	plan_add_target(plan, in, via_first(VIA_TO_TARGET), why);
}

static void
plan_set_why_not(struct plan *plan, enum code code, const char *text, const char *detail)
{
	plan->why_not = code;
	snprintf(plan->why_not_text, sizeof(plan->why_not_text), detail != NULL ? "%s (%s)" : "%s",
	    text, detail);
}

/* Why tailscaled is not among the ways, or cannot tell whose a name is. */
static void
plan_tailscaled_unusable(struct plan *plan, const struct env_tailscale *ts)
{
	const struct tailscale_fault	*fault = tailscale_fault(ts->state, ts->status.state);
	const char			*detail = NULL;

	if (fault->code == CODE_NONE)
		return;
	if (ts->state == ENV_TAILSCALE_DEAD || ts->state == ENV_TAILSCALE_PERMISSION_DENIED)
		detail = ts->at.path;
	else if (ts->state == ENV_TAILSCALE_DOWN && fault->backend[0] == '\0')
		detail = ts->status.state;
	plan_set_why_not(plan, fault->code, fault->cause, detail);
}

/* A name that nobody knows: while tailscaled is of no use it may be one of the mesh. */
static void
plan_nameless(struct plan *plan, const struct env_tailscale *ts)
{
	char	text[sizeof(plan->why_not_text)];

	if (ts->state == ENV_TAILSCALE_NONE || ts->state == ENV_TAILSCALE_UP)
		return;
	plan_tailscaled_unusable(plan, ts);
	strlcpy(text, plan->why_not_text, sizeof(text));
	snprintf(plan->why_not_text, sizeof(plan->why_not_text),
	    "its name is not known, and %.130s", text);
}

/* 1 if it was added. */
static int
plan_add_tailscaled(struct plan *plan, const struct plan_input *in, const struct via *via,
    const char *why)
{
	const struct env_tailscale	*ts = &in->facts->tailscale;
	struct via_step			*step;

	if (ts->state != ENV_TAILSCALE_UP && ts->state != ENV_TAILSCALE_HUNG) {
		plan_tailscaled_unusable(plan, ts);
		return (0);
	}
	if ((step = plan_add(plan, in, via, why)) == NULL)
		return (0);
	step->tailscaled = &ts->at;
	step->hung = ts->state == ENV_TAILSCALE_HUNG;
	/* Without a TUN here the kernel would take an address of the mesh somewhere else. */
	step->dial_self = env_tailscale_kernel(ts) || (plan->owner != PLAN_MESH &&
	    plan->owner != PLAN_PERHAPS);
	return (1);
}

static int
plan_add_localapi(struct plan *plan, const struct plan_input *in, const char *why)
{
	return (plan_add_tailscaled(plan, in, via_first(VIA_TO_TAILSCALED), why));
}

/* tailscaled is asked whether these addresses are in a network that a peer routes to. */
static void
plan_add_asked(struct plan *plan, const struct plan_input *in, const char *why)
{
	const struct addrinfo	*ai;
	struct list_turn	 turn;
	int			 i;

	list_turn_set(&turn, in->list);
	for (i = 0; i < ASK_MAX && (ai = list_turn_next(&turn)) != NULL; i++) {
		if (!plan_routable(ai->ai_addr) || !plan_add_localapi(plan, in, why))
			continue;
		plan->steps[plan->count - 1].ask = ai->ai_addr;
		plan->steps[plan->count - 1].ask_len = ai->ai_addrlen;
	}
}

/* The known proxies that this route can go through. */
static void
plan_add_proxies(struct plan *plan, const struct plan_input *in, const struct via *via, int guesses)
{
	const struct proxy	*proxy = in->facts->proxy.list;
	struct via_step		*step;
	int			 i;

	for (i = 0; i < in->facts->proxy.count; i++, proxy++) {
		if (proxy->kind != via->proxy || (proxy->guess && !guesses) ||
		    !env_proxy_usable(proxy, in->choice->via != NULL) ||
		    (step = plan_add(plan, in, via, proxy->source)) == NULL)
			continue;
		step->to = (const struct sockaddr *)&proxy->ss;
		step->to_len = proxy->len;
		step->proxy = proxy->name;
		step->proxy_named = proxy->named;
		step->proxy_guess = proxy->listener == OS_LISTENER_OURS;
	}
}

/* None is named: why none is known, perhaps because the one that there is cannot be trusted. */
static void
plan_no_proxy(struct plan *plan, const struct plan_input *in, enum proxy_kind kind)
{
	const struct proxy	*proxy = in->facts->proxy.list;
	char			 text[sizeof(plan->why_not_text)];
	int			 i;

	snprintf(text, sizeof(text), "no %s proxy is known on this machine",
	    kind == PROXY_HTTP ? "HTTP" : "SOCKS5");
	for (i = 0; i < in->facts->proxy.count; i++, proxy++)
		if (proxy->kind == kind && proxy->listener == OS_LISTENER_OTHERS)
			snprintf(text, sizeof(text), "what listens on %s belongs to another user",
			    proxy->name);
	plan_set_why_not(plan, CODE_NO_PROXY, text, NULL);
}

static void
plan_forced_proxy(struct plan *plan, const struct plan_input *in)
{
	const struct plan_choice	*choice = in->choice;
	char				 host[ADDR_HOST_MAX + 1];
	int				 i, port;

	if (choice->address == NULL) {
		plan_add_proxies(plan, in, choice->via, 0);
		if (plan->count > 0)
			return;
		plan_no_proxy(plan, in, choice->via->proxy);
		plan_add_proxies(plan, in, choice->via, 1);
		return;
	}
	if (addr_split(choice->address, host, &port) == -1)
		return;
	plan_add_lookup(plan, in, host, port, choice->via, "as --via says");
	for (i = 0; i < plan->count; i++) {
		plan->steps[i].proxy = choice->address;
		plan->steps[i].proxy_named = 1;
	}
}

static void
plan_forced(struct plan *plan, const struct plan_input *in)
{
	const struct via	*via = in->choice->via;

	switch (via->to) {
	case VIA_TO_TARGET:
		plan_add_target(plan, in, via, "as --via says");
		break;
	case VIA_TO_TAILSCALED:
		if (!in->choice->mesh_only || plan->owner >= PLAN_PERHAPS)
			plan_add_tailscaled(plan, in, via, "as --via says");
		else if (in->lookup == PLAN_LOOKUP_OPEN)
			plan_add_target(plan, in, via, "as --via says");
		else
			plan_add_asked(plan, in, "as --via says");
		break;
	case VIA_TO_PROXY:
		plan_forced_proxy(plan, in);
		break;
	}
}

/* The mesh's, or perhaps, and the kernel has a way there. */
static void
plan_routed(struct plan *plan, const struct plan_input *in)
{
	plan_add_direct(plan, in, "the mesh is routed on this machine");
	plan->lookup_first = plan->lookup[0] != '\0';
	plan_add_localapi(plan, in, "should the direct way fail");
	plan->why_not = CODE_NONE;
}

/*
 * Its own tailscaled does not run, and no other mesh has an address here: hardly anything but the
 * mesh will answer, and why it does not is known already.
 */
static void
plan_hurry(struct plan *plan, const struct env_tailscale *ts)
{
	int	i;

	if (ts->state != ENV_TAILSCALE_DEAD || ts->mesh_address)
		return;
	for (i = 0; i < plan->count; i++)
		if (plan->steps[i].via->to == VIA_TO_TARGET)
			plan->steps[i].limit_ms = HURRY_MS;
}

/*
 * Not a peer, or perhaps not. Where there is no TUN here, only tailscaled knows whether a peer
 * routes to its network; but what plain ssh would reach is not taken elsewhere: a neighbour, or
 * with an exit node anything. Nor is a tailscaled asked first that would connect by itself.
 */
static void
plan_others(struct plan *plan, const struct plan_input *in, const char *why)
{
	const struct env_tailscale	*ts = in->facts != NULL ? &in->facts->tailscale : NULL;
	const struct via		*const *via;
	int				 ask, first;

	ask = ts != NULL && ts->state == ENV_TAILSCALE_UP && !env_tailscale_kernel(ts) &&
	    in->lookup == PLAN_LOOKUP_DONE;
	first = ask && !in->on_link && !ts->status.exit_node && env_tailscale_tells(ts);
	if (first)
		plan_add_asked(plan, in, "a peer may route to its network");
	plan_add_direct(plan, in, why);
	if (ask && !first)
		plan_add_asked(plan, in, "should the direct way fail: a peer may route there");
	/* Where tailscaled cannot tell its domain, a name that nobody knows may be one of it. */
	if (ts != NULL && ts->state < ENV_TAILSCALE_DOWN && in->lookup == PLAN_LOOKUP_FAILED)
		for (via = via_table; *via != NULL; via++)
			if ((*via)->to == VIA_TO_PROXY)
				plan_add_proxies(plan, in, *via, 0);
}

/* The mesh's, or perhaps, and only tailscaled has a way there. */
static void
plan_userspace(struct plan *plan, const struct plan_input *in)
{
	const struct env_tailscale	*ts = &in->facts->tailscale;
	const struct via		*const *via;
	struct sockaddr_storage		 ss;
	int				 localapi;

	localapi = plan_add_localapi(plan, in, ts->state == ENV_TAILSCALE_HUNG ?
	    "it may still wake up" :
	    ts->status.tun == TSJSON_TUN_NO ? "tailscaled runs in userspace-networking mode" :
	    "tailscaled's TUN is in another network namespace");
	if (plan->owner == PLAN_PERHAPS) {
		plan_others(plan, in, "the name may be none of the mesh");
		return;
	}
	/* Another mesh has an address here, and the target may be that one's. */
	if (localapi && ts->mesh_address && in->lookup == PLAN_LOOKUP_DONE &&
	    addr_literal(in->target->host, 1, &ss) != 0) {
		plan->steps[0].ask = in->list->ai_addr;
		plan->steps[0].ask_len = in->list->ai_addrlen;
	}
	for (via = via_table; *via != NULL; via++)
		if ((*via)->to == VIA_TO_PROXY)
			plan_add_proxies(plan, in, *via, !localapi);
	/*
	 * Where the daemon can tell, a packet for the mesh is not sent anywhere else; but a host
	 * may have other addresses.
	 */
	plan->outside_only = !ts->mesh_address && ts->state >= ENV_TAILSCALE_HUNG &&
	    ts->state != ENV_TAILSCALE_UNEXPECTED;
	if (!plan->outside_only || in->lookup == PLAN_LOOKUP_DONE)
		plan_add_direct(plan, in, "as plain ssh would");
	plan_hurry(plan, ts);
	if (ts->state == ENV_TAILSCALE_NONE)
		plan->why_not = CODE_NONE;
}

void
plan_make(struct plan *plan, const struct plan_input *in)
{
	memset(plan, 0, sizeof(*plan));
	if (in->facts != NULL) {
		plan_name(plan, in);
		plan->owner = plan_owner(plan, in);
		/* Whatever a hosts file or a proxy that makes up addresses has for it. */
		plan->inside_only = in->choice->via == NULL &&
		    in->facts->tailscale.state == ENV_TAILSCALE_UP &&
		    addr_name_is_tailnet(in->target->host, in->facts->tailscale.status.suffix);
	}
	if (in->choice->via != NULL)
		plan_forced(plan, in);
	else if (plan->owner == PLAN_OTHERS || plan->owner == PLAN_UNKNOWN) {
		plan_others(plan, in, "not of the mesh");
		if (in->facts != NULL && in->lookup == PLAN_LOOKUP_FAILED)
			plan_nameless(plan, &in->facts->tailscale);
	} else if (env_tailscale_kernel(&in->facts->tailscale))
		plan_routed(plan, in);
	else
		plan_userspace(plan, in);
}
