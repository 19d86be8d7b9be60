/* SPDX-License-Identifier: ISC */
/* What the SOCKS5 and HTTP routes share. */

#include <errno.h>
#include <string.h>

#include "base/addr.h"
#include "os/os.h"
#include "route/unmade.h"
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

/* What is wrong on this machine is told as that, and else the proxy is down. */
void
via_proxy_unconnected(struct via_attempt *attempt, int error, int64_t took_ms)
{
	const struct via_step	*step = attempt->step;
	struct unmade		 u;
	enum code		 code;
	char			 to[ADDR_TEXT_MAX], text[160];

	addr_text(step->to, step->to_len, to);
	unmade_look(&u, attempt->fd, step->to, error, took_ms);
	code = unmade_judge(&u, to, text, sizeof(text));
	if (code != CODE_NO_ROUTE && code != CODE_BLOCKED && code != CODE_NO_DESCRIPTORS &&
	    code != CODE_NO_MEMORY)
		code = CODE_PROXY_DOWN;
	if (error == ETIMEDOUT)
		via_fail(attempt, code, "%s %s does not answer (%lld s)", step->via->peer,
		    step->proxy, (long long)(took_ms + 500) / 1000);
	else
		via_fail(attempt, code, "%s %s cannot be reached (%s)", step->via->peer,
		    step->proxy, u.by > UNMADE_NOBODY ? text : strerror(error));
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
