/* SPDX-License-Identifier: ISC */
/* Facts: tailscaled, its state and the peer that is meant. */

#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "facts/detect.h"
#include "facts/env-wsl.h"
#include "facts/facts.h"
#include "facts/read.h"
#include "facts/tailscale-fault.h"
#include "os/run.h"
#include "sshconf/redact.h"
#include "wire/tspeer.h"

#define PEERS_PATH	"/localapi/v0/status"
#define SELF_PATH	"/localapi/v0/status?peers=false"
#define WINDOWS_BYTES	(16 << 20)
#define DAY_S		86400

/* What an installation leaves on a machine where nothing runs. /var/lib/tailscale outlives it. */
static const char	programs[][44] = {
	"/usr/sbin/tailscaled",
	"/usr/bin/tailscaled",
	"/usr/local/sbin/tailscaled",
	"/usr/local/bin/tailscaled",
	"/opt/homebrew/bin/tailscaled",
	"/run/current-system/sw/bin/tailscaled",	/* NixOS */
	"/Applications/Tailscale.app"
};

/* Text of others, printable; nothing is put if there is none. */
static int
put_text(json_t *to, const char *path, const char *text)
{
	return (text[0] == '\0' ? 0 : fact_put_text(to, path, text));
}

static int
put_truth(json_t *to, const char *path, int truth)
{
	return (truth == -1 ? 0 : json_put(to, path, json_boolean(truth)));
}

/* Whole days from now to then, or past if it is negative. */
static int
put_days(json_t *to, const char *path, int64_t when_s, int sign)
{
	if (when_s == 0)
		return (0);
	return (json_put(to, path, json_integer((json_int_t)(sign * (when_s - (int64_t)time(NULL)) / DAY_S))));
}

/* Where it listens; whose home that is in is nobody's business. */
static int
put_socket(json_t *facts, const struct tailscaled *at, int full)
{
	const struct passwd	*pw = getpwuid(geteuid());
	char			 name[sizeof(at->path)];

	tailscaled_name(at, name, sizeof(name));
	return (json_put(facts, "tailscale.socket", redact(at->path[0] != '\0' ? REDACT_PATH : REDACT_SENTENCE, name,
	    pw != NULL ? pw->pw_dir : NULL, full)));
}

/* 1 if tailscaled could be started here. */
static int
is_installed(const char *root)
{
	const char	*dirs = getenv("PATH");
	char		 path[PATH_MAX];
	size_t		 i;

	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (read_exists(root, programs[i]))
			return (1);
	while (run_place(&dirs, root, "tailscaled", path))
		if (read_exists("", path))
			return (1);
	return (0);
}

static int
put_daemon(json_t *facts, const struct env_tailscale *ts, const struct detect_input *in)
{
	const struct tsjson	*status = &ts->status;
	int			 result;

	result = put_text(facts, "tailscale.state", tailscale_states[ts->state]);
	if (ts->state == ENV_TAILSCALE_NONE)
		return (result | put_truth(facts, "tailscale.installed", is_installed(in->root)));
	result |= put_socket(facts, &ts->at, in->full);
	if (ts->state < ENV_TAILSCALE_DOWN)
		return (result);
	result |= put_text(facts, "tailscale.backend", status->state);
	result |= put_text(facts, "tailscale.version", status->version);
	if (status->health[0] != '\0') {
		result |= json_put(facts, "tailscale.health", redact(REDACT_SENTENCE, status->health, NULL, in->full));
		result |= put_truth(facts, "tailscale.health_harmless", tailscale_harmless(status->health));
	}
	result |= put_text(facts, "tailscale.suffix", status->suffix);
	if (status->tun != TSJSON_TUN_UNSAID)
		result |= put_truth(facts, "tailscale.tun", status->tun == TSJSON_TUN_YES);
	if (status->addr_count > 0)
		result |= put_truth(facts, "tailscale.here", ts->local);
	return (result);
}

/* Those that somebody names; a guess is no fact. */
static int
put_proxies(json_t *facts, const struct env_proxy *env)
{
	const struct proxy	*proxy = env->list;
	json_t			*list = json_array();
	int			 i;

	for (i = 0; i < env->count; i++, proxy++)
		if (!proxy->guess && json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "kind",
		    proxy->kind == PROXY_SOCKS5 ? "socks5" : "http", "address", proxy->name,
		    "source", proxy->source)) == -1) {
			json_decref(list);
			return (-1);
		}
	return (json_put(facts, "tailscale.proxies", list));
}

