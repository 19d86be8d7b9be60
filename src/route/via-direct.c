/* SPDX-License-Identifier: ISC */
/* Route: a TCP connection by the kernel. */

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "route/target.h"
#include "route/unmade.h"
#include "route/via.h"

#define DIRECT_TEXT_MAX	(ADDR_TEXT_MAX + 20)

/* "192.168.1.9", or "192.168.1.9 by eth0". */
static const char *
direct_address(const struct via_step *step, char *buf, size_t size)
{
	char	to[ADDR_TEXT_MAX];

	addr_text(step->to, step->to_len, to);
	snprintf(buf, size, step->device[0] != '\0' ? "%s by %s" : "%s", to, step->device);
	return (buf);
}

/* The connection is all there is to it. */
static enum via_want
direct_begin(struct via_attempt *attempt)
{
	(void)attempt;
	return (VIA_DONE);
}

static void
direct_unconnected(struct via_attempt *attempt, int error, int64_t took_ms)
{
	struct unmade	u;
	enum code	code;
	char		to[DIRECT_TEXT_MAX], text[160];

	direct_address(attempt->step, to, sizeof(to));
	unmade_look(&u, attempt->fd, attempt->step->to, error, took_ms);
	/* The kernel's own way is another one. */
	if (attempt->step->device[0] != '\0') {
		u.route = (struct os_route){ .kind = OS_ROUTE_ON_LINK };
		strlcpy(u.route.interface, attempt->step->device, sizeof(u.route.interface));
	}
	code = unmade_judge(&u, to, text, sizeof(text));
	via_fail(attempt, code, "%s", text);
	attempt->local = unmade_local(&u);
	/* What was tried says to whom already. */
	attempt->what = unmade_detail(&u, attempt->said, sizeof(attempt->said));
}

const struct via via_direct = {
	.name = "direct",
	.half_close = 1,
	.to = VIA_TO_TARGET,
	.end_to_end = 1,
	.begin = direct_begin,
	.unconnected = direct_unconnected,
	.address = direct_address,
};
