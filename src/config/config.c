/* SPDX-License-Identifier: ISC */
/* meshssh-config's commands and options. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/names.h"
#include "base/version.h"
#include "config/conf.h"
#include "facts/lasting.h"

static int	conf_port(void *, const char *);
static int	conf_or(void *, const char *);

const struct conf_command	conf_commands[] = {
	{ "stanza", "HOST...", conf_emit_hosts, "print an ssh_config block for each host",
	    { "fdpass", "match", "no-probe", "or", "port", "program", "tailscaled" } },
	{ "tailnet", "", conf_emit_mesh, "print an ssh_config block for each peer of the mesh",
	    { "online", "os", "program", "tag", "tailscaled", "user" } },
	{ "known-hosts", "", conf_emit_mesh,
	    "print the host keys that the mesh publishes, in the format of known_hosts",
	    { "online", "os", "tag", "tailscaled", "user" } },
	{ "install", "[HOST...]", conf_install,
	    "make ssh read the blocks of these hosts; without a host, update those installed",
	    { "dry-run", "fdpass", "no-probe", "online", "or", "os", "program", "root", "system", "tag",
	    "tailnet", "tailscaled", "user" } },
	{ "remove", "[HOST...]", conf_remove,
	    "remove the blocks of these hosts; without a host, everything",
	    { "dry-run", "root", "system", "tailnet" } },
	{ "check", "[HOST...]", conf_check,
	    "check that the blocks take effect; if not, show which file and line wins",
	    { "root", "system" } },
	{ "diff", "HOST...", conf_diff,
	    "show what ssh takes otherwise with the blocks of these hosts than without",
	    { "fdpass", "no-probe", "or", "program", "root", "system", "tailscaled" } },
	{ "nix", "HOST...", conf_nix, "print what makes hosts remote builders for Nix",
	    { "check", "darwin", "dry-run", "host-ca", "host-key", "install", "linux-builder", "max-jobs",
	    "nixos", "program", "protocol", "ssh-key", "ssh-user", "sshopts", "supported-features",
	    "systems", "tailscaled" } },
	{ "serve", "", conf_serve,
	    "print what lets SSH sessions with this machine outlive their connections",
	    { "dry-run", "install", "listen", "nixos", "port", "program", "remove", "rootless",
	    "tailscaled" } },
	{ "wsl", "", conf_wsl, "print lines for .wslconfig and wsl.conf of this WSL",
	    { "generic", "tailscaled" } },
	{ "windows", "", conf_windows,
	    "print a PowerShell script that sets up the SSH server, keys and the mesh",
	    { "distribution", "forward", "key", "login-server", "tailscaled", "user" } },
	{ "nfs", "HOST:PATH DIR", conf_nfs, "print an fstab line, with a tunnel if one is needed",
	    { "port", "program", "soft", "tailscaled" } },
	{ NULL, NULL, NULL, NULL, { NULL } }
};

const struct option_row		conf_options[] = {
	{ "distribution", "NAME",	NULL,
	    "windows: the WSL distribution, if not the default one" },
	{ "dry-run",	NULL,		NULL,	"show what would change, and change nothing" },
	{ "fdpass",	NULL,		NULL,
	    "let ssh have the connection itself where the path is clean; for OpenSSH alone" },
	{ "forward",	"PORT",		conf_port,
	    "windows: the Windows port that leads to sshd in WSL" },
	{ "generic",	NULL,		NULL,	"wsl: print what suits any WSL 2" },
	{ "key",	"FILE",		NULL,
	    "windows: public keys that may log in as an administrator" },
	{ "listen",	"ADDRESSES",	NULL,
	    "serve: listen there, with commas between them, instead of at the mesh's addresses" },
	{ "login-server", "URL",	NULL,
	    "windows: the mesh's control server, if not Tailscale's own" },
	{ "match",	"PATTERN",	NULL,
	    "stanza: one block for a pattern of hosts, such as 192.168.1.*" },
	{ "no-probe",	NULL,		NULL,	"do not connect to the host" },
	{ "online",	NULL,		NULL,	"only peers that are online" },
	{ "or",		"NAME[,NAME...]", conf_or,
	    "further names or addresses of the host: ssh takes the first that answers" },
	{ "os",		"NAME",		NULL,
	    "only peers that run this system: linux, macOS, windows, ..." },
	{ "port",	"PORT",		conf_port,
	    "stanza: the server's port, if ssh's files do not set it; nfs: the tunnel's port; "
	    "serve: the port, if not 4622" },
	{ "program",	"PATH",		NULL,
	    "the meshssh that ssh runs, or meshssh-serve, if not the one beside this program" },
	{ "remove",	NULL,		NULL,	"serve: take out what --install wrote" },
	{ "root",	NULL,		NULL,
	    "use root's own file, which nix-daemon's ssh reads" },
	{ "rootless",	NULL,		NULL,
	    "serve: for this user's own service manager, without root" },
	{ "soft",	NULL,		NULL,
	    "nfs: programs get an error while the host is away, instead of waiting" },
	{ "system",	NULL,		NULL,	"use /etc/ssh/ssh_config, for all users" },
	{ "tag",	"TAG",		NULL,	"only peers with this tag" },
	{ "tailnet",	NULL,		NULL,	"all peers of the mesh" },
	{ "tailscaled",	"SOCKET",	NULL,
	    "tailscaled's socket, if not in one of the usual places" },
	{ "user",	"LOGIN",	NULL,	
	    "only peers that this user of the mesh logged in; windows: whose keys these are, if not "
	    "the administrators'" },
	{ "ssh-user",	"USER",		conf_nix_set_word,
	    "nix: the user on the builder, if not the one that your ssh takes" },
	{ "ssh-key",	"FILE",		conf_nix_set_path,
	    "nix: root's private key, if not /etc/nix/builder_ed25519" },
	{ "host-ca",	"FILE",		NULL,
	    "nix: the public key of the authority that signs host keys; none is pinned" },
	{ "host-key",	"FILE",		NULL,
	    "nix: the host's public key, instead of asking the host" },
	{ "systems",	"LIST",		conf_nix_set_list,
	    "nix: what the builder builds for, if not this system" },
	{ "max-jobs",	"NUMBER",	conf_nix_set_jobs,
	    "nix: how many builds at once, if not 1" },
	{ "supported-features", "LIST",	conf_nix_set_list,
	    "nix: the builder's features, if not benchmark,big-parallel" },
	{ "protocol",	"ssh|ssh-ng",	conf_nix_set_protocol, "nix: the protocol, if not ssh-ng" },
	{ "linux-builder", NULL,	NULL,
	    "nix: nix-darwin's own builder, a virtual machine on this one" },
	{ "sshopts",	NULL,		NULL,
	    "nix: use nix-daemon's NIX_SSHOPTS instead of root's ssh config" },
	{ "nixos",	NULL,		NULL,	"nix, serve: print a NixOS module" },
	{ "darwin",	NULL,		NULL,	"nix: print a nix-darwin module" },
	{ "install",	NULL,		NULL,	"nix, serve: write the files (as root)" },
	{ "check",	NULL,		NULL,
	    "nix: have Nix ask the builder, and explain what fails" },
	{ "debug",	NULL,		NULL,	"print what meshssh-config does" },
	{ "help",	NULL,		NULL,	"print this text" },
	{ "version",	NULL,		NULL,	"print the version" },
	{ NULL,		NULL,		NULL,	NULL }
};

static int
conf_port(void *to, const char *value)
{
	(void)to;
	return (addr_port(value) == -1 ? -1 : 0);
}

static int
conf_or(void *to, const char *value)
{
	(void)to;
	return (names_parse(value, "", &(struct names){ .count = 0 }, NULL));
}

static int
conf_set_cb(void *arg, const struct option_row *row, const char *value, struct error *err)
{
	struct conf	*conf = arg;

	if (row->value != NULL && ((row->set != NULL && row->set(NULL, value) == -1) ||
	    value[0] == '\0'))
		return (option_bad(row, value, err));
	if (json_put(conf->wanted, row->name, row->value != NULL ?
	    json_string(value) : json_true()) == 0)
		return (0);
	error_set(err, CODE_USAGE, "--%s: the value is not valid UTF-8", row->name);
	return (-1);
}

static const struct conf_command *
conf_find(const char *name)
{
	const struct conf_command	*command;

	for (command = conf_commands; command->name != NULL; command++)
		if (strcmp(command->name, name) == 0)
			return (command);
	return (NULL);
}

/* --or is about one host. */
static int
conf_one(const struct conf *conf, char *const *words, struct error *err)
{
	if (!conf_given(conf, "or") || (words[0] != NULL && words[1] == NULL &&
	    !conf_given(conf, "match") && !conf_given(conf, "tailnet")))
		return (0);
	error_set(err, CODE_USAGE, "--or is for one host: %s --or=NAME[,NAME...] HOST",
	    conf->command->name);
	return (-1);
}