/* Where one was guessed, and another user listens: it is not used. */
static int
put_others(json_t *facts, const struct env_proxy *env)
{
	json_t	*list = json_array();
	int	 i;

	for (i = 0; i < env->count; i++)
		if (env->list[i].listener == OS_LISTENER_OTHERS)
			json_array_append_new(list, json_string(env->list[i].name));
	if (json_array_size(list) > 0)
		return (json_put(facts, "tailscale.proxies_of_others", list));
	json_decref(list);
	return (0);
}

static int
put_peer(json_t *facts, const struct tspeers *peers)
{
	const struct tspeer	*peer = &peers->peer;
	json_t			*addresses = json_array();
	int			 result, i;

	for (i = 0; i < peer->addr_count; i++)
		json_array_append_new(addresses, json_string(peer->addrs[i]));
	result = json_put(facts, "tailscale.peer.addresses", addresses);
	result |= put_truth(facts, "tailscale.peer.found", 1);
	result |= put_text(facts, "tailscale.peer.name", peer->name);
	result |= put_truth(facts, "tailscale.peer.self", peers->is_self);
	result |= put_truth(facts, "tailscale.peer.online", peers->is_self ? -1 : peer->online);
	result |= put_truth(facts, "tailscale.peer.expired", peer->expired);
	result |= put_truth(facts, "tailscale.peer.tailscale_ssh", peer->ssh);
	result |= put_text(facts, "tailscale.peer.os", peer->os);
	result |= put_text(facts, "tailscale.peer.relay", peer->relay);
	return (result | put_days(facts, "tailscale.peer.last_seen_days", peer->seen_s, -1));
}

/*
 * Whose the host is, by how it is written: "mesh", "perhaps" for a word without dots, or "other". Where the suffix of
 * the mesh's names is not known (NULL), any name is perhaps one of them.
 */
static const char *
host_of(const char *host, const char *suffix)
{
	struct sockaddr_storage	ss;

	if (addr_literal(host, 0, &ss) != 0)
		return (addr_is_tailnet((struct sockaddr *)&ss) ? "mesh" : "other");
	if (addr_name_is_tailnet(host, suffix != NULL ? suffix : ""))
		return ("mesh");
	return ((suffix == NULL || strpbrk(host, ".:") == NULL) && host[strspn(host, "0123456789")] != '\0' &&
	    strcasecmp(host, "localhost") != 0 ? "perhaps" : "other");
}

/* What the status with peers says; up: it knows all of them. */
static int
put_peers(json_t *facts, const struct tspeers *peers, const char *host, int up)
{
	int	result;

	if (host == NULL || !up)
		return (0);
	result = json_put(facts, "tailscale.peers", json_integer(peers->count));
	if (peers->found)
		return (result | put_peer(facts, peers));
	if (strcmp(host_of(host, peers->suffix), "mesh") == 0)
		result |= put_truth(facts, "tailscale.peer.found", 0);
	return (result | put_text(facts, "tailscale.similar", peers->similar));
}

static int
put_self(json_t *facts, const struct tspeers *peers)
{
	const struct tspeer	*self = &peers->self;
	int			 result;

	result = put_truth(facts, "tailscale.magicdns", peers->magicdns);
	result |= put_days(facts, "tailscale.key_expires_days", self->expires_s, 1);
	return (result | put_truth(facts, "tailscale.key_expired",
	    self->expired || (self->expires_s != 0 && self->expires_s < (int64_t)time(NULL))));
}

/* Ask the daemon again, with its peers if there is one to look for. */
static int
ask_peers(json_t *facts, const struct detect_input *in, const struct env_tailscale *ts, const char *host)
{
	struct tspeers	*peers = malloc(sizeof(*peers));
	char		*body = malloc(TSPEER_BYTES_MAX);
	ssize_t		 len;
	pid_t		 pid;
	int		 result = -1;

	if (peers != NULL && body != NULL) {
		len = tailscaled_get(&ts->at, host != NULL ? PEERS_PATH : SELF_PATH, detect_left_ms(in), body,
		    TSPEER_BYTES_MAX, &pid);
		if (len == -1 || tspeer_find(body, (size_t)len, host, peers) == -1)
			result = errno == ENOMEM ? -1 : 0;
		else
			result = put_self(facts, peers) | put_peers(facts, peers, host, ts->state == ENV_TAILSCALE_UP);
	}
	free(body);
	free(peers);
	return (result);
}

