/* SPDX-License-Identifier: ISC */
/* Rules: ssh's configuration. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/shell.h"
#include "facts/query.h"
#include "rules/rules-config.h"
#include "rules/rules.h"

#define NUMBER	"ssh.version_number"
#define KNOWN	"ssh.known.found"

static int
check_ipqos_hex(const json_t *facts, struct finding *f)
{
	const char	*value = config_text(facts, "ssh.where.ipqos.value"),
	    *refuses = config_text(facts, "ssh.refuses");
	char		 where[300];

	if (query_is(facts, "ssh.refuses_code", "ipqos")) {
		finding_set(f->evidence, "ssh says: %s", refuses);
	} else if (strncasecmp(value, "0x", 2) == 0 && json_number_at(facts, "ssh.version_number",
	    908) < 908) {
		f->severity = SEVERITY_NOTE;
		finding_set(f->evidence, "IPQoS %s%s; this ssh is %s", value,
		    config_where(facts, "ipqos", where), config_text(facts, "ssh.version"));
	} else
		return (0);
	finding_set(f->cause, "ssh refuses an IPQoS value like this one%s, and with it every host.",
	    refuses[0] == '\0' ? " from OpenSSH 9.8 on" : "");
	finding_cure(f, "Write \"IPQoS none\" in that line");
	return (1);
}

/* Why ssh refuses a file's owner or mode, and what to do; the last row is for all others. */
static const struct mode_kind {
	char	kind[8];
	char	cause[128];
	char	cure[96];		/* before the name of the file */
	char	other[112];		/* "": there is no other cure */
} mode_kinds[] = {
	{ "store",
	    "ssh's configuration is a link to a file of Nix's, which is not root's in here, so ssh "
	    "refuses it and every host.",
	    "Replace the link by a copy that is yours, with cp --remove-destination: ",
	    "With home-manager, do that in the file's onChange, for each switch makes the link anew." },
	{ "drive",
	    "ssh's configuration is on a Windows drive, which has no modes, so ssh refuses it and "
	    "every host.",
	    "Instead of the link, keep a copy in WSL, with chmod 600: ",
	    "Or in /etc/wsl.conf: [automount], options = \"metadata\"; then wsl --shutdown, and chmod "
	    "600" },
	{ "owner",
	    "A file that ssh reads belongs to another user, so ssh refuses it and every host.",
	    "sudo chown \"$(id -u)\" ", "" },
	{ "", "Others may write to a file that ssh reads, so ssh refuses it and every host.",
	    "chmod go-w ",
	    "If it belongs to another user, make it yours: sudo chown \"$(id -u)\" FILE" },
};

static int
check_mode(const json_t *facts, struct finding *f)
{
	const struct mode_kind	*row = mode_kinds;

	if (!query_is(facts, "ssh.refuses_code", "mode"))
		return (0);
	while (row->kind[0] != '\0' && !query_is(facts, "ssh.refuses_kind", row->kind))
		row++;
	finding_set(f->cause, "%s", row->cause);
	finding_set(f->evidence, "ssh says: %s", config_text(facts, "ssh.refuses"));
	finding_cure(f, "%s%s", row->cure,
	    SHELL_QUOTED(config_text(facts, "ssh.refuses_file")));
	if (row->other[0] != '\0')
		finding_cure(f, "%s", row->other);
	return (1);
}

static int
check_refused(const json_t *facts, struct finding *f)
{
	const char	*refuses = config_text(facts, "ssh.refuses");

	if (refuses[0] == '\0' || query_is(facts, "ssh.refuses_code", "mode") ||
	    query_is(facts, "ssh.refuses_code", "ipqos"))
		return (0);
	finding_set(f->cause, "ssh refuses its configuration, so it connects to no host.");
	finding_set(f->evidence, "ssh says: %s", refuses);
	if (query_is(facts, "ssh.refuses_code", "option"))
		finding_cure(f,
		    "Remove that line, or write above it, for a newer ssh's keyword: IgnoreUnknown "
		    "KEYWORD");
	else
		finding_cure(f,
		    "Correct the line that it names; ssh -G HOST shows whether it is taken");
	return (1);
}

