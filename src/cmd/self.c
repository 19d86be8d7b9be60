/* SPDX-License-Identifier: ISC */
/* Where this program is, and running its sibling. */

#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cmd/self.h"
#include "os/os.h"
#include "os/own-path.h"

int
self_path(const char *argv0, char path[PATH_MAX])
{
	if (os_exe_path(path, PATH_MAX) == 0)
		return (0);
	return (own_path(argv0, getenv("PATH"), path));
}

/*
 * Run the program of this name in a folder of so many bytes; returns only if that failed, with
 * errno.
 */
static void
self_try(const char *folder, size_t len, const char *name, char **argv)
{
	char	path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%.*s/%s", (int)len, folder, name) < (int)sizeof(path))
		execv(path, argv);
	else
		errno = ENAMETOOLONG;
}

int
self_exec(const char *name, char **argv, struct error *err)
{
	char	self[PATH_MAX], *slash;

	errno = ENOENT;
	if (argv[0] != NULL && self_path(argv[0], self) == 0 &&
	    (slash = strrchr(self, '/')) != NULL)
		self_try(self, (size_t)(slash - self), name, argv);
	if (errno == ENOENT)
		self_try(LIBEXECDIR, strlen(LIBEXECDIR), name, argv);
	error_set(err, CODE_NO_PROGRAM, "cannot run %s: %s", name, strerror(errno));
	return (-1);
}
