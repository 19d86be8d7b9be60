/* SPDX-License-Identifier: ISC */
/* meshssh-config nix: the steps of it. */

#ifndef CONFIG_CONF_NIX_H
#define CONFIG_CONF_NIX_H

#include <jansson.h>

#include "emit/emit-nix.h"

#define CONF_NIX_UNIT	"/etc/systemd/system/nix-daemon.service.d/meshssh.conf"	/* the daemon's environment */

struct conf;
struct error;

/* One text, and where it belongs. */
struct conf_nix_part {
	const char	*emitter;
	const char	*file;		/* "~" is root's home; "" is for a shell */
	const char	*why;
};

/* How the builder's block comes to the ssh that nix-daemon runs: the parts end with a NULL emitter. */
struct conf_nix_way {
	const char		*option;	/* "" is what is done without one */
	struct conf_nix_part	 parts[6];
};

/*
 * The document of all builders, those that the words name and nix-darwin's own if it is wanted; NULL with the error set. The
 * caller lets go of it with json_decref.
 */
json_t	*conf_nix_document(struct conf *, char **, struct error *);

/*
 * The lines of known_hosts files that have the host, as facts/ssh-trust.h has them: those of the
 * caller, whom `ssh -G` gave this answer, of who called sudo, of root, and of what nix --install
 * wrote, where the builder has this alias. The document is the host's own. NULL with the error set.
 */
json_t	*conf_nix_known(const char *answer, const json_t *found, const char *alias, struct error *);

/*
 * The public key of a host, "TYPE KEY", out of a .pub file, or from the host itself, by ssh and the
 * way that its block will take, for which the document has meshssh's path. 0, or -1 with the error
 * set, also where it is not the one that is known. What is trusted for the first time, or against
 * known_hosts by the user's own word, is told on standard error.
 */
int	conf_nix_key_file(const char *path, const char *alias, const json_t *known, char [EMIT_NIX_KEY_MAX],
	    struct error *);
int	conf_nix_key_ask(const json_t *doc, const struct emit_nix_host *, const json_t *known, char [EMIT_NIX_KEY_MAX],
	    struct error *);

/* The file of a part, as this system and this installation of Nix call it; the buffer. */
const char *conf_nix_file(const json_t *doc, const struct conf_nix_part *, char [300]);
/* Write what would be printed, each text to its file, or show what would change. 0, or -1 with the error set. */
int	conf_nix_install(const struct conf *, json_t *doc, const struct conf_nix_way *, struct error *);

/* Let the real nix ask a builder, or each one on the list if it is NULL, and explain what comes of it. */
int	conf_nix_check(struct conf *, const char *, struct error *);

#endif
