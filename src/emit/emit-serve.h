/* SPDX-License-Identifier: ISC */
/*
 * What starts meshssh-serve, and what its sshd is to know of it: systemd's units, the drop-in of
 * sshd_config(5), a module of NixOS, launchd's list. Besides what emitters take, the document has
 *
 *	wanted.listen	addresses with commas between them, if not those of the mesh
 *	wanted.port	if not 4622
 *	wanted.rootless	for one user's own manager
 *	wanted.login, wanted.home	in whose name launchd starts it (serve-launchd)
 */

#ifndef EMIT_EMIT_SERVE_H
#define EMIT_EMIT_SERVE_H

#include <jansson.h>
#include <stdio.h>

#include "base/addr.h"

#define EMIT_SERVE_PORT		4622
/* where it connects to sshd: addresses that nobody else uses, so that sshd knows its sessions */
#define EMIT_SERVE_TO		"127.0.0.22"
#define EMIT_SERVE_TO6		"fdfe::22"
#define EMIT_SERVE_USER		"_meshssh"
#define EMIT_SERVE_ADDRESSES	8
#define EMIT_SERVE_LINES	512	/* bytes of the lines of sshd_config */

struct error;

struct emit_serve {
	const char	*program;	/* the path of meshssh-serve */
	int		 port;
	int		 sshd_port;
	int		 rootless;
	int		 darwin;
	/* sshd cannot see who connects: the mesh comes in on loopback, or nobody may say so */
	int		 loopback;
	int		 mesh;		/* the addresses are those of the mesh */
	char		 listen[EMIT_SERVE_ADDRESSES][ADDR_TEXT_MAX + 10];
	size_t		 count;
	int		 v4, v6;	/* one of them is of IPv4, of IPv6 */
	/* what "[::]" means to systemd, which would else ask the kernel; NULL if it is not there */
	const char	*only6;
};

/* What the document says. 0, or -1 with the error set. */
int	emit_serve_read(struct emit_serve *, const json_t *doc, struct error *err);
/*
 * What VersionAddendum is to be: what it is, and our word behind it. 0, or -1 with the error set.
 */
int	emit_serve_addendum(const struct emit_serve *, const json_t *doc,
	    char addendum[EMIT_SERVE_LINES], struct error *err);
/* The block of sshd_config for the sessions that it starts, each line behind the blanks. */
void	emit_serve_match(FILE *, const struct emit_serve *, const char *blanks);

/* What it is started with, behind its path. */
void	emit_serve_options(FILE *, const struct emit_serve *);
/*
 * Lines that systemd takes in [Service], as "Key=value", or as Nix has them. The path of ip(8) is
 * what the module calls it.
 */
void	emit_serve_lines(FILE *, const struct emit_serve *, int nix);

int	emit_serve_users(FILE *, const json_t *, struct error *);
int	emit_serve_socket(FILE *, const json_t *, struct error *);
int	emit_serve_service(FILE *, const json_t *, struct error *);
int	emit_serve_sshd(FILE *, const json_t *, struct error *);
int	emit_serve_nixos(FILE *, const json_t *, struct error *);
int	emit_serve_launchd(FILE *, const json_t *, struct error *);

#endif
