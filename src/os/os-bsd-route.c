/* SPDX-License-Identifier: ISC */
/* Routes and addresses of macOS and the BSDs, by the routing socket: route(4). */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "os/os-bsd-layout.h"
#include "os/os.h"

#define ANSWER_MS	200	/* the kernel answers within write(2) */

static int
route_open(void)
{
	int	fd = socket(PF_ROUTE, SOCK_RAW, AF_UNSPEC);

	if (fd == -1)
		return (-1);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		return (fd);
	close(fd);
	return (-1);
}

/* The socket hears what is said to everyone; the answer is among it. 1 if there is one. */
static int
route_hear(int fd, int seq, struct route_answer *answer)
{
	struct pollfd	pfd = { .fd = fd, .events = POLLIN };
	char		bytes[ROUTE_MESSAGE_MAX];
	int64_t		until_ms = clock_ms() + ANSWER_MS, left_ms;
	ssize_t		n;

	while ((left_ms = until_ms - clock_ms()) > 0 && poll(&pfd, 1, (int)left_ms) != -1)
		if ((n = read(fd, bytes, sizeof(bytes))) > 0 &&
		    route_message_answer(&os_route_layout, bytes, (size_t)n, getpid(), seq, answer))
			return (1);
	return (0);
}

/* 1 if there is a route. */
static int
route_ask(const struct sockaddr *sa, int link, struct route_answer *answer)
{
#ifdef SO_RTABLE
	const struct layout_field table = LAYOUT_FIELD(struct rt_msghdr, rtm_tableid);
#endif
	static int	seq;
	char		bytes[ROUTE_MESSAGE_MAX];
	size_t		len;
	int		fd, found;

	if ((fd = route_open()) == -1)
		return (0);
	len = route_message_ask(&os_route_layout, bytes, getpid(), ++seq, link, sa);
#ifdef SO_RTABLE
	/* OpenBSD lets a process hear only of its own routes. */
	layout_put(bytes, &table, (uint64_t)getrtable());
#endif
	/* ESRCH here: there is none. */
	found = write(fd, bytes, len) == (ssize_t)len && route_hear(fd, seq, answer);
	close(fd);
	return (found && answer->route.kind != OS_ROUTE_UNKNOWN);
}

void
os_route(const struct sockaddr *sa, struct os_route *route)
{
	struct route_answer	answer;
	struct ifreq		ifr;
	char			name[IF_NAMESIZE];
	int			fd;

	memset(route, 0, sizeof(*route));
	if (!route_ask(sa, 0, &answer))
		return;
	*route = answer.route;
	if (route->interface[0] == '\0' && if_indextoname(answer.index, name) != NULL)
		strlcpy(route->interface, name, sizeof(route->interface));
	if (route->interface[0] == '\0' || (fd = socket(AF_INET, SOCK_DGRAM, 0)) == -1)
		return;
	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, route->interface, sizeof(ifr.ifr_name));
	if (ioctl(fd, SIOCGIFFLAGS, &ifr) == 0) {
		route->tunnel |= (ifr.ifr_flags & IFF_POINTOPOINT) != 0;
		if ((ifr.ifr_flags & IFF_LOOPBACK) != 0)
			route->kind = OS_ROUTE_LOCAL;
	}
	if (route->mtu == 0 && ioctl(fd, SIOCGIFMTU, &ifr) == 0)
		route->mtu = ifr.ifr_mtu;
	close(fd);
}

/* The link address of a neighbor, where that is told (macOS, OpenBSD, NetBSD). */
static void
neighbor_link(int family, const struct os_route *route, char *text, size_t size)
{
	struct route_answer	 answer;
	struct sockaddr_storage	 ss;
	struct sockaddr_in6	*in6 = (void *)&ss;
	const unsigned char	*mac = answer.link;
	void			*to = family == AF_INET6 ? (void *)&in6->sin6_addr :
				    (void *)&((struct sockaddr_in *)(void *)&ss)->sin_addr;
	int			 known;

	strlcpy(text, "-", size);
	memset(&ss, 0, sizeof(ss));
	ss.ss_family = (sa_family_t)family;
	known = inet_pton(family, route->gateway, to) == 1;
	/* Without its zone, a router's fe80::1 may be the loopback interface's, as on macOS. */
	if (family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr))
		in6->sin6_scope_id = if_nametoindex(route->interface);
	if (known && route_ask((struct sockaddr *)&ss, 1, &answer) &&
	    answer.link_len == sizeof(answer.link))
		snprintf(text, size, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		    mac[3], mac[4], mac[5]);
}

