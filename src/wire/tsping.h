/* SPDX-License-Identifier: ISC */
/*
 * What tailscaled says of a peer that it pinged, `POST /localapi/v0/ping`: Tailscale's
 * ipnstate.PingResult.
 */

#ifndef WIRE_TSPING_H
#define WIRE_TSPING_H

#include <stddef.h>

struct tsping {
	int	answered;	/* by the peer */
	int	ms;		/* to it and back, rounded up */
	/* the relay (DERP) that carried it, as it came: to be vis'd; "": it went directly */
	char	relay[24];
};

/* Return 0, or -1 if it is not such a document. */
int	tsping_read(const char *, size_t, struct tsping *);

#endif
