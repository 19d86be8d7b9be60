/* SPDX-License-Identifier: ISC */
/* What the environment of nix-daemon, which runs ssh for Nix, has for it. */

#ifndef FACTS_NIX_DAEMON_H
#define FACTS_NIX_DAEMON_H

#include <stddef.h>

/*
 * NIX_SSHOPTS in the daemon's unit, or launchd's file, below the root, cut to fit: 1, or 0 if it is
 * not set there.
 */
int	nix_daemon_sshopts(const char *root, char *, size_t);

#endif
