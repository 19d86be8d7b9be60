/* SPDX-License-Identifier: ISC */
/*
 * Hands a connected socket to ssh, which waits for it under ProxyUseFdpass (OpenSSH sshconnect.c,
 * monitor_fdpass.c).
 */

#ifndef SESSION_FDPASS_H
#define SESSION_FDPASS_H

struct error;

/*
 * Return 1 if a descriptor may be expected at the other end of fd: it is a unix socket, and nothing
 * was sent to us. OpenSSH sends no byte before it has the descriptor; libssh and others that ignore
 * ProxyUseFdpass begin with their identification string.
 */
int	fdpass_expected(int fd);
/*
 * Pass the second descriptor over the first, made blocking again as ssh expects it. The caller
 * closes both.
 */
int	fdpass_send(int, int, struct error *);
/* Wait until the other side has closed its end, as ssh does when it has the descriptor. */
void	fdpass_wait(int, int limit_ms);

#endif
