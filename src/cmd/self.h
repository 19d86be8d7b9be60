/* SPDX-License-Identifier: ISC */
/* Where this program is, and the programs that were installed with it. */

#ifndef CMD_SELF_H
#define CMD_SELF_H

#include <limits.h>

struct error;

/*
 * The path of this program, from the platform or from argv[0] and PATH. Return 0, or -1 if it is
 * not known.
 */
int	self_path(const char *argv0, char path[PATH_MAX]);
/*
 * Become the program of this name beside this one, or else in libexecdir, with these arguments,
 * which a NULL ends. Return -1 with *err set; does not return if the program runs.
 */
int	self_exec(const char *name, char **argv, struct error *err);

#endif
