/* SPDX-License-Identifier: ISC */
/* Whether tailscaled is installed on this machine, where it does not run. */

#include <sys/types.h>
#include <sys/stat.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "facts/env-tailscale.h"
#include "os/run.h"

/* What an installation leaves on a machine where nothing runs. /var/lib/tailscale outlives it. */
static const char	programs[][44] = {
	"/usr/sbin/tailscaled",
	"/usr/bin/tailscaled",
	"/usr/local/sbin/tailscaled",
	"/usr/local/bin/tailscaled",
	"/opt/homebrew/bin/tailscaled",
	"/run/current-system/sw/bin/tailscaled",	/* NixOS */
	"/Applications/Tailscale.app"
};

int
env_tailscale_installed(const char *root)
{
	const char	*dirs = getenv("PATH");
	char		 path[PATH_MAX];
	struct stat	 sb;
	size_t		 i;

	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", root, programs[i]);
		if (lstat(path, &sb) == 0)
			return (1);
	}
	while (run_place(&dirs, root, "tailscaled", path))
		if (lstat(path, &sb) == 0)
			return (1);
	return (0);
}
