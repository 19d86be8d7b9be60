/* SPDX-License-Identifier: ISC */
/* meshssh-config stanza, tailnet and known-hosts. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "config/conf.h"
#include "emit/emit-stanza.h"
#include "emit/emit.h"
#include "install/install.h"

/*
 * Where the block would stand, it changes nothing but what it sets: 0, or -1 with the error set.
 * Files that cannot be read, or that ssh refuses, are for check and install to tell.
 */
static int
stanza_fits(const struct conf *conf, const json_t *doc, const char *text, struct error *err)
{
	const char	*host = json_text_at(doc, "target.host");
	struct install	in;
	struct error	why = { .code = CODE_NONE };

	if (strcmp(conf->command->name, "stanza") != 0 || host == NULL)
		return (0);
	if (install_open(&in, INSTALL_USER, 1, &why) == 0) {
		install_put(&in, host, text);
		conf_effect_now(&in, host, NULL, &why);
	}
	install_close(&in);
	if (why.code != CODE_CONFIG_CHANGES)
		return (0);
	*err = why;
	return (-1);
}

/*
 * The texts of the command's emitter, over these documents, which are let go: all of it or nothing
 * is printed.
 */
static int
conf_print(const struct conf *conf, json_t *docs, struct error *err)
{
	const struct emitter	*emitter = emit_find(conf->command->name);
	const json_t		*doc;
	char			*text, *all;
	size_t			 len, i;
	FILE			*fp = xmemstream(&all, &len);
	int			 result = 0;

	for (i = 0; result == 0 && i < json_array_size(docs); i++) {
		doc = json_array_get(docs, i);
		if ((text = emit_text(emitter, doc, err)) == NULL ||
		    stanza_fits(conf, doc, text, err) == -1)
			result = -1;
		else {
			if (i == 0)
				emit_header(fp, doc, "#");
			fprintf(fp, "\n%s", text);
		}
		free(text);
	}
	xmemstream_close(fp);
	if (result == 0)
		fputs(all, stdout);
	/* Not in the text: it is so at this moment. */
	for (i = 0; result == 0 && isatty(STDERR_FILENO) && i < json_array_size(docs); i++)
		conf_offer(stderr, json_array_get(docs, i));
	free(all);
	json_decref(docs);
	return (result);
}

void
conf_offer(FILE *fp, const json_t *doc)
{
	const char	*address = emit_stanza_offer(doc), *host = json_text_at(doc, "target.host");

	if (address != NULL && host != NULL && addr_host_ok(host))
		fprintf(fp, "%s: tailscaled reaches it at %s; with --or=%s, ssh can use that address, "
		    "too\n", host, address, address);
}

int
conf_no_words(const struct conf *conf, char **words, struct error *err)
{
	if (words[0] == NULL)
		return (0);
	error_set(err, CODE_USAGE, "%s%s takes no \"%.60s\"", conf->command->name,
	    conf_given(conf, "match") ? " --match" : "", words[0]);
	return (-1);
}

static int
conf_emit_machine(struct conf *conf, char **words, struct error *err)
{
	json_t	*doc;

	if (conf_no_words(conf, words, err) == -1 || (doc = conf_document(conf, NULL, err)) == NULL)
		return (-1);
	return (conf_print(conf, json_pack("[o]", doc), err));
}

int
conf_emit_mesh(struct conf *conf, char **words, struct error *err)
{
	json_t	*doc;

	if (conf_no_words(conf, words, err) == -1 || (doc = conf_document_mesh(conf, err)) == NULL)
		return (-1);
	return (conf_print(conf, json_pack("[o]", doc), err));
}

int
conf_emit_hosts(struct conf *conf, char **words, struct error *err)
{
	json_t	*docs = json_array();

	/* The hosts of a pattern cannot be looked at. */
	if (conf_given(conf, "match")) {
		json_decref(docs);
		return (conf_emit_machine(conf, words, err));
	}
	if (words[0] == NULL)
		error_set(err, CODE_USAGE, "there is no host");
	while (*words != NULL && json_array_append_new(docs, conf_document(conf, *words, err)) == 0)
		words++;
	if (json_array_size(docs) > 0 && *words == NULL)
		return (conf_print(conf, docs, err));
	json_decref(docs);
	return (-1);
}
