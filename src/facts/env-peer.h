/* SPDX-License-Identifier: ISC */
/* What tailscaled knows of one peer, and whether the peer answers it. */

#ifndef FACTS_ENV_PEER_H
#define FACTS_ENV_PEER_H

#include <jansson.h>

#include "net/tailscaled.h"
#include "wire/tspeer.h"
#include "wire/tsping.h"

/*
 * The status with all peers within so many milliseconds, for tspeer_look, which the caller releases
 * with json_decref; NULL with errno if there is none.
 */
json_t	*env_peer_list(const struct tailscaled *, int ms);
/*
 * Let tailscaled itself ping a peer, by the address that it has in the mesh, with a packet of its
 * own protocol (disco): neither access rules nor a firewall of the peer keep it from being
 * answered. 1 if it told how that ended; 0 if there was no answer within so many milliseconds; -1
 * if it could not be asked.
 */
int	 env_peer_ping(const struct tailscaled *, const char *address, int ms, struct tsping *);

#endif
