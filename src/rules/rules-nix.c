/* SPDX-License-Identifier: ISC */
/* Rules: Nix's remote builders. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/shell.h"
#include "base/yes-no.h"
#include "facts/query.h"
#include "rules/rules.h"

#define BUILDER(name)	"nix.builder." name

static const char *
nix_text(const json_t *facts, const char *path)
{
	const char	*text = json_text_at(facts, path);

	return (text != NULL ? text : "");
}

/* The configuration file of root's ssh. */
static const char *
nix_file(const json_t *facts, char to[120])
{
	const char	*home = json_text_at(facts, "nix.root_home");

	snprintf(to, 120, "%.100s/.ssh/config", home != NULL ? home : "/root");
	return (to);
}

/* "FILE:LINE: URI" of the builder. */
static const char *
nix_builder_text(const json_t *facts, char to[200])
{
	snprintf(to, 200, "%.60s:%d: %.100s", nix_text(facts, BUILDER("file")),
	    (int)json_number_at(facts, BUILDER("line"), 0), nix_text(facts, BUILDER("uri")));
	return (to);
}

/* 1 if Nix runs ssh as root: without a daemon it is whoever builds. */
static int
nix_as_root(const json_t *facts)
{
	return (json_truth_at(facts, "nix.daemon") == 1 ||
	    json_truth_at(facts, "system.root") == 1);
}

/*
 * 1 if root's files decide: a file of its own in the daemon's environment would stand in their
 * place.
 */
static int
nix_plain(const json_t *facts)
{
	return (nix_as_root(facts) && strstr(nix_text(facts, "nix.daemon_sshopts"), "-F") == NULL);
}

static int
check_machines(const json_t *facts, struct finding *f)
{
	const json_t	*list = json_at(facts, "nix.machines"), *one;
	size_t		 i;

	for (i = 0; i < json_array_size(list); i++) {
		one = json_array_get(list, i);
		if (json_at(one, "error") == NULL)
			continue;
		finding_set(f->cause,
		    "Nix cannot read a line of its list of builders, and one such line fails every "
		    "build.");
		finding_set(f->evidence, "%s:%d: %s", nix_text(one, "file"),
		    (int)json_number_at(one, "line", 0), nix_text(one, "error"));
		finding_cure(f,
		    "Columns: URI systems key jobs speed features mandatory host-key; blanks only between "
		    "them, - for none");
		finding_cure(f,
		    "Column 8: base64 -w0 < ssh_host_ed25519_key.pub (macOS: base64 < FILE | tr -d '\\n')");
		return (1);
	}
	return (0);
}

static int
check_remark(const json_t *facts, struct finding *f)
{
	const json_t	*list = json_at(facts, "nix.machines"), *one;
	size_t		 i;

	for (i = 0; i < json_array_size(list); i++) {
		one = json_array_get(list, i);
		/* A wrong host key has a finding of its own. */
		if (json_at(one, "remark_code") == NULL || query_is(one, "remark_code", "host-key"))
			continue;
		finding_set(f->cause, "A line in Nix's list of builders is odd.");
		finding_set(f->evidence, "%s:%d: %s", nix_text(one, "file"),
		    (int)json_number_at(one, "line", 0), nix_text(one, "remark"));
		finding_cure(f,
		    "Columns: URI systems key jobs speed features mandatory host-key; blanks only between "
		    "them, - for none");
		return (1);
	}
	return (0);
}

static int
check_host_key(const json_t *facts, struct finding *f)
{
	char	builder[200];

	if (json_truth_at(facts, BUILDER("host_key_ok")) != 0)
		return (0);
	finding_set(f->cause,
	    "The host key in the builder's line is not a host key, so ssh refuses the builder.");
	finding_set(f->evidence, "%s: %s", nix_builder_text(facts, builder),
	    nix_text(facts, BUILDER("remark")));
	finding_cure(f,
	    "On the builder: base64 -w0 /etc/ssh/ssh_host_ed25519_key.pub (macOS: base64 < FILE | tr -d "
	    "'\\n')");
	finding_cure(f,
	    "The result is column 8 of %s, publicHostKey in a Nix module; meshssh-config nix %s prints both",
	    nix_text(facts, BUILDER("file")), SHELL_QUOTED(nix_text(facts, BUILDER("host"))));
	return (1);
}