/* Each option that was given is one that the command takes. */
static int
conf_fits(const struct conf *conf, const struct conf_command *command, struct error *err)
{
	const char	*key;
	json_t		*value;

	json_object_foreach(conf->wanted, key, value)
		if (!conf_takes(command, key)) {
			error_set(err, CODE_USAGE, "%s takes no --%s", command->name, key);
			return (-1);
		}
	return (0);
}

/*
 * A socket that the environment names now may not be named there when ssh runs: it is wanted like
 * one of an option.
 */
static int
conf_socket(struct conf *conf, struct error *err)
{
	const char	*variable = getenv("TS_SOCKET");

	if (!conf_given(conf, "tailscaled") && variable != NULL && variable[0] != '\0' &&
	    json_put(conf->wanted, "tailscaled", json_string(variable)) == -1) {
		error_set(err, CODE_USAGE, "TS_SOCKET: the value is not valid UTF-8");
		return (-1);
	}
	conf->tailscaled = conf_text(conf, "tailscaled");
	return (0);
}

/* How it was called, as a line of a comment can have it. */
static void
conf_call(struct conf *conf, int argc, char **argv)
{
	char	call[1024] = "meshssh-config", word[300];
	int	i;

	for (i = 1; i < argc; i++) {
		strlcat(call, " ", sizeof(call));
		strlcat(call, error_vis(word, sizeof(word), argv[i]), sizeof(call));
	}
	json_put(conf->wanted, "call", json_string(call));
	json_put(conf->wanted, "version", json_string(PACKAGE_STRING));
}

