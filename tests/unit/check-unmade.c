/* SPDX-License-Identifier: ISC */
/* Unit tests: unmade, and the rules about what it finds. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "catalogue/catalogue.h"
#include "check-rules.h"
#include "net/sock.h"
#include "route/unmade.h"

/* --- the table -------------------------------------------------------------------------------- */

#define LINK	{ .kind = OS_ROUTE_ON_LINK, .interface = "eth0" }
#define GATEWAY	{ .kind = OS_ROUTE_GATEWAY, .interface = "eth0", .gateway = "192.0.2.254" }
#define TUNNEL	{ .kind = OS_ROUTE_ON_LINK, .interface = "wg0", .tunnel = 1 }
#define V4(t, c) .family = AF_INET, .icmp = { .type = t, .code = c }
#define V6(t, c) .family = AF_INET6, .icmp = { .type = t, .code = c }

static const struct {
	struct unmade	 unmade;
	const char	*code;
	const char	*text;	/* a part of it */
} cases[] = {
	/* No message. */
	{ { .error = ECONNREFUSED, .by = UNMADE_NOBODY }, "refused", "refused by HOST" },
	{ { .error = ECONNREFUSED, .by = UNMADE_UNTOLD }, "refused", "refused by HOST" },
	{ { .error = ECONNRESET, .by = UNMADE_NOBODY }, "server-closed", "HOST" },
	{ { .error = ETIMEDOUT, .by = UNMADE_NOBODY, .took_ms = 4900 }, "no-answer",
	    "no answer from HOST in 5 s" },
	{ { .error = EACCES, .by = UNMADE_NOBODY }, "blocked", "HOST" },
	{ { .error = ENETUNREACH, .by = UNMADE_NOBODY }, "no-route", "HOST" },
	{ { .error = EMFILE }, "no-descriptors", "HOST" },
	{ { .error = EAFNOSUPPORT }, "no-route", "this machine has no such addresses as HOST (" },
	{ { .error = EIO }, "system", "HOST" },
	/* This machine's. */
	{ { ECONNREFUSED, UNMADE_OWN, V4(3, 3), .route = GATEWAY, .neighbor = 1 }, "blocked",
	    "this machine (192.0.2.7) rejects connections to HOST" },
	{ { EHOSTUNREACH, UNMADE_OWN, V4(3, 13), .route = LINK, .neighbor = 0 }, "blocked",
	    "(192.0.2.7)" },
	{ { ECONNREFUSED, UNMADE_OWN, V6(1, 4), .route = GATEWAY, .neighbor = -1 }, "blocked",
	    "(2001:db8::7)" },
	{ { EACCES, UNMADE_OWN, V6(1, 1), .route = LINK, .neighbor = -1 }, "blocked",
	    "(2001:db8::7)" },
	{ { EHOSTUNREACH, UNMADE_OWN, V4(3, 1), .route = LINK, .neighbor = 1 }, "blocked",
	    "this machine" },
	{ { EHOSTUNREACH, UNMADE_OWN, V4(3, 1), .route = { .kind = OS_ROUTE_LOCAL },
	    .neighbor = 0 }, "blocked", "this machine" },
	{ { ENETUNREACH, UNMADE_OWN, V4(3, 0), .route = GATEWAY, .neighbor = 0 }, "blocked",
	    "this machine" },
	/* It took its time, as no firewall does: the route was another one then. */
	{ { EHOSTUNREACH, UNMADE_OWN, V6(1, 3), .route = GATEWAY, .neighbor = 1, .took_ms = 3050 },
	    "no-route", "no way to HOST" },
	/* Nobody on the link. */
	{ { EHOSTUNREACH, UNMADE_OWN, V4(3, 1), .route = LINK, .neighbor = 0 }, "host-absent",
	    "no machine on the network of eth0 has the address HOST" },
	{ { EHOSTUNREACH, UNMADE_OWN, V4(3, 1), .route = LINK, .neighbor = -1 }, "host-absent",
	    "eth0" },
	{ { EHOSTUNREACH, UNMADE_OWN, V6(1, 3), .route = LINK, .neighbor = 0 }, "host-absent",
	    "eth0" },
	{ { EHOSTUNREACH, UNMADE_OWN, V4(3, 1), .route = GATEWAY, .neighbor = 0 }, "no-route",
	    "the router 192.0.2.254 (eth0), on the way to HOST, does not answer" },
	{ { EHOSTUNREACH, UNMADE_OWN, V4(3, 1), .route = TUNNEL, .neighbor = 0 }, "no-route",
	    "the tunnel wg0 cannot reach HOST" },
	{ { EHOSTUNREACH, UNMADE_OWN, V4(3, 1), .neighbor = -1 }, "no-route", "no way to HOST" },
	/* The host's. */
	{ { ECONNREFUSED, UNMADE_HOST, V4(3, 3), .route = LINK }, "host-firewall",
	    "the firewall of HOST rejects" },
	{ { ECONNREFUSED, UNMADE_HOST, V6(1, 4), .route = GATEWAY }, "host-firewall",
	    "HOST rejects" },
	{ { EHOSTUNREACH, UNMADE_HOST, V4(3, 13), .route = LINK }, "host-firewall",
	    "HOST forbids" },
	{ { EHOSTUNREACH, UNMADE_HOST, V4(3, 10), .route = LINK }, "host-firewall",
	    "HOST forbids" },
	{ { EACCES, UNMADE_HOST, V6(1, 1), .route = LINK }, "host-firewall", "HOST forbids" },
	{ { EHOSTUNREACH, UNMADE_HOST, V4(3, 1), .route = LINK }, "host-off",
	    "HOST cannot reach the machine behind" },
	/* Another's. */
	{ { ECONNREFUSED, UNMADE_OTHER, V4(3, 3), .route = GATEWAY }, "path-firewall",
	    "192.0.2.7, on the way to HOST, rejects" },
	{ { EACCES, UNMADE_OTHER, V6(1, 6), .route = GATEWAY }, "path-firewall",
	    "2001:db8::7, on the way" },
	{ { EHOSTUNREACH, UNMADE_OTHER, V4(3, 1), .route = GATEWAY }, "host-off",
	    "the router 192.0.2.7 cannot reach HOST" },
	{ { EHOSTUNREACH, UNMADE_OTHER, V6(1, 3), .route = GATEWAY }, "host-off",
	    "the router 2001:db8::7 cannot" },
	{ { ENETUNREACH, UNMADE_OTHER, V4(3, 0), .route = GATEWAY }, "router-no-route",
	    "the router 192.0.2.7 has no route to HOST" },
	{ { ENETUNREACH, UNMADE_OTHER, V6(1, 0), .route = GATEWAY }, "router-no-route",
	    "2001:db8::7 has no route" },
	{ { EHOSTUNREACH, UNMADE_OTHER, V4(11, 0), .route = GATEWAY }, "router-no-route",
	    "in circles, says the router 192.0.2.7" },
	/* macOS keeps programs from their own network; who is absent is told later, or otherwise. */
	{ { EHOSTUNREACH, .route = LINK, .guarded = 1, .took_ms = 1 }, "local-network",
	    "macOS does not let this program reach HOST" },
	{ { EHOSTUNREACH, .route = LINK, .guarded = 0, .took_ms = 1 }, "no-route", "no way to HOST" },
	{ { EHOSTUNREACH, .route = LINK, .guarded = 1, .took_ms = 3050 }, "no-route", "no way" },
	{ { EHOSTDOWN, .route = LINK, .guarded = 1, .took_ms = 1 }, "host-absent",
	    "no machine on the network of eth0 has the address HOST" },
	{ { EHOSTDOWN, .route = GATEWAY }, "no-route", "no way" },
	{ { EHOSTDOWN, UNMADE_NOBODY, .route = LINK }, "no-route", "no way" },
	{ { EHOSTUNREACH, .route = GATEWAY, .guarded = 1, .took_ms = 1 }, "no-route", "no way" },
	{ { EHOSTUNREACH, .route = TUNNEL, .guarded = 1, .took_ms = 1 }, "no-route", "no way" },
	/* Messages that say nothing about it. */
	{ { EPROTO, UNMADE_OTHER, V4(12, 0), .route = GATEWAY }, "system",
	    "cannot connect to HOST (Protocol error (ICMP 12/0 from 192.0.2.7))" },
	{ { ECONNREFUSED, UNMADE_OTHER, V4(3, 200), .route = GATEWAY }, "refused", "HOST" },
	{ { ECONNREFUSED, UNMADE_HOST, V6(3, 3), .route = GATEWAY }, "refused", "HOST" },
};

