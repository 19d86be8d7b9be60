/* SPDX-License-Identifier: ISC */
/* meshssh-config: files of its own, which it writes anew, and takes away. */

#include <sys/types.h>
#include <sys/stat.h>

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/xalloc.h"
#include "config/conf.h"
#include "emit/emit.h"
#include "install/install.h"

#define MARK		"# Made by meshssh"
#define MARK_XML	"<!-- Made by meshssh"
#define MARK_WITHIN	100	/* bytes at the top, where a document of XML has it */

struct install_file *
conf_own_open(struct install *in, const char *path, mode_t mode, struct error *err)
{
	struct stat	sb;

	if (lstat(path, &sb) == 0 && S_ISLNK(sb.st_mode)) {
		error_set(err, CODE_MANAGED_FILE, "%.100s is a link, made by another program",
		    path);
		return (NULL);
	}
	return (install_add(in, path, mode, err));
}

int
conf_own_is(const struct install_file *file)
{
	const char	*text = file->old.bytes;
	size_t		 len = file->old.len < MARK_WITHIN ? file->old.len : MARK_WITHIN;

	return ((len >= strlen(MARK) && memcmp(text, MARK, strlen(MARK)) == 0) || (len > 0 &&
	    text[0] == '<' && memmem(text, len, MARK_XML, strlen(MARK_XML)) != NULL));
}

char *
conf_own_text(const json_t *doc, const char *emitter, struct error *err)
{
	char	*text, *whole;
	size_t	 len;
	FILE	*fp;

	if ((text = emit_text(emit_find(emitter), doc, err)) == NULL)
		return (NULL);
	fp = xmemstream(&whole, &len);
	/* A document of XML has the mark in a comment of its own. */
	if (text[0] != '<')
		emit_header(fp, doc, "#");
	fputs(text, fp);
	xmemstream_close(fp);
	free(text);
	return (whole);
}

struct install_file *
conf_own_put(struct install *in, const json_t *doc, const char *emitter, const char *path,
    mode_t mode, struct error *err)
{
	struct install_file	*file = conf_own_open(in, path, mode, err);
	struct install_text	 text;

	if (file == NULL)
		return (NULL);
	if (file->old.len > 0 && !conf_own_is(file)) {
		error_set(err, CODE_CONFIG_FOREIGN, "%s is there, and not from meshssh-config",
		    path);
		return (NULL);
	}
	if ((text.bytes = conf_own_text(doc, emitter, err)) == NULL)
		return (NULL);
	text.len = strlen(text.bytes);
	install_file_set(file, &text);
	return (file);
}
