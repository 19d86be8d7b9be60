/* SPDX-License-Identifier: ISC */
/* libc's <stdlib.h>, and the random bytes that not every libc has there. */

#include_next <stdlib.h>

#ifndef COMPAT_STDLIB_H
#define COMPAT_STDLIB_H

void	arc4random_buf(void *buf, size_t size);

#endif
