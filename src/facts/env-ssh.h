/* The ssh of this machine, and what it would do for a host. */

#ifndef FACTS_ENV_SSH_H
#define FACTS_ENV_SSH_H

#include <limits.h>

#include "base/addr.h"

struct error;

/* What decides how ssh reaches a host, as `ssh -G` prints it. */
struct env_ssh {
	char	host[ADDR_HOST_MAX + 2];	/* HostName; if cut, still too long for a name */
	int	family;			/* AddressFamily */
	int	connect_timeout_s;	/* ConnectTimeout; 0: none */
	int	no_keepalive;		/* TCPKeepAlive no */
	int	alive_interval_s;	/* ServerAliveInterval, ServerAliveCountMax */
	int	alive_count;
	int	fdpass;			/* ProxyUseFdpass yes */
	int	canonicalize;		/* CanonicalizeHostname yes, which a proxy would turn off */
	int	taken;			/* has a proxy, or asks for what ssh does only without one */
	int	relayed;		/* a ProxyCommand of the configuration is this program */
};

/*
 * The path of ssh: the first in PATH that is not this program, which may be called ssh too, or else /usr/bin/ssh. 0 or -1.
 * An ssh that led back here, as a script may that runs this program, is passed over,
 * but a program, unlike a script, only as long as there is another ssh.
 */
int	env_ssh_find(const char *self, char [PATH_MAX]);
/* Remember in the environment that this process is about to become what env_ssh_find found. */
void	env_ssh_mark(const char *);
/*
 * Ask `ssh -G` with these arguments (a NULL ends them). 0, 1 if it refuses them or prints no configuration, or -1 with
 * the error set if it could not be asked, or was ended by a signal.
 */
int	env_ssh_ask(const char *ssh, char **args, struct env_ssh *, struct error *);
/* The silence in seconds that ssh was told to bear; 0 if nothing was said. */
int	env_ssh_patience(const struct env_ssh *);
/* One line of ssh -G; pure. */
void	env_ssh_line(struct env_ssh *, const char *keyword, const char *value);

#endif
