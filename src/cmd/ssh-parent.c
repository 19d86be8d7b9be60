/* SPDX-License-Identifier: ISC */
/* Reads the arguments of the ssh that runs this relay. */

#include <sys/types.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/xalloc.h"
#include "cmd/ssh-args.h"
#include "cmd/ssh-parent.h"
#include "os/os.h"
#include "sshconf/ssh-host.h"

#define ARGS_BYTES	32768	/* options come first; a long command may be cut */
#define ARGS_MAX	1024

/* The host of [user@]host or ssh://[user@]host[:port]. */
static void
parent_host(const char *destination, char host[ADDR_HOST_MAX + 1])
{
	static const char	scheme[] = "ssh://";
	const char		*at;
	size_t			 len = sizeof(scheme) - 1;
	int			 uri = strncmp(destination, scheme, len) == 0;

	destination += uri ? len : 0;
	if ((at = strrchr(destination, '@')) != NULL)
		destination = at + 1;
	strlcpy(host, destination, ADDR_HOST_MAX + 1);
	if (uri)
		host[strcspn(host, ":/")] = '\0';
}

/* What ssh was called with, its name first. */
static int
parent_timeout(int argc, char **argv)
{
	const char	*name = strrchr(argv[0], '/');
	struct ssh_args	args;
	char		host[ADDR_HOST_MAX + 1];

	if (strcmp(name != NULL ? name + 1 : argv[0], "ssh") != 0)
		return (0);
	ssh_args_walk(argc - 1, argv + 1, &args);
	if (args.timeout != NULL)
		return (ssh_host_seconds(args.timeout));
	if (args.destination == NULL)
		return (0);
	parent_host(args.destination, host);
	return (ssh_host_timeout(host, args.config));
}

int
ssh_parent_timeout(void)
{
	char	*text = xmalloc(ARGS_BYTES), **argv = xcalloc(ARGS_MAX + 1, sizeof(*argv)), *arg;
	ssize_t	 len = os_process_args(getppid(), text, ARGS_BYTES - 1);
	int	 argc = 0, timeout_s = 0;

	if (len > 0) {
		text[len] = '\0';
		for (arg = text; arg < text + len && argc < ARGS_MAX; arg += strlen(arg) + 1)
			argv[argc++] = arg;
		timeout_s = parent_timeout(argc, argv);
	}
	free(argv);
	free(text);
	return (timeout_s);
}
