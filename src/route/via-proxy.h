/* SPDX-License-Identifier: ISC */
/* What the routes through a proxy have in common. */

#ifndef ROUTE_VIA_PROXY_H
#define ROUTE_VIA_PROXY_H

#include "facts/proxy-auth.h"
#include "route/via.h"

/* Its credentials: 1, 0 if there are none or it was found by itself, or -1 with the error set. */
int	via_proxy_auth(struct via_attempt *, struct proxy_auth *);
/*
 * Whether the proxy may be trusted, now that the connection is made: 0, or -1 with the error set.
 * Who listened there when the plan was made may have ended since, and another user may have taken
 * the port; before a word is said, it is looked at again.
 */
int	via_proxy_check(struct via_attempt *);
/* For struct via. */
void	via_proxy_unconnected(struct via_attempt *, int, int64_t);
void	via_proxy_silent(struct via_attempt *, int64_t);
const char *via_proxy_address(const struct via_step *, char *, size_t);

#endif
