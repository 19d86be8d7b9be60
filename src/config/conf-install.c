/* SPDX-License-Identifier: ISC */
/* meshssh-config install and remove. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "config/conf.h"
#include "emit/emit.h"
#include "install/diff.h"
#include "install/install.h"

int
conf_scope(const struct conf *conf, struct error *err)
{
	if (!conf_given(conf, "root") && !conf_given(conf, "system"))
		return (INSTALL_USER);
	if (!conf_given(conf, "system"))
		return (INSTALL_ROOT);
	if (!conf_given(conf, "root"))
		return (INSTALL_SYSTEM);
	error_set(err, CODE_USAGE, "--root or --system, not both");
	return (-1);
}

/*
 * Root's ssh, or everybody's, is to run the program of this document. 0 if it may, or -1 with the
 * error set.
 */
static int
conf_program_ok(const struct conf *conf, const json_t *doc, struct error *err)
{
	if (geteuid() != 0 && !conf_given(conf, "root") && !conf_given(conf, "system"))
		return (0);
	return (install_program(json_text_at(doc, "wanted.program"), err));
}

/*
 * What an emitter says of a host, or of all peers, goes into the object under the section's name. 0
 * or -1.
 */
static int
texts_add(const struct conf *conf, json_t *texts, const char *name, FILE *offers,
    struct error *err)
{
	int	 all = strcmp(name, INSTALL_TAILNET) == 0, result = -1;
	json_t	*doc = all ? conf_document_mesh(conf, err) : conf_document(conf, name, err);
	char	*text = NULL;

	if (doc == NULL)
		return (-1);
	if (conf_program_ok(conf, doc, err) == 0 &&
	    (text = emit_text(emit_find(all ? "tailnet" : "stanza"), doc, err)) != NULL) {
		json_object_set_new(texts, name, json_string(text));
		if (offers != NULL)
			conf_offer(offers, doc);
		result = 0;
	}
	free(text);
	json_decref(doc);
	return (result);
}

/*
 * Those that are installed by name are looked at anew. All peers wait until it is said which of
 * them. 0 or -1.
 */
static int
texts_again(const struct conf *conf, int scope, json_t *texts, FILE *offers, struct error *err)
{
	struct install	in;
	char		name[INSTALL_NAME];
	size_t		at = 0;
	int		result = install_open(&in, (enum install_scope)scope, 1, err);

	while (result == 0 && install_own_next(&in.own->old, &at, name))
		if (strcmp(name, INSTALL_TAILNET) != 0)
			result = texts_add(conf, texts, name, offers, err);
	if (result == 0 && json_object_size(texts) == 0) {
		error_set(err, CODE_USAGE, "there is no host, and none is installed by name");
		result = -1;
	}
	install_close(&in);
	return (result);
}

/*
 * Control characters of a user's file are not for a terminal; programs, such as patch(1), want all
 * as it is.
 */
static void
diff_print(const char *text, size_t len)
{
	int	n;

	if (!isatty(STDOUT_FILENO)) {
		fwrite(text, 1, len, stdout);
		return;
	}
	for (; len > 0; len -= (size_t)n, text += n)
		if ((n = text_char(text, len)) > 0 || *text == '\n' || *text == '\t') {
			n = n > 0 ? n : 1;
			fwrite(text, 1, (size_t)n, stdout);
		} else {
			n = -n;
			putchar('?');
		}
}

static void
install_diff(const struct install *in)
{
	const struct install_file	*f;
	char				*text;
	size_t				 len, i;
	FILE				*fp = xmemstream(&text, &len);

	for (i = 0; i < in->count; i++) {
		f = in->files[i];
		if (f->changes)
			diff_unified(fp, f->path, f->old.bytes, f->old.len, f->new.bytes,
			    f->new.len);
	}
	xmemstream_close(fp);
	diff_print(text, len);
	free(text);
}

/* What was done, a line each; the number of lines. */
static int
conf_tell(const struct install *in)
{
	const struct install_file	*f;
	size_t				 i;
	int				 count = 0;

	for (i = 0; i < in->count; i++) {
		f = in->files[i];
		if (f->done)
			printf("%s: %s\n", f->path, f->new.bytes == NULL ? "removed" : "written");
		if (f->kept)
			printf("%s: what was there before\n", f->backup);
		else if (f->done && access(f->backup, F_OK) == 0)
			printf("%s: stays as it is\n", f->backup);
		count += f->done;
	}
	return (count);
}

