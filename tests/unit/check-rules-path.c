/* SPDX-License-Identifier: ISC */
/* Unit tests: rules-path. */

#include "check-rules.h"

/* What little of the facts decides, and how sure the rule is; "" if it must say nothing. */
static const struct rules_case cases[] = {
	{ "pmtu-forward",
	    "{\"mtu\":{\"route_mtu\":1500,\"forward\":{\"ok\":true,\"largest_ok\":1500},"
	    "\"reverse\":{\"ok\":true,\"largest_ok\":1500}}}", "", "" },
	{ "pmtu-forward",
	    "{\"mtu\":{\"route_mtu\":1500,\"forward\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281},\"reverse\":{\"ok\":true,\"largest_ok\":1500}}}", "error",
	    "sure" },
	{ "pmtu-forward",
	    "{\"mtu\":{\"route_mtu\":1500,\"forward\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281}}}", "error", "sure" },
	{ "pmtu-forward",
	    "{\"mtu\":{\"route_mtu\":1500,\"forward\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281},\"reverse\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281}}}", "", "" },
	{ "pmtu-both", "{\"mtu\":{\"route_mtu\":1500,\"forward\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281},\"reverse\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281}}}", "error", "sure" },
	{ "pmtu-both", "{\"mtu\":{\"route_mtu\":1500,\"forward\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281},\"reverse\":{\"ok\":true,\"largest_ok\":1500}}}", "", "" },
	{ "pmtu-reverse",
	    "{\"mtu\":{\"route_mtu\":1500,\"forward\":{\"ok\":true,\"largest_ok\":1500},"
	    "\"reverse\":{\"ok\":false,\"largest_ok\":1280,\"smallest_bad\":1281}}}", "error",
	    "sure" },
	{ "pmtu-reverse",
	    "{\"mtu\":{\"route_mtu\":1500,\"forward\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281},\"reverse\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281}}}", "", "" },
	{ "pmtu-forward",
	    "{\"mtu\":{\"route_mtu\":1500,\"forward\":{\"ok\":false,\"smallest_bad\":1500},"
	    "\"reverse\":{\"ok\":true,\"largest_ok\":1500}}}", "warning", "likely" },
	{ "pmtu-forward",
	    "{\"mtu\":{\"route_mtu\":1500,\"forward\":{\"ok\":false},\"reverse\":{\"ok\":true,"
	    "\"largest_ok\":1500}}}", "", "" },
	{ "pmtu-forward",
	    "{\"mtu\":{\"route_mtu\":1500,\"forward\":{\"ok\":false,\"largest_ok\":1280},"
	    "\"reverse\":{\"ok\":true,\"largest_ok\":1500}}}", "", "" },
	{ "pmtu-forward",
	    "{\"mtu\":{\"route_mtu\":1500,\"forward\":{\"ok\":false,\"largest_ok\":1400,"
	    "\"smallest_bad\":1400},\"reverse\":{\"ok\":true,\"largest_ok\":1500}}}", "", "" },
	{ "pmtu-forward",
	    "{\"mtu\":{\"route_mtu\":1500,\"forward\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281},\"reverse\":{\"ok\":true,\"largest_ok\":1500},"
	    "\"inconclusive\":\"it is too busy\"}}", "error", "sure" },
	{ "pmtu-reverse",
	    "{\"mtu\":{\"route_mtu\":1500,\"forward\":{\"ok\":true,\"largest_ok\":1500},"
	    "\"reverse\":{\"ok\":false,\"largest_ok\":1280,\"smallest_bad\":1281},"
	    "\"inconclusive\":\"the server has no large answer\"}}", "error", "sure" },
	{ "path-jumbo",
	    "{\"mtu\":{\"route_mtu\":9000,\"forward\":{\"ok\":false,\"largest_ok\":1500,"
	    "\"smallest_bad\":1501}}}", "error", "sure" },
	{ "path-jumbo",
	    "{\"mtu\":{\"route_mtu\":9000,\"forward\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281}}}", "", "" },
	{ "pmtu-forward",
	    "{\"mtu\":{\"route_mtu\":9000,\"forward\":{\"ok\":false,\"largest_ok\":1280,"
	    "\"smallest_bad\":1281}}}", "error", "sure" },
	{ "pmtu-forward",
	    "{\"mtu\":{\"route_mtu\":9000,\"forward\":{\"ok\":false,\"largest_ok\":1500,"
	    "\"smallest_bad\":1501}}}", "", "" },
	{ "path-jumbo", "{\"mtu\":{\"route_mtu\":9000,\"forward\":{\"ok\":true}}}", "", "" },
	{ "mesh-mtu", "{\"connect\":{\"route\":\"localapi\"},\"mtu\":{\"through\":{\"whole\":true}}}",
	    "", "" },
	{ "mesh-mtu", "{\"connect\":{\"route\":\"localapi\"},\"mtu\":{\"through\":{\"whole\":false,"
	    "\"pieces\":true}}}", "error", "likely" },
	{ "mesh-mtu", "{\"connect\":{\"route\":\"localapi\"},\"mtu\":{\"through\":{\"whole\":false,"
	    "\"pieces\":false}}}", "error", "suspected" },
	{ "mesh-mtu", "{\"connect\":{\"route\":\"localapi\"},\"mtu\":{\"through\":{\"whole\":false}}}",
	    "error", "suspected" },
	{ "mesh-mtu", "{\"connect\":{\"route\":\"http\"},\"mtu\":{\"through\":{\"whole\":false,"
	    "\"pieces\":true}}}", "", "" },
	{ "dscp-forward", "{\"dscp\":{\"dropped\":[],\"passed\":[\"ef\"]}}", "", "" },
	{ "dscp-forward", "{\"dscp\":{\"dropped\":[\"ef\"]}}", "warning", "sure" },
	{ "dscp-forward", "{\"dscp\":{\"dropped\":[\"ef\"],\"inconclusive\":true}}", "", "" },
	{ "dscp-forward",
	    "{\"dscp\":{\"dropped\":[\"ef\"]},\"ssh\":{\"options\":{\"ipqos\":\"ef none\"}}}",
	    "error", "sure" },
	{ "dscp-forward",
	    "{\"dscp\":{\"dropped\":[\"ef\"]},\"ssh\":{\"options\":{\"ipqos\":\"af21 cs1\"}}}",
	    "note", "sure" },
	/* It connects, and hangs later: that is told by dscp-remarked. */
	{ "dscp-forward",
	    "{\"dscp\":{\"dropped\":[\"cs1\"]},\"ssh\":{\"options\":{\"ipqos\":\"af21 cs1\"}}}", "",
	    "" },
	{ "dscp-forward",
	    "{\"dscp\":{\"dropped\":[\"ef\"]},\"ssh\":{\"options\":{\"ipqos\":\"ef none\","
	    "\"proxycommand\":\"meshssh %h %p\"}}}", "note", "sure" },
	{ "dscp-forward", "{\"dscp\":{\"dropped\":[\"lowdelay\"]},\"ssh\":{\"version_number\":902,"
	    "\"options\":{\"ipqos\":\"lowdelay throughput\"}}}", "error", "sure" },
	{ "dscp-forward", "{\"dscp\":{\"dropped\":[\"lowdelay\"]},\"ssh\":{\"version_number\":1001,"
	    "\"options\":{\"ipqos\":\"lowdelay throughput\"}}}", "note", "sure" },
	{ "dscp-remarked",
	    "{\"dscp\":{\"dropped\":[\"cs1\"]},\"ssh\":{\"options\":{\"ipqos\":\"af21 cs1\"}}}",
	    "error", "sure" },
	{ "dscp-remarked",
	    "{\"dscp\":{\"dropped\":[\"af21\"]},\"ssh\":{\"options\":{\"ipqos\":\"af21 cs1\"}}}",
	    "", "" },
	{ "dscp-remarked",
	    "{\"dscp\":{\"dropped\":[\"af21\"]},\"ssh\":{\"options\":{\"ipqos\":\"af21 cs1\","
	    "\"proxycommand\":\"x\",\"proxyusefdpass\":\"yes\"}}}", "error", "sure" },
	{ "dscp-remarked",
	    "{\"dscp\":{\"dropped\":[\"af21\"]},\"ssh\":{\"options\":{\"ipqos\":\"af21 cs1\","
	    "\"proxycommand\":\"x\",\"proxyusefdpass\":\"true\"}}}", "error", "sure" },
	{ "dscp-remarked",
	    "{\"dscp\":{\"dropped\":[\"af21\"]},\"ssh\":{\"options\":{\"ipqos\":\"af21 cs1\","
	    "\"proxycommand\":\"x\",\"proxyusefdpass\":\"no\"}}}", "", "" },
	{ "dscp-remarked",
	    "{\"dscp\":{\"dropped\":[\"af21\"]},\"ssh\":{\"options\":{\"ipqos\":\"none\"}}}", "",
	    "" },
	{ "path-ipv6-silent",
	    "{\"connect\":{\"ok\":true,\"addresses\":[{\"address\":\"2001:db8::1\",\"family\":6,"
	    "\"ms\":5000,\"error\":\"no-answer\"},{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9}]}}",
	    "warning", "sure" },
	{ "path-ipv6-silent",
	    "{\"connect\":{\"ok\":true,\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,"
	    "\"ms\":9},{\"address\":\"2001:db8::1\",\"family\":6,\"ms\":5000,"
	    "\"error\":\"no-answer\"}]}}", "", "" },
	{ "path-ipv6-silent",
	    "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"2001:db8::1\",\"family\":6,"
	    "\"ms\":5000,\"error\":\"no-answer\"},{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"no-answer\"}]}}", "", "" },
	{ "path-address-silent",
	    "{\"connect\":{\"ok\":true,\"addresses\":[{\"address\":\"2001:db8::1\",\"family\":6,"
	    "\"ms\":5000,\"error\":\"no-answer\"},{\"address\":\"2001:db8::2\",\"family\":6,"
	    "\"ms\":9}]}}", "warning", "sure" },
	{ "no-route",
	    "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"2001:db8::1\",\"family\":6,"
	    "\"ms\":0,\"error\":\"no-route\"}]}}", "error", "likely" },
	{ "no-route",
	    "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"2001:db8::1\",\"family\":6,"
	    "\"ms\":0,\"error\":\"no-route\"},{\"address\":\"192.0.2.1\",\"family\":4,\"ms\":9,"
	    "\"error\":\"no-answer\"}]}}", "", "" },
	{ "no-route",
	    "{\"connect\":{\"ok\":true,\"addresses\":[{\"address\":\"2001:db8::1\",\"family\":6,"
	    "\"ms\":0,\"error\":\"no-route\"}]}}", "", "" },
	{ "blocked",
	    "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,"
	    "\"ms\":0,\"error\":\"blocked\"}]}}", "error", "sure" },
	{ "path-captive", "{\"server\":{\"kind\":\"http\","
	    "\"first\":\"HTTP/1.0 511 Network Authentication Required\",\"http_status\":511}}",
	    "error", "likely" },
	{ "path-captive",
	    "{\"server\":{\"kind\":\"http\",\"first\":\"HTTP/1.1 400 Bad Request\",\"http_status\":400}}",
	    "", "" },
	{ "not-ssh",
	    "{\"server\":{\"kind\":\"http\",\"first\":\"HTTP/1.1 302 Found\",\"http_status\":302}}",
	    "", "" },
	{ "proxy-down",
	    "{\"tailscale\":{\"proxies\":[{\"kind\":\"socks5\",\"address\":\"127.0.0.1:1055\","
	    "\"source\":\"ALL_PROXY\"}]},\"connect\":{\"ok\":true,\"routes\":[{\"route\":\"socks5\","
	    "\"ok\":false,\"ms\":1," "\"to\":\"socks5 127.0.0.1:1055\",\"code\":\"proxy-down\","
	    "\"detail\":\"h port 22: the SOCKS5 proxy 127.0.0.1:1055 cannot be reached (Connection re"
	    "fused)\"}]}}", "note", "sure" },
	/* The other kind at the same address is a guess of ours. */
	{ "proxy-failed",
	    "{\"tailscale\":{\"proxies\":[{\"kind\":\"http\",\"address\":\"127.0.0.1:1055\","
	    "\"source\":\"ALL_PROXY\"}]},\"connect\":{\"ok\":false,\"routes\":[{\"route\":\"socks5\","
	    "\"to\":\"socks5 127.0.0.1:1055\",\"ok\":false,\"ms\":1," "\"code\":\"proxy-failed\","
	    "\"detail\":\"h port 22: the SOCKS5 proxy 127.0.0.1:1055 could not connect\"}]}}", "",
	    "" },
	{ "proxy-down", "{\"tailscale\":{\"proxies\":[]},\"connect\":{\"ok\":false,"
	    "\"routes\":[{\"route\":\"socks5\",\"ok\":false,\"ms\":1,"
	    "\"to\":\"socks5 127.0.0.1:1055\",\"code\":\"proxy-down\","
	    "\"detail\":\"h port 22: the SOCKS5 proxy 127.0.0.1:1055 cannot be reached (Connection re"
	    "fused)\"}]}}", "", "" },
	{ "proxy-of-others",
	    "{\"tailscale\":{\"host\":\"mesh\",\"proxies_of_others\":[\"127.0.0.1:1055\"]},"
	    "\"connect\":{\"ok\":false}}", "note", "sure" },
	{ "proxy-of-others",
	    "{\"tailscale\":{\"host\":\"mesh\",\"proxies_of_others\":[\"127.0.0.1:1055\"]},"
	    "\"connect\":{\"ok\":true}}", "", "" },
	{ "proxy-of-others",
	    "{\"tailscale\":{\"host\":\"other\",\"proxies_of_others\":[\"127.0.0.1:1055\"]}}", "",
	    "" },
	{ "proxy-no-server",
	    "{\"server\":{\"kind\":\"none\",\"error\":\"closed\"},\"connect\":{\"ok\":true,"
	    "\"route\":\"http\",\"routes\":[{\"route\":\"http\",\"ok\":true}]}}", "error",
	    "likely" },
	{ "proxy-no-server",
	    "{\"server\":{\"kind\":\"none\",\"error\":\"closed\"},\"connect\":{\"ok\":true,"
	    "\"route\":\"localapi\",\"routes\":[{\"route\":\"localapi\",\"ok\":true}]}}", "", "" },
	{ "proxy-no-server",
	    "{\"server\":{\"text\":\"SSH-2.0-x\",\"error\":\"closed\"},\"connect\":{\"ok\":true,"
	    "\"route\":\"http\",\"routes\":[{\"route\":\"http\",\"ok\":true}]}}", "", "" },
	{ "proxy-refused",
	    "{\"tailscale\":{\"proxies\":[{\"kind\":\"http\",\"address\":\"127.0.0.1:8\","
	    "\"source\":\"ALL_PROXY\"}]},\"connect\":{\"ok\":false,\"routes\":[{\"route\":\"http\",\"ok\":false,"
	    "\"to\":\"http 127.0.0.1:8\",\"code\":\"proxy-refused\","
	    "\"detail\":\"h port 22: the HTTP proxy 127.0.0.1:8 says 404 Not Found\"}]}}", "error",
	    "sure" },
	{ "proxy-failed",
	    "{\"tailscale\":{\"proxies\":[{\"kind\":\"http\",\"address\":\"127.0.0.1:8\","
	    "\"source\":\"ALL_PROXY\"}]},\"connect\":{\"ok\":false,\"routes\":[{\"route\":\"http\",\"ok\":false,"
	    "\"to\":\"http 127.0.0.1:8\",\"code\":\"proxy-failed\","
	    "\"detail\":\"h port 22: the HTTP proxy 127.0.0.1:8 says 503 Service Unavailable\"}]}}",
	    "error", "sure" },
	/* It passes on what the host did. */
	{ "proxy-failed",
	    "{\"tailscale\":{\"proxies\":[{\"kind\":\"http\",\"address\":\"127.0.0.1:8\","
	    "\"source\":\"ALL_PROXY\"}]},\"connect\":{\"ok\":false,\"routes\":[{\"route\":\"http\",\"ok\":false,"
	    "\"to\":\"http 127.0.0.1:8\",\"code\":\"refused\","
	    "\"detail\":\"h port 22: the HTTP proxy 127.0.0.1:8 says 500 dial: connection refused\"}]}}",
	    "", "" },
	{ "not-a-proxy",
	    "{\"tailscale\":{\"proxies\":[{\"kind\":\"http\",\"address\":\"127.0.0.1:8\","
	    "\"source\":\"ALL_PROXY\"}]},\"connect\":{\"ok\":false,\"routes\":[{\"route\":\"http\",\"ok\":false,"
	    "\"to\":\"http 127.0.0.1:8\",\"code\":\"not-a-proxy\","
	    "\"detail\":\"h port 22: the HTTP proxy 127.0.0.1:8 says 302 Found\"}]}}", "error",
	    "sure" },
	{ "not-connected", "{\"connect\":{\"ok\":false}}", "error", "suspected" },
	{ "not-connected", "{\"connect\":{\"ok\":true}}", "", "" },
	{ "not-connected",
	    "{\"connect\":{\"ok\":false,\"addresses\":[{\"address\":\"192.0.2.1\",\"family\":4,"
	    "\"ms\":9,\"error\":\"refused\"}]}}", "", "" },
	{ "no-route",
	    "{\"connect\":{\"ok\":false,\"routes\":[{\"route\":\"socks5\",\"ok\":false,\"ms\":1,"
	    "\"to\":\"socks5 127.0.0.1:9\",\"code\":\"no-route\","
	    "\"detail\":\"h port 22: the SOCKS5 proxy 127.0.0.1:9 has no route to the "
	    "host\"}]}}", "error", "sure" },
	{ "refused", "{\"tailscale\":{\"proxies\":[]},\"connect\":{\"ok\":false,"
	    "\"routes\":[{\"route\":\"socks5\",\"ok\":false,\"ms\":1,"
	    "\"to\":\"socks5 127.0.0.1:1055\",\"code\":\"proxy-down\","
	    "\"detail\":\"h port 22: the SOCKS5 proxy 127.0.0.1:1055 cannot be reached (Connection re"
	    "fused)\"}]}}", "", "" },
};

