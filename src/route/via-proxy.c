#include <errno.h>
#include <string.h>

#include "route/via-proxy.h"

int
via_proxy_auth(struct via_hop *hop, struct proxy_auth *auth)
{
	char	text[128];
	int	result;

	result = proxy_auth_find(hop->step->proxy, hop->step->proxy_named, auth, text, sizeof(text));
	if (result == -1)
		via_fail(hop, MSG_PROXY_AUTH, "%s", text);
	return (result);
}

void
via_proxy_unconnected(struct via_hop *hop, int error, int64_t took_ms)
{
	char	to[64];

	hop->step->via->describe(hop->step, to, sizeof(to));
	if (error == ETIMEDOUT)
		via_fail(hop, MSG_PROXY_DOWN, "%s does not answer (%lld s)", to, (long long)(took_ms + 500) / 1000);
	else
		via_fail(hop, MSG_PROXY_DOWN, "%s cannot be reached (%s)", to, strerror(error));
}

void
via_proxy_silent(struct via_hop *hop, int64_t took_ms)
{
	char	to[64];

	via_fail(hop, MSG_PROXY_SILENT, "%s gave no answer in %lld s", hop->step->via->describe(hop->step, to, sizeof(to)),
	    (long long)(took_ms + 500) / 1000);
}
