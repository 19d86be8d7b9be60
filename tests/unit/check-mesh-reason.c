/* SPDX-License-Identifier: ISC */
/* Unit tests: mesh-reason. */

#include <time.h>

#include "base/error.h"
#include "catalogue/catalogue.h"
#include "check.h"
#include "route/mesh-reason.h"
#include "route/target.h"

#define UP		ENV_TAILSCALE_UP
#define SUFFIX		"mesh.test"
#define PEER		"nas.mesh.test"
#define ADDRESS		"100.64.0.7"
#define OUTSIDE		"192.0.2.7"

enum seen { NOT_ASKED, SILENT, ANSWERED };

/* What tailscaled knows on the left, what a failure becomes on the right. */
static const struct {
	const char		*name;
	const char		*host;
	enum code		 failed;
	enum env_tailscale_state state;
	const char		*backend;
	int			 installed, mesh_address;
	int			 told;		/* its peers */
	int			 found, online, expired, days;
	int			 self_expired;
	int			 exit_node;
	enum seen		 ping;
	const char		*similar;
	enum code		 code;
	const char		*text;
} cases[] = {
	/* The peer. */
	{ "offline", PEER, CODE_NO_ANSWER, UP, "Running", 0, 1, 1, 1, 0, 0, 0, 0, -1, SILENT, "",
	    CODE_PEER_OFFLINE, PEER " port 22: the host is offline in the mesh" },
	{ "offline for days", ADDRESS, CODE_PROXY_FAILED, UP, "Running", 0, 0, 1, 1, 0, 0, 3, 0, -1,
	    SILENT, "", CODE_PEER_OFFLINE,
	    ADDRESS " port 22: the host is offline in the mesh, last seen 3 days ago" },
	{ "offline, not pinged, as for a scan", PEER, CODE_NO_ANSWER, UP, "Running", 0, 0, 1, 1, 0,
	    0, 0, 0, -1, NOT_ASKED, "", CODE_PEER_OFFLINE, NULL },
	{ "offline, and it answers", PEER, CODE_NO_ANSWER, UP, "Running", 0, 0, 1, 1, 0, 0, 0, 0,
	    -1, ANSWERED, "", CODE_PEER_SILENT, NULL },
	{ "online, and only the port is silent", ADDRESS, CODE_NO_ANSWER, UP, "Running", 0, 1, 1, 1,
	    1, 0, 0, 0, -1, ANSWERED, "", CODE_PEER_SILENT,
	    ADDRESS " port 22: no answer, though the host answers tailscaled's ping" },
	{ "no route, and it answers", ADDRESS, CODE_NO_ROUTE, UP, "Running", 0, 1, 1, 1, 1, 0, 0, 0,
	    -1, ANSWERED, "", CODE_NO_ROUTE, NULL },
	{ "online and silent", PEER, CODE_NO_ANSWER, UP, "Running", 0, 1, 1, 1, 1, 0, 0, 0, -1,
	    SILENT, "", CODE_PEER_UNREACHABLE,
	    PEER " port 22: no answer, not even to tailscaled's own ping" },
	{ "online, not pinged", PEER, CODE_NO_ANSWER, UP, "Running", 0, 1, 1, 1, 1, 0, 0, 0, -1,
	    NOT_ASKED, "", CODE_NO_ANSWER, NULL },
	{ "expired", ADDRESS, CODE_NO_ROUTE, UP, "Running", 0, 1, 1, 1, 1, 1, 0, 0, -1, NOT_ASKED,
	    "", CODE_PEER_EXPIRED, NULL },
	{ "no such address", "100.64.99.99", CODE_NO_ROUTE, UP, "Running", 0, 1, 1, 0, 0, 0, 0, 0,
	    -1, NOT_ASKED, "", CODE_PEER_UNKNOWN, NULL },
	{ "a service of the mesh, or a network behind a peer", "fd7a:115c:a1e0:b1a:0:7:a00:1",
	    CODE_NO_ANSWER, UP, "Running", 0, 1, 1, 0, 0, 0, 0, 0, -1, NOT_ASKED, "",
	    CODE_NO_ANSWER, NULL },
	{ "a service of the mesh, by its name", PEER, CODE_NO_ANSWER, UP, "Running", 0, 1, 1, 0, 0,
	    0, 0, 0, -1, NOT_ASKED, "", CODE_NO_ANSWER, NULL },
	{ "removed: no such name", PEER, CODE_NAME_UNKNOWN, UP, "Running", 0, 0, 1, 0, 0, 0, 0, 0,
	    -1, NOT_ASKED, "nas-1.mesh.test", CODE_PEER_UNKNOWN,
	    PEER " port 22: tailscaled knows no peer of this name; similar: nas-1.mesh.test" },
	{ "a word that nobody knows", "nas", CODE_NAME_UNKNOWN, UP, "Running", 0, 0, 1, 0, 0, 0, 0,
	    0, -1, NOT_ASKED, "", CODE_NAME_UNKNOWN,
	    "nas port 22: neither the resolver nor tailscaled knows this name" },
	{ "a word with an address of its own", "nas", CODE_NO_ANSWER, UP, "Running", 0, 0, 1, 0, 0,
	    0, 0, 0, -1, NOT_ASKED, "", CODE_NO_ANSWER, NULL },
	{ "a refusal is not doubted", PEER, CODE_REFUSED, UP, "Running", 0, 0, 1, 1, 0, 1, 0, 1, -1,
	    SILENT, "", CODE_REFUSED, NULL },
	/* This machine. */
	{ "its own key", ADDRESS, CODE_NO_ANSWER, ENV_TAILSCALE_DOWN, "NeedsLogin", 0, 1, 1, 1, 1,
	    0, 0, 1, -1, NOT_ASKED, "", CODE_MESH_KEY_EXPIRED, NULL },
	{ "connected: the clock is wrong", ADDRESS, CODE_NO_ANSWER, UP, "Running", 0, 1, 1, 1, 1, 0,
	    0, 1, -1, NOT_ASKED, "", CODE_NO_ANSWER, NULL },
	{ "its own key, so it is logged out", PEER, CODE_MESH_LOGGED_OUT, ENV_TAILSCALE_DOWN,
	    "NeedsLogin", 0, 0, 1, 1, 1, 0, 0, 1, -1, NOT_ASKED, "", CODE_MESH_KEY_EXPIRED,
	    PEER " port 22: this machine's key for the mesh has expired" },
	{ "its own key, and a host outside", OUTSIDE, CODE_NO_ANSWER, ENV_TAILSCALE_DOWN,
	    "NeedsLogin", 0, 1, 1, 0, 0, 0, 0, 1, -1, NOT_ASKED, "", CODE_NO_ANSWER, NULL },
	{ "logged out on purpose", PEER, CODE_MESH_LOGGED_OUT, ENV_TAILSCALE_DOWN, "NeedsLogin", 0,
	    0, 1, 0, 0, 0, 0, 0, -1, NOT_ASKED, "", CODE_MESH_LOGGED_OUT, NULL },
	{ "killed", ADDRESS, CODE_NO_ANSWER, ENV_TAILSCALE_DEAD, "", 0, 0, 0, 0, 0, 0, 0, 0, -1,
	    NOT_ASKED, "", CODE_MESH_DOWN, NULL },
	{ "killed, and another mesh routes it", ADDRESS, CODE_NO_ANSWER, ENV_TAILSCALE_DEAD, "", 0,
	    1, 0, 0, 0, 0, 0, 0, -1, NOT_ASKED, "", CODE_NO_ANSWER, NULL },
	{ "ended, an address", ADDRESS, CODE_NO_ANSWER, ENV_TAILSCALE_NONE, "", 1, 0, 0, 0, 0, 0, 0,
	    0, -1, NOT_ASKED, "", CODE_MESH_DOWN,
	    ADDRESS " port 22: tailscaled does not run on this machine: it has no socket here" },
	{ "ended, a word", "nas", CODE_NAME_UNKNOWN, ENV_TAILSCALE_NONE, "", 1, 0, 0, 0, 0, 0, 0, 0,
	    -1, NOT_ASKED, "", CODE_MESH_DOWN, "nas port 22: its name is not known, and tailscaled "
	    "does not run on this machine: it has no socket here" },
	{ "ended, a name with an address", "nas.example.org", CODE_NO_ANSWER, ENV_TAILSCALE_NONE,
	    "", 1, 0, 0, 0, 0, 0, 0, 0, -1, NOT_ASKED, "", CODE_NO_ANSWER, NULL },
	{ "killed, and a proxy of another one was asked", ADDRESS, CODE_PROXY_SILENT,
	    ENV_TAILSCALE_DEAD, "", 0, 0, 0, 0, 0, 0, 0, 0, -1, NOT_ASKED, "", CODE_PROXY_SILENT,
	    NULL },
	{ "never installed", ADDRESS, CODE_NO_ANSWER, ENV_TAILSCALE_NONE, "", 0, 0, 0, 0, 0, 0, 0,
	    0, -1, NOT_ASKED, "", CODE_NO_ANSWER, NULL },
	{ "stopped, and a host outside", OUTSIDE, CODE_NO_ANSWER, ENV_TAILSCALE_DOWN, "Stopped", 0,
	    0, 0, 0, 0, 0, 0, 0, -1, NOT_ASKED, "", CODE_NO_ANSWER, NULL },
	/* The exit node. */
	{ "exit node off", OUTSIDE, CODE_NO_ANSWER, UP, "Running", 0, 1, 1, 0, 0, 0, 0, 0, 0,
	    NOT_ASKED, "", CODE_MESH_EXIT_NODE_OFF, NULL },
	{ "exit node off, and a host beside us", "192.168.1.7", CODE_NO_ANSWER, UP, "Running", 0, 0, 1,
	    0, 0, 0, 0, 0, 0, NOT_ASKED, "", CODE_NO_ANSWER, NULL },
	{ "exit node on", OUTSIDE, CODE_NO_ANSWER, UP, "Running", 0, 1, 1, 0, 0, 0, 0, 0, 1,
	    NOT_ASKED, "", CODE_NO_ANSWER, NULL },
	{ "no exit node", OUTSIDE, CODE_NO_ANSWER, UP, "Running", 0, 1, 1, 0, 0, 0, 0, 0, -1,
	    NOT_ASKED, "", CODE_NO_ANSWER, NULL },
};

