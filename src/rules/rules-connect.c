/* SPDX-License-Identifier: ISC */
/* Rules: routes and connections. */

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/shell.h"
#include "facts/query.h"
#include "rules/rules-config.h"
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

/* 1 if these are one address, with other interfaces. */
static int
same_but_zone(const char *a, const char *b)
{
	size_t	len = strcspn(a, "%");

	return (a[len] == '%' && len == strcspn(b, "%") && strncmp(a, b, len) == 0);
}

static int
check_silent_address(const json_t *facts, struct finding *f)
{
	const json_t	*answers, *silent = silent_first(facts, &answers);
	const char	*there, *here;
	int		 six;

	if (silent == NULL || (there = json_text_at(silent, "address")) == NULL ||
	    (here = json_text_at(answers, "address")) == NULL || same_but_zone(there, here))
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
		finding_cure(f, "%s %s", on_linux ? "ip route get" : "route -n get",
		    SHELL_QUOTED(a.address));
	else
		finding_cure(f, "Look at the routes of the machine on which the proxy runs.");
	/* It says EHOSTUNREACH to programs that may not. */
	if (query_is(facts, "system.os", "darwin"))
		finding_cure(f,
		    "If it is in the same network: System Settings, Privacy & Security, Local Network");
	return (1);
}

/* The host's own network is at hand, and the kernel passes it over. */
static int
check_conflict(const json_t *facts, struct finding *f)
{
	const char	*address = json_text_at(facts, "connect.conflict.address"),
			    *link = json_text_at(facts, "connect.conflict.link"),
			    *kernel = json_text_at(facts, "connect.conflict.kernel");
	int		 ok = json_truth_at(facts, "connect.conflict.ok");

	/* Where that way has nothing either, the host's being off is enough to say. */
	if (address == NULL || link == NULL || kernel == NULL || ok == 0)
		return (0);
	f->certainty = ok == 1 ? CERTAINTY_SURE : CERTAINTY_SUSPECTED;
	finding_set(f->cause,
	    "The host is in the network of this machine's %.20s, and the kernel sends packets for it to %.20s.",
	    link, kernel);
	finding_set(f->evidence, "%.60s: no connection through %.20s%s%.20s", address, kernel,
	    ok == 1 ? "; it connects through " : "; its network is that of ", link);
	if (query_is(facts, "net.gateway.interface", kernel))
		finding_cure(f, "%stailscale set --exit-node-allow-lan-access (if that is an exit node)",
		    query_sudo(facts));
	else
		finding_cure(f, "%stailscale set --accept-routes=false (if a subnet router advertises it)",
		    query_sudo(facts));
	finding_cure(f, "%s %s", query_is(facts, "system.os", "linux") ?
	    "ip rule; ip route get" : "route -n get", SHELL_QUOTED(address));
	if (ok == 1)
		finding_cure(f, "meshssh HOST connects through %s after a second",
		    SHELL_QUOTED(link));
	return (1);
}

static int
check_no_interface(const json_t *facts, struct finding *f)
{
	const char	*zone = json_text_at(facts, "connect.no_interface"), *name;
	const json_t	*row;
	char		 names[100] = "";
	size_t		 i;

	if (zone == NULL)
		return (0);
	json_array_foreach(json_at(facts, "net.interfaces"), i, row)
		if ((name = json_text_at(row, "name")) != NULL && strcmp(name, "lo") != 0) {
			strlcat(names, names[0] != '\0' ? ", " : "", sizeof(names));
			strlcat(names, name, sizeof(names));
		}
	finding_set(f->cause, "This machine has no interface %.20s.", zone);
	finding_set(f->evidence, "it has: %.100s", names[0] != '\0' ? names : "none");
	finding_cure(f, "Write the address with one of these, or without a percent sign.");
	return (1);
}

/* A link-local address that names no interface: it was tried with each. */
static int
check_no_zone(const json_t *facts, struct finding *f)
{
	const char	*zone = json_text_at(facts, "connect.zone"),
			    *address = json_text_at(facts, "connect.address");

	if (zone == NULL || address == NULL)
		return (0);
	finding_set(f->cause, "The address is link-local, and plain ssh needs its interface: %.20s.",
	    zone);
	finding_set(f->evidence, "%.60s was connected", address);
	/* HostName takes tokens, and a percent sign is written twice. */
	finding_cure(f, "In ~/.ssh/config, in the host's block: HostName %.*s%%%%%.20s",
	    (int)strcspn(address, "%"), address, zone);
	finding_cure(f, "meshssh HOST tries each interface that is up.");
	return (1);
}

