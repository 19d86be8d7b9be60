/* SPDX-License-Identifier: ISC */
/*
 * Configuration text. An emitter is a pure function of one document, {"version", "target", "facts", "wanted"}: the first
 * three as meshssh-doctor(5) has them, "wanted" what the user asked for, each option of meshssh-config(1) under its name
 * and besides
 *
 *	wanted.call	how it was called, for the header
 *	wanted.program	the path of meshssh, for ProxyCommand
 *	wanted.version	of meshssh-config
 *	wanted.keys	lines of public keys, a list of texts (windows)
 *	wanted.nfs	"export" and "dir", the path on the host and here (nfs)
 *	facts.peers	all peers of the mesh, as tspeer_list has them (tailnet, known-hosts)
 *	facts.ssh.named	names of peers that mean something else already, as ssh_named has them (tailnet, known-hosts)
 *	facts.ssh.named_blind	some of ssh's files could not be read for that
 *	facts.ssh.known_names	by names of peers, what known_hosts has for them, as ssh_trust takes it (known-hosts)
 *	hosts		the builders, each with the names of struct emit_nix_host and host_key, "TYPE KEY" (nix-...)
 *	facts.nix.builders	what nix.conf has by that name (nix-conf)
 *	wanted.program-named	wanted.program is the user's wish (nix-nixos, nix-darwin)
 *
 * The same document gives the same bytes. All that stands in it is of unknown origin and is checked before it is written.
 */

#ifndef EMIT_EMIT_H
#define EMIT_EMIT_H

#include <jansson.h>
#include <stdio.h>

struct error;

struct emitter {
	char	name[16];
	/* 0, or -1 with the error set: what was written until then is of no use. */
	int	(*emit)(FILE *, const json_t *, struct error *);
};

extern const struct emitter	emitters[];	/* ends with an empty name */

/* The emitter of a name, or NULL. */
const struct emitter	*emit_find(const char *);
/* The text of one document, which the caller frees; NULL with the error set. */
char	*emit_text(const struct emitter *, const json_t *, struct error *);

/* The text where a percent begins a token, for ssh and systemd: each is doubled. */
void	emit_percents(FILE *, const char *);
/* "Made by", each line behind these characters of a comment: who wrote this, by which call. */
void	emit_header(FILE *, const json_t *, const char *comment);

#endif
