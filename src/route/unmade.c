/* SPDX-License-Identifier: ISC */
/* Why a connection was not made: from errno, and from who sent which ICMP message. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "route/unmade.h"

#define AT_ONCE_MS	300	/* what this machine's own firewall says, it says before that */

/* What a message says, whoever sent it. */
enum meaning {
	MEANING_NET,		/* there is no route */
	MEANING_HOST,		/* the route ends before the host */
	/* of TCP a firewall says that: a closed port sends a reset */
	MEANING_PORT,
	MEANING_FORBIDDEN,
	MEANING_LOOP,		/* too many routers */
	MEANING_ANY
};

/* RFC 792, RFC 1812 5.2.7.1; RFC 4443. */
static const struct icmp_meaning {
	int		family;
	int		type, code;
	enum meaning	meaning;
} icmp_meanings[] = {
	{ AF_INET,	3, 0,	MEANING_NET },
	{ AF_INET,	3, 6,	MEANING_NET },
	{ AF_INET,	3, 11,	MEANING_NET },
	{ AF_INET,	3, 1,	MEANING_HOST },
	{ AF_INET,	3, 7,	MEANING_HOST },
	{ AF_INET,	3, 12,	MEANING_HOST },
	{ AF_INET,	3, 3,	MEANING_PORT },
	{ AF_INET,	3, 9,	MEANING_FORBIDDEN },
	{ AF_INET,	3, 10,	MEANING_FORBIDDEN },
	{ AF_INET,	3, 13,	MEANING_FORBIDDEN },
	{ AF_INET,	11, 0,	MEANING_LOOP },
	{ AF_INET6,	1, 0,	MEANING_NET },
	{ AF_INET6,	1, 2,	MEANING_NET },
	{ AF_INET6,	1, 3,	MEANING_HOST },
	{ AF_INET6,	1, 4,	MEANING_PORT },
	{ AF_INET6,	1, 1,	MEANING_FORBIDDEN },
	{ AF_INET6,	1, 5,	MEANING_FORBIDDEN },
	{ AF_INET6,	1, 6,	MEANING_FORBIDDEN },
	{ AF_INET6,	3, 0,	MEANING_LOOP },
	{ 0,		0, 0,	MEANING_ANY }
};

/* Whom this machine hands the packets to. */
enum hop {
	HOP_LINK,		/* a neighbor that has not answered on its link */
	HOP_GATEWAY,		/* a router that has not */
	HOP_TUNNEL,
	HOP_UNKNOWN,
	HOP_ANSWERS,		/* one of them that has, or nobody */
	HOP_ANY
};

/* @a the address, @f who sent it, @i our interface, @g the router that we use. */
static const struct unmade_row {
	enum unmade_by	by;
	enum meaning	meaning;
	enum hop	hop;
	enum code	code;
	char		text[64];
} unmade_rows[] = {
	{ UNMADE_OWN,	MEANING_HOST,	HOP_LINK,	CODE_HOST_ABSENT,
	    "no machine on the network of @i has the address @a" },
	{ UNMADE_OWN,	MEANING_HOST,	HOP_GATEWAY,	CODE_NO_ROUTE,
	    "the router @g (@i), on the way to @a, does not answer" },
	{ UNMADE_OWN,	MEANING_HOST,	HOP_TUNNEL,	CODE_NO_ROUTE,
	    "the tunnel @i cannot reach @a" },
	{ UNMADE_OWN,	MEANING_HOST,	HOP_UNKNOWN,	CODE_NO_ROUTE,
	    "no way to @a" },
	{ UNMADE_OWN,	MEANING_ANY,	HOP_ANY,	CODE_BLOCKED,
	    "this machine (@f) rejects connections to @a" },
	/* Where a router forwards the port to a machine that is off, the router says so. */
	{ UNMADE_HOST,	MEANING_HOST,	HOP_ANY,	CODE_HOST_OFF,
	    "@a cannot reach the machine behind this port" },
	{ UNMADE_HOST,	MEANING_FORBIDDEN, HOP_ANY,	CODE_HOST_FIREWALL,
	    "the firewall of @a forbids the connection" },
	{ UNMADE_HOST,	MEANING_ANY,	HOP_ANY,	CODE_HOST_FIREWALL,
	    "the firewall of @a rejects the connection" },
	{ UNMADE_OTHER,	MEANING_NET,	HOP_ANY,	CODE_ROUTER_NO_ROUTE,
	    "the router @f has no route to @a" },
	{ UNMADE_OTHER,	MEANING_LOOP,	HOP_ANY,	CODE_ROUTER_NO_ROUTE,
	    "packets to @a go in circles, says the router @f" },
	{ UNMADE_OTHER,	MEANING_HOST,	HOP_ANY,	CODE_HOST_OFF,
	    "the router @f cannot reach @a" },
	{ UNMADE_OTHER,	MEANING_ANY,	HOP_ANY,	CODE_PATH_FIREWALL,
	    "@f, on the way to @a, rejects the connection" },
};

