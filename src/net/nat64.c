/* SPDX-License-Identifier: ISC */
/* NAT64: the prefix, and addresses made with it. */

#include <arpa/inet.h>
#include <string.h>

#include "net/nat64.h"

#define RESERVED	8	/* this byte of the address is zero, RFC 6052 2.2 */

static const int	sizes[] = { 12, 8, 7, 6, 5, 4 };

/* RFC 6052 2.1, 64:ff9b::/96. */
static const struct nat64	well_known = { { 0, 0x64, 0xff, 0x9b }, 12 };

/* Networks, and whether only the well-known prefix is not for them. */
static const struct {
	uint32_t	address;
	int		bits;
	int		elsewhere;	/* a network may have it, and a translator to it */
} special[] = {
	{ 0x00000000, 8, 0 },		/* this network */
	{ 0x7f000000, 8, 0 },		/* loopback */
	{ 0xa9fe0000, 16, 0 },		/* link-local */
	{ 0xe0000000, 3, 0 },		/* multicast, and what is above it */
	{ 0x64400000, 10, 0 },		/* a mesh, or what a provider has for itself */
	{ 0x0a000000, 8, 1 },
	{ 0xac100000, 12, 1 },
	{ 0xc0a80000, 16, 1 },
};

/* The IPv4 address behind a prefix of this length in bytes; -1 if no address can follow it. */
static int
nat64_embedded(const struct in6_addr *in6, int bytes, uint32_t *ip)
{
	int	i, at = bytes;

	if (bytes <= RESERVED && in6->s6_addr[RESERVED] != 0)
		return (-1);
	for (*ip = 0, i = 0; i < 4; i++, at++) {
		at += at == RESERVED;
		*ip = *ip << 8 | in6->s6_addr[at];
	}
	return (0);
}

int
nat64_prefix(const struct in6_addr *in6, struct nat64 *nat64)
{
	uint32_t	ip;
	size_t		i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		/* 192.0.0.170 and 192.0.0.171. */
		if (nat64_embedded(in6, sizes[i], &ip) == -1 || (ip & ~1u) != 0xc00000aa)
			continue;
		memset(nat64, 0, sizeof(*nat64));
		memcpy(nat64->prefix, in6->s6_addr, (size_t)sizes[i]);
		nat64->bytes = sizes[i];
		return (0);
	}
	return (-1);
}

int
nat64_address(const struct nat64 *nat64, const struct in_addr *in, struct in6_addr *to)
{
	const unsigned char	*bytes = (const void *)in;
	uint32_t		 ip = ntohl(in->s_addr);
	int			 at = nat64->bytes, i;
	size_t			 n;

	for (n = 0; n < sizeof(special) / sizeof(special[0]); n++)
		if ((ip ^ special[n].address) >> (32 - special[n].bits) == 0 &&
		    (!special[n].elsewhere || memcmp(nat64, &well_known, sizeof(*nat64)) == 0))
			return (-1);
	memset(to, 0, sizeof(*to));
	memcpy(to->s6_addr, nat64->prefix, sizeof(nat64->prefix));
	for (i = 0; i < 4; i++, at++) {
		at += at == RESERVED;
		to->s6_addr[at] = bytes[i];
	}
	return (0);
}
