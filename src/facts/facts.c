#include "facts/facts.h"

int
facts_detect(struct facts *facts, const char *socket)
{
	if (env_tailscale_detect(&facts->tailscale, socket, "") == -1)
		return (-1);
	env_proxy_detect(&facts->proxy, facts->tailscale.pid);
	return (0);
}
