/* SPDX-License-Identifier: ISC */
/* Fuzz target: emit. */

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "emit/emit.h"
#include "fuzz.h"

/* Those whose text is ssh_config(5) and nothing else. */
static const char	stanzas[][16] = { "stanza", "tailnet" };

/*
 * A comment, an empty line, the head of a block, or a keyword and a value that neither ssh nor a
 * shell can misread.
 */
static void
check_stanza_line(const char *line, size_t len)
{
	size_t	i, quotes = 0;

	if (len == 0 || line[strspn(line, " ")] == '#')
		return;
	must(strncmp(line, "Host ", 5) == 0 || strncmp(line, "Match host ", 11) == 0 ||
	    strncmp(line, "Match originalhost *,!", 22) == 0 ||
	    (strncmp(line, "    ", 4) == 0 && strspn(line + 4, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") > 0));
	for (i = 0; i < len; i++) {
		must(strchr("'\\`$;|&<>()", line[i]) == NULL);
		quotes += line[i] == '"';
	}
	must(quotes % 2 == 0 && line[len - 1] != ' ');
}

static void
check(const struct emitter *emitter, const char *text)
{
	const char	*p;
	size_t		 i, len;

	for (p = text; *p != '\0'; p++)
		must(((unsigned char)*p >= ' ' && *p != '\x7f') || *p == '\n' || *p == '\t');
	must(p > text && p[-1] == '\n');
	for (i = 0; i < sizeof(stanzas) / sizeof(stanzas[0]); i++)
		if (strcmp(emitter->name, stanzas[i]) == 0)
			for (p = text; *p != '\0'; p += len + 1) {
				len = strcspn(p, "\n");
				check_stanza_line(p, len);
			}
}

/* One line, whatever stands in the call that it tells. */
static void
check_header(const json_t *doc)
{
	char	*text = NULL;
	size_t	 len;
	FILE	*fp = open_memstream(&text, &len);

	must(fp != NULL);
	emit_header(fp, doc, "#");
	must(fclose(fp) == 0 && strncmp(text, "# ", 2) == 0 && strcspn(text, "\n") == len - 1);
	free(text);
}

/* A document of unknown origin, for each emitter; the same twice gives the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct emitter	*emitter;
	struct error		 err;
	json_t			*doc = json_parse((const char *)data, size, 0);
	char			*text, *again;

	if (doc == NULL)
		return (0);
	check_header(doc);
	for (emitter = emitters; emitter->name[0] != '\0'; emitter++) {
		err.code = CODE_NONE;
		text = emit_text(emitter, doc, &err);
		again = emit_text(emitter, doc, NULL);
		must((text == NULL) == (err.code != CODE_NONE) &&
		    (text == NULL) == (again == NULL));
		if (text != NULL) {
			check(emitter, text);
			must(strcmp(text, again) == 0);
		}
		free(text);
		free(again);
	}
	json_decref(doc);
	return (0);
}
