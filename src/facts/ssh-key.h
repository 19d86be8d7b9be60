/* Keys on this machine: the user's own, and what is known of hosts'. */

#ifndef FACTS_SSH_KEY_H
#define FACTS_SSH_KEY_H

#include <sys/types.h>

#include <stddef.h>

#include "wire/sshkex.h"

#define SSH_KNOWN_KEYS	16	/* of one host */

struct detect_input;

/* A private key; what could not be seen is -1. */
struct ssh_key {
	int	there;
	int	mode_ok;	/* ssh takes it from a user of this id */
	int	readable;	/* by this user, who may be root */
	int	encrypted;	/* with a passphrase */
};

/* Where host keys may be known; ssh-keygen, beside ssh or in /usr/bin, is asked. */
struct ssh_known {
	const struct detect_input *in;
	const char	*home;
	const char	*files;		/* paths with blanks between them, as ssh -G prints them */
	char		 types[128];	/* out: the types of the keys that were found, with blanks between them */
	char		 keys[SSH_KNOWN_KEYS][SSHKEX_KEY_TEXT];	/* out: the keys, as sshkex_host_key has them */
	int		 key_count;
	int		 authority;	/* out: it is one of an authority */
};

/* A file, without the root, that a user of this id would take a private key from. No part of the key is kept. */
void	ssh_key_look(const char *root, const char *file, uid_t, struct ssh_key *);
/* 1 if a key of the name "host" or "[host]:port" is known, 0 if none is, -1 if that cannot be told. */
int	ssh_known(struct ssh_known *, const char *name);

#endif
