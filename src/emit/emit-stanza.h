/* SPDX-License-Identifier: ISC */
/* A Host block of ssh_config(5) for one host, or for the hosts of a pattern. */

#ifndef EMIT_EMIT_STANZA_H
#define EMIT_EMIT_STANZA_H

#include <jansson.h>
#include <stdio.h>

struct error;

/*
 * Where the target is a peer that tailscaled reaches in a private network, too, and its block would
 * not use that: the address, for the user to decide about; or else NULL.
 */
const char *emit_stanza_offer(const json_t *);
/* For wanted.match, or else for the target of the document. */
int	emit_stanza(FILE *, const json_t *, struct error *);

#endif
