/* SPDX-License-Identifier: ISC */
/*
 * What known_hosts files say of a host: ssh-keygen, beside ssh or in /usr/bin, is asked, who knows
 * hashed names, too.
 */

#ifndef FACTS_SSH_KNOWN_H
#define FACTS_SSH_KNOWN_H

#include <limits.h>

#include "wire/sshkex.h"

#define SSH_KNOWN_FINGERPRINT	64	/* "SHA256:", 43 digits, and the NUL fit */

struct detect_input;

enum ssh_known_mark {
	SSH_KNOWN_KEY,
	SSH_KNOWN_AUTHORITY,
	SSH_KNOWN_REVOKED
};

/* A line with a key that ssh can read. */
struct ssh_known_line {
	const char		*file;	/* without the root */
	int			 line;
	enum ssh_known_mark	 mark;
	const char		*key;	/* "TYPE BASE64" */
};

/* Where host keys may be known. */
struct ssh_known {
	const struct detect_input *in;
	const char	*home;
	const char	*files;		/* paths with blanks between them, as ssh -G prints them */
};

/*
 * Each line that has the name "host" or "[host]:port", or a pattern that means it, in the order of
 * the files. 0, or -1 if a file that is there could not be looked at.
 */
int	ssh_known_lines(const struct ssh_known *, const char *name,
	    void (*)(void *, const struct ssh_known_line *), void *);
/*
 * 1 if a key of the name "host" or "[host]:port", or of an authority for it, is known, 0 if none
 * is, -1 if that cannot be told.
 */
int	ssh_known(const struct ssh_known *, const char *name);
/*
 * Each key of the list that RevokedHostKeys names, with the mark of those. 0, or -1 if they cannot
 * be told: ssh cannot read it either, or it is a KRL, or too long.
 */
int	ssh_known_barred(const struct ssh_known *, const char *file,
	    void (*)(void *, const struct ssh_known_line *), void *);
/* The key of a line as sshkex_host_key has it, type and tail: 0, or -1 if it is too short. */
int	ssh_known_tail(const char *key, char [SSHKEX_KEY_TEXT]);
/* "SHA256:..." of the first key in a file, as ssh prints it; 0 or -1. */
int	ssh_known_fingerprint(const struct detect_input *, const char *file,
	    char [SSH_KNOWN_FINGERPRINT]);

#endif
