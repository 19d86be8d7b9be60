/* SPDX-License-Identifier: ISC */
/* What one end of a relay had no room for. */

#ifndef SESSION_REST_H
#define SESSION_REST_H

#include <stddef.h>

#define REST_BYTES	262144

struct rest {
	char	*buf;		/* REST_BYTES of it */
	size_t	 off, len;
};

/* Put aside these bytes: they stand in the rest already, or elsewhere. */
void	rest_keep(struct rest *, const char *, size_t);

#endif
