/* SPDX-License-Identifier: ISC */
/* Emitters for meshssh-serve: what they share, and the drop-in for sshd. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "emit/emit-nix.h"
#include "emit/emit-serve.h"
#include "facts/query.h"

#define WORD		"meshssh="
#define ADDENDUM_MAX	160	/* the whole line has 255 bytes (RFC 4253 4.2) */

/* One more address to listen at. 0, or -1 if it is none, or there is no room. */
static int
serve_add(struct emit_serve *s, const char *text)
{
	struct sockaddr_storage	 ss;
	char			 shown[ADDR_TEXT_MAX];
	socklen_t		 len = addr_literal(text, 0, &ss);
	int			 v6, any6;

	if (len == 0 || s->count == EMIT_SERVE_ADDRESSES)
		return (-1);
	v6 = ss.ss_family == AF_INET6;
	s->v6 |= v6;
	s->v4 |= !v6;
	any6 = v6 && IN6_IS_ADDR_UNSPECIFIED(&((struct sockaddr_in6 *)(void *)&ss)->sin6_addr);
	if (any6 || s->only6 != NULL)
		s->only6 = s->v4 ? "ipv6-only" : "both";
	addr_text((struct sockaddr *)&ss, len, shown);
	snprintf(s->listen[s->count++], sizeof(s->listen[0]), v6 ? "[%s]:%d" : "%s:%d", shown,
	    s->port);
	return (0);
}

/* Those of the list that was given. */
static int
serve_add_list(struct emit_serve *s, const char *list, struct error *err)
{
	char	word[ADDR_TEXT_MAX];
	size_t	len;

	for (; *list != '\0'; list += len + (list[len] == ',')) {
		len = strcspn(list, ",");
		snprintf(word, sizeof(word), "%.*s", (int)len, list);
		if (len < sizeof(word) && serve_add(s, word) == 0)
			continue;
		error_set(err, CODE_USAGE, "--listen=%.60s: addresses, with commas between them",
		    list);
		return (-1);
	}
	return (0);
}

/* Those of this machine that are like those of a mesh. */
static void
serve_add_mesh(struct emit_serve *s, const json_t *facts)
{
	const json_t	*interface, *address;
	const char	*text;
	size_t		 i, j;

	json_array_foreach(json_at(facts, "net.interfaces"), i, interface)
		json_array_foreach(json_object_get(interface, "addresses"), j, address)
			if ((text = json_string_value(address)) != NULL &&
			    query_is_mesh_address(text))
				serve_add(s, text);
}

/*
 * Where it listens: at the mesh's addresses alone, unless others are wanted; where tailscaled has
 * no interface, it brings connections to loopback.
 */
static int
serve_addresses(struct emit_serve *s, const json_t *doc, struct error *err)
{
	const json_t	*facts = json_at(doc, "facts");
	const char	*list = json_text_at(doc, "wanted.listen");

	if (list != NULL && serve_add_list(s, list, err) == -1)
		return (-1);
	s->mesh = list == NULL;
	if (list == NULL)
		serve_add_mesh(s, facts);
	if (s->count == 0 && query_is(facts, "tailscale.state", "up") && !query_kernel(facts)) {
		s->loopback = 1;
		serve_add(s, "127.0.0.1");
	}
	if (s->count > 0)
		return (0);
	error_set(err, CODE_SERVE_NO_MESH,
	    "this machine has no address in a mesh that sessions could be resumed at");
	return (-1);
}

/* The port of sshd: where it listens at all addresses, else the first. */
static int
serve_sshd_port(const json_t *doc)
{
	const json_t	*listens = json_at(doc, "facts.sshd.listens"), *one;
	const char	*text;
	char		 host[ADDR_HOST_MAX + 1];
	size_t		 i;
	int		 port, found = 22, seen = 0;

	json_array_foreach(listens, i, one) {
		if ((text = json_string_value(one)) == NULL || addr_split(text, host, &port) == -1)
			continue;
		if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0)
			return (port);
		if (!seen++)
			found = port;
	}
	return (found);
}

