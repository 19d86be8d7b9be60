/* SPDX-License-Identifier: ISC */
/*
 * Why a host of the mesh was not reached, as tailscaled on this machine knows it. It is asked after
 * a failure only, and for a moment.
 */

#ifndef ROUTE_MESH_REASON_H
#define ROUTE_MESH_REASON_H

#include "facts/env-tailscale.h"
#include "wire/tspeer.h"
#include "wire/tsping.h"

struct attempts;
struct error;
struct mesh_reason;
struct target;

/* What tailscaled says, for mesh_reason_judge. */
struct mesh_view {
	const struct env_tailscale *tailscale;
	int			 installed;	/* with ENV_TAILSCALE_NONE only */
	const struct tspeers	*peers;		/* NULL: it did not tell them */
	int			 pinged;	/* the peer was, by tailscaled */
	int			 answered;	/* and it has answered */
	int			 tunnel;	/* the kernel sends what is for it into one */
};

/*
 * tailscaled at the socket that is named, or NULL, will be asked when the first failure is told,
 * once, for at most that many milliseconds in all.
 */
struct mesh_reason	*mesh_reason_new(const char *socket, int ms);
void			 mesh_reason_free(struct mesh_reason *);
/*
 * The error is why the target was not reached. Put the cause in its place if tailscaled knows one.
 * With attempts, let tailscaled ping the peer for that; what it said of itself, and how the ping
 * went, is added to them.
 */
void	mesh_reason_tell(struct mesh_reason *, const struct target *, struct attempts *,
	    struct error *);

/* The same, of what was seen. Pure. */
void	mesh_reason_judge(const struct mesh_view *, const struct target *, struct error *);

#endif
