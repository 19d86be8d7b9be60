/* SPDX-License-Identifier: ISC */
/*
 * The first bytes of a connection that a session can go on over: a hello of ours, and the reply.
 * The hello is a write of its own, so that a path which loses large packets does not lose it with
 * what follows.
 */

#ifndef SESSION_HANDSHAKE_H
#define SESSION_HANDSHAKE_H

#include <event2/event_struct.h>

#include "wire/resume.h"

struct event_base;

/* The caller's memory. It reads `sent` and `got`; the descriptor stays its own. */
struct handshake {
	uint8_t			 sent[RESUME_HELLO_BYTES];
	uint8_t			 got[RESUME_HELLO_BYTES];
	size_t			 have;		/* bytes of `got` */
	struct event		 ev;
	void			(*cb)(int whole, void *);
	void			*arg;
};

/*
 * Send `sent` over this connected socket and wait for the reply. Exactly one callback: 1 when `got`
 * is whole, 0 if the other side ended or said nothing in time. Return 0, or -1 if the hello could
 * not be sent; then there is no callback.
 */
int	handshake_start(struct handshake *, struct event_base *, int fd, int limit_ms,
	    void (*cb)(int whole, void *), void *arg);
/* No callback will come; one that never began is allowed, if it is all zero. */
void	handshake_stop(struct handshake *);

#endif