static void
test_cases(void **state)
{
	(void)state;
	rules_cases(cases, COUNT(cases));
}

/* The interface to be made smaller is that of the route, which need not be the default one. */
static void
test_interface(void **state)
{
	json_t	*doc;

	(void)state;
	doc = rules_judge("{'system':{'os':'linux','root':true},'net':{'gateway':{'interface':'eth0'}},'mtu':{"
	    "'route_interface':'wg0','route_mtu':1420,'forward':{'ok':false,'largest_ok':1300,'smallest_bad':1301}}}");
	assert_string_equal(json_text_at(rules_find(doc, "pmtu-forward"), "cure.1"),
	    "For all programs: ip link set dev wg0 mtu 1300");
	json_decref(doc);
	doc = rules_judge("{'system':{'os':'darwin'},'net':{'gateway':{'interface':'en0'}},'mtu':{"
	    "'route_mtu':1500,'forward':{'ok':false,'largest_ok':1200,'smallest_bad':1201}}}");
	assert_string_equal(json_text_at(rules_find(doc, "pmtu-forward"), "cure.1"),
	    "For all programs: sudo ifconfig en0 mtu 1200 (it has no IPv6 then)");
	json_decref(doc);
}

static const struct rules_cure cures[] = {
	{ "no-route", "{'system':{'os':'darwin'},'connect':{'ok':false,'addresses':[{"
	    "'address':'192.168.1.77','family':4,'ms':1,'error':'no-route'}]}}",
	    "If it is in the same network: System Settings, Privacy & Security, Local Network" },
	{ "way-not-checked", "{'connect':{'unseen':'command'},'ssh':{'options':{"
	    "'proxycommand':'nc %h %p'},'conditional':{'proxycommand':{"
	    "'file':'~/.ssh/config','line':7}}}}",
	    "ProxyCommand nc %h %p (~/.ssh/config:7)" },
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
	rules_odd_values(rules_path);
	rules_odd_values(rules_connect);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_cures),
		cmocka_unit_test(test_interface),
		cmocka_unit_test(test_odd_types),
	};

	return (cmocka_run_group_tests_name("rules-path", tests, NULL, NULL));
}