/* Where no message says more. */
static const struct errno_row {
	int		error;
	enum code	code;
	int		local;
	char		text[48];
} errno_rows[] = {
	{ EMFILE,	CODE_NO_DESCRIPTORS,	0,	"no socket for @a" },
	{ ENFILE,	CODE_NO_DESCRIPTORS,	0,	"no socket for @a" },
	{ ENOMEM,	CODE_NO_MEMORY,		0,	"no socket for @a" },
	{ ENOBUFS,	CODE_NO_MEMORY,		0,	"no socket for @a" },
	{ ECONNREFUSED,	CODE_REFUSED,		0,	"connection refused by @a" },
	/* Before it is made, it would be refused: the server took it and reset it at once. */
	{ ECONNRESET,	CODE_SERVER_CLOSED,	0,	"connection reset by @a" },
	{ EPERM,	CODE_BLOCKED,		0,	"not permitted to connect to @a" },
	{ EACCES,	CODE_BLOCKED,		0,	"not permitted to connect to @a" },
	{ ETIMEDOUT,	CODE_NO_ANSWER,		0,	"no answer from @a" },
	{ EHOSTUNREACH,	CODE_NO_ROUTE,		0,	"no way to @a" },
	{ ENETUNREACH,	CODE_NO_ROUTE,		0,	"no route to @a" },
	{ EHOSTDOWN,	CODE_NO_ROUTE,		0,	"no way to @a" },
	{ ENETDOWN,	CODE_NO_ROUTE,		0,	"network down towards @a" },
	{ EADDRNOTAVAIL, CODE_NO_ROUTE,		1,	"no local address towards @a" },
	{ EAFNOSUPPORT,	CODE_NO_ROUTE,		1,	"this machine has no such addresses as @a" },
	{ EINVAL,	CODE_NO_ROUTE,		1,	"no way to @a" },
	{ 0,		CODE_SYSTEM,		0,	"cannot connect to @a" },
};

const char *
unmade_by_name(enum unmade_by by)
{
	static const char	*const names[] = { NULL, "nobody", "own", "host", "other" };

	return (names[by]);
}

const char *
unmade_from(const struct unmade *u, char text[ADDR_TEXT_MAX])
{
	return (addr_text((const struct sockaddr *)&u->icmp.from, u->family == AF_INET6 ?
	    sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in), text));
}

