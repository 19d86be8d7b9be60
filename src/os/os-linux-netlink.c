/* SPDX-License-Identifier: ISC */
/* Routes and addresses on Linux, by netlink. */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"

/*
 * rtnetlink(7): questions to the kernel about routes and neighbours, one answer each, and its news
 * of addresses.
 */

struct question {
	struct nlmsghdr	 header;
	union {
		struct rtmsg	 route;
		struct ndmsg	 neighbour;
	}		 body;
	char		 attributes[RTA_SPACE(sizeof(struct in6_addr)) + RTA_SPACE(sizeof(int))];
};

/* What the kernel says of one route, neighbour or address has some 200 bytes. */
union answer {
	struct nlmsghdr	 header;
	char		 bytes[1024];
};

/* The kernel puts so much of a list into one answer (NLMSG_GOODSIZE). */
union addresses {
	struct nlmsghdr	 header;
	char		 bytes[8192];
};

#define ASKED_MAX	8	/* times in a row */

static void
question_add(struct question *q, unsigned short type, const void *data, size_t len)
{
	struct rtattr	*rta = (void *)((char *)q + NLMSG_ALIGN(q->header.nlmsg_len));

	rta->rta_type = type;
	rta->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(rta), data, len);
	q->header.nlmsg_len = (unsigned int)(NLMSG_ALIGN(q->header.nlmsg_len) + RTA_SPACE(len));
}

/* 1 if there is an answer of this type with a body of at least so many bytes. */
static int
question_ask(const struct question *q, int type, size_t body, union answer *answer)
{
	ssize_t	n = -1;
	int	fd;

	if ((fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) == -1)
		return (0);
	/* The kernel answers within send(2), so the answer is there or will never be. */
	if (send(fd, q, q->header.nlmsg_len, 0) == (ssize_t)q->header.nlmsg_len)
		n = recv(fd, answer->bytes, sizeof(answer->bytes), MSG_DONTWAIT);
	close(fd);
	return (n >= (ssize_t)NLMSG_LENGTH(body) && answer->header.nlmsg_len <= (size_t)n &&
	    answer->header.nlmsg_len >= NLMSG_LENGTH(body) && answer->header.nlmsg_type == type);
}

/*
 * The attribute of this type behind a body of so many bytes, if its data has at least that size; or
 * NULL.
 */
static struct rtattr *
answer_find(struct nlmsghdr *nh, size_t body, unsigned short type, size_t size)
{
	struct rtattr	*rta = (void *)((char *)NLMSG_DATA(nh) + NLMSG_ALIGN(body));
	size_t			 left = nh->nlmsg_len - NLMSG_LENGTH(NLMSG_ALIGN(body));

	if (nh->nlmsg_len < NLMSG_LENGTH(NLMSG_ALIGN(body)))
		return (NULL);
	for (; RTA_OK(rta, left); rta = RTA_NEXT(rta, left))
		if (rta->rta_type == type && RTA_PAYLOAD(rta) >= size)
			return (rta);
	return (NULL);
}

static size_t
family_size(int family)
{
	return (family == AF_INET6 ? sizeof(struct in6_addr) : sizeof(struct in_addr));
}

static const void *
address_of(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET6)
		return (&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr);
	return (&((const struct sockaddr_in *)(const void *)sa)->sin_addr);
}

/* The kernel's route to the address, as RTM_NEWROUTE; 1 if there is one. */
static int
route_ask(const struct sockaddr *sa, union answer *answer)
{
	struct question	q;
	size_t		size = family_size(sa->sa_family);

	memset(&q, 0, sizeof(q));
	q.header.nlmsg_len = NLMSG_LENGTH(sizeof(q.body.route));
	q.header.nlmsg_type = RTM_GETROUTE;
	q.header.nlmsg_flags = NLM_F_REQUEST;
	q.body.route.rtm_family = (unsigned char)sa->sa_family;
	q.body.route.rtm_dst_len = (unsigned char)(size * 8);
	question_add(&q, RTA_DST, address_of(sa), size);
	if (sa->sa_family == AF_INET6 &&
	    ((const struct sockaddr_in6 *)(const void *)sa)->sin6_scope_id != 0)
		question_add(&q, RTA_OIF,
		    &((const struct sockaddr_in6 *)(const void *)sa)->sin6_scope_id, sizeof(int));
	return (question_ask(&q, RTM_NEWROUTE, sizeof(struct rtmsg), answer));
}

/* The MTU that a route has of its own, RTAX_MTU within RTA_METRICS; 0 if it has none. */
static int
route_mtu(struct nlmsghdr *nh)
{
	struct rtattr	*metrics = answer_find(nh, sizeof(struct rtmsg), RTA_METRICS, 0), *rta;
	size_t			 left;
	int			 mtu = 0;

	if (metrics == NULL)
		return (0);
	rta = RTA_DATA(metrics);
	left = RTA_PAYLOAD(metrics);
	for (; RTA_OK(rta, left); rta = RTA_NEXT(rta, left))
		if (rta->rta_type == RTAX_MTU && RTA_PAYLOAD(rta) >= sizeof(mtu))
			memcpy(&mtu, RTA_DATA(rta), sizeof(mtu));
	return (mtu);
}

