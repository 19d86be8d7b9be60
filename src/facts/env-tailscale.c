/* SPDX-License-Identifier: ISC */
/* Finds tailscaled's socket and asks it for its status. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "facts/env-tailscale.h"
#include "facts/go-flag.h"
#include "facts/tailscale-fault.h"
#include "os/os.h"

/* without peers it is 1 to 3 KB, and capabilities may add to that */
#define STATUS_BYTES	262144
#define ARGS_BYTES	4096
#define NEW_S		60	/* a peer was seen to need 33 */
#define STATUS_PATH	"/localapi/v0/status?peers=false"

/*
 * Tailscale's paths, DefaultTailscaledSocket, of all platforms, and where packages put it besides.
 */
static const char places[][52] = {
	"/var/run/tailscale/tailscaled.sock",			/* Linux, the BSDs, illumos */
	"/run/tailscale/tailscaled.sock",
	/* macOS without the graphical build */
	"/var/run/tailscaled.socket",
	"/var/packages/Tailscale/var/tailscaled.sock",		/* Synology DSM 7 */
	"/var/packages/Tailscale/etc/tailscaled.sock",		/* Synology DSM 6 */
	"/perm/tailscaled/tailscaled.sock",			/* gokrazy */
	"/tmp/tailscale/tailscaled.sock",			/* QNAP */
	"/tmp/tailscaled.sock",					/* the official container */
};

static int
trusted(uid_t uid)
{
	return (uid == 0 || uid == geteuid());
}

int
env_tailscale_trusted(const char *path)
{
	struct stat	sb;
	char		folder[PATH_MAX];

	strlcpy(folder, path, sizeof(folder));
	*strrchr(folder, '/') = '\0';
	if (stat(folder, &sb) == -1 || !trusted(sb.st_uid) ||
	    ((sb.st_mode & S_IWOTH) != 0 && (sb.st_mode & S_ISVTX) == 0))
		return (0);
	if (lstat(path, &sb) == -1)
		return (errno == EACCES ? -1 : 0);
	return (trusted(sb.st_uid) && stat(path, &sb) == 0 && S_ISSOCK(sb.st_mode) &&
	    trusted(sb.st_uid));
}

/* What the answer, or the lack of one, says. */
static enum env_tailscale_state
state_of(ssize_t len, int error, const char *body, struct tsjson *status)
{
	if (len == -1)
		switch (error) {
		case ENOENT:
		case ENOTDIR:
			return (ENV_TAILSCALE_NONE);
		case ECONNREFUSED:
		case EADDRNOTAVAIL:	/* of port 0, FreeBSD */
			return (ENV_TAILSCALE_DEAD);
		case EACCES:
		case EPERM:
			return (ENV_TAILSCALE_PERMISSION_DENIED);
		case ETIMEDOUT:
			return (ENV_TAILSCALE_HUNG);
		default:
			return (ENV_TAILSCALE_UNEXPECTED);
		}
	if (tsjson_status(body, (size_t)len, status) == -1)
		return (ENV_TAILSCALE_UNEXPECTED);
	/* What has no fault of its own works, as far as is known here. */
	return (tailscale_fault(ENV_TAILSCALE_DOWN, status->state)->backend[0] != '\0' ?
	    ENV_TAILSCALE_DOWN :
	    ENV_TAILSCALE_UP);
}

static void
tailscale_log(const struct env_tailscale *ts, const char *why)
{
	const struct tsjson	*status = &ts->status;
	char			 name[sizeof(ts->at.path)];
	int			 i;

	tailscaled_name(&ts->at, name, sizeof(name));
	if (ts->state < ENV_TAILSCALE_DOWN)
		log_debug(1, "tailscaled (%s): %s", name, why);
	else
		log_debug(1, "tailscaled %s (%s): %s, %s, names under \"%s\"", status->version,
		    name, status->state, status->tun == TSJSON_TUN_NO ?
		    "userspace networking" : "TUN", status->suffix);
	for (i = 0; i < TSJSON_HEALTH_MAX && status->health[i][0] != '\0'; i++)
		log_debug(1, "tailscaled complains: %s", status->health[i]);
}

