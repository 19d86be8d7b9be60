/* SPDX-License-Identifier: ISC */
/* What ssh's own options say, and where they end among its arguments. */

#ifndef CMD_SSH_ARGS_H
#define CMD_SSH_ARGS_H

#include <stddef.h>

struct ssh_args {
	const char	*destination;	/* NULL if there is none */
	/* only asks ssh, or a running master: -G, -O, -Q, -V; there will be no connection */
	int	local;
	/* further options belong in front of this argument: behind the user's own, which win */
	int	insert;
	const char	*config;	/* of -F, or NULL */
	const char	*timeout;	/* of -o ConnectTimeout, as it stands there, or NULL */
	int		 family;	/* of -4, -6 or -o AddressFamily, or -1 */
	const char	*bind_address;	/* of -b or -o BindAddress, or NULL */
	const char	*bind_interface; /* of -B or -o BindInterface, or NULL */
	char		**connect;	/* for ssh_args_connect, or NULL */
	size_t		  connects;
};

/*
 * Walk over the options as ssh itself does; argv ends with a NULL. Unknown options end the walk:
 * then insert is 0, which is always valid, and nothing is said to be local.
 */
void	ssh_args_walk(int, char **, struct ssh_args *);

/*
 * Of such a command line, the options that decide how ssh connects, for another ssh to the same
 * host (-4, -6, -B, -F, -b, -i, -l, -o, -p), one word each, then "--" and the destination; a NULL
 * ends them, and all of it is the caller's to free. NULL if there is no destination.
 */
char	**ssh_args_connect(int, char **);
/*
 * The options that decide how ssh connects (-4, -6, -F, -J, -i, -l, -o, -p) move from the words,
 * which a NULL ends, to a list, which a NULL ends as well: one word each, with its value, all of it
 * the caller's to free; of "USER@HOST", HOST stays. NULL if another word begins with a hyphen, or an
 * option lacks its value.
 */
char	**ssh_args_take(char **);
void	  ssh_args_free(char **);

#endif
