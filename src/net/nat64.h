/* SPDX-License-Identifier: ISC */
/* IPv4 addresses in an IPv6-only network: RFC 6052, and RFC 7050 for the prefix. Pure. */

#ifndef NET_NAT64_H
#define NET_NAT64_H

#include <netinet/in.h>

/* what a resolver of such a network has IPv6 addresses for, and no other has (RFC 7050 2.2) */
#define NAT64_NAME	"ipv4only.arpa"

struct nat64 {
	unsigned char	prefix[12];	/* zero behind its end */
	int		bytes;		/* of the prefix: 4 to 8, or 12 */
};

/* The prefix that an address of that name tells: 0, or -1 if it tells none. */
int	nat64_prefix(const struct in6_addr *, struct nat64 *);
/*
 * The IPv6 address that leads to the IPv4 address through the translator: 0, or -1 if it may not
 * be sent there: an address of this machine or link, or, with the prefix that is the same
 * everywhere, one that is not the same everywhere (RFC 6052 3.1).
 */
int	nat64_address(const struct nat64 *, const struct in_addr *, struct in6_addr *);

#endif