/* Windows's own client: in PATH, which WSL continues with Windows's, or where it is installed. 0 or -1. */
static int
windows_find(const char *root, char path[PATH_MAX])
{
	const char	*dirs = getenv("PATH");

	while (run_place(&dirs, "", "tailscale.exe", path))
		if (access(path, X_OK) == 0)
			return (0);
	snprintf(path, PATH_MAX, "%s/mnt/c/Program Files/Tailscale/tailscale.exe", root);
	return (access(path, X_OK));
}

static int
put_windows(json_t *facts, const struct tspeers *peers, const char *host, int alone)
{
	int	result, up = strcmp(peers->state, "Running") == 0 || strcmp(peers->state, "Starting") == 0;

	result = put_truth(facts, "tailscale.windows.running", up);
	result |= put_text(facts, "tailscale.windows.backend", peers->state);
	result |= put_text(facts, "tailscale.windows.suffix", peers->suffix);
	return (alone ? result | put_peers(facts, peers, host, up) : result);
}

/* Tailscale on the Windows that this is a guest of; its peers count if there are none of a daemon of ours. */
static int
ask_windows(json_t *facts, const struct detect_input *in, const char *host, int alone)
{
	struct tspeers	*peers;
	char		*body, path[PATH_MAX];
	const char	*argv[] = { path, "status", "--json", NULL };
	ssize_t		 len;
	int		 result = -1, installed = windows_find(in->root, path) == 0;

	if (put_truth(facts, "tailscale.windows.installed", installed) == -1)
		return (-1);
	if (!installed)
		return (0);
	peers = malloc(sizeof(*peers));
	body = malloc(WINDOWS_BYTES);
	if (peers != NULL && body != NULL) {
		if ((len = read_command(argv, detect_left_ms(in), body, WINDOWS_BYTES)) == -1)
			result = 0;
		else if (tspeer_find(body, (size_t)len, host, peers) == -1)
			result = errno == ENOMEM ? -1 : 0;
		else
			result = put_windows(facts, peers, host, alone);
	}
	free(body);
	free(peers);
	return (result);
}

static int
put_host(json_t *facts, const char *host, int up)
{
	const char	*suffix = json_text_at(facts, "tailscale.suffix");

	if (suffix == NULL)
		suffix = json_text_at(facts, "tailscale.windows.suffix");
	/* A daemon that is connected would have told; and where there is none, nothing is off. */
	if (suffix == NULL && (up || json_truth_at(facts, "tailscale.installed") == 0))
		suffix = "";
	return (put_text(facts, "tailscale.host", host_of(host, suffix)));
}

static int
tailscale_detect(json_t *facts, const struct detect_input *in)
{
	const char		*host = in->host, *name = json_text_at(facts, "ssh.options.hostname");
	struct env_tailscale	*ts = &in->seen->tailscale;

	/* As for the probes: what ssh would connect to. */
	if (host != NULL && in->port == 0 && name != NULL && addr_host_ok(name))
		host = name;
	if (env_tailscale_detect(ts, in->tailscaled, in->root, detect_left_ms(in)) == -1)
		return (-1);
	env_proxy_detect(&in->seen->proxy, ts->pid);
	if (put_daemon(facts, ts, in) != 0 || put_proxies(facts, &in->seen->proxy) != 0 ||
	    put_others(facts, &in->seen->proxy) != 0)
		return (-1);
	if (ts->state >= ENV_TAILSCALE_DOWN && ask_peers(facts, in, ts, host) != 0)
		return (-1);
	if (env_wsl(in->root) && ask_windows(facts, in, host, ts->state != ENV_TAILSCALE_UP) != 0)
		return (-1);
	return (host != NULL && put_host(facts, host, ts->state == ENV_TAILSCALE_UP) != 0 ? -1 : 0);
}

const struct detector detect_tailscale = {
	.name = "tailscale",
	.detect = tailscale_detect
};
