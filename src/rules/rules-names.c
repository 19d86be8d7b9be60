/* SPDX-License-Identifier: ISC */
/* Rules: name lookup. */

#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/json.h"
#include "facts/query.h"
#include "rules/rules.h"

/*
 * What is looked up: ssh's HostName, or what the user wrote; NULL if no host was given, or if that
 * is an address.
 */
static const char *
host_name(const json_t *facts)
{
	const char	*name = json_text_at(facts, "ssh.options.hostname");

	if (name == NULL)
		name = json_text_at(facts, "names.host");
	if (name == NULL || strchr(name, ':') != NULL || name[strspn(name, "0123456789.")] == '\0')
		return (NULL);
	return (name);
}

/* 1 if another host than this one looks the name up: a jump host, or a proxy that is not us. */
static int
looked_up_elsewhere(const json_t *facts)
{
	const char	*jump = json_text_at(facts, "ssh.options.proxyjump");
	const char	*proxy = json_text_at(facts, "ssh.options.proxycommand");

	return ((jump != NULL && strcasecmp(jump, "none") != 0) ||
	    (proxy != NULL && strcasecmp(proxy, "none") != 0 &&
	    json_truth_at(facts, "ssh.proxy.ours") != 1));
}

/* 1 if the system's resolver was asked and has no address. */
static int
lookup_failed(const json_t *facts)
{
	return (host_name(facts) != NULL && json_text_at(facts,
	    "names.lookups.system.error") != NULL && json_array_size(json_at(facts,
	    "names.lookups.system.addresses")) == 0 && !looked_up_elsewhere(facts));
}

/* For people. */
static const char *
list_first(const json_t *list)
{
	const char	*text = json_string_value(json_array_get(list, 0));

	return (text != NULL ? text : "not known");
}

static int
list_has(const json_t *list, const char *text)
{
	const json_t	*one;
	const char	*is;
	size_t		 i;

	json_array_foreach(list, i, one)
		if ((is = json_string_value(one)) != NULL && strcasecmp(is, text) == 0)
			return (1);
	return (0);
}

/* 1 if both lists have an address. */
static int
lists_meet(const json_t *a, const json_t *b)
{
	const json_t	*one;
	const char	*text;
	size_t		 i;

	json_array_foreach(a, i, one)
		if ((text = json_string_value(one)) != NULL && list_has(b, text))
			return (1);
	return (0);
}

static int
lacks_mdns(const json_t *facts)
{
	return (lookup_failed(facts) && addr_name_under(host_name(facts), "local") &&
	    json_truth_at(facts, "names.mdns") == 0);
}

/* The mesh knows the name, a whole one or a short one, and the resolver does not ask it. */
static int
lacks_magicdns(const json_t *facts)
{
	return (lookup_failed(facts) && json_truth_at(facts, "names.magicdns_resolver") == 0 &&
	    (addr_name_under(host_name(facts), json_text_at(facts, "tailscale.suffix")) ||
	    json_truth_at(facts, "tailscale.peer.found") == 1));
}

/* 1 if no name server answered, rather than that there is no such name. */
static int
is_silence(const json_t *facts)
{
	return (query_is(facts, "names.lookups.system.code", "name-lookup") ||
	    query_is(facts, "names.lookups.system.code", "name-timeout"));
}

/*
 * A name without an address, and no rule knows better why. Where meshssh gets there nevertheless,
 * nothing is wrong.
 */
static int
unknown_for(const json_t *facts, int silence)
{
	return (lookup_failed(facts) && json_truth_at(facts, "connect.ok") != 1 &&
	    json_truth_at(facts, "tailscale.peer.found") != 1 && !lacks_mdns(facts) &&
	    !lacks_magicdns(facts) && is_silence(facts) == silence);
}

static int
check_unknown(const json_t *facts, struct finding *f)
{
	const char	*host = host_name(facts), *suffix = json_text_at(facts, "tailscale.suffix");

	if (!unknown_for(facts, 0))
		return (0);
	finding_set(f->cause, "The name %.100s has no address.", host);
	finding_set(f->evidence, "the resolver says: %s",
	    json_text_at(facts, "names.lookups.system.error"));
	finding_cure(f, "Check the spelling, and HostName in ssh_config.");
	/* Only a tailscaled that is connected knows them all. */
	if (json_at(facts, "tailscale.peers") != NULL && suffix != NULL &&
	    (strchr(host, '.') == NULL || addr_name_under(host, suffix)))
		finding_cure(f,
		    "tailscale status lists the names of the mesh; this one is not among them.");
	return (1);
}

