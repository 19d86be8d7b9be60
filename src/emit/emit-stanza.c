/* SPDX-License-Identifier: ISC */
/* Emitter: a Host block. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/json.h"
#include "base/names.h"
#include "emit/emit-ssh.h"
#include "emit/emit-stanza.h"
#include "facts/query.h"

#define KNOWN_MAX	(ADDR_HOST_MAX + 9)	/* "[name]:port" and the NUL */
#define ETHERNET	1500

struct stanza {
	const json_t	*doc;
	int		 is_peer;		/* of the mesh */
	const char	*host;			/* as it will be typed */
	/* its name in the mesh, in lower case; "" if it has none */
	char		 peer[ADDR_HOST_MAX + 1];
	/* its first word, if the rest is this mesh's domain, so that no other peer has it; or "" */
	char		 label[64];
	const char	*hostname;		/* what stands there as HostName, or NULL */
	int		 port;			/* of the server */
	struct names	 names;			/* of --or, behind the first */
};

/* The name that ssh looks for in known_hosts. */
static const char *
stanza_known(const char *name, int port, char to[KNOWN_MAX])
{
	if (port == 22)
		snprintf(to, KNOWN_MAX, "%.255s", name);
	else
		snprintf(to, KNOWN_MAX, "[%.255s]:%d", name, port);
	return (to);
}

/* 1 if this name of the peer was typed, or has no other meaning to this machine's own files. */
static int
stanza_may_name(const struct stanza *s, const char *name)
{
	return (name[0] != '\0' && (strcmp(name, s->host) == 0 ||
	    json_object_get(json_at(s->doc, "facts.ssh.named"), name) == NULL));
}

/*
 * The name that %h gives: the mesh's whole one, which nobody else has, or the address where names
 * do not work.
 */
static const char *
stanza_hostname(const struct stanza *s)
{
	struct sockaddr_storage	 ss;
	const char		*want = s->peer, *name = json_text_at(s->doc, "target.name");

	if (emit_ssh_theirs(s->doc, "hostname", s->host))
		return (NULL);
	if (!s->is_peer)
		/* A HostName in a block of ours stays. */
		return (name != NULL && addr_host_ok(name) && strcasecmp(name, s->host) != 0 ?
		    name : NULL);
	/* Who types an address means it. */
	if (addr_literal(s->host, 0, &ss) != 0)
		return (NULL);
	if (want[0] == '\0' || emit_ssh_nameless(s->doc)) {
		name = json_text_at(s->doc, "facts.tailscale.peer.addresses.0");
		if (name != NULL && addr_literal(name, 0, &ss) != 0)
			want = name;
	}
	/* Who types its whole name needs none, but for the short one beside it. */
	return (want[0] != '\0' && (strcasecmp(want, s->host) != 0 ||
	    stanza_may_name(s, s->label)) ? want : NULL);
}

/* The first word of the peer's name, if the rest is the domain of this machine's own mesh. */
static void
stanza_label(struct stanza *s)
{
	const char	*suffix = json_text_at(s->doc, "facts.tailscale.suffix"),
			    *dot = strchr(s->peer, '.');

	if (suffix != NULL && dot != NULL && strcasecmp(dot + 1, suffix) == 0 &&
	    (size_t)(dot - s->peer) < sizeof(s->label))
		snprintf(s->label, sizeof(s->label), "%.*s", (int)(dot - s->peer), s->peer);
}

/*
 * The line of Host. Programs ask for the names that ssh -G tells them, and people type capitals, in
 * which ssh sees another name: all of them lead to the peer, if HostName says where that is.
 */
static void
stanza_put_host(FILE *fp, const struct stanza *s)
{
	char		 upper[2][ADDR_HOST_MAX + 1], dotted[sizeof(s->peer) + 1];
	const char	*names[][2] = { { s->label, s->label },
			    { addr_host_upper(s->label, upper[0]), s->label },
			    { s->peer, s->peer }, { dotted, s->peer },
			    { addr_host_upper(s->peer, upper[1]), s->peer },
			    { s->hostname, s->hostname } };
	size_t		 i, j;

	fprintf(fp, "Host %s", s->host);
	snprintf(dotted, sizeof(dotted), "%s.", s->peer);
	for (i = 0; s->peer[0] != '\0' && s->hostname != NULL &&
	    i < sizeof(names) / sizeof(names[0]); i++) {
		for (j = 0; strcmp(names[j][0], names[i][0]) != 0; j++)
			continue;
		if (j == i && strcmp(names[i][0], s->host) != 0 && stanza_may_name(s, names[i][1]))
			fprintf(fp, " %s", names[i][0]);
	}
	fprintf(fp, "\n");
}

