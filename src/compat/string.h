/* SPDX-License-Identifier: ISC */
/* libc's <string.h>, and the functions of POSIX 2024 that a libc from before lacks. */

#include_next <string.h>

#ifndef COMPAT_STRING_H
#define COMPAT_STRING_H

size_t	strlcpy(char *to, const char *from, size_t size);
size_t	strlcat(char *to, const char *from, size_t size);

#endif
