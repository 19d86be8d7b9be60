/* SPDX-License-Identifier: ISC */
/* Unit tests: rules-mesh. */

#include "check-rules.h"

/* What little of the facts decides, and how sure the rule is; "" if it must say nothing. */
static const struct rules_case cases[] = {
	{ "mesh-stopped", "{\"tailscale\":{\"state\":\"down\",\"backend\":\"Stopped\"}}", "warning",
	    "sure" },
	{ "mesh-stopped",
	    "{\"tailscale\":{\"state\":\"down\",\"backend\":\"Stopped\",\"host\":\"mesh\"},"
	    "\"connect\":{\"ok\":false}}", "error", "sure" },
	{ "mesh-stopped",
	    "{\"tailscale\":{\"state\":\"down\",\"backend\":\"Stopped\",\"host\":\"mesh\"},"
	    "\"connect\":{\"ok\":true}}", "", "" },
	{ "mesh-stopped",
	    "{\"tailscale\":{\"state\":\"down\",\"backend\":\"Stopped\",\"host\":\"other\"},"
	    "\"connect\":{\"ok\":false}}", "", "" },
	{ "mesh-stopped",
	    "{\"tailscale\":{\"state\":\"down\",\"backend\":\"Stopped\",\"host\":\"perhaps\"},"
	    "\"connect\":{\"ok\":false},"
	    "\"names\":{\"lookups\":{\"system\":{\"error\":\"Name or service not known\"}}}}",
	    "error", "likely" },
	{ "mesh-stopped",
	    "{\"tailscale\":{\"state\":\"down\",\"backend\":\"Stopped\",\"host\":\"perhaps\"},"
	    "\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"10.0.0.1\",\"family\":4,"
	    "\"ms\":1,\"error\":\"refused\"}]}}", "", "" },
	{ "mesh-stopped",
	    "{\"tailscale\":{\"state\":\"down\",\"backend\":\"Stopped\",\"host\":\"perhaps\"},"
	    "\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"100.64.0.7\",\"family\":4,"
	    "\"ms\":1,\"error\":\"no-answer\"}]}}", "error", "sure" },
	{ "mesh-stopped",
	    "{\"tailscale\":{\"state\":\"up\",\"backend\":\"Running\",\"host\":\"mesh\"},"
	    "\"connect\":{\"ok\":false}}", "", "" },
	{ "mesh-logged-out",
	    "{\"tailscale\":{\"state\":\"down\",\"backend\":\"NeedsLogin\",\"key_expired\":true,"
	    "\"host\":\"mesh\"},\"connect\":{\"ok\":false}}", "", "" },
	{ "mesh-down",
	    "{\"tailscale\":{\"state\":\"dead\",\"host\":\"mesh\",\"windows\":{\"running\":true}},"
	    "\"connect\":{\"ok\":false}}", "", "" },
	{ "mesh-down",
	    "{\"tailscale\":{\"state\":\"dead\",\"host\":\"mesh\"},\"net\":{\"own_tailnet\":true},"
	    "\"connect\":{\"ok\":false}}", "", "" },
	{ "mesh-down", "{\"tailscale\":{\"state\":\"none\",\"installed\":true}}", "warning",
	    "sure" },
	{ "mesh-down", "{\"tailscale\":{\"state\":\"none\",\"installed\":true,\"host\":\"mesh\"},"
	    "\"connect\":{\"ok\":false}}", "error", "sure" },
	{ "mesh-down", "{\"tailscale\":{\"state\":\"none\",\"installed\":true,\"host\":\"other\"},"
	    "\"connect\":{\"ok\":false}}", "", "" },
	{ "mesh-down", "{\"tailscale\":{\"state\":\"none\",\"installed\":true,"
	    "\"proxies\":[{\"kind\":\"socks5\",\"address\":\"127.0.0.1:1\"}]}}", "", "" },
	{ "mesh-down", "{\"tailscale\":{\"state\":\"none\",\"installed\":false}}", "", "" },
	{ "mesh-down", "{\"tailscale\":{\"state\":\"none\"}}", "", "" },
	{ "mesh-logged-out",
	    "{\"tailscale\":{\"state\":\"down\",\"backend\":\"NeedsLogin\",\"host\":\"perhaps\"},"
	    "\"connect\":{\"ok\":false},\"names\":{\"host\":\"nas.mesh.example\","
	    "\"lookups\":{\"system\":{\"error\":\"Name or service not known\"}}}}", "error",
	    "suspected" },
	{ "mesh-absent", "{\"tailscale\":{\"state\":\"none\"}}", "", "" },
	{ "mesh-absent", "{\"tailscale\":{\"state\":\"none\",\"installed\":true,\"host\":\"mesh\"},"
	    "\"connect\":{\"ok\":false}}", "", "" },
	{ "mesh-absent",
	    "{\"tailscale\":{\"state\":\"none\",\"host\":\"perhaps\"},\"connect\":{\"ok\":false},"
	    "\"names\":{\"lookups\":{\"system\":{\"error\":\"x\"}}}}", "", "" },
	{ "mesh-too-old",
	    "{\"tailscale\":{\"state\":\"up\",\"version\":\"1.24.0\",\"host\":\"mesh\"},"
	    "\"connect\":{\"ok\":false}}", "", "" },
	{ "mesh-too-old",
	    "{\"tailscale\":{\"state\":\"up\",\"version\":\"1.8.3\",\"host\":\"mesh\"},"
	    "\"connect\":{\"ok\":false}}", "error", "sure" },
	{ "mesh-too-old",
	    "{\"tailscale\":{\"state\":\"up\",\"version\":\"1.8.3\",\"here\":true,\"tun\":true,"
	    "\"host\":\"mesh\"},\"connect\":{\"ok\":false}}", "", "" },
	{ "mesh-too-old", "{\"tailscale\":{\"state\":\"up\",\"version\":\"1.8.3\"}}", "warning",
	    "sure" },
	{ "mesh-too-old",
	    "{\"tailscale\":{\"state\":\"up\",\"version\":\"2.0.0\",\"host\":\"mesh\"},"
	    "\"connect\":{\"ok\":false}}", "", "" },
	{ "mesh-too-old",
	    "{\"tailscale\":{\"state\":\"up\",\"version\":\"date.20260101\",\"host\":\"mesh\"},"
	    "\"connect\":{\"ok\":false}}", "", "" },
	{ "mesh-userspace", "{\"tailscale\":{\"state\":\"up\",\"tun\":false}}", "note", "sure" },
	{ "mesh-userspace", "{\"tailscale\":{\"state\":\"up\",\"tun\":false,\"host\":\"other\"},"
	    "\"ssh\":{\"options\":{}}}", "", "" },
	{ "mesh-userspace", "{\"tailscale\":{\"state\":\"up\",\"tun\":false,\"host\":\"mesh\"},"
	    "\"ssh\":{\"options\":{\"proxycommand\":\"none\"}}}", "note", "sure" },
	{ "mesh-userspace", "{\"tailscale\":{\"state\":\"up\",\"tun\":false,\"host\":\"mesh\"},"
	    "\"ssh\":{\"options\":{\"proxyjump\":\"gate\"}}}", "", "" },
	{ "mesh-userspace", "{\"tailscale\":{\"state\":\"down\",\"tun\":false}}", "", "" },
	{ "mesh-key-expires", "{\"tailscale\":{\"state\":\"up\",\"key_expires_days\":14}}", "note",
	    "sure" },
	{ "mesh-key-expires", "{\"tailscale\":{\"state\":\"up\",\"key_expires_days\":15}}", "",
	    "" },
	{ "mesh-key-expires",
	    "{\"tailscale\":{\"state\":\"up\",\"key_expires_days\":-1,\"key_expired\":true}}", "",
	    "" },
	{ "mesh-health", "{\"tailscale\":{\"state\":\"up\",\"health\":\"no DERP home\"}}", "note",
	    "suspected" },
	{ "mesh-health",
	    "{\"tailscale\":{\"state\":\"up\",\"health\":\"x\",\"health_harmless\":true}}", "",
	    "" },
	{ "mesh-health",
	    "{\"tailscale\":{\"state\":\"up\",\"health\":\"no DERP home\",\"host\":\"mesh\"},"
	    "\"connect\":{\"ok\":false}}", "warning", "suspected" },
	{ "mesh-health",
	    "{\"tailscale\":{\"state\":\"down\",\"health\":\"Tailscale is stopped.\"}}", "", "" },
	{ "peer-unknown", "{\"tailscale\":{\"state\":\"up\",\"peers\":5,\"peer\":{\"found\":false},"
	    "\"host\":\"mesh\"},\"connect\":{\"ok\":false}}", "error", "likely" },
	{ "peer-unknown", "{\"tailscale\":{\"state\":\"up\",\"peers\":5,\"peer\":{\"found\":false},"
	    "\"host\":\"mesh\"},\"connect\":{\"ok\":true}}", "", "" },
	{ "peer-unknown", "{\"tailscale\":{\"state\":\"up\",\"peers\":5,\"host\":\"perhaps\","
	    "\"similar\":\"nas.x\"},\"connect\":{\"ok\":false},"
	    "\"names\":{\"lookups\":{\"system\":{\"error\":\"x\"}}}}", "warning", "suspected" },
	{ "peer-unknown", "{\"tailscale\":{\"state\":\"up\",\"peers\":5,\"host\":\"perhaps\"},"
	    "\"connect\":{\"ok\":false},\"names\":{\"lookups\":{\"system\":{\"error\":\"x\"}}}}",
	    "", "" },
	{ "peer-offline",
	    "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":false}},\"connect\":{\"ok\":true}}",
	    "", "" },
	{ "peer-offline",
	    "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":false}},\"connect\":{\"ok\":false}}",
	    "error", "likely" },
	/* So is what answers tailscaled. */
	{ "peer-offline",
	    "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":false}},\"ping\":{\"answered\":true},"
	    "\"connect\":{\"ok\":false}}", "", "" },
	/* What refuses is there, whatever the control server has. */
	{ "peer-offline",
	    "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":false}},\"connect\":{\"ok\":false,"
	    "\"addresses\":[{\"address\":\"100.64.0.7\",\"family\":4,\"ms\":9,\"error\":\"refused\"}]}}",
	    "", "" },
	{ "mesh-key-expired",
	    "{\"tailscale\":{\"state\":\"down\",\"backend\":\"NeedsLogin\",\"key_expired\":true,"
	    "\"key_expires_days\":-3}}", "warning", "sure" },
	/* The clock of this machine is ahead; tailscaled goes by another. */
	{ "mesh-key-expired",
	    "{\"tailscale\":{\"state\":\"up\",\"backend\":\"Running\",\"key_expired\":true,"
	    "\"key_expires_days\":-3}}", "", "" },
	{ "mesh-too-old",
	    "{\"tailscale\":{\"state\":\"up\",\"version\":\"99999999999999999999.1\"}}", "", "" },
	{ "peer-offline",
	    "{\"tailscale\":{\"peer\":{\"found\":true,\"online\":false,\"expired\":true}},"
	    "\"connect\":{\"ok\":false}}", "", "" },
};