/* Set the state. */
static void
tailscale_ask(struct env_tailscale *ts, int ms)
{
	char	*body = xmalloc(STATUS_BYTES);
	ssize_t	 len;
	int	 error;

	len = tailscaled_get(&ts->at, STATUS_PATH, ms, body, STATUS_BYTES, &ts->pid);
	error = errno;
	ts->state = state_of(len, error, body, &ts->status);
	free(body);
	if (ts->state != ENV_TAILSCALE_NONE)
		tailscale_log(ts, len == -1 ? strerror(error) : "the answer is not a status");
}

/* A graphical build comes first, as with Tailscale's own client. Its files outlive the daemon. */
static void
tailscale_ask_gui(struct env_tailscale *ts, int ms)
{
	char	proof[PATH_MAX];

	if (os_tailscale_gui(proof, sizeof(proof)) && env_tailscale_gui(&ts->at, "", proof) == 0)
		tailscale_ask(ts, ms);
}

/* One place; what was found of it is kept if it is better than nothing, and 1 if it answers. */
static int
tailscale_ask_place(struct env_tailscale *ts, const char *path, int ms)
{
	struct env_tailscale	one;
	int			place = env_tailscale_trusted(path);

	memset(&one, 0, sizeof(one));
	one.pid = -1;
	if (place == 0 || tailscaled_set_path(&one.at, path) == -1)
		return (0);
	if (place == -1) {
		one.state = ENV_TAILSCALE_PERMISSION_DENIED;
		tailscale_log(&one, "its folder is closed");
	} else
		tailscale_ask(&one, ms);
	if (ts->state == ENV_TAILSCALE_NONE || one.state >= ENV_TAILSCALE_HUNG)
		*ts = one;
	return (one.state >= ENV_TAILSCALE_HUNG);
}

static void
tailscale_ask_places(struct env_tailscale *ts, const char *root, int ms)
{
	char	path[PATH_MAX];
	size_t	i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", root, places[i]);
		if (tailscale_ask_place(ts, path, ms))
			return;
	}
}

/* A second daemon's socket is often beside that of the first. */
static int
others_beside(const char *root, int (*cb)(const char *, void *), void *arg)
{
	char		 folder[PATH_MAX], path[PATH_MAX];
	const char	*dot;
	struct dirent	*entry;
	DIR		*dir;
	int		 done = 0;

	snprintf(folder, sizeof(folder), "%s/var/run/tailscale", root);
	if ((dir = opendir(folder)) == NULL)
		return (0);
	while (!done && (entry = readdir(dir)) != NULL)
		if ((dot = strrchr(entry->d_name, '.')) != NULL && strcmp(dot, ".sock") == 0 &&
		    snprintf(path, sizeof(path), "%s/%s", folder,
		    entry->d_name) < (int)sizeof(path))
			done = cb(path, arg);
	closedir(dir);
	return (done);
}

/* Where the command line of a daemon says that its socket is. */
static int
others_running(pid_t pid, int (*cb)(const char *, void *), void *arg)
{
	char		 words[ARGS_BYTES];
	const char	*word, *path;
	ssize_t		 len;

	if ((len = os_process_args(pid, words, sizeof(words) - 1)) <= 0)
		return (0);
	words[len] = '\0';
	for (word = words; word != NULL; word = go_flag_next(word, words + len))
		if ((path = go_flag(word, words + len, "socket")) != NULL && path[0] == '/' &&
		    cb(path, arg))
			return (1);
	return (0);
}

int
env_tailscale_others(const char *root, pid_t *running, int (*cb)(const char *, void *), void *arg)
{
	int	i, count;

	if (others_beside(root, cb, arg) || root[0] != '\0')
		return (0);
	count = os_processes("tailscaled", running, ENV_TAILSCALE_RUNNING_MAX);
	for (i = 0; i < count && !others_running(running[i], cb, arg); i++)
		continue;
	return (count);
}

struct asking {
	struct env_tailscale	*ts;
	int			 ms;
};

