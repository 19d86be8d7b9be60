/* SPDX-License-Identifier: ISC */
/*
 * What install, remove and nix --install do: a list of files that change together, under one lock.
 * Whatever happens, each file is there as it was or as it is to be, whole; and ssh itself takes the
 * new configuration before anything changes.
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
	/* what names another one stands behind it */
	struct install_file	*files[INSTALL_FILES];
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
	/* Who judges in ssh's place, as install_prove_serve does; or NULL. */
	int			 (*prove)(const struct install *, struct error *);
};

/*
 * Lock and read nothing yet. Return 0 on success, or -1 with *err set; call install_close in either
 * case.
 */
int	install_begin(struct install *in, int dry, struct error *err);
/*
 * Add a file by its absolute path: it is read, or will be created with this mode. Unless in->dry,
 * its folder is created and locked, which waits for other meshssh-config processes. All callers add
 * the same folders in the same order. Return the file, which install_close frees, or NULL with *err
 * set.
 */
struct install_file *install_add(struct install *in, const char *path, mode_t mode,
	    struct error *err);
/*
 * Write what changes: everything is staged, and ssh accepts it, before the first file changes.
 * Return 0 on success, or -1 with *err set.
 */
int	install_apply(struct install *in, struct error *err);
void	install_close(struct install *in);

/*
 * Begin with the files of this scope. Return 0 on success, or -1 with *err set; call install_close
 * in either case.
 */
int	install_open(struct install *in, enum install_scope scope, int dry, struct error *err);
/*
 * Add or replace a section; remove one; remove everything. Nothing is written before install_apply.
 */
void	install_put(struct install *in, const char *name, const char *body);
void	install_drop(struct install *in, const char *name);
void	install_drop_all(struct install *in);
/* Have in->config include in->own, by in->names, if it does not yet. Nothing is written. */
void	install_include(struct install *in);
/*
 * Return 0 if sshd accepts in->config and takes what in->own says for sessions of meshssh-serve,
 * and systemd accepts the units, as far as either is here; or -1 with *err set.
 */
int	install_prove_serve(const struct install *in, struct error *err);
/* Return 0 if ssh accepts the configuration as it is now, or -1 with *err set. */
int	install_ask(const struct install *in, struct error *err);
/* Return 0 if install_apply may do this, or -1 with *err set. Nothing is written. */
int	install_check(const struct install *in, struct error *err);
/*
 * Return 0 if root's ssh may run this program, or -1 with *err set: the program and each folder and
 * link on its path belong to root, and no other user can change them.
 */
int	install_program(const char *path, struct error *err);

#endif
