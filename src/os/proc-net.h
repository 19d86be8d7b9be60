/* SPDX-License-Identifier: ISC */
/* Rows of Linux's /proc/net/tcp and tcp6, which are text: proc(5). */

#ifndef OS_PROC_NET_H
#define OS_PROC_NET_H

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

/* A socket. Addresses of IPv4 are mapped (RFC 4291 2.5.5.2). */
struct proc_net {
	struct in6_addr	address;	/* its own */
	int		port;
	int		listens;
	uid_t		uid;
};

/* Parse one line; 0, or -1 if it is not a row, as the first line is not. */
int	proc_net_row(const char *, struct proc_net *);
/*
 * Whether connections to this IPv4 or IPv6 address may reach the socket, which may be bound to all
 * addresses.
 */
int	proc_net_takes(const struct proc_net *, const struct sockaddr *);

#endif
