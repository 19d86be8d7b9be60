#include <sys/types.h>
#include <sys/socket.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "advice/glance.h"
#include "base/addr.h"
#include "base/json.h"

/* The most telling first: that one address does not answer says little where another one refuses. */
static const struct outcome {
	char	name[12];
	char	words[4][20];	/* in what tailscaled or a proxy says; "" ends them */
} outcomes[] = {
	{ "refused",		{ "refused" } },
	{ "reset",		{ "reset by peer" } },
	{ "blocked",		{ "not permitted" } },
	{ "timeout",		{ "no answer through", "timed out", "deadline exceeded", "no answer from the" } },
	{ "unreachable",	{ "no route to host", "cannot reach the" } },
	{ "",			{ "" } }
};

int
glance_reached(const json_t *facts)
{
	return (json_truth_at(facts, "connect.ok"));
}

const char *
glance_said(const char *detail)
{
	const char	*colon = strstr(detail, ": ");

	return (colon != NULL ? colon + 2 : detail);
}

/* 1 if this row of connect.addresses, or of connect.routes, ended so. */
static int
ended(const json_t *row, const struct outcome *o)
{
	const char	*error = json_text_at(row, "error"), *detail = json_text_at(row, "detail");
	int		 i;

	if (error != NULL)
		return (strcmp(error, o->name) == 0);
	if (detail == NULL || json_truth_at(row, "ok") != 0)
		return (0);
	detail = glance_said(detail);
	for (i = 0; i < 4 && o->words[i][0] != '\0'; i++)
		if (strcasestr(detail, o->words[i]) != NULL)
			return (1);
	return (0);
}

/* The first row that ended so, or NULL. Why a proxy could not be reached says nothing of the host. */
static const json_t *
find(const json_t *facts, const struct outcome *o)
{
	const json_t	*list = json_at(facts, "connect.addresses"), *row;
	const char	*detail;
	size_t		 i;

	for (i = 0; i < json_array_size(list); i++)
		if (ended(row = json_array_get(list, i), o))
			return (row);
	list = json_at(facts, "connect.routes");
	for (i = 0; i < json_array_size(list); i++) {
		row = json_array_get(list, i);
		detail = json_text_at(row, "detail");
		if (detail != NULL && strstr(detail, "cannot be reached") == NULL && ended(row, o))
			return (row);
	}
	return (NULL);
}

const char *
glance_outcome(const json_t *facts)
{
	const struct outcome	*o;

	if (glance_reached(facts) == 1)
		return (NULL);
	for (o = outcomes; o->name[0] != '\0'; o++)
		if (find(facts, o) != NULL)
			return (o->name);
	return (NULL);
}

void
glance_tried(const json_t *facts, const char *outcome, struct glance_tried *tried)
{
	const struct outcome	*o = outcomes;
	const json_t		*row;
	const char		*route, *to;

	while (o->name[0] != '\0' && strcmp(o->name, outcome) != 0)
		o++;
	row = o->name[0] != '\0' ? find(facts, o) : NULL;
	route = json_text_at(row, "route");
	to = json_text_at(row, route != NULL ? "to" : "address");
	tried->ms = (int)json_number_at(row, "ms", 0);
	tried->address = "HOST";
	/* Who was asked to connect is not who refused, or is silent. */
	if (to == NULL)
		strlcpy(tried->what, "the host", sizeof(tried->what));
	else if (route == NULL || strcmp(route, "direct") == 0) {
		tried->address = to;
		strlcpy(tried->what, to, sizeof(tried->what));
	} else
		snprintf(tried->what, sizeof(tried->what), "the host (through %s)",
		    strcmp(route, "localapi") == 0 ? "tailscaled" : to);
}

int
glance_mesh_address(const json_t *facts, const char *path)
{
	const json_t		*list = json_at(facts, path), *row;
	struct sockaddr_storage	 ss;
	const char		*text;
	size_t			 i;

	for (i = 0; i < json_array_size(list); i++) {
		row = json_array_get(list, i);
		text = json_is_string(row) ? json_string_value(row) : json_text_at(row, "address");
		if (text != NULL && addr_literal(text, 0, &ss) != 0 && addr_is_tailnet((struct sockaddr *)&ss))
			return (1);
	}
	return (0);
}

int
glance_mesh(const json_t *facts)
{
	const char	*host = json_text_at(facts, "tailscale.host");

	if (host == NULL)
		return (-1);
	if (strcmp(host, "mesh") == 0 || json_truth_at(facts, "tailscale.peer.found") == 1 ||
	    glance_mesh_address(facts, "connect.addresses"))
		return (1);
	return (strcmp(host, "perhaps") == 0 && json_text_at(facts, "names.lookups.system.error") != NULL &&
	    glance_reached(facts) != 1 && json_array_size(json_at(facts, "connect.addresses")) == 0 ? 2 : 0);
}

int
glance_kernel(const json_t *facts)
{
	return (json_truth_at(facts, "tailscale.tun") != 0 && json_truth_at(facts, "tailscale.here") == 1);
}

int
glance_other_way(const json_t *facts)
{
	return (json_array_size(json_at(facts, "tailscale.proxies")) > 0 ||
	    json_truth_at(facts, "tailscale.windows.running") == 1 || json_truth_at(facts, "net.own_tailnet") == 1);
}

int
glance_is(const json_t *facts, const char *path, const char *text)
{
	const char	*value = json_text_at(facts, path);

	return (value != NULL && strcmp(value, text) == 0);
}

int
glance_plain(const json_t *facts)
{
	const char	*command = json_text_at(facts, "ssh.options.proxycommand");
	const char	*jump = json_text_at(facts, "ssh.options.proxyjump");

	return (json_is_object(json_at(facts, "ssh.options")) &&
	    (command == NULL || strcasecmp(command, "none") == 0) &&
	    (jump == NULL || strcasecmp(jump, "none") == 0));
}

const char *
glance_sudo(const json_t *facts)
{
	return (json_truth_at(facts, "system.root") == 1 ? "" : "sudo ");
}