/* IPv4 has no route here, and the network's translator has one. */
static int
check_nat64(const json_t *facts, struct finding *f)
{
	const char	*address = json_text_at(facts, "connect.address");

	if (address == NULL || !query_is(facts, "names.nat64.0", address))
		return (0);
	finding_set(f->cause,
	    "This network has IPv6 alone, and the host is reached through its NAT64; plain ssh has no route.");
	finding_set(f->evidence, "no route for IPv4; %.60s was connected", address);
	finding_cure(f, "In ~/.ssh/config, in the host's block: HostName %.60s", address);
	finding_cure(f, "meshssh HOST finds that way itself.");
	return (1);
}

/* One address takes the connection and is silent, another one has a server. */
static int
check_mute(const json_t *facts, struct finding *f)
{
	const char	*mute = json_text_at(facts, "server.mute_address"),
			    *address = json_text_at(facts, "connect.address");

	if (mute == NULL || address == NULL)
		return (0);
	finding_set(f->cause,
	    "An address of the host takes the connection and says nothing, while another one has a server.");
	finding_set(f->evidence, "%.60s: silent; %.60s: an SSH server", mute, address);
	finding_cure(f, "In ~/.ssh/config, in the host's block: HostName %.60s", address);
	finding_cure(f, "meshssh HOST goes on to the other address after a second.");
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
	finding_cure(f, "If you know it as a proxy of the mesh: meshssh --via=socks5=%s HOST",
	    SHELL_QUOTED(address));
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

/* " (FILE:LINE)" of the line that sets the way, or "", in the buffer, which it returns. */
static const char *
way_line(const json_t *facts, const char *keyword, char to[300])
{
	const json_t	*set;
	char		 path[40];

	snprintf(path, sizeof(path), "ssh.conditional.%.16s", keyword);
	if ((set = json_at(facts, path)) == NULL)
		return (config_where(facts, keyword, to));
	snprintf(to, 300, " (%.250s:%d)", config_text(set, "file"),
	    (int)json_number_at(set, "line", 0));
	return (to);
}

/* What was seen of a way that is not ours. */
static const char *
way_cause(const json_t *facts)
{
	if (json_at(facts, "connect.unseen") == NULL)
		return ("ssh reaches the host through a ProxyCommand; it leads to an SSH server, and the path was not measured.");
	if (query_is(facts, "connect.unseen", "unknown"))
		return ("ssh -G did not end in time, so the path that ssh takes is not known and was not checked.");
	if (query_is(facts, "connect.unseen", "jump"))
		return ("ssh reaches the host through a jump host, and that way was not checked.");
	if (query_is(facts, "connect.command.ended", "asks"))
		return ("ssh reaches the host through a ProxyCommand that asks a person, and that way was not checked.");
	return ("ssh reaches the host through a ProxyCommand, and that way was not checked.");
}

/* ssh takes a way that was not looked at: neither an error nor health is to be told of it. */
static int
check_way(const json_t *facts, struct finding *f)
{
	int		 jump = query_is(facts, "connect.unseen", "jump"),
			 seen = json_at(facts, "connect.unseen") == NULL;
	const char	*server = json_text_at(facts, "server.text");
	char		 where[300];

	if (seen && (!query_is(facts, "connect.route", "command") || server == NULL))
		return (0);
	finding_set(f->cause, "%s", way_cause(facts));
	if (query_is(facts, "connect.unseen", "unknown"))
		finding_set(f->evidence, "ssh -G was given 5 seconds and did not end");
	else if (seen)
		finding_set(f->evidence, "\"%.60s\"; ProxyCommand%s: %.60s", server,
		    way_line(facts, "proxycommand", where),
		    config_text(facts, OPTION("proxycommand")));
	else
		finding_set(f->evidence, "%s %.100s%s", jump ? "ProxyJump" : "ProxyCommand",
		    config_text(facts, jump ? OPTION("proxyjump") : OPTION("proxycommand")),
		    way_line(facts, jump ? "proxyjump" : "proxycommand", where));
	if (!seen)
		finding_cure(f, "To see whether it works: ssh -v HOST");
	finding_cure(f, jump ? "To check the path to the jump host: meshssh --doctor JUMPHOST" :
	    "To check a direct path instead: meshssh --doctor --via=direct HOST");
	return (1);
}

/* "exit status 1; " of a ProxyCommand that ended; "" if a signal ended it. */
static const char *
way_status(const json_t *facts, char to[40])
{
	to[0] = '\0';
	if (json_at(facts, "connect.command.status") != NULL)
		snprintf(to, 40, "exit status %d; ",
		    (int)json_number_at(facts, "connect.command.status", 0));
	return (to);
}

/* The ProxyCommand was run, and led to no server. */
static int
check_way_failed(const json_t *facts, struct finding *f)
{
	const char	*said = json_text_at(facts, "connect.command.said"),
			    *first = json_text_at(facts, "server.first");
	int		 silent = query_is(facts, "connect.command.ended", "silent"),
			 other = query_is(facts, "connect.command.ended", "other"),
			 deaf = json_truth_at(facts, "ssh.proxy.no_shell") == 1;
	char		 where[300], status[40];

	if (silent != (f->rule->code == CODE_WAY_SILENT) ||
	    query_is(facts, "connect.command.ended", "asks"))
		return (0);
	finding_set(f->cause, "The ProxyCommand of this host %s.",
	    deaf ? "cannot run, because ssh runs it with $SHELL, which runs no commands" :
	    silent ? "led to no SSH server in time" :
	    other ? "led to something that is not an SSH server" :
	    "ended before an SSH server identified itself");
	finding_set(f->evidence, "%s%.90s; ProxyCommand%s, after %d ms: %.60s",
	    way_status(facts, status), first != NULL ? first : said != NULL ? said : "no message",
	    way_line(facts, "proxycommand", where), (int)json_number_at(facts, "connect.ms", 0),
	    config_text(facts, OPTION("proxycommand")));
	if (silent)
		finding_cure(f, "If it only needs longer: meshssh --doctor --timeout=60 HOST");
	if (deaf)
		finding_cure(f, "Set another shell for ssh: SHELL=/bin/sh ssh HOST, or sudo -u USER env "
		    "SHELL=/bin/sh ssh HOST");
	finding_cure(f, "To see more: ssh -v HOST");
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
	  .needs = { "connect.ok" }, .under = { CODE_PEER_UNKNOWN, CODE_ROUTE_CONFLICT },
	  .check = check_unreachable },
	{ .code = CODE_ROUTE_CONFLICT, .certainty = CERTAINTY_SURE,
	  .needs = { "connect.conflict.address" }, .check = check_conflict },
	{ .code = CODE_NO_INTERFACE, .certainty = CERTAINTY_SURE,
	  .needs = { "connect.no_interface" }, .check = check_no_interface },
	{ .code = CODE_PATH_NO_ZONE, .certainty = CERTAINTY_SURE,
	  .needs = { "connect.zone" }, .check = check_no_zone },
	{ .code = CODE_PATH_NAT64, .certainty = CERTAINTY_SURE,
	  .needs = { "names.nat64", "connect.address" }, .check = check_nat64 },
	{ .code = CODE_PATH_ADDRESS_MUTE, .certainty = CERTAINTY_SURE,
	  .needs = { "server.mute_address" }, .check = check_mute },
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
	{ .code = CODE_WAY_NOT_CHECKED, .certainty = CERTAINTY_SURE, .check = check_way },
	{ .code = CODE_WAY_FAILED, .certainty = CERTAINTY_SURE,
	  .needs = { "connect.command.ended" }, .under = { CODE_PROXY_MISSING }, .check = check_way_failed },
	{ .code = CODE_WAY_SILENT, .certainty = CERTAINTY_LIKELY,
	  .needs = { "connect.command.ended" }, .check = check_way_failed },
	{ .code = CODE_NOT_CONNECTED, .certainty = CERTAINTY_SUSPECTED,
	  .needs = { "connect.ok" }, .under = { UNDER_ANY }, .check = check_not_connected },
	{ .code = CODE_NONE }
};
