/* SPDX-License-Identifier: ISC */
/* Secrets that are no longer needed. Not explicit_bzero(3), which macOS and NetBSD lack. */

#include <string.h>

#include "base/wipe.h"

/* The compiler does not know what is called. */
static void	*(*const volatile fill)(void *, int, size_t) = memset;

void
wipe(void *bytes, size_t len)
{
	fill(bytes, 0, len);
}
