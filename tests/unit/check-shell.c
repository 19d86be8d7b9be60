/* SPDX-License-Identifier: ISC */
/* Unit tests: shell. */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* What a shell makes of a quoted word is the word. */
static void
test_quote(void **state)
{
	static const char *const	words[] = { "/etc/ssh/x", "it's", "a b", "$(touch x)", "`id`",
					    "x;reboot", "\"", "\\", "'", "''", "", "*", "[nas]:22", "~root",
					    "a=b", "caf\303\251", "x\ny", "#x", "{a,b}", "!x" };
	char				quoted[SHELL_QUOTE_MAX], command[SHELL_QUOTE_MAX + 16], got[64];
	size_t				i, len;
	FILE				*fp;

	(void)state;
	for (i = 0; i < COUNT(words); i++) {
		snprintf(command, sizeof(command), "printf %%s %s", shell_quote(words[i], quoted));
		assert_non_null(fp = popen(command, "r"));
		len = fread(got, 1, sizeof(got) - 1, fp);
		got[len] = '\0';
		assert_int_equal(pclose(fp), 0);
		assert_string_equal(got, words[i]);
	}
	assert_string_equal(shell_quote("nas.mesh.example", quoted), "nas.mesh.example");
	assert_string_equal(shell_quote("~/.ssh/my key", quoted), "~/'.ssh/my key'");
	assert_string_equal(shell_quote("-oProxyCommand=id", quoted), "./'-oProxyCommand=id'");
	assert_string_equal(shell_quote("--", quoted), "./--");
	memset(command, '\'', sizeof(command));
	command[100] = '\0';
	assert_string_equal(shell_quote(command, quoted), "...");
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
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_room),
	};

	return (cmocka_run_group_tests_name("shell", tests, NULL, NULL));
}
