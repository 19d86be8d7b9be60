/* SPDX-License-Identifier: ISC */
/*
 * Sessions that are without a connection at the moment, for --why: a small file for each, beside
 * the failure record. A session says again and again that it waits; what it said some time ago may
 * no longer be so, as after kill -9, and does not count.
 */

#ifndef STATE_HELD_H
#define STATE_HELD_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define HELD_BYTES_MAX	1024	/* of a file */
#define HELD_MAX	64	/* sessions that are listed */
#define HELD_WHY_MAX	200
#define HELD_AGAIN_MS	10000	/* a session repeats itself so often */
#define HELD_FRESH_MS	60000	/* what is older does not count */

/* Times are of clock_boot_ms, which all processes share. */
struct held {
	int64_t	said_ms;	/* that was so then */
	int64_t	since_ms;	/* the connection was lost */
	int	hold_s;		/* the session lasts so long without one */
	int	port;
	char	host[ADDR_HOST_MAX + 1];
	char	why[HELD_WHY_MAX];	/* the last attempt failed */
};

/*
 * Say so for the session of this process. 0, or -1 with errno. May hang with the home: for a
 * process of its own.
 */
int	held_write(pid_t, const struct held *);
/* It goes on, or has ended. */
void	held_remove(pid_t);
/* Those that count now, in printable text: how many there are. */
int	held_list(struct held *list, int max);
/* The bytes of such a file, at this time: 0, or -1 if they are none, or do not count now. */
int	held_parse(const char *, size_t, int64_t now_ms, struct held *);

#endif
