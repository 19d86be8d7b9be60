/* SPDX-License-Identifier: ISC */
/* Unit tests: rules-server. */

#include "check-rules.h"

/* What little of the facts decides, and how sure the rule is; "" if it must say nothing. */
static const struct rules_case cases[] = {
	{ "refused",
	    "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,"
	    "\"ms\":9,\"error\":\"refused\"}]}}", "error", "likely" },
	{ "refused",
	    "{\"connect\":{\"ok\":true,\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,"
	    "\"ms\":9,\"error\":\"refused\"}]}}", "", "" },
	{ "refused",
	    "{\"connect\":{\"ok\":false,\"port\":2049,\"addresses\":[{\"address\":\"192.0.2.1\","
	    "\"family\":4,\"ms\":9,\"error\":\"refused\"}]}}", "", "" },
	{ "refused",
	    "{\"connect\":{\"ok\":false,\"routes\":[{\"route\":\"localapi\",\"ok\":false,\"ms\":1,"
	    "\"code\":\"refused\","
	    "\"detail\":\"h port 22: tailscaled: dial failure: connection was refused\"}]}}",
	    "error", "sure" },
	{ "refused",
	    "{\"connect\":{\"ok\":false,\"routes\":[{\"route\":\"localapi\",\"ok\":false,\"ms\":1,"
	    "\"code\":\"proxy-failed\"," "\"detail\":\"refused port 22: tailscaled: odd\"}]}}", "",
	    "" },
	{ "nfs-closed",
	    "{\"connect\":{\"ok\":false,\"port\":2049,\"addresses\":[{\"address\":\"192.0.2.1\","
	    "\"family\":4,\"ms\":9,\"error\":\"refused\"}]}}", "error", "sure" },
	{ "nfs-closed",
	    "{\"connect\":{\"ok\":true,\"port\":2049},\"service\":{\"ok\":false,\"kind\":\"closed\"}}",
	    "", "" },
	{ "nfs-closed",
	    "{\"connect\":{\"ok\":false,\"port\":22,\"addresses\":[{\"address\":\"192.0.2.1\","
	    "\"family\":4,\"ms\":9,\"error\":\"refused\"}]}}", "", "" },
	{ "peer-userspace",
	    "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":true}},\"connect\":{\"ok\":false,"
	    "\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"refused\"}]}}", "note", "suspected" },
	{ "peer-userspace",
	    "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":true,\"self\":true}},"
	    "\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,"
	    "\"ms\":9,\"error\":\"refused\"}]}}", "", "" },
	{ "peer-userspace",
	    "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,"
	    "\"ms\":9,\"error\":\"refused\"}]}}", "", "" },
	{ "no-answer",
	    "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,"
	    "\"ms\":9,\"error\":\"no-answer\"}]}}", "error", "suspected" },
	{ "no-answer",
	    "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":true}},\"connect\":{\"ok\":false,"
	    "\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"no-answer\"}]}}", "", "" },
	{ "no-answer",
	    "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":false}},\"connect\":{\"ok\":false,"
	    "\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"no-answer\"}]}}", "", "" },
	{ "no-answer",
	    "{\"tailscale\":{\"state\":\"down\",\"host\":\"mesh\"},\"connect\":{\"ok\":false,"
	    "\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"no-answer\"}]}}", "", "" },
	{ "peer-silent",
	    "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":true}},\"connect\":{\"ok\":false,"
	    "\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"no-answer\"}]}}", "error", "suspected" },
	{ "peer-silent",
	    "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":true}},\"ping\":{\"answered\":true},"
	    "\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"no-answer\"}]}}", "error", "likely" },
	/* What does not answer tailscaled either is behind no rule. */
	{ "peer-silent",
	    "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":true}},\"ping\":{\"answered\":false},"
	    "\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"no-answer\"}]}}", "", "" },
	{ "peer-unreachable",
	    "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":true}},\"ping\":{\"answered\":false},"
	    "\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"no-answer\"}]}}", "error", "likely" },
	{ "peer-unreachable",
	    "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":true}},\"ping\":{\"answered\":false},"
	    "\"connect\":{\"ok\":true}}", "", "" },
	{ "peer-silent",
	    "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":false}},\"connect\":{\"ok\":false,"
	    "\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"no-answer\"}]}}", "", "" },
	{ "peer-silent",
	    "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":true}},\"connect\":{\"ok\":false,"
	    "\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"refused\"}]}}", "", "" },
	{ "peer-userspace",
	    "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":true,\"os\":\"windows\"}},"
	    "\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,"
	    "\"ms\":9,\"error\":\"refused\"}]}}", "", "" },
	{ "peer-failed",
	    "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":true}},\"connect\":{\"ok\":false,"
	    "\"routes\":[{\"route\":\"localapi\",\"ok\":false,\"ms\":1," "\"code\":\"no-route\","
	    "\"detail\":\"h port 22: tailscaled: dial failure: no route to host\"}]}}", "error",
	    "likely" },
	{ "peer-failed",
	    "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":true}},\"connect\":{\"ok\":false,"
	    "\"routes\":[{\"route\":\"localapi\",\"ok\":false,\"ms\":1," "\"code\":\"refused\","
	    "\"detail\":\"h port 22: tailscaled: dial failure: connection was refused\"}]}}", "",
	    "" },
	{ "server-silent",
	    "{\"server\":{\"error\":\"silent\"},\"connect\":{\"ok\":true,\"route\":\"socks5\","
	    "\"routes\":[{\"route\":\"socks5\",\"ok\":true,\"to\":\"socks5 127.0.0.1:9\"}]}}", "",
	    "" },
	{ "server-closed", "{\"server\":{\"error\":\"closed\",\"ms\":3}}", "error", "sure" },
	{ "server-closed", "{\"server\":{\"error\":\"closed\",\"refusal\":\"penalty\","
	    "\"first\":\"Not allowed at this time\"}}", "", "" },
	{ "server-penalty", "{\"server\":{\"error\":\"closed\",\"refusal\":\"penalty\","
	    "\"first\":\"Not allowed at this time\"}}", "error", "sure" },
	{ "server-maxstartups", "{\"server\":{\"refusal\":\"maxstartups\",\"kind\":\"openssh\"}}",
	    "error", "sure" },
	{ "server-silent", "{\"server\":{\"error\":\"silent\",\"ms\":5000}}", "error", "sure" },
	{ "reset", "{\"server\":{\"error\":\"reset\"}}", "error", "sure" },
	{ "not-ssh", "{\"server\":{\"kind\":\"http\"},\"service\":{\"kind\":\"http\",\"ok\":true}}",
	    "", "" },
	{ "not-ssh", "{\"server\":{\"kind\":\"other\",\"first\":\"220 x\"}}", "error", "sure" },
	{ "not-ssh", "{\"server\":{\"kind\":\"dropbear\"}}", "", "" },
	{ "server-malformed", "{\"server\":{\"kexinit_bytes\":160,\"kexinit_malformed\":true}}",
	    "error", "sure" },
	{ "server-malformed", "{\"server\":{\"kexinit_bytes\":160}}", "", "" },
	{ "server-closed", "{\"service\":{\"kind\":\"closed\",\"asked\":false}}", "warning", "sure" },
	{ "server-closed", "{\"service\":{\"kind\":\"closed\",\"ok\":false}}", "", "" },
	{ "reset", "{\"service\":{\"kind\":\"reset\",\"asked\":false}}", "warning", "sure" },
	/* A port that was not meant for SSH, and has it. */
	{ "server-silent", "{\"service\":{\"kind\":\"ssh\",\"ok\":true},\"server\":{\"error\":\"silent\"}}",
	    "error", "sure" },
	{ "server-closed", "{\"service\":{\"kind\":\"ssh\",\"ok\":true},\"server\":{\"error\":\"closed\"}}",
	    "error", "sure" },
	{ "server-windows", "{\"server\":{\"kind\":\"openssh-windows\"}}", "note", "sure" },
	{ "server-tailscale-ssh", "{\"server\":{\"kind\":\"tailscale\"}}", "note", "sure" },
	{ "server-too-old",
	    "{\"server\":{\"host_key_types\":[\"ssh-rsa\"]},\"ssh\":{\"version_number\":807}}", "",
	    "" },
	{ "server-too-old",
	    "{\"server\":{\"host_key_types\":[\"ssh-rsa\"]},\"ssh\":{\"version_number\":808}}",
	    "error", "likely" },
	{ "server-too-old", "{\"server\":{\"host_key_types\":[\"ssh-rsa\",\"rsa-sha2-256\"]},"
	    "\"ssh\":{\"version_number\":808}}", "", "" },
	{ "server-too-old", "{\"server\":{\"host_key_types\":[]},\"ssh\":{\"version_number\":808}}",
	    "", "" },
	{ "server-too-old",
	    "{\"server\":{\"host_key_types\":[\"ssh-rsa\"]},\"ssh\":{\"version_number\":902,"
	    "\"algorithms\":{\"hostkeyalgorithms\":[\"ssh-ed25519\",\"rsa-sha2-512\"]}}}", "error",
	    "sure" },
	{ "server-too-old",
	    "{\"server\":{\"host_key_types\":[\"ssh-rsa\"]},\"ssh\":{\"version_number\":902,"
	    "\"algorithms\":{\"hostkeyalgorithms\":[\"ssh-ed25519\",\"ssh-rsa\"]}}}", "", "" },
	{ "server-too-old", "{\"server\":{\"host_key_types\":[\"ssh-ed25519\"],"
	    "\"kex\":[\"diffie-hellman-group1-sha1\"]},\"ssh\":{\"version_number\":902,"
	    "\"algorithms\":{\"kexalgorithms\":[\"curve25519-sha256\"]}}}", "error", "sure" },
	{ "server-too-old", "{\"server\":{\"host_key_types\":[\"ssh-ed25519\"],\"kex\":[\"a\","
	    "\"curve25519-sha256\"]},\"ssh\":{\"version_number\":902,"
	    "\"algorithms\":{\"kexalgorithms\":[\"curve25519-sha256\"]}}}", "", "" },
	{ "server-too-old",
	    "{\"server\":{\"host_key_types\":[],\"ciphers\":[\"aes128-cbc\",\"3des-cbc\"]},"
	    "\"ssh\":{\"algorithms\":{\"ciphers\":[\"aes128-ctr\"]}}}", "error", "sure" },
	{ "server-too-old",
	    "{\"server\":{\"host_key_types\":[],\"ciphers\":[\"aes128-cbc\",\"aes128-ctr\"],"
	    "\"macs\":[\"hmac-md5\"]},\"ssh\":{\"algorithms\":{\"ciphers\":[\"aes128-ctr\"],"
	    "\"macs\":[\"hmac-sha2-256\"]}}}", "error", "sure" },
	/* Where the cipher brings its own MAC, none is needed. */
	{ "server-too-old",
	    "{\"server\":{\"host_key_types\":[],\"ciphers\":[\"aes128-gcm@openssh.com\"],"
	    "\"macs\":[\"hmac-md5\"]},\"ssh\":{\"algorithms\":{\"ciphers\":[\"aes128-gcm@openssh.com\"],"
	    "\"macs\":[\"hmac-sha2-256\"]}}}", "", "" },
	/* What ssh would take by itself, but for a line of the user's. */
