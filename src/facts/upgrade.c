/* SPDX-License-Identifier: ISC */
/* Brings a saved document to the names, words and codes of this version. */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "facts/query.h"
#include "facts/ssh-refusal.h"
#include "facts/tailscale-fault.h"
#include "facts/upgrade.h"
#include "sshconf/ssh-proxy.h"

/* Version 1 to 2. */
static const struct upgrade_name {
	const char	*in;		/* the object, "" for the facts themselves */
	const char	*from, *to;
} names[] = {
	{ "",		"banner",	"server" },
	{ "mtu",	"there",	"forward" },
	{ "mtu",	"back",		"reverse" },
};

static const struct upgrade_word {
	const char	*path;
	const char	*from, *to;
} words[] = {
	{ "tailscale.state",	"odd",		"unexpected" },
	{ "tailscale.state",	"closed",	"permission-denied" },
};

/* connect.addresses[].error. */
static const struct upgrade_code {
	const char	*from, *to;
} errors[] = {
	{ "timeout",		"no-answer" },
	{ "unreachable",	"no-route" },
};

/* How a route failed, by the words of version 1, the more telling ones first. */
static const struct upgrade_route {
	const char	*route;		/* or "": any */
	const char	*words, *code;
} routes[] = {
	{ "localapi",	"cannot be reached",	"mesh-down" },
	{ "localapi",	"does not answer",	"mesh-hung" },
	{ "localapi",	"takes no connection",	"mesh-hung" },
	{ "localapi",	"closed to this user",	"mesh-permission-denied" },
	{ "localapi",	"knows no peer",	"peer-unknown" },
	{ "localapi",	"will not",		"mesh-unexpected" },
	{ "",		"cannot be reached",	"proxy-down" },
	{ "",		"does not answer",	"proxy-down" },
	{ "",		"gave no answer",	"proxy-silent" },
	{ "",		"ended the connection before", "proxy-closed" },
	{ "",		"wants a user",		"proxy-auth" },
	{ "",		"not accept this user",	"proxy-auth" },
	{ "",		"lets nobody in",	"proxy-auth" },
	{ "",		"does not allow",	"proxy-refused" },
	{ "",		"does not know",	"proxy-refused" },
	{ "",		"says 4",		"proxy-refused" },
	{ "",		"does not speak",	"not-a-proxy" },
	{ "",		"was not offered",	"not-a-proxy" },
	{ "",		"address of unknown kind", "not-a-proxy" },
	{ "",		"says 1",		"not-a-proxy" },
	{ "",		"says 3",		"not-a-proxy" },
	{ "",		"refused",		"refused" },
	{ "",		"reset by peer",	"reset" },
	{ "",		"not permitted",	"blocked" },
	{ "",		"no answer through",	"no-answer" },
	{ "",		"no answer from the",	"no-answer" },
	{ "",		"timed out",		"no-answer" },
	{ "",		"timeout",		"no-answer" },
	{ "",		"deadline exceeded",	"no-answer" },
	{ "",		"no route to",		"no-route" },
	{ "",		"unreachable",		"no-route" },
	{ "",		"cannot reach the",	"no-route" },
	{ "",		"could not connect",	"proxy-failed" },
	{ "",		"failed in a way",	"proxy-failed" },
	{ "",		"says 5",		"proxy-failed" },
	{ "localapi",	"",			"proxy-failed" },
};

/* What resolvers say when nobody answered them, rather than that there is no such name. */
static const char	silences[][16] = { "temporary", "time", "try again", "no answer",
			    "recoverable" };

static void
upgrade_name(json_t *facts, const struct upgrade_name *name)
{
	json_t	*object = json_at(facts, name->in), *value = json_object_get(object, name->from);

	if (value == NULL || json_object_get(object, name->to) != NULL)
		return;
	json_object_set(object, name->to, value);
	json_object_del(object, name->from);
}

static void
upgrade_word(json_t *facts, const struct upgrade_word *word)
{
	const char	*text = json_text_at(facts, word->path);

	if (text != NULL && strcmp(text, word->from) == 0)
		json_put(facts, word->path, json_string(word->to));
}