static void
stanza_put_hostname(FILE *fp, const struct stanza *s)
{
	struct sockaddr_storage	ss;

	if (s->hostname == NULL)
		return;
	emit_ssh_hostname(fp, s->hostname, s->peer[0] == '\0' ?
	    NULL : addr_literal(s->hostname, 0, &ss) != 0 ?
	    "its address in the mesh, for this machine does not ask MagicDNS" :
	    "its whole name in the mesh, which no other machine has");
}

/*
 * What a fact says of the name that a key is known under, if that may be an alias for this port; or
 * NULL.
 */
static const char *
stanza_fact(const struct stanza *s, const char *path)
{
	const char	*text = json_text_at(s->doc, path), *end;
	char		 host[ADDR_HOST_MAX + 1];

	if (text == NULL)
		return (NULL);
	if (text[0] == '[') {
		if ((end = strstr(text, "]:")) == NULL || addr_port(end + 2) == -1 ||
		    end - text > ADDR_HOST_MAX)
			return (NULL);
		snprintf(host, sizeof(host), "%.*s", (int)(end - text - 1), text + 1);
		return (addr_host_ok(host) ? text : NULL);
	}
	/*
	 * Of another port, a key without one is taken if it is the right one, and counts for
	 * nothing if not.
	 */
	if (!addr_host_ok(text) || (s->port != 22 && json_text_at(s->doc,
	    "facts.ssh.options.hostkeyalias") == NULL))
		return (NULL);
	return (text);
}

/* The name that ssh looks for, if that is the one under which a key is known. */
static const char *
stanza_alias(const struct stanza *s)
{
	return (json_at(s->doc, "facts.ssh.known.bare_keys") != NULL ||
	    json_at(s->doc, "facts.ssh.known.bare_authorities") != NULL ? NULL :
	    stanza_fact(s, "facts.ssh.known.alias"));
}

/*
 * 1 if nothing but the present name will do for a key that is known: it is known without the port,
 * which ssh tries for a name, and not for an alias.
 */
static int
stanza_keeps(const struct stanza *s)
{
	return (json_truth_at(s->doc, "facts.ssh.known.found") == 1 && stanza_alias(s) == NULL);
}

/*
 * A key that is known stays known: it keeps the name that it has. A new one gets the node's name,
 * whichever address or name leads there. HostKeyAlias is taken as it stands: a port that is not 22
 * has to be in it.
 */
static void
stanza_put_alias(FILE *fp, const struct stanza *s)
{
	const char	*alias, *now = s->hostname != NULL ?
			    s->hostname : json_text_at(s->doc, "target.name");
	char		 own[KNOWN_MAX], without[KNOWN_MAX], lower[ADDR_HOST_MAX + 1];

	if (emit_ssh_theirs(s->doc, "hostkeyalias", ""))
		return;
	stanza_known(addr_host_lower(now != NULL ? now : s->host, lower), s->port, without);
	alias = json_truth_at(s->doc, "facts.ssh.known.found") == 1 ?
	    stanza_alias(s) : stanza_fact(s, "facts.ssh.known.other");
	if (alias == NULL)
		alias = s->peer[0] != '\0' ? stanza_known(s->peer, s->port, own) :
		    s->names.count > 1 ? without : NULL;
	if (alias != NULL && (s->hostname != NULL || s->names.count > 1 ||
	    strcmp(alias, without) != 0))
		emit_ssh_line(fp, "HostKeyAlias", alias, s->names.count > 1 ?
		    "known_hosts has its key under this name, whichever name answers" :
		    "known_hosts has its key under this name, wherever HostName leads");
}

/* What the probes say of one direction: large packets pass. */
static int
stanza_passes(const json_t *facts, const char *way)
{
	char	path[24];

	snprintf(path, sizeof(path), "mtu.%s.ok", way);
	return (json_truth_at(facts, path) == 1);
}

/*
 * 1 if nothing on the way needs watching, so that ssh can have the connection itself: it is the
 * kernel's, all sizes and marks pass, and nothing here is known to change that. What was not seen
 * is not proven.
 */
