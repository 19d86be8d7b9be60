/* SPDX-License-Identifier: ISC */
/* Facts: tailscaled, its state and the peer that is meant. */

#include <sys/types.h>

#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "facts/detect.h"
#include "facts/env-wsl.h"
#include "facts/fact.h"
#include "facts/facts.h"
#include "facts/read.h"
#include "facts/tailscale-fault.h"
#include "os/run.h"
#include "sshconf/redact.h"
#include "wire/tspeer.h"

#define PEERS_PATH	"/localapi/v0/status"
#define SELF_PATH	"/localapi/v0/status?peers=false"
#define PREFS_PATH	"/localapi/v0/prefs"
#define PREFS_BYTES	65536
#define WINDOWS_BYTES	(16 << 20)
#define DAY_S		86400

/* Text of others; nothing is put if there is none. */
static void
put_text(json_t *facts, const char *path, const char *text)
{
	if (text[0] != '\0')
		fact_put_text(facts, path, text);
}

static void
put_truth(json_t *facts, const char *path, int truth)
{
	if (truth != -1)
		fact_put_truth(facts, path, truth);
}

/* Whole days from now to then, or past if it is negative. */
static void
put_days(json_t *facts, const char *path, int64_t when_s, int sign)
{
	if (when_s != 0)
		fact_put_number(facts, path,
		    (json_int_t)(sign * (when_s - (int64_t)time(NULL)) / DAY_S));
}

/* Where it listens; whose home that is in is nobody's business. */
static void
put_socket(json_t *facts, const struct tailscaled *at, int full)
{
	const struct passwd	*pw = getpwuid(geteuid());
	char			 name[sizeof(at->path)];

	tailscaled_name(at, name, sizeof(name));
	fact_put(facts, "tailscale.socket",
	    redact(at->path[0] != '\0' ? REDACT_PATH : REDACT_SENTENCE, name,
	    pw != NULL ? pw->pw_dir : NULL, full));
}

static void
put_daemon(json_t *facts, const struct env_tailscale *ts, const struct detect_input *in)
{
	const struct tsjson	*status = &ts->status;
	const char		*complaint = tailscale_complaint(status);

	put_text(facts, "tailscale.state", tailscale_states[ts->state]);
	if (ts->state == ENV_TAILSCALE_NONE) {
		fact_put_truth(facts, "tailscale.installed", env_tailscale_installed(in->root));
		return;
	}
	put_socket(facts, &ts->at, in->full);
	if (ts->state < ENV_TAILSCALE_DOWN)
		return;
	put_text(facts, "tailscale.backend", status->state);
	put_text(facts, "tailscale.version", status->version);
	if (complaint[0] != '\0') {
		fact_put(facts, "tailscale.health",
		    redact(REDACT_SENTENCE, complaint, NULL, in->full));
		fact_put_truth(facts, "tailscale.health_harmless", tailscale_harmless(complaint));
	}
	put_text(facts, "tailscale.suffix", status->suffix);
	if (status->tun != TSJSON_TUN_UNSAID)
		put_truth(facts, "tailscale.tun", status->tun == TSJSON_TUN_YES);
	if (status->addr_count > 0)
		put_truth(facts, "tailscale.here", ts->local);
}

/* Those that a setting names; a guess is no fact. */
static void
put_proxies(json_t *facts, const struct env_proxy *env)
{
	const struct proxy	*proxy = env->list;
	json_t			*list = json_array();
	int			 i;

	for (i = 0; i < env->count; i++, proxy++)
		if (!proxy->guess)
			json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "kind",
			    proxy->kind == PROXY_SOCKS5 ? "socks5" : "http", "address", proxy->name,
			    "source", proxy->source));
	fact_put(facts, "tailscale.proxies", list);
}

/* Where one was guessed, and another user listens: it is not used. */
static void
put_others(json_t *facts, const struct env_proxy *env)
{
	json_t	*list = json_array();
	int	 i;

	for (i = 0; i < env->count; i++)
		if (env->list[i].listener == OS_LISTENER_OTHERS)
			json_array_append_new(list, json_string(env->list[i].name));
	if (json_array_size(list) > 0)
		fact_put(facts, "tailscale.proxies_of_others", list);
	else
		json_decref(list);
}