static int
tailscale_ask_cb(const char *path, void *arg)
{
	struct asking	*asking = arg;

	return (tailscale_ask_place(asking->ts, path, asking->ms));
}

static void
tailscale_ask_others(struct env_tailscale *ts, const char *root, int ms)
{
	struct asking	asking = { ts, ms };
	pid_t		running[ENV_TAILSCALE_RUNNING_MAX];
	int		count = env_tailscale_others(root, running, tailscale_ask_cb, &asking);

	memcpy(ts->running, running, sizeof(running[0]) * (size_t)count);
	ts->running_count = count;
}

static void
tailscale_look(struct env_tailscale *ts, const char *socket, const char *root, int ms)
{
	if (socket != NULL) {
		if (tailscaled_set_path(&ts->at, socket) == 0)
			tailscale_ask(ts, ms);
		/* Who names a socket has a tailscaled. */
		if (ts->state == ENV_TAILSCALE_NONE)
			ts->state = ENV_TAILSCALE_DEAD;
		return;
	}
	tailscale_ask_gui(ts, ms);
	if (ts->state < ENV_TAILSCALE_HUNG) {
		ts->state = ENV_TAILSCALE_NONE;
		tailscale_ask_places(ts, root, ms);
	}
	if (ts->state < ENV_TAILSCALE_HUNG)
		tailscale_ask_others(ts, root, ms);
}

/* 1 if this interface's address is one of the node's. */
static int
is_own(const struct sockaddr *sa, const struct tsjson *status)
{
	const void	*any = sa;
	const void	*ip = sa->sa_family == AF_INET ?
			    (const void *)&((const struct sockaddr_in *)any)->sin_addr :
			    (const void *)&((const struct sockaddr_in6 *)any)->sin6_addr;
	unsigned char	 own[sizeof(struct in6_addr)];
	int		 i;

	for (i = 0; i < status->addr_count; i++)
		if (inet_pton(sa->sa_family, status->addrs[i], own) == 1 &&
		    memcmp(own, ip, sa->sa_family == AF_INET ?
		    sizeof(struct in_addr) : sizeof(struct in6_addr)) == 0)
			return (1);
	return (0);
}

static void
tailscale_interfaces(struct env_tailscale *ts)
{
	struct ifaddrs	*list, *ifa;

	if (getifaddrs(&list) == -1) {
		if (errno == ENOMEM)
			xalloc_fail();
		return;
	}
	for (ifa = list; ifa != NULL; ifa = ifa->ifa_next) {
		if (ifa->ifa_addr == NULL ||
		    (ifa->ifa_addr->sa_family != AF_INET && ifa->ifa_addr->sa_family != AF_INET6))
			continue;
		ts->mesh_address |= addr_is_tailnet(ifa->ifa_addr);
		ts->local |= is_own(ifa->ifa_addr, &ts->status);
	}
	freeifaddrs(list);
}

void
env_tailscale_detect(struct env_tailscale *ts, const char *socket, const char *root, int ms)
{
	const char	*variable = getenv("TS_SOCKET");

	memset(ts, 0, sizeof(*ts));
	ts->pid = -1;
	if (socket == NULL && variable != NULL && variable[0] != '\0')
		socket = variable;
	tailscale_look(ts, socket, root, ms);
	tailscale_interfaces(ts);
}

int
env_tailscale_kernel(const struct env_tailscale *ts)
{
	/* Who does not say, or is older than that word, is judged by the interfaces. */
	if (ts->state != ENV_TAILSCALE_UP)
		return (ts->mesh_address);
	return (ts->status.tun != TSJSON_TUN_NO && ts->local);
}

int
env_tailscale_tells(const struct env_tailscale *ts)
{
	char	*end;
	long	 major = strtol(ts->status.version, &end, 10),
		 minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;

	return (major > 1 || (major == 1 && minor >= 98));
}

int
env_tailscale_new(const struct env_tailscale *ts)
{
	int64_t	since_s = (int64_t)time(NULL) - ts->status.created_s;

	return (ts->state == ENV_TAILSCALE_UP && since_s > -NEW_S && since_s < NEW_S);
}