int
emit_serve_read(struct emit_serve *s, const json_t *doc, struct error *err)
{
	const char	*port = json_text_at(doc, "wanted.port");

	memset(s, 0, sizeof(*s));
	s->program = json_text_at(doc, "wanted.program");
	s->port = port != NULL ? addr_port(port) : EMIT_SERVE_PORT;
	s->sshd_port = serve_sshd_port(doc);
	s->rootless = json_truth_at(doc, "wanted.rootless") == 1;
	s->darwin = query_is(doc, "facts.system.os", "darwin");
	s->loopback = s->rootless || s->darwin;
	if (s->program == NULL || !emit_nix_path(s->program)) {
		error_set(err, CODE_UNQUOTABLE_PATH, "%.100s: cannot stand in a unit",
		    s->program != NULL ? s->program : "meshssh-serve");
		return (-1);
	}
	if (s->port == -1) {
		error_set(err, CODE_USAGE, "--port=PORT, not \"%.40s\"", port);
		return (-1);
	}
	return (serve_addresses(s, doc, err));
}

/* --- sshd ------------------------------------------------------------------------------------- */

/* 1 if this can stand there as it is. */
static int
addendum_ok(const char *text)
{
	const char	*p;

	for (p = text; *p != '\0'; p++)
		if (*p < ' ' || *p > '~' || strchr("#\"\\", *p) != NULL)
			return (0);
	return (p - text <= ADDENDUM_MAX);
}

int
emit_serve_addendum(const struct emit_serve *s, const json_t *doc, char addendum[EMIT_SERVE_LINES],
    struct error *err)
{
	const char	*now = json_text_at(doc, "facts.serve.addendum");
	char		 shown[80], word[ADDENDUM_MAX + 1];
	size_t		 len;

	addendum[0] = '\0';
	if (now == NULL || strcmp(now, "none") == 0)
		now = "";
	if (!addendum_ok(now)) {
		error_set(err, CODE_SERVE_SHADOWED, "sshd's VersionAddendum \"%s\" cannot stay",
		    error_vis(shown, sizeof(shown), now));
		return (-1);
	}
	for (; *now != '\0'; now += len + strspn(now + len, " ")) {
		len = strcspn(now, " ");
		snprintf(word, sizeof(word), "%.*s", (int)len, now);
		if (len == 0 || strncmp(word, WORD, strlen(WORD)) == 0)
			continue;
		strlcat(addendum, word, EMIT_SERVE_LINES);
		strlcat(addendum, " ", EMIT_SERVE_LINES);
	}
	snprintf(word, sizeof(word), WORD "%d", s->port);
	strlcat(addendum, word, EMIT_SERVE_LINES);
	return (0);
}

/* Such a session has its own way to be alive; it is known by where it reaches sshd. */
void
emit_serve_match(FILE *fp, const struct emit_serve *s, const char *blanks)
{
	if (s->darwin)
		fprintf(fp, "%sMatch Address 127.0.0.1,::1\n", blanks);
	else
		fprintf(fp, "%sMatch LocalAddress " EMIT_SERVE_TO "%s\n", blanks,
		    s->v6 ? "," EMIT_SERVE_TO6 : "");
	fprintf(fp, "%s    ClientAliveInterval 0\n%sMatch all\n", blanks, blanks);
}

int
emit_serve_sshd(FILE *fp, const json_t *doc, struct error *err)
{
	struct emit_serve	s;
	char			addendum[EMIT_SERVE_LINES];

	if (emit_serve_read(&s, doc, err) == -1 || emit_serve_addendum(&s, doc, addendum,
	    err) == -1)
		return (-1);
	fprintf(fp, "# clients learn from it at which port sessions are resumed\n");
	if (json_at(doc, "facts.serve.addendum") == NULL)
		fprintf(fp, "# (what sshd -T, as root, has for versionaddendum now belongs before it)\n");
	fprintf(fp, "VersionAddendum %s\n", addendum);
	fprintf(fp, "# sessions of meshssh-serve: it knows whether a client is gone, and sshd does not\n");
	emit_serve_match(fp, &s, "");
	return (0);
}
