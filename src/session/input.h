/* SPDX-License-Identifier: ISC */
/* Standard input, and what was read of it too early. */

#ifndef SESSION_INPUT_H
#define SESSION_INPUT_H

#include <sys/types.h>

#include "wire/sshwire.h"

struct error;

/* What a client says before it has heard the server: more cannot be put back. */
#define INPUT_KEPT_MAX	SSHWIRE_ID_MAX

/*
 * As read(2), but 0 also where a terminal was hung up, or the other end of a socket is gone. With
 * -1, *err is set unless there is only nothing to read now. What was put back comes first.
 */
ssize_t	input_read(int fd, char *buf, size_t size, struct error *err);
/* Put so many bytes back, INPUT_KEPT_MAX at most; nothing is there yet. */
void	input_unread(const char *buf, size_t len);
/* 1 if something was put back, of which the descriptor tells nothing. */
int	input_pending(void);

#endif
