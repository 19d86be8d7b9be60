/* SPDX-License-Identifier: ISC */
/*
 * Ways to the target that follow from this machine's network, not from what its resolver says: an
 * address completed or translated, and an interface that the kernel would not take.
 */

#ifndef ROUTE_DETOUR_H
#define ROUTE_DETOUR_H

#include <sys/socket.h>

#include "route/target.h"

struct addrinfo;
struct plan;

/* Addresses that steps of a plan point to. All zero to begin with. */
struct detours {
	struct sockaddr_storage	ss[ATTEMPTS_MAX];
	int			count;
};

/*
 * An IPv6 address that is link-local and names no interface leads nowhere: put each interface that
 * is up in its place.
 */
void	detour_zones(struct plan *, struct detours *);
/*
 * Where an address is in the network of an interface that is up, and the kernel sends it elsewhere
 * (a mesh's subnet route, an exit node): a further step, by that interface. Not for addresses of
 * the mesh itself. Returns how many steps were added.
 */
int	detour_devices(struct plan *);
/* 1 if there are IPv4 addresses, no way to them from here, and one to those of IPv6. */
int	detour_wants_nat64(const struct plan *);
/* With the addresses of NAT64_NAME: those as IPv6. Returns how many steps were added. */
int	detour_nat64(struct plan *, struct detours *, const struct addrinfo *);

#endif
