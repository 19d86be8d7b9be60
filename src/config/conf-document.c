/* SPDX-License-Identifier: ISC */
/* What meshssh-config looked at, and what is wanted of it: the document that the emitters take. */

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/json.h"
#include "base/shell.h"
#include "base/terminal.h"
#include "config/conf.h"
#include "facts/lasting.h"
#include "facts/ssh-named.h"
#include "os/os.h"
#include "probe/collect.h"
#include "sshconf/ssh-host.h"

#define CONF_TIMEOUT_MS	5000

/* 1 if others than the caller run what is written: root, or everybody. */
static int
conf_shared(const struct conf *conf)
{
	const char	*name = conf->command->name;

	return (getuid() != 0 && (strcmp(name, "nix") == 0 || strcmp(name, "nfs") == 0 ||
	    conf_given(conf, "root") || conf_given(conf, "system") ||
	    (strcmp(name, "serve") == 0 && !conf_given(conf, "rootless"))));
}

/* The path is to outlast an upgrade; if it does not, that is told in the end. */
static void
conf_lasting(const struct conf *conf, char path[PATH_MAX])
{
	const struct passwd		*pw = getpwuid(getuid());
	const struct lasting_user	 user = { .home = pw != NULL ? pw->pw_dir : NULL,
					    .name = pw != NULL ? pw->pw_name : NULL,
					    .state = getenv("XDG_STATE_HOME"),
					    .shared = conf_shared(conf) };

	lasting_path(path, &user);
	if (lasting_store(path) != NULL)
		json_put(conf->wanted, "program-goes", json_string(path));
}

/*
 * The path of meshssh as ssh shall run it, or of meshssh-serve: as it was said, or beside this
 * program. 0, or -1 with the error set.
 */
static int
conf_program(const struct conf *conf, json_t *wanted, struct error *err)
{
	const char	*name = strcmp(conf->command->name, "serve") == 0 ?
			    "meshssh-serve" : "meshssh";
	char		 path[PATH_MAX], *slash;

	if (conf_given(conf, "program") || !conf_takes(conf->command, "program"))
		return (0);
	if (os_exe_path(path, sizeof(path)) == -1) {
		error_set(err, CODE_USAGE,
		    "cannot find out where this program is: name %s with --program=PATH", name);
		return (-1);
	}
	if ((slash = strrchr(path, '/')) != NULL &&
	    snprintf(slash + 1, sizeof(path) - (size_t)(slash + 1 - path), "%s",
	    name) < (int)(sizeof(path) - (size_t)(slash + 1 - path))) {
		conf_lasting(conf, path);
		if (access(path, X_OK) == 0 && json_put(wanted, "program", json_string(path)) == 0)
			return (0);
	}
	error_set(err, CODE_USAGE,
	    "there is no %s beside this program: name it with --program=PATH", name);
	return (-1);
}

/* A block of ssh_config holds for whoever calls ssh; with nix and nfs it is clear who that is. */
static enum ssh_config_calls
conf_calls(const struct conf *conf)
{
	const char	*name = conf->command->name;

	if (strcmp(name, "nix") == 0 || strcmp(name, "nfs") == 0)
		return (SSH_CONFIG_THIS);
	return (conf_given(conf, "system") ? SSH_CONFIG_USERS : SSH_CONFIG_LOGINS);
}

static void
conf_announce(const char *host)
{
	(void)host;
}

void
conf_named(json_t *doc, const json_t *peers)
{
	int	blind;
	json_t	*named = ssh_named("", peers, json_text_at(doc, "facts.tailscale.suffix"), &blind);

	json_put(doc, "facts.ssh.named", named);
	json_put(doc, "facts.ssh.named_blind", json_boolean(blind));
}

int
conf_host_ok(const struct conf *conf, const char *host, struct error *err)
{
	char	name[ADDR_HOST_MAX + 1];
	int	port;

	if (ssh_host_split(host, NULL, name, &port) == 0) {
		if (strcmp(conf->command->name, "stanza") == 0)
			error_set(err, CODE_BAD_HOST,
			    "\"%.60s\" is a host and a port: write --port=%d %.60s", host, port,
			    name);
		else
			error_set(err, CODE_BAD_HOST,
			    "\"%.60s\" is a host and a port: write %.60s, and set its Port in ssh_config",
			    host, name);
		return (-1);
	}
	if (addr_host_ok(host))
		return (0);
	error_set(err, CODE_BAD_HOST, "\"%.60s\" is not a host name or address", host);
	return (-1);
}

json_t *
conf_document(const struct conf *conf, const char *host, struct error *err)
{
	const char	*port = conf_text(conf, "port");
	struct collect	 exam = { .look = { .root = "", .host = host,
			    .tailscaled = conf->tailscaled, .calls = conf_calls(conf),
			    .port = port != NULL ? addr_port(port) : 0 }, .ssh = 1,
			    .timeout_ms = CONF_TIMEOUT_MS, .dead_after_s = CONF_TIMEOUT_MS / 1000,
			    .no_probe = conf_given(conf, "no-probe"), .announce = conf_announce,
			    .progress = terminal_doing };
	json_t		*doc, *wanted, *peer;

	if (host != NULL && conf_host_ok(conf, host, err) == -1)
		return (NULL);
	if ((doc = collect(&exam)) == NULL) {
		error_errno(err, errno, "cannot look at this machine");
		return (NULL);
	}
	if (json_truth_at(doc, "facts.tailscale.peer.found") == 1) {
		peer = json_pack("[O]", json_at(doc, "facts.tailscale.peer"));
		conf_named(doc, peer);
		json_decref(peer);
	}
	wanted = json_copy(conf->wanted);
	json_put(doc, "wanted", wanted);
	/* ssh runs a ProxyCommand with this shell, which sudo(8) takes from the account. */
	if (shell_deaf(getenv("SHELL")))
		json_put(wanted, "deaf", json_true());
	if (conf_program(conf, wanted, err) == 0)
		return (doc);
	json_decref(doc);
	return (NULL);
}
