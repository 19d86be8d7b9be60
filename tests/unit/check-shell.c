/* SPDX-License-Identifier: ISC */
/* Unit tests: shell. */

#include <limits.h>
#include <stdlib.h>

#include "base/shell.h"
#include "check.h"

static void
test_words(void **state)
{
	static const struct {
		const char	*option, *path, *word;	/* NULL: it cannot be one */
	} rows[] = {
		{ "", "/usr/bin/meshssh", "/usr/bin/meshssh" },
		{ "", "/my dir/meshssh", "\"/my dir/meshssh\"" },
		{ "--tailscaled=", "/run/ts", "--tailscaled=/run/ts" },
		{ "--tailscaled=", "/my run/ts", "\"--tailscaled=/my run/ts\"" },
		{ "", "/100%h/x", "/100%%h/x" },
		{ "", "/a b%/x", "\"/a b%%/x\"" },
		{ "", "/caf\303\251", "/caf\303\251" },
		{ "", "", "" },
		{ "", "/a\"b", NULL },
		{ "", "/a'b", NULL },
		{ "", "/a$(id)", NULL },
		{ "", "/a`id`", NULL },
		{ "", "/a\\b", NULL },
		{ "", "/a;b", NULL },
		{ "", "/a\nb", NULL },
		{ "", "/a\001b", NULL },
		{ "", "/a\177b", NULL },
		{ "", "/~", NULL },
	};
	char	word[64];
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		if ((shell_word(rows[i].option, rows[i].path, word,
		    sizeof(word)) == 0) != (rows[i].word != NULL))
			fail_msg("%s%s: %s", rows[i].option, rows[i].path,
			    rows[i].word != NULL ? "refused" : word);
		if (rows[i].word != NULL)
			assert_string_equal(word, rows[i].word);
	}
}

/* What does not fit is refused, whole. */
static void
test_room(void **state)
{
	char	word[16];
	size_t	size;

	(void)state;
	assert_int_equal(shell_word("--o=", "/a b%", word, sizeof(word)), 0);
	assert_string_equal(word, "\"--o=/a b%%\"");
	for (size = 1; size <= strlen(word); size++)
		assert_int_equal(shell_word("--o=", "/a b%", word, size), -1);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_room),
	};

	return (cmocka_run_group_tests_name("shell", tests, NULL, NULL));
}
