/* SPDX-License-Identifier: ISC */
/* The ssh that runs this relay, as far as its command line tells. */

#ifndef CMD_SSH_PARENT_H
#define CMD_SSH_PARENT_H

struct sockaddr_storage;

/*
 * Its ConnectTimeout in seconds, by its arguments or the files that it reads; 0 if there is none,
 * or it is not known, or the parent is no ssh.
 */
int	ssh_parent_timeout(void);
/*
 * What its command line asks for and no token of a ProxyCommand tells. The family of addresses:
 * AF_INET, AF_INET6, or AF_UNSPEC for any; -1 if it asks for none, or is not known. *from: the
 * addresses of IPv4 and IPv6 to connect from, or AF_UNSPEC, to be freed; NULL if it asks for none.
 */
int	ssh_parent_asks(struct sockaddr_storage **from);
/*
 * How that ssh was called: the options that decide how it connects, one word each, then "--" and its
 * destination; a NULL ends them, and all of it is the caller's to free. NULL if that is not known.
 */
char	**ssh_parent_connect(void);

#endif
