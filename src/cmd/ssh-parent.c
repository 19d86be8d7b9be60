/* SPDX-License-Identifier: ISC */
/* Reads the arguments of the ssh that runs this relay. */

#include <sys/types.h>
#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/xalloc.h"
#include "cmd/ssh-args.h"
#include "cmd/ssh-parent.h"
#include "net/interface.h"
#include "os/os.h"
#include "sshconf/ssh-host.h"

#define ARGS_BYTES	32768	/* options come first; a long command may be cut */
#define ARGS_SHORT	4096	/* for each relay: what is freed is of use for what follows */
#define ARG_BYTES	16	/* on average; of many shorter ones, the last are not seen */

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
	struct ssh_args	args;
	char		host[ADDR_HOST_MAX + 1];

	ssh_args_walk(argc - 1, argv + 1, &args);
	if (args.timeout != NULL)
		return (ssh_host_seconds(args.timeout));
	if (args.destination == NULL)
		return (0);
	parent_host(args.destination, host);
	return (ssh_host_timeout(host, args.config));
}

/*
 * The words in the first `bytes` of its command line, its name first: their number, and the words
 * in memory to be freed. 0, and nothing to free, if the parent is not ssh.
 */
static int
parent_args(size_t bytes, char ***argvp, char **textp)
{
	const int	 most = (int)(bytes / ARG_BYTES);
	char		*text = xmalloc(bytes), **argv = xcalloc((size_t)most + 1, sizeof(*argv));
	char		*arg;
	const char	*name;
	ssize_t		 len = os_process_args(getppid(), text, bytes - 1);
	int		 argc = 0;

	text[len > 0 ? len : 0] = '\0';
	for (arg = text; arg < text + len && argc < most; arg += strlen(arg) + 1)
		argv[argc++] = arg;
	/* The last word may have been cut. */
	if (len == (ssize_t)bytes - 1 && argc > 0)
		argv[--argc] = NULL;
	name = argc > 0 ? strrchr(argv[0], '/') : NULL;
	*argvp = argv;
	*textp = text;
	if (argc > 0 && strcmp(name != NULL ? name + 1 : argv[0], "ssh") == 0)
		return (argc);
	free(argv);
	free(text);
	return (0);
}

int
ssh_parent_timeout(void)
{
	char	**argv, *text;
	int	  argc, timeout_s;

	if ((argc = parent_args(ARGS_BYTES, &argv, &text)) == 0)
		return (0);
	timeout_s = parent_timeout(argc, argv);
	free(argv);
	free(text);
	return (timeout_s);
}

/* The addresses of -b or -B. A name that stands there is not looked up. */
static struct sockaddr_storage *
parent_from(const struct ssh_args *args)
{
	struct sockaddr_storage	*from, ss;

	if (args->bind_address != NULL ? addr_literal(args->bind_address, 0, &ss) == 0 :
	    args->bind_interface == NULL)
		return (NULL);
	from = xcalloc(2, sizeof(*from));
	if (args->bind_address != NULL)
		from[ss.ss_family == AF_INET6] = ss;
	else
		interface_addresses(args->bind_interface, from);
	return (from);
}

int
ssh_parent_asks(struct sockaddr_storage **from)
{
	struct ssh_args	  args;
	char		**argv, *text;
	int		  argc;

	*from = NULL;
	if ((argc = parent_args(ARGS_SHORT, &argv, &text)) == 0)
		return (-1);
	ssh_args_walk(argc - 1, argv + 1, &args);
	*from = parent_from(&args);
	free(argv);
	free(text);
	return (args.family);
}

char **
ssh_parent_connect(void)
{
	char	**argv, **words, *text;
	int	  argc;

	if ((argc = parent_args(ARGS_BYTES, &argv, &text)) == 0)
		return (NULL);
	words = ssh_args_connect(argc - 1, argv + 1);
	free(argv);
	free(text);
	return (words);
}
