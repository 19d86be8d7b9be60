/* SPDX-License-Identifier: ISC */
/* Unit tests: tspeer. */

#include <errno.h>

#include "base/json.h"
#include "check.h"
#include "wire/tspeer.h"
#include "wire/tsping.h"

/* As tailscaled 1.102 gives it; shortened where nobody looks. */
#define SELF "\"Self\":{\"ID\":\"2\",\"HostName\":\"laptop\",\"DNSName\":\"laptop.mesh.example.\",\"OS\":\"linux\"," \
	"\"TailscaleIPs\":[\"100.64.0.2\",\"fd7a:115c:a1e0::2\"],\"Relay\":\"lab\",\"Online\":true," \
	"\"LastSeen\":\"0001-01-01T00:00:00Z\",\"KeyExpiry\":\"2027-02-16T09:01:02Z\"}"
#define BUILD "\"nodekey:77\":{\"HostName\":\"build-01\",\"DNSName\":\"build-01.mesh.example.\",\"OS\":\"linux\"," \
	"\"TailscaleIPs\":[\"100.64.0.1\",\"fd7a:115c:a1e0::1\"],\"AllowedIPs\":[\"100.64.0.1/32\",\"10.20.0.0/16\"]," \
	"\"CurAddr\":\"10.99.0.2:41641\",\"Relay\":\"lab\",\"RxBytes\":1234,\"Online\":true," \
	"\"LastSeen\":\"0001-01-01T00:00:00Z\",\"sshHostKeys\":[\"ssh-ed25519 AAAA\"],\"CapMap\":{\"x\":null}}"
#define NAS "\"nodekey:78\":{\"HostName\":\"NAS\",\"DNSName\":\"nas-1.mesh.example.\",\"OS\":\"freebsd\"," \
	"\"TailscaleIPs\":[\"100.64.0.3\"],\"Online\":false,\"Expired\":true,\"LastSeen\":\"2026-11-01T10:00:00.5Z\"," \
	"\"KeyExpiry\":\"2026-10-01T00:00:00Z\"}"
#define SHARED "\"nodekey:79\":{\"HostName\":\"web\",\"DNSName\":\"web.other.ts.net.\",\"TailscaleIPs\":[\"100.64.0.9\"]," \
	"\"ShareeNode\":true}"
#define DOC(peers) "{\"Version\":\"1.102.3\",\"TUN\":false,\"BackendState\":\"Running\"," SELF \
	",\"MagicDNSSuffix\":\"mesh.example\",\"CurrentTailnet\":{\"Name\":\"x\",\"MagicDNSEnabled\":true}," \
	"\"Peer\":" peers ",\"User\":null}"

static const char	whole[] = DOC("{" BUILD "," NAS "," SHARED "}");

/* Which peer a host is. */
static const struct {
	const char	*host;
	const char	*name;		/* "" if it is none */
	const char	*similar;
} hosts[] = {
	{ "build-01.mesh.example", "build-01.mesh.example", "" },
	{ "build-01.mesh.example.", "build-01.mesh.example", "" },
	{ "BUILD-01.Mesh.Example", "build-01.mesh.example", "" },
	{ "build-01", "build-01.mesh.example", "" },
	{ "Build-01", "build-01.mesh.example", "" },
	{ "100.64.0.1", "build-01.mesh.example", "" },
	{ "fd7a:115c:a1e0::1", "build-01.mesh.example", "" },
	{ "fd7a:115c:a1e0:0:0:0:0:1", "build-01.mesh.example", "" },
	{ "nas-1", "nas-1.mesh.example", "" },
	{ "web.other.ts.net", "web.other.ts.net", "" },
	{ "laptop", "laptop.mesh.example", "" },
	{ "100.64.0.2", "laptop.mesh.example", "" },
	/* The node of another mesh is not known by its first word. */
	{ "web", "", "" },
	{ "web.mesh.example", "", "" },
	{ "build-01.mesh.example..", "", "" },
	{ "build-01.mesh", "", "" },
	{ "build-01.other.example", "", "" },
	{ "100.64.0.99", "", "" },
	{ "10.20.0.1", "", "" },
	{ "lab", "", "" },
	{ "nodekey:77", "", "" },
	/* A slip, and a name that the mesh has changed. */
	{ "nas", "", "nas-1.mesh.example" },
	{ "nas.mesh.example", "", "nas-1.mesh.example" },
	{ "build-1", "", "build-01.mesh.example" },
	{ "BUILD-1", "", "build-01.mesh.example" },
	{ "BulID-01", "", "build-01.mesh.example" },
	{ "bulid-01", "", "build-01.mesh.example" },
	{ "biuld-02", "", "" },
	{ "buil-01", "", "build-01.mesh.example" },
	{ "build-011", "", "build-01.mesh.example" },
	{ "build", "", "build-01.mesh.example" },
};

