/* SPDX-License-Identifier: ISC */
/*
 * Hold back, prove, replay. What the client says first, its identification and KEXINIT, is
 * recorded; the identification of the server passes; what the server says behind it waits in the
 * socket until the kernel of the server has acknowledged every byte of the client. Until then
 * nothing is lost if the connection is thrown away, and the same bytes are said again on a new one
 * with smaller segments. OpenSSH's client does not notice: its first bytes do not depend on the
 * server's, and only the identification of the server enters the exchange (RFC 4253 8), so it must
 * be the same again.
 *
 * A connection is in doubt when bytes had to be sent again and are still not acknowledged, when
 * something came from the server behind what did not, or when nothing comes although it must say
 * something. After one round trip a second connection is made, after two it is taken.
 *
 * Where the host has another address, and nothing at all comes from this one for a second, the same
 * is said there, and whichever server speaks first is taken.
 *
 * Whatever is not foreseen is committed at once: a client that says something else, or nothing
 * before it has the server's KEXINIT; a server that is no SSH-2.0; 10 s; a platform that cannot
 * tell what is acknowledged.
 */

#ifndef SESSION_HOLDBACK_H
#define SESSION_HOLDBACK_H

#include <sys/types.h>

struct holdback;
struct race_config;
struct connection;

/* So many bytes that one side has sent at once are known to have arrived; 0 if nothing is known. */
struct holdback_proof {
	int	forward_bytes;
	int	reverse_bytes;
};

struct holdback_config {
	const struct connection	*conn;		/* the connection in use */
	/* how to connect again; its MSS steps and callback do not count */
	const struct race_config *race;
	/*
	 * The connection is the way's from now on, and this is still to be said on it. The old one
	 * is the callee's to close.
	 */
	void			(*switched_cb)(const struct connection *, const char *, size_t,
				    void *);
	/*
	 * All may pass. The handle is gone. The number is the segment size, if it took a smaller
	 * one than the first, or 0.
	 */
	void			(*committed_cb)(int mss_bytes, const struct holdback_proof *,
				    void *);
	void			*arg;
};

/* What the configuration points to outlives the handle. */
struct holdback	*holdback_start(const struct holdback_config *conf);
/* Without a callback. */
void		 holdback_stop(struct holdback *hold);

/* The client has said this, which the caller sends. May commit. */
void		 holdback_client(struct holdback *hold, const char *buf, size_t len);
/* The client, or the server, has ended. May commit. */
void		 holdback_end(struct holdback *hold);
/*
 * Read what may be read of the server now, as read(2) does: -1 with EAGAIN if nothing may, with
 * EPROTO if the server identifies itself otherwise than before. *again is set if the client has
 * these bytes already. May commit.
 */
ssize_t		 holdback_read(struct holdback *hold, char *buf, size_t size, int *again);
/*
 * 1 if the server has said more than may pass: there is no use in waiting for the socket before it
 * is committed.
 */
int		 holdback_holds(const struct holdback *hold);

#endif
