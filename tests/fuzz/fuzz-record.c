/* SPDX-License-Identifier: ISC */
/* Fuzz target: record. */

#include "fuzz.h"
#include "state/record.h"

static void
check(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			__builtin_trap();
}

/* A failure record of unknown origin: whatever is taken for one must be printable. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record	record;
	int		i;

	if (record_parse((const char *)data, size, &record) == -1)
		return (0);
	check(record.host);
	check(record.err.text);
	for (i = 0; i < record.attempts.count; i++) {
		check(record.attempts.list[i].to);
		check(record.attempts.list[i].what);
	}
	return (0);
}
