/* SPDX-License-Identifier: ISC */
/*
 * How often one address may be connected to, so that its server neither runs out of places nor
 * takes offence.
 */

#ifndef SCAN_RATE_LIMIT_H
#define SCAN_RATE_LIMIT_H

#include <sys/socket.h>

#include <stdint.h>

/*
 * OpenSSH has room for 10 logins that are not done yet (MaxStartups), and from 9.8 on holds a
 * second against an address for each connection that ends before a login, and lets nobody in from
 * 15 on (PerSourcePenalties).
 */
#define PACE_AT_ONCE	8
#define PACE_EACH_MS	1000

struct rate_limit;

struct rate_limit	*rate_limit_new(void);
void		 rate_limit_free(struct rate_limit *);
/*
 * A connection to this address is wanted now: so many milliseconds it has to wait, which are taken
 * into account from then on. 0 for loopback.
 */
int		 rate_limit_wait_ms(struct rate_limit *, const struct sockaddr *, int64_t now_ms);

#endif
