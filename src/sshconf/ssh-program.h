/* SPDX-License-Identifier: ISC */
/* The ssh of this machine, and what it would do for a host. */

#ifndef SSHCONF_SSH_PROGRAM_H
#define SSHCONF_SSH_PROGRAM_H

#include <limits.h>

#include "base/addr.h"

struct error;
struct run_child;

/* What decides how ssh reaches a host, as `ssh -G` prints it. */
struct ssh_program {
	char	host[ADDR_HOST_MAX + 2];	/* HostName; if cut, still too long for a name */
	int	port;			/* Port */
	int	family;			/* AddressFamily */
	int	connect_timeout_s;	/* ConnectTimeout; 0: none */
	int	no_keepalive;		/* TCPKeepAlive no */
	int	alive_interval_s;	/* ServerAliveInterval, ServerAliveCountMax */
	int	alive_count;
	int	fdpass;			/* ProxyUseFdpass yes */
	int	canonicalize;		/* CanonicalizeHostname yes, which a proxy would turn off */
	/* has a proxy, or asks for what ssh does only without one */
	int	taken;
	int	relayed;		/* a ProxyCommand of the configuration is this program */
	int	jumps;			/* ProxyJump: another ssh reaches the first host */
};

/*
 * The path of ssh: the first in PATH that is not this program, which may be called ssh too, or else
 * /usr/bin/ssh. 0 or -1. An ssh that led back here, as a script may that runs this program, is
 * passed over, but a program, unlike a script, only as long as there is another ssh. The path of
 * this program may be NULL, to be asked of the system.
 */
int	ssh_program_find(const char *self, char [PATH_MAX]);
/* Remember in the environment that this process is about to become what ssh_program_find found. */
void	ssh_program_mark(const char *);
/* The same for a child: an environment for it, to be freed in the end. */
void	ssh_program_child(const char *, struct run_child *);
void	ssh_program_child_free(struct run_child *);
/*
 * Ask `ssh -G` with these arguments (a NULL ends them). 0, 1 if it refuses them or prints no
 * configuration, or -1 with the error set if it could not be asked, was ended by a signal, or takes
 * long where no person is at a terminal.
 */
int	ssh_program_ask(const char *ssh, char **args, struct ssh_program *, struct error *);
/* The silence in seconds that ssh was told to bear; 0 if nothing was said. */
int	ssh_program_patience(const struct ssh_program *);
/* One line of ssh -G; pure. */
void	ssh_program_line(struct ssh_program *, const char *keyword, const char *value);

#endif
