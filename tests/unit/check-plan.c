/* SPDX-License-Identifier: ISC */
/* Unit tests: plan. */

#include <sys/socket.h>

#include <netdb.h>

#include "catalogue/catalogue.h"
#include "check.h"
#include "facts/facts.h"
#include "net/resolve.h"
#include "net/sock.h"
#include "route/plan.h"

#define UP	ENV_TAILSCALE_UP
#define ADDRS	3

/*
 * Facts and target on the left, the plan in words on the right: an expectation is what the manual
 * says in ROUTES.
 */
static const struct golden {
	const char			*name;
	const char			*host;
	const char			*via;		/* as --via, NULL for auto */
	const char			*address;
	enum env_tailscale_state	 state;
	const char			*backend;	/* BackendState, for DOWN */
	enum tsjson_tun			 tun;
	int				 local, mesh_address;
	const char			*http, *socks5;	/* proxies that are known */
	enum plan_lookup		 lookup;
	const char			*list[ADDRS];
	const char			*plan;
	const char			*version;	/* NULL: a recent one */
	int				 on_link, exit_node;
	int				 mesh_only;	/* as the doctor looks at a way */
} goldens[] = {
	/* Not the mesh's. */
	{ "a name, before its lookup", "nas.example.org", NULL, NULL, UP, NULL, TSJSON_TUN_NO, 0, 0,
	    NULL, NULL, PLAN_LOOKUP_OPEN, { NULL }, "lookup nas.example.org 22\n" },
	{ "a name, and its addresses in turn", "nas.example.org", NULL, NULL, UP, NULL,
	    TSJSON_TUN_NO, 0, 0, ":1055", NULL, PLAN_LOOKUP_DONE,
	    { "2001:db8::1", "2001:db8::2", "192.0.2.1" },
	    "ask 2001:db8::1\nask 192.0.2.1\nask 2001:db8::2\n"
	    "direct 2001:db8::1\ndirect 192.0.2.1\ndirect 2001:db8::2\n" },
	{ "the same, and a TUN here", "nas.example.org", NULL, NULL, UP, NULL,
	    TSJSON_TUN_YES, 1, 1, NULL, NULL, PLAN_LOOKUP_DONE, { "192.0.2.1" },
	    "direct 192.0.2.1\n" },
	{ "a name that nobody knows, and nobody can be asked about", "node.mesh.test", NULL, NULL,
	    ENV_TAILSCALE_HUNG, NULL, TSJSON_TUN_UNSAID, 0, 0, NULL, NULL, PLAN_LOOKUP_FAILED,
	    { NULL },
	    "why not mesh-hung: its name is not known, and tailscaled takes connections and does not answer\n" },
	{ "the same, logged out", "node", NULL, NULL, ENV_TAILSCALE_DOWN, "NeedsLogin",
	    TSJSON_TUN_UNSAID, 0, 0, NULL, NULL, PLAN_LOOKUP_FAILED, { NULL },
	    "why not mesh-logged-out: its name is not known, and tailscaled is logged out\n" },
	{ "the same where there is no tailscaled", "node", NULL, NULL, ENV_TAILSCALE_NONE, NULL,
	    TSJSON_TUN_UNSAID, 0, 0, NULL, NULL, PLAN_LOOKUP_FAILED, { NULL }, "" },
	{ "the same, and a proxy that somebody names", "node.mesh.test", NULL, NULL,
	    ENV_TAILSCALE_NONE, NULL, TSJSON_TUN_UNSAID, 0, 0, NULL, ":1057", PLAN_LOOKUP_FAILED,
	    { NULL }, "socks5 127.0.0.1:1057\n" },
	{ "the same, and its socket is closed", "node", NULL, NULL,
	    ENV_TAILSCALE_PERMISSION_DENIED, NULL, TSJSON_TUN_UNSAID, 0, 0, ":8080", NULL,
	    PLAN_LOOKUP_FAILED, { NULL }, "http 127.0.0.1:8080\n"
	    "why not mesh-permission-denied: its name is not known, and tailscaled's socket is closed to this user (/sock)\n" },
	{ "a name that nobody knows", "nas.example.org", NULL, NULL, UP, NULL, TSJSON_TUN_NO, 0, 0,
	    ":1055", NULL, PLAN_LOOKUP_FAILED, { NULL }, "" },
	{ "the mesh's domain is not a part of another", "xmesh.test", NULL, NULL, UP, NULL,
	    TSJSON_TUN_NO, 0, 0, NULL, NULL, PLAN_LOOKUP_OPEN, { NULL }, "lookup xmesh.test 22\n" },
	{ "nor the domain itself a host in it", "mesh.test", NULL, NULL, UP, NULL, TSJSON_TUN_NO, 0,
	    0, NULL, NULL, PLAN_LOOKUP_OPEN, { NULL }, "lookup mesh.test 22\n" },
	{ "ChromeOS's addresses", "100.115.92.5", NULL, NULL, UP, NULL, TSJSON_TUN_NO, 0, 0, NULL,
	    NULL, PLAN_LOOKUP_DONE, { "100.115.92.5" },
	    "ask 100.115.92.5\ndirect 100.115.92.5\n" },

	/* Perhaps in a network that a peer routes to. */
	{ "an address, before its lookup", "192.168.50.10", NULL, NULL, UP, NULL, TSJSON_TUN_NO, 0,
	    0, NULL, NULL, PLAN_LOOKUP_OPEN, { NULL }, "lookup 192.168.50.10 22\n" },
	{ "an address", "192.168.50.10", NULL, NULL, UP, NULL, TSJSON_TUN_NO, 0, 0, ":8080", NULL,
	    PLAN_LOOKUP_DONE, { "192.168.50.10" },
	    "ask 192.168.50.10\ndirect 192.168.50.10\n" },
	{ "a neighbour's", "192.168.50.10", NULL, NULL, UP, NULL, TSJSON_TUN_NO, 0, 0, NULL, NULL,
	    PLAN_LOOKUP_DONE, { "192.168.50.10" },
	    "direct 192.168.50.10\nask 192.168.50.10\n", NULL, 1, 0 },
	{ "with an exit node", "192.0.2.1", NULL, NULL, UP, NULL, TSJSON_TUN_NO, 0, 0, NULL, NULL,
	    PLAN_LOOKUP_DONE, { "192.0.2.1" }, "direct 192.0.2.1\nask 192.0.2.1\n", NULL, 0, 1 },
	{ "a tailscaled that would connect by itself", "192.0.2.1", NULL, NULL, UP, NULL,
	    TSJSON_TUN_NO, 0, 0, NULL, NULL, PLAN_LOOKUP_DONE, { "192.0.2.1" },
	    "direct 192.0.2.1\nask 192.0.2.1\n", "1.96.4-t1", 0, 0 },
	{ "a tailscaled whose TUN is elsewhere", "192.0.2.1", NULL, NULL, UP, NULL, TSJSON_TUN_YES,
	    0, 0, NULL, NULL, PLAN_LOOKUP_DONE, { "192.0.2.1" },
	    "ask 192.0.2.1\ndirect 192.0.2.1\n" },
	{ "one that hangs is not asked", "192.0.2.1", NULL, NULL, ENV_TAILSCALE_HUNG, NULL,
	    TSJSON_TUN_UNSAID, 0, 0, NULL, NULL, PLAN_LOOKUP_DONE, { "192.0.2.1" },
	    "direct 192.0.2.1\n" },
	{ "nor about an address of this machine or link", "nas.example.org", NULL, NULL, UP, NULL,
	    TSJSON_TUN_NO, 0, 0, NULL, NULL, PLAN_LOOKUP_DONE,
	    { "127.0.1.1", "fe80::1", "169.254.1.1" },
	    "direct 127.0.1.1\ndirect fe80::1\ndirect 169.254.1.1\n" },
	{ "4via6: a name that is computed", "10-1-2-3-via-7", NULL, NULL, UP, NULL, TSJSON_TUN_NO,
	    0, 0, NULL, NULL, PLAN_LOOKUP_OPEN, { NULL },
	    "localapi fd7a:115c:a1e0:b1a:0:7:a01:203\n" },
	{ "4via6, and a TUN here", "10-1-2-3-via-7.mesh.test", NULL, NULL, UP, NULL, TSJSON_TUN_YES,
	    1, 1, NULL, NULL, PLAN_LOOKUP_DONE, { "fd7a:115c:a1e0:b1a:0:7:a01:203" },
	    "direct fd7a:115c:a1e0:b1a:0:7:a01:203\n"
	    "localapi fd7a:115c:a1e0:b1a:0:7:a01:203\n" },
	{ "4via6, and a TUN here, before the lookup", "10-1-2-3-via-7.mesh.test", NULL, NULL, UP,
	    NULL, TSJSON_TUN_YES, 1, 1, NULL, NULL, PLAN_LOOKUP_OPEN, { NULL },
	    "lookup fd7a:115c:a1e0:b1a:0:7:a01:203 22 first\n"
	    "localapi fd7a:115c:a1e0:b1a:0:7:a01:203\n" },
	{ "4via6, without a tailscaled", "10-1-2-3-via-7", NULL, NULL, ENV_TAILSCALE_NONE, NULL,
	    TSJSON_TUN_UNSAID, 0, 0, NULL, NULL, PLAN_LOOKUP_OPEN, { NULL },
	    "lookup 10-1-2-3-via-7 22\n" },

	/* The doctor takes a way through tailscaled only for what is the mesh's. */
	{ "the way through tailscaled, of another host, before the lookup", "nas.example.org",
	    "localapi", NULL, UP, NULL, TSJSON_TUN_NO, 0, 0, NULL, NULL, PLAN_LOOKUP_OPEN,
	    { NULL }, "lookup nas.example.org 22\n", NULL, 0, 0, 1 },
	{ "the way through tailscaled, of another host", "nas.example.org", "localapi", NULL, UP,
	    NULL, TSJSON_TUN_NO, 0, 0, NULL, NULL, PLAN_LOOKUP_DONE, { "192.0.2.1" },
	    "ask 192.0.2.1\n", NULL, 0, 0, 1 },
	{ "the way through tailscaled, of a host of the mesh", "node.mesh.test", "localapi", NULL,
	    UP, NULL, TSJSON_TUN_NO, 0, 0, NULL, NULL, PLAN_LOOKUP_OPEN, { NULL },
	    "localapi node.mesh.test\n", NULL, 0, 0, 1 },

	/* Userspace networking. */
	{ "a name of the mesh", "node.mesh.test", NULL, NULL, UP, NULL, TSJSON_TUN_NO, 0, 0, NULL,
	    NULL, PLAN_LOOKUP_OPEN, { NULL }, "localapi node.mesh.test\n" },
	{ "the same with a final dot and in capitals", "Node.MESH.test.", NULL, NULL, UP, NULL,
	    TSJSON_TUN_NO, 0, 0, NULL, NULL, PLAN_LOOKUP_OPEN, { NULL },
	    "localapi Node.MESH.test.\n" },
	{ "an address of the mesh", "100.64.0.7", NULL, NULL, UP, NULL, TSJSON_TUN_NO, 0, 0, NULL,
	    NULL, PLAN_LOOKUP_DONE, { "100.64.0.7" }, "localapi 100.64.0.7\n" },
	{ "the same over IPv6", "fd7a:115c:a1e0::7", NULL, NULL, UP, NULL, TSJSON_TUN_NO, 0, 0,
	    NULL, NULL, PLAN_LOOKUP_DONE, { "fd7a:115c:a1e0::7" }, "localapi fd7a:115c:a1e0::7\n" },
	{ "proxies behind it, and no guesses", "node.mesh.test", NULL, NULL, UP, NULL,
	    TSJSON_TUN_NO, 0, 0, ":8080", ":1056", PLAN_LOOKUP_OPEN, { NULL },
	    "localapi node.mesh.test\nhttp 127.0.0.1:8080\nsocks5 127.0.0.1:1056\n" },
	{ "a short name may be a peer's", "node", NULL, NULL, UP, NULL, TSJSON_TUN_NO, 0, 0,
	    ":8080", NULL, PLAN_LOOKUP_OPEN, { NULL },
	    "lookup node 22\nlocalapi node.mesh.test not dialled\n" },
	{ "a short name, and one on the network here", "node", NULL, NULL, UP, NULL, TSJSON_TUN_NO,
	    0, 0, NULL, NULL, PLAN_LOOKUP_DONE, { "192.168.1.5" },
	    "localapi node.mesh.test not dialled\nask 192.168.1.5\ndirect 192.168.1.5\n" },
	{ "a short name whose address is the mesh's", "node", NULL, NULL, UP, NULL, TSJSON_TUN_NO,
	    0, 0, NULL, NULL, PLAN_LOOKUP_DONE, { "100.64.0.7" }, "localapi node\n" },
	{ "another name whose address is the mesh's", "nas.example.org", NULL, NULL, UP, NULL,
	    TSJSON_TUN_NO, 0, 0, NULL, NULL, PLAN_LOOKUP_DONE, { "100.64.0.7" },
	    "localapi nas.example.org\n" },
	{ "another name that has addresses here and there", "nas.example.org", NULL, NULL, UP, NULL,
	    TSJSON_TUN_NO, 0, 0, NULL, NULL, PLAN_LOOKUP_DONE,
	    { "fd7a:115c:a1e0::7", "192.168.1.5", "100.64.0.7" },
	    "localapi nas.example.org\ndirect 192.168.1.5\n" },
	{ "a number is no short name", "3232235777", NULL, NULL, UP, NULL, TSJSON_TUN_NO, 0, 0,
	    NULL, NULL, PLAN_LOOKUP_OPEN, { NULL }, "lookup 3232235777 22\n" },
	{ "another mesh, or a provider's network, is routed here", "100.64.0.7", NULL, NULL, UP,
	    NULL, TSJSON_TUN_NO, 0, 1, NULL, NULL, PLAN_LOOKUP_DONE, { "100.64.0.7" },
	    "ask 100.64.0.7\ndirect 100.64.0.7\n" },
	{ "the TUN is in another namespace", "node.mesh.test", NULL, NULL, UP, NULL, TSJSON_TUN_YES,
	    0, 0, NULL, NULL, PLAN_LOOKUP_OPEN, { NULL }, "localapi node.mesh.test\n" },

	/* A TUN. */
	{ "a TUN here, before the lookup", "node.mesh.test", NULL, NULL, UP, NULL, TSJSON_TUN_YES,
	    1, 1, ":8080", NULL, PLAN_LOOKUP_OPEN, { NULL },
	    "lookup node.mesh.test 22 first\nlocalapi node.mesh.test\n" },
	{ "a TUN here", "node.mesh.test", NULL, NULL, UP, NULL, TSJSON_TUN_YES, 1, 1, ":8080", NULL,
	    PLAN_LOOKUP_DONE, { "100.64.0.7" }, "direct 100.64.0.7\nlocalapi node.mesh.test\n" },
	{ "a TUN here, and a resolver that takes the name elsewhere", "node.mesh.test", NULL, NULL,
	    UP, NULL, TSJSON_TUN_YES, 1, 1, NULL, NULL, PLAN_LOOKUP_DONE, { "198.18.0.5" },
	    "localapi node.mesh.test\n" },
	{ "the same, with both", "node.mesh.test", NULL, NULL, UP, NULL, TSJSON_TUN_YES, 1, 1,
	    NULL, NULL, PLAN_LOOKUP_DONE, { "192.168.1.5", "100.64.0.7" },
	    "direct 100.64.0.7\nlocalapi node.mesh.test\n" },
	{ "the same, without a TUN, but another mesh's", "node.mesh.test", NULL, NULL, UP, NULL,
	    TSJSON_TUN_NO, 0, 1, NULL, NULL, PLAN_LOOKUP_DONE, { "198.18.0.5" },
	    "localapi node.mesh.test\n" },
	{ "the same, by --via", "node.mesh.test", "direct", NULL, UP, NULL, TSJSON_TUN_YES, 1, 1,
	    NULL, NULL, PLAN_LOOKUP_DONE, { "198.18.0.5" }, "direct 198.18.0.5\n" },
	{ "a TUN here, and no DNS", "node.mesh.test", NULL, NULL, UP, NULL, TSJSON_TUN_YES, 1, 1,
	    NULL, NULL, PLAN_LOOKUP_FAILED, { NULL }, "localapi node.mesh.test\n" },
	{ "an old daemon that says nothing of TUN", "100.64.0.7", NULL, NULL, UP, NULL,
	    TSJSON_TUN_UNSAID, 1, 1, NULL, NULL, PLAN_LOOKUP_DONE, { "100.64.0.7" },
	    "direct 100.64.0.7\nlocalapi 100.64.0.7\n" },
	{ "a TUN, and a short name", "node", NULL, NULL, UP, NULL, TSJSON_TUN_YES, 1, 1, NULL, NULL,
	    PLAN_LOOKUP_DONE, { "192.168.1.5" }, "direct 192.168.1.5\nlocalapi node.mesh.test\n" },

	/* The daemon is of no use. */
	{ "stopped", "100.64.0.7", NULL, NULL, ENV_TAILSCALE_DOWN, "Stopped", TSJSON_TUN_NO, 0, 0,
	    NULL, NULL, PLAN_LOOKUP_DONE, { "100.64.0.7" },
	    "socks5 127.0.0.1:1055\nwhy not mesh-stopped: tailscaled is stopped\n" },
	{ "logged out", "node.mesh.test", NULL, NULL, ENV_TAILSCALE_DOWN, "NeedsLogin",
	    TSJSON_TUN_NO, 0, 0, NULL, NULL, PLAN_LOOKUP_OPEN, { NULL },
	    "socks5 127.0.0.1:1055\nwhy not mesh-logged-out: tailscaled is logged out\n" },
	{ "a state of tomorrow", "node.mesh.test", NULL, NULL, ENV_TAILSCALE_DOWN, "Asleep",
	    TSJSON_TUN_NO, 0, 0, NULL, NULL, PLAN_LOOKUP_OPEN, { NULL },
	    "socks5 127.0.0.1:1055\nwhy not mesh-down: tailscaled is not connected (Asleep)\n" },
	{ "hung", "100.64.0.7", NULL, NULL, ENV_TAILSCALE_HUNG, NULL, TSJSON_TUN_UNSAID, 0, 0, NULL,
	    NULL, PLAN_LOOKUP_DONE, { "100.64.0.7" }, "localapi 100.64.0.7 hung\n" },
	{ "not running, and another mesh's TUN", "100.64.0.7", NULL, NULL, ENV_TAILSCALE_DEAD, NULL,
	    TSJSON_TUN_UNSAID, 0, 1, NULL, NULL, PLAN_LOOKUP_DONE, { "100.64.0.7" },
	    "direct 100.64.0.7\n" },
	{ "not running", "100.64.0.7", NULL, NULL, ENV_TAILSCALE_DEAD, NULL, TSJSON_TUN_UNSAID, 0,
	    0, NULL, NULL, PLAN_LOOKUP_DONE, { "100.64.0.7" },
	    "socks5 127.0.0.1:1055\ndirect 100.64.0.7 in haste\n"
	    "why not mesh-down: tailscaled does not run: nothing listens on its socket (/sock)\n" },
	{ "none at all: as plain ssh would, and a proxy", "node.tail1234.ts.net", NULL, NULL,
	    ENV_TAILSCALE_NONE, NULL, TSJSON_TUN_UNSAID, 0, 0, NULL, ":1057", PLAN_LOOKUP_OPEN,
	    { NULL },
	    "lookup node.tail1234.ts.net 22\nsocks5 127.0.0.1:1057\nsocks5 127.0.0.1:1055\n" },
	{ "none at all, and a short name", "node", NULL, NULL, ENV_TAILSCALE_NONE, NULL,
	    TSJSON_TUN_UNSAID, 0, 0, NULL, NULL, PLAN_LOOKUP_OPEN, { NULL }, "lookup node 22\n" },

	/* --via. */
	{ "--via=direct", "node.mesh.test", "direct", NULL, UP, NULL, TSJSON_TUN_NO, 0, 0, NULL,
	    NULL, PLAN_LOOKUP_OPEN, { NULL }, "lookup node.mesh.test 22\n" },
	{ "--via=localapi for a host of others", "192.0.2.1", "localapi", NULL, UP, NULL,
	    TSJSON_TUN_NO, 0, 0, NULL, NULL, PLAN_LOOKUP_OPEN, { NULL }, "localapi 192.0.2.1\n" },
	{ "--via=localapi, and a short name: tailscaled may look for it", "nas", "localapi", NULL,
	    UP, NULL, TSJSON_TUN_NO, 0, 0, NULL, NULL, PLAN_LOOKUP_OPEN, { NULL },
	    "localapi nas not dialled\n" },
	{ "--via=localapi, and none", "node", "localapi", NULL, ENV_TAILSCALE_NONE, NULL,
	    TSJSON_TUN_NO, 0, 0, NULL, NULL, PLAN_LOOKUP_OPEN, { NULL },
	    "why not mesh-down: tailscaled does not run on this machine: it has no socket here\n" },
	{ "--via=socks5", "192.0.2.1", "socks5", NULL, ENV_TAILSCALE_NONE, NULL, TSJSON_TUN_NO, 0,
	    0, ":8080", ":1056", PLAN_LOOKUP_OPEN, { NULL }, "socks5 127.0.0.1:1056\n" },
	{ "--via=socks5, and a guess", "192.0.2.1", "socks5", NULL, ENV_TAILSCALE_NONE, NULL,
	    TSJSON_TUN_NO, 0, 0, NULL, NULL, PLAN_LOOKUP_OPEN, { NULL },
	    "socks5 127.0.0.1:1055\nwhy not no-proxy: no SOCKS5 proxy is known on this machine\n" },
	{ "--via=http, and none", "192.0.2.1", "http", NULL, ENV_TAILSCALE_NONE, NULL,
	    TSJSON_TUN_NO, 0, 0, NULL, NULL, PLAN_LOOKUP_OPEN, { NULL },
	    "why not no-proxy: no HTTP proxy is known on this machine\n" },
	{ "--via=http=NAME, before the lookup", "192.0.2.1", "http", "proxy.example:3128", UP, NULL,
	    TSJSON_TUN_NO, 0, 0, NULL, NULL, PLAN_LOOKUP_OPEN, { NULL },
	    "lookup proxy.example 3128\n" },
	{ "--via=http=NAME", "nas.example.org", "http", "proxy.example:3128", UP, NULL,
	    TSJSON_TUN_NO, 0, 0, NULL, NULL, PLAN_LOOKUP_DONE, { "192.0.2.8", "192.0.2.9" },
	    "http proxy.example:3128 named\nhttp proxy.example:3128 named\n" },
};

