/* SPDX-License-Identifier: ISC */
/*
 * The beginning of a session through a program that forms its own segments of what the client
 * sends. tailscaled makes them as large as the mesh's MTU allows, and a network below the mesh that
 * carries less may drop them without a message. So it is given small pieces, some milliseconds
 * apart, and makes a small segment of each. What the server sends is not in our hands: if it stays
 * silent in the key exchange, that is reported.
 */

#ifndef SESSION_PACE_H
#define SESSION_PACE_H

#include <sys/types.h>

#include <event2/event_struct.h>

#include <stdint.h>

#include "wire/sshwire.h"

struct event_base;

/* as long as a login may take to be told, and longer than a busy server needs */
#define PACE_SILENT_S	13

struct pace {
	int			 on;
	size_t			 given;		/* bytes, in pieces */
	/* whose turn it is in the key exchange */
	enum {
		PACE_HELLO,	/* the server's: its identification and its KEXINIT */
		PACE_CLIENT,
		PACE_REPLY,	/* the server's */
		PACE_OVER
	}			 turn;
	struct sshwire_hello	 hello;		/* of the server */
	struct event		 timer;		/* it is silent */
	void			(*silent_cb)(void *);
	void			*arg;
};

/*
 * Begin, at a connection that is there, with a callback for a server that stays silent for
 * PACE_SILENT_S when it is its turn.
 */
void	pace_start(struct pace *pace, struct event_base *base, void (*silent_cb)(void *),
	    void *arg);
void	pace_stop(struct pace *pace);
/* How many of so many bytes may be given now; all, if it was not begun or is over. */
size_t	pace_most(const struct pace *pace, size_t len);
/* So many were given: the milliseconds to wait for the next; 0 if there is no need. */
int	pace_given(struct pace *pace, size_t len);
/* The server has said this. */
void	pace_heard(struct pace *pace, const char *buf, size_t len);
/* 1 if what the server says has to be read for pace_heard. */
int	pace_listens(const struct pace *pace);

#endif
