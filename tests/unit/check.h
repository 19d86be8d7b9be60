/* SPDX-License-Identifier: ISC */
/* What every unit test needs: cmocka and what it wants before it. */

#ifndef UNIT_CHECK_H
#define UNIT_CHECK_H

#include <sys/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* cmocka's own is deprecated since 2.0. */
#define assert_within(value, low, high) do {						\
	intmax_t	within = (intmax_t)(value);					\
											\
	if (within < (intmax_t)(low) || within > (intmax_t)(high))			\
		fail_msg(#value " is %jd", within);					\
} while (0)

#endif
