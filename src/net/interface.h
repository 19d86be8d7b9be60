/* SPDX-License-Identifier: ISC */
/* The interfaces of this machine, as far as an address needs them. */

#ifndef NET_INTERFACE_H
#define NET_INTERFACE_H

#include <sys/socket.h>

#define INTERFACE_NAME_MAX	16
#define INTERFACES_MAX		8

struct interfaces {
	char	names[INTERFACES_MAX][INTERFACE_NAME_MAX];
	int	count;			/* more of them are left out */
};

/*
 * Those that are up and have a link-local IPv6 address, loopback aside: first those that have
 * another address, too, for a network that is used has given them one.
 */
void	interfaces_link_local(struct interfaces *);
/* The names with commas between, cut to fit; returns the buffer. */
const char *interfaces_text(const struct interfaces *, char *, size_t);

/*
 * The addresses of the interface of this name: of IPv4 and of IPv6, or AF_UNSPEC; those that reach
 * only this machine or the link where there is no other.
 */
void	interface_addresses(const char *, struct sockaddr_storage [2]);

/* An address of the network of one interface, which the kernel sends to another. */
struct interface_conflict {
	char	link[INTERFACE_NAME_MAX];	/* is up, and in the address's network */
	char	kernel[INTERFACE_NAME_MAX];	/* is not */
};

/* 1 if the address is one, 0 if it is not, or nothing is known of its way. */
int	interface_conflict(const struct sockaddr *, socklen_t, struct interface_conflict *);
/*
 * The source address that the kernel takes towards an address, found without sending a packet: 0,
 * or -1 if there is no route.
 */
int	interface_source(const struct sockaddr *, socklen_t, struct sockaddr_storage *);
/*
 * 1 if there is no route to this IPv4 address, and a default route for IPv6: the network may have
 * a translator.
 */
int	interface_ipv6_alone(const struct sockaddr *, socklen_t);

#endif
