/* SPDX-License-Identifier: ISC */
/* The head of a reply over HTTP/1, as bytes in memory: RFC 9112 sections 2 to 5. */

#ifndef WIRE_HTTP1_H
#define WIRE_HTTP1_H

#include <stddef.h>

#define HTTP1_HEAD_MAX	65536		/* bytes of all heads together, interim ones included */
/* kept of a reason and of a value, NUL included; the rest is passed over */
#define HTTP1_TEXT_MAX	200

/* Ways to log in that Proxy-Authenticate offers (RFC 9110 11.7.1); a set of bits. */
#define HTTP1_BASIC	0x01u

enum http1_state {
	HTTP1_MORE,		/* the head is not whole yet */
	HTTP1_HEAD,		/* it is */
	HTTP1_BAD		/* this is no HTTP, or longer than any head */
};

/* All zero to begin with, but for `upgrade`. The texts are raw, and NUL-terminated. */
struct http1 {
	int			 upgrade;	/* 101 was asked for, and is no interim reply */
	enum http1_state	 state;
	int			 status;
	char			 reason[HTTP1_TEXT_MAX];
	char			 content_length[HTTP1_TEXT_MAX];
	char			 transfer_encoding[HTTP1_TEXT_MAX];
	char			 connect_error[HTTP1_TEXT_MAX];	/* Tailscale-Connect-Error */
	char			 dial_self[HTTP1_TEXT_MAX];	/* of tailscaled's LocalAPI */
	char			 dial_addr[HTTP1_TEXT_MAX];
	unsigned int		 schemes;	/* of Proxy-Authenticate, all such lines */

	char			 line[HTTP1_TEXT_MAX + 32];	/* the start of the current line */
	size_t			 column;	/* its length so far, all of it */
	size_t			 total;		/* bytes seen */
};

/*
 * Feed the next bytes; returns the new state. *used says how many of them were taken: all while the
 * head is not whole, up to its end, or up to the byte that makes it none. Interim replies (1xx) are
 * passed over. A bare LF ends a line, too (RFC 9112 2.2); a NUL is never part of a head.
 */
enum http1_state	http1_feed(struct http1 *, const char *, size_t, size_t *);

/* The names of these schemes, such as "Negotiate or NTLM", cut to fit; returns the buffer. */
const char *http1_schemes_text(unsigned int schemes, char *, size_t);

/*
 * The length of the body that Content-Length gives, or -1 if it does not, or is beyond all sense (1
 * GiB).
 */
long	http1_length(const struct http1 *);

#endif
