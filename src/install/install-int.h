/* SPDX-License-Identifier: ISC */
/* install.c, install-files.c and what ssh says (install-judge.c). */

#ifndef INSTALL_INSTALL_INT_H
#define INSTALL_INSTALL_INT_H

#include "install/install.h"

/*
 * What ssh says of the new files; those that change are staged. 0, or -1 with the error set if it
 * refuses them.
 */
int	install_prove(const struct install *, struct error *);

/*
 * Cut what ssh said to its first line, and replace the first path of a temporary file in it, unless
 * that is NULL or "", by the name that people know.
 */
void	install_told(char *told, size_t size, const char *tmp, const char *name);

#endif
