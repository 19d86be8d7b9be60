/* SPDX-License-Identifier: ISC */
/* Unit tests: what is known of routes, neighbors and interfaces, in a network of the test's own. */

#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <sched.h>

#include "base/addr.h"
#include "check.h"
#include "net/interface.h"
#include "net/resolve.h"
#include "os/os.h"

/*
 * Two links, v1 and v2, and their other ends, at which nobody answers. The last routes are of the
 * kinds that lead nowhere.
 */
static const char	network[] =
	"link add v1 type veth peer name v1end\n"
	"link add v2 type veth peer name v2end\n"
	"link set v1 addrgenmode none\n"
	"link set v1end addrgenmode none\n"
	"link set v2 addrgenmode none\n"
	"link set v2end addrgenmode none\n"
	"link set lo up\n"
	"link set v1 up\n"
	"link set v1end up\n"
	"link set v2 up\n"
	"link set v2end up\n"
	"addr add fe80::a2/64 dev v1end nodad\n"
	"addr add fe80::b/64 dev v2 nodad\n"
	"addr add fe80::a/64 dev v1 nodad\n"
	"addr add 2001:db8:a::1/64 dev v1 nodad\n"
	"addr add 2001:db8:b::1/64 dev v2 nodad\n"
	"addr add 2001:db8:c::1/128 dev v2 nodad\n"
	"addr add 10.9.1.2/24 dev v1\n"
	"addr add 10.9.2.2/24 dev v2\n"
	"route add 10.9.2.128/25 via 10.9.1.1 dev v1\n"
	"route add 10.9.3.0/24 via 10.9.1.1 mtu 1400\n"
	"route add 10.9.5.0/24 via inet6 fe80::1 dev v1\n"
	"route add 2001:db8:b:0:8000::/65 via fe80::1 dev v1\n"
	"route add 2001:db8:d::/64 via 2001:db8:a::9 dev v1 mtu 1280\n"
	"neigh add 10.9.1.1 lladdr 02:00:00:00:00:01 dev v1 nud permanent\n"
	"neigh add 10.9.1.8 lladdr 02:00:00:00:00:08 dev v1 nud permanent\n"
	"neigh add fe80::1 lladdr 02:00:00:00:00:61 dev v1 nud permanent\n"
	"route add blackhole 10.9.4.0/26\n"
	"route add unreachable 10.9.4.64/26\n"
	"route add prohibit 10.9.4.128/26\n"
	"route add throw 10.9.4.192/26\n";

/* ip(8), with what stands on its lines. */
static void
ip(const char *lines)
{
	FILE	*fp;

	assert_non_null(fp = popen("ip -batch - 2>&1", "w"));
	assert_int_equal(fwrite(lines, 1, strlen(lines), fp), strlen(lines));
	assert_int_equal(pclose(fp), 0);
}

/* A network of our own: 0, or -1 where there is none. Who is not root is it in there. */
static int
network_enter(void)
{
	char	map[32];
	ssize_t	len = snprintf(map, sizeof(map), "0 %u 1", (unsigned int)getuid());
	int	fd, result;

	if (system("ip -V >/dev/null 2>&1") != 0)
		return (-1);
	if (unshare(CLONE_NEWNET) == 0)
		return (0);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == -1 ||
	    (fd = open("/proc/self/uid_map", O_WRONLY)) == -1)
		return (-1);
	result = write(fd, map, (size_t)len) == len ? 0 : -1;
	close(fd);
	return (result);
}

static int
setup(void **state)
{
	(void)state;
	ip(network);
	return (0);
}

static void
test_none(void **state)
{
	(void)state;
	skip();
}

static socklen_t
address(const char *text, struct sockaddr_storage *ss)
{
	struct addrinfo	*list;
	socklen_t	 len;

	assert_int_equal(resolve_literal(text, 22, AF_UNSPEC, &list), 0);
	len = list->ai_addrlen;
	memcpy(ss, list->ai_addr, len);
	freeaddrinfo(list);
	return (len);
}