/*
 * Nix writes the pinned key under the name in the URI; ssh looks for HostKeyAlias, or else for
 * HostName.
 */
static int
check_key_alias(const json_t *facts, struct finding *f)
{
	const char	*host = nix_text(facts, BUILDER("host")),
			    *alias = json_text_at(facts, BUILDER("hostkeyalias"));
	const char	*hostname = json_text_at(facts, BUILDER("hostname"));
	const char	*looked_for = alias != NULL ? alias : hostname;
	char		 file[120];

	if (json_truth_at(facts, BUILDER("host_key_ok")) != 1 || looked_for == NULL ||
	    strcasecmp(looked_for, host) == 0 || strchr(looked_for, '%') != NULL ||
	    json_truth_at(facts, BUILDER("options_known")) != 1 || !nix_plain(facts))
		return (0);
	finding_set(f->cause,
	    "Nix pins the builder's key to the name %s, and root's ssh looks for it under %s: the "
	    "key counts as unknown.", host, looked_for);
	finding_set(f->evidence, "%s %s, and no HostKeyAlias %s",
	    alias != NULL ? "HostKeyAlias" : "HostName", looked_for, host);
	finding_cure(f, "Add to the builder's block in %s: HostKeyAlias %s", nix_file(facts, file),
	    host);
	return (1);
}

static int
check_key_unknown(const json_t *facts, struct finding *f)
{
	const char	*strict = nix_text(facts, BUILDER("stricthostkeychecking")),
	    *host = nix_text(facts, BUILDER("host"));

	if (json_truth_at(facts, BUILDER("host_known")) != 0 ||
	    json_at(facts, BUILDER("host_key_ok")) != NULL ||
	    json_truth_at(facts, BUILDER("options_known")) != 1 || !nix_plain(facts) ||
	    yes_no(strict) == 0 || strcasecmp(strict, "accept-new") == 0)
		return (0);
	finding_set(f->cause,
	    "Root does not know the builder's host key, and nix-daemon has no terminal to ask on: "
	    "ssh refuses the builder.");
	finding_set(f->evidence,
	    "no key in column 8 of its line, and none for %s in root's known_hosts", host);
	finding_cure(f,
	    "On the builder: base64 -w0 /etc/ssh/ssh_host_ed25519_key.pub; the result is column 8 of its "
	    "line");
	finding_cure(f, "Or accept it once as root: %sssh %s true", query_sudo(facts),
	    SHELL_QUOTED(host));
	return (1);
}

/* 1 if what Nix's ssh connects to is what showed its key. */
static int
nix_same_server(const json_t *facts)
{
	const char	*host = json_text_at(facts, BUILDER("hostname")),
			    *other = nix_text(facts, "ssh.options.hostname"),
			    *port = json_text_at(facts, BUILDER("port"));
	int		 uri = (int)json_number_at(facts, BUILDER("uri_port"), 0);

	if (host == NULL || strcmp(host, "%h") == 0)
		host = nix_text(facts, BUILDER("host"));
	if (uri == 0)
		uri = port != NULL ? atoi(port) : 22;
	return (strcasecmp(host, other) == 0 &&
	    uri == (int)json_number_at(facts, "connect.port", uri) &&
	    uri == atoi(nix_text(facts, "ssh.options.port")));
}

/*
 * 1 if each of the keys is of the type that was shown: of another one nothing is said, for Nix's
 * ssh may ask for that.
 */
static int
nix_of_type(const json_t *keys, const char *shown)
{
	const json_t	*one;
	const char	*key;
	size_t		 i, len = strcspn(shown, " ") + 1;

	json_array_foreach(keys, i, one)
		if ((key = json_string_value(one)) == NULL || strncmp(key, shown, len) != 0)
			return (0);
	return (1);
}

