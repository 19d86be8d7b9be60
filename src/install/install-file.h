/* SPDX-License-Identifier: ISC */
/*
 * One file that is to become another: read, then staged beside itself, then put in place if nobody else has written to it
 * meanwhile. Owner, mode, access control list and extended attributes stay; links are followed.
 */

#ifndef INSTALL_INSTALL_FILE_H
#define INSTALL_INSTALL_FILE_H

#include "base/file.h"
#include "install/install-text.h"

#define INSTALL_BACKUP	".before-meshssh"	/* behind a file's name: the copy of what was there */

struct error;

struct install_file {
	char			path[PATH_MAX];		/* as ssh opens it */
	char			real[PATH_MAX];		/* where links lead to from there */
	char			backup[PATH_MAX];
	struct stat		own;			/* owner and mode, as they are, or as they will be made */
	struct install_text	old, new;
	int			set, changes;		/* there is a new one; it is something else */
	int			keeps, kept;		/* a copy of the old one is wanted; it was made now */
	int			done;			/* it has changed */
	char			tmp[PATH_MAX];		/* the new bytes, until they have their place; or "" */
	char			tmp_backup[PATH_MAX];	/* the copy, until it has its place; or "" */
};

/*
 * Look and read; a file that does not exist will be made with this mode. Unless nothing is to be written, remove what one
 * of us that was ended left beside it. 0, or -1 with the error set.
 */
int	install_file_open(struct install_file *, const char *path, mode_t, int dry, struct error *);
/* Its text as it is to be, or as it is. */
const struct install_text *install_file_now(const struct install_file *);
/* From now on it is to be this, whose bytes are taken over. */
void	install_file_set(struct install_file *, struct install_text *);
/* The new text is on the disk, beside the old one, and so is the copy, unless its name is taken. 0 or -1. */
int	install_file_stage(struct install_file *, struct error *);
/* An editor may have saved it while ssh was asked: 0 if it is still what was read, else -1. */
int	install_file_still(const struct install_file *, struct error *);
/* It takes its place, or goes, if it is still what was read; the copy comes first. 0 or -1. */
int	install_file_commit(struct install_file *, struct error *);
void	install_file_close(struct install_file *);

#endif