static struct addrinfo *
list_make(const char *const texts[ADDRS])
{
	struct addrinfo	*first = NULL, **last = &first;
	int		 i;

	for (i = 0; i < ADDRS && texts[i] != NULL; i++) {
		assert_int_equal(resolve_literal(texts[i], 22, AF_UNSPEC, last), 0);
		last = &(*last)->ai_next;
	}
	return (first);
}

static void
facts_make(const struct golden *g, struct facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	facts->tailscale.state = g->state;
	tailscaled_set_path(&facts->tailscale.at, "/sock");
	if (g->state == UP)
		strlcpy(facts->tailscale.status.suffix, "mesh.test",
		    sizeof(facts->tailscale.status.suffix));
	if (g->state == ENV_TAILSCALE_DOWN) {
		strlcpy(facts->tailscale.status.suffix, "mesh.test",
		    sizeof(facts->tailscale.status.suffix));
		strlcpy(facts->tailscale.status.state, g->backend,
		    sizeof(facts->tailscale.status.state));
	}
	facts->tailscale.status.tun = g->tun;
	facts->tailscale.status.exit_node = g->exit_node;
	strlcpy(facts->tailscale.status.version, g->version != NULL ? g->version : "1.102.3-t1",
	    sizeof(facts->tailscale.status.version));
	facts->tailscale.local = g->local;
	facts->tailscale.mesh_address = g->mesh_address;
	if (g->http != NULL)
		env_proxy_add(&facts->proxy, PROXY_HTTP, g->http, "test", 0);
	if (g->socks5 != NULL)
		env_proxy_add(&facts->proxy, PROXY_SOCKS5, g->socks5, "test", 0);
	/* The guess is always there, and most plans must not have it. */
	if (g->via == NULL || strcmp(g->via, "http") != 0)
		env_proxy_add(&facts->proxy, PROXY_SOCKS5, ":1055", "guess",
		    1)->listener = OS_LISTENER_OURS;
}