static int
check_key_changed(const json_t *facts, struct finding *f)
{
	const json_t	*keys = json_at(facts, BUILDER("known_keys")), *one;
	const char	*shown = nix_text(facts, "server.host_key"),
			    *strict = nix_text(facts, BUILDER("stricthostkeychecking"));
	int		 pinned = json_truth_at(facts, BUILDER("host_key_ok")) == 1;
	size_t		 i, len = strlen(shown);
	char		 builder[200];

	if (strchr(shown, ' ') == NULL || len < 8 || !nix_plain(facts) ||
	    json_truth_at(facts, BUILDER("options_known")) != 1 || !nix_same_server(facts) ||
	    yes_no(strict) == 0 || strcasecmp(strict, "accept-new") == 0 ||
	    !nix_of_type(keys, shown))
		return (0);
	json_array_foreach(keys, i, one)
		if (strcmp(json_string_value(one), shown) == 0)
			return (0);
	finding_set(f->cause, "The builder shows another host key than %s, so ssh refuses it.",
	    pinned ? "the one in its line" : "those that root's ssh knows for it");
	finding_set(f->evidence, "%s; it shows %.*s ...%s", nix_builder_text(facts, builder),
	    (int)strcspn(shown, " "), shown, shown + len - 8);
	finding_cure(f,
	    "Make sure that it is the right machine; on its console: cat /etc/ssh/ssh_host_*_key.pub");
	if (pinned)
		finding_cure(f, "On the builder: base64 -w0 /etc/ssh/ssh_host_ed25519_key.pub; the result is "
		    "column 8 of its line, publicHostKey in a Nix module");
	else
		finding_cure(f, "Correct it where it stands: root's known_hosts, "
		    "/etc/ssh/ssh_known_hosts, or programs.ssh.knownHosts");
	return (1);
}

static int
check_localhost(const json_t *facts, struct finding *f)
{
	char	builder[200];

	if (strcmp(nix_text(facts, BUILDER("host")), "localhost") != 0)
		return (0);
	if (json_truth_at(facts, BUILDER("user_given")) == 1 ||
	    json_number_at(facts, BUILDER("uri_port"), 0) != 0) {
		f->severity = SEVERITY_NOTE;
		f->certainty = CERTAINTY_SUSPECTED;
		finding_set(f->cause,
		    "Nix 2.31.0 to 2.31.2 use no ssh at all for a builder named localhost, but build "
		    "here.");
	} else
		finding_set(f->cause,
		    "For a builder named localhost Nix uses no ssh at all: it builds on this machine "
		    "itself.");
	finding_set(f->evidence, "%s", nix_builder_text(facts, builder));
	finding_cure(f,
	    "Give it a name of its own in root's ssh config (Host NAME, HostName 127.0.0.1, Port N) and in "
	    "its line");
	return (1);
}

/*
 * What root's ssh lacks: the user's own file shows it, or the name is the one that only a stanza
 * gives a meaning.
 */
static int
check_root_config(const json_t *facts, struct finding *f)
{
	const char	*host = nix_text(facts, BUILDER("host"));
	int		 own = json_truth_at(facts, BUILDER("in_user_config")) == 1;
	int		 linux_builder = strcmp(host, "linux-builder") == 0;
	char		 file[120], folder[120];

	/* That its file is there and not read is the cause, and has its own rule. */
	if (json_truth_at(facts, BUILDER("in_root_config")) != 0 || (!own && !linux_builder) ||
	    !nix_plain(facts) || (linux_builder && query_builder_ignored(facts)))
		return (0);
	finding_set(f->cause,
	    "nix-daemon runs ssh as root, and root's ssh has no block for the builder %s%s.", host,
	    own ? "; yours is not read" : "");
	finding_set(f->evidence,
	    "neither %s nor /etc/ssh/ssh_config, with what they include, names %s",
	    nix_file(facts, file), host);
	snprintf(folder, sizeof(folder), "%.*s", (int)(strlen(file) - strlen("/config")), file);
	if (json_truth_at(facts, "nix.root_config") == 0)
		finding_cure(f, "%smkdir -p -m 700 %s", query_sudo(facts), SHELL_QUOTED(folder));
	if (linux_builder)
		finding_cure(f,
		    "%smeshssh-config nix --linux-builder --install writes it; without --install it is printed",
		    query_sudo(facts));
	else
		finding_cure(f,
		    "Copy the block Host %s of your ~/.ssh/config to %s, with whole paths in it",
		    host, file);
	finding_cure(f, "%schmod 600 %s; then %sssh %s true shows whether it works",
	    query_sudo(facts), SHELL_QUOTED(file), query_sudo(facts), SHELL_QUOTED(host));
	return (1);
}