/* A text of an object, if the fact that is made of it is not there yet. */
static const char *
text_without(const json_t *object, const char *text, const char *made)
{
	return (json_at(object, made) == NULL ? json_text_at(object, text) : NULL);
}

static void
upgrade_connect(json_t *facts)
{
	const char	*text, *route;
	json_t		*row;
	size_t		 i, j;

	json_array_foreach(json_at(facts, "connect.addresses"), i, row)
		for (j = 0; j < sizeof(errors) / sizeof(errors[0]); j++)
			if (query_is(row, "error", errors[j].from))
				json_put(row, "error", json_string(errors[j].to));
	json_array_foreach(json_at(facts, "connect.routes"), i, row) {
		if ((text = text_without(row, "detail", "code")) == NULL ||
		    json_truth_at(row, "ok") != 0)
			continue;
		text = query_said(text);
		route = json_text_at(row, "route");
		for (j = 0; j < sizeof(routes) / sizeof(routes[0]); j++)
			if (strcasestr(text, routes[j].words) != NULL &&
			    (routes[j].route[0] == '\0' ||
			    (route != NULL && strcmp(route, routes[j].route) == 0))) {
				json_put(row, "code", json_string(routes[j].code));
				break;
			}
	}
}

static void
upgrade_lookup(json_t *facts)
{
	json_t		*system = json_at(facts, "names.lookups.system");
	const char	*text = text_without(system, "error", "code"), *code = "name-unknown";
	size_t		 i;

	if (text == NULL)
		return;
	for (i = 0; i < sizeof(silences) / sizeof(silences[0]); i++)
		if (strcasestr(text, silences[i]) != NULL)
			code = "name-lookup";
	json_put(system, "code", json_string(code));
}

static void
upgrade_ssh(json_t *facts)
{
	json_t		*ssh = json_at(facts, "ssh");
	const char	*text = text_without(ssh, "refuses", "refuses_code"), *file;

	if (text != NULL) {
		json_put(ssh, "refuses_code", json_string(ssh_refusal(text, &file)));
		if (file != NULL)
			json_put(ssh, "refuses_file", json_string(file));
	}
	if ((text = text_without(ssh, "options.proxycommand", "proxy.ours")) != NULL &&
	    strcasecmp(text, "none") != 0)
		json_put(ssh, "proxy.ours", json_boolean(ssh_proxy_ours(text)));
}

static void
upgrade_machines(json_t *facts)
{
	const char	*text;
	json_t		*row;
	size_t		 i;

	json_array_foreach(json_at(facts, "nix.machines"), i, row)
		if ((text = text_without(row, "remark", "remark_code")) != NULL)
			json_put(row, "remark_code", json_string(strncmp(text, "column 8", 8) == 0 ?
			    "host-key" :
			    strncmp(text, "column 5", 8) == 0 ? "speed" :
			    strncmp(text, "its list", 8) == 0 ? "blank" : "columns"));
}

/* The codes that version 1 said in English only. */
static void
upgrade_codes(json_t *facts)
{
	json_t		*tailscale = json_at(facts, "tailscale"),
			    *server = json_at(facts, "server");
	const char	*text;
	int		 status;

	upgrade_connect(facts);
	upgrade_lookup(facts);
	upgrade_ssh(facts);
	upgrade_machines(facts);
	if ((text = text_without(tailscale, "health", "health_harmless")) != NULL)
		json_put(tailscale, "health_harmless", json_boolean(tailscale_harmless(text)));
	if ((text = text_without(server, "first", "http_status")) != NULL &&
	    sscanf(text, "HTTP/%*3s %3d", &status) == 1 && status >= 100)
		json_put(server, "http_status", json_integer(status));
}

int
facts_upgrade(json_t *doc)
{
	json_t		*facts = json_at(doc, "facts");
	json_int_t	 version = json_number_at(doc, "version", 0);
	size_t		 i;

	if (version < 1 || version > FACTS_VERSION || !json_is_object(facts))
		return (-1);
	if (version == 1) {
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			upgrade_name(facts, &names[i]);
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			upgrade_word(facts, &words[i]);
		upgrade_codes(facts);
	}
	json_object_set_new(doc, "version", json_integer(FACTS_VERSION));
	return (0);
}
