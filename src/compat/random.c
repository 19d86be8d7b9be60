/* SPDX-License-Identifier: ISC */
/* arc4random_buf(3), for a libc that has getentropy(3) alone. */

#include <stdlib.h>
#include <unistd.h>

#define ENTROPY_MAX	256	/* what getentropy(3) gives at a time */

void
arc4random_buf(void *buf, size_t size)
{
	unsigned char	*at = buf;
	size_t		 n;

	for (; size > 0; at += n, size -= n) {
		n = size < ENTROPY_MAX ? size : ENTROPY_MAX;
		if (getentropy(at, n) == -1)
			abort();
	}
}