static void
plan_words(const struct plan *plan, FILE *fp)
{
	const struct via_step	*step;
	char			 text[ADDR_TEXT_MAX];
	int			 i;

	if (plan->lookup[0] != '\0')
		fprintf(fp, "lookup %s %d%s\n", plan->lookup, plan->lookup_port,
		    plan->lookup_first ? " first" : "");
	for (i = 0; i < plan->count; i++) {
		step = &plan->steps[i];
		assert_non_null(step->why);
		if (step->ask != NULL)
			fprintf(fp, "ask %s\n", addr_text(step->ask, step->ask_len, text));
		else if (step->via == &via_localapi)
			fprintf(fp, "localapi %s%s%s\n", step->host, step->hung ? " hung" : "",
			    plan->owner == PLAN_PERHAPS && !step->dial_self ? " not dialled" : "");
		else if (step->proxy != NULL)
			fprintf(fp, "%s %s%s\n", step->via->name, step->proxy,
			    step->proxy_named ? " named" : "");
		else
			fprintf(fp, "%s %s%s\n", step->via->name,
			    addr_text(step->to, step->to_len, text), step->limit_ms > 0 ?
			    " in haste" : "");
	}
	if (plan->why_not != CODE_NONE)
		fprintf(fp, "why not %s: %s\n", code_row(plan->why_not)->name, plan->why_not_text);
}

