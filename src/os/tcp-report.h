/* SPDX-License-Identifier: ISC */
/*
 * What the kernels of macOS and the BSDs tell of a TCP connection, TCP_INFO and the like. Pure: it
 * is read as bytes by a layout, so that each system's can be tested on any.
 */

#ifndef OS_TCP_REPORT_H
#define OS_TCP_REPORT_H

#include "os/layout.h"
#include "os/os.h"

struct tcp_layout {
	unsigned char		established;	/* this state */
	unsigned char		timestamps;	/* this bit of the options */
	unsigned char		whole;		/* the size of segments is told with its options */
	unsigned short		rtt_per_ms;	/* units of time in a millisecond */
	struct layout_field	state, options, mss, window, rtt;
	/* bytes in the send buffer; or none, and the caller has them from elsewhere */
	struct layout_field	waiting;
	struct layout_field	told;		/* 0 in there: the rest is kept from us */
	struct layout_field	retransmitted, behind, received;
};

/*
 * Read so many bytes of it; waiting_bytes are what the send buffer holds, where the layout has
 * nothing of it. 0, or -1 if they do not tell what waits.
 */
int	tcp_report(const struct tcp_layout *, const void *, size_t, int waiting_bytes,
	    struct os_tcp *);

#endif
