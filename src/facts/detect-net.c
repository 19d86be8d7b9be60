/* SPDX-License-Identifier: ISC */
/* Facts: interfaces, default route, MTU settings. */

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>

#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/json.h"
#include "base/number.h"
#include "base/xalloc.h"
#include "facts/detect.h"
#include "facts/env-wsl.h"
#include "facts/fact.h"
#include "facts/read.h"

#define INTERFACES_MAX	256
#define ADDRESSES_MAX	16
#define MTU_MAX		(1 << 20)

/* Bits in /proc/net/route and /proc/net/ipv6_route. */
#define ROUTE_UP	0x1u
#define ROUTE_REJECT	0x200u

struct gateway {
	struct sockaddr_storage	ss;
	socklen_t		len;		/* 0: the interface leads there without one */
	char			interface[IF_NAMESIZE];
	unsigned int		metric;
};

/* The number that a file is made of: 0, or -1. */
static int
net_number(const char *root, const char *path, int max, int *to)
{
	char	line[32];

	return (read_first_line(root, path, line, sizeof(line)) == 0 ?
	    number_parse(line, 0, max, to) : -1);
}

/* By the kernel's files, where it has some, else by a question. 0, or -1 if it is not known. */
static int
net_mtu(const char *root, const char *name, int *mtu)
{
	struct ifreq	ifr;
	char		path[64 + IF_NAMESIZE];
	int		fd, result;

	snprintf(path, sizeof(path), "/sys/class/net/%.*s/mtu", IF_NAMESIZE, name);
	if (net_number(root, path, MTU_MAX, mtu) == 0)
		return (0);
	if (root[0] != '\0' || (fd = socket(AF_INET, SOCK_DGRAM, 0)) == -1)
		return (-1);
	memset(&ifr, 0, sizeof(ifr));
	strlcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
	if ((result = ioctl(fd, SIOCGIFMTU, &ifr)) != -1)
		*mtu = ifr.ifr_mtu;
	close(fd);
	return (result == -1 ? -1 : 0);
}

/* The interface of this name in the list, made if need be; NULL if there are too many. */
static json_t *
net_interface(json_t *list, const struct ifaddrs *ifa, const char *root)
{
	json_t		*interface;
	const char	*name;
	size_t		 i;
	int		 mtu;

	json_array_foreach(list, i, interface)
		if ((name = json_text_at(interface, "name")) != NULL &&
		    strcmp(name, ifa->ifa_name) == 0)
			return (interface);
	if (json_array_size(list) == INTERFACES_MAX)
		return (NULL);
	interface = json_pack("{s:o, s:b, s:b, s:[]}", "name", fact_string(ifa->ifa_name),
	    "up", (ifa->ifa_flags & IFF_UP) != 0, "tunnel",
	    (ifa->ifa_flags & (IFF_POINTOPOINT | IFF_LOOPBACK)) == IFF_POINTOPOINT, "addresses");
	if (net_mtu(root, ifa->ifa_name, &mtu) == 0)
		json_put(interface, "mtu", json_integer(mtu));
	json_array_append_new(list, interface);
	return (interface);
}

static void
net_put_interfaces(json_t *facts, const char *root)
{
	struct ifaddrs	*addrs, *ifa;
	json_t		*list, *addresses;
	char		 text[ADDR_TEXT_MAX];
	int		 family, own_tailnet = 0;

	if (getifaddrs(&addrs) == -1) {
		if (errno == ENOMEM)
			xalloc_fail();
		return;
	}
	list = json_array();
	for (ifa = addrs; ifa != NULL; ifa = ifa->ifa_next) {
		addresses = json_object_get(net_interface(list, ifa, root), "addresses");
		family = ifa->ifa_addr != NULL ? ifa->ifa_addr->sa_family : AF_UNSPEC;
		if (family != AF_INET && family != AF_INET6)
			continue;
		own_tailnet |= addr_is_tailnet(ifa->ifa_addr);
		addr_text(ifa->ifa_addr, family == AF_INET ? sizeof(struct sockaddr_in) :
		    sizeof(struct sockaddr_in6), text);
		if (addresses != NULL && json_array_size(addresses) < ADDRESSES_MAX)
			fact_append_text(addresses, text);
	}
	freeifaddrs(addrs);
	fact_put(facts, "net.interfaces", list);
	fact_put_truth(facts, "net.own_tailnet", own_tailnet);
}

/*
 * A line of /proc/net/route, whose addresses are numbers as this machine has them: 1 if it is a
 * default route.
 */