/* The way to an address that is nobody's is the default route's. 1 if there is one. */
static int
network_default(int family, const struct sockaddr *nobody, char *text, size_t size)
{
	struct os_route	route;
	char		link[24];

	os_route(nobody, &route);
	if (route.interface[0] == '\0' ||
	    (route.kind != OS_ROUTE_GATEWAY && route.kind != OS_ROUTE_ON_LINK))
		return (0);
	if (route.gateway[0] == '\0') {
		snprintf(text, size, "%s", route.interface);
		return (1);
	}
	neighbor_link(family, &route, link, sizeof(link));
	snprintf(text, size, "%s %s %s", route.gateway, route.interface, link);
	return (1);
}

void
os_network(char *text, size_t size)
{
	/* RFC 5737 and RFC 3849: addresses for documentation. */
	struct sockaddr_in	nobody = { .sin_family = AF_INET };
	struct sockaddr_in6	nobody6 = { .sin6_family = AF_INET6 };

	inet_pton(AF_INET, "192.0.2.1", &nobody.sin_addr);
	inet_pton(AF_INET6, "2001:db8::1", &nobody6.sin6_addr);
	if (!network_default(AF_INET, (struct sockaddr *)&nobody, text, size) &&
	    !network_default(AF_INET6, (struct sockaddr *)&nobody6, text, size))
		text[0] = '\0';
}

int
os_network_watch(void)
{
	int	fd = route_open();
#ifdef SO_RERROR
	int	yes = 1;

	/* Without it, FreeBSD and NetBSD do not say that news was lost. */
	if (fd != -1)
		setsockopt(fd, SOL_SOCKET, SO_RERROR, &yes, sizeof(yes));
#endif
	return (fd);
}

int
os_address_watch(void)
{
	int	fd = os_network_watch();
#ifdef ROUTE_MSGFILTER
	unsigned int	filter = ROUTE_FILTER(RTM_NEWADDR) | ROUTE_FILTER(RTM_DELADDR) |
			    ROUTE_FILTER(RTM_DESYNC);

	if (fd != -1)
		setsockopt(fd, AF_ROUTE, ROUTE_MSGFILTER, &filter, sizeof(filter));
#endif
	return (fd);
}

static int
same_ip(const struct sockaddr *a, const struct sockaddr *b)
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

/* The news does not tell: look for the address; what is not told, as in a sandbox, is no change. */
static enum os_address
address_look(const struct sockaddr *sa)
{
	struct ifaddrs		*list, *row;
	enum os_address		 found = OS_ADDRESS_GONE;

	if (getifaddrs(&list) == -1)
		return (OS_ADDRESS_SAME);
	for (row = list; row != NULL; row = row->ifa_next)
		if (row->ifa_addr != NULL && same_ip(row->ifa_addr, sa))
			found = OS_ADDRESS_BACK;
	freeifaddrs(list);
	return (found);
}

enum os_address
os_address_read(int fd, const struct sockaddr *sa)
{
	char		 bytes[ROUTE_MESSAGE_MAX];
	enum os_address	 last = OS_ADDRESS_QUIET, news;
	ssize_t		 n;
	int		 lost = 0;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0 || (n == -1 && errno == ENOBUFS)) {
		if (n == -1) {
			lost = 1;
			continue;
		}
		news = route_message_news(&os_route_layout, bytes, (size_t)n, sa, &lost);
		if (news > OS_ADDRESS_SAME || last == OS_ADDRESS_QUIET)
			last = news;
	}
	return (lost ? address_look(sa) : last);
}