static int
stanza_clean(const json_t *doc)
{
	const json_t	*facts = json_at(doc, "facts");
	json_int_t	 mtu = json_number_at(facts, "mtu.route_mtu", 0);

	return (json_truth_at(facts, "connect.ok") == 1 &&
	    query_is(facts, "connect.route", "direct") &&
	    (query_mesh(facts) != 1 || query_kernel(facts)) &&
	    json_number_at(facts, "system.wsl", 0) == 0 && stanza_passes(facts, "forward") &&
	    stanza_passes(facts, "reverse") && mtu > 0 && mtu <= ETHERNET &&
	    json_at(facts, "mtu.inconclusive") == NULL && json_at(facts, "mtu.untested") == NULL &&
	    json_truth_at(facts, "dscp.inconclusive") != 1 &&
	    json_array_size(json_at(facts, "dscp.dropped")) == 0 &&
	    json_array_size(json_at(facts, "dscp.passed")) > 0 &&
	    json_at(facts, "server.error") == NULL && json_text_at(facts,
	    "server.software") != NULL);
}

/*
 * Passing the descriptor wants ssh's consent, and that ssh does not mark what it gets; and the
 * user's, for a caller that has its own ProxyCommand, or ignores ProxyUseFdpass, fails with it.
 */
static int
stanza_fdpass(const json_t *doc)
{
	return (json_truth_at(doc, "wanted.fdpass") == 1 && stanza_clean(doc) &&
	    !emit_ssh_resumes(doc) && emit_ssh_knows(doc, "proxyusefdpass") &&
	    emit_ssh_knows(doc, "ipqos") && !emit_ssh_theirs(doc, "ipqos", NULL) &&
	    !emit_ssh_theirs(doc, "proxyusefdpass", "no"));
}

/* Only what the user said with --port and ssh would not do anyway. */
static void
stanza_put_port(FILE *fp, const json_t *doc)
{
	const char	*port = json_text_at(doc, "wanted.port"),
			    *now = json_text_at(doc, "facts.ssh.options.port");

	if (!emit_ssh_theirs(doc, "port", "22"))
		now = "22";
	if (port != NULL && addr_port(port) != -1 && (now == NULL ||
	    addr_port(port) != addr_port(now)))
		emit_ssh_line(fp, "Port", port, "as you said");
}

/* How ssh is to connect, and how long it is to wait; the same for a host and for a pattern. */
static int
stanza_rest(FILE *fp, const json_t *doc, const struct names *names, int stronger,
    struct error *err)
{
	int	fdpass = stanza_fdpass(doc), stays = emit_ssh_stays(doc, stronger);
	char	or_names[EMIT_SSH_OR_MAX], options[EMIT_SSH_OR_MAX + 16];

	stanza_put_port(fp, doc);
	snprintf(options, sizeof(options), "%s%s", fdpass ? " --fdpass" : "",
	    emit_ssh_or(names, or_names));
	if (emit_ssh_way(fp, doc, options, stronger, err) == -1)
		return (-1);
	if (!stays && fdpass)
		emit_ssh_line(fp, "ProxyUseFdpass", "yes",
		    "the path is clean: ssh gets the connection, and no relay stays");
	else if (!stays && emit_ssh_theirs(doc, "proxyusefdpass", "no"))
		emit_ssh_line(fp, "ProxyUseFdpass", "no", "this ProxyCommand relays");
	if (!stays && !fdpass && json_truth_at(doc, "wanted.fdpass") == 1)
		fprintf(fp, "    # no --fdpass: %s\n", emit_ssh_resumes(doc) ?
		    "with it, sessions end with their connection" : stanza_clean(doc) ?
		    "ssh cannot be kept from marking packets" :
		    "the path was not shown to be clean");
	if (!stays) {
		emit_ssh_canonical(fp, doc);
		emit_ssh_wait(fp, doc);
	}
	emit_ssh_alive(fp, doc);
	if (!stays)
		emit_ssh_marks(fp, doc);
	return (0);
}

