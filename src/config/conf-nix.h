/* SPDX-License-Identifier: ISC */
/* meshssh-config nix: the steps of it. */

#ifndef CONFIG_CONF_NIX_H
#define CONFIG_CONF_NIX_H

#include <jansson.h>

#include "base/addr.h"
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

/*
 * How the builder's block comes to the ssh that nix-daemon runs: the parts end with a NULL emitter.
 */
struct conf_nix_way {
	const char		*option;	/* "" is what is done without one */
	struct conf_nix_part	 parts[6];
};

/*
 * Return the document of all builders, those that the words name and nix-darwin's own if it is
 * wanted, which the caller releases with json_decref, or NULL with *err set.
 */
json_t	*conf_nix_document(struct conf *conf, char **words, struct error *err);

#define CONF_NIX_WAY	1024	/* bytes of a ProxyJump or ProxyCommand line, and the NUL */

/* A host of a ProxyJump: what was not said is "" or 0. */
struct conf_nix_hop {
	char	user[64];
	char	host[ADDR_HOST_MAX + 1];
	int	port;
};

/*
 * The way that ssh's answer has for the builder, another than its own or meshssh's: the hosts of a
 * ProxyJump, as they stand there, or "" and the line of a ProxyCommand that means the same for
 * root. Return 0, or -1 with *err set if it is no way that can be handed over.
 */
int	conf_nix_way(const json_t *found, const char *answer, const char *alias,
	    char jumps[CONF_NIX_WAY], char line[CONF_NIX_WAY], struct error *err);
/* Take apart [ssh://][user@]host[:port]: 0, or -1 with *err set. */
int	conf_nix_hop(const char *spec, struct conf_nix_hop *hop, struct error *err);
/* That there is a way to this host that cannot be handed over is the error. */
void	conf_nix_behind(const char *host, struct error *err);

/*
 * The lines of known_hosts files that have the host, as facts/ssh-trust.h has them: those of the
 * caller, whom `ssh -G` gave this answer, of who called sudo, of root, and of what nix --install
 * wrote, where the builder has this alias. The document is the host's own. Return the lines, which
 * the caller releases with json_decref, or NULL with *err set.
 */
json_t	*conf_nix_known(const char *answer, const json_t *found, const char *alias,
	    struct error *err);

/*
 * The public key of a host, "TYPE KEY", out of a .pub file, or from the host itself, by ssh and the
 * way that its block will take: meshssh, whose path the document has, or this ProxyCommand; or by
 * this ProxyJump, through which the caller's own ssh and configuration go. Return 0 on success, or
 * -1 with *err set, also where it is not the one that is known. What is trusted for the first time,
 * or against known_hosts by the user's own word, is told on standard error.
 */
int	conf_nix_key_file(const char *path, const char *alias, const json_t *known,
	    char key[EMIT_NIX_KEY_MAX], struct error *err);
int	conf_nix_key_ask(const json_t *doc, const struct emit_nix_host *host, const char *way,
	    const json_t *known, char key[EMIT_NIX_KEY_MAX], struct error *err);

/*
 * Return path, filled with the file of a part, as this system and this installation of Nix call it.
 */
const char *conf_nix_file(const json_t *doc, const struct conf_nix_part *part, char path[300]);
/*
 * Write what would be printed, each text to its file, or show what would change. Return 0 on
 * success, or -1 with *err set.
 */
int	conf_nix_install(const struct conf *conf, json_t *doc, const struct conf_nix_way *way,
	    struct error *err);

/*
 * Let the real nix ask this builder, or each one on the list if host is NULL, and explain the
 * outcome. Return 0 on success, or -1 with *err set.
 */
int	conf_nix_check(struct conf *conf, const char *host, struct error *err);

#endif
