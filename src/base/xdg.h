/* Where a user's files are. */

#ifndef BASE_XDG_H
#define BASE_XDG_H

#include <limits.h>

/*
 * A file in the folder that the variable names, if that is absolute, or else in this one of the home in the password
 * database; $HOME is not needed. 0, or -1 if there is no such home or the path is too long.
 */
int	xdg_path(const char *variable, const char *folder, const char *file, char [PATH_MAX]);

#endif
