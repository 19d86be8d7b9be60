/* SPDX-License-Identifier: ISC */
/*
 * The peers of a mesh, for configurations: which are wanted, and by which names they may be called.
 * Pure.
 */

#ifndef EMIT_EMIT_PEERS_H
#define EMIT_EMIT_PEERS_H

#include <jansson.h>
#include <stdio.h>

#include "base/addr.h"

#define EMIT_PEERS_ADDRS_MAX	8

struct emit_peer {
	/* in lower case; "" if it has none of its own */
	char		 name[ADDR_HOST_MAX + 1];
	char		 label[64];	/* its first word, if that is no other's; or "" */
	const char	*addrs[EMIT_PEERS_ADDRS_MAX];	/* of the mesh's own */
	int		 addr_count;
	const json_t	*host_keys;	/* a list of texts */
};

struct emit_peers {
	const json_t	*doc;
	json_t		*names;		/* how many peers each name and first word is of */
	size_t		 at;
};

/* Borrows the document until emit_peers_end. */
void	emit_peers_begin(struct emit_peers *peers, const json_t *doc);
/*
 * Return 1 and the next peer that fits wanted.tag, .user, .os and .online and has a name or
 * address; 0 at the end.
 */
int	emit_peers_next(struct emit_peers *peers, struct emit_peer *peer);
void	emit_peers_end(struct emit_peers *peers);
/*
 * Return 1 if this name or address is taken: the user's own configuration has it, or this machine.
 */
int	emit_peers_theirs(const struct emit_peers *peers, const char *name);
/* Print comments that say which names these are, and what has them. */
void	emit_peers_put_theirs(FILE *fp, const json_t *doc);
/* Return 1 if not all peers are wanted. */
int	emit_peers_some(const json_t *doc);

#endif
