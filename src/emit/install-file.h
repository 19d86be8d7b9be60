/*
 * One file that is to become another: read, then staged beside itself, then put in place if nobody else has written to it
 * meanwhile. Owner and mode stay; links are followed.
 */

#ifndef EMIT_INSTALL_FILE_H
#define EMIT_INSTALL_FILE_H

#include "base/file.h"
#include "emit/install-text.h"

struct error;

struct install_file {
	char			path[PATH_MAX];	/* as ssh opens it */
	char			real[PATH_MAX];	/* where links lead to from there */
	struct file_own		own;		/* as it is, or as it will be made */
	struct install_text	old, new;
	int			set, changes;	/* there is a new one; it is something else */
	char			tmp[PATH_MAX];	/* the new bytes, until they have their place; or "" */
};

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

#endif
