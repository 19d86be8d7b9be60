/* SPDX-License-Identifier: ISC */
/* What the BSDs do alike, but for numbers and structures. */

#ifndef OS_OS_BSD_H
#define OS_OS_BSD_H

#include <sys/types.h>

#include "os/layout.h"

struct os_bsd {
	/* sysctl(3): all processes; with six numbers, the last is how many there is room for */
	int			list[6];
	unsigned int		list_depth;
	size_t			process_bytes;
	struct layout_field	pid, uid, name;	/* of each */
	/* sysctl(3): the path of this program; no numbers where that is not told */
	int			path[4];
	unsigned int		path_depth;
};

extern const struct os_bsd	os_bsd;

/*
 * The answer to a question of so many numbers, up to so many bytes: the caller frees it. NULL with
 * errno.
 */
char	*os_bsd_ask(const int *, unsigned int depth, size_t size, size_t *len);

#endif