/* With a sender of the family, which has no text in a table. */
static struct unmade
with_sender(struct unmade u)
{
	struct sockaddr_in	*in = (struct sockaddr_in *)&u.icmp.from;
	struct sockaddr_in6	*in6 = (struct sockaddr_in6 *)&u.icmp.from;

	u.icmp.from.ss_family = (sa_family_t)u.family;
	if (u.family == AF_INET6)
		inet_pton(AF_INET6, "2001:db8::7", &in6->sin6_addr);
	else
		inet_pton(AF_INET, "192.0.2.7", &in->sin_addr);
	return (u);
}

static void
test_judge(void **state)
{
	struct unmade	u;
	char		text[160], detail[80];
	enum code	code;
	size_t		i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		u = with_sender(cases[i].unmade);
		code = unmade_judge(&u, "HOST", text, sizeof(text));
		if (strcmp(code_row(code)->name, cases[i].code) != 0 ||
		    strstr(text, cases[i].text) == NULL || strchr(text, '@') != NULL)
			fail_msg("case %zu: %s: %s", i, code_row(code)->name, text);
		unmade_detail(&u, detail, sizeof(detail));
		assert_non_null(strstr(detail, strerror(u.error)));
		assert_int_equal(strstr(detail, "(ICMP") != NULL, u.by > UNMADE_NOBODY);
	}
}

