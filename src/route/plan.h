/* SPDX-License-Identifier: ISC */
/* Which ways to try, and in which order. Pure: facts in, ways out. */

#ifndef ROUTE_PLAN_H
#define ROUTE_PLAN_H

#include "base/addr.h"
#include "base/error.h"
#include "route/target.h"
#include "route/via.h"

struct addrinfo;
struct facts;

/* Where --via sends us. */
struct plan_choice {
	const struct via	*via;		/* NULL: auto */
	/* of the proxy, fit for addr_split; NULL: not said */
	const char		*address;
	/* of tailscaled: only to what is its own, or a peer routes to */
	int			 mesh_only;
};

/* The addresses of plan.lookup, as far as they are known. */
enum plan_lookup {
	PLAN_LOOKUP_OPEN,	/* not asked yet */
	PLAN_LOOKUP_DONE,
	PLAN_LOOKUP_FAILED
};

struct plan_input {
	const struct target		*target;
	const struct plan_choice	*choice;
	const struct facts		*facts;		/* NULL where plan_needs_facts says no */
	enum plan_lookup		 lookup;
	const struct addrinfo		*list;
	int				 on_link;	/* one of them is, or is this machine's */
};

/* Whose the target is. */
enum plan_owner {
	PLAN_OTHERS,		/* not the mesh's */
	PLAN_UNKNOWN,		/* a name: its address will tell */
	PLAN_PERHAPS,		/* a name without dots, which may be a peer's */
	PLAN_MESH
};

struct plan {
	enum plan_owner	owner;
	struct via_step	steps[ATTEMPTS_MAX];
	int		count;
	/*
	 * The name that it has if it is a peer's, for PLAN_PERHAPS; or the address that its name
	 * stands for.
	 */
	char		name[ADDR_HOST_MAX + 1];
	int		computed;	/* it is the latter */

	/*
	 * What has to be looked up for the plan to be whole: the target or a proxy; "" if nothing.
	 */
	char		lookup[ADDR_HOST_MAX + 1];
	int		lookup_port;
	int		lookup_family;	/* --family is about the target, not about a proxy */
	int		lookup_first;	/* the steps wait a moment for it */
	int		outside_only;	/* no address of the mesh is connected to directly */
	int		inside_only;	/* no other one is */

	/* Why a way that should be there is not, or CODE_NONE; the text is without the target. */
	enum code	why_not;
	char		why_not_text[160];
};

/*
 * 1 if a plan depends on what is so on this machine: not for addresses of this machine or without a
 * router, nor where --via says it all.
 */
int	plan_needs_facts(const struct target *, const struct plan_choice *);
/*
 * Make the plan. While the lookup is open it has the steps that can be taken without; made again
 * with its result, it has them all, or again those that go without.
 */
void	plan_make(struct plan *, const struct plan_input *);

#endif
