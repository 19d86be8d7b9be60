/* SPDX-License-Identifier: ISC */
/* The first bytes of an SSH connection, in memory: RFC 4253 sections 4.2, 6 and 7.1. */

#ifndef WIRE_SSHWIRE_H
#define WIRE_SSHWIRE_H

#include <stddef.h>

/* OpenSSH's limits before the identification (sshd and ssh, kex_exchange_identification). */
#define SSHWIRE_LINE_MAX	8192
#define SSHWIRE_LINES_MAX	1024
/* How much of the first line is kept to show to a person. */
#define SSHWIRE_SHOWN		48

enum sshwire_id_state {
	SSHWIRE_MORE,		/* no identification yet, may still come */
	SSHWIRE_SSH,		/* a whole line that begins with "SSH-" has come */
	SSHWIRE_NOT_SSH		/* no client would accept what came */
};

/* Looks for the server's identification in a stream; all zero to begin with. */
struct sshwire_id {
	enum sshwire_id_state	 state;
	size_t			 column;	/* bytes in the current line */
	size_t			 lines;		/* whole lines before it */
	size_t			 total;		/* bytes seen */
	/* bytes of "SSH-" matched in this line; -1: another line */
	int			 matched;
	/* the start of the first line, raw, NUL-terminated */
	char			 first[SSHWIRE_SHOWN];
};

/*
 * Feed the next bytes; returns the new state, which no longer changes once it is not
 * SSHWIRE_MORE. Lines before the identification are allowed (RFC 4253 4.2), but not an HTTP reply.
 */
enum sshwire_id_state	sshwire_id_feed(struct sshwire_id *, const char *, size_t);

/*
 * What sshd says in the place of its identification when it lets nobody in just now (OpenSSH,
 * sshd.c), in a word: "maxstartups" or "penalty"; NULL if the first line is something else. OpenSSH
 * 10.0 has the words of a penalty for both.
 */
const char *sshwire_refusal(const struct sshwire_id *);
/*
 * "meshssh=PORT", a word among the comments of the identification (RFC 4253 4.2) that these bytes
 * begin with: the port, or 0 if there is none, or the line is not whole. It offers a port where the
 * session can be one that outlives its connections.
 */
int	sshwire_offer(const char *, size_t);
/* 1 if the line that is coming, or came last, begins with "SSH-". */
int	sshwire_id_begun(const struct sshwire_id *);

/*
 * Whether a client's first bytes are the start of an identification: 1 yes, 0 no, -1 too few bytes
 * to tell.
 */
int	sshwire_is_client(const char *, size_t);

/*
 * What a client says before it has heard anything: its identification, one KEXINIT in the clear,
 * and no more.
 */
#define SSHWIRE_ID_MAX		255	/* RFC 4253 4.2, with CR and LF */
#define SSHWIRE_PACKET_MAX	35000	/* RFC 4253 6.1 */
#define SSHWIRE_HELLO_MAX	(SSHWIRE_ID_MAX + SSHWIRE_PACKET_MAX)

/*
 * The line that is coming, or came last, as far as it may be an identification; all zero to begin
 * with.
 */
struct sshwire_line {
	char	text[SSHWIRE_ID_MAX];
	size_t	len;
	int	ended;
};

void	sshwire_line_feed(struct sshwire_line *, char);

struct sshwire_hello {
	enum {
		SSHWIRE_HELLO_MORE,	/* not whole yet */
		SSHWIRE_HELLO_WHOLE,
		SSHWIRE_HELLO_OTHER	/* something else, or something behind it */
	}			state;
	size_t			line;	/* bytes of the identification */
	int			ended;	/* it is whole */
	size_t			packet;	/* bytes of the packet */
	size_t			length;	/* its packet_length, once four bytes have come */
};

/*
 * Feed the client's next bytes; all zero to begin with. Returns the state; SSHWIRE_HELLO_OTHER
 * stays.
 */
int	sshwire_hello_feed(struct sshwire_hello *, const char *, size_t);
/*
 * 1 if a line of so many bytes is the identification of a server that speaks version 2 (RFC 4253
 * 5.1).
 */
int	sshwire_is_version_2(const char *, size_t);

#endif
