/* SPDX-License-Identifier: ISC */
/* Unit tests: tsjson. */

#include "check.h"
#include "facts/tailscale-fault.h"
#include "wire/tsjson.h"

/* As tailscaled 1.102 gives it, tabs and all; shortened where nobody looks. */
static const char	whole[] =
	"{\n"
	"\t\"Version\": \"1.102.3-t9329c3677-ga522f65e9\",\n"
	"\t\"TUN\": false,\n"
	"\t\"BackendState\": \"Running\",\n"
	"\t\"HaveNodeKey\": true,\n"
	"\t\"AuthURL\": \"\",\n"
	"\t\"TailscaleIPs\": [\n\t\t\"100.64.0.2\",\n\t\t\"fd7a:115c:a1e0::2\"\n\t],\n"
	"\t\"Self\": {\n"
	"\t\t\"ID\": \"2\", \"NodeID\": 2, \"PublicKey\": \"nodekey:1f2e\", \"HostName\": \"laptop\",\n"
	"\t\t\"DNSName\": \"laptop.mesh.example.\", \"OS\": \"linux\", \"UserID\": 1,\n"
	"\t\t\"TailscaleIPs\": [\"100.64.0.99\", \"fd7a:115c:a1e0::99\"],\n"
	"\t\t\"AllowedIPs\": [\"100.64.0.2/32\", \"fd7a:115c:a1e0::2/128\"],\n"
	"\t\t\"Created\": \"2026-08-20T09:01:02.123456789Z\", \"LastWrite\": \"0001-01-01T00:00:00Z\",\n"
	"\t\t\"RxBytes\": 0, \"TxBytes\": 9223372036854775807, \"Online\": true,\n"
	"\t\t\"Capabilities\": [\"HTTPS://TAILSCALE.COM/s/DEPRECATED-NODE-CAPS#see-\", \"https://tailscale.com/cap/ssh\"],\n"
	"\t\t\"CapMap\": {\"default-auto-update\": [true], \"https://tailscale.com/cap/ssh\": null,\n"
	"\t\t\t\"odd\": [{\"BackendState\": \"Stopped\", \"x\": [[], {}, 1.5e3, -1, \"\\u003c\"]}]},\n"
	"\t\t\"InNetworkMap\": true, \"InMagicSock\": false, \"InEngine\": false\n"
	"\t},\n"
	"\t\"ExitNodeStatus\": {\"ID\": \"5\", \"Online\": true, \"TailscaleIPs\": [\"100.64.0.5/32\"]},\n"
	"\t\"Health\": [],\n"
	"\t\"MagicDNSSuffix\": \"mesh.example\",\n"
	"\t\"CurrentTailnet\": {\"Name\": \"hs.example\", \"MagicDNSSuffix\": \"other.example\", \"MagicDNSEnabled\": true},\n"
	"\t\"CertDomains\": null,\n"
	"\t\"ExtraRecords\": null,\n"
	"\t\"Peer\": null,\n"
	"\t\"User\": {\"1\": {\"ID\": 1, \"LoginName\": \"alice\", \"DisplayName\": \"alice\"}},\n"
	"\t\"ClientVersion\": null\n"
	"}\n";

static void
test_whole(void **state)
{
	struct tsjson	status;

	(void)state;
	memset(&status, '#', sizeof(status));
	assert_int_equal(tsjson_status(whole, strlen(whole), &status), 0);
	assert_string_equal(status.version, "1.102.3-t9329c3677-ga522f65e9");
	assert_string_equal(status.state, "Running");
	assert_int_equal(status.tun, TSJSON_TUN_NO);
	assert_string_equal(status.suffix, "mesh.example");
	assert_int_equal(status.addr_count, 2);
	assert_string_equal(status.addrs[0], "100.64.0.2");
	assert_string_equal(status.addrs[1], "fd7a:115c:a1e0::2");
	assert_true(status.exit_node);
	assert_int_equal(status.created_s, 1787216462);
	assert_string_equal(status.health[0], "");
}