static void
test_golden(void **state)
{
	const struct golden	*g;
	struct plan_choice	 choice;
	struct plan_input	 in;
	struct target		 target;
	struct facts		 facts;
	struct plan		 plan;
	struct addrinfo		*list;
	char			*words;
	size_t			 i, size;
	FILE			*fp;

	(void)state;
	for (i = 0; i < COUNT(goldens); i++) {
		g = &goldens[i];
		memset(&choice, 0, sizeof(choice));
		choice.via = g->via != NULL ? via_find(g->via, strlen(g->via)) : NULL;
		choice.address = g->address;
		choice.mesh_only = g->mesh_only;
		target = (struct target){ .host = g->host, .port = 22 };
		facts_make(g, &facts);
		list = list_make(g->list);
		in = (struct plan_input){ .target = &target, .choice = &choice, .facts = &facts,
		    .lookup = g->lookup, .list = list, .on_link = g->on_link };
		plan_make(&plan, &in);
		assert_non_null(fp = open_memstream(&words, &size));
		plan_words(&plan, fp);
		fclose(fp);
		if (strcmp(words, g->plan) != 0)
			fail_msg("%s:\n%swanted:\n%s", g->name, words, g->plan);
		free(words);
		if (list != NULL)
			freeaddrinfo(list);
	}
}