static void
test_route(void **state)
{
	static const struct {
		const char	*address;
		int		 kind;
		int		 mtu;
		const char	*interface;
		const char	*gateway;
		int		 neighbor;
	} rows[] = {
		{ "127.0.0.9", OS_ROUTE_LOCAL, 0, "", "", 0 },
		{ "10.9.1.2", OS_ROUTE_LOCAL, 0, "", "", 0 },
		{ "::1", OS_ROUTE_LOCAL, 0, "", "", 0 },
		{ "10.9.1.7", OS_ROUTE_ON_LINK, 1500, "v1", "", 0 },
		{ "10.9.1.8", OS_ROUTE_ON_LINK, 1500, "v1", "", 1 },
		{ "10.9.2.8", OS_ROUTE_ON_LINK, 1500, "v2", "", 0 },
		{ "10.9.3.7", OS_ROUTE_GATEWAY, 1400, "v1", "10.9.1.1", 1 },
		{ "fe80::1%v1", OS_ROUTE_ON_LINK, 1500, "v1", "", 1 },
		{ "fe80::1%v2", OS_ROUTE_ON_LINK, 1500, "v2", "", 0 },
		{ "2001:db8:b:0:8000::1", OS_ROUTE_GATEWAY, 1500, "v1", "fe80::1", 1 },
		{ "2001:db8:d::1", OS_ROUTE_GATEWAY, 1280, "v1", "2001:db8:a::9", 0 },
		/* A router of the other family: its address is none that could be shown. */
		{ "10.9.5.1", OS_ROUTE_GATEWAY, 1500, "v1", "", -1 },
		{ "10.9.1.255", OS_ROUTE_UNKNOWN, 0, "", "", 0 },
		{ "10.9.4.1", OS_ROUTE_UNKNOWN, 0, "", "", -1 },
		{ "10.9.4.65", OS_ROUTE_UNKNOWN, 0, "", "", -1 },
		{ "10.9.4.129", OS_ROUTE_UNKNOWN, 0, "", "", -1 },
		{ "10.9.4.193", OS_ROUTE_UNKNOWN, 0, "", "", -1 },
		{ "192.0.2.1", OS_ROUTE_UNKNOWN, 0, "", "", -1 },
		{ "2001:db8:e::1", OS_ROUTE_UNKNOWN, 0, "", "", -1 },
	};
	struct sockaddr_storage	ss;
	struct os_route		route;
	size_t			i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		address(rows[i].address, &ss);
		os_route((struct sockaddr *)&ss, &route);
		if ((int)route.kind != rows[i].kind || route.mtu != rows[i].mtu || route.tunnel ||
		    strcmp(route.interface, rows[i].interface) != 0 ||
		    strcmp(route.gateway, rows[i].gateway) != 0)
			fail_msg("%s: kind %d, %d bytes, %s, %s", rows[i].address, route.kind,
			    route.mtu, route.interface, route.gateway);
		if (os_neighbor((struct sockaddr *)&ss) != rows[i].neighbor)
			fail_msg("%s: neighbor %d", rows[i].address,
			    os_neighbor((struct sockaddr *)&ss));
	}
}

/* Two networks whose routers have the same address are told apart by its link address. */
static void
test_network(void **state)
{
	static const struct {
		const char	*lines;
		const char	*text;
	} rows[] = {
		{ "", "" },
		{ "route add unreachable default metric 9\n", "" },
		{ "route del unreachable default metric 9\n"
		    "route add default via 2001:db8:a::9 dev v1\n", "2001:db8:a::9 v1 -" },
		{ "route replace default via fe80::1 dev v1\n", "fe80::1 v1 02:00:00:00:00:61" },
		{ "route add default dev v2\n", "v2" },
		{ "route replace default via 10.9.1.1\n", "10.9.1.1 v1 02:00:00:00:00:01" },
		{ "neigh replace 10.9.1.1 lladdr 02:00:00:00:00:02 dev v1 nud permanent\n",
		    "10.9.1.1 v1 02:00:00:00:00:02" },
		{ "neigh del 10.9.1.1 dev v1\n", "10.9.1.1 v1 -" },
		{ "route del default\nroute del default via fe80::1 dev v1\n"
		    "neigh add 10.9.1.1 lladdr 02:00:00:00:00:01 dev v1 nud permanent\n", "" },
	};
	char	text[128];
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		ip(rows[i].lines);
		strlcpy(text, "of before", sizeof(text));
		os_network(text, sizeof(text));
		assert_string_equal(text, rows[i].text);
	}
}

