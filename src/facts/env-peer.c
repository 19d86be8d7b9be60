/* SPDX-License-Identifier: ISC */
/* Asks tailscaled for its peers, and lets it ping one. */

#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "facts/env-peer.h"

#define PING_BYTES	4096

json_t *
env_peer_list(const struct tailscaled *at, int ms)
{
	char	*body = xmalloc(TSPEER_BYTES_MAX);
	json_t	*root = NULL;
	ssize_t	 len;
	pid_t	 pid;

	len = tailscaled_get(at, "/localapi/v0/status", ms, body, TSPEER_BYTES_MAX, &pid);
	if (len != -1 && (root = tspeer_parse(body, (size_t)len)) == NULL)
		errno = EINVAL;
	free(body);
	return (root);
}

int
env_peer_ping(const struct tailscaled *at, const char *address, int ms, struct tsping *ping)
{
	char	what[80 + ADDR_TEXT_MAX], body[PING_BYTES];
	ssize_t	len;

	snprintf(what, sizeof(what), "/localapi/v0/ping?ip=%s&type=disco", address);
	if ((len = tailscaled_post(at, what, ms, body, sizeof(body))) == -1)
		return (errno == ETIMEDOUT ? 0 : -1);
	return (tsping_read(body, (size_t)len, ping) == 0 ? 1 : -1);
}
