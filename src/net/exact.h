/* SPDX-License-Identifier: ISC */
/* Reading a handshake without taking a byte of what comes behind it. */

#ifndef NET_EXACT_H
#define NET_EXACT_H

#include <sys/types.h>

#include "wire/http1.h"
#include "wire/sshwire.h"

#define EXACT_PEEK	2048	/* heads are short; a long one takes several turns */

/*
 * All on a non-blocking stream socket. 1 if it can go on at once, 0 if there is nothing to read
 * now, -1 if it has ended (errno 0) or failed (errno).
 */

/* At most so many bytes: how many came is at *got. */
int	exact_read(int, void *, size_t, size_t *got);
/* The next of an HTTP head, to its last byte and no further. */
int	exact_head(int, struct http1 *);
/*
 * 1 if the other side has said something, which stays in the socket: the beginning of it, up to
 * EXACT_PEEK bytes, was fed to the identification, which is empty before.
 */
int	exact_spoken(int, struct sshwire_id *);

#endif
