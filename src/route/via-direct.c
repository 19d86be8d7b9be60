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
	enum message	 code;
	int		 local;
	char		 text[40];
} direct_errnos[] = {
	{ EMFILE,		MSG_NO_DESCRIPTORS,	0,	"no socket for" },
	{ ENFILE,		MSG_NO_DESCRIPTORS,	0,	"no socket for" },
	{ ENOMEM,		MSG_NO_MEMORY,		0,	"no socket for" },
	{ ENOBUFS,		MSG_NO_MEMORY,		0,	"no socket for" },
	{ ECONNREFUSED,		MSG_REFUSED,		0,	"connection refused by" },
	{ ECONNRESET,		MSG_REFUSED,		0,	"connection reset by" },
	{ EPERM,		MSG_BLOCKED,		0,	"not permitted to connect to" },
	{ EACCES,		MSG_BLOCKED,		0,	"not permitted to connect to" },
	{ ETIMEDOUT,		MSG_NO_ANSWER,		0,	"no answer from" },
	{ EHOSTUNREACH,		MSG_UNREACHABLE,	0,	"no way to" },
	{ ENETUNREACH,		MSG_UNREACHABLE,	0,	"no route to" },
	{ EHOSTDOWN,		MSG_UNREACHABLE,	0,	"no way to" },
	{ ENETDOWN,		MSG_UNREACHABLE,	0,	"network down towards" },
	{ EADDRNOTAVAIL,	MSG_UNREACHABLE,	1,	"no local address towards" },
	{ EAFNOSUPPORT,		MSG_UNREACHABLE,	1,	"this machine has no such addresses as" },
	{ EINVAL,		MSG_UNREACHABLE,	1,	"no way to" },
	{ 0,			MSG_SYSTEM,		0,	"cannot connect to" },
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
	if (row->code == MSG_NO_ANSWER)
		via_fail(attempt, row->code, "%s %.46s in %lld s", row->text, to, (long long)(took_ms + 500) / 1000);
	else if (row->code == MSG_REFUSED)
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