static void
test_hosts(void **state)
{
	struct tspeers	peers;
	size_t		i;

	(void)state;
	for (i = 0; i < COUNT(hosts); i++) {
		memset(&peers, '#', sizeof(peers));
		assert_int_equal(tspeer_find(whole, strlen(whole), hosts[i].host, &peers), 0);
		if (peers.found != (hosts[i].name[0] != '\0') ||
		    strcmp(peers.peer.name, hosts[i].name) != 0 ||
		    strcmp(peers.similar, hosts[i].similar) != 0)
			fail_msg("%s: %d \"%s\", similar \"%s\"", hosts[i].host, peers.found,
			    peers.peer.name, peers.similar);
		assert_int_equal(peers.is_self, strcmp(hosts[i].name, "laptop.mesh.example") == 0);
	}
}

/* Who routes to the network of an address. */
static void
test_router(void **state)
{
#define ROUTES "{\"BackendState\":\"Running\",\"Peer\":{" \
	"\"a\":{\"DNSName\":\"exit.mesh.example.\",\"PrimaryRoutes\":[\"0.0.0.0/0\",\"::/0\"]}," \
	"\"b\":{\"DNSName\":\"gate.mesh.example.\",\"Online\":false,\"PrimaryRoutes\":[1,\"x\",\"/24\"," \
	"\"192.168.50.0/33\",\"10.1.2.0/0x10\",\"192.168.50.0/23\",\"2001:db8::/33\"]}," \
	"\"c\":{\"DNSName\":\"nas.mesh.example.\",\"TailscaleIPs\":[\"192.168.51.9\"]}}}"
	static const struct {
		const char	*host;
		int		 routed, found;
	}			cases[] = {
		{ "192.168.50.10", 1, 0 }, { "192.168.51.255", 1, 0 }, { "192.168.52.0", 0, 0 },
		{ "192.168.49.255", 0, 0 }, { "2001:db8:7fff::1", 1, 0 },
		{ "2001:db8:8000::1", 0, 0 }, { "10.1.2.3", 0, 0 }, { "8.8.8.8", 0, 0 },
		{ "nas", 0, 0 }, { "192.168.51.9", 0, 1 },
	};
	struct tspeers	peers;
	size_t		i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(tspeer_find(ROUTES, strlen(ROUTES), cases[i].host, &peers), 0);
		if (peers.routed != cases[i].routed || peers.found != cases[i].found ||
		    (peers.routed && (strcmp(peers.router.name, "gate.mesh.example") != 0 ||
		    peers.router.online != 0)))
			fail_msg("%s: %d \"%s\"", cases[i].host, peers.routed, peers.router.name);
	}
}

static void
test_whole(void **state)
{
	struct tspeers	peers;

	(void)state;
	assert_int_equal(tspeer_find(whole, strlen(whole), "build-01", &peers), 0);
	assert_string_equal(peers.state, "Running");
	assert_string_equal(peers.suffix, "mesh.example");
	assert_int_equal(peers.magicdns, 1);
	assert_int_equal(peers.count, 3);
	assert_string_equal(peers.self.name, "laptop.mesh.example");
	assert_int_equal(peers.self.expires_s, 1802768462);
	assert_int_equal(peers.peer.addr_count, 2);
	assert_string_equal(peers.peer.addrs[1], "fd7a:115c:a1e0::1");
	assert_int_equal(peers.peer.online, 1);
	assert_int_equal(peers.peer.expired, 0);
	assert_int_equal(peers.peer.ssh, 1);
	assert_string_equal(peers.peer.os, "linux");
	assert_string_equal(peers.peer.relay, "lab");
	assert_string_equal(peers.peer.direct, "10.99.0.2");
	assert_int_equal(peers.peer.seen_s, 0);
	assert_int_equal(peers.peer.expires_s, 0);
	assert_int_equal(tspeer_find(whole, strlen(whole), "nas-1", &peers), 0);
	assert_int_equal(peers.peer.online, 0);
	assert_int_equal(peers.peer.expired, 1);
	assert_int_equal(peers.peer.ssh, 0);
	assert_int_equal(peers.peer.seen_s, 1793527200);
	assert_string_equal(peers.peer.relay, "");
	assert_string_equal(peers.peer.direct, "");
	assert_int_equal(tspeer_find(whole, strlen(whole), "web.other.ts.net", &peers), 0);
	assert_int_equal(peers.peer.online, -1);
	assert_int_equal(tspeer_find(whole, strlen(whole), NULL, &peers), 0);
	assert_int_equal(peers.found, 0);
	assert_int_equal(peers.count, 3);
}

