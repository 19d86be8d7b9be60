/* SPDX-License-Identifier: ISC */
/* Unit tests: documents of earlier versions. */

#include "base/json.h"
#include "check.h"
#include "facts/schema.h"
#include "facts/upgrade.h"

#define ROUTE(route, said) \
	"'connect': {'routes': [{'route': '" route "', 'ok': false, 'detail': 'nas port 22: " said "'}]}"
#define CODE	"connect.routes.0.code"
#define LOOKUP	"names.lookups.system.code"
#define REMARK	"nix.machines.0.remark_code"

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
		"{}", "{'version': 1}", "{'version': 1, 'facts': []}",
		"{'version': 0, 'facts': {}}",
		"{'version': 3, 'facts': {}}", "{'version': '1', 'facts': {}}", "[]",
	};
	json_t	*doc = parse("{'version': 2, 'facts': {'banner': {'kind': 'x'}, 'server': 1}}"),
		    *before;
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

/* What version 1 said in English only has a code now. */
static void
test_codes(void **state)
{
	static const struct {
		const char	*facts, *path, *code;
	} rows[] = {
		{ "'connect': {'addresses': [{'error': 'timeout'}]}", "connect.addresses.0.error",
		    "no-answer" },
		{ "'connect': {'addresses': [{'error': 'unreachable'}]}",
		    "connect.addresses.0.error", "no-route" },
		{ "'connect': {'addresses': [{'error': 'refused'}]}", "connect.addresses.0.error",
		    "refused" },
		{ ROUTE("socks5",
		    "the SOCKS5 proxy 127.0.0.1:1055 cannot be reached (Connection refused)"), CODE,
		    "proxy-down" },
		{ ROUTE("http", "the HTTP proxy 127.0.0.1:1055 says 403 Forbidden"), CODE,
		    "proxy-refused" },
		{ ROUTE("http", "the HTTP proxy 127.0.0.1:1055 says 502 Bad Gateway"), CODE,
		    "proxy-failed" },
		{ ROUTE("http", "the HTTP proxy 127.0.0.1:1055 says 500 dial: connection refused"),
		    CODE, "refused" },
		{ ROUTE("localapi", "tailscaled cannot be reached (Connection refused)"), CODE,
		    "mesh-down" },
		{ ROUTE("localapi", "tailscaled: dial failure: netstack is closed"), CODE,
		    "proxy-failed" },
		{ ROUTE("localapi", "no answer through tailscaled in 10 s"), CODE, "no-answer" },
		{ ROUTE("direct", "No route to host"), CODE, "no-route" },
		{ ROUTE("direct", "Protocol not available"), CODE, NULL },
		/* The host may be called anything. */
		{ "'connect': {'routes': [{'route': 'socks5', 'ok': false, 'detail': 'refused port 22: odd'}]}",
		    CODE, NULL },
		{ "'connect': {'routes': [{'ok': false, 'detail': 7}, 'x']}", CODE, NULL },
		{ "'names': {'lookups': {'system': {'error': 'Name or service not known'}}}",
		    LOOKUP, "name-unknown" },
		{ "'names': {'lookups': {'system': {'error': 'Temporary failure in name resolution'}}}",
		    LOOKUP, "name-lookup" },
		{ "'ssh': {'refuses': 'Bad owner or permissions on ~/.ssh/config'}",
		    "ssh.refuses_code", "mode" },
		{ "'ssh': {'refuses': 'Bad owner or permissions on ~/.ssh/config'}",
		    "ssh.refuses_file", "~/.ssh/config" },
		{ "'ssh': {'refuses': '~/.ssh/config line 4: Bad IPQoS value: 0x00'}",
		    "ssh.refuses_code", "ipqos" },
		{ "'ssh': {'refuses': 'line 3: Bad configuration option: x'}", "ssh.refuses_code",
		    "option" },
		{ "'ssh': {'refuses': 'x'}", "ssh.refuses_code", "other" },
		{ "'nix': {'machines': [{'remark': 'column 8 is the key itself'}]}", REMARK,
		    "host-key" },
		{ "'nix': {'machines': [{'remark': 'column 5 (speed) is not'}]}", REMARK, "speed" },
		{ "'nix': {'machines': [{'remark': '9 columns where 8 count'}]}", REMARK,
		    "columns" },
		{ "'nix': {'machines': [{'remark': 'its list is named behind a blank'}]}", REMARK,
		    "blank" },
	};
	char	 text[400], bad[128];
	json_t	*doc;
	size_t	 i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		snprintf(text, sizeof(text), "{'version': 1, 'facts': {%s}}", rows[i].facts);
		doc = parse(text);
		assert_int_equal(facts_upgrade(doc), 0);
		snprintf(text, sizeof(text), "facts.%s", rows[i].path);
		if (rows[i].code == NULL)
			assert_null(json_at(doc, text));
		else if (json_text_at(doc, text) == NULL ||
		    strcmp(json_text_at(doc, text), rows[i].code) != 0)
			fail_msg("row %zu: %s", i, json_text_at(doc, text));
		if (rows[i].code != NULL && fact_check(json_at(doc, "facts"), bad) == -1)
			fail_msg("row %zu: %s", i, bad);
		json_decref(doc);
	}
}

/* The same for what is no text. */
static void
test_truths(void **state)
{
	json_t	*doc = parse("{'version': 1, 'facts': {'tailscale': {'health': 'Tailscale 1.90 is available'},"
	    "'banner': {'first': 'HTTP/1.1 302 Found'}, 'ssh': {'options': {'proxycommand': 'meshssh %h %p'}}}}");

	(void)state;
	assert_int_equal(facts_upgrade(doc), 0);
	assert_int_equal(json_truth_at(doc, "facts.tailscale.health_harmless"), 1);
	assert_int_equal(json_number_at(doc, "facts.server.http_status", 0), 302);
	assert_int_equal(json_truth_at(doc, "facts.ssh.proxy.ours"), 1);
	json_decref(doc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_upgrade),
		cmocka_unit_test(test_other_versions),
		cmocka_unit_test(test_both),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_truths),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
