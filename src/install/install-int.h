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

#endif
