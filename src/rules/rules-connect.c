/* SPDX-License-Identifier: ISC */
/* Rules: routes and connections. */

#include <string.h>

#include "base/json.h"
#include "facts/query.h"
#include "rules/rules-proxy.h"
#include "rules/rules.h"

/*
 * The first address stays silent while a later one answers: NULL, or its row, and the row that
 * answers.
 */
static const json_t *
silent_first(const json_t *facts, const json_t **answers)
{
	const json_t	*list = json_at(facts, "connect.addresses"), *silent = NULL, *row;
	const char	*error;
	size_t		 i;

	for (i = 0; i < json_array_size(list); i++) {
		row = json_array_get(list, i);
		error = json_text_at(row, "error");
		*answers = row;
		if (error == NULL)
			return (silent);
		if (silent == NULL && strcmp(error, "no-answer") == 0)
			silent = row;
	}
	return (NULL);
}

static int
check_silent_address(const json_t *facts, struct finding *f)
{
	const json_t	*answers, *silent = silent_first(facts, &answers);
	const char	*there, *here;
	int		 six;

	if (silent == NULL || (there = json_text_at(silent, "address")) == NULL ||
	    (here = json_text_at(answers, "address")) == NULL)
		return (0);
	six = json_number_at(silent, "family", 4) == 6 && json_number_at(answers, "family", 4) == 4;
	if (six != (f->rule->code == CODE_PATH_IPV6_SILENT))
		return (0);
	finding_set(f->cause, six ?
	    "The host's IPv6 address does not answer; plain ssh waits 2 minutes before it tries IPv4." :
	    "The first of the host's addresses does not answer; plain ssh waits 2 minutes before it tries the next.");
	finding_set(f->evidence, "%.60s: no answer in %lld ms; %.60s: %lld ms", there,
	    (long long)json_number_at(silent, "ms", 0), here,
	    (long long)json_number_at(answers, "ms", 0));
	if (six)
		finding_cure(f, "In ~/.ssh/config, in the host's block: AddressFamily inet");
	else
		finding_cure(f,
		    "Take the address out of the DNS or /etc/hosts, or set HostName %.60s", here);
	finding_cure(f, "meshssh HOST tries the next address after 250 ms");
	return (1);
}

/*
 * The router of the route to this address, else of the default route of its family, and the
 * interface that leads there: each NULL if it is not known, or there is none.
 */
static const char *
gateway_of(const json_t *facts, const struct query_attempt *a, const char **interface)
{
	const char	*gateway = json_text_at(a->row, "gateway");
	int		 six = a->address != NULL && strchr(a->address, ':') != NULL;

	*interface = json_text_at(a->row, "interface");
	if (*interface != NULL)
		return (gateway);
	gateway = json_text_at(facts, six ? "net.gateway6.address" : "net.gateway.address");
	*interface = json_text_at(facts, six ? "net.gateway6.interface" : "net.gateway.interface");
	/* Without a default route for IPv4, net.gateway is IPv6's. */
	if (!six && gateway != NULL && strchr(gateway, ':') != NULL)
		gateway = *interface = NULL;
	return (gateway);
}

