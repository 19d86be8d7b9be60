/* SPDX-License-Identifier: ISC */
/*
 * Runs a ProxyCommand as ssh does: by the user's shell, between two pipes; or, where ssh wants a
 * descriptor from it, on one socket. It is in a session of its own, whose terminal is ours: what it
 * asks a person comes to us.
 */

#ifndef OS_COMMAND_H
#define OS_COMMAND_H

#include <sys/types.h>

struct command {
	pid_t	pid;
	int	in, out;	/* its standard input and output; with fdpass the same socket */
	int	err;		/* its standard error */
	/* what it writes to its terminal; -1: it has none */
	int	tty;
	/* the terminal's other end, which is kept open so that reads wait; or -1 */
	int	held;
};

/* Start it. All descriptors are non-blocking. 0, or -1 with errno. */
int	command_start(struct command *, const char *line, int fdpass);
/*
 * The descriptor that it passes on that socket, non-blocking, for the caller to close; -1 with
 * errno, EPIPE if it has ended without.
 */
int	command_receive(const struct command *);
/* 1 if its terminal does not show what is typed, as for a password. */
int	command_hides(const struct command *);
/*
 * Close all, and end it and what it started: at once, or when it has had this long to end by
 * itself. Its exit status, or -1 if it was ended by a signal, or by us.
 */
int	command_end(struct command *, int ms);

#endif
