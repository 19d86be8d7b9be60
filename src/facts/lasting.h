/* SPDX-License-Identifier: ISC */
/* Paths of programs that outlast an upgrade, as configuration needs them. */

#ifndef FACTS_LASTING_H
#define FACTS_LASTING_H

#include <limits.h>
#include <stddef.h>

/* Who has a path of a program written down, and what is known of them. */
struct lasting_user {
	const char	*home;		/* or NULL */
	const char	*name;		/* or NULL */
	const char	*state;		/* $XDG_STATE_HOME, or NULL */
	int		 shared;	/* others run the program, too: not from this home */
};

/* A folder whose programs go with their version. */
struct lasting_store {
	char	folder[16];
	int	first;		/* where a path begins, else anywhere in it */
	char	takes[24];	/* the command that takes a version away */
	char	cure[144];
};

/* The store that this path is in, or NULL: then it stays. */
const struct lasting_store *lasting_store(const char *path);
/*
 * The places where package managers keep a name for the program of this path, in the order in
 * which they are preferred: fill in the one with this number. Return 1, 0 if this user has none
 * there, or -1 if there is no such number. Looks at nothing but its arguments.
 */
int	lasting_place(const char *path, const struct lasting_user *user, size_t number,
	    char place[PATH_MAX]);
/*
 * Replace the path of a program by the first of those places that leads to the same file, unless
 * it is in one of them already. Leave it as it is where none does.
 */
void	lasting_path(char path[PATH_MAX], const struct lasting_user *user);

#endif
