/* SPDX-License-Identifier: ISC */
/*
 * The hosts of --scan, one after the other: words, lines of standard input, or the peers of the
 * mesh.
 */

#ifndef CMD_SCAN_LIST_H
#define CMD_SCAN_LIST_H

#include <jansson.h>

#include "base/addr.h"
#include "scan/scan.h"

struct scan_list {
	char	**words;	/* hosts as arguments, which a NULL ends; */
	int	 fd;		/* or lines of them, or -1; */
	json_t	*peers;		/* or a list as tspeer_list has it, or NULL */
	size_t	 next;		/* peer */
	int	 begun;		/* hosts that were given out */
	/* words that are no hosts: told on standard error, and passed over */
	int	 odd;
	char	 line[ADDR_HOST_MAX + 16];
	size_t	 len;		/* of the line that is coming */
	char	 in[4096];	/* what was read and is in no line yet */
	size_t	 in_off, in_len;
	struct scan_host host;
};

/*
 * The next host, to be there until the next call; or NULL, and *later is set if there may be more
 * of them when the descriptor is readable. Never waits for it.
 */
const struct scan_host	*scan_list_next(struct scan_list *list, int *later);

#endif
