/* SPDX-License-Identifier: ISC */
/*
 * One file that is to become another: read, then staged beside itself, then put in place if nobody
 * else has written to it meanwhile. Owner, mode, access control list and extended attributes stay;
 * links are followed.
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
	/* owner and mode, as they are, or as they will be made */
	struct stat		own;
	struct install_text	old, new;
	/* there is a new one; it is something else */
	int			set, changes;
	/* a copy of the old one is wanted; it was made now */
	int			keeps, kept;
	int			done;			/* it has changed */
	/* the new bytes, until they have their place; or "" */
	char			tmp[PATH_MAX];
	/* the copy, until it has its place; or "" */
	char			tmp_backup[PATH_MAX];
};

/*
 * Read the file; one that does not exist will be created with this mode. Unless dry, remove the
 * temporary files that a meshssh-config that was killed left beside it. Return 0 on success, or -1
 * with *err set.
 */
int	install_file_open(struct install_file *f, const char *path, mode_t mode, int dry,
	    struct error *err);
/* Its text as it is to be, or as it is. */
const struct install_text *install_file_now(const struct install_file *f);
/* Set its new text, whose bytes are taken over. */
void	install_file_set(struct install_file *f, struct install_text *text);
/*
 * Write the new text to the disk, beside the old one, and the backup, unless its name is taken.
 * Return 0 on success, or -1 with *err set.
 */
int	install_file_stage(struct install_file *f, struct error *err);
/*
 * An editor may have saved it meanwhile. Return 0 if it is still what was read, or -1 with *err
 * set. Allocates nothing.
 */
int	install_file_still(const struct install_file *f, struct error *err);
/*
 * Put it in place, or remove it, if it is still what was read; the backup comes first. Return 0 on
 * success, or -1 with *err set. Allocates nothing.
 */
int	install_file_commit(struct install_file *f, struct error *err);
void	install_file_close(struct install_file *f);

#endif
