/* SPDX-License-Identifier: ISC */
/*
 * What a server's identification offers: a port where the session can be one that outlives its
 * connections. Pure.
 */

#ifndef SESSION_OFFER_H
#define SESSION_OFFER_H

#include <stddef.h>

#include "wire/sshwire.h"

/*
 * "meshssh=PORT", a word among the comments of the identification (RFC 4253 4.2) that these bytes
 * begin with: the port, or 0 if there is none, or the line is not whole.
 */
int	offer_port(const char *, size_t);

/* What the client has said so far, to be said again elsewhere; all zero to begin with. */
struct offer {
	char	said[SSHWIRE_ID_MAX];
	size_t	len;
	int	too_much;	/* it was more than that */
};

void	offer_client(struct offer *, const char *, size_t);

#endif
