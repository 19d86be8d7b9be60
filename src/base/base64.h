/* SPDX-License-Identifier: ISC */
/* Base64 with padding: RFC 4648 section 4. */

#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stddef.h>

#define BASE64_SIZE(n)	(((n) + 2) / 3 * 4 + 1)

/*
 * So many bytes as text in the buffer, which it returns; "" if that is smaller than BASE64_SIZE of
 * them.
 */
const char *base64(char *, size_t, const char *, size_t);
/*
 * The bytes that so much text stands for, up to its padding, with a NUL behind them: how many, or
 * -1 if a character is none of the alphabet or they do not fit.
 */
int	base64_decode(char *, size_t, const char *, size_t);

#endif
