/* SPDX-License-Identifier: ISC */
/*
 * The client's side of SOCKS5, as bytes in memory: RFC 1928, with user name and password by RFC
 * 1929.
 */

#ifndef WIRE_SOCKS5_H
#define WIRE_SOCKS5_H

#include <stddef.h>

#include "base/addr.h"
#include "base/error.h"

/* of a name, a user or a password: each has one byte for its length */
#define SOCKS5_PART_MAX	255
#define SOCKS5_OUT_MAX	(3 + 2 * (1 + SOCKS5_PART_MAX))

enum socks5_state {
	SOCKS5_SEND,		/* out[] is to be sent, then socks5_sent called */
	SOCKS5_RECV,		/* at most socks5_want bytes are to be read, and fed */
	SOCKS5_DONE,		/* connected; what comes next is the host's */
	SOCKS5_FAILED		/* code and text say why */
};

struct socks5 {
	enum socks5_state	 state;
	unsigned char		 out[SOCKS5_OUT_MAX];
	size_t			 out_len;
	enum code		 code;
	const char		*text;

	const char		*host;
	int			 port;
	const char		*user;		/* NULL: there are no credentials */
	const char		*password;
	enum {
		SOCKS5_METHOD,
		SOCKS5_LOGIN,
		SOCKS5_REPLY
	}			 step;
	unsigned char		 in[4 + 1 + SOCKS5_PART_MAX + 2];
	size_t			 have;
	/* the length of what is read now, as far as it is known */
	size_t			 need;
};

/*
 * Begin: the host, a name or an address without zone, the port, and user and password or NULL. The
 * strings stay the caller's and must outlive it. -1 if one of them is too long for the protocol, or
 * the host has a zone: then code and text are set.
 */
int	socks5_begin(struct socks5 *, const char *, int, const char *, const char *);
/* out[] was sent. */
enum socks5_state	socks5_sent(struct socks5 *);
/* How many bytes may be read without taking any of the host's. */
size_t	socks5_want(const struct socks5 *);
/* Feed what was read, at most so many. */
enum socks5_state	socks5_feed(struct socks5 *, const unsigned char *, size_t);

#endif
