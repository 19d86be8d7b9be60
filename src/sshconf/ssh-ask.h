/* SPDX-License-Identifier: ISC */
/* Programs of OpenSSH's that are asked something. */

#ifndef SSHCONF_SSH_ASK_H
#define SSHCONF_SSH_ASK_H

#include <stddef.h>

#define SSH_ASK_OUT	65536

/*
 * Arguments that ask about any host: no such name can be (RFC 6761), and ssh does not look it up,
 * as CanonicalizeFallbackLocal and CanonicalizePermittedCNAMEs would have it do, and fail.
 */
#define SSH_ASK_ANY	"-o", "CanonicalizeHostname=no", "-o", "ProxyCommand=true", "meshssh.invalid"

struct ssh_ask {
	char	out[SSH_ASK_OUT];	/* what it printed, cut to fit */
	char	err[512];		/* the same of standard error */
	int	status;			/* as run() returns it */
};

/* Run argv[0], which is a path, as run() does. */
void	ssh_ask(const char *const argv[], int ms, struct ssh_ask *);
/*
 * Cut what ssh says of its configuration to its first line, and the next one, too, if only that
 * tells in which line of the file the fault is.
 */
void	ssh_ask_refusal(struct ssh_ask *);
/* The nth value of a keyword in what `ssh -G` prints, and its length; NULL if there is none. */
const char *ssh_answer(const char *answer, const char *keyword, int nth, size_t *len);

#endif
