/* SPDX-License-Identifier: ISC */
/*
 * Remote builders of Nix's: what ssh_config(5), nix.conf(5) and the modules of NixOS and nix-darwin
 * take.
 */

#ifndef EMIT_EMIT_NIX_H
#define EMIT_EMIT_NIX_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#define EMIT_NIX_MACHINES	"/etc/nix/machines.meshssh"	/* our own list of builders */
#define EMIT_NIX_SSH_CONFIG	"/etc/nix/meshssh_ssh_config"	/* what NIX_SSHOPTS names with -F */
#define EMIT_NIX_KNOWN_HOSTS	"/etc/nix/meshssh_known_hosts"	/* for who runs ssh without Nix, which brings the key */
/* bytes of "TYPE KEY", the public key of a host */
#define EMIT_NIX_KEY_MAX	1024

struct error;

/*
 * A builder as "hosts" of the document has it, each value fit to stand where Nix and ssh take it.
 */
struct emit_nix_host {
	/* the host in Nix's URL, a name that only the stanza gives a meaning */
	const char	*alias;
	const char	*name;		/* where ssh connects to */
	int		 port;
	/* without meshssh: it is on this machine, or behind a jump host */
	int		 direct;
	int		 jump;		/* no builder, but a host on the way to one */
	/* the line by which ssh goes there in the place of ours, or NULL */
	const char	*proxy;
	const char	*family;	/* AddressFamily, or NULL */
	/* BindAddress or BindInterface of the caller's ssh, if it is left out; or NULL */
	const char	*unbound;
	const char	*user;
	const char	*key;		/* the private key's file */
	const char	*systems;	/* lists with commas, or "-" */
	const char	*features;
	int		 jobs;
	const char	*host_key;	/* "TYPE KEY" */
	/* that is the key of an authority, which signs those of hosts: none is pinned */
	int		 ca;
	/* "FILE:LINE" of another list that has it already, or NULL */
	const char	*there;
	/* the same in base64, as Nix has it, or "-" */
	char		 pinned[EMIT_NIX_KEY_MAX * 4 / 3 + 4];
};

/*
 * The builder of this number: 1, 0 if there are not so many, or -1 with the error set; at least one
 * must be there.
 */
int	emit_nix_host(const json_t *doc, size_t, struct emit_nix_host *, struct error *);
#define EMIT_NIX_KNOWN_MAX	272
/*
 * The name that known_hosts has its key under: the alias; but a certificate is for the names that
 * the authority has signed, and so it is the host's, with the port if that is not 22.
 */
const char *emit_nix_known_as(const struct emit_nix_host *h, char name[EMIT_NIX_KNOWN_MAX]);
/* "ssh" or "ssh-ng". */
const char *emit_nix_protocol(const json_t *doc);
/*
 * Its block of ssh_config(5) under this head, "Host ALIAS" for one; a module has a word of its own
 * for meshssh and puts the host key among the system's, else the word is NULL. 0, or -1 with the
 * error set.
 */
int	emit_nix_block(FILE *, const json_t *doc, const struct emit_nix_host *, const char *head,
	    const char *program, struct error *);
/*
 * What the file for NIX_SSHOPTS=-F has behind the blocks, for that flag hides all other files from
 * ssh.
 */
void	emit_nix_rest(FILE *, const char *root_home, int darwin);

/* 1 for a word of letters, digits and these characters, not empty, not beginning with "-". */
int	emit_nix_word(const char *, const char *besides);
/* 1 for a file's path without characters that Nix, ssh or a shell would take for something else. */
int	emit_nix_path(const char *);
/*
 * 1 for "TYPE KEY", the first two words of a .pub file; no more of the key is checked than that it
 * is of this type.
 */
int	emit_nix_key(const char *);

int	emit_nix_ssh(FILE *, const json_t *, struct error *);
int	emit_nix_machines(FILE *, const json_t *, struct error *);
int	emit_nix_known(FILE *, const json_t *, struct error *);
int	emit_nix_conf(FILE *, const json_t *, struct error *);
int	emit_nix_sshopts(FILE *, const json_t *, struct error *);
int	emit_nix_env(FILE *, const json_t *, struct error *);
int	emit_nix_nixos(FILE *, const json_t *, struct error *);
int	emit_nix_darwin(FILE *, const json_t *, struct error *);

#endif
