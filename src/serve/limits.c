/* SPDX-License-Identifier: ISC */
/* Limits: sessions of one address, connections without a hello, memory. */

#include <string.h>

#include "serve/limits.h"
#include "session/ring.h"

#define LIMITS_PART	4	/* of the memory */
#define LIMITS_SHARE	16	/* of what is left of that, for the two rings of a session */

int
limits_admit(const struct limits_one *const *list, size_t n, const char *who, int64_t now_ms)
{
	size_t	i;
	int	young = 0;

	for (i = 0; i < n; i++)
		if (now_ms - list[i]->since_ms < LIMITS_YOUNG_MS && strcmp(list[i]->who, who) == 0)
			young++;
	return (n < LIMITS_SESSIONS && young < LIMITS_YOUNG);
}

size_t
limits_evict(const struct limits_one *const *list, size_t n)
{
	size_t	i, j, of_one, most = 0, found = 0;

	for (i = 0; i < n; i++) {
		of_one = 0;
		for (j = 0; j < n; j++)
			of_one += strcmp(list[i]->who, list[j]->who) == 0;
		if (of_one > most ||
		    (of_one == most && list[i]->since_ms < list[found]->since_ms)) {
			most = of_one;
			found = i;
		}
	}
	return (found);
}

size_t
limits_ring(int64_t memory, int sessions)
{
	int64_t	left = memory / LIMITS_PART;
	size_t	ring = RING_MAX;

	/* As if those that run were the first: whichever ended, the others have no more. */
	for (;; sessions--) {
		while (ring > RING_FIRST && (int64_t)ring * 2 > left / LIMITS_SHARE)
			ring /= 2;
		if (sessions <= 0)
			return (ring);
		left -= (int64_t)ring * 2;
	}
}
