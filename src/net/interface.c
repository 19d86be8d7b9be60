/* SPDX-License-Identifier: ISC */
/* Interfaces: link-local ones, and those that the kernel passes over. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "net/interface.h"
#include "os/os.h"

/* The bytes of an address of this family, which a netmask need not name itself. */
static const unsigned char *
address_bytes(const struct sockaddr *sa, int family, size_t *len)
{
	if (family == AF_INET6) {
		*len = sizeof(struct in6_addr);
		return (((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr.s6_addr);
	}
	*len = sizeof(struct in_addr);
	return ((const void *)&((const struct sockaddr_in *)(const void *)sa)->sin_addr);
}

static int
address_link_local(const struct sockaddr *sa)
{
	return (sa->sa_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(
	    &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr));
}

/* One that is up, and has an address of IP. */
static int
is_up(const struct ifaddrs *ifa)
{
	return (ifa->ifa_addr != NULL && (ifa->ifa_flags & IFF_UP) != 0 &&
	    (ifa->ifa_flags & IFF_LOOPBACK) == 0 && strlen(ifa->ifa_name) < INTERFACE_NAME_MAX &&
	    (ifa->ifa_addr->sa_family == AF_INET || ifa->ifa_addr->sa_family == AF_INET6));
}

/* --- link-local ------------------------------------------------------------------------------- */

static int
interfaces_have(const struct interfaces *list, const char *name)
{
	int	i;

	for (i = 0; i < list->count; i++)
		if (strcmp(list->names[i], name) == 0)
			return (1);
	return (0);
}

/* 1 if the interface of this name has an address that reaches further than its link. */
static int
is_used(const struct ifaddrs *list, const char *name)
{
	for (; list != NULL; list = list->ifa_next)
		if (is_up(list) && strcmp(list->ifa_name, name) == 0 &&
		    !address_link_local(list->ifa_addr))
			return (1);
	return (0);
}

void
interfaces_link_local(struct interfaces *to)
{
	struct ifaddrs	*list, *ifa;
	int		 used;

	to->count = 0;
	if (getifaddrs(&list) == -1)
		return;
	for (used = 1; used >= 0; used--)
		for (ifa = list; ifa != NULL && to->count < INTERFACES_MAX; ifa = ifa->ifa_next)
			if (is_up(ifa) && address_link_local(ifa->ifa_addr) &&
			    is_used(list, ifa->ifa_name) == used &&
			    !interfaces_have(to, ifa->ifa_name))
				strlcpy(to->names[to->count++], ifa->ifa_name, INTERFACE_NAME_MAX);
	freeifaddrs(list);
}

const char *
interfaces_text(const struct interfaces *list, char *text, size_t size)
{
	int	i;

	strlcpy(text, "", size);
	for (i = 0; i < list->count; i++) {
		strlcat(text, i > 0 ? ", " : "", size);
		strlcat(text, list->names[i], size);
	}
	return (text);
}

/* --- addresses -------------------------------------------------------------------------------- */

void
interface_addresses(const char *name, struct sockaddr_storage to[2])
{
	struct ifaddrs	*list, *ifa;
	int		 near, inet6;

	memset(to, 0, 2 * sizeof(*to));
	if (getifaddrs(&list) == -1)
		return;
	for (near = 0; near <= 1; near++)
		for (ifa = list; ifa != NULL; ifa = ifa->ifa_next) {
			if (ifa->ifa_addr == NULL || (ifa->ifa_flags & IFF_UP) == 0 ||
			    strcmp(ifa->ifa_name, name) != 0 ||
			    (ifa->ifa_addr->sa_family != AF_INET &&
			    ifa->ifa_addr->sa_family != AF_INET6) ||
			    (address_link_local(ifa->ifa_addr) ||
			    addr_is_loopback(ifa->ifa_addr)) != near)
				continue;
			inet6 = ifa->ifa_addr->sa_family == AF_INET6;
			if (to[inet6].ss_family == AF_UNSPEC)
				memcpy(&to[inet6], ifa->ifa_addr, inet6 ?
				    sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
		}
	freeifaddrs(list);
}

/* --- conflicts -------------------------------------------------------------------------------- */

/* The bits of the network that the interface and the address are both in; 0 if there is none. */
static int
network_bits(const struct ifaddrs *ifa, const struct sockaddr *sa)
{
	const unsigned char	*own, *mask, *to;
	size_t			 i, len;
	int			 bits = 0, bit;

	if (!is_up(ifa) || (ifa->ifa_flags & IFF_POINTOPOINT) != 0 || ifa->ifa_netmask == NULL ||
	    ifa->ifa_addr->sa_family != sa->sa_family)
		return (0);
	own = address_bytes(ifa->ifa_addr, sa->sa_family, &len);
	mask = address_bytes(ifa->ifa_netmask, sa->sa_family, &len);
	to = address_bytes(sa, sa->sa_family, &len);
	for (i = 0; i < len; i++) {
		if (((own[i] ^ to[i]) & mask[i]) != 0)
			return (0);
		for (bit = 0x80; bit != 0 && (mask[i] & bit) != 0; bit >>= 1)
			bits++;
	}
	/* Of a single address there is no network. */
	return (bits < (int)len * 8 ? bits : 0);
}

int
interface_source(const struct sockaddr *sa, socklen_t len, struct sockaddr_storage *source)
{
	socklen_t	source_len = sizeof(*source);
	int		fd, result;

	if ((fd = socket(sa->sa_family, SOCK_DGRAM, 0)) == -1)
		return (-1);
	memset(source, 0, sizeof(*source));
	result = connect(fd, sa, len) == 0 &&
	    getsockname(fd, (struct sockaddr *)source, &source_len) == 0 ? 0 : -1;
	close(fd);
	return (result);
}

/* Where the kernel sends packets for the address, by its route. */
static int
kernel_interface(const struct sockaddr *sa, socklen_t len, char name[])
{
	struct sockaddr_storage	source;
	struct os_route		route;

	if (interface_source(sa, len, &source) == -1)
		return (-1);
	os_route(sa, &route);
	strlcpy(name, route.interface, INTERFACE_NAME_MAX);
	return (route.kind != OS_ROUTE_LOCAL && name[0] != '\0' ? 0 : -1);
}

/* The address is in the network of the kernel's interface, or of none, or of this one. */
static int
conflict_find(const struct ifaddrs *list, const struct sockaddr *sa, struct interface_conflict *c)
{
	int	bits, best = 0;

	for (; list != NULL; list = list->ifa_next) {
		if ((bits = network_bits(list, sa)) == 0)
			continue;
		if (strcmp(list->ifa_name, c->kernel) == 0)
			return (0);
		if (bits > best)
			strlcpy(c->link, list->ifa_name, sizeof(c->link));
		best = bits > best ? bits : best;
	}
	return (best > 0);
}

int
interface_conflict(const struct sockaddr *sa, socklen_t len, struct interface_conflict *c)
{
	struct ifaddrs	*list;
	int		 found;

	memset(c, 0, sizeof(*c));
	if (address_link_local(sa) || getifaddrs(&list) == -1)
		return (0);
	found = kernel_interface(sa, len, c->kernel) == 0 && conflict_find(list, sa, c);
	freeifaddrs(list);
	return (found);
}

int
interface_ipv6_alone(const struct sockaddr *sa, socklen_t len)
{
	struct sockaddr_storage	far, source;
	/* RFC 3849: nobody's, so that the way there is the default route's. */
	socklen_t		far_len = addr_literal("2001:db8::1", 9, &far);

	return (sa->sa_family == AF_INET && interface_source(sa, len, &source) == -1 &&
	    interface_source((struct sockaddr *)&far, far_len, &source) == 0);
}
