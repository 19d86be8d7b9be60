/* SPDX-License-Identifier: ISC */
/*
 * Configuration text. An emitter is a pure function of one document, {"version", "target",
 * "facts", "wanted"}: the first three as meshssh-doctor(5) has them, "wanted" what the user asked
 * for, each option of meshssh-config(1) under its name and besides
 *
 *	wanted.call	how it was called, for the header
 *	wanted.program	the path of meshssh, for ProxyCommand
 *	wanted.version	of meshssh-config
 *	wanted.keys	lines of public keys, a list of texts (windows)
 *	wanted.nfs	"export" and "dir", the path on the host and here (nfs)
 *	facts.peers	all peers of the mesh, as tspeer_list has them (tailnet, known-hosts)
 *	facts.ssh.named	names of peers that mean something else already, as ssh_named has them
 *			(tailnet, known-hosts)
 *	facts.ssh.named_blind	some of ssh's files could not be read for that
 *	facts.ssh.known_names	by names of peers, what known_hosts has for them, as ssh_trust
 *			takes it (known-hosts)
 *	hosts		the builders, each with the names of struct emit_nix_host and host_key,
 *			"TYPE KEY" (nix-...)
 *	facts.nix.builders	what nix.conf has by that name (nix-conf)
 *	wanted.program-named	wanted.program is the user's wish (nix-nixos, nix-darwin)
 *
 * The same document gives the same bytes. All that stands in it is of unknown origin and is
 * checked before it is written.
 */

#ifndef EMIT_EMIT_H
#define EMIT_EMIT_H

#include <jansson.h>
#include <stdio.h>

struct error;

struct emitter {
	char	name[16];
	/* Return 0 on success, or -1 with *err set; then the caller drops what was written. */
	int	(*emit)(FILE *fp, const json_t *doc, struct error *err);
};

extern const struct emitter	emitters[];	/* ends with an empty name */

/* The emitter of this name, or NULL. */
const struct emitter	*emit_find(const char *name);
/* Return the text of one document, which the caller frees, or NULL with *err set. */
char	*emit_text(const struct emitter *emitter, const json_t *doc, struct error *err);

/* Print the text with each percent sign doubled, as ssh and systemd want it. */
void	emit_percents(FILE *fp, const char *text);
/* Print "Made by" with the version and the call, behind the characters that begin a comment. */
void	emit_header(FILE *fp, const json_t *doc, const char *comment);

#endif
