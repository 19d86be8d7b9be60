/* SPDX-License-Identifier: ISC */
/* What a plan needs to know of this machine. */

#include "facts/facts.h"

#define STATUS_MS	200	/* a connection waits for it */

void
facts_detect(struct facts *facts, const char *socket)
{
	env_tailscale_detect(&facts->tailscale, socket, "", STATUS_MS);
	env_proxy_detect(&facts->proxy, facts->tailscale.pid, facts->tailscale.running,
	    facts->tailscale.running_count);
}
