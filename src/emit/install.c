#include <sys/types.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "emit/install-int.h"
#include "facts/env-ssh.h"
#include "os/os.h"

#define STORE		"/nix/store/"
#define BACKUP		".before-meshssh"

static int
install_starved(struct error *err)
{
	error_set(err, MSG_NO_MEMORY, "no memory");
	return (-1);
}

static int
install_unwritable(const char *path, struct error *err)
{
	error_set(err, MSG_CONFIG_WRITE, "%s: %s", path, strerror(errno));
	return (-1);
}

/*
 * The folder, and by which names a file in it is included. For its own files ssh takes the home from the same place, not
 * from $HOME; but "~" and names without a folder in an Include are below $HOME, and sudo may have left that at another's
 * home: so our Include has the whole path.
 */
static int
install_place(struct install *in, enum install_scope scope, struct error *err)
{
	const struct passwd	*pw;

	if (scope == INSTALL_SYSTEM) {
		strlcpy(in->folder, INSTALL_SYSTEM_FOLDER, sizeof(in->folder));
	} else if ((pw = getpwuid(scope == INSTALL_ROOT ? 0 : getuid())) != NULL && pw->pw_dir[0] == '/' &&
	    snprintf(in->folder, sizeof(in->folder), "%s/.ssh", pw->pw_dir) < (int)sizeof(in->folder)) {
		strlcpy(in->home, pw->pw_dir, sizeof(in->home));
		in->names.home = in->home;
	} else {
		error_set(err, MSG_CONFIG_READ, "the system knows no home of this user");
		return (-1);
	}
	in->names.folder = in->folder;
	/* Blanks are what quotes are for; of the rest, some versions make patterns and variables. */
	if (strpbrk(in->folder, "*?[]{}\\\"'%$#\r\n\t") == NULL)
		return (0);
	error_set(err, MSG_CONFIG_READ, "%s: ssh cannot include a file from there, by its name", in->folder);
	return (-1);
}

