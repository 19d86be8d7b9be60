/* SPDX-License-Identifier: ISC */
/* Errors: what failed, as a code and a text. The catalogue says what a code means. */

#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stddef.h>

#include "base/code.h"

/* What a person reads is one line of at most this many bytes, newline included. */
#define ERROR_LINE_BYTES 200

/* The hint of CODE_NO_MEMORY, which is said where nothing can be looked up. */
#define ERROR_HINT_NO_MEMORY "end some programs"

/* Why something failed. Filled by whoever fails, printed by the commands only. */
struct error {
	enum code	 code;
	/* what happened, without prefix, hint or newline; safe to print */
	char		 text[160];
	/* so many bytes of it are our words, and the rest a peer's; 0: all of them are ours */
	size_t		 own;
};

/* Fill the error (NULL is allowed); the text passes vis(3) and is cut to fit. */
void	error_set(struct error *, enum code, const char *,
	    ...) __attribute__((__format__(printf, 3, 4)));
/*
 * Fill the error from errno: descriptors, memory, permissions and full disks get their own codes,
 * the rest CODE_SYSTEM. The text says what was tried and strerror(3).
 */
void	error_errno(struct error *, int, const char *);
/* The program's name, in front of each line, if it is not "meshssh"; a constant. */
void	error_program(const char *);
/* "meshssh: text; hint\n" in at most ERROR_LINE_BYTES bytes; the buffer holds that and the NUL. */
void	error_format(const struct error *, const char *hint, char [ERROR_LINE_BYTES + 1]);
/* Copy a string of unknown origin, printable and cut to fit; returns the destination. */
char	*error_vis(char *, size_t, const char *);

#endif
