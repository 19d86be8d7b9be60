/* SPDX-License-Identifier: ISC */
/*
 * What install, remove and nix --install do: a list of files that change together, under one lock. Whatever happens, each
 * file is there as it was or as it is to be, whole; and ssh itself takes the new configuration before anything changes.
 */

#ifndef INSTALL_INSTALL_H
#define INSTALL_INSTALL_H

#include <jansson.h>

#include "install/install-file.h"

struct error;

#define INSTALL_OWN		"meshssh.conf"		/* our file, in the folder of the other */
#define INSTALL_SYSTEM_FOLDER	"/etc/ssh"
#define INSTALL_SYSTEM_OWN	INSTALL_SYSTEM_FOLDER "/" INSTALL_OWN
#define INSTALL_FILES		8
#define INSTALL_FOLDERS		4

/* Whose configuration. */
enum install_scope {
	INSTALL_USER,
	INSTALL_ROOT,
	INSTALL_SYSTEM
};

/* A folder that others of us wait for. */
struct install_folder {
	char	path[PATH_MAX];
	int	lock;		/* its descriptor, never 0, which is standard input */
	int	made;		/* and it goes again if nothing comes of it */
};

struct install {
	struct install_file	*files[INSTALL_FILES];	/* what names another one stands behind it */
	size_t			 count;
	struct install_folder	 folders[INSTALL_FOLDERS];
	size_t			 locked;
	int			 dry;			/* nothing is to be written */
	char			 ssh[PATH_MAX];
	/* For ssh to judge: */
	struct install_file	*own;		/* our file; NULL if there is nothing to ask */
	struct install_file	*config;	/* which includes that one, or NULL */
	struct install_names	 names;		/* by which */
	char			 folder[PATH_MAX];
	char			 home[PATH_MAX];	/* "" for the system */
	json_t			*touched;	/* names of sections that change */
	int			 drops;		/* something is taken out */
};

/* Nothing is locked or read yet. 0, or -1 with the error set; install_close comes in any case. */
int	install_begin(struct install *, int dry, struct error *);
/*
 * One more file, at a whole path: read, or to be made with this mode. Unless nothing is to be written, its folder is made,
 * and others who would write there are waited for. All calls that share two folders add them in one order. NULL with the
 * error set.
 */
struct install_file *install_add(struct install *, const char *path, mode_t, struct error *);
/* What changes is written: all is staged, and ssh takes it, before the first file changes. 0, or -1 with the error set. */
int	install_apply(struct install *, struct error *);
void	install_close(struct install *);

/* Begin, with the files of this scope. 0, or -1 with the error set; install_close comes in any case. */
int	install_open(struct install *, enum install_scope, int dry, struct error *);
/* Put a section in, or another one in place of it; take one out, or everything. Nothing is written yet. 0 or -1. */
int	install_put(struct install *, const char *name, const char *body, struct error *);
int	install_drop(struct install *, const char *name, struct error *);
int	install_drop_all(struct install *, struct error *);
/* What ssh says of the configuration as it is: 0, or -1 with the error set if it refuses it. */
int	install_ask(const struct install *, struct error *);
/* Whether this may be done at all; nothing is written. 0, or -1 with the error set. */
int	install_check(const struct install *, struct error *);
/*
 * Whether root's ssh may run this program: it, and each folder and link on the way to it, is root's, and nobody else may
 * change it. 0, or -1 with the error set.
 */
int	install_program(const char *path, struct error *);

#endif