static int
check_port(const json_t *facts, struct finding *f)
{
	const char	*host = nix_text(facts, BUILDER("host"));
	int		 port = (int)json_number_at(facts, BUILDER("user_port"), 22);
	char		 file[120];

	if (strcmp(host, "linux-builder") == 0)
		port = 31022;
	if (port == 22 || json_truth_at(facts, BUILDER("port_in_stanza")) != 0 ||
	    json_at(facts, BUILDER("uri_port")) != NULL || query_builder_ignored(facts) ||
	    !nix_plain(facts))
		return (0);
	finding_set(f->cause,
	    "Root's ssh would take port 22 for the builder, which listens on another.");
	finding_set(f->evidence, "no Port for %s in what root's ssh reads; %s %d", host,
	    json_at(facts, BUILDER("user_port")) != NULL ?
	    "your own ssh config says" : "nix-darwin starts it on", port);
	finding_cure(f, "Add to the block Host %s in %s: Port %d", host, nix_file(facts, file),
	    port);
	return (1);
}

static int
check_root_mode(const json_t *facts, struct finding *f)
{
	char	file[120];

	/* Where this is root's own ssh, it has said so already. */
	if (json_truth_at(facts, "nix.root_config_ok") != 0 || !nix_plain(facts) ||
	    (json_truth_at(facts, "system.root") == 1 &&
	    query_is(facts, "ssh.refuses_code", "mode")))
		return (0);
	finding_set(f->cause,
	    "Others may write to root's ssh config, so ssh refuses it, and Nix reaches no builder.");
	finding_set(f->evidence, "%s is not root's alone", nix_file(facts, file));
	finding_cure(f, "%schown root %s; %schmod 600 %s", query_sudo(facts), SHELL_QUOTED(file),
	    query_sudo(facts), SHELL_QUOTED(file));
	return (1);
}

static int
check_key(const json_t *facts, struct finding *f)
{
	const char	*key = nix_text(facts, BUILDER("key_file"));

	if (json_truth_at(facts, BUILDER("key_readable_by_root")) != 0 ||
	    (json_truth_at(facts, BUILDER("key_there")) != 0 && !nix_as_root(facts)))
		return (0);
	finding_set(f->cause, "The private key in the builder's line %s.",
	    json_truth_at(facts, BUILDER("key_there")) == 0 ? "is not there" :
	    "cannot be read by root, as whom nix-daemon runs ssh");
	finding_set(f->evidence, "%s, in %s:%d", key, nix_text(facts, BUILDER("file")),
	    (int)json_number_at(facts, BUILDER("line"), 0));
	finding_cure(f,
	    "%sssh-keygen -t ed25519 -N '' -f %s, and its .pub into authorized_keys on the builder",
	    query_sudo(facts), SHELL_QUOTED(key));
	return (1);
}

static int
check_key_mode(const json_t *facts, struct finding *f)
{
	const char	*key = nix_text(facts, BUILDER("key_file"));

	if (json_truth_at(facts, BUILDER("key_mode_ok")) != 0 || !nix_as_root(facts))
		return (0);
	finding_set(f->cause, "Others may read the builder's private key, so ssh does not use it.");
	finding_set(f->evidence, "%s has a mode with bits for group or others", key);
	finding_cure(f, "%schmod 600 %s", query_sudo(facts), SHELL_QUOTED(key));
	return (1);
}

static int
check_key_encrypted(const json_t *facts, struct finding *f)
{
	const char	*key = nix_text(facts, BUILDER("key_file"));

	if (json_truth_at(facts, BUILDER("key_encrypted")) != 1 || !nix_as_root(facts))
		return (0);
	finding_set(f->cause,
	    "The builder's private key has a passphrase, and nix-daemon has neither terminal nor "
	    "agent to get it from.");
	finding_set(f->evidence, "%s is encrypted", key);
	finding_cure(f,
	    "Make one without, and name it in column 3: %sssh-keygen -t ed25519 -N '' -f "
	    "/etc/nix/builder_ed25519", query_sudo(facts));
	return (1);
}