/* What interface this is, and its MTU where the route has none. */
static void
route_interface(int family, int oif, struct os_route *route)
{
	struct ifreq	ifr;
	int		fd;

	memset(&ifr, 0, sizeof(ifr));
	if (if_indextoname((unsigned int)oif, ifr.ifr_name) == NULL)
		return;
	strlcpy(route->interface, ifr.ifr_name, sizeof(route->interface));
	if ((fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return;
	if (route->mtu == 0 && ioctl(fd, SIOCGIFMTU, &ifr) == 0)
		route->mtu = ifr.ifr_mtu;
	if (ioctl(fd, SIOCGIFHWADDR, &ifr) == 0)
		route->tunnel = ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER &&
		    ifr.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK;
	close(fd);
}

void
os_route(const struct sockaddr *sa, struct os_route *route)
{
	union answer		 answer;
	struct rtmsg	*rtm;
	struct rtattr	*oif, *gateway;
	int			 index;

	memset(route, 0, sizeof(*route));
	if (!route_ask(sa, &answer))
		return;
	rtm = NLMSG_DATA(&answer.header);
	if (rtm->rtm_type == RTN_LOCAL) {
		route->kind = OS_ROUTE_LOCAL;
		return;
	}
	if (rtm->rtm_type != RTN_UNICAST)
		return;
	gateway = answer_find(&answer.header, sizeof(*rtm), RTA_GATEWAY,
	    family_size(sa->sa_family));
	if (gateway != NULL)
		inet_ntop(sa->sa_family, RTA_DATA(gateway), route->gateway, sizeof(route->gateway));
	route->kind = gateway != NULL ||
	    answer_find(&answer.header, sizeof(*rtm), RTA_VIA, 0) != NULL ?
	    OS_ROUTE_GATEWAY : OS_ROUTE_ON_LINK;
	route->mtu = route_mtu(&answer.header);
	if ((oif = answer_find(&answer.header, sizeof(*rtm), RTA_OIF, sizeof(index))) != NULL) {
		memcpy(&index, RTA_DATA(oif), sizeof(index));
		route_interface(sa->sa_family, index, route);
	}
}

/*
 * The link address of a neighbour as text, "" if it is not known; RTM_GETNEIGH for one address,
 * since Linux 5.0.
 */
static void
network_link(int family, const void *address, int oif, char *text, size_t size)
{
	struct question		 q;
	union answer		 answer;
	struct rtattr	*link;
	const unsigned char	*mac;

	text[0] = '\0';
	memset(&q, 0, sizeof(q));
	q.header.nlmsg_len = NLMSG_LENGTH(sizeof(q.body.neighbour));
	q.header.nlmsg_type = RTM_GETNEIGH;
	q.header.nlmsg_flags = NLM_F_REQUEST;
	q.body.neighbour.ndm_family = (unsigned char)family;
	q.body.neighbour.ndm_ifindex = oif;
	question_add(&q, NDA_DST, address, family_size(family));
	if (!question_ask(&q, RTM_NEWNEIGH, sizeof(struct ndmsg), &answer) ||
	    (link = answer_find(&answer.header, sizeof(struct ndmsg), NDA_LLADDR, 6)) == NULL)
		return;
	mac = RTA_DATA(link);
	snprintf(text, size, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
	    mac[4], mac[5]);
}

int
os_neighbor(const struct sockaddr *sa)
{
	union answer		 answer;
	struct rtattr	*gateway, *oif;
	const void		*hop = address_of(sa);
	char			 link[24];
	int			 index;

	if (!route_ask(sa, &answer) || (oif = answer_find(&answer.header, sizeof(struct rtmsg),
	    RTA_OIF, sizeof(index))) == NULL ||
	    answer_find(&answer.header, sizeof(struct rtmsg), RTA_VIA, 0) != NULL)
		return (-1);
	memcpy(&index, RTA_DATA(oif), sizeof(index));
	if ((gateway = answer_find(&answer.header, sizeof(struct rtmsg), RTA_GATEWAY,
	    family_size(sa->sa_family))) != NULL)
		hop = RTA_DATA(gateway);
	network_link(sa->sa_family, hop, index, link, sizeof(link));
	return (link[0] != '\0');
}

/* The way to an address that is nobody's is the default route's. 1 if there is one. */
static int
network_default(int family, const char *nobody, char *text, size_t size)
{
	struct sockaddr_storage	 ss;
	union answer		 answer;
	struct rtattr	*gateway, *oif;
	char			 address[INET6_ADDRSTRLEN], name[IF_NAMESIZE], link[24];
	int			 index;

	memset(&ss, 0, sizeof(ss));
	ss.ss_family = (sa_family_t)family;
	inet_pton(family, nobody, (void *)(uintptr_t)address_of((struct sockaddr *)&ss));
	if (!route_ask((struct sockaddr *)&ss, &answer) ||
	    ((struct rtmsg *)NLMSG_DATA(&answer.header))->rtm_type != RTN_UNICAST ||
	    (oif = answer_find(&answer.header, sizeof(struct rtmsg), RTA_OIF,
	    sizeof(index))) == NULL)
		return (0);
	memcpy(&index, RTA_DATA(oif), sizeof(index));
	if (if_indextoname((unsigned int)index, name) == NULL)
		return (0);
	if ((gateway = answer_find(&answer.header, sizeof(struct rtmsg), RTA_GATEWAY,
	    family_size(family))) == NULL) {
		snprintf(text, size, "%s", name);
		return (1);
	}
	inet_ntop(family, RTA_DATA(gateway), address, sizeof(address));
	network_link(family, RTA_DATA(gateway), index, link, sizeof(link));
	snprintf(text, size, "%s %s %s", address, name, link[0] != '\0' ? link : "-");
	return (1);
}

int
os_neighbors_guarded(void)
{
	return (0);
}

int
os_bind_device(int fd, int family, const char *name)
{
	(void)family;
	return (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name) + 1));
}

