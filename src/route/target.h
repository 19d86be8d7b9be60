/* SPDX-License-Identifier: ISC */
/* Where a relay goes, and what was tried on the way. */

#ifndef ROUTE_TARGET_H
#define ROUTE_TARGET_H

#include <stdint.h>

#define TARGET_TEXT_MAX	80
#define ATTEMPTS_MAX	16	/* made, and kept on record */

struct sockaddr_storage;

struct target {
	const char	*host;		/* a name or an address, checked by addr_host_ok */
	int		 port;
	int		 family;	/* AF_UNSPEC, AF_INET or AF_INET6 */
	int		 timeout_ms;	/* for each step */
	/* the addresses of IPv4 and IPv6 to connect from, or AF_UNSPEC; NULL: any */
	const struct sockaddr_storage	*from;
};

/* One attempt: to what, how it ended, and after how long. */
struct attempt {
	char	to[56];
	char	what[160];
	int64_t	took_ms;
	int	unmet;		/* it did not even come to who stands between us and the target */
};

struct attempts {
	struct attempt	list[ATTEMPTS_MAX];
	int		count;
};

/* "host port 22" for messages, a very long host cut; returns the buffer. */
const char *target_text(const struct target *, char [TARGET_TEXT_MAX]);
/* Note an attempt and return it; past ATTEMPTS_MAX they are dropped, and it is NULL. */
struct attempt *attempts_add(struct attempts *, const char *, const char *, int64_t);

#endif
