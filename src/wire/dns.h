/* SPDX-License-Identifier: ISC */
/* A question to a DNS server and its answer, in memory: RFC 1035 section 4, AAAA by RFC 3596. */

#ifndef WIRE_DNS_H
#define WIRE_DNS_H

#include <stddef.h>
#include <stdint.h>

#define DNS_QUERY_MAX	280	/* header, a name of 255 bytes, type and class */
/* bytes over UDP that we take; 512 is what a server sends unasked */
#define DNS_ANSWER_MAX	1232
#define DNS_ADDRESSES_MAX 8

#define DNS_A		1
#define DNS_AAAA	28

struct dns_address {
	int		ipv6;
	unsigned char	bytes[16];	/* network order; 4 for IPv4 */
};

struct dns_answer {
	int			rcode;		/* RFC 1035 4.1.1: 0 no error, 3 no such name */
	int			cut;		/* TC: there is more than fits */
	struct dns_address	addresses[DNS_ADDRESSES_MAX];
	int			count;		/* more of them are left out */
};

/*
 * The query for this name, a final dot aside; its length, or 0 if it can be no name or does not
 * fit.
 */
size_t	dns_query(unsigned char *, size_t, uint16_t id, const char *name, int type);
/*
 * The answer to that query: 0, or -1 with nothing set if it is none to it, or broken. All records
 * of that type in it count, which is what follows an alias.
 */
int	dns_parse(const unsigned char *, size_t, const unsigned char *query, size_t query_len,
	    struct dns_answer *);
/* What a code says ("no such name"). */
const char *dns_rcode(int);

#endif
