#include "facts/facts.h"

void
facts_detect(struct facts *facts, const char *socket)
{
	env_tailscale_detect(&facts->tailscale, socket);
	env_proxy_detect(&facts->proxy, facts->tailscale.pid);
}
