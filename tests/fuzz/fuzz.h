/* SPDX-License-Identifier: ISC */
/* What every fuzz target has. */

#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static inline void
must(int so)
{
	if (!so)
		__builtin_trap();
}

static inline void
must_print(const char *text)
{
	for (; *text != '\0'; text++)
		must(*text >= ' ' && *text <= '~');
}

#endif