static int
gateway_parse4(const char *line, struct gateway *gw)
{
	struct sockaddr_in	*in = (void *)&gw->ss;
	unsigned int		 to, by, flags, mask;

	memset(gw, 0, sizeof(*gw));
	if (sscanf(line, "%15s %8x %8x %8x %*d %*d %u %8x", gw->interface, &to, &by, &flags,
	    &gw->metric, &mask) != 6 || to != 0 || mask != 0 ||
	    (flags & (ROUTE_UP | ROUTE_REJECT)) != ROUTE_UP)
		return (0);
	in->sin_family = AF_INET;
	memcpy(&in->sin_addr, &by, sizeof(by));
	gw->len = by != 0 ? sizeof(*in) : 0;
	return (1);
}

/* The same of /proc/net/ipv6_route, whose addresses are bytes. */
static int
gateway_parse6(const char *line, struct gateway *gw)
{
	static const char	 none[] = "00000000000000000000000000000000";
	struct sockaddr_in6	*in6 = (void *)&gw->ss;
	char			 to[33], by[33];
	unsigned int		 bits, flags, byte;
	size_t			 i;

	memset(gw, 0, sizeof(*gw));
	if (sscanf(line, "%32s %2x %*32s %*2x %32s %8x %*8x %*8x %8x %15s", to, &bits, by,
	    &gw->metric, &flags, gw->interface) != 6 || bits != 0 || strcmp(to, none) != 0 ||
	    strcmp(gw->interface, "lo") == 0 || (flags & (ROUTE_UP | ROUTE_REJECT)) != ROUTE_UP ||
	    strlen(by) != 32)
		return (0);
	in6->sin6_family = AF_INET6;
	for (i = 0; i < 16; i++) {
		if (sscanf(by + 2 * i, "%2x", &byte) != 1)
			return (0);
		in6->sin6_addr.s6_addr[i] = (unsigned char)byte;
	}
	gw->len = strcmp(by, none) != 0 ? sizeof(*in6) : 0;
	return (1);
}

/* The default route with the least metric: 1, or 0 if there is none. */
static int
gateway_find(const char *root, const char *path, int (*parse)(const char *, struct gateway *),
    struct gateway *best)
{
	struct gateway	 next;
	char		 line[256];
	FILE		*fp = read_open(root, path);
	int		 found = 0;

	while (fp != NULL && read_line(fp, line, sizeof(line)))
		if (parse(line, &next) && (!found || next.metric < best->metric)) {
			*best = next;
			found = 1;
		}
	if (fp != NULL)
		fclose(fp);
	return (found);
}

static void
net_put_gateway(json_t *facts, const char *root)
{
	struct gateway	gw, gw6;
	char		text[ADDR_TEXT_MAX];
	int		mtu, have6;

	have6 = gateway_find(root, "/proc/net/ipv6_route", gateway_parse6, &gw6);
	if (have6) {
		fact_put_text(facts, "net.gateway6.interface", gw6.interface);
		if (gw6.len > 0)
			fact_put_text(facts, "net.gateway6.address",
			    addr_text((struct sockaddr *)&gw6.ss, gw6.len, text));
	}
	if (!gateway_find(root, "/proc/net/route", gateway_parse4, &gw)) {
		if (!have6)
			return;
		gw = gw6;
	}
	fact_put_text(facts, "net.gateway.interface", gw.interface);
	if (gw.len > 0)
		fact_put_text(facts, "net.gateway.address",
		    addr_text((struct sockaddr *)&gw.ss, gw.len, text));
	if (net_mtu(root, gw.interface, &mtu) == 0)
		fact_put_number(facts, "net.gateway.mtu", mtu);
}

static void
net_detect(json_t *facts, const struct detect_input *in)
{
	int	number;

	net_put_interfaces(facts, in->root);
	net_put_gateway(facts, in->root);
	if (env_wsl(in->root) && net_mtu(in->root, "eth0", &number) == 0)
		fact_put_number(facts, "net.eth0_mtu", number);
	if (net_number(in->root, "/proc/sys/net/ipv4/tcp_mtu_probing", 2, &number) == 0)
		fact_put_number(facts, "net.tcp_mtu_probing", number);
	if (net_number(in->root, "/proc/sys/net/ipv4/tcp_rto_max_ms", INT_MAX, &number) == 0)
		fact_put_number(facts, "net.tcp_rto_max_ms", number);
	if (net_number(in->root, "/proc/sys/net/ipv4/tcp_retries2", INT_MAX, &number) == 0)
		fact_put_number(facts, "net.tcp_retries2", number);
}

const struct detector detect_net = {
	.name = "net",
	.detect = net_detect
};
