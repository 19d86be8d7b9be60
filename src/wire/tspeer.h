/* SPDX-License-Identifier: ISC */
/*
 * tailscaled's status document with its peers, `GET /localapi/v0/status` or `tailscale status
 * --json`: Tailscale's ipn/ipnstate. Of thousands of peers the one that a host is is looked for.
 */

#ifndef WIRE_TSPEER_H
#define WIRE_TSPEER_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define TSPEER_ADDRS_MAX	8
#define TSPEER_BYTES_MAX	(24 << 20)	/* of a document: 10,000 peers are 11 to 19 MB */

/*
 * The strings are as they came: to be vis'd before they are shown, except names and addresses:
 * addr_host_ok, or "".
 */
struct tspeer {
	char	name[ADDR_HOST_MAX + 1];	/* in the mesh's DNS, without the dot at its end */
	char	addrs[TSPEER_ADDRS_MAX][ADDR_TEXT_MAX];
	int	addr_count;
	int	online;			/* 1, 0, or -1: not said */
	int	expired;		/* its key is */
	int	ssh;			/* it has Tailscale SSH switched on */
	char	os[24];
	char	relay[24];		/* its home among the relays (DERP) */
	char	direct[ADDR_TEXT_MAX];	/* where it is reached without one now, or "" */
	/* when the control server lost it, since 1970; 0: not said */
	int64_t	seen_s;
	int64_t	expires_s;		/* its key; 0: never, or not said */
};

struct tspeers {
	char		state[32];	/* BackendState */
	/* MagicDNSSuffix, without dots at its ends */
	char		suffix[ADDR_HOST_MAX + 1];
	int		magicdns;	/* the mesh has names at all: 1, 0, or -1: not said */
	int		exit_node;	/* the one in use is online: 1, 0; -1: none is in use */
	int		count;		/* peers in the document */
	struct tspeer	self;		/* the node that answers */
	int		found;		/* the host is this one: */
	int		is_self;	/* which is the node that answers */
	struct tspeer	peer;
	/* not found, and an address: this one routes to its network (PrimaryRoutes) */
	int		routed;
	struct tspeer	router;
	/* not found: the name of a peer that may be meant, or "" */
	char		similar[ADDR_HOST_MAX + 1];
};

/*
 * Look for a host: a full name, a name of one word, or an address; NULL for none. Not being there
 * is no error. 0, or -1 if it is no such document.
 */
int	tspeer_find(const char *, size_t, const char *host, struct tspeers *);
/*
 * The same in two steps, for many hosts: the document, which the caller releases with json_decref,
 * or NULL if it is no such document; and one host in it.
 */
json_t	*tspeer_parse(const char *, size_t);
void	 tspeer_look(const json_t *, const char *host, struct tspeers *);

/* What an object of a node says. */
void	tspeer_read(const json_t *, struct tspeer *);

/*
 * All of them, each an object with what is known and may stand in a configuration: name, id,
 * addresses, online, expired, os, user (who has logged it in), tags and host_keys, lists of texts.
 * Ordered by name, for the document is by key. Peers without name and address are left out, and so
 * are those that are no hosts for this mesh's people: exit nodes of Mullvad's, and the nodes of
 * those to whom one is shared (ShareeNode). NULL with errno EINVAL if it is no such document, or
 * tailscaled is not connected.
 */
json_t	*tspeer_list(const char *, size_t);

#endif
