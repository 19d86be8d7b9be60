/*
 * Writing to a descriptor that the caller shares. It is never made non-blocking, for the flag would be seen by everyone
 * who holds it, and yet a write must not stand still.
 */

#ifndef SESSION_OUTPUT_H
#define SESSION_OUTPUT_H

#include <sys/types.h>

enum output_kind {
	OUTPUT_PIPE,		/* a pipe: pieces of PIPE_BUF, and splice where there is one */
	OUTPUT_SOCKET,		/* a stream socket: MSG_DONTWAIT */
	OUTPUT_FILE,		/* a file or /dev/null: always ready */
	OUTPUT_OTHER		/* a terminal: pieces, like a pipe */
};

enum output_kind	output_kind(int);
/* Write what goes without waiting: the bytes written, or -1 with errno, EAGAIN if there is no room now. */
ssize_t			output_write(int, enum output_kind, const char *, size_t);
/* Tell the reader that no more will come. */
void			output_end(int, enum output_kind);
/* 1 if nobody is left to read. */
int			output_gone(int);

#endif
