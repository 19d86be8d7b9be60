/* SPDX-License-Identifier: ISC */
/*
 * What kind of session this is, judged by the first bytes of both sides. Pure: bytes in, verdict
 * out.
 *
 * A client whose first bytes are "SSH-" wants an SSH server (RFC 4253 4.2). One that ended without
 * a byte wants to hear anything at all. Any other client speaks a protocol of its own, and there is
 * nothing to judge.
 */

#ifndef SESSION_IDENTIFICATION_H
#define SESSION_IDENTIFICATION_H

#include <stddef.h>

#include "wire/sshwire.h"

struct error;

enum identification_state {
	IDENTIFICATION_OPEN,		/* cannot be told yet */
	IDENTIFICATION_PASSED,	/* the session is under way */
	/* the client wants SSH, and the server speaks something else */
	IDENTIFICATION_FAILED
};

/* What ended the wait for the server. */
enum identification_end {
	IDENTIFICATION_EOF,
	IDENTIFICATION_RESET,
	IDENTIFICATION_TIMEOUT
};

struct identification {
	enum identification_state	 state;
	enum {
		CLIENT_UNKNOWN,
		CLIENT_SSH,
		CLIENT_MUTE,	/* ended without a byte */
		CLIENT_OTHER
	}			 client;
	char			 head[4];	/* the client's first bytes */
	size_t			 head_len;
	struct sshwire_id	 server;
};

/* All zero is a new identification. Each call tells what one side did and returns the state. */
enum identification_state	identification_client(struct identification *, const char *,
				    size_t);
enum identification_state	identification_client_end(struct identification *);
enum identification_state	identification_server(struct identification *, const char *,
				    size_t);
/* The client has another server now, which has not said anything yet. */
void			identification_again(struct identification *);

/*
 * The wait ended so, or the state is IDENTIFICATION_FAILED: -1 with the error set, whose text
 * begins with the target's name, or 0 if nothing is wrong with it (the client speaks no SSH, or has
 * not spoken yet; but a server that resets the connection before either side has spoken is an
 * error).
 */
int	identification_check(const struct identification *, enum identification_end, const char *,
	    struct error *);
/* The connection failed with this errno: set the error, whose text begins with the target. */
void	identification_failed(const struct identification *, int error, const char *target,
	    struct error *);

#endif
