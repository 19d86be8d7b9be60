/* SPDX-License-Identifier: ISC */
/*
 * Writing to a descriptor that the caller shares. It is never made non-blocking, for the flag would
 * be seen by everyone who holds it, and yet a write must not stand still.
 */

#ifndef SESSION_OUTPUT_H
#define SESSION_OUTPUT_H

#include <sys/types.h>

struct output {
	int	fd;		/* to wait on, and to splice to */
	int	own;		/* opened by us, besides the caller's */
	int	gauge;		/* tells how much room a pipe or socket has; -1: nothing does */
	enum {
		OUTPUT_PIPE,	/* a pipe: pieces that it takes, and splice where there is one */
		OUTPUT_SOCKET,	/* a stream socket: MSG_DONTWAIT */
		OUTPUT_PLAIN	/* a file, /dev/null, or a terminal that we opened ourselves */
	}	kind;
};

/*
 * Look at the caller's descriptor. A terminal is opened once more, non-blocking, to be closed with
 * output_close.
 */
void	output_open(struct output *, int);
void	output_close(struct output *);
/* 1 if it has no room now; an error counts as room, for the next write tells it. */
int	output_full(const struct output *);
/*
 * Write what goes without waiting: the bytes written, or -1 with errno, EAGAIN if there is no room
 * now.
 */
ssize_t	output_write(const struct output *, const char *, size_t);
/* Tell the reader of the caller's descriptor that no more will come. */
void	output_end(const struct output *, int);
/* 1 if nobody is left to read. */
int	output_gone(int);

#endif
