/* SPDX-License-Identifier: ISC */
/* The limits of meshssh-serve: who is admitted, who goes, and that all rings fit into the memory. */

#include "check.h"

#include <stdio.h>
#include <string.h>

#include "serve/limits.h"
#include "session/ring.h"

#define MIB	((int64_t)1024 * 1024)

static struct limits_one	 ones[LIMITS_SESSIONS];
static const struct limits_one	*list[LIMITS_SESSIONS];

static void
one(size_t i, const char *who, int64_t since_ms)
{
	snprintf(ones[i].who, sizeof(ones[i].who), "%s", who);
	ones[i].since_ms = since_ms;
	list[i] = &ones[i];
}

static void
young_of_one_address(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < LIMITS_YOUNG; i++) {
		assert_true(limits_admit(list, i, "10.0.0.1", 1000));
		one(i, "10.0.0.1", (int64_t)i);
	}
	assert_false(limits_admit(list, i, "10.0.0.1", 1000));
	assert_true(limits_admit(list, i, "10.0.0.2", 1000));
	/* The oldest is no longer young. */
	assert_false(limits_admit(list, i, "10.0.0.1", LIMITS_YOUNG_MS - 1));
	assert_true(limits_admit(list, i, "10.0.0.1", LIMITS_YOUNG_MS));
}

static void
all_sessions(void **state)
{
	char	who[32];
	size_t	i;

	(void)state;
	for (i = 0; i < LIMITS_SESSIONS; i++) {
		snprintf(who, sizeof(who), "10.0.1.%zu", i);
		assert_true(limits_admit(list, i, who, 0));
		one(i, who, 0);
	}
	assert_false(limits_admit(list, i, "10.0.0.1", LIMITS_YOUNG_MS * 10));
}

static void
who_goes(void **state)
{
	(void)state;
	/* All have one: the oldest. */
	one(0, "a", 5);
	one(1, "b", 3);
	one(2, "c", 4);
	assert_int_equal(limits_evict(list, 3), 1);
	/* An address has more: its oldest, however long others wait. */
	one(3, "c", 9);
	assert_int_equal(limits_evict(list, 4), 2);
	one(4, "b", 2);
	one(5, "c", 1);
	assert_int_equal(limits_evict(list, 6), 5);
}

static void
rings(void **state)
{
	static const int64_t	memories[] = { 64 * MIB, 512 * MIB, 1024 * MIB, 8192 * MIB,
				    INT64_MAX };
	int64_t			sum;
	size_t			ring, before, i;
	int			n;

	(void)state;
	assert_int_equal(limits_ring(INT64_MAX, 0), RING_MAX);
	assert_int_equal(limits_ring(1024 * MIB, 0), RING_MAX);
	assert_int_equal(limits_ring(64 * MIB, 0), MIB / 2);
	assert_int_equal(limits_ring(0, 0), RING_FIRST);
	for (i = 0; i < sizeof(memories) / sizeof(memories[0]); i++) {
		for (n = 0, sum = 0, before = RING_MAX; n < LIMITS_SESSIONS; n++) {
			ring = limits_ring(memories[i], n);
			assert_true(ring <= before && ring >= RING_FIRST &&
			    (ring & (ring - 1)) == 0);
			before = ring;
			/* A session always gets at least the smallest. */
			if (ring > RING_FIRST)
				sum += 2 * (int64_t)ring;
		}
		assert_true(sum <= memories[i] / 4);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(young_of_one_address),
		cmocka_unit_test(all_sessions),
		cmocka_unit_test(who_goes),
		cmocka_unit_test(rings),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
