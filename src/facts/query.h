/* SPDX-License-Identifier: ISC */
/* What rules of several topics ask of the facts. Pure. */

#ifndef FACTS_QUERY_H
#define FACTS_QUERY_H

#include <jansson.h>

/* 1 if the host was reached, 0 if not, -1 if it was not tried. */
int	query_reached(const json_t *facts);
/*
 * How the attempts ended, of several the most telling: "refused", "reset", "host-firewall",
 * "blocked", "path-firewall", "no-answer", "local-network", "host-absent", "host-off",
 * "router-no-route", "no-route"; NULL if the host was reached or nothing of that was seen.
 */
const char *query_outcome(const json_t *facts);
/* The first attempt that ended so. */
struct query_attempt {
	/* NULL: it was not made directly, and it is not known to what */
	const char	*address;
	/* for the evidence: the address, or through what the host was tried */
	char		 text[80];
	int		 ms;
	const json_t	*row;		/* of connect.addresses or connect.routes */
};
/*
 * 1 if nothing was reached, and this is the most telling way in which that ended; the attempt is
 * set.
 */
int	query_ended(const json_t *facts, const char *outcome, struct query_attempt *);
/* What the detail of a route says, without the host's name before it, which may be any word. */
const char *query_said(const char *detail);
/*
 * 1 if the host is the mesh's: by its name, its address, or as a peer. A name of one word which
 * nobody knows may be: 2. Else 0; -1 if there is no host.
 */
int	query_mesh(const json_t *facts);
/*
 * 1 if the text is an address like those of a mesh, or if in the list at this path, of texts or of
 * objects, one is.
 */
int	query_is_mesh_address(const char *text);
int	query_mesh_address(const json_t *facts, const char *path);
/* 1 if the kernel routes to the mesh, in this network namespace. */
int	query_kernel(const json_t *facts);
/*
 * 1 if there may be another way into the mesh than tailscaled's socket: a proxy, Windows, an
 * interface of the mesh.
 */
int	query_other_way(const json_t *facts);
/* 1 if this text stands at the path. */
int	query_is(const json_t *facts, const char *path, const char *text);
/*
 * 1 if ssh was asked and would connect to this host by itself, without a ProxyCommand or ProxyJump.
 */
int	query_plain(const json_t *facts);
/* 1 if the host is a peer of the mesh which is there, and is not this machine. */
int	query_peer_online(const json_t *facts);
/* The files in ssh_config.d that ssh reads by no Include: how many, and the first. */
int	query_ignored(const json_t *facts, const char **first);
/* 1 if that of nix-darwin's linux-builder is one of them. */
int	query_builder_ignored(const json_t *facts);
/* 1 if this is NixOS, whose files in /etc are made from its configuration. */
int	query_nixos(const json_t *facts);
/* "sudo ", or "" for root. */
const char *query_sudo(const json_t *facts);

#endif
