/* install.c, install-files.c and what ssh says (install-judge.c). */

#ifndef EMIT_INSTALL_INT_H
#define EMIT_INSTALL_INT_H

#include "emit/install.h"

/* What ssh says of the new files; those that change are staged. 0, or -1 with the error set if it refuses them. */
int	install_prove(const struct install *, struct error *);

#endif
