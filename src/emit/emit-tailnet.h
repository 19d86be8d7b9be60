/* SPDX-License-Identifier: ISC */
/* Files for all peers of a mesh. */

#ifndef EMIT_EMIT_TAILNET_H
#define EMIT_EMIT_TAILNET_H

#include <jansson.h>
#include <stdio.h>

struct error;

/* A block of ssh_config(5) for each of facts.peers that is wanted. */
int	emit_tailnet(FILE *, const json_t *, struct error *);
/* The host keys that they publish, as sshd(8) describes known_hosts. */
int	emit_known_hosts(FILE *, const json_t *, struct error *);

#endif