static int
check_unreachable(const json_t *facts, struct finding *f)
{
	const char		*gateway, *interface;
	struct query_attempt	 a;
	int			 on_linux = query_is(facts, "system.os", "linux");

	/* Where only tailscaled has a way, its own rules say what is wrong with it. */
	if ((query_mesh(facts) == 1 && !query_kernel(facts)) || !query_ended(facts, "no-route", &a))
		return (0);
	gateway = gateway_of(facts, &a, &interface);
	/* A router, or a neighbor that is not there, may have come to the same. */
	if (a.address != NULL && json_text_at(a.row, "said_by") == NULL)
		f->certainty = CERTAINTY_LIKELY;
	if (!query_is(a.row, "said_by", "own"))
		finding_set(f->cause, "There is no route to the host.");
	else if (gateway != NULL)
		finding_set(f->cause,
		    "The router on the way to the host does not answer: this machine's network is down.");
	else
		finding_set(f->cause,
		    "The tunnel that leads to the host cannot carry packets to it: it has no peer for the address, or is down.");
	if (gateway != NULL)
		finding_set(f->evidence,
		    "%s: unreachable (%d ms); the %sroute is through %.60s", a.text, a.ms,
		    json_text_at(a.row, "gateway") != NULL ? "" : "default ", gateway);
	else
		finding_set(f->evidence, "%s: unreachable (%d ms)%s%.16s", a.text, a.ms,
		    interface != NULL ? "; packets to it leave by " : on_linux ?
		    "; this machine has no default route for such addresses" : "",
		    interface != NULL ? interface : "");
	if (a.address != NULL)
		finding_cure(f, "%s %.60s", on_linux ? "ip route get" : "route -n get", a.address);
	else
		finding_cure(f, "Look at the routes of the machine on which the proxy runs.");
	/* It says EHOSTUNREACH to programs that may not. */
	if (query_is(facts, "system.os", "darwin"))
		finding_cure(f,
		    "If it is in the same network: System Settings, Privacy & Security, Local Network");
	return (1);
}

static int
check_blocked(const json_t *facts, struct finding *f)
{
	struct query_attempt	a;
	const char		*from;

	if (!query_ended(facts, "blocked", &a))
		return (0);
	/* What tailscaled or a proxy may not do is forbidden where that runs. */
	finding_set(f->cause,
	    "%s forbids the connection: a firewall rule, a sandbox or a security policy.",
	    a.address != NULL ? "This machine itself" : "The machine that makes it");
	/* Of IPv6, another's firewall comes to the same. */
	if (a.address != NULL && strchr(a.address, ':') != NULL &&
	    json_text_at(a.row, "said_by") == NULL)
		f->certainty = CERTAINTY_LIKELY;
	if ((from = json_text_at(a.row, "said_from")) == NULL)
		finding_set(f->evidence, "connecting to %s: not permitted, after %d ms", a.text,
		    a.ms);
	else
		finding_set(f->evidence,
		    "connecting to %s: rejected by this machine's own address %.60s, after %d ms",
		    a.text, from, a.ms);
	finding_cure(f, "%s%s", query_sudo(facts), query_is(facts, "system.os", "linux") ?
	    "nft list ruleset" : "pfctl -sr");
	finding_cure(f,
	    "If a VPN runs here, its kill switch may do this: let it accept local networks, or the host.");
	return (1);
}

/* Who speaks HTTP where SSH is expected, and sends one elsewhere, wants a login to the network. */
static int
check_captive(const json_t *facts, struct finding *f)
{
	static const int	answers[] = { 302, 303, 307, 511 };
	const char		*first = json_text_at(facts, "server.first");
	size_t			 i;

	if (!query_is(facts, "server.kind", "http") || first == NULL)
		return (0);
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (json_number_at(facts, "server.http_status", 0) == answers[i]) {
			finding_set(f->cause,
			    "A portal answers in the host's place: this network wants a login first.");
			finding_set(f->evidence, "on the port it says \"%.60s\"", first);
			finding_cure(f,
			    "Open http://neverssl.com/ in a browser, and log in there.");
			return (1);
		}
	return (0);
}

/*
 * Where meshssh would have looked for a proxy of the mesh, another user's program listens: the
 * mesh, or a trap.
 */
static int
check_proxy_of_others(const json_t *facts, struct finding *f)
{
	const char	*address = json_text_at(facts, "tailscale.proxies_of_others.0");

	if (address == NULL || !query_is(facts, "tailscale.host", "mesh") ||
	    query_reached(facts) == 1)
		return (0);
	finding_set(f->cause,
	    "A program of another user listens where a proxy of the mesh often is; it was not used.");
	finding_set(f->evidence, "%.60s belongs to neither root nor you", address);
	finding_cure(f, "If you know it as a proxy of the mesh: meshssh --via=socks5=%.60s HOST",
	    address);
	return (1);
}

