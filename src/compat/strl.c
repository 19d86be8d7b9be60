/* SPDX-License-Identifier: ISC */
/* strlcpy(3) and strlcat(3), for a libc that is older than POSIX 2024. */

#include <string.h>

size_t
strlcpy(char *to, const char *from, size_t size)
{
	size_t	len = strlen(from), kept = len < size ? len : size - 1;

	if (size > 0) {
		memcpy(to, from, kept);
		to[kept] = '\0';
	}
	return (len);
}

size_t
strlcat(char *to, const char *from, size_t size)
{
	size_t	len = strnlen(to, size);

	return (len + strlcpy(to + len, from, size - len));
}
