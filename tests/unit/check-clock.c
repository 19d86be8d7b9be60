/* SPDX-License-Identifier: ISC */
/* Unit tests: the clocks, where the usual one goes on while the machine is asleep. */

#include <time.h>

#include "check.h"

/* Of macOS: CLOCK_MONOTONIC counts sleep there (Libc's clock_gettime.c), this one does not. */
#ifndef CLOCK_UPTIME_RAW
#define CLOCK_UPTIME_RAW	((clockid_t)8)
#endif
#undef CLOCK_BOOTTIME

static time_t	awake_s = 1000, asleep_s;

static int
fake_gettime(clockid_t clock, struct timespec *ts)
{
	ts->tv_sec = awake_s + (clock == CLOCK_UPTIME_RAW ? 0 : asleep_s);
	ts->tv_nsec = 5000000;
	return (0);
}

#define clock_gettime	fake_gettime
#include "base/clock.c"

/* A lid that is closed for an hour is no silence of the other side. */
static void
test_sleep(void **state)
{
	int64_t	now_ms = clock_ms(), boot_ms = clock_boot_ms();

	(void)state;
	asleep_s += 3600;
	awake_s += 2;
	assert_int_equal(clock_ms() - now_ms, 2000);
	assert_int_equal(clock_boot_ms() - boot_ms, 3602000);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_sleep),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
