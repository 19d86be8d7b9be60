/* SPDX-License-Identifier: ISC */
/* What the client says before it is known whether its session can be resumed. Pure. */

#ifndef SESSION_OFFER_H
#define SESSION_OFFER_H

#include <stddef.h>

#include "wire/sshwire.h"

/* What the client has said so far, to be said again elsewhere; all zero to begin with. */
struct offer {
	char	said[SSHWIRE_ID_MAX];
	size_t	len;
	int	too_much;	/* it was more than that */
};

void	offer_client(struct offer *, const char *, size_t);

#endif
