/* SPDX-License-Identifier: ISC */
/* Unit tests: rate-limit. */

#include <netinet/in.h>

#include "base/addr.h"
#include "check.h"
#include "scan/rate-limit.h"

static int
wait_ms(struct rate_limit *rate_limit, const char *text, int64_t now_ms)
{
	struct sockaddr_storage	ss;

	assert_int_not_equal(addr_literal(text, 22, &ss), 0);
	return (rate_limit_wait_ms(rate_limit, (struct sockaddr *)&ss, now_ms));
}

/* Some at once, then one each second; whoever has waited long enough begins anew. */
static void
test_one_address(void **state)
{
	struct rate_limit	*rate_limit = rate_limit_new();
	int		 i;

	(void)state;
	for (i = 0; i < PACE_AT_ONCE; i++)
		assert_int_equal(wait_ms(rate_limit, "192.0.2.1", 5000), 0);
	assert_int_equal(wait_ms(rate_limit, "192.0.2.1", 5000), 1000);
	assert_int_equal(wait_ms(rate_limit, "192.0.2.1", 5000), 2000);
	assert_int_equal(wait_ms(rate_limit, "192.0.2.1", 6500), 1500);
	assert_int_equal(wait_ms(rate_limit, "192.0.2.1", 60000), 0);
	/* Another one is not held up, be it the same in IPv6; the port makes no difference. */
	assert_int_equal(wait_ms(rate_limit, "192.0.2.2", 5000), 0);
	assert_int_equal(wait_ms(rate_limit, "2001:db8::1", 5000), 0);
	rate_limit_free(rate_limit);
}

static void
test_same_address(void **state)
{
	struct rate_limit	*rate_limit = rate_limit_new();
	int		 i;

	(void)state;
	for (i = 0; i < PACE_AT_ONCE; i++)
		assert_int_equal(wait_ms(rate_limit, i % 2 == 0 ? "2001:db8::1" : "2001:db8:0::1",
		    0), 0);
	assert_int_equal(wait_ms(rate_limit, "2001:db8:0:0::1", 0), PACE_EACH_MS);
	for (i = 0; i < 3 * PACE_AT_ONCE; i++) {
		assert_int_equal(wait_ms(rate_limit, "127.0.0.1", 0), 0);
		assert_int_equal(wait_ms(rate_limit, "::1", 0), 0);
	}
	rate_limit_free(rate_limit);
}

static void
test_many(void **state)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	struct rate_limit		*rate_limit = rate_limit_new();
	int			 i, round;

	(void)state;
	for (round = 0; round <= PACE_AT_ONCE; round++)
		for (i = 0; i < 10000; i++) {
			sin.sin_addr.s_addr = htonl(0x0a000000 + (uint32_t)i);
			assert_int_equal(rate_limit_wait_ms(rate_limit, (struct sockaddr *)&sin, 0),
			    round < PACE_AT_ONCE ? 0 : PACE_EACH_MS);
		}
	rate_limit_free(rate_limit);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_one_address),
		cmocka_unit_test(test_same_address),
		cmocka_unit_test(test_many),
	};

	return (cmocka_run_group_tests_name("pace", tests, NULL, NULL));
}