int
conf_parse(struct conf *conf, char ***words, struct error *err)
{
	conf->command = &conf_commands[0];
	if (option_gather(conf_options, *words, conf_set_cb, conf, err) == -1)
		return (-1);
	if (**words != NULL && conf_find(**words) != NULL)
		conf->command = conf_find(*(*words)++);
	if (conf_given(conf, "help") || conf_given(conf, "version"))
		return (0);
	return (conf_fits(conf, conf->command, err) == -1 ||
	    conf_one(conf, *words, err) == -1 ? -1 : conf_socket(conf, err));
}

/* What was written holds only until the program is upgraded. */
static void
conf_warn(const struct conf *conf)
{
	const char			*path = conf_text(conf, "program-goes");
	const struct lasting_store	*store = path != NULL ? lasting_store(path) : NULL;

	if (store != NULL && !conf_given(conf, "check"))
		fprintf(stderr, "meshssh-config: %s does not last, %s removes it: %s\n", path,
		    store->takes, store->cure);
}

static int
conf_run(struct conf *conf, int argc, char **argv, struct error *err)
{
	char	**words = argv + 1;
	json_t	*call = json_object();
	int	 result;

	/* The call as it was, before its words are moved. */
	conf_call(&(struct conf){ .wanted = call }, argc, argv);
	if ((result = conf_parse(conf, &words, err)) == 0) {
		log_set_level(conf_given(conf, "debug"));
		if (conf_given(conf, "help"))
			conf_usage(stdout);
		else if (conf_given(conf, "version"))
			version_print(stdout, "meshssh-config", "");
		else {
			json_object_update(conf->wanted, call);
			if ((result = file_room()) == -1)
				error_errno(err, errno, "cannot look at this machine");
			else
				result = conf->command->run(conf, words, err);
			if (result == 0)
				conf_warn(conf);
		}
	}
	json_decref(call);
	return (result);
}

int
cmd_config(int argc, char **argv, int *status, struct error *err)
{
	struct conf	conf = { .wanted = json_object() };
	int		result = conf_run(&conf, argc, argv, err);

	*status = conf.status;
	json_decref(conf.wanted);
	return (result);
}

void
conf_usage(FILE *fp)
{
	const struct conf_command	*command;
	char				 word[80];
	const int			 column = 26;

	fprintf(fp, "usage: meshssh-config [COMMAND] [--options] [WORDS]\n\n");
	for (command = conf_commands; command->name != NULL; command++) {
		snprintf(word, sizeof(word), "%s %s", command->name, command->operands);
		if (strlen(word) > (size_t)column)
			fprintf(fp, "  %s\n  %*s %s\n", word, column, "", command->text);
		else
			fprintf(fp, "  %-*s %s\n", column, word, command->text);
	}
	fprintf(fp, "\n");
	option_usage(fp, conf_options);
	fprintf(fp, "\nThe default command is stanza. See meshssh-config(1).\n");
}
