/* SPDX-License-Identifier: ISC */
/* Numbers in text, bounded. */

#include <stdlib.h>
#include <string.h>

#include "base/number.h"

int
number_parse(const char *text, int min, int max, int *to)
{
	const char	*errstr;
	int		 n;

	/* strtonum(3) would take blanks and a sign. */
	if (text[strspn(text, "0123456789")] != '\0')
		return (-1);
	n = (int)strtonum(text, min, max, &errstr);
	if (errstr != NULL)
		return (-1);
	*to = n;
	return (0);
}
