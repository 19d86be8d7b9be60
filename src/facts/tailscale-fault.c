/* SPDX-License-Identifier: ISC */
/* tailscaled's states, spelled out once. */

#include <string.h>

#include "facts/tailscale-fault.h"

/* In the order of enum env_tailscale_state. */
const char	tailscale_states[][20] = {
	"none", "dead", "permission-denied", "hung", "unexpected", "down", "up"
};

/* Not "Starting": that may last until the first packet of a peer, and works. */
static const struct tailscale_fault	faults[] = {
	/* Its service takes the socket along when it ends. */
	{ ENV_TAILSCALE_NONE, "", CODE_MESH_DOWN,
	    "tailscaled does not run on this machine: it has no socket here",
	    "none in any usual place" },
	{ ENV_TAILSCALE_DEAD, "", CODE_MESH_DOWN,
	    "tailscaled does not run: nothing listens on its socket", "nothing listens there" },
	{ ENV_TAILSCALE_PERMISSION_DENIED, "", CODE_MESH_PERMISSION_DENIED,
	    "tailscaled's socket is closed to this user", "permission denied" },
	{ ENV_TAILSCALE_HUNG, "", CODE_MESH_HUNG,
	    "tailscaled takes connections and does not answer", "no answer in 0.9 s" },
	{ ENV_TAILSCALE_UNEXPECTED, "", CODE_MESH_UNEXPECTED,
	    "tailscaled's socket is answered by something else", "the answer is not a status" },
	{ ENV_TAILSCALE_DOWN, "Stopped", CODE_MESH_STOPPED,
	    "tailscaled is stopped", "Stopped" },
	{ ENV_TAILSCALE_DOWN, "NeedsLogin", CODE_MESH_LOGGED_OUT,
	    "tailscaled is logged out", "NeedsLogin" },
	{ ENV_TAILSCALE_DOWN, "NeedsMachineAuth", CODE_MESH_UNAPPROVED,
	    "tailscaled waits for an administrator's approval", "NeedsMachineAuth" },
	{ ENV_TAILSCALE_DOWN, "InUseOtherUser", CODE_MESH_OTHER_USER,
	    "tailscaled is in use by another user of this machine", "InUseOtherUser" },
	{ ENV_TAILSCALE_DOWN, "NoState", CODE_MESH_NO_STATE,
	    "tailscaled has just started, or cannot reach its control server", "NoState" },
	{ ENV_TAILSCALE_DOWN, "", CODE_MESH_DOWN,
	    "tailscaled is not connected", "" },
	{ ENV_TAILSCALE_UP, "", CODE_NONE, "", "" }
};

const struct tailscale_fault *
tailscale_fault(enum env_tailscale_state state, const char *backend)
{
	const struct tailscale_fault	*f = faults;

	while (f->code != CODE_NONE &&
	    (f->state != state || (f->backend[0] != '\0' && strcmp(f->backend, backend) != 0)))
		f++;
	return (f);
}

const struct tailscale_fault *
tailscale_fault_by_name(const char *state, const char *backend)
{
	int	i = ENV_TAILSCALE_NONE;

	while (i < ENV_TAILSCALE_UP && strcmp(tailscale_states[i], state) != 0)
		i++;
	return (tailscale_fault((enum env_tailscale_state)i, backend));
}

int
tailscale_harmless(const char *health)
{
	static const char	words[][24] = { "advertising routes but", "update from version",
				    "is available" };
	size_t			i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(health, words[i]) != NULL)
			return (1);
	return (0);
}

const char *
tailscale_complaint(const struct tsjson *status)
{
	int	i;

	for (i = 0; i < TSJSON_HEALTH_MAX && status->health[i][0] != '\0'; i++)
		if (!tailscale_harmless(status->health[i]))
			return (status->health[i]);
	return (status->health[0]);
}
