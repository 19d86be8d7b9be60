/* SPDX-License-Identifier: ISC */
/* The peers of a mesh, for configurations: which are wanted, and by which names they may be called. Pure. */

#ifndef EMIT_EMIT_PEERS_H
#define EMIT_EMIT_PEERS_H

#include <jansson.h>
#include <stdio.h>

#include "base/addr.h"

#define EMIT_PEERS_ADDRS_MAX	8

struct error;

struct emit_peer {
	char		 name[ADDR_HOST_MAX + 1];	/* in lower case; "" if it has none of its own */
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

/* 0, or -1 with the error set if there is no memory. */
int	emit_peers_begin(struct emit_peers *, const json_t *, struct error *);
/* The next one that fits wanted.tag, .user, .os and .online and can be called somehow, 1; 0 at the end. */
int	emit_peers_next(struct emit_peers *, struct emit_peer *);
void	emit_peers_end(struct emit_peers *);
/*
 * 1 if this name or address means something else already: the user's own configuration has it, or
 * this machine. So it is no peer's here.
 */
int	emit_peers_theirs(const struct emit_peers *, const char *name);
/* Comments that say which names these are, and what has them. */
void	emit_peers_put_theirs(FILE *, const json_t *);
/* 1 if not all peers are wanted. */
int	emit_peers_some(const json_t *);

#endif
