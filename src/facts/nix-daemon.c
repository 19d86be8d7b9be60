/* SPDX-License-Identifier: ISC */
/* NIX_SSHOPTS of the nix-daemon. */

#include <sys/types.h>

#include <string.h>

#include "base/file.h"
#include "facts/nix-daemon.h"
#include "facts/read.h"

#define UNIT_BYTES	16384

/* Where the environment of the daemon is set. */
static const char	units[][68] = {
	"/etc/systemd/system/nix-daemon.service.d/*.conf",
	"/etc/systemd/system/nix-daemon.service",
	"/Library/LaunchDaemons/org.nixos.nix-daemon.plist",
	"/Library/LaunchDaemons/systems.determinate.nix-daemon.plist",
};

/* Environment="NIX_SSHOPTS=VALUE" of systemd's, or the string after the key in launchd's. */
static int
unit_sshopts(char *text, char *to, size_t size)
{
	char	*at = strstr(text, "NIX_SSHOPTS"), *end;

	if (at == NULL)
		return (0);
	at += strlen("NIX_SSHOPTS");
	if (at[0] == '=') {
		at++;
		end = at + strcspn(at, "\"\n");
	} else if ((at = strstr(at, "<string>")) != NULL) {
		at += strlen("<string>");
		end = at + strcspn(at, "<");
	} else
		return (0);
	*end = '\0';
	strlcpy(to, at, size);
	return (1);
}

int
nix_daemon_sshopts(const char *root, char *to, size_t size)
{
	char	text[UNIT_BYTES];
	size_t	count, i, j;
	ssize_t	len;
	glob_t	g;
	int	found = 0;

	for (i = 0; i < sizeof(units) / sizeof(units[0]) && !found; i++) {
		count = read_glob(root, units[i], &g);
		for (j = 0; j < count && !found; j++)
			if ((len = file_read(g.gl_pathv[j], text, sizeof(text))) != -1) {
				text[len] = '\0';
				found = unit_sshopts(text, to, size);
			}
		globfree(&g);
	}
	return (found);
}
