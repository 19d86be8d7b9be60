/* SPDX-License-Identifier: ISC */
/* Route: a TCP connection by the kernel. */

#include <errno.h>
#include <string.h>

#include "base/addr.h"
#include "route/target.h"
#include "route/via.h"

/* What connect(2) and socket(2) say. */
static const struct direct_errno {
	int		 error;
	enum code	 code;
	int		 local;
	char		 text[40];
} direct_errnos[] = {
	{ EMFILE,		CODE_NO_DESCRIPTORS,	0,	"no socket for" },
	{ ENFILE,		CODE_NO_DESCRIPTORS,	0,	"no socket for" },
	{ ENOMEM,		CODE_NO_MEMORY,		0,	"no socket for" },
	{ ENOBUFS,		CODE_NO_MEMORY,		0,	"no socket for" },
	{ ECONNREFUSED,		CODE_REFUSED,		0,	"connection refused by" },
	{ ECONNRESET,		CODE_REFUSED,		0,	"connection reset by" },
	{ EPERM,		CODE_BLOCKED,		0,	"not permitted to connect to" },
	{ EACCES,		CODE_BLOCKED,		0,	"not permitted to connect to" },
	{ ETIMEDOUT,		CODE_NO_ANSWER,		0,	"no answer from" },
	{ EHOSTUNREACH,		CODE_NO_ROUTE,	0,	"no way to" },
	{ ENETUNREACH,		CODE_NO_ROUTE,	0,	"no route to" },
	{ EHOSTDOWN,		CODE_NO_ROUTE,	0,	"no way to" },
	{ ENETDOWN,		CODE_NO_ROUTE,	0,	"network down towards" },
	{ EADDRNOTAVAIL,	CODE_NO_ROUTE,	1,	"no local address towards" },
	{ EAFNOSUPPORT,		CODE_NO_ROUTE,	1,	"this machine has no such addresses as" },
	{ EINVAL,		CODE_NO_ROUTE,	1,	"no way to" },
	{ 0,			CODE_SYSTEM,		0,	"cannot connect to" },
};

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
	const struct direct_errno	*row = direct_errnos;
	char				 to[ADDR_TEXT_MAX];

	while (row->error != 0 && row->error != error)
		row++;
	addr_text(attempt->step->to, attempt->step->to_len, to);
	if (row->code == CODE_NO_ANSWER)
		via_fail(attempt, row->code, "%s %.46s in %lld s", row->text, to,
		    (long long)(took_ms + 500) / 1000);
	else if (row->code == CODE_REFUSED)
		via_fail(attempt, row->code, "%s %.46s", row->text, to);
	else
		via_fail(attempt, row->code, "%s %.46s (%s)", row->text, to, strerror(error));
	attempt->local = row->local;
	/* What was tried says to whom already. */
	attempt->what = strerror(error);
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