static int
check_slow(const json_t *facts, struct finding *f)
{
	if (json_truth_at(facts, "ssh.slow") != 1)
		return (0);
	finding_set(f->cause,
	    "ssh needs the better part of a second, or more, to read its configuration, before it "
	    "connects anywhere.");
	finding_set(f->evidence, "ssh -G did not end within 0.9 s");
	finding_cure(f,
	    "Look for Match exec in ssh's files: each of these commands is run, twice at times; and for a "
	    "name server that does not answer, where CanonicalizeHostname is set");
	return (1);
}

static int
check_control_dead(const json_t *facts, struct finding *f)
{
	int	answers = json_truth_at(facts, "control.answers"),
		    ms = (int)json_number_at(facts, "control.ms", 0);

	if (answers != 0 && json_truth_at(facts, "control.passes") != 0)
		return (0);
	/* What is wrong with the path comes first. */
	if (query_reached(facts) != 1)
		f->severity = SEVERITY_WARNING;
	finding_set(f->cause,
	    "The shared connection to the host (ControlMaster) is dead, and every new session hangs on it.");
	if (answers == 0)
		finding_set(f->evidence, "its ssh listens and gave no answer in %d ms", ms);
	else
		finding_set(f->evidence,
		    "its ssh answers; the server gave no answer through it in %d ms", ms);
	if (answers != 0)
		finding_cure(f, "ssh -O exit HOST, with the name that you use for the host");
	else
		finding_cure(f, "End the ssh process that holds it: pgrep -af 'ssh: .*mux'");
	if (!config_on(facts, OPTION("serveraliveinterval")))
		finding_cure(f,
		    "Add to the host's block: ServerAliveInterval 15 and ServerAliveCountMax 4");
	finding_cure(f, "For one session without it: ssh -S none HOST");
	return (1);
}

static int
check_old(const json_t *facts, struct finding *f)
{
	if (json_number_at(facts, "ssh.version_number", 999) >= 706)
		return (0);
	finding_set(f->cause,
	    "This ssh is older than 7.6 and does not know what stanzas for meshssh say (IPQoS "
	    "none).");
	finding_set(f->evidence, "ssh -V says %s", config_text(facts, "ssh.version"));
	finding_cure(f, "Install a newer OpenSSH, or leave IPQoS out of the stanza");
	return (1);
}

static int
check_no_include(const json_t *facts, struct finding *f)
{
	static const char	line[] = "Include /etc/ssh/ssh_config.d/*.conf";
	const char		*first = "";
	int			 count = query_ignored(facts, &first),
				    builder = query_builder_ignored(facts);

	if (count == 0)
		return (0);
	if (builder)
		f->severity = SEVERITY_ERROR;
	finding_set(f->cause,
	    "/etc/ssh/ssh_config has no Include for ssh_config.d, so ssh never reads the files "
	    "there%s.", builder ? ", that of Nix's linux-builder among them" : "");
	finding_set(f->evidence, "ignored: %d, the first is %s", count, first);
	if (query_nixos(facts))
		finding_cure(f, "In configuration.nix: programs.ssh.extraConfig = \"%s\";", line);
	else
		finding_cure(f, "Put at the top of /etc/ssh/ssh_config: %s", line);
	/*
	 * Not the home that sudo has: on macOS that is still the user's, and ssh goes by the
	 * password file.
	 */
	if (builder)
		finding_cure(f,
		    "If that file is managed: put the same line into root's, %.60s/.ssh/config",
		    json_text_at(facts, "nix.root_home") != NULL ?
		    json_text_at(facts, "nix.root_home") : "/var/root");
	else
		finding_cure(f,
		    "If that file is managed: put the same line at the top of ~/.ssh/config");
	return (1);
}

/* Keywords with which the wrong one of two lines decides whether, and where, ssh connects. */
static int
shadow_matters(const char *keyword)
{
	static const char	those[][20] = { "hostname", "port", "proxycommand", "proxyjump",
	    "hostkeyalias", "ipqos", "proxyusefdpass" };
	size_t			i;

	for (i = 0; i < sizeof(those) / sizeof(those[0]); i++)
		if (strcmp(keyword, those[i]) == 0)
			return (1);
	return (0);
}

/*
 * A line for this host, and one for many that stands before it. The other way round is how it
 * should be.
 */
