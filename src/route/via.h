/* SPDX-License-Identifier: ISC */
/*
 * A route is a way to the target that ends in one bare connected descriptor. This is the interface
 * of all of them: the race connects a socket to `to`, tells the route, and calls step whenever what
 * it waits for has come, until it is done. A step takes no byte of what comes behind its own
 * handshake, and never loops, sleeps or keeps time.
 */

#ifndef ROUTE_VIA_H
#define ROUTE_VIA_H

#include <sys/types.h>
#include <sys/socket.h>

#include "base/error.h"
#include "facts/env-proxy.h"

struct tailscaled;
struct target;
struct via;

/* One way, as the plan has it. What the pointers point to outlives the race. */
struct via_step {
	const struct via	*via;
	/* whom to connect to; of tailscaled it is only known in there */
	const struct sockaddr	*to;
	socklen_t		 to_len;
	const struct tailscaled	*tailscaled;
	/* the interface to leave by, whatever the routes say; "": as they say */
	char			 device[16];
	const char		*proxy;		/* HOST:PORT */
	int			 proxy_named;	/* by the user */
	int			 proxy_guess;	/* it is trusted only for who listens there */
	const char		*host;		/* the target, as this way is to name it */
	/* tailscaled is asked whether this address is one of its; or NULL */
	const struct sockaddr	*ask;
	socklen_t		 ask_len;
	/* if tailscaled says that the host is none of the mesh, connect ourselves */
	int			 dial_self;
	/* tailscaled was asked for its status and did not answer */
	int			 hung;
	/* so many ms are enough for it; 0: as many as the target has */
	int			 limit_ms;
	const char		*why;		/* for people */
};

enum via_want {
	VIA_WANT_READ,
	VIA_WANT_WRITE,
	VIA_DONE,
	VIA_FAIL,		/* the error of the hop is set */
	/* close the descriptor, connect to the same address and begin again */
	VIA_AGAIN,
	/* close the descriptor; self is the address to connect to directly */
	VIA_DIAL_SELF
};

/* A step under way. */
struct via_attempt {
	const struct via_step	*step;
	const struct target	*target;
	int			 fd;
	/* the handshake's own state, or NULL; wiped in the end, for it may have a password */
	void			*talk;
	size_t			 talk_size;
	struct error		 err;		/* begins with the target */
	/* for the record: its text without the target, or less */
	const char		*what;
	char			 said[80];	/* what the system says of it */
	/* this machine could not even try, which tells little */
	int			 local;
	int			 login;		/* with VIA_AGAIN: the proxy wants one, by Basic */
	struct sockaddr_storage	 self;		/* with VIA_DIAL_SELF */
	socklen_t		 self_len;
};

/* What a route connects to, which decides when a plan takes it. */
enum via_to {
	VIA_TO_TARGET,		/* the target's own addresses */
	VIA_TO_TAILSCALED,	/* the socket of tailscaled */
	VIA_TO_PROXY		/* a proxy: one that is known, or --via=NAME=ADDRESS */
};

struct via {
	const char	*name;			/* for --via, for the record and for --debug */
	/* who stands between us and the target, in a sentence; NULL if nobody does */
	const char	*peer;
	/* the end of the client's stream may be passed on before the server's */
	int		 half_close;
	/* "connected" is the target's own word, not that of a peer in between */
	int		 end_to_end;
	enum via_to	 to;
	enum proxy_kind	 proxy;			/* with VIA_TO_PROXY */
	enum code	 broken;		/* the peer ended in the middle of the handshake */
	/* Connected: the first step. */
	enum via_want	(*begin)(struct via_attempt *);
	enum via_want	(*step)(struct via_attempt *);
	/*
	 * Set the error: the connection was not made, errno says why, after so many ms; or there
	 * was no answer in time.
	 */
	void		(*unconnected)(struct via_attempt *, int error, int64_t took_ms);
	void		(*silent)(struct via_attempt *, int64_t took_ms);
	/* The address to connect to, as text; returns the buffer. */
	const char	*(*address)(const struct via_step *, char *, size_t);
};

extern const struct via	via_direct, via_localapi, via_socks5, via_http;
/* all of them, in the order in which they are tried; ends with NULL */
extern const struct via	*const via_table[];

/* An empty state for an attempt, of so many bytes. */
void		*via_talk(struct via_attempt *, size_t);
/* "NAME ADDRESS", or, of the direct way, the address alone; returns the buffer. */
const char	*via_text(const struct via_step *, char *, size_t);
/* The first route to this; each kind has one. */
const struct via *via_first(enum via_to to);
/* The route of this name, of which the text has so many bytes; NULL if there is none. */
const struct via *via_find(const char *name, size_t bytes);
/* Set the error of the hop: the target, a colon, a blank and this text. Returns VIA_FAIL. */
enum via_want	via_fail(struct via_attempt *, enum code, const char *,
		    ...) __attribute__((__format__(printf, 3, 4)));
/* Add what a peer has said to the error that was just set. Returns VIA_FAIL. */
enum via_want	via_said(struct via_attempt *, const char *);
/*
 * Send what is left of so many bytes; VIA_WANT_WRITE, VIA_WANT_READ when all are gone, or VIA_FAIL.
 */
enum via_want	via_send(struct via_attempt *, const void *, size_t, size_t *sent);
/*
 * Set the error to what the system says of a descriptor in the middle of a handshake: errno, or 0
 * for its end.
 */
enum via_want	via_broken(struct via_attempt *, int error);
/*
 * What this errno of connect(2) or socket(2) says of this machine and its network, whoever was to
 * be reached; CODE_NONE if nothing.
 */
enum code	via_own_fault(int);
/*
 * What a peer says of a connection that it could not make ("connection was refused"): the message
 * that fits, or the other.
 */
enum code	via_message(const char *, enum code);

#endif
