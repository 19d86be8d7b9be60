/* SPDX-License-Identifier: ISC */
/* Fuzz target: held. */

#include "fuzz.h"
#include "state/held.h"

#define NOW_MS	100000

/* What is said of a session that waits: it is within bounds, of now, and printable. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct held	held;

	if (held_parse((const char *)data, size, NOW_MS, &held) == -1)
		return (0);
	must_print(held.host);
	must_print(held.why);
	must(held.host[0] != '\0' && held.hold_s > 0 && held.port > 0 && held.port <= 65535);
	must(held.said_ms <= NOW_MS && NOW_MS - held.said_ms < HELD_FRESH_MS);
	must(held.since_ms >= 0 && held.since_ms <= held.said_ms);
	return (0);
}