static int
check_shadowed(const json_t *facts, struct finding *f)
{
	const json_t	*list = json_at(facts, "ssh.shadowed"), *one;
	char		 path[80];
	size_t		 i;

	for (i = 0; i < json_array_size(list); i++) {
		one = json_array_get(list, i);
		if (json_truth_at(one, "named") != 1 || json_truth_at(one, "by_named") != 0 ||
		    !shadow_matters(config_text(one, "keyword")))
			continue;
		/* ssh has the last word on which of them counts. */
		snprintf(path, sizeof(path), OPTION("%s"), config_text(one, "keyword"));
		if (strcasecmp(config_text(facts, path), config_text(one, "value")) == 0)
			continue;
		finding_set(f->cause,
		    "%s for this host has no effect: a line for many hosts stands before it, and the "
		    "first one wins.", config_text(one, "keyword"));
		finding_set(f->evidence, "%s:%d is not used, %s:%d is", config_text(one, "file"),
		    (int)json_number_at(one, "line", 0), config_text(one, "by_file"),
		    (int)json_number_at(one, "by_line", 0));
		finding_cure(f,
		    "Move the block of this host above that line, best to the top of ~/.ssh/config");
		return (1);
	}
	return (0);
}

static int
check_control_stale(const json_t *facts, struct finding *f)
{
	char	where[300];

	if (!config_on(facts, OPTION("controlmaster")) ||
	    !config_on(facts, OPTION("controlpath")) || config_on(facts,
	    OPTION("serveraliveinterval")))
		return (0);
	finding_set(f->cause,
	    "When the network changes, the shared connection (ControlMaster) dies unnoticed and "
	    "every new session " "hangs on it.");
	finding_set(f->evidence, "ControlMaster %s%s, ServerAliveInterval 0",
	    config_text(facts, OPTION("controlmaster")),
	    config_where(facts, "controlmaster", where));
	finding_cure(f,
	    "Add to the host's block: ServerAliveInterval 15 and ServerAliveCountMax 40");
	finding_cure(f, "To end one that hangs now: ssh -O exit HOST");
	return (1);
}

static int
check_key_mode(const json_t *facts, struct finding *f)
{
	const json_t	*list = json_at(facts, "ssh.key_files"), *one;
	const char	*file;
	size_t		 i;

	for (i = 0; i < json_array_size(list); i++) {
		one = json_array_get(list, i);
		if (json_truth_at(one, "mode_ok") != 0)
			continue;
		file = config_text(one, "file");
		finding_set(f->cause, "Others may read a private key, so ssh does not use it.");
		finding_set(f->evidence, "%s has a mode with bits for group or others", file);
		if (strncmp(file, "/mnt/", 5) == 0)
			finding_cure(f,
			    "A Windows drive has no modes: cp %s ~/.ssh/ and chmod 600 the copy",
			    SHELL_QUOTED(file));
		else
			finding_cure(f, "chmod 600 %s", SHELL_QUOTED(file));
		return (1);
	}
	return (0);
}

/* A block that ssh does not come to, and the line that is the cause. */
static int
check_hidden(const json_t *facts, struct finding *f)
{
	const json_t	*hidden = json_at(facts, "ssh.hidden");

	finding_set(f->cause,
	    "ssh's files have a block for this host, and ssh does not read it: its Include is in a block "
	    "for other hosts.");
	finding_set(f->evidence, "%s line %d names it; the Include is %s line %d",
	    config_text(hidden, "file"), (int)json_number_at(hidden, "line", 0),
	    config_text(hidden, "by_file"), (int)json_number_at(hidden, "by_line", 0));
	finding_cure(f, "Move that Include to the top of %s, above each Host and Match.",
	    config_text(hidden, "by_file"));
	return (1);
}

static int
check_early(const json_t *facts, struct finding *f)
{
	const json_t	*early = json_at(facts, "ssh.early");

	finding_set(f->cause,
	    "A Match host never counts for this host: it stands above the HostName that it asks for.");
	finding_set(f->evidence, "%s line %d; HostName is %s", config_text(early, "file"),
	    (int)json_number_at(early, "line", 0), config_text(facts, OPTION("hostname")));
	finding_cure(f, "Write Match final host there, or move the block below that HostName.");
	return (1);
}