/* Of the preferences. */
static void
test_prefs(void **state)
{
	static const struct {
		const char	*text;
		int		 accepts;
	}			cases[] = {
		{ "{\"ControlURL\":\"x\",\"RouteAll\":true}", 1 }, { "{\"RouteAll\":false}", 0 },
		{ "{\"RouteAll\":1}", -1 }, { "{}", -1 }, { "", -1 }, { "[true]", -1 },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (tsjson_accepts_routes(cases[i].text, strlen(cases[i].text)) !=
		    cases[i].accepts)
			fail_msg("%s", cases[i].text);
}

/* Wherever it is cut, it is no document. */
static void
test_truncated(void **state)
{
	struct tsjson	status;
	char		*text;
	size_t		len;

	(void)state;
	for (len = 0; len < strlen(whole) - 1; len++) {
		/* Of its own, so that a sanitizer sees a byte behind. */
		assert_non_null(text = malloc(len + 1));
		memcpy(text, whole, len);
		if (tsjson_status(text, len, &status) != -1)
			fail_msg("cut at %zu", len);
		free(text);
	}
}

/* The members behind the state, and what is made of them. */
static const struct {
	const char	*name;
	const char	*members;
	enum tsjson_tun	 tun;
	const char	*suffix;
	int		 addr_count;
	const char	*first;		/* address */
	const char	*health;
	const char	*version;
} cases[] = {
	{ "nothing else", "", TSJSON_TUN_UNSAID, "", 0, "", "", "" },
	{ "null",
	    ",\"TUN\":null,\"MagicDNSSuffix\":null,\"TailscaleIPs\":null,\"Health\":null,\"Version\":null",
	    TSJSON_TUN_UNSAID, "", 0, "", "", "" },
	{ "numbers",
	    ",\"TUN\":1,\"MagicDNSSuffix\":1,\"TailscaleIPs\":1,\"Health\":1,\"Version\":1",
	    TSJSON_TUN_UNSAID, "", 0, "", "", "" },
	{ "texts", ",\"TUN\":\"true\",\"TailscaleIPs\":\"100.64.0.1\",\"Health\":\"bad\"",
	    TSJSON_TUN_UNSAID, "", 0, "", "", "" },
	{ "lists", ",\"TUN\":[true],\"MagicDNSSuffix\":[\"x\"],\"Version\":[\"x\"]",
	    TSJSON_TUN_UNSAID, "", 0, "", "", "" },
	{ "objects",
	    ",\"TUN\":{},\"MagicDNSSuffix\":{},\"TailscaleIPs\":{\"0\":\"100.64.0.1\"},\"Health\":{\"0\":\"x\"}",
	    TSJSON_TUN_UNSAID, "", 0, "", "", "" },
	{ "keys of another case",
	    ",\"tun\":true,\"magicDNSSuffix\":\"x\",\"tailscaleIPs\":[\"100.64.0.1\"]",
	    TSJSON_TUN_UNSAID, "", 0, "", "", "" },
	{ "TUN", ",\"TUN\":true", TSJSON_TUN_YES, "", 0, "", "", "" },
	{ "no TUN", ",\"TUN\":false", TSJSON_TUN_NO, "", 0, "", "", "" },
	{ "version", ",\"Version\":\"1.34.0\"", TSJSON_TUN_UNSAID, "", 0, "", "", "1.34.0" },
	{ "suffix with a dot", ",\"MagicDNSSuffix\":\"mesh.example.\"", TSJSON_TUN_UNSAID,
	    "mesh.example", 0, "", "", "" },
	{ "suffix with dots", ",\"MagicDNSSuffix\":\"..mesh.example...\"", TSJSON_TUN_UNSAID,
	    "mesh.example", 0, "", "", "" },
	{ "suffix of one word", ",\"MagicDNSSuffix\":\"lan\"", TSJSON_TUN_UNSAID, "lan", 0, "", "",
	    "" },
	{ "suffix of dots", ",\"MagicDNSSuffix\":\"...\"", TSJSON_TUN_UNSAID, "", 0, "", "", "" },
	{ "empty suffix", ",\"MagicDNSSuffix\":\"\"", TSJSON_TUN_UNSAID, "", 0, "", "", "" },
	{ "suffix like an option", ",\"MagicDNSSuffix\":\"-oProxyCommand=x\"", TSJSON_TUN_UNSAID,
	    "", 0, "", "", "" },
	{ "suffix like an option behind a dot", ",\"MagicDNSSuffix\":\".-x\"", TSJSON_TUN_UNSAID,
	    "", 0, "", "", "" },
	{ "suffix for a shell", ",\"MagicDNSSuffix\":\"x;$(reboot)\"", TSJSON_TUN_UNSAID, "", 0, "",
	    "", "" },
	{ "suffix with a blank", ",\"MagicDNSSuffix\":\"a b\"", TSJSON_TUN_UNSAID, "", 0, "", "",
	    "" },
	{ "suffix with a newline", ",\"MagicDNSSuffix\":\"a\\nb\"", TSJSON_TUN_UNSAID, "", 0, "",
	    "", "" },
	{ "suffix with an escape", ",\"MagicDNSSuffix\":\"a\\u001b[2J\"", TSJSON_TUN_UNSAID, "", 0,
	    "", "", "" },
	{ "suffix of other letters", ",\"MagicDNSSuffix\":\"m\\u00e4sh.example\"",
	    TSJSON_TUN_UNSAID, "", 0, "", "", "" },
	{ "one address", ",\"TailscaleIPs\":[\"100.64.0.1\"]", TSJSON_TUN_UNSAID, "", 1,
	    "100.64.0.1", "", "" },
	{ "no addresses", ",\"TailscaleIPs\":[]", TSJSON_TUN_UNSAID, "", 0, "", "", "" },
	{ "addresses among others",
	    ",\"TailscaleIPs\":[null,1,\"\",\"-x\",\"a b\",\"100.64.0.1/32\",[],\"fd7a::1\",\"x\\n\"]",
	    TSJSON_TUN_UNSAID, "", 1, "fd7a::1", "", "" },
	{ "a complaint", ",\"Health\":[\"not logged in\",\"second\"]", TSJSON_TUN_UNSAID, "", 0, "",
	    "not logged in", "" },
	{ "a complaint as it came", ",\"Health\":[\"\\u003ca\\u003e\\n\\u001b\"]",
	    TSJSON_TUN_UNSAID, "", 0, "", "<a>\n\033", "" },
	{ "large numbers where nobody looks",
	    ",\"x\":[9223372036854775807,-9223372036854775808,1e300,0.1]", TSJSON_TUN_UNSAID, "", 0,
	    "", "", "" },
	/* Go's uint64 is encoded so, and capabilities have values of any kind. */
	{ "an unsigned number where nobody looks", ",\"CapMap\":{\"x\":[18446744073709551615]}",
	    TSJSON_TUN_UNSAID, "", 0, "", "", "" },
	/* RFC 8259 7 has it, and Go encodes it so. */
	{ "an empty byte where nobody looks", ",\"Self\":{\"HostName\":\"a\\u0000b\"}",
	    TSJSON_TUN_UNSAID, "", 0, "", "", "" },
	{ "keys twice where nobody looks", ",\"x\":[{\"a\":1},{\"a\":1}]", TSJSON_TUN_UNSAID, "", 0,
	    "", "", "" },
};

static void
test_cases(void **state)
{
	struct tsjson	status;
	char		text[512];
	size_t		i;
	int		len;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		len = snprintf(text, sizeof(text), "{\"BackendState\":\"Running\"%s}",
		    cases[i].members);
		assert_within(len, 1, sizeof(text) - 1);
		if (tsjson_status(text, (size_t)len, &status) != 0)
			fail_msg("%s: taken for no document", cases[i].name);
		assert_string_equal(status.state, "Running");
		if (status.tun != cases[i].tun || strcmp(status.suffix, cases[i].suffix) != 0 ||
		    status.addr_count != cases[i].addr_count ||
		    strcmp(status.addrs[0], cases[i].first) != 0 ||
		    strcmp(status.health[0], cases[i].health) != 0 ||
		    strcmp(status.version, cases[i].version) != 0)
			fail_msg("%s: TUN %d, suffix \"%s\", %d addresses from \"%s\", \"%s\", \"%s\"",
			    cases[i].name, status.tun, status.suffix, status.addr_count,
			    status.addrs[0], status.health[0], status.version);
	}
}