/* However long what it names is, it is cut and not overrun. */
static void
test_cut(void **state)
{
	struct unmade	u = with_sender(cases[9].unmade);
	char		text[20];

	(void)state;
	unmade_judge(&u, "2001:db8:1111:2222:3333:4444:5555:6666", text, sizeof(text));
	assert_string_equal(text, "this machine (192.0");
}

/* --- sockets ---------------------------------------------------------------------------------- */

static const struct sock_tune	tune = { .connect_s = 5, .dead_after_s = 30 };

/* A TCP socket that listens on loopback, or one that does not; the caller closes it. */
static int
loopback(struct sockaddr_in *in, int listens)
{
	socklen_t	len = sizeof(*in);
	int		fd = socket(AF_INET, SOCK_STREAM, 0);

	memset(in, 0, sizeof(*in));
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)in, len), 0);
	if (listens)
		assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)in, &len), 0);
	return (fd);
}

static int
connected_to(const struct sockaddr_in *in)
{
	int	fd = sock_open((const struct sockaddr *)in, &tune, 0);

	assert_int_not_equal(fd, -1);
	if (connect(fd, (const struct sockaddr *)in, sizeof(*in)) == -1)
		assert_int_equal(errno, EINPROGRESS);
	assert_int_equal(sock_wait(fd, POLLOUT, INT64_MAX), 1);
	return (fd);
}

