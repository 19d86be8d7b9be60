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
	{ "path-hole-there", "{\"mtu\":{\"route_mtu\":1500,\"there\":{\"ok\":true,\"largest_ok\":1500},"
	    "\"back\":{\"ok\":true,\"largest_ok\":1500}}}", "", "" },
	{ "path-hole-there", "{\"mtu\":{\"route_mtu\":1500,\"there\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281},\"back\":{\"ok\":true,\"largest_ok\":1500}}}", "error", "sure" },
	{ "path-hole-there", "{\"mtu\":{\"route_mtu\":1500,\"there\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281}}}", "error", "sure" },
	{ "path-hole-there", "{\"mtu\":{\"route_mtu\":1500,\"there\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281},\"back\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281}}}", "", "" },
	{ "path-hole-both", "{\"mtu\":{\"route_mtu\":1500,\"there\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281},\"back\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281}}}", "error", "sure" },
	{ "path-hole-both", "{\"mtu\":{\"route_mtu\":1500,\"there\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281},\"back\":{\"ok\":true,\"largest_ok\":1500}}}", "", "" },
	{ "path-hole-back", "{\"mtu\":{\"route_mtu\":1500,\"there\":{\"ok\":true,\"largest_ok\":1500},"
	    "\"back\":{\"ok\":false,\"largest_ok\":1280,\"smallest_bad\":1281}}}", "error", "sure" },
	{ "path-hole-back", "{\"mtu\":{\"route_mtu\":1500,\"there\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281},\"back\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281}}}", "", "" },
	{ "path-hole-there", "{\"mtu\":{\"route_mtu\":1500,\"there\":{\"ok\":false,\"smallest_bad\":1500},"
	    "\"back\":{\"ok\":true,\"largest_ok\":1500}}}", "warning", "likely" },
	{ "path-hole-there", "{\"mtu\":{\"route_mtu\":1500,\"there\":{\"ok\":false},\"back\":{\"ok\":true,"
	    "\"largest_ok\":1500}}}", "", "" },
	{ "path-hole-there", "{\"mtu\":{\"route_mtu\":1500,\"there\":{\"ok\":false,\"largest_ok\":1280},"
	    "\"back\":{\"ok\":true,\"largest_ok\":1500}}}", "", "" },
	{ "path-hole-there", "{\"mtu\":{\"route_mtu\":1500,\"there\":{\"ok\":false,\"largest_ok\":1400,"
	    "\"smallest_bad\":1400},\"back\":{\"ok\":true,\"largest_ok\":1500}}}", "", "" },
	{ "path-hole-there", "{\"mtu\":{\"route_mtu\":1500,\"there\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281},\"back\":{\"ok\":true,\"largest_ok\":1500},"
	    "\"inconclusive\":\"it is too busy\"}}", "error", "sure" },
	{ "path-hole-back", "{\"mtu\":{\"route_mtu\":1500,\"there\":{\"ok\":true,\"largest_ok\":1500},"
	    "\"back\":{\"ok\":false,\"largest_ok\":1280,\"smallest_bad\":1281},"
	    "\"inconclusive\":\"the server has no large answer\"}}", "error", "sure" },
	{ "path-jumbo", "{\"mtu\":{\"route_mtu\":9000,\"there\":{\"ok\":false,\"largest_ok\":1500,"
	    "\"smallest_bad\":1501}}}", "error", "sure" },
	{ "path-jumbo", "{\"mtu\":{\"route_mtu\":9000,\"there\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281}}}", "", "" },
	{ "path-hole-there", "{\"mtu\":{\"route_mtu\":9000,\"there\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281}}}", "error", "sure" },
	{ "path-hole-there", "{\"mtu\":{\"route_mtu\":9000,\"there\":{\"ok\":false,\"largest_ok\":1500,"
	    "\"smallest_bad\":1501}}}", "", "" },
	{ "path-jumbo", "{\"mtu\":{\"route_mtu\":9000,\"there\":{\"ok\":true}}}", "", "" },
	{ "path-marks", "{\"dscp\":{\"dropped\":[],\"passed\":[\"ef\"]}}", "", "" },
	{ "path-marks", "{\"dscp\":{\"dropped\":[\"ef\"]}}", "warning", "sure" },
	{ "path-marks", "{\"dscp\":{\"dropped\":[\"ef\"],\"inconclusive\":true}}", "", "" },
	{ "path-marks", "{\"dscp\":{\"dropped\":[\"ef\"]},\"ssh\":{\"options\":{\"ipqos\":\"ef none\"}}}", "error", "sure" },
	{ "path-marks", "{\"dscp\":{\"dropped\":[\"ef\"]},\"ssh\":{\"options\":{\"ipqos\":\"af21 cs1\"}}}", "note", "sure" },
	{ "path-marks", "{\"dscp\":{\"dropped\":[\"cs1\"]},\"ssh\":{\"options\":{\"ipqos\":\"af21 cs1\"}}}", "warning", "sure" },
	{ "path-marks", "{\"dscp\":{\"dropped\":[\"ef\"]},\"ssh\":{\"options\":{\"ipqos\":\"ef none\","
	    "\"proxycommand\":\"meshssh %h %p\"}}}", "note", "sure" },
	{ "path-marks", "{\"dscp\":{\"dropped\":[\"lowdelay\"]},\"ssh\":{\"version_number\":902,"
	    "\"options\":{\"ipqos\":\"lowdelay throughput\"}}}", "error", "sure" },
	{ "path-marks", "{\"dscp\":{\"dropped\":[\"lowdelay\"]},\"ssh\":{\"version_number\":1001,"
	    "\"options\":{\"ipqos\":\"lowdelay throughput\"}}}", "note", "sure" },
	{ "path-retag", "{\"dscp\":{\"dropped\":[\"cs1\"]},\"ssh\":{\"options\":{\"ipqos\":\"af21 cs1\"}}}", "error", "sure" },
	{ "path-retag", "{\"dscp\":{\"dropped\":[\"af21\"]},\"ssh\":{\"options\":{\"ipqos\":\"af21 cs1\"}}}", "", "" },
	{ "path-retag", "{\"dscp\":{\"dropped\":[\"af21\"]},\"ssh\":{\"options\":{\"ipqos\":\"af21 cs1\","
	    "\"proxycommand\":\"x\",\"proxyusefdpass\":\"yes\"}}}", "error", "sure" },
	{ "path-retag", "{\"dscp\":{\"dropped\":[\"af21\"]},\"ssh\":{\"options\":{\"ipqos\":\"af21 cs1\","
	    "\"proxycommand\":\"x\",\"proxyusefdpass\":\"no\"}}}", "", "" },
	{ "path-retag", "{\"dscp\":{\"dropped\":[\"af21\"]},\"ssh\":{\"options\":{\"ipqos\":\"none\"}}}", "", "" },
	{ "path-ipv6-silent", "{\"connect\":{\"ok\":true,\"addresses\":[{\"address\":\"2001:db8::1\",\"family\":6,"
	    "\"ms\":5000,\"error\":\"timeout\"},{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9}]}}", "warning", "sure" },
	{ "path-ipv6-silent", "{\"connect\":{\"ok\":true,\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,"
	    "\"ms\":9},{\"address\":\"2001:db8::1\",\"family\":6,\"ms\":5000,"
	    "\"error\":\"timeout\"}]}}", "", "" },
	{ "path-ipv6-silent", "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"2001:db8::1\",\"family\":6,"
	    "\"ms\":5000,\"error\":\"timeout\"},{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"timeout\"}]}}", "", "" },
	{ "path-address-silent", "{\"connect\":{\"ok\":true,\"addresses\":[{\"address\":\"2001:db8::1\",\"family\":6,"
	    "\"ms\":5000,\"error\":\"timeout\"},{\"address\":\"2001:db8::2\",\"family\":6,"
	    "\"ms\":9}]}}", "warning", "sure" },
	{ "path-no-route", "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"2001:db8::1\",\"family\":6,"
	    "\"ms\":0,\"error\":\"unreachable\"}]}}", "error", "sure" },
	{ "path-no-route", "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"2001:db8::1\",\"family\":6,"
	    "\"ms\":0,\"error\":\"unreachable\"},{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"timeout\"}]}}", "", "" },
	{ "path-no-route", "{\"connect\":{\"ok\":true,\"addresses\":[{\"address\":\"2001:db8::1\",\"family\":6,"
	    "\"ms\":0,\"error\":\"unreachable\"}]}}", "", "" },
	{ "path-blocked", "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,"
	    "\"ms\":0,\"error\":\"blocked\"}]}}", "error", "sure" },
	{ "path-captive", "{\"banner\":{\"kind\":\"http\","
	    "\"first\":\"HTTP/1.0 511 Network Authentication Required\"}}", "error", "likely" },
	{ "path-captive", "{\"banner\":{\"kind\":\"http\",\"first\":\"HTTP/1.1 400 Bad Request\"}}", "", "" },
	{ "server-http", "{\"banner\":{\"kind\":\"http\",\"first\":\"HTTP/1.1 302 Found\"}}", "", "" },
	{ "proxy-dead", "{\"tailscale\":{\"proxies\":[{\"kind\":\"socks5\",\"address\":\"127.0.0.1:1055\","
	    "\"source\":\"ALL_PROXY\"}]},\"connect\":{\"ok\":true,\"routes\":[{\"route\":\"socks5\","
	    "\"ok\":false,\"ms\":1,"
	    "\"detail\":\"h port 22: the SOCKS5 proxy 127.0.0.1:1055 cannot be reached (Connection re"
	    "fused)\"}]}}", "note", "sure" },
	{ "proxy-dead", "{\"tailscale\":{\"proxies\":[]},\"connect\":{\"ok\":false,"
	    "\"routes\":[{\"route\":\"socks5\",\"ok\":false,\"ms\":1,"
	    "\"detail\":\"h port 22: the SOCKS5 proxy 127.0.0.1:1055 cannot be reached (Connection re"
	    "fused)\"}]}}", "", "" },
	{ "server-refuses", "{\"tailscale\":{\"proxies\":[]},\"connect\":{\"ok\":false,"
	    "\"routes\":[{\"route\":\"socks5\",\"ok\":false,\"ms\":1,"
	    "\"detail\":\"h port 22: the SOCKS5 proxy 127.0.0.1:1055 cannot be reached (Connection re"
	    "fused)\"}]}}", "", "" },
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
	for (rule = rules_path; rule->name[0] != '\0'; rule++)
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

	return (cmocka_run_group_tests_name("rules-path", tests, NULL, NULL));
}
