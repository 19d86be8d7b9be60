/* SPDX-License-Identifier: ISC */
/* Messages of the routing socket of macOS and the BSDs, as bytes. */

#include <sys/types.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdio.h>
#include <string.h>

#include "os/route-message.h"

/* The same on all of these systems; os-bsd-layout.c holds it against their headers. */
#define FAMILY4		2	/* AF_INET */
#define FAMILY_LINK	18	/* AF_LINK */
#define AT_DST		0	/* RTAX_DST and so on */
#define AT_GATEWAY	1
#define AT_IFP		4
#define AT_IFA		5
#define FLAG_UP		0x1	/* RTF_UP */
#define FLAG_GATEWAY	0x2	/* RTF_GATEWAY */
#define FLAG_HOST	0x4	/* RTF_HOST */
#define FLAG_REJECT	0x8
#define FLAG_BLACKHOLE	0x1000
#define FLAG_NEIGHBOR	0x400	/* RTF_LLINFO, or RTF_LLDATA */
#define TYPE_LOOP	24	/* IFT_LOOP */
#define MESSAGE_DELETE	2	/* RTM_DELETE */
#define MESSAGE_CHANGE	3	/* RTM_CHANGE, behind RTM_ADD and RTM_DELETE */
#define MESSAGE_LOSING	5	/* RTM_LOSING: a connection sends again */
#define MESSAGE_MISS	7	/* RTM_MISS: a route was looked for in vain */
#define MESSAGE_RESOLVE	11	/* RTM_RESOLVE */
#define ADDRESSES_MAX	32	/* bits of a mask */

static const struct layout_field
	message_length = { 0, 2 }, message_version = { 2, 1 }, message_type = { 3, 1 },
	/* struct sockaddr */
	sa_length = { 0, 1 }, sa_kind = { 1, 1 },
	sin6_zone = { 24, 4 },
	/* struct sockaddr_dl */
	link_type = { 4, 1 }, link_name = { 5, 1 }, link_length = { 6, 1 };
#define SIN_ADDR	4
#define SIN_BYTES	16
#define SIN6_ADDR	8
#define SIN6_BYTES	28
#define LINK_DATA	8

/* An address within a message. */
struct place {
	const char	*bytes;		/* NULL: it is not there, or not whole */
	size_t		 len;
};

static size_t
rounded(const struct route_layout *layout, size_t len)
{
	return (len == 0 ? layout->step : (len + layout->step - 1) / layout->step * layout->step);
}

/* The address of this index behind a header. */
static struct place
message_address(const struct route_layout *layout, const char *from, size_t left, uint32_t addrs,
    int wanted)
{
	struct place	place = { NULL, 0 };
	size_t		len;
	int		i;

	for (i = 0; i < ADDRESSES_MAX && left > 0; i++) {
		if ((addrs & (1U << i)) == 0)
			continue;
		if ((len = layout_number(from, left, &sa_length)) > left)
			break;
		if (i == wanted) {
			place.bytes = from;
			place.len = len;
			break;
		}
		if (rounded(layout, len) > left)
			break;
		from += rounded(layout, len);
		left -= rounded(layout, len);
	}
	return (place);
}

/* 1 if it is whole, as far as its own header says, and of this version. */
static int
message_whole(const struct route_layout *layout, const char *bytes, size_t *len)
{
	size_t	said = layout_number(bytes, *len, &message_length);

	if (*len <= (size_t)message_type.at || said > *len || said <= (size_t)message_type.at ||
	    layout_number(bytes, *len, &message_version) != layout->version)
		return (0);
	*len = said;
	return (1);
}

static size_t
message_head(const char *bytes, size_t len, const struct layout_field *field, size_t usual)
{
	return (field->size != 0 ? layout_number(bytes, len, field) : usual);
}

/* A neighbor's zone is in the middle of its address where it has no member of its own. */
static void
address6(const char *from, struct in6_addr *to)
{
	memcpy(to, from, sizeof(*to));
	if (IN6_IS_ADDR_LINKLOCAL(to))
		to->s6_addr[2] = to->s6_addr[3] = 0;
}

/* The family of this machine, with the address; AF_UNSPEC if it is another one, or cut. */
static int
place_address(const struct route_layout *layout, const struct place *place, struct in6_addr *to)
{
	uint64_t	family;

	if (place->bytes == NULL)
		return (AF_UNSPEC);
	family = layout_number(place->bytes, place->len, &sa_kind);
	if (family == FAMILY4 && place->len >= SIN_ADDR + sizeof(struct in_addr)) {
		memcpy(to, place->bytes + SIN_ADDR, sizeof(struct in_addr));
		return (AF_INET);
	}
	if (family == layout->family6 && place->len >= SIN6_ADDR + sizeof(*to)) {
		address6(place->bytes + SIN6_ADDR, to);
		return (AF_INET6);
	}
	return (AF_UNSPEC);
}

