/* SPDX-License-Identifier: ISC */
/* What changes in a file, for people and for patch(1). */

#ifndef INSTALL_DIFF_H
#define INSTALL_DIFF_H

#include <stddef.h>
#include <stdio.h>

/*
 * A unified diff from the old bytes to the new ones, either NULL for a file that is not there;
 * nothing if they are the same. It has one hunk, from the first line that differs to the last.
 */
void	diff_unified(FILE *, const char *path, const char *from, size_t from_len, const char *to,
	    size_t to_len);

#endif
