/* SPDX-License-Identifier: ISC */
/*
 * How large TCP segments may be. The size is set before the connection is made (TCP_MAXSEG) and
 * then bounds both ways: a first step by where the target is, and smaller ones below it for paths
 * that lose packets of the first. Where the system cannot do that, there are two steps: as the
 * kernel has it, and what each host must take; or the first alone.
 */

#ifndef ROUTE_MSS_H
#define ROUTE_MSS_H

#include "os/os.h"

struct sockaddr;

/* Sizes in bytes, or one of these. */
#define MSS_AUTO	-1	/* the first step of the class */
#define MSS_FULL	0	/* what the kernel takes by itself */
#define MSS_LAST	536	/* the smallest step */

/* Where the first step comes from. */
struct mss_steps {
	int	mss_bytes;	/* --mss */
	/* what an earlier connection has learned: no more than this; 0 if there is none */
	int	cached_bytes;
};

struct mss_class {
	char	name[24];
	int	first_bytes;
	int	guarded;	/* the path may lose large packets: hold back, and watch */
};

/*
 * The class of an address, with the kernel's route to it; 1 if this machine is a guest of Windows
 * (WSL). Pure.
 */
const struct mss_class *mss_class(const struct sockaddr *, const struct os_route *, int wsl);
/* The first step of a class, of those that can be had. Pure. */
int	mss_begin(const struct mss_steps *, const struct mss_class *, enum os_segments);
/* The first step towards the address, and whether the forward path is one to be guarded. */
int	mss_first(const struct mss_steps *, const struct sockaddr *, int *guarded);
/*
 * The next step below this size, which is no MSS_..., of those that can be had with this family of
 * addresses; 0 if there is none. Pure.
 */
int	mss_next(int mss_bytes, enum os_segments, int family);
/* The segments that may come: no more than those that we send, where that is not told. Pure. */
int	mss_reverse(const struct os_tcp *);
/* The size of the IP packets in which segments of this size travel to the address. Pure. */
int	mss_packet(int mss_bytes, const struct sockaddr *);

#endif