/* A pattern of Host: one word, and no path, mask or list. */
static int
stanza_pattern_ok(const char *pattern)
{
	size_t	len = strlen(pattern);

	return (len > 0 && len <= ADDR_HOST_MAX && pattern[0] != '-' && pattern[strspn(pattern,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:%-*?")] == '\0');
}

static int
stanza_match(FILE *fp, const json_t *doc, const char *pattern, struct error *err)
{
	if (!stanza_pattern_ok(pattern)) {
		error_set(err, CODE_USAGE,
		    "\"%.60s\" is not a pattern for Host; write a network as 192.168.1.*", pattern);
		return (-1);
	}
	fprintf(fp,
	    "# The first value wins: blocks of single hosts of this pattern belong above this one.\n");
	fprintf(fp, "Host %s\n", pattern);
	return (stanza_rest(fp, doc, &(struct names){ .count = 1 }, 1, err));
}

/*
 * A peer chooses its name: where /etc/hosts has the one that was typed, with no address of the
 * mesh, that host is meant.
 */
static int
stanza_is_peer(const struct stanza *s)
{
	const json_t		*entries = json_at(s->doc, "facts.names.hosts_entries"), *one;
	const char		*name = json_text_at(s->doc, "target.name"), *text;
	struct sockaddr_storage	 ss;
	size_t			 i;

	if (json_truth_at(s->doc, "facts.tailscale.peer.found") != 1)
		return (0);
	if (json_array_size(entries) == 0 || (name != NULL && strcasecmp(name, s->host) != 0))
		return (1);
	json_array_foreach(entries, i, one)
		if ((text = json_string_value(one)) != NULL && addr_literal(text, 0, &ss) != 0 &&
		    addr_is_tailnet((struct sockaddr *)&ss))
			return (1);
	return (0);
}

/* 1 for RFC 1918 and RFC 4193, without the mesh's own. */
static int
stanza_private(const struct sockaddr_storage *ss)
{
	const struct sockaddr_in	*in = (const void *)ss;
	const struct sockaddr_in6	*in6 = (const void *)ss;
	uint32_t			 ip;

	if (ss->ss_family == AF_INET6)
		return ((in6->sin6_addr.s6_addr[0] & 0xfe) == 0xfc &&
		    !addr_is_tailnet((const struct sockaddr *)ss));
	ip = ntohl(in->sin_addr.s_addr);
	return (ip >> 24 == 10 || ip >> 20 == 0xac1 || ip >> 16 == 0xc0a8);
}

const char *
emit_stanza_offer(const json_t *doc)
{
	const char		*address = json_text_at(doc, "facts.tailscale.peer.direct");
	struct sockaddr_storage	 ss;
	struct names		 names;

	if (address == NULL || addr_literal(address, 0, &ss) == 0 || !stanza_private(&ss) ||
	    json_truth_at(doc, "facts.tailscale.peer.self") == 1 || emit_ssh_stays(doc, 1) ||
	    emit_ssh_names(doc, &names, NULL) == -1 || names.count > 1)
		return (NULL);
	return (address);
}

int
emit_stanza(FILE *fp, const json_t *doc, struct error *err)
{
	struct stanza	s = { .doc = doc, .host = json_text_at(doc, "target.host") };
	const char	*pattern = json_text_at(doc, "wanted.match");
	int		 names, elsewhere;

	if (pattern != NULL)
		return (stanza_match(fp, doc, pattern, err));
	if (s.host == NULL || !addr_host_ok(s.host)) {
		error_set(err, CODE_BAD_HOST, "\"%.60s\" is not a host name or address",
		    s.host != NULL ? s.host : "");
		return (-1);
	}
	if (emit_ssh_names(doc, &s.names, err) == -1)
		return (-1);
	s.is_peer = stanza_is_peer(&s);
	addr_host_lower(s.is_peer ? json_text_at(doc, "facts.tailscale.peer.name") : NULL, s.peer);
	s.port = (int)json_number_at(doc, "target.port", 22);
	stanza_label(&s);
	elsewhere = emit_ssh_elsewhere(doc, s.is_peer);
	if (emit_ssh_stays(doc, s.is_peer) && json_text_at(doc, "wanted.or") != NULL) {
		error_set(err, CODE_USAGE, "%.60s: %s, so --or would have no effect", s.host,
		    elsewhere ? "your own files say how ssh connects" :
		    "the block has no ProxyCommand");
		return (-1);
	}
	/* Who connects in our place may know the host by no other name than that which is typed. */
	names = !elsewhere && !stanza_keeps(&s);
	s.hostname = names ? stanza_hostname(&s) : NULL;
	stanza_put_host(fp, &s);
	if (!s.is_peer && json_truth_at(doc, "facts.tailscale.peer.found") == 1)
		fprintf(fp, "    # /etc/hosts has this name for another address, "
		    "so it is not the peer that is called the same\n");
	if (names) {
		stanza_put_hostname(fp, &s);
		stanza_put_alias(fp, &s);
	}
	return (stanza_rest(fp, doc, &s.names, s.is_peer, err));
}
