/* SPDX-License-Identifier: ISC */
/* Unit tests: emit. */

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "catalogue/catalogue.h"
#include "check.h"
#include "emit/emit.h"

#ifndef GOLDEN_DIR
#define GOLDEN_DIR "tests/golden"
#endif

#define DOCUMENT_BYTES	(256 << 10)

static json_t	*seen;		/* the emitters that a document names */

/*
 * NAME.json is a document with the name of its emitter, and NAME.out the bytes that it gives; or,
 * with "error", the name of the message that says why there are none.
 */
static void
check_document(const char *path)
{
	static char		 buf[DOCUMENT_BYTES];
	char			 expect[PATH_MAX], *text;
	const struct emitter	*emitter;
	const char		*wrong;
	struct error		 err = { .code = CODE_NONE };
	json_t			*doc = NULL;
	ssize_t			 len;

	if ((len = file_read(path, buf, sizeof(buf))) == -1 ||
	    (doc = json_parse(buf, (size_t)len, 0)) == NULL || json_text_at(doc, "emitter") == NULL)
		fail_msg("%s: no document", path);
	if ((emitter = emit_find(json_text_at(doc, "emitter"))) == NULL)
		fail_msg("%s: no emitter %s", path, json_text_at(doc, "emitter"));
	json_object_set_new(seen, emitter->name, json_true());
	text = emit_text(emitter, doc, &err);
	if ((wrong = json_text_at(doc, "error")) != NULL) {
		if (text != NULL || strcmp(code_row(err.code)->name, wrong) != 0)
			fail_msg("%s: %s, expected %s", path, code_row(err.code)->name, wrong);
	} else {
		if (text == NULL)
			fail_msg("%s: %s", path, err.text);
		snprintf(expect, sizeof(expect), "%.*s.out", (int)(strlen(path) - strlen(".json")),
		    path);
		if ((len = file_read(expect, buf, sizeof(buf) - 1)) == -1)
			fail_msg("%s: it cannot be read", expect);
		buf[len] = '\0';
		if (strcmp(text, buf) != 0)
			fail_msg("%s: it is\n%s\nand ought to be\n%s", path, text, buf);
	}
	free(text);
	json_decref(doc);
}

static void
test_documents(void **state)
{
	struct dirent	*entry;
	char		 path[PATH_MAX];
	size_t		 len;
	DIR		*dir;
	int		 count = 0;

	(void)state;
	assert_non_null(dir = opendir(GOLDEN_DIR "/emit"));
	while ((entry = readdir(dir)) != NULL) {
		len = strlen(entry->d_name);
		if (len < 5 || strcmp(entry->d_name + len - 5, ".json") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/emit/%s", GOLDEN_DIR, entry->d_name);
		check_document(path);
		count++;
	}
	closedir(dir);
	assert_within(count, 1, INT_MAX);
}

static void
test_covered(void **state)
{
	const struct emitter	*emitter;

	(void)state;
	for (emitter = emitters; emitter->name[0] != '\0'; emitter++)
		if (json_object_get(seen, emitter->name) == NULL)
			fail_msg("no document names %s", emitter->name);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_covered),
	};
	int				result;

	seen = json_object();
	result = cmocka_run_group_tests_name("emit", tests, NULL, NULL);
	json_decref(seen);
	return (result);
}
