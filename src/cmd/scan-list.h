/* SPDX-License-Identifier: ISC */
/*
 * The hosts of --scan, one after the other: words, lines of standard input, or the peers of the
 * mesh.
 */

#ifndef CMD_SCAN_LIST_H
#define CMD_SCAN_LIST_H

#include <jansson.h>
#include <stdio.h>

#include "base/addr.h"
#include "scan/scan.h"

struct scan_list {
	char	**words;	/* hosts as arguments, which a NULL ends; */
	FILE	*fp;		/* or lines of them, or NULL; */
	json_t	*peers;		/* or a list as tspeer_list has it, or NULL */
	size_t	 next;		/* peer */
	int	 begun;		/* hosts that were given out */
	/* words that are no hosts: told on standard error, and passed over */
	int	 odd;
	char	 line[ADDR_HOST_MAX + 16];
	struct scan_host host;
};

/* The next host, to be there until the next call, or NULL. */
const struct scan_host	*scan_list_next(struct scan_list *list);

#endif