/* Wherever it is cut, it is no document. */
static void
test_truncated(void **state)
{
	struct tspeers	 peers;
	char		*text;
	size_t		 len;

	(void)state;
	for (len = 0; len < strlen(whole); len++) {
		/* Of its own, so that a sanitizer sees a byte behind. */
		assert_non_null(text = malloc(len + 1));
		memcpy(text, whole, len);
		if (tspeer_find(text, len, "build-01", &peers) != -1)
			fail_msg("cut at %zu", len);
		free(text);
	}
}

/* Other types than expected count as not said. */
static void
test_odd(void **state)
{
	static const char *const	none[] = {
		DOC("null"), DOC("{}"), DOC("[]"), DOC("[" SELF "]") "x", DOC("\"build-01\""),
		    DOC("17"),
		DOC("{\"a\":null,\"b\":[],\"c\":\"build-01\",\"d\":{}}"),
		DOC("{\"a\":{\"DNSName\":1,\"TailscaleIPs\":1}}"),
		DOC("{\"a\":{\"DNSName\":[\"build-01.mesh.example.\"],\"TailscaleIPs\":{\"0\":\"100.64.0.1\"}}}"),
		DOC("{\"a\":{\"DNSName\":\"build-01.mesh.example\\u0000\",\"TailscaleIPs\":[null,1,{},\"\"]}}"),
		DOC("{\"a\":{\"DNSName\":\"-oProxyCommand=x.mesh.example\",\"TailscaleIPs\":[\"-x\"]}}"),
		DOC("{\"a\":{\"DNSName\":\"$(reboot).mesh.example\",\"HostName\":\"build-01\"}}"),
		DOC("{\"a\":{\"DNSName\":\"...\",\"HostName\":\"build-01\"}}"),
	};
	static const char		odd[] = DOC("{\"a\":{\"DNSName\":\"build-01.mesh.example\",\"Online\":\"yes\",\"OS\":7,"
					    "\"Expired\":1,\"LastSeen\":\"yesterday\",\"KeyExpiry\":5,\"sshHostKeys\":\"x\","
					    "\"TailscaleIPs\":[\"100.64.0.1\",\"a b\",\"\\u001b[2J\"],\"Relay\":null}}");
	struct tspeers			peers;
	size_t				i;

	(void)state;
	for (i = 0; i < COUNT(none); i++) {
		if (tspeer_find(none[i], strlen(none[i]), "build-01", &peers) == 0 &&
		    (peers.found || peers.similar[0] != '\0'))
			fail_msg("found in %s", none[i]);
		if (tspeer_find(none[i], strlen(none[i]), "100.64.0.1", &peers) == 0 && peers.found)
			fail_msg("address found in %s", none[i]);
	}
	assert_int_equal(tspeer_find(odd, strlen(odd), "build-01", &peers), 0);
	assert_int_equal(peers.found, 1);
	assert_int_equal(peers.peer.online, -1);
	assert_int_equal(peers.peer.expired, 0);
	assert_int_equal(peers.peer.ssh, 0);
	assert_int_equal(peers.peer.seen_s, 0);
	assert_int_equal(peers.peer.expires_s, 0);
	assert_int_equal(peers.peer.addr_count, 1);
	assert_string_equal(peers.peer.os, "");
}

