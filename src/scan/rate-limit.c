/* SPDX-License-Identifier: ISC */
/* How often one address is connected to. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/xalloc.h"
#include "scan/rate-limit.h"

/* One address; the port is no matter, for penalties are by address. */
struct rate_limit_row {
	unsigned char	key[sizeof(struct in6_addr) + sizeof(uint32_t)];
	int64_t		free_ms;	/* when all connections so far are paid for */
};

struct rate_limit {
	void	*rows;	/* a tree, as tsearch(3) has it */
};

static int
row_order(const void *a, const void *b)
{
	const struct rate_limit_row	*one = a, *two = b;

	return (memcmp(one->key, two->key, sizeof(one->key)));
}

/* The bytes of an address and its zone; those of IPv4 as IPv6 has them. */
static void
row_key(struct rate_limit_row *row, const struct sockaddr *sa)
{
	const struct sockaddr_in	*four = (const struct sockaddr_in *)(const void *)sa;
	const struct sockaddr_in6	*six = (const struct sockaddr_in6 *)(const void *)sa;

	memset(row->key, 0, sizeof(row->key));
	if (sa->sa_family == AF_INET) {
		row->key[10] = row->key[11] = 0xff;
		memcpy(row->key + 12, &four->sin_addr, sizeof(four->sin_addr));
	} else if (sa->sa_family == AF_INET6) {
		memcpy(row->key, &six->sin6_addr, sizeof(six->sin6_addr));
		memcpy(row->key + sizeof(six->sin6_addr), &six->sin6_scope_id, sizeof(uint32_t));
	}
}

struct rate_limit *
rate_limit_new(void)
{
	return (xcalloc(1, sizeof(struct rate_limit)));
}

void
rate_limit_free(struct rate_limit *rate_limit)
{
	struct rate_limit_row	*row;

	while (rate_limit->rows != NULL) {
		row = *(struct rate_limit_row **)rate_limit->rows;
		tdelete(row, &rate_limit->rows, row_order);
		free(row);
	}
	free(rate_limit);
}

static struct rate_limit_row *
rate_limit_row(struct rate_limit *rate_limit, const struct sockaddr *sa)
{
	struct rate_limit_row	 wanted, *row;
	void		*found;

	row_key(&wanted, sa);
	if ((found = tfind(&wanted, &rate_limit->rows, row_order)) != NULL)
		return (*(struct rate_limit_row **)found);
	row = xcalloc(1, sizeof(*row));
	memcpy(row->key, wanted.key, sizeof(row->key));
	if (tsearch(row, &rate_limit->rows, row_order) == NULL)
		xalloc_fail();
	return (row);
}

int
rate_limit_wait_ms(struct rate_limit *rate_limit, const struct sockaddr *sa, int64_t now_ms)
{
	struct rate_limit_row	*row;
	int64_t		 wait_ms;

	if (addr_is_loopback(sa))
		return (0);
	row = rate_limit_row(rate_limit, sa);
	if (row->free_ms < now_ms)
		row->free_ms = now_ms;
	wait_ms = row->free_ms - now_ms - (PACE_AT_ONCE - 1) * PACE_EACH_MS;
	row->free_ms += PACE_EACH_MS;
	return (wait_ms > 0 ? (int)wait_ms : 0);
}
