/* SPDX-License-Identifier: ISC */
/* Where a user's files are. */

#ifndef BASE_XDG_H
#define BASE_XDG_H

#include <limits.h>

/*
 * A file in our own folder below the one that the variable names, if that is absolute, or else
 * below this one of the home in the password database; $HOME is not needed. A folder that is
 * another user's, or in which another user can put things, is passed over: as root, the one of
 * whoever called sudo(8). 0, or -1 with errno if there is no such home or the path is too long.
 */
int	xdg_path(const char *variable, const char *folder, const char *file, char [PATH_MAX]);

#define XDG_WHY_MAX	160

/*
 * Why there is no such path, for people: of the folder that the variable names, or else of that in
 * the home, the place that is not safe from other users.
 */
void	xdg_why(const char *variable, const char *folder, char why[XDG_WHY_MAX]);

#endif
