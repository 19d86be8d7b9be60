/* SPDX-License-Identifier: ISC */
/* The builder that nix is asked for: its facts. */

#include <sys/types.h>
#include <sys/utsname.h>

#include <ctype.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/json.h"
#include "base/number.h"
#include "config/conf-nix.h"
#include "config/conf.h"
#include "emit/emit-ssh.h"
#include "facts/nix-machines.h"
#include "sshconf/ssh-ask.h"

#define DEFAULT_KEY		"/etc/nix/builder_ed25519"	/* where nix-darwin keeps its own */
#define DEFAULT_FEATURES	"benchmark,big-parallel"	/* what every Nix does unless it was told otherwise */

#define LINUX_BUILDER		"linux-builder"
/*
 * Of nixpkgs' nixos/modules/profiles/keys: its private half is as public, so it is of use on
 * loopback only.
 */
#define LINUX_BUILDER_KEY	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJBWcxb/Blaqt1auOtE+F8QUWrUotiC5qBJ+UuEWVdCb"

/* Where a line of the list has this builder already. */
struct nix_search {
	const char	*alias;
	char		 where[300];
};

/*
 * What Nix's URL calls it: the first label of a name, or an address with hyphens; a name with dots
 * could be completed or looked up, and this one means what its block says.
 */
static int
nix_alias(const char *typed, char alias[ADDR_HOST_MAX + 1], struct error *err)
{
	struct sockaddr_storage	ss;
	char			*p;

	strlcpy(alias, typed, ADDR_HOST_MAX + 1);
	if (addr_literal(typed, 1, &ss) == 0)
		alias[strcspn(alias, ".")] = '\0';
	for (p = alias; *p != '\0'; p++)
		*p = (char)(isalnum((unsigned char)*p) || *p == '_' ?
		    tolower((unsigned char)*p) : '-');
	if (strcmp(alias, "localhost") == 0) {
		error_set(err, CODE_LOCAL_BUILDER,
		    "for a builder called localhost Nix runs no ssh, it builds here");
		return (-1);
	}
	return (0);
}

/* As whom Nix logs in: as it was said, or as the user's own ssh would. */
static int
nix_login(const struct conf *conf, const char *typed, const char *answer, char user[64],
    struct error *err)
{
	const char	*said = conf_text(conf, "ssh-user"), *value = NULL;
	size_t		 len = 0;

	if (said != NULL || (value = ssh_answer(answer, "user", 0, &len)) != NULL) {
		snprintf(user, 64, "%.*s", (int)(said != NULL ? strlen(said) : len),
		    said != NULL ? said : value);
		return (0);
	}
	error_set(err, CODE_USAGE, "%.60s: ssh does not say as whom to log in; use --ssh-user",
	    typed);
	return (-1);
}

/* What was given, or otherwise this. */
static const char *
nix_or(const struct conf *conf, const char *option, const char *otherwise)
{
	return (conf_given(conf, option) ? conf_text(conf, option) : otherwise);
}

static void
nix_there_cb(void *arg, const struct nix_machine *m)
{
	struct nix_search	*s = arg;

	if (strcasecmp(m->host, s->alias) == 0 && strcmp(m->file, EMIT_NIX_MACHINES) != 0 &&
	    s->where[0] == '\0' && emit_nix_path(m->file))
		snprintf(s->where, sizeof(s->where), "%s:%d", m->file, m->line);
}

/* Add one to the document, whose own host key is still to come. */
static json_t *
nix_add(const struct conf *conf, json_t *doc, const char *alias, const char *name, int port,
    struct error *err)
{
	struct nix_search	 s = { .alias = alias };
	json_t			*hosts = json_at(doc, "hosts"), *host, *other;
	size_t			 i;
	int			 jobs = 1;

	json_array_foreach(hosts, i, other)
		if (strcmp(json_text_at(other, "alias"), alias) == 0) {
			error_set(err, CODE_USAGE, "two builders would be called %.60s", alias);
			return (NULL);
		}
	if (conf_given(conf, "max-jobs"))
		number_parse(conf_text(conf, "max-jobs"), 1, INT_MAX, &jobs);
	host = json_pack("{s:s, s:s, s:i, s:s, s:i, s:s, s:s}", "alias", alias, "name", name,
	    "port", port, "key", nix_or(conf, "ssh-key", DEFAULT_KEY), "jobs", jobs, "systems",
	    nix_or(conf, "systems", "-"), "features", nix_or(conf, "supported-features",
	    DEFAULT_FEATURES));
	json_array_append_new(hosts, host);
	nix_machines_read("", nix_there_cb, &s);
	if (s.where[0] != '\0')
		json_put(host, "there", json_string(s.where));
	return (host);
}

