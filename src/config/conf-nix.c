/* SPDX-License-Identifier: ISC */
/* meshssh-config nix. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/number.h"
#include "base/xalloc.h"
#include "config/conf-nix.h"
#include "config/conf.h"
#include "emit/emit.h"

#define MACHINES_PART	{ "nix-machines", EMIT_NIX_MACHINES, "a builder is one line" }
#define KNOWN_PART	{ "nix-known", EMIT_NIX_KNOWN_HOSTS, "the host keys, for who runs ssh without Nix" }
#define CONF_PART	{ "nix-conf", "/etc/nix/nix.conf", "in place of its line builders; then restart nix-daemon" }

static const struct conf_nix_way	ways[] = {
	{ "", {
		{ "nix-ssh", "~/.ssh/config",
		    "at its top; nix-daemon runs ssh as root, which reads no other user's file" },
		KNOWN_PART,
		MACHINES_PART,
		CONF_PART
	} },
	{ "sshopts", {
		{ "nix-sshopts", EMIT_NIX_SSH_CONFIG,
		    "what nix-daemon's ssh reads in place of any other file" },
		{ "nix-env", CONF_NIX_UNIT,
		    "the environment of nix-daemon, which names that file" },
		KNOWN_PART,
		MACHINES_PART,
		CONF_PART
	} },
	{ "nixos", {
		{ "nix-nixos", "meshssh-builders.nix", "a module of NixOS, to be named in imports" }
	} },
	{ "darwin", {
		{ "nix-darwin", "meshssh-builders.nix",
		    "a module of nix-darwin, to be named in modules or imports" }
	} }
};

int
conf_nix_set_word(void *to, const char *value)
{
	(void)to;
	return (emit_nix_word(value, "._-") ? 0 : -1);
}

int
conf_nix_set_list(void *to, const char *value)
{
	(void)to;
	return (emit_nix_word(value, ",._+-") || strcmp(value, "-") == 0 ? 0 : -1);
}

int
conf_nix_set_path(void *to, const char *value)
{
	(void)to;
	return (emit_nix_path(value) ? 0 : -1);
}

int
conf_nix_set_jobs(void *to, const char *value)
{
	int	jobs;

	(void)to;
	return (number_parse(value, 1, 10000, &jobs));
}

int
conf_nix_set_protocol(void *to, const char *value)
{
	(void)to;
	return (strcmp(value, "ssh") == 0 || strcmp(value, "ssh-ng") == 0 ? 0 : -1);
}

/* The way that was chosen; NULL with the error set if that is more than one. */
static const struct conf_nix_way *
nix_way(const struct conf *conf, struct error *err)
{
	const struct conf_nix_way	*way = &ways[0];
	size_t			 i;

	for (i = 1; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (!conf_given(conf, ways[i].option))
			continue;
		if (way != &ways[0]) {
			error_set(err, CODE_USAGE, "--%s and --%s exclude each other", way->option,
			    ways[i].option);
			return (NULL);
		}
		way = &ways[i];
	}
	return (way);
}

static int
nix_print(FILE *fp, const json_t *doc, const struct conf_nix_way *way, struct error *err)
{
	const struct conf_nix_part	*part;
	char				 path[300], *text;

	emit_header(fp, doc, "#");
	for (part = way->parts; part->emitter != NULL; part++) {
		if ((text = emit_text(emit_find(part->emitter), doc, err)) == NULL)
			return (-1);
		conf_nix_file(doc, part, path);
		fprintf(fp, "\n# %s: %s\n%s", path[0] != '\0' ? path : "in a shell", part->why,
		    text);
		free(text);
	}
	return (0);
}

/* What cannot be written here: the other side's half. */
static int
nix_print_there(FILE *fp, const json_t *doc, struct error *err)
{
	struct emit_nix_host	h;
	size_t			i;
	int			more;

	for (i = 0; (more = emit_nix_host(doc, i, &h, err)) == 1; i++) {
		if (h.direct && !h.jump)
			continue;
		if (h.jump) {
			fprintf(fp, "\n# On %s, on the way there: the public half of %s in "
			    "authorized_keys of %s\n", h.name, h.key, h.user);
			continue;
		}
		fprintf(fp,
		    "\n# On %s: in nix.conf trusted-users = root %s, for it is sent unsigned paths;\n",
		    h.alias, h.user);
		fprintf(fp, "# and the public half of %s in authorized_keys of %s\n", h.key,
		    h.user);
	}
	return (more);
}

static int
nix_run(struct conf *conf, const struct conf_nix_way *way, char **words, struct error *err)
{
	json_t	*doc;
	char	*text;
	size_t	 len;
	FILE	*fp;
	int	 result;

	if ((doc = conf_nix_document(conf, words, err)) == NULL)
		return (-1);
	if (conf_given(conf, "install")) {
		result = conf_nix_install(conf, doc, way, err);
		json_decref(doc);
		return (result);
	}
	fp = xmemstream(&text, &len);
	if ((result = nix_print(fp, doc, way, err)) == 0)
		result = nix_print_there(fp, doc, err);
	xmemstream_close(fp);
	if (result == 0)
		fputs(text, stdout);
	free(text);
	json_decref(doc);
	return (result);
}

int
conf_nix(struct conf *conf, char **words, struct error *err)
{
	const struct conf_nix_way	*way = nix_way(conf, err);
	int			 own = conf_given(conf, "linux-builder"),
				    check = conf_given(conf, "check");

	if (way == NULL)
		return (-1);
	if (words[0] != NULL && strcmp(words[0], "check") == 0) {
		check = 1;
		words++;
	}
	if (check) {
		if (words[0] == NULL || words[1] == NULL)
			return (conf_nix_check(conf, words[0], err));
		error_set(err, CODE_USAGE, "--check takes one builder, or none for all");
	} else if (words[0] == NULL && !own)
		error_set(err, CODE_USAGE, "there is no host");
	else if (conf_given(conf, "host-key") && (words[0] == NULL || words[1] != NULL))
		error_set(err, CODE_USAGE, "--host-key is for one host");
	else if (own && conf_given(conf, "nixos"))
		error_set(err, CODE_USAGE, "--linux-builder is nix-darwin's, and NixOS has none");
	else if (conf_given(conf, "dry-run") && !conf_given(conf, "install"))
		error_set(err, CODE_USAGE,
		    "--dry-run is for --install; without it, nix only prints");
	else if (conf_given(conf, "install") && (conf_given(conf, "nixos") ||
	    conf_given(conf, "darwin")))
		error_set(err, CODE_USAGE, "a module is for your configuration, and not installed");
	else
		return (nix_run(conf, way, words, err));
	return (-1);
}
