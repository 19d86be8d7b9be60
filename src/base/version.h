/* SPDX-License-Identifier: ISC */
/* What --version says. */

#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#include <stdio.h>

/*
 * Print the name and version of the program, how it was built, the libraries as they are now, and
 * the platform. libsodium is a version, NULL where it is missing, or "" where it is not used.
 */
void	version_print(FILE *, const char *program, const char *libsodium);

#endif
