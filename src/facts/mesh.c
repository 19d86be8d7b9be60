/* SPDX-License-Identifier: ISC */
/* The peers of the mesh, for the companion and the scan. */

#include <sys/types.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