static void
test_bad(void **state)
{
	static const char *const	bad[] = {
		"", " ", "{", "}", "{}", "[]", "null", "true", "1", "\"Running\"",
		"[\"BackendState\",\"Running\"]",
		"\377\376{}",
		"{\"BackendState\":\"\"}", "{\"BackendState\":null}", "{\"BackendState\":1}",
		"{\"BackendState\":[\"Running\"]}",
		"{\"backendstate\":\"Running\"}", "{\"Self\":{\"BackendState\":\"Running\"}}",
		"{\"BackendState\":\"Running\"}x", "{\"BackendState\":\"Running\"}{}",
		"x{\"BackendState\":\"Running\"}",
		"{\"BackendState\":\"Running\",}", "{'BackendState':'Running'}",
		"{\"BackendState\":\"Running\" \"TUN\":true}",
		"{\"BackendState\":\"Running\",\"BackendState\":\"Running\"}",
		"{\"BackendState\":\"Running\",\"TUN\":true,\"TUN\":false}",
		"{\"BackendState\":\"Running\",\"x\":{\"a\":1,\"a\":2}}",
		"{\"BackendState\":\"Run\nning\"}", "{\"BackendState\":\"\377\"}",
		"{\"BackendState\":\"\\x41\"}",
		"HTTP/1.1 200 OK\r\n\r\n{\"BackendState\":\"Running\"}",
	};
	static const char		nul[] = "{\"BackendState\":\"Running\"}\0";
	struct tsjson			status;
	size_t				i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		if (tsjson_status(bad[i], strlen(bad[i]), &status) != -1)
			fail_msg("taken for a status: %s", bad[i]);
	}
	assert_int_equal(tsjson_status(nul, sizeof(nul) - 2, &status), 0);
	assert_int_equal(tsjson_status(nul, sizeof(nul) - 1, &status), -1);
}