void
os_network(char *text, size_t size)
{
	/* RFC 5737 and RFC 3849: addresses for documentation. */
	if (!network_default(AF_INET, "192.0.2.1", text, size) &&
	    !network_default(AF_INET6, "2001:db8::1", text, size))
		text[0] = '\0';
}

static int
news_watch(unsigned int groups)
{
	struct sockaddr_nl	nl = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int			fd;

	if ((fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE)) == -1)
		return (-1);
	if (bind(fd, (struct sockaddr *)&nl, sizeof(nl)) == 0)
		return (fd);
	close(fd);
	return (-1);
}

int
os_address_watch(void)
{
	return (news_watch(RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR));
}

int
os_network_watch(void)
{
	return (news_watch(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
	    RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE));
}

/* What one message says of the address: a point-to-point interface has its own in IFA_LOCAL. */
static enum os_address
address_news(struct nlmsghdr *nh, const struct sockaddr *sa)
{
	struct ifaddrmsg	*ifa = NLMSG_DATA(nh);
	struct rtattr	*address;
	size_t			 size = family_size(sa->sa_family);

	if ((nh->nlmsg_type != RTM_DELADDR && nh->nlmsg_type != RTM_NEWADDR) ||
	    nh->nlmsg_len < NLMSG_LENGTH(sizeof(*ifa)) || ifa->ifa_family != sa->sa_family)
		return (OS_ADDRESS_SAME);
	if ((address = answer_find(nh, sizeof(*ifa), IFA_LOCAL, size)) == NULL)
		address = answer_find(nh, sizeof(*ifa), IFA_ADDRESS, size);
	if (address == NULL || memcmp(RTA_DATA(address), address_of(sa), size) != 0)
		return (OS_ADDRESS_SAME);
	return (nh->nlmsg_type == RTM_DELADDR ? OS_ADDRESS_GONE : OS_ADDRESS_BACK);
}

/*
 * News was lost: ask for all addresses, on the same socket, for there is no other in the sandbox.
 */
static int
address_ask(int fd, int family)
{
	struct {
		struct nlmsghdr		 header;
		struct ifaddrmsg	 body;
	}	q;

	memset(&q, 0, sizeof(q));
	q.header.nlmsg_len = NLMSG_LENGTH(sizeof(q.body));
	q.header.nlmsg_type = RTM_GETADDR;
	q.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	q.body.ifa_family = (unsigned char)family;
	return (send(fd, &q, q.header.nlmsg_len, 0) == (ssize_t)q.header.nlmsg_len);
}

enum os_address
os_address_read(int fd, const struct sockaddr *sa)
{
	enum os_address	 last = OS_ADDRESS_SAME, news;
	struct nlmsghdr	*nh;
	union addresses	 addresses;
	ssize_t		 n;
	size_t		 left;
	int		 lost = 0, asked = 0;

	for (;;) {
		if ((n = recv(fd, addresses.bytes, sizeof(addresses.bytes), 0)) <= 0) {
			/* netlink(7): we were too slow. What is left in the socket is older. */
			if (n == -1 && errno == ENOBUFS) {
				lost = 1;
				continue;
			}
			if (!lost || asked++ == ASKED_MAX)
				return (last);
			/* What is not listed is gone. */
			last = address_ask(fd, sa->sa_family) ? OS_ADDRESS_GONE : OS_ADDRESS_SAME;
			lost = 0;
			continue;
		}
		left = (size_t)n;
		for (nh = &addresses.header; NLMSG_OK(nh, left); nh = NLMSG_NEXT(nh, left))
			if ((news = address_news(nh, sa)) != OS_ADDRESS_SAME)
				last = news;
	}
}
