#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "probe/pace.h"

/* One address; the port is no matter, for penalties are by address. */
struct pace_row {
	unsigned char	key[sizeof(struct in6_addr) + sizeof(uint32_t)];
	int64_t		free_ms;	/* when all connections so far are paid for */
};

struct pace {
	void	*rows;	/* a tree, as tsearch(3) has it */
};

static int
row_order(const void *a, const void *b)
{
	const struct pace_row	*one = a, *two = b;

	return (memcmp(one->key, two->key, sizeof(one->key)));
}

/* The bytes of an address and its zone; those of IPv4 as IPv6 has them. */
static void
row_key(struct pace_row *row, const struct sockaddr *sa)
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

struct pace *
pace_new(void)
{
	return (calloc(1, sizeof(struct pace)));
}

void
pace_free(struct pace *pace)
{
	struct pace_row	*row;

	if (pace == NULL)
		return;
	while (pace->rows != NULL) {
		row = *(struct pace_row **)pace->rows;
		tdelete(row, &pace->rows, row_order);
		free(row);
	}
	free(pace);
}

static struct pace_row *
pace_row(struct pace *pace, const struct sockaddr *sa)
{
	struct pace_row	 wanted, *row;
	void		*found;

	row_key(&wanted, sa);
	if ((found = tfind(&wanted, &pace->rows, row_order)) != NULL)
		return (*(struct pace_row **)found);
	if ((row = calloc(1, sizeof(*row))) == NULL)
		return (NULL);
	memcpy(row->key, wanted.key, sizeof(row->key));
	if (tsearch(row, &pace->rows, row_order) != NULL)
		return (row);
	free(row);
	return (NULL);
}

int
pace_wait_ms(struct pace *pace, const struct sockaddr *sa, int64_t now_ms)
{
	struct pace_row	*row;
	int64_t		 wait_ms;

	if (addr_is_loopback(sa) || (row = pace_row(pace, sa)) == NULL)
		return (0);
	if (row->free_ms < now_ms)
		row->free_ms = now_ms;
	wait_ms = row->free_ms - now_ms - (PACE_AT_ONCE - 1) * PACE_EACH_MS;
	row->free_ms += PACE_EACH_MS;
	return (wait_ms > 0 ? (int)wait_ms : 0);
}
