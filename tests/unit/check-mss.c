/* SPDX-License-Identifier: ISC */
/* Unit tests: mss. */

#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/addr.h"
#include "check.h"
#include "os/os.h"
#include "route/mss.h"

static const struct {
	const char		*address;
	struct os_route		 route;
	int			 wsl;
	int			 first;
	int			 guarded;
} classes[] = {
	{ "127.0.0.1",	{ OS_ROUTE_LOCAL, 0, 65536 },	0, MSS_FULL, 0 },
	{ "127.0.0.1",	{ OS_ROUTE_UNKNOWN, 0, 0 },	0, MSS_FULL, 0 },
	/* our own address */
	{ "192.0.2.7",	{ OS_ROUTE_LOCAL, 0, 65536 },	0, MSS_FULL, 0 },
	{ "192.0.2.7",	{ OS_ROUTE_ON_LINK, 0, 1500 },	0, MSS_FULL, 1 },
	{ "192.0.2.7",	{ OS_ROUTE_ON_LINK, 0, 9000 },	0, MSS_FULL, 1 },
	{ "192.0.2.7",	{ OS_ROUTE_ON_LINK, 0, 1500 },	1, 960, 1 },
	{ "192.0.2.7",	{ OS_ROUTE_ON_LINK, 0, 1280 },	0, 960, 1 },
	{ "192.0.2.7",	{ OS_ROUTE_ON_LINK, 1, 1500 },	0, 960, 1 },
	{ "192.0.2.7",	{ OS_ROUTE_GATEWAY, 0, 1500 },	0, 960, 1 },
	{ "192.0.2.7",	{ OS_ROUTE_UNKNOWN, 0, 0 },	0, 960, 1 },
	{ "100.64.0.7",	{ OS_ROUTE_ON_LINK, 0, 1500 },	0, 960, 1 },
	{ "100.64.0.7",	{ OS_ROUTE_LOCAL, 0, 65536 },	0, MSS_FULL, 0 },
	{ "fd7a:115c:a1e0::7", { OS_ROUTE_ON_LINK, 1, 1280 }, 0, 960, 1 },
	{ "2001:db8::7", { OS_ROUTE_GATEWAY, 0, 1500 },	0, 960, 1 },
	{ "::1",	{ OS_ROUTE_LOCAL, 0, 65536 },	0, MSS_FULL, 0 },
};

static void
test_classes(void **state)
{
	const struct mss_class	*class;
	struct sockaddr_storage		 ss;
	size_t				 i;

	(void)state;
	for (i = 0; i < COUNT(classes); i++) {
		assert_true(addr_literal(classes[i].address, 22, &ss) > 0);
		class = mss_class((struct sockaddr *)&ss, &classes[i].route, classes[i].wsl);
		if (class->first_bytes != classes[i].first || class->guarded != classes[i].guarded)
			fail_msg("row %zu, %s: %s", i, classes[i].address, class->name);
	}
}

/* Down to the last step, each below the one before. */
static void
test_steps(void **state)
{
	struct sockaddr	inet = { .sa_family = AF_INET }, inet6 = { .sa_family = AF_INET6 };

	(void)state;
	assert_int_equal(mss_next(8960), 960);
	assert_int_equal(mss_next(961), 960);
	assert_int_equal(mss_next(960), 768);
	assert_int_equal(mss_next(768), 536);
	assert_int_equal(mss_next(600), 536);
	assert_int_equal(mss_next(536), 0);
	assert_int_equal(mss_next(88), 0);
	assert_int_equal(mss_packet(536, &inet), 576);	/* RFC 791: every host must take it */
	assert_int_equal(mss_packet(1220, &inet6), 1280);	/* RFC 8200 5 */
}

/*
 * What the user says comes first, what was learned may only make it smaller; on this machine
 * nothing is learned.
 */
static void
test_first(void **state)
{
	static const struct {
		const char	*address;
		struct mss_steps	 mss_steps;
		int		 first, guarded;
	}			rows[] = {
		{ "127.0.0.1", { MSS_AUTO, 0 }, MSS_FULL, 0 },
		{ "127.0.0.1", { MSS_AUTO, 768 }, MSS_FULL, 0 },
		{ "127.0.0.1", { 1200, 768 }, 1200, 0 },
		/* RFC 5737: no route of this machine leads there but, if at all, the default. */
		{ "192.0.2.7", { MSS_AUTO, 0 }, 960, 1 },
		{ "192.0.2.7", { MSS_AUTO, 768 }, 768, 1 },
		{ "192.0.2.7", { MSS_FULL, 768 }, 768, 1 },
		{ "192.0.2.7", { MSS_FULL, 0 }, MSS_FULL, 1 },
		{ "192.0.2.7", { 700, 768 }, 700, 1 },
		{ "192.0.2.7", { 1400, 768 }, 768, 1 },
	};
	struct sockaddr_storage	ss;
	size_t			i;
	int			guarded, first;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_true(addr_literal(rows[i].address, 22, &ss) > 0);
		first = mss_first(&rows[i].mss_steps, (struct sockaddr *)&ss, &guarded);
		if (first != rows[i].first || guarded != rows[i].guarded)
			fail_msg("row %zu: %d, guarded %d", i, first, guarded);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_first),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
