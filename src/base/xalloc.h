/* SPDX-License-Identifier: ISC */
/*
 * Memory, or the end: none of these returns NULL. Out of memory is one line on standard error and
 * exit status 71.
 */

#ifndef BASE_XALLOC_H
#define BASE_XALLOC_H

#include <glob.h>
#include <stddef.h>
#include <stdio.h>

/* libevent and jansson ask here, too. Called once, by main. */
void	 xalloc_init(void);
void	*xmalloc(size_t bytes);
void	*xcalloc(size_t count, size_t bytes);
void	*xreallocarray(void *old, size_t count, size_t bytes);
char	*xstrdup(const char *text);
/*
 * A stream whose bytes, with a NUL behind them, are *text when it is closed; the caller frees them.
 */
FILE	*xmemstream(char **text, size_t *len);
void	 xmemstream_close(FILE *fp);
char	*xasprintf(const char *fmt, ...) __attribute__((__format__(printf, 1, 2)));
/* glob(3) without flags, for which a folder that no memory is left to read is not an empty one. */
int	 xglob(const char *pattern, glob_t *found);
/* The line and the exit, for a library function that returned NULL because there was no memory. */
void	 xalloc_fail(void) __attribute__((__noreturn__));

#endif