/* So many times one text between two others. */
static char *
repeat(const char *before, const char *text, size_t times, const char *behind)
{
	char	*all;
	size_t	 at = strlen(before), i;

	assert_non_null(all = malloc(strlen(before) + strlen(text) * times + strlen(behind) + 1));
	memcpy(all, before, at);
	for (i = 0; i < times; i++, at += strlen(text))
		memcpy(all + at, text, strlen(text));
	memcpy(all + at, behind, strlen(behind) + 1);
	return (all);
}

static void
test_many(void **state)
{
	struct tsjson	status;
	char		*text;
	int		 i;

	(void)state;
	text = repeat("{\"BackendState\":\"Running\",\"TailscaleIPs\":[", "\"100.64.0.1\",", 99,
	    "\"100.64.0.2\"],\"TUN\":true}");
	assert_int_equal(tsjson_status(text, strlen(text), &status), 0);
	assert_int_equal(status.addr_count, TSJSON_ADDRS_MAX);
	assert_int_equal(status.tun, TSJSON_TUN_YES);
	for (i = 0; i < status.addr_count; i++)
		assert_string_equal(status.addrs[i], "100.64.0.1");
	free(text);
	/* Those that are none do not count. */
	text = repeat("{\"BackendState\":\"Running\",\"TailscaleIPs\":[", "\"-x\",", 99,
	    "\"100.64.0.2\"]}");
	assert_int_equal(tsjson_status(text, strlen(text), &status), 0);
	assert_int_equal(status.addr_count, 1);
	assert_string_equal(status.addrs[0], "100.64.0.2");
	free(text);
}

