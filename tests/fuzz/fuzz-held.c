/* SPDX-License-Identifier: ISC */
/* Fuzz target: held. */

#include "fuzz.h"
#include "state/held.h"

#define NOW_MS	100000

static void
check(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			__builtin_trap();
}

/* What is said of a session that waits: it is within bounds, of now, and printable. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct held	held;

	if (held_parse((const char *)data, size, NOW_MS, &held) == -1)
		return (0);
	check(held.host);
	check(held.why);
	if (held.said_ms > NOW_MS || NOW_MS - held.said_ms >= HELD_FRESH_MS ||
	    held.since_ms < 0 || held.since_ms > held.said_ms || held.hold_s < 1 ||
	    held.port < 1 || held.port > 65535 || held.host[0] == '\0')
		__builtin_trap();
	return (0);
}