/* --- the question ----------------------------------------------------------------------------- */

static size_t
ask_address(const struct route_layout *layout, char *to, const struct sockaddr *sa)
{
	const struct sockaddr_in6	*sin6 = (const void *)sa;

	if (sa->sa_family != AF_INET6) {
		layout_put(to, &sa_length, SIN_BYTES);
		layout_put(to, &sa_kind, FAMILY4);
		memcpy(to + SIN_ADDR, &((const struct sockaddr_in *)(const void *)sa)->sin_addr,
		    sizeof(struct in_addr));
		return (rounded(layout, SIN_BYTES));
	}
	layout_put(to, &sa_length, SIN6_BYTES);
	layout_put(to, &sa_kind, layout->family6);
	memcpy(to + SIN6_ADDR, &sin6->sin6_addr, sizeof(sin6->sin6_addr));
	/* As the route(8) of each does. */
	if (IN6_IS_ADDR_LINKLOCAL(&sin6->sin6_addr) && !layout->zoned) {
		to[SIN6_ADDR + 2] = (char)(sin6->sin6_scope_id >> 8);
		to[SIN6_ADDR + 3] = (char)sin6->sin6_scope_id;
	} else
		layout_put(to, &sin6_zone, sin6->sin6_scope_id);
	return (rounded(layout, SIN6_BYTES));
}

size_t
route_message_ask(const struct route_layout *layout, char *bytes, pid_t pid, int seq, int link,
    const struct sockaddr *sa)
{
	size_t	len = layout->header_bytes;

	memset(bytes, 0, ROUTE_MESSAGE_MAX);
	layout_put(bytes, &message_version, layout->version);
	layout_put(bytes, &message_type, layout->get);
	layout_put(bytes, &layout->hdrlen, layout->header_bytes);
	/* Without RTF_UP, NetBSD takes this for a question about a link address. */
	layout_put(bytes, &layout->flags, link ? layout->ask_link : FLAG_UP);
	layout_put(bytes, &layout->addrs, 1U << AT_DST | 1U << AT_IFP);
	layout_put(bytes, &layout->pid, (uint64_t)pid);
	layout_put(bytes, &layout->seq, (uint64_t)seq);
	len += ask_address(layout, bytes + len, sa);
	/* The interface is asked for by an empty place for it: OpenBSD refuses a mask without. */
	layout_put(bytes + len, &sa_length, layout->link_bytes);
	layout_put(bytes + len, &sa_kind, FAMILY_LINK);
	len += rounded(layout, layout->link_bytes);
	layout_put(bytes, &message_length, len);
	return (len);
}

/* --- the answer ------------------------------------------------------------------------------- */

/* 1 if this is the loopback interface. */
static int
answer_interface(const struct place *place, struct os_route *route)
{
	size_t	 name, length;
	uint64_t type;

	if (place->bytes == NULL || place->len < LINK_DATA ||
	    layout_number(place->bytes, place->len, &sa_kind) != FAMILY_LINK)
		return (0);
	name = layout_number(place->bytes, place->len, &link_name);
	length = layout_number(place->bytes, place->len, &link_length);
	type = layout_number(place->bytes, place->len, &link_type);
	if (name < sizeof(route->interface) && LINK_DATA + name <= place->len) {
		memcpy(route->interface, place->bytes + LINK_DATA, name);
		route->interface[name] = '\0';
	}
	route->tunnel = type != TYPE_LOOP && length == 0;
	return (type == TYPE_LOOP);
}

/* The router, or the link address of a neighbor, where the system keeps that with the routes. */
static void
answer_gateway(const struct route_layout *layout, const struct place *place,
    struct route_answer *answer)
{
	struct in6_addr	address;
	int		family = place_address(layout, place, &address);
	size_t		name, length;

	if (family != AF_UNSPEC)
		inet_ntop(family, &address, answer->route.gateway, sizeof(answer->route.gateway));
	else if (place->bytes != NULL && place->len >= LINK_DATA &&
	    layout_number(place->bytes, place->len, &sa_kind) == FAMILY_LINK) {
		name = layout_number(place->bytes, place->len, &link_name);
		length = layout_number(place->bytes, place->len, &link_length);
		if (length != sizeof(answer->link) || LINK_DATA + name + length > place->len)
			return;
		memcpy(answer->link, place->bytes + LINK_DATA + name, length);
		answer->link_len = (int)length;
	}
}