/* A port that is closed sends a reset, and where the system tells, it tells that. */
static void
test_look(void **state)
{
	struct sockaddr_in	in;
	struct unmade		u;
	int			taken = loopback(&in, 0), fd = connected_to(&in);

	(void)state;
	assert_int_equal(sock_error(fd), ECONNREFUSED);
	unmade_look(&u, fd, (struct sockaddr *)&in, ECONNREFUSED, 0);
	assert_true(u.by == UNMADE_NOBODY || u.by == UNMADE_UNTOLD);
	close(fd);
	close(taken);
	unmade_look(&u, -1, (struct sockaddr *)&in, EMFILE, 0);
	assert_true(u.by == UNMADE_NOBODY || u.by == UNMADE_UNTOLD);
}

#ifdef IP_RECVERR
/* Once it is connected, no ICMP message may end it any more. */
static void
test_kept(void **state)
{
	struct sockaddr_in	in;
	socklen_t		len = sizeof(int);
	int			listens = loopback(&in, 1), fd = connected_to(&in), kept;

	(void)state;
	assert_int_equal(getsockopt(fd, IPPROTO_IP, IP_RECVERR, &kept, &len), 0);
	assert_int_equal(kept, 1);
	assert_int_equal(sock_error(fd), 0);
	assert_int_equal(getsockopt(fd, IPPROTO_IP, IP_RECVERR, &kept, &len), 0);
	assert_int_equal(kept, 0);
	close(fd);
	close(listens);
}
#endif

/* --- the rules -------------------------------------------------------------------------------- */

#define FACTS(error, more) \
	"{'system':{'os':'linux','root':true},'connect':{'ok':false,'port':22,'addresses':[" \
	"{'address':'192.0.2.1','family':4,'ms':9,'error':'" error "','interface':'eth0'" more "}]}}"
#define BY(who)	",'said_by':'" who "','said_from':'192.0.2.7'"
#define SAID(who) BY(who) ",'detail':'words (ICMP 3/1)'"
#define ON(interface) ",'said_by':'own','interface':'" interface "'"
#define WSL(address) \
	"{'system':{'wsl':2,'wsl_mode':'nat'},'net':{'gateway':{'address':'172.20.0.1'}}," \
	"'connect':{'ok':false,'addresses':[{'address':'" address "'," \
	"'error':'host-absent','interface':'eth0','said_by':'own'}]}}"

