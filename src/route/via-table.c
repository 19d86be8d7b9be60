/* SPDX-License-Identifier: ISC */
/* The table of routes. */

#include <string.h>

#include "route/via.h"

const struct via	*const via_table[] = { &via_direct, &via_localapi, &via_http, &via_socks5,
			    NULL };

const struct via *
via_find(const char *name, size_t len)
{
	const struct via	*const *via;

	for (via = via_table; *via != NULL; via++)
		if (strlen((*via)->name) == len && strncmp((*via)->name, name, len) == 0)
			return (*via);
	return (NULL);
}

const struct via *
via_first(enum via_to to)
{
	const struct via	*const *via;

	for (via = via_table; (*via)->to != to; via++)
		continue;
	return (*via);
}