/* Nobody else of us writes there at the same time, and what one of us that was ended left there goes. */
static int
install_lock(struct install *in, struct error *err)
{
	if (mkdir(in->folder, 0700) == 0)
		in->made_folder = 1;
	else if (errno != EEXIST)
		return (install_unwritable(in->folder, err));
	if ((in->lock = open(in->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return (install_unwritable(in->folder, err));
	if (flock(in->lock, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK) {
		fprintf(stderr, "meshssh-config: another one writes to %s: waiting\n", in->folder);
		flock(in->lock, LOCK_EX);
	}
	return (0);
}

/* Open the file of this name in the folder. */
static int
install_one(const struct install *in, struct install_file *f, const char *name, const struct file_own *own,
    struct error *err)
{
	char	path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", in->folder, name) < (int)sizeof(path))
		return (install_file_open(f, path, own, err));
	error_set(err, MSG_CONFIG_READ, "%s: %s", in->folder, strerror(ENAMETOOLONG));
	return (-1);
}

static int
install_files(struct install *in, enum install_scope scope, struct error *err)
{
	const int		system = scope == INSTALL_SYSTEM;
	const struct file_own	own = { .uid = geteuid(), .gid = getegid(), .mode = system ? 0644 : 0600 };

	if (install_one(in, &in->config, system ? "ssh_config" : "config", &own, err) == -1 ||
	    install_one(in, &in->backup, system ? "ssh_config" BACKUP : "config" BACKUP, &in->config.own, err) == -1 ||
	    install_one(in, &in->own, INSTALL_OWN, &own, err) == -1)
		return (-1);
	in->names.own = in->names.include = in->own.path;
	if (install_own_ok(&in->own.old))
		return (0);
	error_set(err, MSG_CONFIG_FOREIGN, "%s is there, and not from meshssh-config", in->own.path);
	return (-1);
}

static void
install_sweep(const struct install *in)
{
	file_sweep(in->config.real);
	file_sweep(in->own.real);
	file_sweep(in->backup.real);
}

int
install_open(struct install *in, enum install_scope scope, int dry, struct error *err)
{
	char	self[PATH_MAX];

	memset(in, 0, sizeof(*in));
	in->lock = -1;
	if ((in->touched = json_array()) == NULL)
		return (install_starved(err));
	if (install_place(in, scope, err) == -1 || (!dry && install_lock(in, err) == -1) ||
	    install_files(in, scope, err) == -1)
		return (-1);
	if (!dry)
		install_sweep(in);
	if (os_exe_path(self, sizeof(self)) == -1)
		strlcpy(self, "", sizeof(self));
	if (env_ssh_find(self, in->ssh) == 0)
		return (0);
	error_set(err, MSG_NO_SSH, "there is no ssh");
	return (-1);
}

/* The first time, what is there now is kept. */
static int
install_include(struct install *in, struct error *err)
{
	struct install_text	text, cut, *kept = &in->config.old;

	if (install_config_reads(install_file_now(&in->config), &in->names))
		return (0);
	if (install_config_put(&in->config.old, &in->names, &text) == -1)
		return (install_starved(err));
	install_file_set(&in->config, &text);
	if (kept->bytes == NULL)
		return (0);
	if (install_config_cut(kept, &in->names, &cut) == -1)
		return (install_starved(err));
	if (cut.bytes == NULL || cut.len != kept->len)
		free(cut.bytes);
	else
		install_file_set(&in->backup, &cut);
	return (0);
}

int
install_put(struct install *in, const char *name, const char *body, struct error *err)
{
	struct install_text	text;

	if (install_own_put(install_file_now(&in->own), name, body, &text) == -1 ||
	    json_array_append_new(in->touched, json_string(name)) == -1)
		return (install_starved(err));
	install_file_set(&in->own, &text);
	return (install_include(in, err));
}

int
install_drop_all(struct install *in, struct error *err)
{
	struct install_text	 text, none = { .bytes = NULL };
	const struct install_text	*config;

	in->drops = 1;
	if (install_config_cut(&in->config.old, &in->names, &text) == -1)
		return (install_starved(err));
	install_file_set(&in->config, &text);
	install_file_set(&in->own, &none);
	config = install_file_now(&in->config);
	/* Whoever has changed it meanwhile may want to see what there was. */
	if (in->backup.old.bytes != NULL && config->bytes != NULL && config->len == in->backup.old.len &&
	    memcmp(config->bytes, in->backup.old.bytes, config->len) == 0)
		install_file_set(&in->backup, &none);
	return (0);
}

int
install_drop(struct install *in, const char *name, struct error *err)
{
	struct install_text	text;

	in->drops = 1;
	if (install_own_cut(install_file_now(&in->own), name, &text) == -1)
		return (install_starved(err));
	if (text.bytes == NULL)
		return (install_drop_all(in, err));
	install_file_set(&in->own, &text);
	return (0);
}

/* What Nix has made is for Nix to change. */
static int
install_store(const struct install *in, struct error *err)
{
	if (in->config.changes && strncmp(in->config.real, STORE, strlen(STORE)) == 0) {
		error_set(err, MSG_CONFIG_STORE, "%s is made by Nix: say there programs.ssh.%s%s%s", in->config.path,
		    in->home[0] != '\0' ? "includes = [ \"" : "extraConfig = \"Include ", in->own.path,
		    in->home[0] != '\0' ? "\" ];" : "\";");
		return (-1);
	}
	if (in->own.changes && strncmp(in->own.real, STORE, strlen(STORE)) == 0) {
		error_set(err, MSG_CONFIG_STORE, "%s is made by Nix: take it out there", in->own.path);
		return (-1);
	}
	return (0);
}

int
install_check(const struct install *in, struct error *err)
{
	if (install_store(in, err) == -1)
		return (-1);
	/* What is broken may be what is to be taken out. */
	return (in->drops ? 0 : install_judge(in, err));
}

/* Nothing names what is not there yet, or is gone. */
static int
install_commit(struct install *in, struct error *err)
{
	struct install_file	*order[] = { &in->backup, &in->own, &in->config, NULL }, **f;

	if (in->drops) {
		order[0] = &in->config;
		order[2] = &in->backup;
	}
	for (f = order; *f != NULL; f++)
		if (install_file_commit(*f, err) == -1)
			return (-1);
	in->made_folder = 0;
	return (0);
}

int
install_apply(struct install *in, struct error *err)
{
	if (!in->config.changes && !in->own.changes && !in->backup.changes)
		return (0);
	if (install_file_stage(&in->backup, err) == -1 || install_file_stage(&in->own, err) == -1 ||
	    install_file_stage(&in->config, err) == -1)
		return (-1);
	if (install_prove(in, err) == -1 && !(in->drops && install_judge(in, NULL) == -1))
		return (-1);
	return (install_commit(in, err));
}

void
install_close(struct install *in)
{
	install_file_close(&in->config);
	install_file_close(&in->own);
	install_file_close(&in->backup);
	json_decref(in->touched);
	/* Where something is in it meanwhile, it stays. */
	if (in->made_folder)
		rmdir(in->folder);
	if (in->lock != -1)
		close(in->lock);
}
