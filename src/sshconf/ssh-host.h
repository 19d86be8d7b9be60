/* SPDX-License-Identifier: ISC */
/* What ssh connects to for a host, and how: by its files, for there may be thousands. */

#ifndef SSHCONF_SSH_HOST_H
#define SSHCONF_SSH_HOST_H

#include "base/addr.h"

/* How ssh reaches a host. */
enum ssh_host_way {
	SSH_HOST_DIRECT,	/* it connects, or meshssh does, as it would by itself */
	SSH_HOST_JUMP,		/* ProxyJump */
	SSH_HOST_COMMAND,	/* another ProxyCommand, or one of ours that leads elsewhere */
	SSH_HOST_UNKNOWN	/* only ssh could tell, and did not */
};

struct ssh_host {
	char			host[ADDR_HOST_MAX + 1];	/* HostName */
	int			port;
	int			family;		/* AddressFamily */
	enum ssh_host_way	way;
};

/*
 * HostName, Port and so on for the host as it would be typed: the host itself and 22 where the
 * files do not say. Return 1 if only ssh can tell: a Match exec, final or canonical sets one of
 * them, or CanonicalizeHostname is on.
 */
int	ssh_host_files(const char *typed, struct ssh_host *);
/* The same; where only ssh can tell, it is asked, for a second at most. */
void	ssh_host(const char *typed, struct ssh_host *);
/*
 * Take apart "HOST:PORT" or "[IPv6]:PORT" as it was typed: 0, or -1 if it is no such text, or
 * if a Host or Match line of ssh's files, or of this one of -F, has a name or pattern with a colon
 * for it; then it is the name of a host, as it stands.
 */
int	ssh_host_split(const char *typed, const char *file, char host[ADDR_HOST_MAX + 1],
	    int *port);
/*
 * ConnectTimeout in seconds for that host, by the files or by this one of -F; 0 if there is none,
 * or if only ssh could tell.
 */
int	ssh_host_timeout(const char *typed, const char *file);
/* A time as ssh has it, in seconds: "90", "1m30s"; 0 if it is none. Pure. */
int	ssh_host_seconds(const char *);

#endif
