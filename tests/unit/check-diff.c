/* SPDX-License-Identifier: ISC */
/* Unit tests: diff. */

#include "check.h"
#include "install/diff.h"

static void
expect(const char *from, const char *to, const char *wanted)
{
	char	*text = NULL;
	size_t	 len;
	FILE	*fp = open_memstream(&text, &len);

	assert_non_null(fp);
	diff_unified(fp, "f", from, from != NULL ? strlen(from) : 0, to,
	    to != NULL ? strlen(to) : 0);
	assert_int_equal(fclose(fp), 0);
	if (strcmp(text, wanted) != 0)
		fail_msg("it is\n%s\nand ought to be\n%s", text, wanted);
	free(text);
}

static void
test_rows(void **state)
{
	static const struct {
		const char	*from, *to, *wanted;
	} rows[] = {
		{ "a\n", "a\n", "" },
		{ NULL, NULL, "" },
		{ "", "", "" },
		{ NULL, "a\nb\n", "--- /dev/null\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n" },
		{ "a\n", NULL, "--- f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n" },
		{ "", "a\n", "--- f\n+++ f\n@@ -0,0 +1 @@\n+a\n" },
		{ "1\n2\n3\n4\n5\n", "x\n1\n2\n3\n4\n5\n",
		    "--- f\n+++ f\n@@ -1,3 +1,4 @@\n+x\n 1\n 2\n 3\n" },
		{ "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\ny\n6\n7\n8\n9\n",
		    "--- f\n+++ f\n@@ -2,7 +2,8 @@\n 2\n 3\n 4\n-5\n+x\n+y\n 6\n 7\n 8\n" },
		{ "a", "x\na",
		    "--- f\n+++ f\n@@ -1 +1,2 @@\n+x\n a\n\\ No newline at end of file\n" },
		{ "a", "a\n", "--- f\n+++ f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n" },
		{ "a\na\na\n", "a\na\n", "--- f\n+++ f\n@@ -1,3 +1,2 @@\n a\n a\n-a\n" },
		{ "\n\n", "\n", "--- f\n+++ f\n@@ -1,2 +1 @@\n \n-\n" },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		expect(rows[i].from, rows[i].to, rows[i].wanted);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = { cmocka_unit_test(test_rows) };

	return (cmocka_run_group_tests_name("diff", tests, NULL, NULL));
}