/*
 * The virtual machine that nix-darwin starts: all of it is known, and meshssh is of no use on
 * loopback.
 */
static int
nix_add_own(const struct conf *conf, json_t *doc, struct error *err)
{
	struct utsname	u;
	json_t		*host = nix_add(conf, doc, LINUX_BUILDER, "127.0.0.1", 31022, err);
	int		 arm;

	if (host == NULL)
		return (-1);
	arm = uname(&u) == 0 && (strcmp(u.machine, "arm64") == 0 ||
	    strcmp(u.machine, "aarch64") == 0);
	json_put(host, "direct", json_true());
	json_put(host, "user", json_string(nix_or(conf, "ssh-user", "builder")));
	json_put(host, "systems", json_string(nix_or(conf, "systems",
	    arm ? "aarch64-linux" : "x86_64-linux")));
	json_put(host, "features", json_string(nix_or(conf, "supported-features",
	    "kvm,benchmark,big-parallel")));
	json_put(host, "host_key", json_string(LINUX_BUILDER_KEY));
	return (0);
}

/*
 * Without a list of systems Nix takes the builder for one like this machine, which would never be
 * asked in vain.
 */
static int
nix_system_known(const struct conf *conf, const json_t *found, struct error *err)
{
	const char	*here = json_text_at(found, "facts.system.os"),
			    *there = json_text_at(found, "facts.tailscale.peer.os");

	if (conf_given(conf, "systems") || here == NULL || there == NULL)
		return (0);
	if (strcmp(there, "macOS") == 0)
		there = "darwin";
	if (strcmp(here, there) == 0 || (strcmp(there, "darwin") != 0 &&
	    strcmp(there, "linux") != 0))
		return (0);
	error_set(err, CODE_USAGE,
	    "it runs %.20s and this machine %.20s: say --systems=aarch64-%.20s or x86_64-%.20s",
	    there, here, there, there);
	return (-1);
}

/* The key that the last host of the document shows by this way: 0, or -1 with the error set. */
static int
nix_key_shown(const json_t *doc, json_t *host, const char *way, const json_t *known,
    struct error *err)
{
	const size_t		number = json_array_size(json_at(doc, "hosts")) - 1;
	struct emit_nix_host	h;
	char			key[EMIT_NIX_KEY_MAX];

	/* One that is well-formed, so that all else is checked before it is used. */
	json_put(host, "host_key", json_string(LINUX_BUILDER_KEY));
	if (emit_nix_host(doc, number, &h, err) == -1 ||
	    conf_nix_key_ask(doc, &h, way, known, key, err) == -1)
		return (-1);
	json_put(host, "host_key", json_string(key));
	return (0);
}

static int
nix_host_key(const struct conf *conf, const json_t *doc, json_t *host, const char *way,
    const json_t *known, struct error *err)
{
	char	key[EMIT_NIX_KEY_MAX];

	if (conf_given(conf, "host-ca")) {
		/* What known_hosts has of the host itself is another question. */
		if (conf_nix_key_file(conf_text(conf, "host-ca"), json_text_at(host, "alias"),
		    NULL, key, err) == -1)
			return (-1);
		json_put(host, "ca", json_true());
	} else if (conf_given(conf, "host-key")) {
		if (conf_nix_key_file(conf_text(conf, "host-key"), json_text_at(host, "alias"),
		    known, key, err) == -1)
			return (-1);
	} else
		return (nix_key_shown(doc, host, way, known, err));
	json_put(host, "host_key", json_string(key));
	return (0);
}

/*
 * The line by which the caller's ssh says where it connects from, if root's can rely on it; "" if
 * there is none.
 */