/*
 * In userspace mode an address of the mesh is dialled by nobody but tailscaled; elsewhere its word
 * is taken.
 */
static void
test_dial_self(void **state)
{
	static const struct {
		const char	*host;
		int		 local;
		int		 dial_self;
	}			cases[] = {
		{ "100.64.0.99", 0, 0 }, { "x.mesh.test", 0, 0 }, { "x", 0, 0 },
		{ "100.64.0.99", 1, 1 }, { "x.mesh.test", 1, 1 }, { "192.0.2.1", 0, 1 },
	};
	struct plan_choice	 choice = { .via = &via_localapi };
	struct target		 target = { .port = 22 };
	struct facts		 facts = { .tailscale = { .state = UP,
				    .status = { .suffix = "mesh.test" } } };
	struct plan_input	 in = { .target = &target, .choice = &choice, .facts = &facts };
	struct plan		 plan;
	size_t			 i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		target.host = cases[i].host;
		facts.tailscale.status.tun = cases[i].local ? TSJSON_TUN_YES : TSJSON_TUN_NO;
		facts.tailscale.local = cases[i].local;
		plan_make(&plan, &in);
		assert_int_equal(plan.count, 1);
		if (plan.steps[0].dial_self != cases[i].dial_self)
			fail_msg("%s, %s TUN", cases[i].host, cases[i].local ? "with" : "without");
	}
}

