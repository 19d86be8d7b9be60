/* SPDX-License-Identifier: ISC */
/*
 * Messages of the routing socket, route(4), of macOS and the BSDs. Pure: they are read and written
 * as bytes by a layout, so that the messages of each system can be tested on any.
 */

#ifndef OS_ROUTE_MESSAGE_H
#define OS_ROUTE_MESSAGE_H

#include <sys/types.h>
#include <sys/socket.h>

#include "os/layout.h"
#include "os/os.h"

#define ROUTE_MESSAGE_MAX	2048	/* bytes; the largest of ours has 200 */

/* What differs between the systems. */
struct route_layout {
	unsigned char		version;	/* RTM_VERSION */
	unsigned char		get;		/* types of messages: RTM_GET and so on */
	unsigned char		newaddr;
	unsigned char		deladdr;
	unsigned char		lost;		/* news was lost; 0: there is no such message */
	unsigned char		step;		/* addresses begin at multiples of so many bytes */
	unsigned char		family6;	/* AF_INET6 */
	/* the zone of fe80:: is in a member of its own, not within the address */
	unsigned char		zoned;
	unsigned char		header_bytes;	/* of struct rt_msghdr */
	unsigned char		news_bytes;	/* of struct ifa_msghdr */
	unsigned char		link_bytes;	/* of struct sockaddr_dl */
	/* of struct rt_msghdr; the first two and the version are where they are in all of them */
	struct layout_field	hdrlen, index, flags, addrs, pid, seq, error, mtu;
	/* of struct ifa_msghdr */
	struct layout_field	news_hdrlen, news_addrs;
	uint32_t		local;		/* RTF_LOCAL */
	uint32_t		ask_link;	/* the flag of a question about a link address */
};

/* An answer to a question about a route. */
struct route_answer {
	struct os_route	route;		/* as far as the message tells */
	unsigned int	index;		/* of the interface */
	unsigned char	link[6];	/* where the packets are handed to, if link_len is 6 */
	int		link_len;
};

/*
 * Write a question about the route to the address, or with `link` about the link address of a
 * neighbor: the bytes it has, of at most ROUTE_MESSAGE_MAX.
 */
size_t		route_message_ask(const struct route_layout *, char *, pid_t, int seq, int link,
		    const struct sockaddr *);
/* 1 if the message is the answer to that question, 0 if it is another. */
int		route_message_answer(const struct route_layout *, const char *, size_t, pid_t,
		    int seq, struct route_answer *);
/* What a message says of this address; *lost is set if the address has to be looked for. */
enum os_address	route_message_news(const struct route_layout *, const char *, size_t,
		    const struct sockaddr *, int *lost);

#endif
