/* SPDX-License-Identifier: ISC */
/* Unit tests: nat64. */

#include <sys/socket.h>

#include <arpa/inet.h>

#include "check.h"
#include "net/nat64.h"

/* What ipv4only.arpa has, and what an IPv4 address becomes; RFC 6052 2.4 has most of them. */
static const struct {
	const char	*answer;
	const char	*ip;
	const char	*wanted;	/* NULL: not by this way */
} cases[] = {
	{ "64:ff9b::c000:aa", "192.0.2.33", "64:ff9b::192.0.2.33" },
	{ "64:ff9b::c000:ab", "192.0.2.33", "64:ff9b::192.0.2.33" },
	{ "2001:db8:c000:aa::", "192.0.2.33", "2001:db8:c000:221::" },
	{ "2001:db8:1c0:0:aa::", "192.0.2.33", "2001:db8:1c0:2:21::" },
	{ "2001:db8:122:c000:0:aa00::", "192.0.2.33", "2001:db8:122:c000:2:2100::" },
	{ "2001:db8:122:3c0:0:aa::", "192.0.2.33", "2001:db8:122:3c0:0:221::" },
	{ "2001:db8:122:344:c0:0:aa00::", "192.0.2.33", "2001:db8:122:344:c0:2:2100::" },
	{ "2001:db8:122:344::192.0.0.171", "192.0.2.33", "2001:db8:122:344::192.0.2.33" },
	/* Of a private network, only with a prefix of the same network's. */
	{ "2001:db8:122:344::192.0.0.171", "10.1.2.3", "2001:db8:122:344::10.1.2.3" },
	{ "64:ff9b::c000:aa", "10.1.2.3", NULL },
	{ "64:ff9b::c000:aa", "172.31.255.255", NULL },
	{ "64:ff9b::c000:aa", "172.32.0.0", "64:ff9b::172.32.0.0" },
	{ "64:ff9b::c000:aa", "192.168.0.1", NULL },
	/* A mesh's never leaves it; loopback, link-local and multicast never leave the machine. */
	{ "2001:db8:122:344::192.0.0.171", "100.64.0.7", NULL },
	{ "2001:db8:122:344::192.0.0.171", "127.0.0.1", NULL },
	{ "2001:db8:122:344::192.0.0.171", "169.254.1.1", NULL },
	{ "2001:db8:122:344::192.0.0.171", "0.0.0.0", NULL },
	{ "2001:db8:122:344::192.0.0.171", "224.0.0.1", NULL },
	{ "2001:db8:122:344::192.0.0.171", "255.255.255.255", NULL },
};

static void
test_addresses(void **state)
{
	struct in6_addr	in6, wanted;
	struct nat64	nat64;
	struct in_addr	in;
	size_t		i;
	int		result;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(inet_pton(AF_INET6, cases[i].answer, &in6), 1);
		assert_int_equal(inet_pton(AF_INET, cases[i].ip, &in), 1);
		if (nat64_prefix(&in6, &nat64) == -1)
			fail_msg("%s has no prefix", cases[i].answer);
		result = nat64_address(&nat64, &in, &in6);
		if (result != (cases[i].wanted != NULL ? 0 : -1))
			fail_msg("%s through %s: %d", cases[i].ip, cases[i].answer, result);
		if (cases[i].wanted == NULL)
			continue;
		assert_int_equal(inet_pton(AF_INET6, cases[i].wanted, &wanted), 1);
		if (memcmp(&in6, &wanted, sizeof(in6)) != 0)
			fail_msg("%s through %s", cases[i].ip, cases[i].answer);
	}
}

/* Answers of a resolver that knows of no translator, or of one that makes things up. */
static void
test_no_prefix(void **state)
{
	static const char *const	answers[] = { "::", "2001:db8::1", "64:ff9b::c000:a9",
					    "64:ff9b::c000:ac", "2001:db8:122:344:1c0:0:aa00::" };
	struct in6_addr			in6;
	struct nat64			nat64;
	size_t				i;

	(void)state;
	for (i = 0; i < COUNT(answers); i++) {
		assert_int_equal(inet_pton(AF_INET6, answers[i], &in6), 1);
		if (nat64_prefix(&in6, &nat64) == 0)
			fail_msg("%s has a prefix", answers[i]);
	}
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_no_prefix),
	};

	return (cmocka_run_group_tests_name("nat64", tests, NULL, NULL));
}