/* Those that are used come first; one that is down is not tried. */
static void
test_link_local(void **state)
{
	struct interfaces	list;
	char			text[64];

	(void)state;
	interfaces_link_local(&list);
	assert_int_equal(list.count, 3);
	assert_string_equal(interfaces_text(&list, text, sizeof(text)), "v1, v2, v1end");
	assert_string_equal(interfaces_text(&list, text, 7), "v1, v2");
	ip("link set v1 down\nlink set v1end down\n");
	interfaces_link_local(&list);
	assert_string_equal(interfaces_text(&list, text, sizeof(text)), "v2");
	ip("link set v2 down\n");
	interfaces_link_local(&list);
	assert_string_equal(interfaces_text(&list, text, sizeof(text)), "");
}

/* An address of v2's network that the kernel sends to v1. */
static void
test_conflict(void **state)
{
	static const struct {
		const char	*address;
		const char	*link;		/* NULL: there is none */
	} rows[] = {
		{ "10.9.2.200", "v2" },
		{ "2001:db8:b:0:8000::1", "v2" },
		{ "10.9.2.7", NULL },
		{ "10.9.1.7", NULL },
		{ "10.9.1.2", NULL },
		{ "10.9.3.7", NULL },
		{ "127.0.0.1", NULL },
		{ "2001:db8:b::7", NULL },
		{ "2001:db8:d::1", NULL },
		{ "2001:db8:c::1", NULL },
		{ "fe80::1%v1", NULL },
		{ "10.9.4.65", NULL },
		{ "192.0.2.1", NULL },
	};
	struct interface_conflict	c;
	struct sockaddr_storage		ss;
	socklen_t			len;
	size_t				i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		len = address(rows[i].address, &ss);
		if (interface_conflict((struct sockaddr *)&ss, len, &c) != (rows[i].link != NULL))
			fail_msg("%s: %s, and %s", rows[i].address, c.link, c.kernel);
		if (rows[i].link == NULL)
			continue;
		assert_string_equal(c.link, rows[i].link);
		assert_string_equal(c.kernel, "v1");
	}
}

/* A socket that is bound to an interface leaves by it, whatever the routes say. */
static void
test_bind(void **state)
{
	struct sockaddr_storage	 ss, own;
	struct sockaddr_in	*in = (void *)&own;
	socklen_t		 len = address("10.9.2.200", &ss), own_len = sizeof(own);
	char			 text[ADDR_TEXT_MAX];
	int			 fd;

	(void)state;
	assert_int_equal(interface_source((struct sockaddr *)&ss, len, &own), 0);
	assert_string_equal(addr_text((struct sockaddr *)&own, sizeof(*in), text), "10.9.1.2");
	assert_int_not_equal(fd = socket(AF_INET, SOCK_DGRAM, 0), -1);
	assert_int_equal(os_bind_device(fd, AF_INET, "none"), -1);
	assert_int_equal(errno, ENODEV);
	assert_int_equal(os_bind_device(fd, AF_INET, "v2"), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&ss, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &own_len), 0);
	assert_string_equal(addr_text((struct sockaddr *)&own, sizeof(*in), text), "10.9.2.2");
	close(fd);
}

/* A network of IPv6 alone, which may have a translator. */
static void
test_ipv6_alone(void **state)
{
	struct sockaddr_storage	v4, v6;
	socklen_t		v4_len = address("192.0.2.1", &v4);
	socklen_t		v6_len = address("2001:db8:e::1", &v6);

	(void)state;
	assert_false(interface_ipv6_alone((struct sockaddr *)&v4, v4_len));
	ip("route add default via fe80::1 dev v1\n");
	assert_true(interface_ipv6_alone((struct sockaddr *)&v4, v4_len));
	assert_false(interface_ipv6_alone((struct sockaddr *)&v6, v6_len));
	ip("route add default via 10.9.1.1\n");
	assert_false(interface_ipv6_alone((struct sockaddr *)&v4, v4_len));
	ip("route del default\nroute del default via fe80::1 dev v1\n");
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_route),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_conflict),
		cmocka_unit_test(test_bind),
		cmocka_unit_test(test_ipv6_alone),
		cmocka_unit_test(test_link_local),
	}, none[] = {
		cmocka_unit_test(test_none),
	};

	if (network_enter() == -1)
		return (cmocka_run_group_tests_name("network", none, NULL, NULL));
	return (cmocka_run_group_tests_name("network", tests, setup, NULL));
}