static void
nix_bound(const json_t *found, const char *answer, char line[CONF_NIX_WAY])
{
	const char	*keyword;
	char		 value[ADDR_HOST_MAX + 1];
	int		 follow;

	line[0] = '\0';
	/* Beside a ProxyCommand it has no effect. */
	if (emit_ssh_by_meshssh(found) || (keyword = emit_ssh_bound(found, &follow)) == NULL ||
	    !follow || !addr_host_ok(conf_ssh_value(answer, strcmp(keyword, "BindAddress") == 0 ?
	    "bindaddress" : "bindinterface", value, sizeof(value))))
		return;
	snprintf(line, CONF_NIX_WAY, "%s %s", keyword, value);
}

/* How the caller's ssh connects to a host of the document, by this line or "". */
static void
nix_put_way(json_t *host, const json_t *found, const char *line)
{
	const char	*family = json_text_at(found, "facts.ssh.options.addressfamily"), *bound;
	int		 follow;

	if (line[0] != '\0')
		json_put(host, "proxy", json_string(line));
	if (family != NULL && (strcmp(family, "inet") == 0 || strcmp(family, "inet6") == 0))
		json_put(host, "family", json_string(family));
	if (line[0] == '\0' && !emit_ssh_by_meshssh(found) &&
	    (bound = emit_ssh_bound(found, &follow)) != NULL)
		json_put(host, "unbound", json_string(bound));
}

/*
 * A host on the way to a builder, which the hosts before it lead to; "" for the first of them. 0,
 * or -1 with the error set.
 */
static int
nix_add_jump(const struct conf *conf, json_t *doc, const char *alias, const char *spec,
    const char *before, struct error *err)
{
	struct conf_nix_hop	 hop;
	struct ssh_ask		*ask = NULL;
	json_t			*found = NULL, *host, *known = NULL;
	char			 user[64], line[CONF_NIX_WAY] = "";
	int			 result = -1;

	if (conf_nix_hop(spec, &hop, err) == -1 ||
	    (found = conf_document(conf, hop.host, err)) == NULL ||
	    (ask = conf_ssh_ask(hop.host, err)) == NULL)
		goto out;
	if (before[0] == '\0' && emit_ssh_elsewhere(found, 0)) {
		conf_nix_behind(hop.host, err);
		goto out;
	}
	conf_ssh_value(ask->out, "user", user, sizeof(user));
	if (before[0] == '\0')
		nix_bound(found, ask->out, line);
	if ((host = nix_add(conf, doc, alias, json_text_at(found, "target.name"), hop.port != 0 ?
	    hop.port : (int)json_number_at(found, "target.port", 22), err)) == NULL ||
	    (known = conf_nix_known(ask->out, found, alias, err)) == NULL)
		goto out;
	json_put(host, "jump", json_true());
	json_put(host, "direct", json_boolean(before[0] != '\0'));
	json_put(host, "user", json_string(hop.user[0] != '\0' ? hop.user : user));
	if (before[0] == '\0')
		nix_put_way(host, found, line);
	result = nix_key_shown(doc, host, before[0] != '\0' ? before :
	    line[0] != '\0' ? line : NULL, known, err);
out:
	free(ask);
	json_decref(known);
	json_decref(found);
	return (result);
}

/* All of them: 0, with the line for the builder's own block, or -1 with the error set. */
static int
nix_add_jumps(const struct conf *conf, json_t *doc, const char *alias, const char *jumps,
    char line[CONF_NIX_WAY], struct error *err)
{
	char	before[CONF_NIX_WAY] = "", name[ADDR_HOST_MAX + 16], spec[CONF_NIX_WAY];
	int	i, len;

	strlcpy(line, "ProxyJump", CONF_NIX_WAY);
	for (i = 1; *jumps != '\0'; i++, jumps += len + (jumps[len] == ',')) {
		len = (int)strcspn(jumps, ",");
		snprintf(spec, sizeof(spec), "%.*s", len, jumps);
		snprintf(name, sizeof(name), "%s-jump%d", alias, i);
		if (nix_add_jump(conf, doc, name, spec, before, err) == -1)
			return (-1);
		strlcat(before, i > 1 ? "," : "ProxyJump ", sizeof(before));
		strlcat(before, spec, sizeof(before));
		strlcat(line, i > 1 ? "," : " ", CONF_NIX_WAY);
		if (strlcat(line, name, CONF_NIX_WAY) >= CONF_NIX_WAY) {
			conf_nix_behind(alias, err);
			return (-1);
		}
	}
	return (0);
}

