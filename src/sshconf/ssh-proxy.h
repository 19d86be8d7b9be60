/* SPDX-License-Identifier: ISC */
/* What a ProxyCommand runs, as far as that can be read without a shell. */

#ifndef SSHCONF_SSH_PROXY_H
#define SSHCONF_SSH_PROXY_H

#include <limits.h>

/* What could not be seen is -1. */
struct ssh_proxy {
	char	program[PATH_MAX];	/* the word that is run */
	int	absolute;		/* it is a path, so PATH does not matter */
	/* it is an executable: at that path, or in this process's PATH */
	int	there;
	/* no path is needed: it is in /usr/bin, /bin, /usr/sbin or /sbin */
	int	everywhere;
	/* it hands the connection to ssh, as ProxyUseFdpass wants */
	int	passes_fd;
};

/*
 * 0, or -1 if the command is more than one plain program with arguments, or one whose meaning only
 * a shell can tell.
 */
int	ssh_proxy_look(const char *command, const char *root, const char *home, struct ssh_proxy *);
/*
 * 1 if the program that is run is called meshssh: by its first word, whatever its folder, behind
 * words that only say how to start it (exec, env) and settings of the environment.
 */
int	ssh_proxy_ours(const char *command);

/* What the tokens of a ProxyCommand stand for, ssh_config(5) TOKENS; NULL: not known. */
struct ssh_proxy_tokens {
	const char	*host;		/* %h: HostName */
	const char	*alias;		/* %k: HostKeyAlias, or the host as typed */
	const char	*typed;		/* %n */
	const char	*user;		/* %r */
	int		 port;		/* %p */
};

/*
 * What ssh's shell is told to run: "exec COMMAND" with its tokens replaced, which the caller frees.
 * NULL if ssh has no such token, or a word for one has bytes that no name has, which the shell
 * might understand.
 */
char	*ssh_proxy_line(const char *command, const struct ssh_proxy_tokens *);
/*
 * The words of such a line that are behind "exec", the program first, and a NULL; one block, which
 * the caller frees. NULL if a shell might make something else of one behind the program.
 */
char	**ssh_proxy_words(const char *line);

#endif