static void
run_case(size_t i)
{
	struct env_tailscale	 ts = { .state = cases[i].state,
				    .mesh_address = cases[i].mesh_address };
	struct tspeers		 peers = { .found = cases[i].found, .exit_node = cases[i].exit_node,
				    .self = { .expired = cases[i].self_expired },
				    .peer = { .online = cases[i].online,
				    .expired = cases[i].expired } };
	struct mesh_view	 view = { .tailscale = &ts, .installed = cases[i].installed,
				    .peers = cases[i].told ? &peers : NULL,
				    .pinged = cases[i].ping != NOT_ASKED,
				    .answered = cases[i].ping == ANSWERED,
				    .tunnel = cases[i].mesh_address };
	struct target		 target = { .host = cases[i].host, .port = 22 };
	struct error		 err;
	char			 line[ERROR_LINE_BYTES + 1];

	strlcpy(ts.status.state, cases[i].backend, sizeof(ts.status.state));
	if (cases[i].state == UP)
		strlcpy(ts.status.suffix, SUFFIX, sizeof(ts.status.suffix));
	strlcpy(peers.suffix, SUFFIX, sizeof(peers.suffix));
	strlcpy(peers.similar, cases[i].similar, sizeof(peers.similar));
	if (cases[i].days > 0)
		peers.peer.seen_s = (int64_t)time(NULL) - (int64_t)cases[i].days * 86400 - 60;
	error_set(&err, cases[i].failed, "as it was");
	mesh_reason_judge(&view, &target, &err);
	if (err.code != cases[i].code)
		fail_msg("%s: %s: %s", cases[i].name, code_row(err.code)->name, err.text);
	if (cases[i].code == cases[i].failed && cases[i].text == NULL)
		assert_string_equal(err.text, "as it was");
	if (cases[i].text != NULL)
		assert_string_equal(err.text, cases[i].text);
	/* Whole, the hint too. */
	error_line(&err, line);
	assert_non_null(strstr(line, code_row(err.code)->hint));
}

static void
test_cases(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		run_case(i);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_cases),
	};

	return (cmocka_run_group_tests_name("mesh-reason", tests, NULL, NULL));
}
