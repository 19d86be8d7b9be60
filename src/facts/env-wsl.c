/* SPDX-License-Identifier: ISC */
/* Whether this is WSL, and which. */

#include <string.h>

#include "facts/env-wsl.h"
#include "facts/read.h"

/*
 * WSL's own kernels say so in their release: "4.4.0-19041-Microsoft",
 * "6.6.87.2-microsoft-standard-WSL2".
 */
static int
wsl_kernel(const char *root)
{
	char	release[128];

	if (read_first_line(root, "/proc/sys/kernel/osrelease", release, sizeof(release)) == -1 ||
	    strcasestr(release, "microsoft") == NULL)
		return (0);
	return (strstr(release, "Microsoft") != NULL ? 1 : 2);
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
	size_t				i;
	int				version = wsl_kernel(root);

	for (i = 0; version == 0 && i < sizeof(traces) / sizeof(traces[0]); i++)
		if (read_exists(root, traces[i]))
			version = 2;
	return (version);
}