/*
 * The way that the caller's ssh takes to it, as a line of root's block, and what the caller's own
 * is asked by for the key; both are "" if ssh connects by itself or through meshssh, as root's
 * will. 0, or -1 with the error set.
 */
static int
nix_way(const struct conf *conf, json_t *doc, const json_t *found, const char *alias,
    const char *answer, char line[CONF_NIX_WAY], char own[CONF_NIX_WAY], struct error *err)
{
	char	jumps[CONF_NIX_WAY];

	own[0] = '\0';
	if (!emit_ssh_elsewhere(found, 0)) {
		nix_bound(found, answer, line);
		strlcpy(own, line, CONF_NIX_WAY);
		return (0);
	}
	if (conf_nix_way(found, answer, alias, jumps, line, err) == -1)
		return (-1);
	if (jumps[0] != '\0') {
		strlcpy(own, "ProxyJump ", CONF_NIX_WAY);
		strlcat(own, jumps, CONF_NIX_WAY);
		return (nix_add_jumps(conf, doc, alias, jumps, line, err));
	}
	strlcpy(own, line, CONF_NIX_WAY);
	return (0);
}

/* The host of a document of its own, with what ssh answers for it. */
static int
nix_add_found(const struct conf *conf, json_t *doc, const json_t *found, const char *alias,
    const char *answer, struct error *err)
{
	char	 user[64], line[CONF_NIX_WAY], own[CONF_NIX_WAY];
	json_t	*host, *known = NULL;
	int	 result = -1;

	if (nix_system_known(conf, found, err) == -1 ||
	    nix_login(conf, alias, answer, user, err) == -1 ||
	    nix_way(conf, doc, found, alias, answer, line, own, err) == -1 ||
	    (host = nix_add(conf, doc, alias, json_text_at(found, "target.name"),
	    (int)json_number_at(found, "target.port", 22), err)) == NULL ||
	    (known = conf_nix_known(answer, found, alias, err)) == NULL)
		return (-1);
	nix_put_way(host, found, line);
	if (json_put(host, "user", json_string(user)) == 0)
		result = nix_host_key(conf, doc, host, own[0] != '\0' ? own : NULL, known, err);
	else
		error_set(err, CODE_USAGE, "the user's name is not valid UTF-8");
	json_decref(known);
	return (result);
}

static int
nix_add_typed(const struct conf *conf, json_t *doc, const char *typed, struct error *err)
{
	char		 alias[ADDR_HOST_MAX + 1];
	struct ssh_ask	*ask = NULL;
	json_t		*found = NULL;
	int		 result = -1;

	if (nix_alias(typed, alias, err) == 0 && (found = conf_document(conf, typed,
	    err)) != NULL && (ask = conf_ssh_ask(typed, err)) != NULL)
		result = nix_add_found(conf, doc, found, alias, ask->out, err);
	free(ask);
	json_decref(found);
	return (result);
}

json_t *
conf_nix_document(struct conf *conf, char **words, struct error *err)
{
	const struct passwd	*pw = getpwuid(0);
	char			 builders[NIX_BUILDERS_MAX];
	json_t			*doc;
	int			 result = 0;

	/* The host is asked for its key, and nothing else. */
	json_put(conf->wanted, "no-probe", json_true());
	if ((doc = conf_document(conf, NULL, err)) == NULL)
		return (NULL);
	nix_builders("", builders);
	json_put(doc, "hosts", json_array());
	json_put(doc, "wanted.program-named", json_boolean(conf_given(conf, "program")));
	if (json_put(doc, "facts.nix.root_home",
	    json_string(pw != NULL ? pw->pw_dir : "/root")) == -1 ||
	    json_put(doc, "facts.nix.builders", json_string(builders)) == -1) {
		error_set(err, CODE_USAGE, "builders in nix.conf is not valid UTF-8");
		result = -1;
	}
	if (result == 0 && conf_given(conf, LINUX_BUILDER))
		result = nix_add_own(conf, doc, err);
	for (; result == 0 && *words != NULL; words++)
		result = nix_add_typed(conf, doc, *words, err);
	if (result == 0)
		return (doc);
	json_decref(doc);
	return (NULL);
}