/* The same address, whatever port and zone. */
static int
same_address(const struct sockaddr *a, const struct sockaddr *b)
{
	if (a->sa_family != b->sa_family)
		return (0);
	if (a->sa_family == AF_INET6)
		return (memcmp(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr,
		    &((const struct sockaddr_in6 *)(const void *)b)->sin6_addr,
		    sizeof(struct in6_addr)) == 0);
	return (((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr ==
	    ((const struct sockaddr_in *)(const void *)b)->sin_addr.s_addr);
}

static enum unmade_by
look_by(const struct unmade *u, const struct sockaddr *to)
{
	const struct sockaddr	*from = (const struct sockaddr *)&u->icmp.from;
	struct os_route		 route;

	if (from->sa_family != to->sa_family)
		return (UNMADE_UNTOLD);
	os_route(from, &route);
	if (route.kind == OS_ROUTE_LOCAL)
		return (UNMADE_OWN);
	return (same_address(from, to) ? UNMADE_HOST : UNMADE_OTHER);
}

void
unmade_look(struct unmade *u, int fd, const struct sockaddr *to, int error, int64_t took_ms)
{
	memset(u, 0, sizeof(*u));
	u->error = error;
	u->took_ms = took_ms;
	u->family = to->sa_family;
	u->neighbor = -1;
	u->guarded = os_neighbors_guarded();
	os_route(to, &u->route);
	switch (os_icmp(fd, &u->icmp)) {
	case 1:
		u->by = look_by(u, to);
		if (u->by == UNMADE_OWN)
			u->neighbor = os_neighbor(to);
		break;
	case 0:
		u->by = UNMADE_NOBODY;
		break;
	}
}

static enum hop
hop_of(const struct unmade *u)
{
	const struct os_route	*route = &u->route;

	if (route->tunnel)
		return (HOP_TUNNEL);
	/*
	 * A neighbor is waited for; meanwhile the kernel may have found out that another route is
	 * better (IPv6), and what answers now is not who was asked.
	 */
	if (route->kind == OS_ROUTE_LOCAL || u->neighbor == 1)
		return (u->took_ms < AT_ONCE_MS ? HOP_ANSWERS : HOP_UNKNOWN);
	if (route->kind == OS_ROUTE_ON_LINK && route->interface[0] != '\0')
		return (HOP_LINK);
	return (route->gateway[0] != '\0' ? HOP_GATEWAY : HOP_UNKNOWN);
}

/* NULL if it says nothing more than errno. */
static const struct unmade_row *
unmade_find(const struct unmade *u)
{
	const struct icmp_meaning	*m = icmp_meanings;
	enum hop			 hop = hop_of(u);
	size_t				 i;

	/*
	 * macOS and the BSDs show no messages, but say this of a neighbor that does not answer: the
	 * first row.
	 */
	if (u->by == UNMADE_UNTOLD && u->error == EHOSTDOWN && hop == HOP_LINK)
		return (&unmade_rows[0]);
	while (m->family != 0 && (m->family != u->family || m->type != u->icmp.type ||
	    m->code != u->icmp.code))
		m++;
	if (m->family == 0)
		return (NULL);
	for (i = 0; i < sizeof(unmade_rows) / sizeof(unmade_rows[0]); i++)
		if (unmade_rows[i].by == u->by &&
		    (unmade_rows[i].meaning == m->meaning ||
		    unmade_rows[i].meaning == MEANING_ANY) &&
		    (unmade_rows[i].hop == hop || unmade_rows[i].hop == HOP_ANY))
			return (&unmade_rows[i]);
	return (NULL);
}

static const struct errno_row *
errno_find(int error)
{
	const struct errno_row	*row = errno_rows;

	while (row->error != 0 && row->error != error)
		row++;
	return (row);
}

/* The text of a row, with what it names. */
static void
unmade_fill(const struct unmade *u, const char *row, const char *address, char *text, size_t size)
{
	char		 from[ADDR_TEXT_MAX], piece[2] = "";
	const char	*add;

	unmade_from(u, from);
	for (text[0] = '\0'; *row != '\0'; row++) {
		piece[0] = *row;
		add = piece;
		if (*row == '@')
			switch (*++row) {
			case 'a':
				add = address;
				break;
			case 'f':
				add = from;
				break;
			case 'i':
				add = u->route.interface;
				break;
			case 'g':
				add = u->route.gateway;
				break;
			}
		strlcat(text, add, size);
	}
}

/*
 * 1 if the system keeps this program from its own network: a neighbor that does not answer is not
 * told at once, and with EHOSTDOWN.
 */
static int
unmade_kept(const struct unmade *u)
{
	return (u->guarded && u->error == EHOSTUNREACH && u->route.kind == OS_ROUTE_ON_LINK &&
	    !u->route.tunnel && u->took_ms < AT_ONCE_MS);
}

enum code
unmade_judge(const struct unmade *u, const char *address, char *text, size_t size)
{
	const struct unmade_row	*row = unmade_find(u);
	const struct errno_row	*plain = errno_find(u->error);
	char			 detail[80], more[96] = "";

	if (row != NULL) {
		unmade_fill(u, row->text, address, text, size);
		return (row->code);
	}
	if (unmade_kept(u)) {
		snprintf(text, size, "macOS does not let this program reach %s", address);
		return (CODE_LOCAL_NETWORK);
	}
	if (plain->code == CODE_NO_ANSWER)
		snprintf(more, sizeof(more), " in %lld s", (long long)(u->took_ms + 500) / 1000);
	else if (plain->code != CODE_REFUSED)
		snprintf(more, sizeof(more), " (%s)", unmade_detail(u, detail, sizeof(detail)));
	unmade_fill(u, plain->text, address, text, size);
	strlcat(text, more, size);
	return (plain->code);
}

const char *
unmade_detail(const struct unmade *u, char *text, size_t size)
{
	char	from[ADDR_TEXT_MAX];

	strlcpy(text, strerror(u->error), size);
	if (u->by != UNMADE_UNTOLD && u->by != UNMADE_NOBODY)
		snprintf(text, size, "%s (ICMP%s %d/%d from %s)", strerror(u->error),
		    u->family == AF_INET6 ? "v6" : "", u->icmp.type, u->icmp.code,
		    unmade_from(u, from));
	return (text);
}

int
unmade_local(const struct unmade *u)
{
	return (errno_find(u->error)->local);
}