#define CIPHERS(taken, usual) "{\"server\":{\"host_key_types\":[],\"ciphers\":[\"aes256-ctr\"]}," \
	"\"ssh\":{\"algorithms\":{\"ciphers\":[\"" taken "\"]},\"defaults\":{\"ciphers\":[" usual "]}}}"
	{ "config-algorithms", CIPHERS("aes128-ctr", "\"aes128-ctr\",\"aes256-ctr\""), "error",
	    "sure" },
	{ "server-too-old", CIPHERS("aes128-ctr", "\"aes128-ctr\",\"aes256-ctr\""), "", "" },
	{ "config-algorithms", CIPHERS("aes128-ctr", "\"aes192-ctr\""), "", "" },
	{ "server-too-old", CIPHERS("aes128-ctr", "\"aes192-ctr\""), "error", "sure" },
	{ "config-algorithms", CIPHERS("aes256-ctr", "\"aes256-ctr\""), "", "" },
	{ "config-algorithms", CIPHERS("aes128-ctr", "1"), "", "" },
#undef CIPHERS
	/* It was not asked what it takes without the line. */
	{ "server-too-old", "{\"server\":{\"host_key_types\":[],\"ciphers\":[\"aes256-ctr\"]},"
	    "\"ssh\":{\"algorithms\":{\"ciphers\":[\"aes128-ctr\"]},\"where\":{\"ciphers\":{\"file\":"
	    "\"~/.ssh/config\",\"line\":3}}}}", "error", "likely" },
	/* Without the line, they would agree on a cipher that needs no MAC. */
	{ "server-too-old", "{\"server\":{\"host_key_types\":[],\"ciphers\":[\"aes128-gcm@openssh.com\"],"
	    "\"macs\":[\"hmac-md5\"]},\"ssh\":{\"algorithms\":{\"ciphers\":[\"aes128-ctr\"],\"macs\":"
	    "[\"hmac-sha2-256\"]},\"defaults\":{\"ciphers\":[\"aes128-gcm@openssh.com\"]}}}", "", "" },
	/* Each has its own list. */
	{ "config-algorithms", "{\"server\":{\"host_key_types\":[\"ssh-dss\"],\"kex\":[\"b\"]},"
	    "\"ssh\":{\"algorithms\":{\"hostkeyalgorithms\":[\"ssh-ed25519\"],\"kexalgorithms\":[\"a\"]},"
	    "\"defaults\":{\"hostkeyalgorithms\":[\"ssh-ed25519\"],\"kexalgorithms\":[\"b\"]}}}", "error",
	    "sure" },
	{ "server-too-old", "{\"server\":{\"host_key_types\":[\"ssh-dss\"],\"kex\":[\"b\"]},"
	    "\"ssh\":{\"algorithms\":{\"hostkeyalgorithms\":[\"ssh-ed25519\"],\"kexalgorithms\":[\"a\"]},"
	    "\"defaults\":{\"hostkeyalgorithms\":[\"ssh-ed25519\"],\"kexalgorithms\":[\"b\"]}}}", "error",
	    "sure" },
	{ "server-too-old", "{\"server\":{\"host_key_types\":[1,null],\"kex\":{},\"macs\":[{}]},"
	    "\"ssh\":{\"algorithms\":{\"hostkeyalgorithms\":[2],\"kexalgorithms\":[\"a\"]}}}", "",
	    "" },
};

