/* SPDX-License-Identifier: ISC */
/* What routes share: their errors, and sending. */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "route/target.h"
#include "route/via.h"

/* Go, gVisor, Linux and the usual proxies say it in these words. */
static const struct via_words {
	enum code	 code;
	char		 words[20];
} via_words[] = {
	{ CODE_REFUSED,	"refused" },
	{ CODE_RESET,	"reset by peer" },
	{ CODE_BLOCKED,	"not permitted" },
	{ CODE_NAME_UNKNOWN,	"no such host" },
	{ CODE_NAME_LOOKUP,	"resolve failure" },
	{ CODE_NO_ROUTE,	"no route to host" },
	{ CODE_NO_ROUTE,	"unreachable" },
	{ CODE_NO_ANSWER,	"timed out" },
	{ CODE_NO_ANSWER,	"timeout" },
	{ CODE_NO_ANSWER,	"deadline exceeded" },
	{ CODE_NONE,		"" }
};

const char *
via_text(const struct via_step *step, char *buf, size_t size)
{
	char	address[128];

	step->via->address(step, address, sizeof(address));
	if (step->via->peer == NULL)
		strlcpy(buf, address, size);
	else
		snprintf(buf, size, "%s %s", step->via->name, address);
	return (buf);
}

void *
via_talk(struct via_attempt *attempt, size_t size)
{
	attempt->talk_size = size;
	return (attempt->talk = xcalloc(1, size));
}

enum via_want
via_fail(struct via_attempt *attempt, enum code code, const char *fmt, ...)
{
	char	text[sizeof(attempt->err.text)], target[TARGET_TEXT_MAX];
	va_list	ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	target_text(attempt->target, target);
	error_set(&attempt->err, code, "%s: %s", target, text);
	attempt->what = attempt->err.text + strlen(target) + 2;
	return (VIA_FAIL);
}

enum via_want
via_said(struct via_attempt *attempt, const char *said)
{
	struct error	*err = &attempt->err;

	err->own = strlen(err->text);
	error_vis(err->text + err->own, sizeof(err->text) - err->own, said);
	return (VIA_FAIL);
}

enum via_want
via_send(struct via_attempt *attempt, const void *buf, size_t len, size_t *sent)
{
	ssize_t	n;

	n = send(attempt->fd, (const char *)buf + *sent, len - *sent, MSG_NOSIGNAL);
	if (n == -1 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
		return (via_broken(attempt, errno));
	*sent += n > 0 ? (size_t)n : 0;
	return (*sent < len ? VIA_WANT_WRITE : VIA_WANT_READ);
}

enum via_want
via_broken(struct via_attempt *attempt, int error)
{
	const struct via	*via = attempt->step->via;
	char			 address[64];

	return (via_fail(attempt, via->broken,
	    "%s (%.48s) ended the connection before it had answered%s%s", via->peer,
	    via->address(attempt->step, address, sizeof(address)), error != 0 ? ": " : "",
	    error != 0 ? strerror(error) : ""));
}

enum code
via_own_fault(int error)
{
	static const struct {
		int		 error;
		enum code	 code;
	}	own[] = {
		{ EMFILE, CODE_NO_DESCRIPTORS }, { ENFILE, CODE_NO_DESCRIPTORS },
		    { ENOMEM, CODE_NO_MEMORY },
		{ ENOBUFS, CODE_NO_MEMORY }, { EPERM, CODE_BLOCKED }, { EACCES, CODE_BLOCKED },
		    { ENETUNREACH, CODE_NO_ROUTE },
		{ EHOSTUNREACH, CODE_NO_ROUTE }, { EHOSTDOWN, CODE_NO_ROUTE },
		    { ENETDOWN, CODE_NO_ROUTE },
		{ EADDRNOTAVAIL, CODE_NO_ROUTE }, { EAFNOSUPPORT, CODE_NO_ROUTE },
	};
	size_t	i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (own[i].error == error)
			return (own[i].code);
	return (CODE_NONE);
}

enum code
via_message(const char *text, enum code other)
{
	const struct via_words	*row;

	for (row = via_words; row->code != CODE_NONE; row++)
		if (strcasestr(text, row->words) != NULL)
			return (row->code);
	return (other);
}