static void
test_cases(void **state)
{
	(void)state;
	rules_cases(cases, COUNT(cases));
}

static const struct rules_cure cures[] = {
	{ "mesh-down", "{'system':{'os':'darwin'},'connect':{'ok':false},"
	    "'tailscale':{'state':'dead','host':'mesh','socket':'/var/run/tailscaled.socket'}}",
	    "sudo launchctl kickstart -k system/com.tailscale.tailscaled; with Homebrew: sudo brew services "
	    "restart tailscale" },
	{ "mesh-stopped", "{'system':{'os':'darwin'},'connect':{'ok':false},"
	    "'tailscale':{'state':'down','backend':'Stopped','host':'mesh','socket':'port 49152'}}",
	    "tailscale up (or Connect, in Tailscale's menu)" },
	{ "mesh-absent", "{'system':{'os':'linux','distribution':'nixos','root':true},"
	    "'connect':{'ok':false},'tailscale':{'state':'none','host':'mesh'}}",
	    "In configuration.nix: services.tailscale.enable = true; then: tailscale up" },
	{ "mesh-routes", "{'connect':{'ok':false},'tailscale':{'state':'up','host':'other',"
	    "'router':{'name':'gate.mesh.example','online':false},'accepts_routes':true}}",
	    "Wake gate.mesh.example, or start tailscaled there" },
};

static void
test_cures(void **state)
{
	(void)state;
	rules_cures(cures, COUNT(cures));
}

static void
test_odd_types(void **state)
{
	(void)state;
	rules_odd_values(rules_mesh);
	rules_odd_values(rules_peer);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_cures),
		cmocka_unit_test(test_odd_types),
	};

	return (cmocka_run_group_tests_name("rules-mesh", tests, NULL, NULL));
}
