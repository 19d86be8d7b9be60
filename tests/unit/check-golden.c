#include <dirent.h>
#include <limits.h>

#include "advice/advice.h"
#include "base/file.h"
#include "base/json.h"
#include "check.h"

#ifndef GOLDEN_DIR
#define GOLDEN_DIR "tests/golden"
#endif

#define DOCUMENT_BYTES	(256 << 10)

static json_t	*seen;		/* the codes that were expected */
static int	 wrong;		/* documents */

static json_t *
document(const char *path)
{
	static char	 buf[DOCUMENT_BYTES];
	json_t		*doc = NULL;
	ssize_t		 len;

	if ((len = file_read(path, buf, sizeof(buf))) == -1 || (doc = json_parse(buf, (size_t)len, 0)) == NULL ||
	    !json_is_array(json_at(doc, "expect")) || json_number_at(doc, "version", 0) != 1 ||
	    !json_is_object(json_at(doc, "facts")))
		fail_msg("%s: no document", path);
	return (doc);
}

/* What a person reads is whole: a cause that is a sentence, evidence, and something to do. */
static void
check_finding(const char *path, const json_t *finding)
{
	const char	*cause = json_text_at(finding, "cause");
	const json_t	*cure;
	size_t		 i;

	if (cause == NULL || strlen(cause) < 10 || cause[strlen(cause) - 1] != '.')
		fail_msg("%s: %s: the cause is no sentence, or was cut: \"%s\"", path,
		    json_text_at(finding, "code"), cause);
	if (strlen(json_text_at(finding, "evidence")) < 5)
		fail_msg("%s: %s: no evidence", path, json_text_at(finding, "code"));
	if (json_array_size(json_at(finding, "cure")) == 0)
		fail_msg("%s: %s: no cure", path, json_text_at(finding, "code"));
	json_array_foreach(json_at(finding, "cure"), i, cure)
		if (strlen(json_string_value(cure)) < 5 || strlen(json_string_value(cure)) >= 199)
			fail_msg("%s: %s: no cure, or it was cut: %s", path, json_text_at(finding, "code"),
			    json_string_value(cure));
}

static void
check_document(const char *path)
{
	json_t		*doc = document(path), *expect = json_at(doc, "expect"), *findings;
	char		 got[1024] = "", want[1024] = "";
	const char	*code;
	size_t		 i;

	assert_int_equal(advice_judge(doc), 0);
	findings = json_at(doc, "findings");
	for (i = 0; i < json_array_size(findings); i++) {
		check_finding(path, json_array_get(findings, i));
		strlcat(got, json_text_at(json_array_get(findings, i), "code"), sizeof(got));
		strlcat(got, " ", sizeof(got));
	}
	for (i = 0; i < json_array_size(expect); i++) {
		code = json_string_value(json_array_get(expect, i));
		assert_int_equal(json_object_set_new(seen, code, json_true()), 0);
		strlcat(want, code, sizeof(want));
		strlcat(want, " ", sizeof(want));
	}
	if (strcmp(got, want) != 0)
		print_error("%s: found \"%s\", expected \"%s\"\n", path, got, want);
	wrong += strcmp(got, want) != 0;
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
	assert_non_null(dir = opendir(GOLDEN_DIR));
	while ((entry = readdir(dir)) != NULL) {
		len = strlen(entry->d_name);
		if (entry->d_name[0] == '.' || len < 5 || strcmp(entry->d_name + len - 5, ".json") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", GOLDEN_DIR, entry->d_name);
		check_document(path);
		count++;
	}
	closedir(dir);
	assert_in_range(count, 1, INT_MAX);
	assert_int_equal(wrong, 0);
}

/* Each rule has at least one document in which it finds something. */
static void
test_covered(void **state)
{
	const struct rule	*const *table, *rule;

	(void)state;
	for (table = rules_tables; *table != NULL; table++)
		for (rule = *table; rule->name[0] != '\0'; rule++)
			if (json_object_get(seen, rule->name) == NULL)
				fail_msg("no document expects %s", rule->name);
}

/* A machine of which nothing is known is not ill. */
static void
test_nothing(void **state)
{
	json_t	*doc = json_pack("{s:{}}", "facts");

	(void)state;
	assert_int_equal(advice_judge(doc), 0);
	assert_int_equal(json_array_size(json_at(doc, "findings")), 0);
	json_decref(doc);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_covered),
		cmocka_unit_test(test_nothing),
	};
	int				result;

	seen = json_object();
	result = cmocka_run_group_tests_name("golden", tests, NULL, NULL);
	json_decref(seen);
	return (result);
}