static void
test_deep(void **state)
{
	struct tsjson	status;
	char		*text;

	(void)state;
	/* Not so deep that the stack would not bear it. */
	text = repeat("{\"BackendState\":\"Running\",\"x\":", "[", 1000000, "");
	assert_int_equal(tsjson_status(text, strlen(text), &status), -1);
	free(text);
	text = repeat("{\"BackendState\":\"Running\",\"x\":", "{\"x\":", 1000000, "");
	assert_int_equal(tsjson_status(text, strlen(text), &status), -1);
	free(text);
}

/* Longer than what is kept: cut, or left out where half of it would be something else. */
static void
test_long(void **state)
{
	struct tsjson	status;
	char		*text;

	(void)state;
	text = repeat("{\"BackendState\":\"", "R", 1000, "\"}");
	assert_int_equal(tsjson_status(text, strlen(text), &status), 0);
	assert_int_equal(strlen(status.state), sizeof(status.state) - 1);
	free(text);
	text = repeat("{\"BackendState\":\"Running\",\"Version\":\"", "1", 1000, "\"}");
	assert_int_equal(tsjson_status(text, strlen(text), &status), 0);
	assert_int_equal(strlen(status.version), sizeof(status.version) - 1);
	free(text);
	text = repeat("{\"BackendState\":\"Running\",\"Health\":[\"", "h", 1000, "\"]}");
	assert_int_equal(tsjson_status(text, strlen(text), &status), 0);
	assert_int_equal(strlen(status.health[0]), sizeof(status.health[0]) - 1);
	assert_string_equal(status.health[1], "");
	free(text);
	text = repeat("{\"BackendState\":\"Running\",\"MagicDNSSuffix\":\"..", "a", ADDR_HOST_MAX,
	    "..\"}");
	assert_int_equal(tsjson_status(text, strlen(text), &status), 0);
	assert_int_equal(strlen(status.suffix), ADDR_HOST_MAX);
	free(text);
	text = repeat("{\"BackendState\":\"Running\",\"MagicDNSSuffix\":\"", "a", ADDR_HOST_MAX + 1,
	    "\"}");
	assert_int_equal(tsjson_status(text, strlen(text), &status), 0);
	assert_string_equal(status.suffix, "");
	free(text);
	text = repeat("{\"BackendState\":\"Running\",\"TailscaleIPs\":[\"", "1", ADDR_TEXT_MAX,
	    "\",\"::1\"]}");
	assert_int_equal(tsjson_status(text, strlen(text), &status), 0);
	assert_int_equal(status.addr_count, 1);
	assert_string_equal(status.addrs[0], "::1");
	free(text);
}

/* What is said of routes and updates does not hide what matters. */
static void
test_complaints(void **state)
{
	static const struct {
		const char	*list;
		const char	*text;
	} complaints[] = {
		{ "", "" },
		{ "7,\"\",\"no DERP home\"", "no DERP home" },
		{ "\"Some peers are advertising routes but --accept-routes is false\",\"no DERP home\"",
		    "no DERP home" },
		{ "\"1.2 is available\",\"Some peers are advertising routes but\"", "1.2 is available" },
		{ "\"a is available\",\"b is available\",\"c is available\",\"d is available\",\"e\"",
		    "a is available" },
	};
	struct tsjson	status;
	char		text[512];
	size_t		i;

	(void)state;
	for (i = 0; i < COUNT(complaints); i++) {
		snprintf(text, sizeof(text), "{\"BackendState\":\"Running\",\"Health\":[%s]}",
		    complaints[i].list);
		assert_int_equal(tsjson_status(text, strlen(text), &status), 0);
		assert_string_equal(tailscale_complaint(&status), complaints[i].text);
	}
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_prefs),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_complaints),
	};

	return (cmocka_run_group_tests_name("tsjson", tests, NULL, NULL));
}
