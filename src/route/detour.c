/* SPDX-License-Identifier: ISC */
/* Ways that follow from this machine's network: zones, interfaces, NAT64. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/log.h"
#include "net/interface.h"
#include "net/nat64.h"
#include "net/sock.h"
#include "os/os.h"
#include "route/detour.h"
#include "route/plan.h"

/* A further step like this one, or NULL if there are enough. */
static struct via_step *
detour_add(struct plan *plan, const struct via_step *like, const char *why)
{
	struct via_step	*step;

	if (plan->count == ATTEMPTS_MAX)
		return (NULL);
	step = &plan->steps[plan->count++];
	*step = *like;
	step->why = why;
	return (step);
}

/* The address of a step that connects to the target itself, of this family; or NULL. */
static const struct sockaddr *
detour_direct(const struct via_step *step, int family)
{
	return (step->via->to == VIA_TO_TARGET && step->to != NULL &&
	    step->to->sa_family == family ? step->to : NULL);
}

/* --- zones ------------------------------------------------------------------------------------ */

static int
is_zoneless(const struct via_step *step)
{
	const struct sockaddr_in6	*in6 = (const void *)detour_direct(step, AF_INET6);

	return (in6 != NULL && in6->sin6_scope_id == 0 && IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr));
}

static void
zones_add(struct plan *plan, struct detours *d, const struct via_step *step)
{
	struct sockaddr_in6	*in6;
	struct interfaces	 list;
	struct via_step		*with;
	unsigned int		 zone;
	int			 i;

	interfaces_link_local(&list);
	for (i = 0; i < list.count && d->count < ATTEMPTS_MAX; i++) {
		if ((zone = if_nametoindex(list.names[i])) == 0 ||
		    (with = detour_add(plan, step, "an interface that is up")) == NULL)
			continue;
		in6 = (void *)&d->ss[d->count++];
		memcpy(in6, step->to, sizeof(*in6));
		in6->sin6_scope_id = zone;
		with->to = (struct sockaddr *)in6;
	}
}

void
detour_zones(struct plan *plan, struct detours *d)
{
	struct plan	old = *plan;
	int		i;

	plan->count = 0;
	for (i = 0; i < old.count; i++)
		if (is_zoneless(&old.steps[i]))
			zones_add(plan, d, &old.steps[i]);
		else
			detour_add(plan, &old.steps[i], old.steps[i].why);
	/* Without such an interface, what connect(2) says has to do. */
	if (plan->count == 0)
		*plan = old;
}

/* --- interfaces ------------------------------------------------------------------------------- */

/* 1 if a socket can be told which interface to take: Linux lets users since 5.7. */
static int
device_works(int family, const char *device)
{
	int	fd = sock_stream(family), works;

	if (fd == -1)
		return (0);
	works = os_bind_device(fd, family, device) == 0;
	close(fd);
	return (works);
}

int
detour_devices(struct plan *plan)
{
	struct interface_conflict	 conflict;
	const struct sockaddr		*sa;
	struct via_step			*step;
	int				 i, count = plan->count;

	for (i = 0; i < count; i++) {
		sa = plan->steps[i].to;
		if (plan->steps[i].via->to != VIA_TO_TARGET || sa == NULL ||
		    plan->steps[i].device[0] != '\0' || addr_is_tailnet(sa) ||
		    addr_is_loopback(sa) ||
		    !interface_conflict(sa, plan->steps[i].to_len, &conflict) ||
		    !device_works(sa->sa_family, conflict.link) ||
		    (step = detour_add(plan, &plan->steps[i],
		    "in the network of this interface, which the kernel passes over")) == NULL)
			continue;
		strlcpy(step->device, conflict.link, sizeof(step->device));
		log_debug(1, "the kernel sends it to %s, and it is in the network of %s",
		    conflict.kernel, conflict.link);
	}
	return (plan->count - count);
}

/* --- NAT64 ------------------------------------------------------------------------------------ */

int
detour_wants_nat64(const struct plan *plan)
{
	int	i;

	for (i = 0; i < plan->count; i++)
		if (detour_direct(&plan->steps[i], AF_INET) != NULL &&
		    interface_ipv6_alone(plan->steps[i].to, plan->steps[i].to_len))
			return (1);
	return (0);
}

static void
nat64_add(struct plan *plan, struct detours *d, const struct via_step *step,
    const struct nat64 *nat64)
{
	const struct sockaddr_in	*in = (const void *)step->to;
	struct sockaddr_in6		*in6 = (void *)&d->ss[d->count];
	struct in6_addr			 address;
	struct via_step			*with;

	if (d->count == ATTEMPTS_MAX || nat64_address(nat64, &in->sin_addr, &address) == -1 ||
	    (with = detour_add(plan, step, "IPv4 through the network's NAT64")) == NULL)
		return;
	memset(in6, 0, sizeof(*in6));
	in6->sin6_addr = address;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = in->sin_port;
	with->to = (struct sockaddr *)in6;
	with->to_len = sizeof(*in6);
	d->count++;
}

int
detour_nat64(struct plan *plan, struct detours *d, const struct addrinfo *list)
{
	const struct sockaddr_in6	*in6;
	struct nat64			 nat64, last;
	int				 i, count = plan->count;

	/* A resolver tells a prefix once for each of the two addresses of that name. */
	memset(&last, 0, sizeof(last));
	for (; list != NULL; list = list->ai_next) {
		in6 = (const void *)list->ai_addr;
		if (list->ai_family != AF_INET6 || nat64_prefix(&in6->sin6_addr, &nat64) == -1 ||
		    memcmp(&nat64, &last, sizeof(nat64)) == 0)
			continue;
		last = nat64;
		for (i = 0; i < count; i++)
			if (detour_direct(&plan->steps[i], AF_INET) != NULL)
				nat64_add(plan, d, &plan->steps[i], &nat64);
	}
	return (plan->count - count);
}