static int
check_control(const json_t *facts, struct finding *f)
{
	const char	*value = nix_text(facts, BUILDER("controlmaster"));

	if (value[0] == '\0' || yes_no(value) == 0 || !nix_plain(facts))
		return (0);
	finding_set(f->cause,
	    "ssh shares connections to the builder (ControlMaster): Nix 2.15 fails with that, and a dead "
	    "one hangs every build.");
	finding_set(f->evidence, "ControlMaster %s (%s)", value,
	    nix_text(facts, BUILDER("controlmaster_where")));
	finding_cure(f, "Add to the builder's block: ControlMaster no and ControlPath none");
	return (1);
}

static int
check_relative(const json_t *facts, struct finding *f)
{
	const char	*program = nix_text(facts, BUILDER("proxy_program"));

	if (!nix_plain(facts) || (json_truth_at(facts, BUILDER("proxy_there")) != 0 &&
	    (json_truth_at(facts, BUILDER("proxy_relative")) != 1 ||
	    json_truth_at(facts, BUILDER("proxy_everywhere")) != 0)))
		return (0);
	finding_set(f->cause,
	    "nix-daemon does not find the builder's ProxyCommand: its PATH is not that of your "
	    "shell.");
	finding_set(f->evidence, "%s %s", program, json_truth_at(facts,
	    BUILDER("proxy_relative")) == 1 ?
	    "is not a path, and is in none of /usr/bin, /bin, /usr/sbin, /sbin" :
	    "is not an executable file");
	finding_cure(f, "Write its whole path in the builder's block; command -v meshssh tells it");
	/* A daemon may have been given a PATH of its own. */
	if (json_truth_at(facts, BUILDER("proxy_there")) == 0)
		f->certainty = CERTAINTY_SURE;
	return (1);
}

static int
check_sshopts(const json_t *facts, struct finding *f)
{
	if (json_truth_at(facts, "nix.daemon") != 1 || nix_text(facts, "nix.sshopts")[0] == '\0')
		return (0);
	finding_set(f->cause,
	    "Builds go through nix-daemon, which does not see the NIX_SSHOPTS of your shell.");
	finding_set(f->evidence, "NIX_SSHOPTS is %s here", nix_text(facts, "nix.sshopts"));
	finding_cure(f,
	    "Write it as a block in root's ssh config, or set it in the daemon's own environment");
	return (1);
}

static int
check_silent(const json_t *facts, struct finding *f)
{
	char	builder[200];

	if (strcmp(nix_text(facts, BUILDER("scheme")), "ssh-ng") != 0)
		return (0);
	finding_set(f->cause,
	    "With ssh-ng Nix does not tell why ssh failed: only the daemon's log has it.");
	finding_set(f->evidence, "%s", nix_builder_text(facts, builder));
	finding_cure(f, "If meshssh is its ProxyCommand: %smeshssh --why", query_sudo(facts));
	finding_cure(f, "%sssh %s true, or the scheme ssh:// for one try, shows it as well",
	    query_sudo(facts), SHELL_QUOTED(nix_text(facts, BUILDER("host"))));
	return (1);
}

static int
check_alive(const json_t *facts, struct finding *f)
{
	if (json_truth_at(facts, BUILDER("options_known")) != 1 ||
	    json_at(facts, BUILDER("serveraliveinterval")) != NULL || !nix_plain(facts))
		return (0);
	finding_set(f->cause,
	    "Neither Nix nor root's ssh has a time limit: a dead link stops a build for ever.");
	finding_set(f->evidence, "no ServerAliveInterval for %s", nix_text(facts, BUILDER("host")));
	finding_cure(f,
	    "Add to the builder's block: ServerAliveInterval 15, ServerAliveCountMax 4, ConnectTimeout 15");
	return (1);
}

