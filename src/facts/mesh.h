/* SPDX-License-Identifier: ISC */
/* The peers of the mesh, as tailscaled on this machine knows them. */

#ifndef FACTS_MESH_H
#define FACTS_MESH_H

#include <jansson.h>

struct error;
struct tailscaled;

/*
 * Ask tailscaled at this socket, or, if it is NULL, at the usual places: a list as tspeer_list has
 * it, which the caller lets go of with json_decref; NULL with the error set.
 */
json_t	*mesh_peers(const char *tailscaled, struct error *);

/*
 * Another tailscaled than that at this socket, to which this host is a peer, or itself: its socket
 * in the buffer, which it returns; NULL if there is none. Takes so many milliseconds at most.
 */
const char *mesh_other(const struct tailscaled *, const char *host, int ms, char *, size_t);

#endif