static void
test_cases(void **state)
{
	(void)state;
	rules_cases(cases, COUNT(cases));
}

/*
 * What did not go there directly is not told as if it had been the host, nor is a command made of
 * it.
 */
static void
test_through(void **state)
{
	static const struct {
		const char	*detail, *code, *evidence, *cure;
	}	ways[] = {
		{ "connection was refused", "refused",
		    "the host, through tailscaled: refused after 7 ms", "On the host: " },
		{ "no answer through tailscaled in 10 s", "no-answer",
		    "the host, through tailscaled: no answer in 7 ms", "Is it on?" },
		{ "no route to host", "no-route",
		    "the host, through tailscaled: unreachable (7 ms)", "Look at" },
	};
	char	facts[400];
	json_t	*doc;
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(ways); i++) {
		snprintf(facts, sizeof(facts),
		    "{'connect':{'ok':false,'routes':[{'route':'localapi','to':'tailscaled',"
		    "'ok':false,'ms':7,'code':'%s','detail':'h port 22: %s'}]}}", ways[i].code,
		    ways[i].detail);
		doc = rules_judge(facts);
		assert_non_null(rules_find(doc, ways[i].code));
		assert_string_equal(json_text_at(rules_find(doc, ways[i].code), "evidence"),
		    ways[i].evidence);
		assert_memory_equal(json_text_at(rules_find(doc, ways[i].code), "cure.0"),
		    ways[i].cure, strlen(ways[i].cure));
		json_decref(doc);
	}
}

static void
test_odd_types(void **state)
{
	(void)state;
	rules_odd_values(rules_server);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_through),
		cmocka_unit_test(test_odd_types),
	};

	return (cmocka_run_group_tests_name("rules-server", tests, NULL, NULL));
}
