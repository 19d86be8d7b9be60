/* SPDX-License-Identifier: ISC */
/* The path of this program, where the system does not tell it. */

#ifndef OS_OWN_PATH_H
#define OS_OWN_PATH_H

#include <limits.h>

/*
 * From argv[0] and the folders of PATH, or NULL, as a shell looks for programs: the file itself, no
 * link. Return 0, or -1 with errno; a name that is not in PATH is not guessed.
 */
int	own_path(const char *argv0, const char *dirs, char path[PATH_MAX]);

#endif