static int
check_silent(const json_t *facts, struct finding *f)
{
	if (!unknown_for(facts, 1))
		return (0);
	finding_set(f->cause,
	    "No name server gives an answer, so the address of %.100s is not known.",
	    host_name(facts));
	finding_set(f->evidence, "the resolver says: %s; the first name server is %s",
	    json_text_at(facts, "names.lookups.system.error"),
	    list_first(json_at(facts, "names.nameservers")));
	finding_cure(f, "Check the network, and the name servers: %s",
	    query_is(facts, "system.os", "darwin") ? "scutil --dns" : "cat /etc/resolv.conf");
	finding_cure(f, "The address of the host works without a resolver.");
	return (1);
}

static int
check_searched(const json_t *facts, struct finding *f)
{
	const char	*host = host_name(facts), *as = json_text_at(facts,
			    "names.lookups.searched.name");
	const char	*suffix = json_text_at(facts, "tailscale.suffix");

	/* That /etc/hosts has it, or others of nsswitch.conf's, is not what this is about. */
	if (host == NULL || as == NULL || addr_name_under(as, suffix) ||
	    looked_up_elsewhere(facts) || json_text_at(facts, "names.hosts_entry") != NULL ||
	    !lists_meet(json_at(facts, "names.lookups.system.addresses"),
	    json_at(facts, "names.lookups.searched.addresses")))
		return (0);
	/* A whole name of the mesh, and another owner's domain has an answer for everything. */
	if (addr_name_under(host, suffix)) {
		f->severity = SEVERITY_WARNING;
		f->certainty = CERTAINTY_LIKELY;
	}
	finding_set(f->cause,
	    "The name was found only below a search domain: it may be another host.");
	finding_set(f->evidence, "%.80s was found as %.80s: %s", host, as,
	    list_first(json_at(facts, "names.lookups.searched.addresses")));
	finding_cure(f, "Write the whole name, or set HostName in ssh_config.");
	return (1);
}

static int
check_no_mdns(const json_t *facts, struct finding *f)
{
	if (!lacks_mdns(facts) || json_truth_at(facts, "connect.ok") == 1)
		return (0);
	finding_set(f->cause,
	    "Names below .local are told by multicast DNS, and this machine does not ask it.");
	finding_set(f->evidence,
	    "the hosts line of /etc/nsswitch.conf has no mdns, and %.100s has no address",
	    host_name(facts));
	finding_cure(f, query_nixos(facts) ?
	    "In configuration.nix: services.avahi = { enable = true; nssmdns4 = true; };" :
	    "Install libnss-mdns (or nss-mdns) and avahi-daemon.");
	finding_cure(f, "The host's name in the mesh, or its address, works without them.");
	return (1);
}

static int
check_magicdns(const json_t *facts, struct finding *f)
{
	int	routed = json_truth_at(facts, "tailscale.tun") != 0 &&
		    json_truth_at(facts, "tailscale.here") != 0;

	/* Where ssh gets there through a program, that knows the name. */
	if (!lacks_magicdns(facts) || (query_reached(facts) == 1 &&
	    json_is_object(json_at(facts, "ssh.options")) && !query_plain(facts)))
		return (0);
	/* Without a TUN here it is never there, and meshssh asks tailscaled itself. */
	if (!routed)
		f->severity = SEVERITY_NOTE;
	finding_set(f->cause,
	    "Programs on this machine do not know the names of the mesh: MagicDNS is not used.");
	finding_set(f->evidence,
	    "%.100s has no address; 100.100.100.100 is not among the name servers%s",
	    host_name(facts), json_array_size(json_at(facts,
	    "names.lookups.magicdns.addresses")) > 0 ? ", and would know it" : "");
	if (json_truth_at(facts, "tailscale.magicdns") == 0)
		finding_cure(f, "Turn MagicDNS on where the mesh is administered.");
	if (routed)
		finding_cure(f, "%stailscale set --accept-dns=true", query_sudo(facts));
	finding_cure(f, "meshssh asks tailscaled for such names itself: use it as ProxyCommand.");
	return (1);
}

/*
 * A hosts file that has an old address of the mesh. That it has an address of another network may
 * be meant so.
 */
static int
check_stale_hosts(const json_t *facts, struct finding *f)
{
	const char	*entry = json_text_at(facts, "names.hosts_entry"),
			    *host = json_text_at(facts, "names.host");
	const char	*hostname = json_text_at(facts, "ssh.options.hostname");
	const json_t	*mesh = json_at(facts, "tailscale.peer.addresses");

	if (entry == NULL || host == NULL || json_truth_at(facts, "tailscale.peer.found") != 1 ||
	    json_array_size(mesh) == 0 || !query_is_mesh_address(entry) || list_has(mesh, entry) ||
	    lists_meet(json_at(facts, "names.hosts_entries"), mesh) ||
	    (hostname != NULL && strcasecmp(hostname, host) != 0))
		return (0);
	if (json_truth_at(facts, "connect.ok") == 0)
		f->severity = SEVERITY_ERROR;
	finding_set(f->cause,
	    "/etc/hosts has an address for %.100s that is not the host's in the mesh.", host);
	finding_set(f->evidence, "/etc/hosts: %s; the mesh: %s", entry, list_first(mesh));
	finding_cure(f, "Remove the line from /etc/hosts%s, or correct it.",
	    query_nixos(facts) ? " (networking.hosts in configuration.nix)" : "");
	return (1);
}

