/* SPDX-License-Identifier: ISC */
/* The first words of a connection: a new session, or why not. */

#ifndef SERVE_GREET_H
#define SERVE_GREET_H

#include "serve/serve.h"

/* Who said hello, in this process of its own. */
struct greet {
	const struct serve	*serve;
	struct serve_peer	 peer;
	int			 fd;
	uint8_t			 hello[RESUME_HELLO_BYTES];	/* of kind NEW, and right */
	uint8_t			 id[RESUME_ID_BYTES];		/* for the session */
	size_t			 ring;				/* bytes of a ring */
	int			 door;
};

/* A new session, until its end; closes the descriptors. */
void	greet_new(const struct greet *);

#endif
