/* SPDX-License-Identifier: ISC */
/* What ssh connects to for a host: by its files, for there may be thousands. */

#ifndef SSHCONF_SSH_HOST_H
#define SSHCONF_SSH_HOST_H

#include "base/addr.h"

/*
 * HostName and Port for the host as it would be typed: the buffer and the number are set, to the
 * host itself and 22 where the files do not say. Return 1 if only ssh can tell: a Match exec, final
 * or canonical sets one of them, or CanonicalizeHostname is on.
 */
int	ssh_host_files(const char *typed, char host[ADDR_HOST_MAX + 1], int *port);
/* The same; where only ssh can tell, it is asked, for a second at most. */
void	ssh_host(const char *typed, char host[ADDR_HOST_MAX + 1], int *port);
/*
 * ConnectTimeout in seconds for that host, by the files or by this one of -F; 0 if there is none,
 * or if only ssh could tell.
 */
int	ssh_host_timeout(const char *typed, const char *file);
/* A time as ssh has it, in seconds: "90", "1m30s"; 0 if it is none. Pure. */
int	ssh_host_seconds(const char *);

#endif
