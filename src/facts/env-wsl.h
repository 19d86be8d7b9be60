/* SPDX-License-Identifier: ISC */
/* Whether this Linux is a guest of Windows: WSL, the Windows Subsystem for Linux. */

#ifndef FACTS_ENV_WSL_H
#define FACTS_ENV_WSL_H

/* Looks below this folder, "" for the machine itself: 1 or 0. Containers within WSL count. */
int	env_wsl(const char *);

#endif