static const struct rules_row rows[] = {
	{ FACTS("host-firewall", SAID("host")), "host-firewall", "error",
	    "words (ICMP 3/1), after 9 ms" },
	{ FACTS("host-firewall", SAID("host")), "refused", "", NULL },
	{ FACTS("path-firewall", SAID("other")), "path-firewall", "error", "words" },
	{ FACTS("host-absent", BY("own")), "host-absent", "error", "network of eth0 in 9 ms" },
	{ FACTS("host-absent", ""), "host-absent", "error", "network of eth0 in 9 ms" },
	{ FACTS("host-off", SAID("other")), "host-off", "error", "words" },
	{ FACTS("host-off", SAID("host")), "host-off", "error", "words" },
	{ FACTS("local-network", ""), "local-network", "error", "in 9 ms, though it is in the network of eth0" },
	{ FACTS("no-route", ""), "local-network", "", NULL },
	{ FACTS("router-no-route", BY("other")), "router-no-route", "error", "ICMP" },
	{ FACTS("router-no-route", BY("odd")), "router-no-route", "", NULL },
	{ FACTS("blocked", BY("own")), "blocked", "error", "own address 192.0.2.7" },
	{ FACTS("blocked", ""), "blocked", "error", "not permitted" },
	{ FACTS("refused", ",'said_by':'nobody'"), "refused", "error", "a TCP reset" },
	{ FACTS("refused", ""), "refused", "error", "refused after" },
	/* The router of the route to it, or the default one of its family. */
	{ FACTS("no-route", ",'gateway':'192.0.2.254'"), "no-route", "error",
	    "the route is through 192.0.2.254" },
	{ FACTS("no-route", ",'interface':'wg0','said_by':'own'"), "no-route", "error",
	    "leave by wg0" },
	{ "{'system':{'os':'linux'},'net':{'gateway':{'address':'192.0.2.254','interface':'eth0'}},"
	    "'connect':{'ok':false,'addresses':[{'address':'2001:db8::1','error':'no-route'}]}}",
	    "no-route", "error", "no default route for such addresses" },
	{ "{'system':{'os':'linux'},'net':{'gateway':{'address':'192.0.2.254','interface':'eth0'},"
	    "'gateway6':{'address':'fe80::1','interface':'eth0'}},"
	    "'connect':{'ok':false,'addresses':[{'address':'2001:db8::1','error':'no-route'}]}}",
	    "no-route", "error", "default route is through fe80::1" },
	{ "{'system':{'os':'linux'},'net':{'gateway':{'address':'fe80::1','interface':'eth0'}},"
	    "'connect':{'ok':false,'addresses':[{'address':'192.0.2.1','error':'no-route'}]}}",
	    "no-route", "error", "no default route for such addresses" },
	/* Networks within this machine. */
	{ FACTS("host-absent", ON("docker0")), "network-overlap", "warning", "of docker0" },
	{ FACTS("host-absent", ON("br-0123456789ab")), "network-overlap", "warning", "of br-01" },
	{ FACTS("refused", ON("virbr0")), "network-overlap", "note", "of virbr0" },
	{ FACTS("host-absent", ON("br-lan")), "network-overlap", "", NULL },
	{ FACTS("host-absent", ON("eth0")), "network-overlap", "", NULL },
	{ FACTS("no-route", ON("docker0") ",'gateway':'172.17.0.9'"), "network-overlap", "", NULL },
	{ WSL("172.20.5.5"), "network-overlap", "warning", "of eth0" },
	{ WSL("172.20.0.1"), "network-overlap", "", NULL },
	/* A peer whose firewall answers is there. */
	{ "{'tailscale':{'peer':{'found':true,'online':false}},'connect':{'ok':false,'addresses':["
	    "{'address':'100.64.0.5','error':'host-firewall'}]}}", "peer-offline", "", NULL },
};

static void
test_rules(void **state)
{
	(void)state;
	rules_rows(rows, COUNT(rows));
}

static const struct rules_case sure[] = {
	{ "refused", "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"192.0.2.1\","
	    "\"error\":\"refused\",\"said_by\":\"nobody\"}]}}", "error", "sure" },
	{ "no-route", "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"192.0.2.1\","
	    "\"error\":\"no-route\",\"said_by\":\"nobody\"}]}}", "error", "sure" },
	{ "no-route", "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"192.0.2.1\","
	    "\"error\":\"no-route\"}]}}", "error", "likely" },
	{ "blocked", "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"2001:db8::1\","
	    "\"error\":\"blocked\"}]}}", "error", "likely" },
	{ "blocked", "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"2001:db8::1\","
	    "\"error\":\"blocked\",\"said_by\":\"nobody\"}]}}", "error", "sure" },
	/* Without the mesh, whoever has the network's addresses says nothing of its host. */
	{ "router-no-route", "{\"tailscale\":{\"host\":\"mesh\"},\"connect\":{\"ok\":false,"
	    "\"addresses\":[{\"address\":\"100.64.0.5\",\"error\":\"router-no-route\","
	    "\"said_by\":\"other\"}]}}", "", "" },
	{ "host-off", "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"192.0.2.1\","
	    "\"error\":\"host-off\",\"said_by\":\"host\"}]}}", "error", "likely" },
	{ "host-off", "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"192.0.2.1\","
	    "\"error\":\"host-off\",\"said_by\":\"other\"}]}}", "error", "sure" },
};

static void
test_sure(void **state)
{
	(void)state;
	rules_cases(sure, COUNT(sure));
	rules_odd_values(rules_unmade);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_look),
#ifdef IP_RECVERR
		cmocka_unit_test(test_kept),
#endif
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_sure),
	};

	return (cmocka_run_group_tests_name("unmade", tests, NULL, NULL));
}