static void
test_bad(void **state)
{
	static const char *const	bad[] = {
		"", "{}", "[]", "null", "{\"BackendState\":\"\"}", "{\"BackendState\":1}",
		"{\"Peer\":{}}", "not running",
		"{\"BackendState\":\"Running\",\"BackendState\":\"Running\"}",
	};
	struct tspeers			peers;
	size_t				i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		if (tspeer_find(bad[i], strlen(bad[i]), "a", &peers) != -1)
			fail_msg("taken for a status: %s", bad[i]);
	}
}

/* The last of ten thousand. */
static void
test_many(void **state)
{
	static const char	head[] = "{\"BackendState\":\"Running\",\"MagicDNSSuffix\":\"mesh.example\",\"Peer\":{";
	size_t			size = 64 + sizeof(head) + 10000 * 400, len;
	struct tspeers		peers;
	char			*text = malloc(size);
	int			i;

	(void)state;
	assert_non_null(text);
	len = strlcpy(text, head, size);
	for (i = 0; i < 10000; i++)
		len += (size_t)snprintf(text + len, size - len,
		    "%s\"nodekey:%08x\":{\"HostName\":\"n%d\","
		    "\"DNSName\":\"n%d.mesh.example.\",\"TailscaleIPs\":[\"100.64.%d.%d\",\"fd7a:115c:a1e0::%x\"],"
		    "\"Online\":true,\"RxBytes\":1,\"CapMap\":{\"a\":[1],\"b\":null}}",
		    i > 0 ? "," : "", i, i, i, i / 256, i % 256, i + 1);
	len += (size_t)snprintf(text + len, size - len, "}}");
	assert_int_equal(tspeer_find(text, len, "n9999", &peers), 0);
	assert_int_equal(peers.count, 10000);
	assert_string_equal(peers.peer.name, "n9999.mesh.example");
	assert_int_equal(tspeer_find(text, len, "100.64.39.15", &peers), 0);
	assert_string_equal(peers.peer.name, "n9999.mesh.example");
	assert_int_equal(tspeer_find(text, len, "fd7a:115c:a1e0::2710", &peers), 0);
	assert_string_equal(peers.peer.name, "n9999.mesh.example");
	free(text);
}

/* All peers, by name, with what may stand in a configuration and nothing else. */
static void
test_list(void **state)
{
	static const char	odd[] = "{\"BackendState\":\"Running\",\"User\":{\"7\":{\"LoginName\":\"a\\u0007b\"}},\"Peer\":{"
	    "\"k1\":{\"ID\":\"n\\nX\",\"DNSName\":\"-oX.mesh.example.\",\"TailscaleIPs\":[\"100.64.0.7\"],\"UserID\":7,"
	    "\"OS\":\"li\\nnux\",\"Tags\":[\"tag:a\",\"tag:\\nb\",7],\"sshHostKeys\":[\"ssh-rsa AA\\nHost *\"]},"
	    "\"k2\":{\"DNSName\":\"\"},\"k3\":7,\"k4\":{\"DNSName\":\"b.mesh.example.\"}}}";
	static const char	down[] = "{\"BackendState\":\"Stopped\",\"Peer\":null}";
	json_t			*list;

	(void)state;
	assert_non_null(list = tspeer_list(whole, strlen(whole)));
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_text_at(list, "0.name"), "build-01.mesh.example");
	assert_string_equal(json_text_at(list, "0.addresses.1"), "fd7a:115c:a1e0::1");
	assert_string_equal(json_text_at(list, "0.host_keys.0"), "ssh-ed25519 AAAA");
	assert_int_equal(json_truth_at(list, "0.online"), 1);
	assert_string_equal(json_text_at(list, "1.name"), "nas-1.mesh.example");
	assert_int_equal(json_truth_at(list, "1.expired"), 1);
	json_decref(list);

	assert_non_null(list = tspeer_list(odd, strlen(odd)));
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_text_at(list, "0.name"), "");
	assert_string_equal(json_text_at(list, "0.addresses.0"), "100.64.0.7");
	assert_null(json_text_at(list, "0.id"));
	assert_null(json_text_at(list, "0.os"));
	assert_string_equal(json_text_at(list, "0.user"), "a\\ab");
	assert_int_equal(json_array_size(json_at(list, "0.tags")), 1);
	assert_int_equal(json_array_size(json_at(list, "0.host_keys")), 0);
	json_decref(list);

	assert_null(tspeer_list(down, strlen(down)));
	assert_int_equal(errno, EINVAL);
	assert_null(tspeer_list("[]", 2));
	assert_int_equal(errno, EINVAL);
}

