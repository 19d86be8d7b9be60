/* SPDX-License-Identifier: ISC */
/* Accounts of this machine whose ssh cannot run a ProxyCommand of the system's configuration. */

#include <sys/types.h>

#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/shell.h"
#include "config/conf.h"
#include "install/install-text.h"

#define DEAF_MS		2000	/* for all accounts that are looked at */
#define DEAF_TOLD	5

/* 1 if ssh has been used from this home, and not only to it. */
static int
deaf_uses_ssh(const char *home)
{
	static const char *const	files[] = { "config", "known_hosts" };
	char				path[PATH_MAX];
	size_t				i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (snprintf(path, sizeof(path), "%s/.ssh/%s", home, files[i]) <
		    (int)sizeof(path) && access(path, F_OK) == 0)
			return (1);
	return (0);
}

void
conf_tell_deaf(FILE *fp, const struct install_text *text)
{
	static const char	 command[] = "\n    ProxyCommand ";
	const struct passwd	*pw;
	char			 name[80], shell[160];
	const int64_t		 until_ms = clock_ms() + DEAF_MS;
	int			 count = 0;

	if (text->bytes == NULL || memmem(text->bytes, text->len, command,
	    sizeof(command) - 1) == NULL)
		return;
	setpwent();
	while (clock_ms() < until_ms && (pw = getpwent()) != NULL)
		if (shell_deaf(pw->pw_shell) && deaf_uses_ssh(pw->pw_dir) && ++count <= DEAF_TOLD)
			fprintf(fp, "%s: by sudo or su, ssh fails with these blocks, because the "
			    "shell %s runs no commands; run it with SHELL=/bin/sh\n",
			    error_vis(name, sizeof(name), pw->pw_name),
			    error_vis(shell, sizeof(shell), pw->pw_shell));
	endpwent();
	if (count > DEAF_TOLD)
		fprintf(fp, "and %d more\n", count - DEAF_TOLD);
}
