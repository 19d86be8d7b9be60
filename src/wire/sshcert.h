/* SPDX-License-Identifier: ISC */
/*
 * Certificates of host keys (OpenSSH's PROTOCOL.certkeys), as far as ssh looks at them. Their
 * signature is not verified.
 */

#ifndef WIRE_SSHCERT_H
#define WIRE_SSHCERT_H

#include <stddef.h>
#include <stdint.h>

#include "wire/sshkex.h"

/* It points into the bytes that it was read from. */
struct sshcert {
	char			 key[SSHKEX_KEY_TEXT];		/* that is certified */
	char			 authority[SSHKEX_KEY_TEXT];	/* the key that signed it */
	char			 algorithm[SSHKEX_NAME_MAX + 1];	/* of the signature */
	int			 host;		/* it is one of a host, not of a user */
	int			 critical;	/* it has options that must be understood */
	uint64_t		 after, before;	/* seconds since 1970; the second is excluded */
	const unsigned char	*principals;	/* each behind its length */
	size_t			 principals_len;
};

/* 1 if keys of this type are certificates. */
int	sshcert_type(const char *type);
/* The plain type of an algorithm or a key, "ssh-rsa" for all of RSA's, certificates' included. */
void	sshcert_plain(const char *algorithm, char [SSHKEX_NAME_MAX + 1]);
/* Read a whole one: 0, or -1 if it is none. */
int	sshcert_parse(const unsigned char *, size_t, struct sshcert *);
/* 1 if it names this host, 0 if not, -1 if it names none at all. */
int	sshcert_names(const struct sshcert *, const char *host);

#endif
