/* SPDX-License-Identifier: ISC */
/* Questions that rules of several topics and emitters ask of the facts. */

#include <sys/types.h>
#include <sys/socket.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/json.h"
#include "facts/fact.h"
#include "facts/query.h"

/*
 * The most telling first: that one address does not answer says little where another one refuses.
 */
static const char	outcomes[][16] = { "refused", "reset", "host-firewall", "blocked",
			    "path-firewall", "no-answer", "local-network", "host-absent",
			    "host-off", "router-no-route", "no-route" };

int
query_reached(const json_t *facts)
{
	return (fact_truth(facts, "connect.ok"));
}

const char *
query_said(const char *detail)
{
	const char	*colon = strstr(detail, ": ");

	return (colon != NULL ? colon + 2 : detail);
}

/* The first row that ended so, of connect.addresses or else of connect.routes, or NULL. */
static const json_t *
find(const json_t *facts, const char *outcome)
{
	const json_t	*row;
	size_t		 i;

	json_array_foreach(json_at(facts, "connect.addresses"), i, row)
		if (query_is(row, "error", outcome))
			return (row);
	json_array_foreach(json_at(facts, "connect.routes"), i, row)
		if (query_is(row, "code", outcome) && json_truth_at(row, "ok") == 0)
			return (row);
	return (NULL);
}

const char *
query_outcome(const json_t *facts)
{
	size_t	i;

	if (query_reached(facts) == 1)
		return (NULL);
	for (i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		if (find(facts, outcomes[i]) != NULL)
			return (outcomes[i]);
	return (NULL);
}

int
query_ended(const json_t *facts, const char *outcome, struct query_attempt *a)
{
	const char	*how = query_outcome(facts), *route, *to;
	const json_t	*row;

	if (how == NULL || strcmp(how, outcome) != 0)
		return (0);
	a->row = row = find(facts, how);
	a->ms = (int)json_number_at(row, "ms", 0);
	route = json_text_at(row, "route");
	to = json_text_at(row, "to");
	a->address = json_text_at(row, "address");
	if (a->address == NULL && route != NULL && strcmp(route, "direct") == 0)
		a->address = to;
	if (a->address != NULL)
		strlcpy(a->text, a->address, sizeof(a->text));
	else
		/* Who was asked to connect is not who refused, or is silent. */
		snprintf(a->text, sizeof(a->text), "the host%s%.50s",
		    to != NULL ? ", through " : "", to == NULL ? "" :
		    route != NULL && strcmp(route, "localapi") == 0 ? "tailscaled" : to);
	return (1);
}

int
query_is_mesh_address(const char *text)
{
	struct sockaddr_storage	ss;

	return (addr_literal(text, 0, &ss) != 0 && addr_is_tailnet((struct sockaddr *)&ss));
}

int
query_mesh_address(const json_t *facts, const char *path)
{
	const json_t	*list = json_at(facts, path), *row;
	const char	*text;
	size_t		 i;

	for (i = 0; i < json_array_size(list); i++) {
		row = json_array_get(list, i);
		text = json_is_string(row) ? json_string_value(row) : json_text_at(row, "address");
		if (text != NULL && query_is_mesh_address(text))
			return (1);
	}
	return (0);
}

int
query_mesh(const json_t *facts)
{
	const char	*host = fact_text(facts, "tailscale.host");

	if (host == NULL)
		return (-1);
	if (strcmp(host, "mesh") == 0 || fact_truth(facts, "tailscale.peer.found") == 1 ||
	    query_mesh_address(facts, "connect.addresses"))
		return (1);
	return (strcmp(host, "perhaps") == 0 &&
	    fact_text(facts, "names.lookups.system.error") != NULL &&
	    query_reached(facts) != 1 &&
	    json_array_size(fact_at(facts, "connect.addresses")) == 0 ? 2 : 0);
}

int
query_kernel(const json_t *facts)
{
	return (fact_truth(facts, "tailscale.tun") != 0 &&
	    fact_truth(facts, "tailscale.here") == 1);
}

int
query_other_way(const json_t *facts)
{
	return (json_array_size(fact_at(facts, "tailscale.proxies")) > 0 ||
	    fact_truth(facts, "tailscale.windows.running") == 1 ||
	    fact_truth(facts, "net.own_tailnet") == 1);
}

int
query_is(const json_t *facts, const char *path, const char *text)
{
	const char	*value = json_text_at(facts, path);

	return (value != NULL && strcmp(value, text) == 0);
}

int
query_plain(const json_t *facts)
{
	const char	*command = fact_text(facts, "ssh.options.proxycommand");
	const char	*jump = fact_text(facts, "ssh.options.proxyjump");

	return (json_is_object(fact_at(facts, "ssh.options")) &&
	    (command == NULL || strcasecmp(command, "none") == 0) &&
	    (jump == NULL || strcasecmp(jump, "none") == 0));
}

/* 1 if ssh reads the file, by whichever of its own. */
static int
is_read(const json_t *facts, const char *file)
{
	const json_t	*one;
	size_t		 i;

	json_array_foreach(fact_at(facts, "ssh.files"), i, one)
		if (query_is(one, "file", file))
			return (1);
	return (0);
}

int
query_ignored(const json_t *facts, const char **first)
{
	const json_t	*one;
	const char	*file;
	size_t		 i;
	int		 count = 0;

	if (fact_truth(facts, "ssh.system_includes") != 0)
		return (0);
	json_array_foreach(fact_at(facts, "ssh.system_files"), i, one)
		if ((file = json_string_value(one)) != NULL && !is_read(facts, file) &&
		    count++ == 0)
			*first = file;
	return (count);
}

int
query_builder_ignored(const json_t *facts)
{
	const json_t	*one;
	const char	*file;
	size_t		 i;

	if (fact_truth(facts, "ssh.system_includes") != 0 ||
	    fact_truth(facts, "nix.installed") != 1)
		return (0);
	json_array_foreach(fact_at(facts, "ssh.system_files"), i, one)
		if ((file = json_string_value(one)) != NULL &&
		    strstr(file, "linux-builder") != NULL && !is_read(facts, file))
			return (1);
	return (0);
}

int
query_peer_online(const json_t *facts)
{
	return ((fact_truth(facts, "tailscale.peer.online") == 1 ||
	    fact_truth(facts, "ping.answered") == 1) &&
	    fact_truth(facts, "tailscale.peer.self") != 1);
}

int
query_nixos(const json_t *facts)
{
	return (query_is(facts, "system.distribution", "nixos"));
}

const char *
query_sudo(const json_t *facts)
{
	return (fact_truth(facts, "system.root") == 1 ? "" : "sudo ");
}
