/* SPDX-License-Identifier: ISC */
/* Tailscale's graphical builds for macOS: where they listen. */

#include <sys/types.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "facts/env-tailscale.h"

#define PROOF		"sameuserproof-"
#define HEX		"0123456789abcdefABCDEF"

/* The token must be nothing but what Tailscale makes: it goes into a request. */
static int
gui_set(struct tailscaled *at, const char *port, const char *token)
{
	size_t	len = strspn(token, HEX);

	if (token[len] != '\0' || len == 0 || len >= TAILSCALED_TOKEN_MAX || addr_port(port) == -1)
		return (-1);
	memset(at, 0, sizeof(*at));
	at->port = addr_port(port);
	strlcpy(at->token, token, sizeof(at->token));
	return (0);
}

/*
 * The build from the web: a link whose target is the port, and a file with the token, for
 * administrators.
 */
static int
gui_standalone(struct tailscaled *at, const char *root)
{
	char	path[PATH_MAX], port[16], token[TAILSCALED_TOKEN_MAX + 1] = "";
	ssize_t	len;
	FILE	*fp;
	int	fd;

	snprintf(path, sizeof(path), "%s/Library/Tailscale/ipnport", root);
	if ((len = readlink(path, port, sizeof(port))) == -1 || (size_t)len == sizeof(port))
		return (-1);
	port[len] = '\0';
	if (addr_port(port) == -1)
		return (-1);
	snprintf(path, sizeof(path), "%s/Library/Tailscale/" PROOF "%s", root, port);
	/* Not to stand still before a pipe. */
	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) == -1)
		return (-1);
	if ((fp = fdopen(fd, "r")) == NULL) {
		close(fd);
		return (-1);
	}
	if (fgets(token, sizeof(token), fp) != NULL)
		token[strcspn(token, "\r\n")] = '\0';
	fclose(fp);
	return (gui_set(at, port, token));
}

/* The build from the App Store: a file name "sameuserproof-PORT-TOKEN". */
static int
gui_proof(struct tailscaled *at, const char *name)
{
	char	port[16];
	size_t	len;

	if (strncmp(name, PROOF, strlen(PROOF)) != 0)
		return (-1);
	name += strlen(PROOF);
	len = strcspn(name, "-");
	if (name[len] != '-' || len >= sizeof(port))
		return (-1);
	snprintf(port, sizeof(port), "%.*s", (int)len, name);
	return (gui_set(at, port, name + len + 1));
}

int
env_tailscale_gui(struct tailscaled *at, const char *root, const char *proof)
{
	const char	*name = strrchr(proof, '/');

	if (name != NULL && gui_proof(at, name + 1) == 0)
		return (0);
	return (gui_standalone(at, root));
}