static int
check_missing(const json_t *facts, struct finding *f)
{
	const json_t	*missing = json_at(facts, "ssh.missing");

	finding_set(f->cause, "An Include names a file that is not there, or a folder.");
	finding_set(f->evidence, "%s line %d", config_text(missing, "file"),
	    (int)json_number_at(missing, "line", 0));
	finding_cure(f, "Correct the name, or remove the line.");
	return (1);
}

const struct rule rules_config[] = {
	{ CODE_CONFIG_MODE, CERTAINTY_SURE, { NUMBER }, { CODE_NONE }, check_mode },
	{ CODE_CONFIG_BROKEN, CERTAINTY_SURE, { NUMBER }, { CODE_NONE }, check_refused },
	{ CODE_IPQOS_HEX, CERTAINTY_SURE, { NUMBER }, { CODE_NONE }, check_ipqos_hex },
	{ CODE_PROXY_MISSING, CERTAINTY_SURE, { OPTION("hostname") }, { CODE_NONE },
	    config_check_missing,
	    "ssh.slow" },
	{ CODE_FDPASS_PROXY, CERTAINTY_SURE, { OPTION("proxyusefdpass") }, { CODE_NONE },
	    config_check_fdpass },
	{ CODE_CONFIG_NO_INCLUDE, CERTAINTY_SURE, { "ssh.system_includes", "ssh.system_files" },
	    { CODE_NONE },
	    check_no_include },
	{ CODE_CONFIG_SHADOWED, CERTAINTY_LIKELY, { "ssh.shadowed", "ssh.options" }, { CODE_NONE },
	    check_shadowed, "ssh.slow" },
	{ CODE_CONFIG_HIDDEN, CERTAINTY_SURE, { "ssh.hidden" }, { CODE_NONE }, check_hidden },
	{ CODE_CONFIG_EARLY, CERTAINTY_LIKELY, { "ssh.early" }, { CODE_NONE }, check_early },
	{ CODE_CONFIG_MISSING, CERTAINTY_SURE, { "ssh.missing" }, { CODE_NONE }, check_missing },
	{ CODE_KEY_MODE, CERTAINTY_SURE, { "ssh.key_files" }, { CODE_NONE }, check_key_mode },
	{ CODE_LOCALHOST_PROXY, CERTAINTY_SURE, { OPTION("hostname"), KNOWN }, { CODE_NONE },
	    config_check_localhost },
	{ CODE_CONFIG_SLOW, CERTAINTY_SURE, { NUMBER }, { CODE_NONE }, check_slow },
	{ CODE_CONTROL_STALE, CERTAINTY_LIKELY,
	    { OPTION("controlmaster"), OPTION("serveraliveinterval") }, { CODE_CONTROL_DEAD },
	    check_control_stale },
	{ CODE_CONTROL_DEAD, CERTAINTY_LIKELY, { "control.answers" }, { CODE_NONE },
	    check_control_dead },
	{ CODE_SSH_OLD, CERTAINTY_SURE, { NUMBER }, { CODE_NONE }, check_old },
	{ CODE_FDPASS_IPQOS, CERTAINTY_SURE, { OPTION("proxyusefdpass"), OPTION("ipqos") },
	    { CODE_DSCP_REMARKED },
	    config_check_ipqos },
	{ CODE_PROXY_RELATIVE, CERTAINTY_LIKELY, { OPTION("hostname") }, { CODE_PROXY_MISSING },
	    config_check_relative },
	{ CODE_PROXY_VERSIONED, CERTAINTY_LIKELY, { OPTION("hostname") }, { CODE_PROXY_MISSING },
	    config_check_versioned },
	{ CODE_CONTROL_HIDES, CERTAINTY_SURE, { OPTION("hostname") }, { CODE_NONE },
	    config_check_hides },
	{ CODE_CANONICALIZE_PROXY, CERTAINTY_SURE, { OPTION("canonicalizehostname") },
	    { CODE_NONE },
	    config_check_canonicalize },
	{ CODE_PROXY_IGNORES, CERTAINTY_SURE, { OPTION("hostname") }, { CODE_NONE },
	    config_check_ignores },
	{ .code = CODE_NONE }
};
