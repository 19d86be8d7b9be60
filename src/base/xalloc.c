/* SPDX-License-Identifier: ISC */
/* Allocation that ends the program when there is no memory. */

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/error.h"
#include "base/xalloc.h"

void
xalloc_fail(void)
{
	struct error	err;
	char		line[ERROR_LINE_BYTES + 1];

	/*
	 * Neither stdio nor exit handlers: both may ask for memory, and a file that is being
	 * written is not in place yet.
	 */
	error_set(&err, CODE_NO_MEMORY, "out of memory");
	error_format(&err, ERROR_HINT_NO_MEMORY, line);
	if (write(STDERR_FILENO, line, strlen(line)) == -1)
		_exit(EX_OSERR);
	_exit(EX_OSERR);
}

void *
xmalloc(size_t bytes)
{
	void	*p = malloc(bytes > 0 ? bytes : 1);

	if (p == NULL)
		xalloc_fail();
	return (p);
}

void *
xcalloc(size_t count, size_t bytes)
{
	void	*p = calloc(count > 0 ? count : 1, bytes > 0 ? bytes : 1);

	if (p == NULL)
		xalloc_fail();
	return (p);
}

void *
xreallocarray(void *old, size_t count, size_t bytes)
{
	void	*p = NULL;

	if (bytes == 0 || count <= SIZE_MAX / bytes)
		p = realloc(old, count * bytes > 0 ? count * bytes : 1);
	if (p == NULL)
		xalloc_fail();
	return (p);
}

char *
xstrdup(const char *text)
{
	size_t	len = strlen(text) + 1;

	return (memcpy(xmalloc(len), text, len));
}

char *
xasprintf(const char *fmt, ...)
{
	va_list	 ap;
	char	*text;
	int	 len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		xalloc_fail();
	text = xmalloc((size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(text, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return (text);
}

FILE *
xmemstream(char **text, size_t *len)
{
	FILE	*fp = open_memstream(text, len);

	if (fp == NULL)
		xalloc_fail();
	return (fp);
}

void
xmemstream_close(FILE *fp)
{
	int	bad = ferror(fp);

	if (fclose(fp) != 0 || bad)
		xalloc_fail();
}

static int
xglob_failed(const char *folder, int error)
{
	(void)folder;
	if (error == ENOMEM)
		xalloc_fail();
	return (0);
}

int
xglob(const char *pattern, glob_t *found)
{
	int	error;

	memset(found, 0, sizeof(*found));
	if ((error = glob(pattern, 0, xglob_failed, found)) == GLOB_NOSPACE)
		xalloc_fail();
	return (error);
}
