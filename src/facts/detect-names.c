/* SPDX-License-Identifier: ISC */
/* Facts: resolvers, /etc/hosts, nsswitch.conf. */

#include <sys/types.h>
#include <sys/socket.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/json.h"
#include "facts/detect.h"
#include "facts/fact.h"
#include "facts/read.h"

#define NAMES_LIST_MAX	16

/* Where the lists go that a resolv.conf fills. */
struct resolv {
	json_t	*nameservers;
	json_t	*search;
	int	 magicdns;		/* a name server is tailscaled's */
	int	 resolved;		/* systemd-resolved is asked, who asks others */
	int	 forwarder;		/* it is another one of this machine, or of Windows */
};

static void
resolv_server(struct resolv *to, const char *server)
{
	struct sockaddr_storage	ss;

	if (json_array_size(to->nameservers) < NAMES_LIST_MAX && addr_host_ok(server))
		fact_append_text(to->nameservers, server);
	if (strcmp(server, "100.100.100.100") == 0 || strcasecmp(server, "fd7a:115c:a1e0::53") == 0)
		to->magicdns = 1;
	else if (strcmp(server, "127.0.0.53") == 0 || strcmp(server, "127.0.0.54") == 0)
		to->resolved = 1;
	/*
	 * WSL's tunnel to the resolver of Windows, or any that listens on loopback: whom that one
	 * asks is not seen.
	 */
	else if (strcmp(server, "10.255.255.254") == 0 ||
	    (addr_literal(server, 0, &ss) > 0 && addr_is_loopback((struct sockaddr *)&ss)))
		to->forwarder = 1;
}

/* resolv.conf(5); 0 if there is no such file. */
static int
resolv_read(const char *root, const char *path, struct resolv *to)
{
	FILE	*fp = read_open(root, path);
	char	 line[1024], *at, *word;

	if (fp == NULL)
		return (0);
	while (read_line(fp, line, sizeof(line))) {
		at = line;
		while ((word = strsep(&at, " \t")) != NULL && *word == '\0')
			continue;
		if (word == NULL || at == NULL)
			continue;
		if (strcmp(word, "nameserver") == 0) {
			at += strspn(at, " \t");
			at[strcspn(at, " \t")] = '\0';
			resolv_server(to, at);
		} else if (strcmp(word, "search") == 0 || strcmp(word, "domain") == 0) {
			/* The last line of the two kinds counts. */
			json_array_clear(to->search);
			while ((word = strsep(&at, " \t")) != NULL)
				if (addr_host_ok(word) &&
				    json_array_size(to->search) < NAMES_LIST_MAX)
					fact_append_text(to->search, word);
		}
	}
	fclose(fp);
	return (1);
}

/* 1 if names of the mesh are asked of tailscaled, 0 if not, -1 if that is not seen. */
static int
resolv_magicdns(const char *root, const struct resolv *resolv)
{
	struct resolv	uplink = { .nameservers = NULL };

	if (resolv->magicdns)
		return (1);
	/* Without any, the C library asks what listens on loopback. */
	if (resolv->forwarder || json_array_size(resolv->nameservers) == 0)
		return (-1);
	if (!resolv->resolved)
		return (0);
	return (resolv_read(root, "/run/systemd/resolve/resolv.conf", &uplink) ?
	    uplink.magicdns : -1);
}

/*
 * The hosts line of nsswitch.conf(5): 1 if it asks multicast DNS, 0 if not, -1 if that is not seen.
 */
static int
nsswitch_read(const char *root, struct resolv *to)
{
	FILE	*fp = read_open(root, "/etc/nsswitch.conf");
	char	 line[512], *at, *word;
	int	 mdns = -1;

	while (fp != NULL && read_line(fp, line, sizeof(line))) {
		line[strcspn(line, "#")] = '\0';
		at = line + strspn(line, " \t");
		if (strncmp(at, "hosts:", 6) != 0)
			continue;
		at += 6;
		mdns = 0;
		while ((word = strsep(&at, " \t")) != NULL) {
			/* mdns, mdns4, mdns_minimal, mdns4_minimal and so on. */
			mdns |= strncmp(word, "mdns", 4) == 0;
			to->resolved |= strcmp(word, "resolve") == 0;
		}
	}
	if (fp != NULL)
		fclose(fp);
	return (mdns);
}

struct hosts {
	const char	*host;
	json_t		*list;
};

/* Every address that the host has there. */
static void
hosts_cb(void *arg, const char *address, const char *name)
{
	struct hosts	*hosts = arg;
	size_t		 count = json_array_size(hosts->list);
	const char	*last = json_string_value(json_array_get(hosts->list, count - 1));

	/* A line may have the name twice. */
	if (strcasecmp(name, hosts->host) == 0 && count < NAMES_LIST_MAX &&
	    (last == NULL || strcmp(last, address) != 0))
		fact_append_text(hosts->list, address);
}

static void
names_put_hosts(json_t *facts, const char *root, const char *host)
{
	json_t		*list = json_array();
	struct hosts	 hosts = { .host = host, .list = list };

	read_hosts(root, hosts_cb, &hosts);
	if (json_array_size(list) > 0) {
		fact_put_text(facts, "names.hosts_entry", json_text_at(list, "0"));
		fact_put(facts, "names.hosts_entries", list);
	} else
		json_decref(list);
}

/* macOS has this file, too, and resolves without it. */
static int
names_by_file(const json_t *facts)
{
	const char	*os = fact_text(facts, "system.os");

	return (os == NULL || strcmp(os, "darwin") != 0);
}

static void
names_put_resolver(json_t *facts, const char *root)
{
	struct resolv	resolv = { .nameservers = json_array(), .search = json_array() };
	int		magicdns, mdns;

	fact_put(facts, "names.nameservers", resolv.nameservers);
	fact_put(facts, "names.search", resolv.search);
	mdns = nsswitch_read(root, &resolv);
	magicdns = resolv_read(root, "/etc/resolv.conf", &resolv) ?
	    resolv_magicdns(root, &resolv) : -1;
	/* systemd-resolved may ask multicast DNS itself. */
	if (mdns == 0 && resolv.resolved)
		mdns = -1;
	if (magicdns != -1)
		fact_put_truth(facts, "names.magicdns_resolver", magicdns);
	if (mdns != -1)
		fact_put_truth(facts, "names.mdns", mdns);
}

static void
names_detect(json_t *facts, const struct detect_input *in)
{
	struct sockaddr_storage	ss;

	if (names_by_file(facts))
		names_put_resolver(facts, in->root);
	if (in->host == NULL || addr_literal(in->host, 0, &ss) > 0)
		return;
	fact_put_text(facts, "names.host", in->host);
	names_put_hosts(facts, in->root, in->host);
}

const struct detector detect_names = {
	.name = "names",
	.detect = names_detect
};
