/* SPDX-License-Identifier: ISC */
/* Rules: ProxyCommand and what goes with it. */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/shell.h"
#include "base/yes-no.h"
#include "facts/lasting.h"
#include "rules/rules-config.h"

#define PROXY	OPTION("proxycommand")

/* What a proxy, which makes the connection itself, makes void in ssh's configuration. */
static const struct ignored {
	char	keyword[24];
	char	harmless[8];	/* a value that asks for nothing */
} ignored[] = {
	{ "addressfamily",	"any" },
	{ "bindaddress",	"none" },
	{ "bindinterface",	"none" },
	{ "connectionattempts",	"1" },
};

const char *
config_text(const json_t *facts, const char *path)
{
	const char	*text = json_text_at(facts, path);

	return (text != NULL ? text : "");
}

int
config_on(const json_t *facts, const char *path)
{
	const char	*value = config_text(facts, path);

	return (value[0] != '\0' && yes_no(value) != 0 && strcasecmp(value, "none") != 0 &&
	    strcmp(value, "0") != 0);
}

const char *
config_where(const json_t *facts, const char *keyword, char to[300])
{
	const json_t	*where;
	char		 path[80];

	snprintf(path, sizeof(path), "ssh.where.%.60s", keyword);
	to[0] = '\0';
	if ((where = json_at(facts, path)) != NULL)
		snprintf(to, 300, " (%.250s:%d)", config_text(where, "file"),
		    (int)json_number_at(where, "line", 0));
	return (to);
}

int
config_check_missing(const json_t *facts, struct finding *f)
{
	const char	*program = config_text(facts, "ssh.proxy.program");
	char		 where[300];

	if (json_truth_at(facts, "ssh.proxy.there") != 0)
		return (0);
	finding_set(f->cause, "The program that the ProxyCommand of this host names is not there.");
	finding_set(f->evidence, "%s%s%s", program, json_truth_at(facts,
	    "ssh.proxy.absolute") == 1 ? " is not an executable file" : " is not in any folder of PATH",
	    config_where(facts, "proxycommand", where));
	finding_cure(f,
	    "Install it, or correct its path; command -v NAME tells where a program is");
	return (1);
}

int
config_check_relative(const json_t *facts, struct finding *f)
{
	const char	*program = config_text(facts, "ssh.proxy.program");
	char		 where[300];

	if (json_truth_at(facts, "ssh.proxy.absolute") != 0 ||
	    json_truth_at(facts, "ssh.proxy.everywhere") != 0)
		return (0);
	finding_set(f->cause,
	    "The ProxyCommand is found by PATH, which nix-daemon, cron and graphical programs set "
	    "otherwise than your " "shell.");
	finding_set(f->evidence, "%s%s is not a path, and not in /usr/bin or /bin", program,
	    config_where(facts, "proxycommand", where));
	finding_cure(f, "Write its whole path there; command -v %s tells it",
	    SHELL_QUOTED(program));
	return (1);
}

/*
 * What Nix made names the store, and keeps what it names; so of a store's paths only those count
 * that meshssh-config wrote.
 */
int
config_check_versioned(const json_t *facts, struct finding *f)
{
	const char			*program = config_text(facts, "ssh.proxy.program"),
					    *file = config_text(facts, "ssh.where.proxycommand.file");
	const struct lasting_store	*store = lasting_store(program);
	char				 where[300];

	if (store == NULL || (store->first && strcmp(file, "~/.ssh/meshssh.conf") != 0 &&
	    strcmp(file, "/etc/ssh/meshssh.conf") != 0))
		return (0);
	finding_set(f->cause,
	    "The ProxyCommand names a program by the folder of one version, which %s removes.",
	    store->takes);
	finding_set(f->evidence, "%s%s", program, config_where(facts, "proxycommand", where));
	finding_cure(f, "Write a path that stays: %s", store->first ?
	    "meshssh-config install, with meshssh in a profile (nix profile install)" :
	    "meshssh-config install, after brew link meshssh");
	return (1);
}

/* ssh waits for a descriptor that the program does not send, or the other way round. */
int
config_check_fdpass(const json_t *facts, struct finding *f)
{
	int		 wanted = config_on(facts, OPTION("proxyusefdpass"));
	int		 passes = json_truth_at(facts, "ssh.proxy.passes_fd");
	const char	*program = config_text(facts, "ssh.proxy.program"),
			    *name = strrchr(program, '/');
	int		 ours = strcmp(name == NULL ? program : name + 1, "meshssh") == 0;
	char		 where[300];

	/* meshssh relays where no descriptor is expected. */
	if (config_on(facts, OPTION("proxyjump")) || passes == -1 || passes == wanted ||
	    (ours && !wanted))
		return (0);
	if (wanted) {
		finding_set(f->cause,
		    "ProxyUseFdpass wants a program that hands over its connection, and this one "
		    "relays bytes, so ssh " "gets none.");
		finding_set(f->evidence, "ProxyUseFdpass yes%s, ProxyCommand %s without %s",
		    config_where(facts, "proxyusefdpass", where),
		    program, ours ? "--fdpass" : "the like");
		finding_cure(f, ours ? "Write --fdpass in that ProxyCommand, or ProxyUseFdpass no" :
		    "Write ProxyUseFdpass no in the host's "
		    "block");
	} else {
		finding_set(f->cause,
		    "The ProxyCommand hands over its connection, and ssh does not wait for one: "
		    "ProxyUseFdpass is off.");
		finding_set(f->evidence, "%s is told to pass a descriptor%s; ProxyUseFdpass no",
		    program, config_where(facts, "proxycommand", where));
		finding_cure(f, "Write ProxyUseFdpass yes in the host's block, or take -F out of its "
		    "ProxyCommand");
	}
	/* Of other programs the flags are known, their versions are not. */
	if (!ours)
		f->certainty = CERTAINTY_LIKELY;
	return (1);
}

