/* SPDX-License-Identifier: ISC */
/* One request over HTTP/1 and its reply, as the routes through LocalAPI and CONNECT make it. */

#ifndef ROUTE_HTTP_TALK_H
#define ROUTE_HTTP_TALK_H

#include "route/via.h"
#include "wire/http1.h"

struct http_talk {
	char		request[2048];		/* filled by the route, len bytes */
	size_t		len;
	size_t		sent;
	struct http1	head;
	/* of a refusal: its first line, if it is a text; raw */
	char		body[160];
	size_t		got;
	int		has_auth;		/* the request has credentials */
};

/* An empty talk at attempt->talk, which race_attempt_free frees. */
struct http_talk *http_talk_new(struct via_attempt *attempt);
/*
 * Go on. Return VIA_DONE when there is a reply; head.state is HTTP1_BAD if it is not HTTP. The body
 * of a 2xx, or of a 101 that was asked for, stays in the socket.
 */
enum via_want	http_talk_step(struct via_attempt *attempt);
/*
 * The text of a refusal: its body if that is text, else its reason; NULL while there is no reply.
 */
const char	*http_talk_text(struct http_talk *talk);

#endif