/* Of root's files a user sees nothing, and what nix-daemon does is in them. */
static int
check_unseen(const json_t *facts, struct finding *f)
{
	const char	*host = nix_text(facts, BUILDER("host"));

	if (json_truth_at(facts, "nix.daemon") != 1 || json_truth_at(facts,
	    BUILDER("options_known")) != 0 || json_at(facts, BUILDER("in_root_config")) != NULL ||
	    !nix_plain(facts))
		return (0);
	finding_set(f->cause,
	    "nix-daemon runs ssh as root, and what root's ssh has for the builder %s only root can see%s.",
	    host, json_truth_at(facts, BUILDER("in_user_config")) == 1 ?
	    "; your block for it is not read" : "");
	finding_set(f->evidence, "%s/.ssh cannot be looked into", nix_text(facts, "nix.root_home"));
	finding_cure(f, "sudo meshssh --doctor %s", SHELL_QUOTED(host));
	return (1);
}

const struct rule rules_nix[] = {
	{ CODE_NIX_MACHINES, CERTAINTY_SURE, { "nix.machines" }, { CODE_NONE }, check_machines },
	{ CODE_NIX_ROOT_MODE, CERTAINTY_SURE, { "nix.root_config_ok" }, { CODE_NONE },
	    check_root_mode },
	{ CODE_NIX_ROOT_CONFIG, CERTAINTY_LIKELY, { BUILDER("in_root_config") }, { CODE_NONE },
	    check_root_config, "nix.builder" },
	{ CODE_NIX_PORT, CERTAINTY_LIKELY, { BUILDER("port_in_stanza") }, { CODE_NIX_ROOT_CONFIG },
	    check_port, "nix.builder" },
	{ CODE_NIX_KEY, CERTAINTY_SURE, { BUILDER("key_readable_by_root") }, { CODE_NONE },
	    check_key,
	    BUILDER("key_file") },
	{ CODE_NIX_KEY_MODE, CERTAINTY_SURE, { BUILDER("key_mode_ok") }, { CODE_NONE },
	    check_key_mode,
	    BUILDER("key_file") },
	{ CODE_NIX_KEY_ENCRYPTED, CERTAINTY_SURE, { BUILDER("key_encrypted") }, { CODE_NONE },
	    check_key_encrypted, BUILDER("key_file") },
	{ CODE_NIX_HOST_KEY, CERTAINTY_SURE, { BUILDER("host_key_ok") }, { CODE_NIX_MACHINES },
	    check_host_key },
	{ CODE_NIX_HOST_KEY_ALIAS, CERTAINTY_LIKELY, { BUILDER("host_key_ok") }, { CODE_NONE },
	    check_key_alias },
	{ CODE_NIX_HOST_KEY_UNKNOWN, CERTAINTY_LIKELY, { BUILDER("host_known") },
	    { CODE_NIX_ROOT_CONFIG },
	    check_key_unknown },
	{ CODE_NIX_HOST_KEY_CHANGED, CERTAINTY_SURE, { BUILDER("known_keys"), "server.host_key" },
	    { CODE_NIX_HOST_KEY_ALIAS }, check_key_changed },
	{ CODE_NIX_PROXY_RELATIVE, CERTAINTY_LIKELY, { BUILDER("proxy_relative") }, { CODE_NONE },
	    check_relative },
	{ CODE_NIX_LOCALHOST, CERTAINTY_SURE, { BUILDER("host") }, { CODE_NONE }, check_localhost },
	{ CODE_NIX_CONTROL, CERTAINTY_LIKELY, { BUILDER("controlmaster") }, { CODE_NONE },
	    check_control },
	{ CODE_NIX_MACHINES_UNEXPECTED, CERTAINTY_LIKELY, { "nix.machines" }, { CODE_NIX_MACHINES },
	    check_remark },
	{ CODE_NIX_SSHOPTS, CERTAINTY_SURE, { "nix.sshopts", "nix.daemon" }, { CODE_NONE },
	    check_sshopts },
	{ CODE_NIX_UNSEEN, CERTAINTY_SURE, { BUILDER("options_known") }, { CODE_NONE },
	    check_unseen },
	{ CODE_NIX_NG_SILENT, CERTAINTY_SURE, { BUILDER("scheme") }, { CODE_NONE }, check_silent },
	{ CODE_NIX_ALIVE, CERTAINTY_SURE, { BUILDER("options_known") }, { CODE_NIX_ROOT_CONFIG },
	    check_alive },
	{ .code = CODE_NONE }
};