static int
check_outside(const json_t *facts, struct finding *f)
{
	const json_t	*system = json_at(facts, "names.lookups.system.addresses");
	const json_t	*mesh = json_at(facts, "tailscale.peer.addresses");
	const char	*host = host_name(facts);

	if (host == NULL || json_truth_at(facts, "tailscale.peer.found") != 1 ||
	    json_array_size(system) == 0 || json_array_size(mesh) == 0 ||
	    lists_meet(system, mesh) || looked_up_elsewhere(facts))
		return (0);
	if (json_truth_at(facts, "connect.ok") == 0)
		f->severity = SEVERITY_WARNING;
	finding_set(f->cause,
	    "The name leads out of the mesh, although a host of the mesh has it, too.");
	finding_set(f->evidence, "the resolver: %s; the mesh: %s", list_first(system),
	    list_first(mesh));
	if (json_text_at(facts, "tailscale.peer.name") != NULL)
		finding_cure(f, "To stay in the mesh write %.120s.",
		    json_text_at(facts, "tailscale.peer.name"));
	else
		finding_cure(f,
		    "To stay in the mesh write the whole name; tailscale status has it.");
	return (1);
}

/* An address of RFC 2544, which is for benchmarks of routers, is made up by a proxy's resolver. */
static int
check_fake(const json_t *facts, struct finding *f)
{
	const json_t	*list = json_at(facts, "names.lookups.system.addresses"), *one;
	const char	*host = host_name(facts), *text = NULL;
	size_t		 i;

	json_array_foreach(list, i, one)
		if ((text = json_string_value(one)) != NULL &&
		    (strncmp(text, "198.18.", 7) == 0 || strncmp(text, "198.19.", 7) == 0))
			break;
	if (host == NULL || i == json_array_size(list) || looked_up_elsewhere(facts))
		return (0);
	if (json_text_at(facts, "server.text") != NULL)
		f->severity = SEVERITY_NOTE;
	finding_set(f->cause,
	    "A proxy program makes up the address of the name (fake-ip), and takes the connection.");
	finding_set(f->evidence, "the resolver: %s is %s, in 198.18.0.0/15, which no host has",
	    host, text);
	finding_cure(f,
	    "In that program (Clash, sing-box, ...): except %.80s from fake-ip, and 100.64.0.0/10",
	    addr_name_under(host, json_text_at(facts, "tailscale.suffix")) ?
	    json_text_at(facts, "tailscale.suffix") : host);
	finding_cure(f, "The host's own address works without a resolver.");
	return (1);
}

const struct rule rules_names[] = {
	{
		.code = CODE_NAME_FAKE,
		.certainty = CERTAINTY_LIKELY,
		.needs = { "names.host", "names.lookups.system" },
		.check = check_fake
	},
	{
		.code = CODE_NAME_UNKNOWN,
		.certainty = CERTAINTY_SURE,
		.needs = { "names.host", "names.lookups.system" },
		.under = { CODE_PEER_UNKNOWN, CODE_CONFIG_HIDDEN },
		.check = check_unknown
	},
	{
		.code = CODE_NAME_LOOKUP,
		.certainty = CERTAINTY_LIKELY,
		.needs = { "names.host", "names.lookups.system" },
		.check = check_silent
	},
	{
		.code = CODE_NAME_SEARCHED,
		.certainty = CERTAINTY_SUSPECTED,
		.needs = { "names.lookups.searched" },
		.check = check_searched
	},
	{
		.code = CODE_NAME_NO_MDNS,
		.certainty = CERTAINTY_LIKELY,
		.needs = { "names.mdns", "names.lookups.system" },
		.check = check_no_mdns
	},
	{
		.code = CODE_MAGICDNS_OFF,
		.certainty = CERTAINTY_SURE,
		.needs = { "names.magicdns_resolver", "names.lookups.system", "tailscale.suffix" },
		.check = check_magicdns
	},
	{
		.code = CODE_HOSTS_STALE,
		.certainty = CERTAINTY_LIKELY,
		.needs = { "names.hosts_entry", "tailscale.peer.addresses" },
		.check = check_stale_hosts
	},
	{
		.code = CODE_NAME_OUTSIDE_MESH,
		.certainty = CERTAINTY_SURE,
		.needs = { "names.lookups.system", "tailscale.peer.addresses" },
		.under = { CODE_HOSTS_STALE, CODE_NAME_FAKE },
		.check = check_outside
	},
	{ .code = CODE_NONE }
};
