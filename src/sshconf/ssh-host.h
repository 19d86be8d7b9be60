/* SPDX-License-Identifier: ISC */
/* What ssh connects to for a host: by its files, for there may be thousands. */

#ifndef SSHCONF_SSH_HOST_H
#define SSHCONF_SSH_HOST_H

#include "base/addr.h"

/* Where ssh goes for a host as it was typed. */
struct ssh_host {
	char		 host[ADDR_HOST_MAX + 1];	/* HostName, or the host itself */
	int		 port;				/* or 22 */
	/* "ProxyJump" or "ProxyCommand", if it is not ssh or meshssh that connects; else NULL */
	const char	*way;
};

/*
 * Fill it in by the files. Return 1 if only ssh can tell: a Match exec, final or canonical sets one
 * of them, CanonicalizeHostname is on, or a file could not be read.
 */
int	ssh_host_files(const char *typed, struct ssh_host *);
/* The same; where only ssh can tell, it is asked, for a second at most. */
void	ssh_host(const char *typed, struct ssh_host *);
/*
 * ConnectTimeout in seconds for that host, by the files or by this one of -F; 0 if there is none,
 * or if only ssh could tell.
 */
int	ssh_host_timeout(const char *typed, const char *file);
/* A time as ssh has it, in seconds: "90", "1m30s"; 0 if it is none. Pure. */
int	ssh_host_seconds(const char *);

#endif
