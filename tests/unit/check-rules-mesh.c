#include "advice/advice.h"
#include "base/json.h"
#include "check.h"

/* What little of the facts decides, and how sure the rule is; "" if it must say nothing. */
static const struct {
	const char	*code;
	const char	*facts;
	const char	*severity;
	const char	*certainty;
} cases[] = {
	{ "mesh-stopped", "{\"tailscale\":{\"state\":\"down\",\"backend\":\"Stopped\"}}", "warning", "sure" },
	{ "mesh-stopped", "{\"tailscale\":{\"state\":\"down\",\"backend\":\"Stopped\",\"host\":\"mesh\"},"
	    "\"connect\":{\"ok\":false}}", "error", "sure" },
	{ "mesh-stopped", "{\"tailscale\":{\"state\":\"down\",\"backend\":\"Stopped\",\"host\":\"mesh\"},"
	    "\"connect\":{\"ok\":true}}", "", "" },
	{ "mesh-stopped", "{\"tailscale\":{\"state\":\"down\",\"backend\":\"Stopped\",\"host\":\"other\"},"
	    "\"connect\":{\"ok\":false}}", "", "" },
	{ "mesh-stopped", "{\"tailscale\":{\"state\":\"down\",\"backend\":\"Stopped\",\"host\":\"perhaps\"},"
	    "\"connect\":{\"ok\":false},"
	    "\"names\":{\"lookups\":{\"system\":{\"error\":\"Name or service not known\"}}}}", "error", "likely" },
	{ "mesh-stopped", "{\"tailscale\":{\"state\":\"down\",\"backend\":\"Stopped\",\"host\":\"perhaps\"},"
	    "\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"10.0.0.1\",\"family\":4,"
	    "\"ms\":1,\"error\":\"refused\"}]}}", "", "" },
	{ "mesh-stopped", "{\"tailscale\":{\"state\":\"down\",\"backend\":\"Stopped\",\"host\":\"perhaps\"},"
	    "\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"100.64.0.7\",\"family\":4,"
	    "\"ms\":1,\"error\":\"timeout\"}]}}", "error", "sure" },
	{ "mesh-stopped", "{\"tailscale\":{\"state\":\"up\",\"backend\":\"Running\",\"host\":\"mesh\"},"
	    "\"connect\":{\"ok\":false}}", "", "" },
	{ "mesh-logged-out", "{\"tailscale\":{\"state\":\"down\",\"backend\":\"NeedsLogin\",\"key_expired\":true,"
	    "\"host\":\"mesh\"},\"connect\":{\"ok\":false}}", "", "" },
	{ "mesh-not-running", "{\"tailscale\":{\"state\":\"dead\",\"host\":\"mesh\",\"windows\":{\"running\":true}},"
	    "\"connect\":{\"ok\":false}}", "", "" },
	{ "mesh-not-running", "{\"tailscale\":{\"state\":\"dead\",\"host\":\"mesh\"},\"net\":{\"own_tailnet\":true},"
	    "\"connect\":{\"ok\":false}}", "", "" },
	{ "mesh-absent", "{\"tailscale\":{\"state\":\"none\"}}", "", "" },
	{ "mesh-absent", "{\"tailscale\":{\"state\":\"none\",\"host\":\"perhaps\"},\"connect\":{\"ok\":false},"
	    "\"names\":{\"lookups\":{\"system\":{\"error\":\"x\"}}}}", "", "" },
	{ "mesh-too-old", "{\"tailscale\":{\"state\":\"up\",\"version\":\"1.24.0\",\"host\":\"mesh\"},"
	    "\"connect\":{\"ok\":false}}", "", "" },
	{ "mesh-too-old", "{\"tailscale\":{\"state\":\"up\",\"version\":\"1.8.3\",\"host\":\"mesh\"},"
	    "\"connect\":{\"ok\":false}}", "error", "sure" },
	{ "mesh-too-old", "{\"tailscale\":{\"state\":\"up\",\"version\":\"1.8.3\",\"here\":true,\"tun\":true,"
	    "\"host\":\"mesh\"},\"connect\":{\"ok\":false}}", "", "" },
	{ "mesh-too-old", "{\"tailscale\":{\"state\":\"up\",\"version\":\"1.8.3\"}}", "warning", "sure" },
	{ "mesh-too-old", "{\"tailscale\":{\"state\":\"up\",\"version\":\"2.0.0\",\"host\":\"mesh\"},"
	    "\"connect\":{\"ok\":false}}", "", "" },
	{ "mesh-too-old", "{\"tailscale\":{\"state\":\"up\",\"version\":\"date.20260101\",\"host\":\"mesh\"},"
	    "\"connect\":{\"ok\":false}}", "", "" },
	{ "mesh-userspace", "{\"tailscale\":{\"state\":\"up\",\"tun\":false}}", "note", "sure" },
	{ "mesh-userspace", "{\"tailscale\":{\"state\":\"up\",\"tun\":false,\"host\":\"other\"},"
	    "\"ssh\":{\"options\":{}}}", "", "" },
	{ "mesh-userspace", "{\"tailscale\":{\"state\":\"up\",\"tun\":false,\"host\":\"mesh\"},"
	    "\"ssh\":{\"options\":{\"proxycommand\":\"none\"}}}", "note", "sure" },
	{ "mesh-userspace", "{\"tailscale\":{\"state\":\"up\",\"tun\":false,\"host\":\"mesh\"},"
	    "\"ssh\":{\"options\":{\"proxyjump\":\"gate\"}}}", "", "" },
	{ "mesh-userspace", "{\"tailscale\":{\"state\":\"down\",\"tun\":false}}", "", "" },
	{ "mesh-key-expires", "{\"tailscale\":{\"state\":\"up\",\"key_expires_days\":14}}", "note", "sure" },
	{ "mesh-key-expires", "{\"tailscale\":{\"state\":\"up\",\"key_expires_days\":15}}", "", "" },
	{ "mesh-key-expires", "{\"tailscale\":{\"state\":\"up\",\"key_expires_days\":-1,\"key_expired\":true}}", "", "" },
	{ "mesh-health", "{\"tailscale\":{\"state\":\"up\",\"health\":\"no DERP home\"}}", "note", "suspected" },
	{ "mesh-health", "{\"tailscale\":{\"state\":\"up\",\"health\":\"no DERP home\",\"host\":\"mesh\"},"
	    "\"connect\":{\"ok\":false}}", "warning", "suspected" },
	{ "mesh-health", "{\"tailscale\":{\"state\":\"down\",\"health\":\"Tailscale is stopped.\"}}", "", "" },
	{ "peer-unknown", "{\"tailscale\":{\"state\":\"up\",\"peers\":5,\"peer\":{\"found\":false},"
	    "\"host\":\"mesh\"},\"connect\":{\"ok\":false}}", "error", "likely" },
	{ "peer-unknown", "{\"tailscale\":{\"state\":\"up\",\"peers\":5,\"peer\":{\"found\":false},"
	    "\"host\":\"mesh\"},\"connect\":{\"ok\":true}}", "", "" },
	{ "peer-unknown", "{\"tailscale\":{\"state\":\"up\",\"peers\":5,\"host\":\"perhaps\","
	    "\"similar\":\"nas.x\"},\"connect\":{\"ok\":false},"
	    "\"names\":{\"lookups\":{\"system\":{\"error\":\"x\"}}}}", "warning", "suspected" },
	{ "peer-unknown", "{\"tailscale\":{\"state\":\"up\",\"peers\":5,\"host\":\"perhaps\"},"
	    "\"connect\":{\"ok\":false},\"names\":{\"lookups\":{\"system\":{\"error\":\"x\"}}}}", "", "" },
	{ "peer-offline", "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":false}},\"connect\":{\"ok\":true}}", "", "" },
	{ "peer-offline", "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":false}},\"connect\":{\"ok\":false}}", "error", "likely" },
	{ "peer-offline", "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":false,\"expired\":true}},"
	    "\"connect\":{\"ok\":false}}", "", "" },
};