int
config_check_ipqos(const json_t *facts, struct finding *f)
{
	const char	*ipqos = config_text(facts, OPTION("ipqos"));

	if (!config_on(facts, OPTION("proxyusefdpass")) || !config_on(facts, PROXY) ||
	    strncmp(ipqos, "none", 4) == 0 || strcmp(ipqos, "cs0 cs0") == 0)
		return (0);
	finding_set(f->cause,
	    "ssh marks the packets of a connection that it was handed (IPQoS); where a path drops marked "
	    "packets, the session hangs.");
	finding_set(f->evidence, "ProxyUseFdpass yes, IPQoS %s, %s", ipqos,
	    config_text(facts, "ssh.version"));
	finding_cure(f, "Add to the host's block: IPQoS none");
	return (1);
}

int
config_check_hides(const json_t *facts, struct finding *f)
{
	char	where[300];

	if (!config_on(facts, PROXY) || !config_on(facts, OPTION("controlpersist")) ||
	    !config_on(facts, OPTION("controlpath")))
		return (0);
	finding_set(f->cause,
	    "With ControlPersist, ssh discards what the ProxyCommand prints when it fails.");
	finding_set(f->evidence, "ControlPersist %s%s", config_text(facts,
	    OPTION("controlpersist")), config_where(facts, "controlpersist", where));
	finding_cure(f, "meshssh --why tells it all the same; for others: ssh -S none HOST");
	return (1);
}

static int
is_loopback(const char *name)
{
	return (strcasecmp(name, "localhost") == 0 || strncmp(name, "127.", 4) == 0 ||
	    strcmp(name, "::1") == 0);
}

int
config_check_localhost(const json_t *facts, struct finding *f)
{
	if (!config_on(facts, PROXY) || !config_on(facts,
	    OPTION("nohostauthenticationforlocalhost")) ||
	    json_truth_at(facts, "ssh.known.found") != 0 ||
	    !is_loopback(config_text(facts, OPTION("hostname"))))
		return (0);
	finding_set(f->cause,
	    "NoHostAuthenticationForLocalhost has no effect through a ProxyCommand, so ssh asks for "
	    "the host's key after " "all.");
	finding_set(f->evidence, "HostName %s, no key for %s is known",
	    config_text(facts, OPTION("hostname")), config_text(facts, "ssh.known.alias"));
	finding_cure(f,
	    "Add to the host's block: ProxyCommand none, as this machine needs no proxy to reach itself");
	finding_cure(f,
	    "Or give it a name of its own with HostKeyAlias NAME, and accept its key once");
	return (1);
}

/* 1 if ssh did so all the same: what it goes through was set for the whole name only. */
static int
proxy_canonical(const json_t *facts)
{
	const char	*host = json_text_at(facts, "names.host"),
			    *name = json_text_at(facts, OPTION("hostname"));

	return (host != NULL && name != NULL && strcasecmp(host, name) != 0 &&
	    json_at(facts, "ssh.where.hostname") == NULL &&
	    json_at(facts, "ssh.conditional.hostname") == NULL);
}

int
config_check_canonicalize(const json_t *facts, struct finding *f)
{
	const char	*value = config_text(facts, OPTION("canonicalizehostname"));

	if (yes_no(value) != 1 || proxy_canonical(facts) ||
	    (!config_on(facts, PROXY) && !config_on(facts, OPTION("proxyjump"))))
		return (0);
	finding_set(f->cause,
	    "ssh does not canonicalize the names of hosts that it reaches through a proxy.");
	finding_set(f->evidence, "CanonicalizeHostname %s, and a proxy for this host", value);
	finding_cure(f, "Write CanonicalizeHostname always, or the whole name as HostName");
	return (1);
}

/* 1 if meshssh was told the same: blocks of ours have AddressFamily as --family. */
static int
proxy_told(const json_t *facts, const char *keyword, const char *value)
{
	char	option[40];

	snprintf(option, sizeof(option), " --family=%.20s ", value);
	return (strcmp(keyword, "addressfamily") == 0 &&
	    json_truth_at(facts, "ssh.proxy.ours") == 1 &&
	    strstr(config_text(facts, PROXY), option) != NULL);
}

int
config_check_ignores(const json_t *facts, struct finding *f)
{
	const char	*value;
	char		 path[64], where[300];
	size_t		 i;

	if (!config_on(facts, PROXY))
		return (0);
	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
		snprintf(path, sizeof(path), OPTION("%.23s"), ignored[i].keyword);
		value = config_text(facts, path);
		if (value[0] == '\0' || strcasecmp(value, ignored[i].harmless) == 0 ||
		    proxy_told(facts, ignored[i].keyword, value))
			continue;
		finding_set(f->cause,
		    "ssh's %s has no effect on a connection that a ProxyCommand makes.",
		    ignored[i].keyword);
		finding_set(f->evidence, "%s %s%s", ignored[i].keyword, value,
		    config_where(facts, ignored[i].keyword, where));
		finding_cure(f,
		    "Tell the ProxyCommand instead; meshssh --help lists what it can be told");
		return (1);
	}
	return (0);
}
