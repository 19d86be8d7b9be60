/* SPDX-License-Identifier: ISC */
/* The time that a detector has. */

#include "base/clock.h"
#include "facts/detect.h"

int
detect_left_ms(const struct detect_input *in)
{
	int64_t	left_ms = in->until_ms - clock_ms();

	return (left_ms > 0 ? (int)left_ms : 0);
}

void
detect_one(const struct detector *detector, json_t *facts, const struct detect_input *in)
{
	struct detect_input	timed = *in;

	timed.until_ms = clock_ms() + DETECT_MS;
	detector->detect(facts, &timed);
}