static const json_t *
finding_of(const json_t *doc, const char *code)
{
	const json_t	*list = json_at(doc, "findings");
	size_t		 i;

	for (i = 0; i < json_array_size(list); i++)
		if (strcmp(json_text_at(json_array_get(list, i), "code"), code) == 0)
			return (json_array_get(list, i));
	return (NULL);
}

static void
test_cases(void **state)
{
	const json_t	*finding;
	json_t		*doc, *facts;
	size_t		 i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		if ((facts = json_parse(cases[i].facts, strlen(cases[i].facts), 0)) == NULL)
			fail_msg("%s: these are no facts: %s", cases[i].code, cases[i].facts);
		assert_non_null(doc = json_pack("{s:o}", "facts", facts));
		assert_int_equal(advice_judge(doc), 0);
		finding = finding_of(doc, cases[i].code);
		if ((finding != NULL) != (cases[i].severity[0] != '\0') || (finding != NULL &&
		    (strcmp(json_text_at(finding, "severity"), cases[i].severity) != 0 ||
		    strcmp(json_text_at(finding, "certainty"), cases[i].certainty) != 0)))
			fail_msg("%s: %s %s with %s", cases[i].code, finding != NULL ?
			    json_text_at(finding, "severity") : "silent", finding != NULL ?
			    json_text_at(finding, "certainty") : "", cases[i].facts);
		json_decref(doc);
	}
}

/* Facts of other types than expected, and of any length, are no reason to fall over. */
static void
test_odd_types(void **state)
{
	static const char *const	values[] = { "null", "[]", "{}", "-1", "1.5", "\"\"", "true", "[null,{},[],1,\"x\"]" };
	const struct rule		*rule;
	json_t				*doc, *value;
	size_t				 i, j;

	(void)state;
	for (rule = rules_mesh; rule->name[0] != '\0'; rule++)
		for (i = 0; i < COUNT(values); i++) {
			assert_non_null(doc = json_pack("{s:{}}", "facts"));
			for (j = 0; j < RULE_NEEDS && rule->needs[j] != NULL; j++) {
				assert_non_null(value = json_loads(values[i], JSON_DECODE_ANY, NULL));
				assert_int_equal(json_put(json_at(doc, "facts"), rule->needs[j], value), 0);
			}
			assert_int_equal(advice_judge(doc), 0);
			json_decref(doc);
		}
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_odd_types),
	};

	return (cmocka_run_group_tests_name("rules-mesh", tests, NULL, NULL));
}
