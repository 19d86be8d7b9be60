/* SPDX-License-Identifier: ISC */
/* Rules: proxies. */

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "facts/query.h"
#include "rules/rules-proxy.h"
#include "rules/rules.h"

/* What a proxy that was named did. */
static const struct broken {
	enum code code;			/* CODE_NONE ends them */
	char	cause[100];
	char	cure[120];
} brokens[] = {
	{ CODE_PROXY_DOWN,
	    "The proxy cannot be reached",
	    "Start tailscaled with --socks5-server=localhost:1055, or correct the address." },
	{ CODE_PROXY_SILENT,
	    "The proxy took the connection and gave no answer; most often it waits in vain for the host",
	    "Is the host up? Many proxies wait for it without a word; else look at the proxy's log." },
	{ CODE_PROXY_CLOSED,
	    "The proxy ended the connection before it had answered",
	    "Look at the proxy's log. Is it a proxy, and of this kind (socks5 or http)?" },
	{ CODE_PROXY_AUTH,
	    "The proxy wants a login",
	    "Put HOST:PORT USER:PASSWORD into ~/.config/meshssh/proxy-auth (mode 600)." },
	{ CODE_PROXY_SCHEME,
	    "The proxy wants a login by a method that meshssh does not have",
	    "Run px or cntlm on this machine, which log in there, and use --via=http=127.0.0.1:PORT." },
	{ CODE_PROXY_REFUSED,
	    "The proxy does not connect to this host or port",
	    "Ask who runs it to allow CONNECT to the port, or use --via." },
	{ CODE_NOT_A_PROXY,
	    "What listens at the proxy's address is not such a proxy",
	    "Correct the address, or the kind: socks5 or http." },
	{ CODE_PROXY_FAILED, "The proxy cannot connect to the host, and does not say why",
	    "Is the host up, and does something listen there? On the proxy's machine: tailscale status" },
	{ CODE_NONE, "", "" }
};

/* 1 if --via or the machine's configuration names this proxy, and it is not a guess of ours. */
static int
is_named(const json_t *facts, const char *kind, const char *to)
{
	const json_t	*row;
	const char	*address;
	char		 text[100];
	size_t		 i;

	if (query_is(facts, "connect.via", kind))
		return (1);
	json_array_foreach(json_at(facts, "tailscale.proxies"), i, row) {
		if (!query_is(row, "kind", kind) || (address = json_text_at(row,
		    "address")) == NULL)
			continue;
		snprintf(text, sizeof(text), "%s %s", kind, address);
		if (strcmp(to, text) == 0)
			return (1);
	}
	return (0);
}

static int
is_proxy(const char *route)
{
	return (strcmp(route, "socks5") == 0 || strcmp(route, "http") == 0);
}

int
proxy_check(const json_t *facts, struct finding *f)
{
	const struct broken	*b = brokens;
	const json_t		*list = json_at(facts, "connect.routes"), *row;
	const char		*route, *detail, *to;
	size_t			 i;

	while (b->code != CODE_NONE && b->code != f->rule->code)
		b++;
	for (i = 0; i < json_array_size(list); i++) {
		row = json_array_get(list, i);
		route = json_text_at(row, "route");
		detail = json_text_at(row, "detail");
		to = json_text_at(row, "to");
		if (route == NULL || detail == NULL || to == NULL ||
		    json_truth_at(row, "ok") != 0 || !is_proxy(route) ||
		    !query_is(row, "code", code_row(b->code)->name) || !is_named(facts, route, to))
			continue;
		/* Another way was found, so this one was not needed. */
		if (query_reached(facts) == 1)
			f->severity = SEVERITY_NOTE;
		finding_set(f->cause, "%s.", b->cause);
		finding_set(f->evidence, "%s: %.150s", route, query_said(detail));
		finding_cure(f, "%s", b->cure);
		return (1);
	}
	return (0);
}

/* It says that it is connected, and nothing comes from behind it. */
int
proxy_check_no_server(const json_t *facts, struct finding *f)
{
	const char	*route = json_text_at(facts, "connect.route"),
			    *error = json_text_at(facts, "server.error"), *to = NULL;
	const json_t	*list = json_at(facts, "connect.routes"), *row;
	size_t		 i;

	if (route == NULL || error == NULL || !is_proxy(route) ||
	    json_at(facts, "server.first") != NULL || json_at(facts, "server.text") != NULL)
		return (0);
	json_array_foreach(list, i, row)
		if (to == NULL && query_is(row, "route", route))
			to = json_text_at(row, "to");
	finding_set(f->cause,
	    "The proxy says that it is connected to the host, and nothing comes from there.");
	finding_set(f->evidence, "%.60s: yes, after %d ms; then: %s", to != NULL ? to : route,
	    (int)json_number_at(facts, "connect.ms", 0), error);
	finding_cure(f,
	    "Is the host up, and the port right? Some proxies say yes before they have connected.");
	finding_cure(f,
	    "Look at the proxy's log, or take another way: --via=direct or --via=localapi");
	return (1);
}