static void
put_peer(json_t *facts, const struct tspeers *peers)
{
	const struct tspeer	*peer = &peers->peer;
	json_t			*addresses = json_array();
	int			 i;

	for (i = 0; i < peer->addr_count; i++)
		json_array_append_new(addresses, json_string(peer->addrs[i]));
	fact_put(facts, "tailscale.peer.addresses", addresses);
	put_truth(facts, "tailscale.peer.found", 1);
	put_text(facts, "tailscale.peer.name", peer->name);
	put_truth(facts, "tailscale.peer.self", peers->is_self);
	put_truth(facts, "tailscale.peer.online", peers->is_self ? -1 : peer->online);
	put_truth(facts, "tailscale.peer.expired", peer->expired);
	put_truth(facts, "tailscale.peer.tailscale_ssh", peer->ssh);
	put_text(facts, "tailscale.peer.os", peer->os);
	put_text(facts, "tailscale.peer.relay", peer->relay);
	put_text(facts, "tailscale.peer.direct", peer->direct);
	put_days(facts, "tailscale.peer.last_seen_days", peer->seen_s, -1);
}

/*
 * Whose the host is, by how it is written: "mesh", "perhaps" for a word without dots, or "other".
 * Where the suffix of the mesh's names is not known (NULL), any name is perhaps one of them.
 */
static const char *
host_of(const char *host, const char *suffix)
{
	struct sockaddr_storage	ss;

	if (addr_literal(host, 0, &ss) != 0)
		return (addr_is_tailnet((struct sockaddr *)&ss) ? "mesh" : "other");
	if (addr_name_is_tailnet(host, suffix != NULL ? suffix : ""))
		return ("mesh");
	return ((suffix == NULL || strpbrk(host, ".:") == NULL) &&
	    host[strspn(host, "0123456789")] != '\0' && strcasecmp(host, "localhost") != 0 ?
	    "perhaps" : "other");
}

/* A peer routes to the network of the host. Of this node's own settings, it matters then. */
static void
put_router(json_t *facts, const struct detect_input *in, const struct env_tailscale *ts,
    const struct tspeers *peers)
{
	char	*body = xmalloc(PREFS_BYTES);
	ssize_t	 len;
	pid_t	 pid;

	put_text(facts, "tailscale.router.name", peers->router.name);
	put_truth(facts, "tailscale.router.online", peers->router.online);
	len = tailscaled_get(&ts->at, PREFS_PATH, detect_left_ms(in), body, PREFS_BYTES, &pid);
	if (len != -1)
		put_truth(facts, "tailscale.accepts_routes",
		    tsjson_accepts_routes(body, (size_t)len));
	free(body);
}

/* What the status with peers says; up: it knows all of them. */
static void
put_peers(json_t *facts, const struct tspeers *peers, const char *host, int up)
{
	if (host == NULL || !up)
		return;
	fact_put_number(facts, "tailscale.peers", peers->count);
	if (peers->found) {
		put_peer(facts, peers);
		return;
	}
	if (strcmp(host_of(host, peers->suffix), "mesh") == 0)
		put_truth(facts, "tailscale.peer.found", 0);
	put_text(facts, "tailscale.similar", peers->similar);
}

static void
put_self(json_t *facts, const struct tspeers *peers)
{
	const struct tspeer	*self = &peers->self;

	put_truth(facts, "tailscale.magicdns", peers->magicdns);
	put_days(facts, "tailscale.key_expires_days", self->expires_s, 1);
	put_truth(facts, "tailscale.key_expired",
	    self->expired || (self->expires_s != 0 && self->expires_s < (int64_t)time(NULL)));
}

