/* SPDX-License-Identifier: ISC */
/* Route: a TCP connection by the kernel. */

#include <string.h>

#include "base/addr.h"
#include "route/target.h"
#include "route/unmade.h"
#include "route/via.h"

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
	char		to[ADDR_TEXT_MAX], text[160];

	addr_text(attempt->step->to, attempt->step->to_len, to);
	unmade_look(&u, attempt->fd, attempt->step->to, error, took_ms);
	code = unmade_judge(&u, to, text, sizeof(text));
	via_fail(attempt, code, "%s", text);
	attempt->local = unmade_local(&u);
	/* What was tried says to whom already. */
	attempt->what = unmade_detail(&u, attempt->said, sizeof(attempt->said));
}

static const char *
direct_address(const struct via_step *step, char *buf, size_t size)
{
	char	to[ADDR_TEXT_MAX];

	strlcpy(buf, addr_text(step->to, step->to_len, to), size);
	return (buf);
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
