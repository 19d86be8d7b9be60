/* install.c and its parts: one file (install-file.c), and what ssh says (install-judge.c). */

#ifndef EMIT_INSTALL_INT_H
#define EMIT_INSTALL_INT_H

#include "emit/install.h"

/* Look and read; what is not there will be made like the last argument says. 0, or -1 with the error set. */
int	install_file_open(struct install_file *, const char *path, const struct file_own *, struct error *);
/* Its text as it is to be, or as it is. */
const struct install_text *install_file_now(const struct install_file *);
/* From now on it is to be this, whose bytes are taken over. */
void	install_file_set(struct install_file *, struct install_text *);
/* The new text is on the disk, beside the old one, if there is one to write. 0 or -1. */
int	install_file_stage(struct install_file *, struct error *);
/* It takes its place, or goes, if it is still what was read. 0 or -1. */
int	install_file_commit(struct install_file *, struct error *);
void	install_file_close(struct install_file *);

/* What ssh says of the new files; those that change are staged. 0, or -1 with the error set if it refuses them. */
int	install_prove(const struct install *, struct error *);

#endif
