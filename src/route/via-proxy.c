/* SPDX-License-Identifier: ISC */
/* What the SOCKS5 and HTTP routes share. */

#include <errno.h>
#include <string.h>

#include "os/os.h"
#include "route/via-proxy.h"

int
via_proxy_auth(struct via_attempt *attempt, struct proxy_auth *auth)
{
	char	text[128];
	int	result;

	if (!attempt->step->proxy_named)
		return (0);
	if ((result = proxy_auth_find(attempt->step->proxy, auth, text, sizeof(text))) == -1)
		via_fail(attempt, CODE_PROXY_AUTH, "%s", text);
	return (result);
}

int
via_proxy_check(struct via_attempt *attempt)
{
	if (!attempt->step->proxy_guess || os_listener(attempt->step->to) == OS_LISTENER_OURS)
		return (0);
	via_fail(attempt, CODE_NO_PROXY, "what listens on %s belongs to another user",
	    attempt->step->proxy);
	return (-1);
}

void
via_proxy_unconnected(struct via_attempt *attempt, int error, int64_t took_ms)
{
	const struct via_step	*step = attempt->step;
	enum code		 own = via_own_fault(error);

	if (error == ETIMEDOUT)
		via_fail(attempt, CODE_PROXY_DOWN, "%s %s does not answer (%lld s)",
		    step->via->peer, step->proxy, (long long)(took_ms + 500) / 1000);
	else
		via_fail(attempt, own != CODE_NONE ? own : CODE_PROXY_DOWN,
		    "%s %s cannot be reached (%s)", step->via->peer, step->proxy, strerror(error));
}

void
via_proxy_silent(struct via_attempt *attempt, int64_t took_ms)
{
	via_fail(attempt, CODE_PROXY_SILENT, "%s %s gave no answer in %lld s",
	    attempt->step->via->peer, attempt->step->proxy, (long long)(took_ms + 500) / 1000);
}

const char *
via_proxy_address(const struct via_step *step, char *buf, size_t size)
{
	strlcpy(buf, step->proxy, size);
	return (buf);
}
