/* SPDX-License-Identifier: ISC */
/* Unit tests: documents of earlier versions. */

#include "base/json.h"
#include "check.h"
#include "facts/schema.h"
#include "facts/upgrade.h"

static json_t *
parse(const char *text)
{
	char	*copy = strdup(text), *quote;
	json_t	*doc;

	assert_non_null(copy);
	for (quote = copy; (quote = strchr(quote, '\'')) != NULL;)
		*quote = '"';
	assert_non_null(doc = json_parse(copy, strlen(copy), 0));
	free(copy);
	return (doc);
}

static void
test_upgrade(void **state)
{
	json_t	*doc = parse("{'version': 1, 'facts': {'banner': {'kind': 'openssh'}, 'tailscale': {'state': 'closed'},"
	    "'mtu': {'route_mtu': 1280, 'there': {'ok': true}, 'back': {'ok': false, 'largest_ok': 1200}}}}");
	char	 bad[128] = "";

	(void)state;
	assert_int_equal(facts_upgrade(doc), 0);
	assert_int_equal(json_number_at(doc, "version", 0), FACTS_VERSION);
	assert_int_equal(fact_check(json_at(doc, "facts"), bad), 0);
	assert_string_equal(json_text_at(doc, "facts.server.kind"), "openssh");
	assert_string_equal(json_text_at(doc, "facts.tailscale.state"), "permission-denied");
	assert_int_equal(json_truth_at(doc, "facts.mtu.forward.ok"), 1);
	assert_int_equal(json_number_at(doc, "facts.mtu.reverse.largest_ok", 0), 1200);
	assert_null(json_at(doc, "facts.banner"));
	assert_null(json_at(doc, "facts.mtu.there"));
	json_decref(doc);
}

/* A document of this version stays as it is, and what is none, or is newer, is refused. */
static void
test_other_versions(void **state)
{
	static const char *const	refused[] = {
		"{}", "{'version': 1}", "{'version': 1, 'facts': []}", "{'version': 0, 'facts': {}}",
		"{'version': 3, 'facts': {}}", "{'version': '1', 'facts': {}}", "[]",
	};
	json_t	*doc = parse("{'version': 2, 'facts': {'banner': {'kind': 'x'}, 'server': 1}}"), *before;
	size_t	 i;

	(void)state;
	assert_non_null(before = json_deep_copy(doc));
	assert_int_equal(facts_upgrade(doc), 0);
	assert_true(json_equal(doc, before));
	json_decref(doc);
	json_decref(before);
	for (i = 0; i < COUNT(refused); i++) {
		doc = parse(refused[i]);
		assert_int_equal(facts_upgrade(doc), -1);
		json_decref(doc);
	}
}

/* Of two names the new one stands: a document that somebody wrote by hand is not made another. */
static void
test_both(void **state)
{
	json_t	*doc = parse("{'version': 1, 'facts': {'banner': {'ms': 1}, 'server': {'ms': 2}, 'mtu': 'none'}}");

	(void)state;
	assert_int_equal(facts_upgrade(doc), 0);
	assert_int_equal(json_number_at(doc, "facts.server.ms", 0), 2);
	json_decref(doc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_upgrade),
		cmocka_unit_test(test_other_versions),
		cmocka_unit_test(test_both),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
