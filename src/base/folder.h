/* SPDX-License-Identifier: ISC */
/* Private folders for temporary files that another program is to read. */

#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include <limits.h>

/*
 * Make a folder in this one, for its owner alone, and remove those that ended processes of this
 * user left there an hour ago or earlier. Return 0 with its path, or -1 with errno and the path
 * that could not be made.
 */
int	folder_make(const char *tmp, char path[PATH_MAX]);
/* Remove it and the files in it; errno stays what it was. */
void	folder_remove(const char *path);

#endif
