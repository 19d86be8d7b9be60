/* SPDX-License-Identifier: ISC */
/*
 * What the probes share: addresses out of the facts, connections with a deadline, and how many of
 * them were made.
 */

#ifndef PROBE_PROBE_NET_H
#define PROBE_PROBE_NET_H

#include <sys/types.h>
#include <sys/socket.h>

#include <netdb.h>
#include <stdint.h>

#include "probe/probe.h"
#include "route/target.h"

struct error;
struct connection;
struct via;

#define PROBE_ADDRESSES_MAX	8
#define PROBE_TEXT_MAX		200	/* of what a server says, made printable, in the facts */

/* A connection that one probe leaves to the next: servers and firewalls count them. */
struct probe_kept {
	int	fd;		/* -1: there is none */
	int	mss_bytes;	/* of its segments, as probe_begin has them */
	size_t	sent;		/* bytes of our identification that the server has */
	int64_t	since_ms;	/* when it was connected */
};

/* Addresses as getaddrinfo(3) has them, but in memory of their own: nobody frees them. */
struct probe_addresses {
	struct addrinfo		list[PROBE_ADDRESSES_MAX];
	struct sockaddr_storage	ss[PROBE_ADDRESSES_MAX];
	int			count;
};

/* The address itself, or what the resolver has said of the host. */
void	probe_addresses(struct probe_addresses *, const json_t *facts, const struct probe_input *);
/* The address that connections are made to directly: its length, or 0 if no direct way works. */
socklen_t probe_direct(const json_t *facts, const struct probe_input *, struct sockaddr_storage *);
/* 1 if that is another machine: nothing of a path is to be learned on the way to oneself. */
int	probe_far(const json_t *facts, const struct probe_input *);

/*
 * An address that was not connected to: if it is in the network of an interface that the kernel
 * passes over, connect by that, and note what came of it. 1 if it is.
 */
int	probe_conflict(json_t *facts, const struct probe_input *, const struct sockaddr *,
	    socklen_t);

/*
 * How many connections may still be made to the server; and that so many were made, whoever counts
 * them there.
 */
int	probe_left(const json_t *facts);
void	probe_made(json_t *facts, int);
/*
 * A connection failed so, though earlier ones did not: that is a fact, and no more are made, for
 * some limits last longer with each attempt.
 */
void	probe_stopped(json_t *facts, const char *code);
/* The name of the code for what connect(2) says. */
const char *probe_connect_code(int error);

/*
 * Begin to connect, with segments of so many bytes (0: as the kernel has them) and this TOS, of
 * which 0 is none. The caller closes the descriptor; -1 with errno.
 */
int	probe_begin(const struct sockaddr *, socklen_t, const struct probe_input *, int mss_bytes,
	    int tos);
/* Packets towards the address have this TOS from now on; 0, or -1 with errno. */
int	probe_mark(int fd, const struct sockaddr *, int tos);
/* Connect, within so long: the same, or -1 with errno, ETIMEDOUT if there is no answer. */
int	probe_dial(const struct sockaddr *, socklen_t, const struct probe_input *, int mss_bytes,
	    int tos, int within_ms);
/* Send what fits into the socket's buffer before then: 0, or -1 with errno. */
int	probe_send(int fd, const void *, size_t, int64_t until_ms);
/*
 * Close in order: say this, if it is not NULL, end our side, and let the other one end; 300 ms at
 * most.
 */
void	probe_end(int fd, const void *, size_t);

/*
 * Leave the connection to the next probe, or end it if the input does not keep any. What was kept
 * before is ended; so is it with -1.
 */
void	probe_keep(const struct probe_input *, const struct probe_kept *);
/*
 * Take what was kept, if its segments are of so many bytes and it is no older than two seconds:
 * the descriptor is the caller's. Else -1.
 */
int	probe_kept(const struct probe_input *, int mss_bytes, size_t *sent);

/*
 * Run the race over this kind of way alone, with segments of so many bytes. 0 and the way, whose
 * descriptor the caller closes and which what was seen must outlive; -1 with the reason in the
 * attempts and the error.
 */
int	probe_race(const struct probe_input *, const struct via *, int mss_bytes,
	    struct connection *, struct attempts *, struct error *);
/*
 * A connection over the route that works (connect.route), with segments of so many bytes: the one
 * that was kept, or a new one, which is counted. The caller closes the descriptor. -1 if that
 * failed this time, which is a fact then.
 */
int	probe_open(json_t *facts, const struct probe_input *, int mss_bytes);

/*
 * A connection to another port of the host by that route, which nobody counts. The caller closes
 * the descriptor. -1 with the name of the code that says why there is none.
 */
int	probe_reach(const json_t *facts, const struct probe_input *, int port, const char **code);

/* What the other side says, as it comes. */
struct probe_talk {
	int	fd;
	/* the other side has ended, or the connection is broken, or there is no room */
	int	over;
	int	error;		/* errno of that, or 0 */
	size_t	len;
	char	buf[49152];
};

/* Read more of it, before then: 1 if some came, 0 if not. */
int	probe_hear(struct probe_talk *, int64_t until_ms);
/* How it ended without a word: "silent", "closed" or "reset". */
const char *probe_mute(const struct probe_talk *);

#endif
