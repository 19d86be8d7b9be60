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
	static const struct {
		int			from;
		enum os_segments	segments;
		int			family;
		int			next;
	} steps[] = {
		{ 8960, OS_SEGMENTS_ANY, AF_INET, 960 },
		{ 961, OS_SEGMENTS_ANY, AF_INET, 960 },
		{ 960, OS_SEGMENTS_ANY, AF_INET6, 768 },
		{ 768, OS_SEGMENTS_ANY, AF_INET, 536 },
		{ 600, OS_SEGMENTS_ANY, AF_INET6, 536 },
		{ 536, OS_SEGMENTS_ANY, AF_INET, 0 },
		{ 88, OS_SEGMENTS_ANY, AF_INET, 0 },
		/* The default of each family is the last. */
		{ 1460, OS_SEGMENTS_LEAST, AF_INET, 536 },
		{ 537, OS_SEGMENTS_LEAST, AF_INET, 536 },
		{ 536, OS_SEGMENTS_LEAST, AF_INET, 0 },
		{ 1440, OS_SEGMENTS_LEAST, AF_INET6, 536 },
		{ 1220, OS_SEGMENTS_LEAST, AF_INET6, 0 },
		{ 8960, OS_SEGMENTS_FIXED, AF_INET, 0 },
	};
	struct sockaddr	inet = { .sa_family = AF_INET }, inet6 = { .sa_family = AF_INET6 };
	size_t		i;

	(void)state;
	for (i = 0; i < COUNT(steps); i++)
		assert_int_equal(mss_next(steps[i].from, steps[i].segments, steps[i].family),
		    steps[i].next);
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

/* Where the size cannot be chosen, the one small step is for those who ask, or know why. */
static void
test_begin(void **state)
{
	static const struct {
		struct mss_steps	mss_steps;
		enum os_segments	segments;
		int			first;
	} rows[] = {
		{ { MSS_AUTO, 0 }, OS_SEGMENTS_LEAST, MSS_FULL },
		{ { MSS_AUTO, 960 }, OS_SEGMENTS_LEAST, MSS_LAST },
		{ { MSS_FULL, 0 }, OS_SEGMENTS_LEAST, MSS_FULL },
		{ { 1200, 0 }, OS_SEGMENTS_LEAST, MSS_LAST },
		{ { MSS_AUTO, 0 }, OS_SEGMENTS_FIXED, MSS_FULL },
		{ { 1200, 0 }, OS_SEGMENTS_FIXED, 1200 },
		{ { MSS_AUTO, 0 }, OS_SEGMENTS_ANY, 960 },
	};
	const struct mss_class	far = { "behind a router", 960, 1 };
	size_t			i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_int_equal(mss_begin(&rows[i].mss_steps, &far, rows[i].segments),
		    rows[i].first);
}

static void
test_reverse(void **state)
{
	struct os_tcp	tcp = { .send_bytes = 1460, .receive_bytes = 536 };

	(void)state;
	assert_int_equal(mss_reverse(&tcp), 536);
	tcp.receive_bytes = 0;
	assert_int_equal(mss_reverse(&tcp), 1460);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_begin),
		cmocka_unit_test(test_reverse),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