/* --family=inet6 and a proxy that has IPv4 only go together. */
/*
 * A guessed proxy is a way only if root or this user listens there; where that is not told, only
 * for who asks.
 */
static void
test_guess(void **state)
{
	static const struct {
		enum os_listener listener;
		const struct via *via;
		int		 used;
		const char	*why_not;
	}			cases[] = {
		{ OS_LISTENER_OURS, NULL, 1, "" }, { OS_LISTENER_OTHERS, NULL, 0, "" },
		{ OS_LISTENER_NONE, NULL, 0, "" }, { OS_LISTENER_UNKNOWN, NULL, 0, "" },
		{ OS_LISTENER_OURS, &via_socks5, 1, "no SOCKS5 proxy is known on this machine" },
		{ OS_LISTENER_OTHERS, &via_socks5, 0,
		    "what listens on 127.0.0.1:1055 belongs to another user" },
		{ OS_LISTENER_NONE, &via_socks5, 0, "no SOCKS5 proxy is known on this machine" },
		{ OS_LISTENER_UNKNOWN, &via_socks5, 1, "no SOCKS5 proxy is known on this machine" },
	};
	struct plan_choice	 choice = { .via = NULL };
	struct target		 target = { .host = "100.64.0.9", .port = 22 };
	struct facts		 facts = { .tailscale = { .state = ENV_TAILSCALE_NONE } };
	struct plan_input	 in = { .target = &target, .choice = &choice, .facts = &facts,
				    .lookup = PLAN_LOOKUP_FAILED };
	struct plan		 plan;
	struct proxy		*proxy;
	size_t			 i;

	(void)state;
	assert_non_null(proxy = env_proxy_add(&facts.proxy, PROXY_SOCKS5, ":1055", "guess", 1));
	for (i = 0; i < COUNT(cases); i++) {
		choice.via = cases[i].via;
		proxy->listener = cases[i].listener;
		plan_make(&plan, &in);
		if (plan.count != cases[i].used ||
		    (choice.via != NULL && strcmp(plan.why_not_text, cases[i].why_not) != 0))
			fail_msg("case %zu: %d steps, \"%s\"", i, plan.count, plan.why_not_text);
		/* It is looked at again when the connection is there. */
		if (plan.count == 1)
			assert_int_equal(plan.steps[0].proxy_guess,
			    cases[i].listener == OS_LISTENER_OURS);
	}
}

