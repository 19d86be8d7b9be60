/* SPDX-License-Identifier: ISC */
/*
 * tailscaled on this machine: where it listens, how it is, and whether its mesh can be reached
 * through the kernel.
 */

#ifndef FACTS_ENV_TAILSCALE_H
#define FACTS_ENV_TAILSCALE_H

#include <sys/types.h>

#include "net/tailscaled.h"
#include "wire/tsjson.h"

#define ENV_TAILSCALE_RUNNING_MAX 8

enum env_tailscale_state {
	ENV_TAILSCALE_NONE,	/* there is no socket */
	/* there is one, and nobody listens; or not even the one that was named */
	ENV_TAILSCALE_DEAD,
	ENV_TAILSCALE_PERMISSION_DENIED,	/* this user may not connect to it */
	ENV_TAILSCALE_HUNG,	/* it takes the connection and does not answer */
	ENV_TAILSCALE_UNEXPECTED,	/* it answers something else than a status */
	ENV_TAILSCALE_DOWN,	/* it is not connected to the mesh; status.state says why */
	ENV_TAILSCALE_UP
};

struct env_tailscale {
	enum env_tailscale_state state;
	struct tailscaled	 at;		/* not for ENV_TAILSCALE_NONE */
	struct tsjson		 status;	/* for DOWN and UP */
	/* one of its addresses is on an interface of ours, in this namespace */
	int			 local;
	/* an address like those of a mesh is on an interface of ours, whose ever */
	int			 mesh_address;
	pid_t			 pid;		/* of the daemon, or -1 */
	/* of programs of its name, looked for where no daemon answers */
	pid_t			 running[ENV_TAILSCALE_RUNNING_MAX];
	int			 running_count;
};

/*
 * Look at the socket, or, if it is NULL, at that of $TS_SOCKET, or else at the usual places under
 * this root folder, beside them, and where a running daemon's command line says; a daemon that
 * hangs costs so many milliseconds. What cannot be seen is as if it were not there.
 */
void	env_tailscale_detect(struct env_tailscale *, const char *, const char *root, int ms);
/* 1 if a tailscaled that could be started is on this machine, under the root folder. */
int	env_tailscale_installed(const char *root);
/*
 * Call back with where a second daemon may listen: beside the usual place under this root folder,
 * and, for "", where the command lines of those say that run here; 1 from there ends it. So many of
 * these are in the list, of ENV_TAILSCALE_RUNNING_MAX; it is how many.
 */
int	env_tailscale_others(const char *root, pid_t *running, int (*cb)(const char *, void *),
	    void *arg);
/*
 * Anybody may make a socket in /tmp: only root's and our own are trusted, behind a name, and in a
 * folder, that nobody else can change. 1 if it is so; -1 if the folder is, and closed to us.
 */
int	env_tailscale_trusted(const char *path);
/* 1 if the kernel routes to the mesh: there is a TUN, and it is in our network namespace. */
int	env_tailscale_kernel(const struct env_tailscale *);
/* 1 if it reports that a host is not of its mesh, instead of connecting to it: since 1.98. */
int	env_tailscale_tells(const struct env_tailscale *ts);
/*
 * 1 if this machine joined its mesh within the last minute, by the clocks of both: other nodes may
 * not know it yet.
 */
int	env_tailscale_new(const struct env_tailscale *ts);
/*
 * Where a graphical build for macOS listens (Tailscale's safesocket), by the path of the file that
 * the one from the App Store has open, or "", and by the files that the other one leaves in
 * /Library/Tailscale under the root folder: 0, or -1 if there is none.
 */
int	env_tailscale_gui(struct tailscaled *, const char *root, const char *proof);

#endif
