/* SPDX-License-Identifier: ISC */
/* What emitters share, and the text of one. */

#include <stdlib.h>

#include "base/error.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "emit/emit.h"

#define CALL_MAX	1100	/* bytes of how it was called, in the header */

char *
emit_text(const struct emitter *emitter, const json_t *doc, struct error *err)
{
	char	*text;
	size_t	 len;
	FILE	*fp = xmemstream(&text, &len);
	int	 result = emitter->emit(fp, doc, err);

	xmemstream_close(fp);
	if (result == 0)
		return (text);
	free(text);
	return (NULL);
}

void
emit_percents(FILE *fp, const char *text)
{
	for (; *text != '\0'; text++)
		fprintf(fp, *text == '%' ? "%%%%" : "%c", *text);
}

void
emit_header(FILE *fp, const json_t *doc, const char *comment)
{
	const char	*version = json_text_at(doc, "wanted.version"),
			    *call = json_text_at(doc, "wanted.call");
	char		 shown[CALL_MAX];

	fprintf(fp, "%s Made by %s", comment,
	    error_vis(shown, sizeof(shown), version != NULL ? version : "meshssh-config"));
	fprintf(fp, ": %s\n", error_vis(shown, sizeof(shown), call != NULL ? call : ""));
}
