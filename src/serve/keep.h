/* SPDX-License-Identifier: ISC */
/* A session, in a process of its own: from sshd to whichever connection the client has. */

#ifndef SERVE_KEEP_H
#define SERVE_KEEP_H

#include "serve/serve.h"
#include "session/stream.h"
#include "wire/resume-proof.h"

/* The caller's memory, zeroed, and up to `door` filled in by him; the rest is ours. */
struct keep {
	const struct serve	*serve;
	struct stream		 stream;	/* begun, with its first connection */
	struct serve_peer	 peer;
	uint8_t			 id[RESUME_ID_BYTES];
	uint8_t			 key[RESUME_KEY_BYTES];
	uint32_t		 hold_s;
	int			 sshd;
	int			 door;		/* see serve/door.h */

	uint32_t		 number;	/* the highest that was accepted */
	int			 sshd_ended;	/* it says no more */
	int			 sshd_deaf;	/* and hears nothing */
	int			 shut;		/* it was told that the client says no more */
	int64_t			 begun_ms;
	int64_t			 away_ms;	/* without a connection since; -1: there is one */
	int64_t			 last_ms;	/* then sshd's last words have waited enough; -1 */
	const char		*why;		/* it ended */
};

/* Until the end of the session; closes all of its descriptors and frees the stream. */
void	keep_run(struct keep *);

#endif
