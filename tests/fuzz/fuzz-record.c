/* SPDX-License-Identifier: ISC */
/* Fuzz target: record. */

#include "fuzz.h"
#include "state/record.h"

/* A failure record of unknown origin: whatever is taken for one must be printable. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record	record;
	int		i;

	if (record_parse((const char *)data, size, &record) == -1)
		return (0);
	must_print(record.host);
	must_print(record.err.text);
	for (i = 0; i < record.attempts.count; i++) {
		must_print(record.attempts.list[i].to);
		must_print(record.attempts.list[i].what);
	}
	return (0);
}
