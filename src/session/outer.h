/* SPDX-License-Identifier: ISC */
/*
 * A connection that another ssh forwards (ssh -W), where a firewall lets only the port of sshd
 * through. It is a process of ours, which asks nobody anything and ends with the connection.
 */

#ifndef SESSION_OUTER_H
#define SESSION_OUTER_H

#include <sys/types.h>

#include <event2/event_struct.h>

#include <stddef.h>

#define OUTER_SAID_MAX	1024

struct connection;
struct error;
struct event_base;
struct run_child;

/* How it is run; all of it is the caller's, and outlives the connection. */
struct outer_command {
	const char *const	*argv;		/* argv[0] is a path */
	struct run_child	*child;
};

/* The caller's memory, all zero at first. */
struct outer {
	pid_t		 pid;		/* 0: there is none */
	int		 fd;		/* until it is called back; or -1 */
	int		 said_fd;	/* what it says on standard error */
	struct event	 ev;
	void		(*cb)(const struct connection *, const struct error *, void *);
	void		*arg;
	/* what it said; it stays when the process is gone */
	char		 said[OUTER_SAID_MAX];
	size_t		 said_len;
};

/*
 * Start it. Exactly one callback, from the event loop: a descriptor, over which nothing is known to
 * have passed yet, or the error; or outer_stop and none.
 */
void	outer_start(struct outer *, struct event_base *, const struct outer_command *,
	    void (*cb)(const struct connection *, const struct error *, void *), void *arg);
/*
 * End the process, at once, or when it has had so long to end by itself, for its descriptor was
 * closed. None is allowed.
 */
void	outer_stop(struct outer *, int ms);
/* Its last words, printable and on one line; "" if it has said nothing. Returns the buffer. */
const char *outer_said(struct outer *, char *, size_t);
/* 1 if ssh itself has spoken: it came to a server, which may count those that come in vain. */
int	outer_refused(struct outer *);

#endif
