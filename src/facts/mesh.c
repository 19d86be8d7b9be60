/* SPDX-License-Identifier: ISC */
/* The peers of the mesh, for the companion and the scan. */

#include <sys/types.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/xalloc.h"
#include "facts/env-tailscale.h"
#include "facts/mesh.h"
#include "facts/tailscale-fault.h"
#include "wire/tspeer.h"

#define MESH_PATH	"/localapi/v0/status"
#define MESH_MS		5000
#define STATUS_MS	1000

/* It is connected, and the list of its peers did not come. */
static void
mesh_untold(int error, struct error *err)
{
	switch (error) {
	case ETIMEDOUT:
		error_set(err, CODE_MESH_HUNG, "tailscaled does not tell its peers in time");
		break;
	case EMSGSIZE:
		error_set(err, CODE_MESH_STATUS, "tailscaled's list of peers has more than %d MB",
		    TSPEER_BYTES_MAX >> 20);
		break;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
		error_errno(err, error, "cannot ask tailscaled for its peers");
		break;
	default:
		error_set(err, CODE_MESH_STATUS, "tailscaled does not tell its peers: %s",
		    strerror(error));
		break;
	}
}

/* Why there are no peers to be had. */
static void
mesh_error(const struct env_tailscale *ts, struct error *err)
{
	const struct tailscale_fault	*fault = tailscale_fault(ts->state, ts->status.state);

	if (fault->code == CODE_NONE)
		mesh_untold(errno, err);
	else
		error_set(err, fault->code, "%s", fault->cause);
}

json_t *
mesh_peers(const char *tailscaled, struct error *err)
{
	struct env_tailscale	*ts = xmalloc(sizeof(*ts));
	char			*body = xmalloc(TSPEER_BYTES_MAX);
	json_t			*list = NULL;
	ssize_t			 len;
	pid_t			 pid;

	env_tailscale_detect(ts, tailscaled, "", STATUS_MS);
	if (ts->state != ENV_TAILSCALE_UP || (len = tailscaled_get(&ts->at, MESH_PATH, MESH_MS,
	    body, TSPEER_BYTES_MAX, &pid)) == -1 || (list = tspeer_list(body, (size_t)len)) == NULL)
		mesh_error(ts, err);
	free(body);
	free(ts);
	return (list);
}

struct other {
	const struct tailscaled	*known;
	const char		*host;
	int64_t			 until_ms;
	struct tspeers		 peers;
	struct tailscaled	 at;
	int			 found;
};

static int
other_cb(const char *path, void *arg)
{
	struct other	*o = arg;
	char		*body;
	int64_t		 left_ms = o->until_ms - clock_ms();
	ssize_t		 len;
	pid_t		 pid;

	if (strcmp(path, o->known->path) == 0 || env_tailscale_trusted(path) != 1 ||
	    tailscaled_set_path(&o->at, path) == -1 || left_ms <= 0)
		return (0);
	body = xmalloc(TSPEER_BYTES_MAX);
	len = tailscaled_get(&o->at, MESH_PATH, (int)left_ms, body, TSPEER_BYTES_MAX, &pid);
	o->found = len != -1 && tspeer_find(body, (size_t)len, o->host, &o->peers) == 0 &&
	    o->peers.found && strcmp(o->peers.state, "Running") == 0;
	free(body);
	return (o->found);
}

const char *
mesh_other(const struct tailscaled *known, const char *host, int ms, char *path, size_t size)
{
	struct other	*o = xcalloc(1, sizeof(*o));
	pid_t		 running[ENV_TAILSCALE_RUNNING_MAX];
	const char	*found = NULL;

	o->known = known;
	o->host = host;
	o->until_ms = clock_ms() + ms;
	env_tailscale_others("", running, other_cb, o);
	if (o->found && strlcpy(path, o->at.path, size) < size)
		found = path;
	free(o);
	return (found);
}