/* No rule knows better; a failure without a cause would leave the user with nothing to do. */
static int
check_not_connected(const json_t *facts, struct finding *f)
{
	const json_t	*route = json_at(facts, "connect.routes.0");
	const char	*why_not = json_text_at(facts, "connect.why_not"),
			    *detail = json_text_at(route, "detail");

	if (query_reached(facts) != 0)
		return (0);
	finding_set(f->cause,
	    "The host was not reached, and none of the causes that are known here fits.");
	if (detail != NULL && json_text_at(route, "route") != NULL)
		finding_set(f->evidence, "%.20s: %.150s", json_text_at(route, "route"), detail);
	else
		finding_set(f->evidence, "%.180s", why_not != NULL ?
		    why_not : "there was no way to try");
	finding_cure(f, "meshssh --debug HOST shows each step.");
	finding_cure(f,
	    "meshssh --doctor --json HOST is what a report of the trouble should bring along.");
	return (1);
}

#define PROXY(which, certain, ...) \
	{ .code = which, .certainty = certain, \
	  .needs = { "connect.routes", "tailscale.proxies" }, .under = { __VA_ARGS__ }, .check = proxy_check }

const struct rule rules_connect[] = {
	{ .code = CODE_PATH_IPV6_SILENT, .certainty = CERTAINTY_SURE,
	  .needs = { "connect.addresses" }, .check = check_silent_address },
	{ .code = CODE_PATH_ADDRESS_SILENT, .certainty = CERTAINTY_SURE,
	  .needs = { "connect.addresses" }, .check = check_silent_address },
	{ .code = CODE_NO_ROUTE, .certainty = CERTAINTY_SURE,
	  .needs = { "connect.ok" }, .under = { CODE_PEER_UNKNOWN }, .check = check_unreachable },
	{ .code = CODE_BLOCKED, .certainty = CERTAINTY_SURE,
	  .needs = { "connect.ok" }, .check = check_blocked },
	{ .code = CODE_PATH_CAPTIVE, .certainty = CERTAINTY_LIKELY,
	  .needs = { "server.kind", "server.first" }, .check = check_captive },
	PROXY(CODE_PROXY_AUTH, CERTAINTY_SURE, CODE_NONE),
	PROXY(CODE_PROXY_SCHEME, CERTAINTY_SURE, CODE_NONE),
	PROXY(CODE_PROXY_REFUSED, CERTAINTY_SURE, CODE_NONE),
	PROXY(CODE_NOT_A_PROXY, CERTAINTY_SURE, CODE_NONE),
	PROXY(CODE_PROXY_DOWN, CERTAINTY_SURE, CODE_NONE),
	PROXY(CODE_PROXY_SILENT, CERTAINTY_LIKELY, CODE_NONE),
	PROXY(CODE_PROXY_CLOSED, CERTAINTY_LIKELY, CODE_NONE),
	/* What it says of the host is told of the host. */
	PROXY(CODE_PROXY_FAILED, CERTAINTY_SURE, CODE_REFUSED, CODE_NO_ANSWER, CODE_PEER_SILENT,
	    CODE_NO_ROUTE),
	{ .code = CODE_PROXY_NO_SERVER, .certainty = CERTAINTY_LIKELY,
	  .needs = { "server.error", "connect.routes" }, .check = proxy_check_no_server },
	{ .code = CODE_PROXY_OF_OTHERS, .certainty = CERTAINTY_SURE,
	  .needs = { "tailscale.proxies_of_others", "tailscale.host" },
	    .check = check_proxy_of_others },
	{ .code = CODE_NOT_CONNECTED, .certainty = CERTAINTY_SUSPECTED,
	  .needs = { "connect.ok" }, .under = { UNDER_ANY }, .check = check_not_connected },
	{ .code = CODE_NONE }
};
