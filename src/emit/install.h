/*
 * install and remove: the files, and the order in which they change. Whatever happens, each file is there as it was or as
 * it is to be, whole; and ssh itself takes the new configuration before anything changes.
 */

#ifndef EMIT_INSTALL_H
#define EMIT_INSTALL_H

#include <jansson.h>

#include "emit/install-file.h"

struct error;

#define INSTALL_OWN		"meshssh.conf"		/* our file, in the folder of the other */
#define INSTALL_SYSTEM_FOLDER	"/etc/ssh"
#define INSTALL_SYSTEM_OWN	INSTALL_SYSTEM_FOLDER "/" INSTALL_OWN

/* Whose configuration. */
enum install_scope {
	INSTALL_USER,
	INSTALL_ROOT,
	INSTALL_SYSTEM
};

struct install {
	char			folder[PATH_MAX];
	char			home[PATH_MAX];		/* "" for the system */
	char			ssh[PATH_MAX];
	struct install_names	names;
	struct install_file	config, own, backup;
	json_t			*touched;	/* names of sections that change */
	int			drops;		/* something is taken out */
	int			lock, made_folder;
};

/*
 * Find and read the files of this scope. Unless nothing is to be written, the folder is made and others who would write
 * there are waited for. 0, or -1 with the error set; install_close comes in any case.
 */
int	install_open(struct install *, enum install_scope, int dry, struct error *);
/* Put a section in, or another one in place of it; take one out, or everything. Nothing is written yet. 0 or -1. */
int	install_put(struct install *, const char *name, const char *body, struct error *);
int	install_drop(struct install *, const char *name, struct error *);
int	install_drop_all(struct install *, struct error *);
/* What ssh says of the configuration as it is: 0, or -1 with the error set if it refuses it. */
int	install_judge(const struct install *, struct error *);
/* Whether this may be done at all; nothing is written. 0, or -1 with the error set. */
int	install_check(const struct install *, struct error *);
/* Write what changes. 0, or -1 with the error set; then what was there is there. */
int	install_apply(struct install *, struct error *);
void	install_close(struct install *);

#endif
