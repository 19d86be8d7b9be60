/* The first lines of an SSH connection, as bytes in memory: RFC 4253 section 4.2. */

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
	int			 matched;	/* bytes of "SSH-" matched in this line; -1: another line */
	char			 first[SSHWIRE_SHOWN];	/* the start of the first line, raw, NUL-terminated */
};

/*
 * Feed the next bytes; returns the new state, which does not change any more once it is not SSHWIRE_MORE.
 * Lines before the identification are allowed (RFC 4253 4.2), but not an HTTP reply.
 */
enum sshwire_id_state	sshwire_id_feed(struct sshwire_id *, const char *, size_t);

/* 1 if the line that is coming, or came last, begins with "SSH-". */
int	sshwire_id_begun(const struct sshwire_id *);

/*
 * Whether a client's first bytes are the start of an identification: 1 yes, 0 no, -1 too few bytes to tell.
 */
int	sshwire_is_client(const char *, size_t);

#endif