int
route_message_answer(const struct route_layout *layout, const char *bytes, size_t len, pid_t pid,
    int seq, struct route_answer *answer)
{
	struct os_route	*route = &answer->route;
	struct place	 interface, gateway;
	size_t		 head;
	uint64_t	 flags, mtu;
	uint32_t	 addrs;
	int		 loopback;

	memset(answer, 0, sizeof(*answer));
	if (!message_whole(layout, bytes, &len) || len < layout->header_bytes ||
	    (head = message_head(bytes, len, &layout->hdrlen, layout->header_bytes)) > len ||
	    layout_number(bytes, len, &message_type) != layout->get ||
	    layout_number(bytes, len, &layout->pid) != (uint32_t)pid ||
	    layout_number(bytes, len, &layout->seq) != (uint32_t)seq)
		return (0);
	flags = layout_number(bytes, len, &layout->flags);
	/* A neighbor that does not answer is rejected for a while, and is no less a neighbor. */
	if ((flags & (FLAG_REJECT | FLAG_NEIGHBOR)) == FLAG_REJECT ||
	    (flags & FLAG_BLACKHOLE) != 0 || layout_number(bytes, len, &layout->error) != 0)
		return (1);
	addrs = (uint32_t)layout_number(bytes, len, &layout->addrs);
	interface = message_address(layout, bytes + head, len - head, addrs, AT_IFP);
	gateway = message_address(layout, bytes + head, len - head, addrs, AT_GATEWAY);
	answer->index = (unsigned int)layout_number(bytes, len, &layout->index);
	mtu = layout_number(bytes, len, &layout->mtu);
	route->mtu = mtu <= UINT16_MAX ? (int)mtu : 0;
	loopback = answer_interface(&interface, route);
	answer_gateway(layout, &gateway, answer);
	route->kind = loopback || (flags & layout->local) != 0 ? OS_ROUTE_LOCAL :
	    (flags & FLAG_GATEWAY) != 0 ? OS_ROUTE_GATEWAY : OS_ROUTE_ON_LINK;
	/* Beside the flag, an address there is the interface's own. */
	if (route->kind != OS_ROUTE_GATEWAY)
		route->gateway[0] = '\0';
	return (1);
}

/* --- news ------------------------------------------------------------------------------------- */

static int
same_address(const struct route_layout *layout, const struct place *place,
    const struct sockaddr *sa)
{
	struct in6_addr	theirs, ours;
	int		family = place_address(layout, place, &theirs);

	if (family == AF_UNSPEC || family != sa->sa_family)
		return (0);
	if (family == AF_INET)
		return (memcmp(&theirs, &((const struct sockaddr_in *)(const void *)sa)->sin_addr,
		    sizeof(struct in_addr)) == 0);
	address6((const char *)&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, &ours);
	return (memcmp(&theirs, &ours, sizeof(ours)) == 0);
}

/*
 * 1 if the network is as it was: what a program asks, this one, too, is told to all; so is that a
 * destination has no route or does not answer, and each neighbor that is found.
 */
static int
message_quiet(const struct route_layout *layout, const char *bytes, size_t len, uint64_t type)
{
	if (type == layout->get || type == MESSAGE_LOSING || type == MESSAGE_MISS ||
	    type == MESSAGE_RESOLVE)
		return (1);
	return (type <= MESSAGE_CHANGE && len >= layout->header_bytes &&
	    (layout_number(bytes, len, &layout->flags) & FLAG_NEIGHBOR) != 0);
}

/*
 * 1 if the route to an interface's own network is gone. FreeBSD says nothing else when an address
 * goes whose network another interface or address is in, too.
 */
static int
network_gone(const struct route_layout *layout, const char *bytes, size_t len, uint64_t type)
{
	return (type == MESSAGE_DELETE && len >= layout->header_bytes &&
	    (layout_number(bytes, len, &layout->flags) & (FLAG_GATEWAY | FLAG_HOST)) == 0);
}

enum os_address
route_message_news(const struct route_layout *layout, const char *bytes, size_t len,
    const struct sockaddr *sa, int *lost)
{
	struct place	own;
	uint64_t	type;
	size_t		head;

	if (!message_whole(layout, bytes, &len))
		return (OS_ADDRESS_QUIET);
	type = layout_number(bytes, len, &message_type);
	if (message_quiet(layout, bytes, len, type))
		return (OS_ADDRESS_QUIET);
	if ((layout->lost != 0 && type == layout->lost) || network_gone(layout, bytes, len, type))
		*lost = 1;
	if ((type != layout->newaddr && type != layout->deladdr) || len < layout->news_bytes ||
	    (head = message_head(bytes, len, &layout->news_hdrlen, layout->news_bytes)) > len)
		return (OS_ADDRESS_SAME);
	own = message_address(layout, bytes + head, len - head,
	    (uint32_t)layout_number(bytes, len, &layout->news_addrs), AT_IFA);
	if (!same_address(layout, &own, sa))
		return (OS_ADDRESS_SAME);
	return (type == layout->deladdr ? OS_ADDRESS_GONE : OS_ADDRESS_BACK);
}
