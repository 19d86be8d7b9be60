/* SPDX-License-Identifier: ISC */
/* Errors: setting one, the form of the one line that a person reads, printable text. */

#include <sys/types.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

static const char	*program = "meshssh";

void
error_program(const char *name)
{
	program = name;
}

void
error_set(struct error *err, enum code code, const char *fmt, ...)
{
	char	raw[sizeof(err->text)];
	va_list	ap;

	if (err == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	err->code = code;
	err->own = 0;
	error_vis(err->text, sizeof(err->text), raw);
}

void
error_errno(struct error *err, int error, const char *tried)
{
	static const struct {
		int		 error;
		enum code	 code;
	}		codes[] = {
		{ EMFILE, CODE_NO_DESCRIPTORS }, { ENFILE, CODE_NO_DESCRIPTORS },
		    { ENOMEM, CODE_NO_MEMORY },
		{ ENOBUFS, CODE_NO_MEMORY }, { EACCES, CODE_PERMISSION },
		    { EPERM, CODE_PERMISSION }, { EROFS, CODE_PERMISSION },
		{ ENOSPC, CODE_OUTPUT }, { EDQUOT, CODE_OUTPUT }, { EFBIG, CODE_OUTPUT },
	};
	enum code	code = CODE_SYSTEM;
	size_t		i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].error == error)
			code = codes[i].code;
	error_set(err, code, "%s: %s", tried, strerror(error));
}

void
error_format(const struct error *err, const char *hint, char line[ERROR_LINE_BYTES + 1])
{
	int	room;

	/* The hint is kept whole; what happened is cut where both do not fit. */
	room = ERROR_LINE_BYTES - (int)strlen(program) - (int)strlen(": ; \n") - (int)strlen(hint);
	snprintf(line, ERROR_LINE_BYTES + 1, "%s: %.*s; %.63s\n", program, room, err->text, hint);
}

/*
 * One byte as vis(3) has it in the C locale, with VIS_CSTYLE and VIS_NOSLASH. Not vis(3) itself:
 * systems disagree on what it does with bytes above 127, and libbsd's asks for memory, so "out of
 * memory" itself could not be said.
 */
static void
error_vis_byte(char piece[8], unsigned char byte)
{
	static const char	named[] = "abtnvfr";	/* from BEL to CR */
	const int		low = byte & 0x7f;

	if (byte >= ' ' && byte <= '~') {
		piece[0] = (char)byte;
		piece[1] = '\0';
	} else if (byte >= '\a' && byte <= '\r')
		snprintf(piece, 8, "\\%c", named[byte - '\a']);
	else if (low == ' ')
		snprintf(piece, 8, "\\%o", byte);
	else if (low < ' ' || low == 0x7f)
		snprintf(piece, 8, "%s^%c", byte > 0x7f ? "M" : "", low ^ 0x40);
	else
		snprintf(piece, 8, "M-%c", low);
}

char *
error_vis(char *dst, size_t size, const char *src)
{
	char	piece[8], *out = dst;
	size_t	len;

	for (; *src != '\0'; src++) {
		error_vis_byte(piece, (unsigned char)*src);
		if ((len = strlen(piece)) >= size)
			break;
		memcpy(out, piece, len);
		out += len;
		size -= len;
	}
	*out = '\0';
	return (dst);
}
