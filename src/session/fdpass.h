/* SPDX-License-Identifier: ISC */
/*
 * Hands a connected socket to ssh, which waits for it under ProxyUseFdpass (OpenSSH sshconnect.c,
 * monitor_fdpass.c).
 */

#ifndef SESSION_FDPASS_H
#define SESSION_FDPASS_H

struct error;

/* 0 if a descriptor can be passed over this one: a unix socket; -1 with the error set. */
int	fdpass_check(int, struct error *);
/*
 * Pass the second descriptor over the first, made blocking again as ssh expects it. The caller
 * closes both.
 */
int	fdpass_send(int, int, struct error *);

#endif
