/* SPDX-License-Identifier: ISC */
/* Milliseconds of the monotonic clock. */

#include <time.h>

#include "base/clock.h"

/*
 * While the machine is suspended, CLOCK_MONOTONIC stands still on Linux and FreeBSD, and goes on on
 * macOS and OpenBSD, which have another clock for the rest.
 */
#if defined(CLOCK_UPTIME_RAW)
#define CLOCK_AWAKE	CLOCK_UPTIME_RAW	/* macOS */
#elif defined(CLOCK_UPTIME)
#define CLOCK_AWAKE	CLOCK_UPTIME		/* OpenBSD; FreeBSD's usual one */
#else
#define CLOCK_AWAKE	CLOCK_MONOTONIC
#endif
#ifndef CLOCK_BOOTTIME
#define CLOCK_BOOTTIME	CLOCK_MONOTONIC
#endif

static int64_t
clock_read_ms(clockid_t clock)
{
	struct timespec	ts;

	clock_gettime(clock, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

int64_t
clock_ms(void)
{
	return (clock_read_ms(CLOCK_AWAKE));
}

int64_t
clock_boot_ms(void)
{
	return (clock_read_ms(CLOCK_BOOTTIME));
}

struct timeval
clock_timeval(int64_t ms)
{
	struct timeval	tv;

	tv.tv_sec = ms / 1000;
	tv.tv_usec = (ms % 1000) * 1000;
	return (tv);
}