int
conf_finish(const struct conf *conf, struct install *in, int *changed, struct error *err)
{
	int	result, count;

	if (install_check(in, err) == -1)
		return (-1);
	if (in->own != NULL && in->config != NULL && json_array_size(in->touched) > 0 &&
	    conf_effect(in, &in->own->old, conf_given(conf, "dry-run") ? "# " : NULL, err) == -1)
		return (-1);
	if (conf_given(conf, "dry-run")) {
		install_diff(in);
		return (0);
	}
	result = install_apply(in, err);
	if ((count = conf_tell(in)) == 0 && result == 0)
		printf("there is nothing to change\n");
	if (changed != NULL)
		*changed = count > 0;
	return (result);
}

int
conf_install(struct conf *conf, char **words, struct error *err)
{
	struct install	 in;
	const char	*name;
	json_t		*texts = json_object(), *text;
	int		 scope = conf_scope(conf, err), result = scope == -1 ? -1 : 0, given = 0,
			    changed = 0;
	char		*offers;
	size_t		 len;
	FILE		*fp = xmemstream(&offers, &len);

	for (; *words != NULL && result == 0; words++, given = 1)
		result = texts_add(conf, texts, *words, fp, err);
	if (result == 0 && conf_given(conf, "tailnet"))
		result = texts_add(conf, texts, INSTALL_TAILNET, fp, err);
	else if (result == 0 && !given)
		result = texts_again(conf, scope, texts, fp, err);
	if (result == 0) {
		result = install_open(&in, (enum install_scope)scope, conf_given(conf, "dry-run"),
		    err);
		json_object_foreach(texts, name, text)
			if (result == 0)
				install_put(&in, name, json_string_value(text));
		if (result == 0)
			result = conf_finish(conf, &in, &changed, err);
		if (result == 0 && scope == INSTALL_SYSTEM && !conf_given(conf, "dry-run"))
			conf_tell_deaf(stdout, install_file_now(in.own));
		install_close(&in);
	}
	xmemstream_close(fp);
	if (changed)
		fputs(offers, stdout);
	free(offers);
	json_decref(texts);
	return (result);
}

/* What the block of one host changes, compared with no block. */
static int
diff_one(const struct conf *conf, const char *name, struct error *err)
{
	struct install	in;
	json_t		*texts = json_object();
	int		 scope = conf_scope(conf, err), result = -1;

	if (scope != -1 && texts_add(conf, texts, name, NULL, err) == 0) {
		result = install_open(&in, (enum install_scope)scope, 1, err);
		if (result == 0) {
			install_put(&in, name, json_string_value(json_object_get(texts, name)));
			result = conf_effect_now(&in, name, "", err);
		}
		install_close(&in);
	}
	json_decref(texts);
	return (result);
}

int
conf_diff(struct conf *conf, char **words, struct error *err)
{
	int	result = 0;

	if (words[0] == NULL) {
		error_set(err, CODE_USAGE, "there is no host");
		return (-1);
	}
	for (; *words != NULL && result == 0; words++)
		result = diff_one(conf, *words, err);
	return (result);
}

/* One section goes, if it is there. */
static void
remove_one(struct install *in, const char *name)
{
	char	shown[INSTALL_NAME];

	if (install_own_has(&in->own->old, name))
		install_drop(in, name);
	else
		printf("%s: there is no block of its own in %s\n",
		    error_vis(shown, sizeof(shown), name), in->own->path);
}

int
conf_remove(struct conf *conf, char **words, struct error *err)
{
	struct install	in;
	int		scope = conf_scope(conf, err), result;

	if (scope == -1)
		return (-1);
	result = install_open(&in, (enum install_scope)scope, conf_given(conf, "dry-run"), err);
	if (result == 0) {
		if (*words == NULL && !conf_given(conf, "tailnet"))
			install_drop_all(&in);
		for (; *words != NULL; words++)
			remove_one(&in, *words);
		if (conf_given(conf, "tailnet"))
			remove_one(&in, INSTALL_TAILNET);
		result = conf_finish(conf, &in, NULL, err);
	}
	install_close(&in);
	return (result);
}
