/* Programs of OpenSSH's that are asked something, and what of the answer may be told. */

#ifndef FACTS_SSH_ASK_H
#define FACTS_SSH_ASK_H

#include <jansson.h>
#include <stddef.h>

#define SSH_ASK_OUT	65536

struct ssh_ask {
	char	out[SSH_ASK_OUT];	/* what it printed, cut to fit */
	char	err[512];		/* the same of standard error */
	int	status;			/* as run() returns it */
};

/* Run argv[0], which is a path, as run() does. */
void	ssh_ask(const char *const argv[], int ms, struct ssh_ask *);
/* The nth value of a keyword in what `ssh -G` prints, and its length; NULL if there is none. */
const char *ssh_answer(const char *answer, const char *keyword, int nth, size_t *len);

/*
 * Text of a configuration as a fact: printable and cut, the home as "~"; what stands for a password is left out, and so
 * are user names unless everything may be told. NULL if there is no memory.
 */
json_t	*ssh_told(const char *text, const char *home, int full);

#endif
