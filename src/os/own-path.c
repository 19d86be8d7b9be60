/* SPDX-License-Identifier: ISC */
/* Finds the path of this program by argv[0] and PATH. */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/own-path.h"

static int
own_path_runs(const char *path)
{
	struct stat	sb;

	return (stat(path, &sb) == 0 && S_ISREG(sb.st_mode) && access(path, X_OK) == 0);
}

int
own_path(const char *argv0, const char *dirs, char path[PATH_MAX])
{
	char	tried[PATH_MAX];
	size_t	len;

	if (strchr(argv0, '/') != NULL)
		return (realpath(argv0, path) == NULL ? -1 : 0);
	while (argv0[0] != '\0' && dirs != NULL) {
		len = strcspn(dirs, ":");
		/* An empty one is the current folder. */
		if (snprintf(tried, sizeof(tried), "%.*s/%s", len > 0 ? (int)len : 1,
		    len > 0 ? dirs : ".", argv0) < (int)sizeof(tried) && own_path_runs(tried))
			return (realpath(tried, path) == NULL ? -1 : 0);
		dirs = dirs[len] == ':' ? dirs + len + 1 : NULL;
	}
	errno = ENOENT;
	return (-1);
}
