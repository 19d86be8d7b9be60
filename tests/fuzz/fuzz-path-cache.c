/* SPDX-License-Identifier: ISC */
/* Fuzz target: path-cache. */

#include "fuzz.h"
#include "state/path-cache.h"

/* Whatever a file says, the size is none or one that TCP and the ladder can do with. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int	mss_bytes = path_cache_parse((const char *)data, size, "net", "nas", 86401);

	if (mss_bytes != 0 && (mss_bytes < 536 || mss_bytes > 1460))
		__builtin_trap();
	return (0);
}
