/* SPDX-License-Identifier: ISC */
/* Numbers in text, bounded. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

int
number_parse_long(const char *text, long long min, long long max, long long *to)
{
	long long	n;

	/* strtoll(3) would take blanks and a sign. */
	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return (-1);
	errno = 0;
	n = strtoll(text, NULL, 10);
	if (errno == ERANGE || n < min || n > max)
		return (-1);
	*to = n;
	return (0);
}

int
number_parse(const char *text, int min, int max, int *to)
{
	long long	n;

	if (number_parse_long(text, min, max, &n) == -1)
		return (-1);
	*to = (int)n;
	return (0);
}
