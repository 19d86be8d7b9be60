/* SPDX-License-Identifier: ISC */
/*
 * Why a connection was not made. errno alone does not tell a closed port from a firewall, nor which
 * machine's; an ICMP message, where there is one and the system shows it, has who sent it and why.
 */

#ifndef ROUTE_UNMADE_H
#define ROUTE_UNMADE_H

#include <sys/types.h>
#include <sys/socket.h>

#include <stdint.h>

#include "base/addr.h"
#include "base/code.h"
#include "os/os.h"

enum unmade_by {
	UNMADE_UNTOLD,		/* the system does not tell who says so */
	UNMADE_NOBODY,		/* no ICMP message: a TCP reset, or the system itself */
	UNMADE_OWN,		/* this machine sent it */
	UNMADE_HOST,		/* the address that was to be reached */
	UNMADE_OTHER		/* another machine, on the way */
};

struct unmade {
	int		error;		/* errno of socket(2) or connect(2); ETIMEDOUT: silence */
	enum unmade_by	by;
	int		family;		/* of the address */
	struct os_icmp	icmp;		/* not with the first two */
	struct os_route	route;		/* to the address */
	int		neighbor;	/* os_neighbor, with UNMADE_OWN */
	int64_t		took_ms;	/* until it was told */
	int		guarded;	/* os_neighbors_guarded */
};

/*
 * See who says so. The socket is the one that was not connected, or -1 if it is closed;
 * the address is the one it was not connected to.
 */
void	unmade_look(struct unmade *, int fd, const struct sockaddr *, int error, int64_t took_ms);
/*
 * What it means: the code, and the words of a sentence about the address, of which so many bytes
 * fit. Pure.
 */
enum code	unmade_judge(const struct unmade *, const char *address, char *text, size_t);
/* The text of the system with the ICMP message, for the record; returns the buffer. */
const char	*unmade_detail(const struct unmade *, char *, size_t);
/* 1 if this machine could not even try, which tells little of the host. */
int	unmade_local(const struct unmade *);
/* Who sent the message, as text; returns the buffer. */
const char	*unmade_from(const struct unmade *, char [ADDR_TEXT_MAX]);
/* The name of `by` in the facts, or NULL. */
const char	*unmade_by_name(enum unmade_by);

#endif
