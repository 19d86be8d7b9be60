/* SPDX-License-Identifier: ISC */
/*
 * Bytes between standard input and output and one connected stream socket, until the session ends.
 */

#ifndef SESSION_RELAY_H
#define SESSION_RELAY_H

struct error;
struct event_base;
struct race_config;
struct connection;
struct offer;
struct target;

struct relay_config {
	int			 in_fd;
	int			 out_fd;
	/* what carries the connection can do that; if not, the client's end waits */
	int			 half_close;
	/* for messages, and the time limit of the identification */
	const struct target	*target;
	/* to the server; the relay takes over its descriptor, and closes it when it ends */
	const struct connection	*conn;
	const struct race_config *race;	/* how to make another like it, where it is guarded */
	/* through tailscaled, the host may leave the client without a word so long; 0: for ever */
	int			 carrier_s;
	/*
	 * Once, when the session has got under way; the number is 1 if it is SSH. Where the path is
	 * guarded, that is later.
	 */
	void			(*running_cb)(int, void *);
	/*
	 * The path loses large packets: the next connection should begin with segments of so many
	 * bytes.
	 */
	void			(*learned_cb)(int, void *);
	/*
	 * The server offers, at this port, a session that outlives its connections, and of what the
	 * client said so far it has heard nothing. 0 if relay_answered will follow, -1 if not. NULL
	 * is allowed.
	 */
	int			(*offered_cb)(int port, const struct connection *,
				    const struct offer *, void *);
	void			*arg;
};

/*
 * Run the loop until the session is over; what is in the loop besides goes on. 0 if it ended in
 * order, also by SIGHUP (what ssh had written by then is still sent), by SIGTERM or because the
 * reader of the output is gone. -1 with the error set otherwise. The output may be closed on
 * return. 1 if the session goes on elsewhere: relay_answered.
 *
 * A client whose first bytes are "SSH-", or that ended without a byte, waits for the identification
 * of an SSH server: silence, an early end and other protocols are errors then. With any other
 * client the relay is plain.
 */
int	relay_run(struct event_base *, const struct relay_config *, struct error *);
/* 1 while a session that has begun waits for the server's first identification. */
int	relay_waits(void);
/* That has lasted long enough, for a client of SSH. */
void	relay_expire(void);
/* 1: leave the session to whoever took it up; 0: go on, and pass on what the server has said. */
void	relay_answered(int taken);

#endif
