/* SPDX-License-Identifier: ISC */
/* Secrets that are no longer needed. */

#ifndef BASE_WIPE_H
#define BASE_WIPE_H

#include <stddef.h>

/* Set these bytes to 0, although nothing reads them again. */
void	wipe(void *, size_t);

#endif
