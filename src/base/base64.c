/* SPDX-License-Identifier: ISC */
/* Base64 for Basic authentication. */

#include <string.h>

#include "base/base64.h"

static const char	digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/*
 * By hand: b64_ntop(3) is in a library of its own with glibc, which every relay would load, and
 * musl has none.
 */
const char *
base64(char *buf, size_t size, const char *data, size_t len)
{
	char		*out = buf;
	unsigned long	 group;
	size_t		 i, j;

	if (size < BASE64_SIZE(len)) {
		buf[0] = '\0';
		return (buf);
	}
	for (i = 0; i < len; i += 3) {
		for (group = 0, j = i; j < i + 3; j++)
			group = group << 8 | (j < len ? (unsigned char)data[j] : 0);
		for (j = 0; j < 4; j++)
			*out++ = i + j <= len ? digits[group >> (18 - 6 * j) & 63] : '=';
	}
	*out = '\0';
	return (buf);
}

int
base64_decode(char *buf, size_t size, const char *text, size_t len)
{
	const char	*digit;
	unsigned long	 group = 0;
	size_t		 i, n = 0;
	int		 bits = 0;

	for (i = 0; i < len && text[i] != '='; i++) {
		if (text[i] == '\0' || (digit = strchr(digits, text[i])) == NULL || n + 1 >= size)
			return (-1);
		group = (group << 6 | (unsigned long)(digit - digits)) & 0xffffff;
		if ((bits += 6) >= 8) {
			bits -= 8;
			buf[n++] = (char)(group >> bits & 0xff);
		}
	}
	buf[n] = '\0';
	return ((int)n);
}
