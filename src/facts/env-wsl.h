/* SPDX-License-Identifier: ISC */
/* Whether this Linux is a guest of Windows: WSL, the Windows Subsystem for Linux. */

#ifndef FACTS_ENV_WSL_H
#define FACTS_ENV_WSL_H

/*
 * Look below this folder, "" for the machine itself. Return the version of WSL, 1 or 2, or 0.
 * Containers within WSL count.
 */
int	env_wsl(const char *root);

#endif