/* Of two documents, whether the exit node that is in use is online. */
static void
test_exit_node(void **state)
{
	static const char	off[] = "{\"BackendState\":\"Running\",\"ExitNodeStatus\":{\"ID\":\"5\",\"Online\":false}}";
	struct tspeers		peers;

	(void)state;
	assert_int_equal(tspeer_find(whole, strlen(whole), NULL, &peers), 0);
	assert_int_equal(peers.exit_node, -1);
	assert_int_equal(tspeer_find(off, strlen(off), NULL, &peers), 0);
	assert_int_equal(peers.exit_node, 0);
}

/* As tailscaled 1.102 tells of pings. */
static const struct {
	const char	*text;
	int		 result, answered, ms;
	const char	*relay;
} pings[] = {
	{ "{\"IP\":\"100.64.0.4\",\"NodeName\":\"srv\",\"Err\":\"\",\"LatencySeconds\":0.00089304,"
	    "\"Endpoint\":\"10.99.0.1:50933\",\"DERPRegionID\":0,\"DERPRegionCode\":\"\"}", 0, 1, 1, "" },
	{ "{\"IP\":\"100.64.0.5\",\"Err\":\"\",\"LatencySeconds\":0.0482,\"Endpoint\":\"\","
	    "\"DERPRegionID\":1,\"DERPRegionCode\":\"fra\"}", 0, 1, 49, "fra" },
	{ "{\"IP\":\"100.64.99.99\",\"Err\":\"no matching peer\",\"LatencySeconds\":0,"
	    "\"DERPRegionCode\":\"\"}", 0, 0, 0, "" },
	{ "{\"IP\":\"100.64.0.5\",\"Err\":7,\"LatencySeconds\":1e300,\"DERPRegionCode\":[]}", 0, 0, 0, "" },
	{ "{\"IP\":\"100.64.0.5\",\"Err\":\"\",\"LatencySeconds\":-1,\"DERPRegionCode\":[]}", 0, 1, 0, "" },
	{ "{\"error\":\"ping access denied\"}", -1, 0, 0, "" },
	{ "not found", -1, 0, 0, "" },
	{ "", -1, 0, 0, "" },
};

static void
test_pings(void **state)
{
	struct tsping	ping;
	size_t		i;

	(void)state;
	for (i = 0; i < COUNT(pings); i++) {
		if (tsping_read(pings[i].text, strlen(pings[i].text), &ping) != pings[i].result)
			fail_msg("%s", pings[i].text);
		assert_int_equal(ping.answered, pings[i].answered);
		assert_int_equal(ping.ms, pings[i].ms);
		assert_string_equal(ping.relay, pings[i].relay);
	}
}

/* What CurAddr may be, and is not. */
static void
test_direct(void **state)
{
	static const struct {
		const char	*text, *direct;
	}		rows[] = {
		{ "192.168.1.7:41641", "192.168.1.7" },
		{ "[fd00::7]:41641", "fd00::7" },
		{ "", "" },
		{ "192.168.1.7", "" },
		{ "nas:41641", "" },
		{ "192.168.1.7:0", "" },
		{ "192.168.1.7:1\nevil", "" },
		{ "[fd00::7\033]:1", "" },
	};
	struct tspeer	peer;
	json_t		*object;
	size_t		i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		object = json_pack("{s:s}", "CurAddr", rows[i].text);
		tspeer_read(object, &peer);
		if (strcmp(peer.direct, rows[i].direct) != 0)
			fail_msg("%s: %s", rows[i].text, peer.direct);
		json_decref(object);
	}
	object = json_pack("{s:i}", "CurAddr", 7);
	tspeer_read(object, &peer);
	assert_string_equal(peer.direct, "");
	json_decref(object);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_router),
		cmocka_unit_test(test_direct),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_exit_node),
		cmocka_unit_test(test_pings),
	};

	return (cmocka_run_group_tests_name("tspeer", tests, NULL, NULL));
}