/* Ask the daemon again, with its peers if there is one to look for. */
static void
ask_peers(json_t *facts, const struct detect_input *in, const struct env_tailscale *ts,
    const char *host)
{
	struct tspeers	*peers = xmalloc(sizeof(*peers));
	char		*body = xmalloc(TSPEER_BYTES_MAX);
	ssize_t		 len;
	pid_t		 pid;

	len = tailscaled_get(&ts->at, host != NULL ? PEERS_PATH : SELF_PATH, detect_left_ms(in),
	    body, TSPEER_BYTES_MAX, &pid);
	if (len != -1 && tspeer_find(body, (size_t)len, host, peers) == 0) {
		put_self(facts, peers);
		put_peers(facts, peers, host, ts->state == ENV_TAILSCALE_UP);
		if (peers->routed && ts->state == ENV_TAILSCALE_UP)
			put_router(facts, in, ts, peers);
	}
	free(body);
	free(peers);
}

/*
 * Windows's own client: in PATH, which WSL continues with Windows's, or where it is installed. 0 or
 * -1.
 */
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

static void
put_windows(json_t *facts, const struct tspeers *peers, const char *host, int alone)
{
	int	up = strcmp(peers->state, "Running") == 0 || strcmp(peers->state, "Starting") == 0;

	put_truth(facts, "tailscale.windows.running", up);
	put_text(facts, "tailscale.windows.backend", peers->state);
	put_text(facts, "tailscale.windows.suffix", peers->suffix);
	if (alone)
		put_peers(facts, peers, host, up);
}

/*
 * Tailscale on the Windows that this is a guest of; its peers count if there are none of a daemon
 * of ours.
 */
static void
ask_windows(json_t *facts, const struct detect_input *in, const char *host, int alone)
{
	struct tspeers	*peers;
	char		*body, path[PATH_MAX];
	const char	*argv[] = { path, "status", "--json", NULL };
	ssize_t		 len;
	int		 installed = windows_find(in->root, path) == 0;

	fact_put_truth(facts, "tailscale.windows.installed", installed);
	if (!installed)
		return;
	peers = xmalloc(sizeof(*peers));
	body = xmalloc(WINDOWS_BYTES);
	len = read_command(argv, detect_left_ms(in), body, WINDOWS_BYTES);
	if (len != -1 && tspeer_find(body, (size_t)len, host, peers) == 0)
		put_windows(facts, peers, host, alone);
	free(body);
	free(peers);
}

static void
put_host(json_t *facts, const char *host, int up)
{
	const char	*suffix = fact_text(facts, "tailscale.suffix");

	if (suffix == NULL)
		suffix = fact_text(facts, "tailscale.windows.suffix");
	/* A daemon that is connected would have told; and where there is none, nothing is off. */
	if (suffix == NULL && (up || fact_truth(facts, "tailscale.installed") == 0))
		suffix = "";
	fact_put_text(facts, "tailscale.host", host_of(host, suffix));
}

static void
tailscale_detect(json_t *facts, const struct detect_input *in)
{
	const char		*host = in->host, *name = fact_text(facts, "ssh.options.hostname");
	struct env_tailscale	*ts = &in->seen->tailscale;

	/* As for the probes: what ssh would connect to. */
	if (host != NULL && in->port == 0 && name != NULL && addr_host_ok(name))
		host = name;
	env_tailscale_detect(ts, in->tailscaled, in->root, detect_left_ms(in));
	env_proxy_detect(&in->seen->proxy, ts->pid, ts->running, ts->running_count);
	put_daemon(facts, ts, in);
	put_proxies(facts, &in->seen->proxy);
	put_others(facts, &in->seen->proxy);
	if (ts->state >= ENV_TAILSCALE_DOWN)
		ask_peers(facts, in, ts, host);
	if (env_wsl(in->root))
		ask_windows(facts, in, host, ts->state != ENV_TAILSCALE_UP);
	if (host != NULL)
		put_host(facts, host, ts->state == ENV_TAILSCALE_UP);
}

const struct detector detect_tailscale = {
	.name = "tailscale",
	.detect = tailscale_detect
};
