/* SPDX-License-Identifier: ISC */
/*
 * What is around ssh on a host: WSL, Windows, NFS. As emit.h has it, and each file begins with its
 * header.
 */

#ifndef EMIT_EMIT_HOSTS_H
#define EMIT_EMIT_HOSTS_H

#include <jansson.h>
#include <stdio.h>

struct error;

/*
 * Lines of .wslconfig and wsl.conf for this WSL, or that there is nothing to do; for any WSL with
 * wanted.generic.
 */
int	emit_wsl(FILE *, const json_t *, struct error *);
/* A script for PowerShell that makes a Windows machine one of the mesh with an SSH server. */
int	emit_windows(FILE *, const json_t *, struct error *);
/*
 * The line of fstab(5) for a file system of the target, and the tunnel where the kernel has no
 * route to it.
 */
int	emit_nfs(FILE *, const json_t *, struct error *);

#endif
