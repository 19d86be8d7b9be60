/* SPDX-License-Identifier: ISC */
/* Rows of /proc/net/tcp. */

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "os/proc-net.h"

#define TCP_LISTENING	0x0a	/* TCP_LISTEN, which is in libc's header only */

static const unsigned char	mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

/* The kernel prints the address in words of 32 bits, each as a number of this machine. */
static int
row_address(const char *text, size_t len, struct in6_addr *address)
{
	uint32_t	word;
	char		digits[9];
	size_t		i;

	if (len != 8 && len != 32)
		return (-1);
	memcpy(address->s6_addr, mapped, sizeof(mapped));
	for (i = 0; i < len; i += 8) {
		strlcpy(digits, text + i, sizeof(digits));
		word = (uint32_t)strtoul(digits, NULL, 16);
		memcpy(address->s6_addr + (len == 8 ? sizeof(mapped) : i / 2), &word, sizeof(word));
	}
	return (0);
}

int
proc_net_row(const char *line, struct proc_net *row)
{
	char		local[33], port[5], uid[11];
	long long	owner;
	unsigned int	state;
	int		end = 0;

	/* sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid */
	if (sscanf(line,
	    " %*9[0-9]: %32[0-9A-Fa-f]:%4[0-9A-Fa-f] %*32[0-9A-Fa-f]:%*4x %2x %*8x:%*8x %*2x:%*8x %*8x "
	    "%10[0-9]%n", local, port, &state, uid, &end) != 4 ||
	    !isspace((unsigned char)line[end]))
		return (-1);
	if (row_address(local, strlen(local), &row->address) == -1)
		return (-1);
	row->port = (int)strtol(port, NULL, 16);
	row->listens = state == TCP_LISTENING;
	if (number_parse_long(uid, 0, UINT32_MAX, &owner) == -1)
		return (-1);
	row->uid = (uid_t)owner;
	return (0);
}

int
proc_net_takes(const struct proc_net *row, const struct sockaddr *sa)
{
	const struct sockaddr_in	*sin = (const void *)sa;
	const struct sockaddr_in6	*sin6 = (const void *)sa;
	struct in6_addr			 to, any4 = IN6ADDR_ANY_INIT;
	in_port_t			 port;

	memcpy(any4.s6_addr, mapped, sizeof(mapped));
	if (sa->sa_family == AF_INET6) {
		to = sin6->sin6_addr;
		port = sin6->sin6_port;
	} else {
		to = any4;
		memcpy(to.s6_addr + sizeof(mapped), &sin->sin_addr, sizeof(sin->sin_addr));
		port = sin->sin_port;
	}
	if (row->port != ntohs(port))
		return (0);
	/*
	 * One that is bound to :: takes IPv4 as well, unless it has set IPV6_V6ONLY, which is not
	 * told.
	 */
	return (IN6_ARE_ADDR_EQUAL(&row->address, &to) || IN6_IS_ADDR_UNSPECIFIED(&row->address) ||
	    (IN6_IS_ADDR_V4MAPPED(&to) && IN6_ARE_ADDR_EQUAL(&row->address, &any4)));
}
