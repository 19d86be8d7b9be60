/* SPDX-License-Identifier: ISC */
/* A user's own keys. */

#ifndef SSHCONF_SSH_KEY_H
#define SSHCONF_SSH_KEY_H

#include <sys/types.h>

/* A private key; what could not be seen is -1. */
struct ssh_key {
	int	there;
	int	mode_ok;	/* ssh takes it from a user of this id */
	int	readable;	/* by this user, who may be root */
	int	encrypted;	/* with a passphrase */
};

/*
 * A file, without the root, that a user of this id would take a private key from. No part of the
 * key is kept.
 */
void	ssh_key_look(const char *root, const char *file, uid_t, struct ssh_key *);

#endif
