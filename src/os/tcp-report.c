/* SPDX-License-Identifier: ISC */
/* Reads what the kernels of macOS and the BSDs tell of a TCP connection. */

#include <limits.h>
#include <string.h>

#include "os/tcp-report.h"

#define TIMESTAMPS_BYTES	12	/* RFC 7323's option, with its padding */

int
tcp_report(const struct tcp_layout *layout, const void *bytes, size_t len, int waiting_bytes,
    struct os_tcp *tcp)
{
	uint64_t	mss = layout_number(bytes, len, &layout->mss);
	uint64_t	rtt_ms = layout_number(bytes, len, &layout->rtt) / layout->rtt_per_ms;

	memset(tcp, 0, sizeof(*tcp));
	/* With less than this, silence would be taken for proof. */
	if (len < (size_t)layout->window.at + layout->window.size || mss > INT_MAX / 2 ||
	    (layout->told.size != 0 && layout_number(bytes, len, &layout->told) == 0))
		return (-1);
	if (layout->waiting.size != 0)
		waiting_bytes = (int)layout_number(bytes, len, &layout->waiting);
	tcp->open = layout_number(bytes, len, &layout->state) == layout->established;
	tcp->waiting_bytes = waiting_bytes;
	tcp->retransmitted = (unsigned int)layout_number(bytes, len, &layout->retransmitted);
	tcp->behind = (unsigned int)layout_number(bytes, len, &layout->behind);
	/* These kernels wait for some seconds before they send less than a segment. */
	tcp->no_room = waiting_bytes > 0 && layout_number(bytes, len, &layout->window) < mss;
	tcp->rtt_ms = rtt_ms < INT_MAX ? (int)rtt_ms + 1 : INT_MAX;
	if ((layout_number(bytes, len, &layout->options) & layout->timestamps) != 0)
		tcp->option_bytes = TIMESTAMPS_BYTES;
	tcp->send_bytes = (int)mss + (layout->whole ? 0 : tcp->option_bytes);
	tcp->received_bytes = (int64_t)layout_number(bytes, len, &layout->received);
	tcp->ack_ms = -1;
	tcp->acked_bytes = -1;
	return (0);
}