static void
test_family(void **state)
{
	struct plan_choice	 direct = { .via = &via_direct },
				    proxy = { .via = &via_http, .address = "proxy.example:3128" };
	struct target		 target = { .host = "nas.example.org", .port = 22,
				    .family = AF_INET6 };
	struct plan_input	 in = { .target = &target };
	struct plan		 plan;

	(void)state;
	in.choice = &direct;
	plan_make(&plan, &in);
	assert_int_equal(plan.lookup_family, AF_INET6);
	in.choice = &proxy;
	plan_make(&plan, &in);
	assert_string_equal(plan.lookup, "proxy.example");
	assert_int_equal(plan.lookup_family, AF_UNSPEC);
}

/* What needs no look at the machine must not pay for one. */
static void
test_needs_facts(void **state)
{
	static const struct {
		const char	*host, *via, *address;
		int		 needs;
	}			cases[] = {
		{ "127.0.0.1", NULL, NULL, 0 }, { "192.168.1.5", NULL, NULL, 1 },
		    { "::1", NULL, NULL, 0 }, { "169.254.1.1", NULL, NULL, 0 },
		{ "localhost", NULL, NULL, 0 }, { "LOCALHOST", NULL, NULL, 0 },
		    { "nas", NULL, NULL, 1 },
		{ "nas.example.org", NULL, NULL, 1 }, { "100.64.0.1", NULL, NULL, 1 },
		    { "fd7a:115c:a1e0::1", NULL, NULL, 1 },
		{ "nas", "direct", NULL, 0 }, { "127.0.0.1", "localapi", NULL, 1 },
		    { "127.0.0.1", "socks5", NULL, 1 },
		{ "nas", "socks5", "127.0.0.1:1", 0 }, { "nas", "http", "proxy:1", 0 },
	};
	struct plan_choice	 choice;
	struct target		 target = { .port = 22 };
	size_t			 i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		memset(&choice, 0, sizeof(choice));
		choice.via = cases[i].via != NULL ? via_find(cases[i].via, strlen(cases[i].via)) :
		    NULL;
		choice.address = cases[i].address;
		target.host = cases[i].host;
		if (plan_needs_facts(&target, &choice) != cases[i].needs)
			fail_msg("%s --via=%s", cases[i].host,
			    cases[i].via != NULL ? cases[i].via : "auto");
	}
}

/* More addresses than attempts are made are no harm. */
static void
test_many(void **state)
{
	static const struct plan_choice	 anything;
	struct target			 target = { .host = "nas.example.org", .port = 22 };
	struct plan_input		 in = { .target = &target, .choice = &anything,
					    .lookup = PLAN_LOOKUP_DONE };
	struct plan			 plan;
	struct addrinfo			*list = NULL, *more;
	int				 i;

	(void)state;
	for (i = 0; i < 100; i++) {
		assert_int_equal(resolve_literal("192.0.2.1", 22, AF_UNSPEC, &more), 0);
		more->ai_next = list;
		list = more;
	}
	in.list = list;
	plan_make(&plan, &in);
	assert_int_equal(plan.count, ATTEMPTS_MAX);
	freeaddrinfo(list);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_dial_self),
		cmocka_unit_test(test_guess),
		cmocka_unit_test(test_family),
		cmocka_unit_test(test_needs_facts),
		cmocka_unit_test(test_many),
	};

	return (cmocka_run_group_tests_name("plan", tests, NULL, NULL));
}
