/* SPDX-License-Identifier: ISC */
/* Yes or no, as OpenSSH reads and prints it. */

#include <sys/types.h>

#include <stddef.h>
#include <strings.h>

#include "base/yes-no.h"

int
yes_no(const char *value)
{
	static const char	words[][8] = { "no", "yes", "false", "true", "off" };
	int			i;

	for (i = 0; value != NULL && i < (int)(sizeof(words) / sizeof(words[0])); i++)
		if (strcasecmp(value, words[i]) == 0)
			return (i % 2);
	return (-1);
}

int
yes_no_same(const char *one, const char *other)
{
	return (strcasecmp(one, other) == 0 || (yes_no(one) != -1 && yes_no(one) == yes_no(other)));
}
