/* SPDX-License-Identifier: ISC */
/* Whether this is WSL, and which. */

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "facts/env-wsl.h"

/*
 * WSL's own kernels say so in their release: "4.4.0-19041-Microsoft",
 * "6.6.87.2-microsoft-standard-WSL2".
 */
static int
wsl_kernel(const char *root)
{
	char	path[PATH_MAX], release[128];
	ssize_t	n = -1;
	int	fd;

	snprintf(path, sizeof(path), "%s/proc/sys/kernel/osrelease", root);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return (0);
	n = read(fd, release, sizeof(release) - 1);
	close(fd);
	release[n > 0 ? n : 0] = '\0';
	return (strcasestr(release, "microsoft") != NULL);
}

int
env_wsl(const char *root)
{
	/*
	 * A kernel of the user's own may not say it; then there are WSL's sockets, or its handler
	 * of Windows programs.
	 */
	static const char *const	traces[] = { "/run/WSL",
	    "/proc/sys/fs/binfmt_misc/WSLInterop" };
	char				path[PATH_MAX];
	size_t				i;

	if (wsl_kernel(root))
		return (1);
	for (i = 0; i < sizeof(traces) / sizeof(traces[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", root, traces[i]);
		if (access(path, F_OK) == 0)
			return (1);
	}
	return (0);
}
