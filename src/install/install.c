/* SPDX-License-Identifier: ISC */
/* install and remove: the files, and the order in which they change. */

#include <sys/types.h>

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "install/install-int.h"

#define STORE		"/nix/store/"

/*
 * The folder, and by which names a file in it is included. For its own files ssh takes the home
 * from the same place, not from $HOME; but "~" and names without a folder in an Include are below
 * $HOME, and sudo may have left that at another's home: so our Include has the whole path.
 */
static int
install_place(struct install *in, enum install_scope scope, struct error *err)
{
	const struct passwd	*pw;

	if (scope == INSTALL_SYSTEM) {
		strlcpy(in->folder, INSTALL_SYSTEM_FOLDER, sizeof(in->folder));
	} else if ((pw = getpwuid(scope == INSTALL_ROOT ? 0 : getuid())) != NULL &&
	    pw->pw_dir[0] == '/' && snprintf(in->folder, sizeof(in->folder), "%s/.ssh",
	    pw->pw_dir) < (int)sizeof(in->folder)) {
		strlcpy(in->home, pw->pw_dir, sizeof(in->home));
		in->names.home = in->home;
	} else {
		error_set(err, CODE_CONFIG_READ, "the user database has no home directory for this user");
		return (-1);
	}
	in->names.folder = in->folder;
	/*
	 * Blanks are what quotes are for; of the rest, some versions make patterns and variables.
	 */
	if (strpbrk(in->folder, "*?[]{}\\\"'%$#\r\n\t") == NULL)
		return (0);
	error_set(err, CODE_CONFIG_READ, "%s: ssh cannot include a file from there, by its name",
	    in->folder);
	return (-1);
}

/* Add the file of this name in the folder; NULL with the error set. */
static struct install_file *
install_one(struct install *in, const char *name, mode_t mode, struct error *err)
{
	char	path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", in->folder, name) < (int)sizeof(path))
		return (install_add(in, path, mode, err));
	error_set(err, CODE_CONFIG_READ, "%s: %s", in->folder, strerror(ENAMETOOLONG));
	return (NULL);
}

int
install_open(struct install *in, enum install_scope scope, int dry, struct error *err)
{
	const int	system = scope == INSTALL_SYSTEM;
	const mode_t	mode = system ? 0644 : 0600;

	if (install_begin(in, dry, err) == -1 || install_place(in, scope, err) == -1 ||
	    (in->own = install_one(in, INSTALL_OWN, mode, err)) == NULL ||
	    (in->config = install_one(in, system ? "ssh_config" : "config", mode, err)) == NULL)
		return (-1);
	in->names.own = in->names.include = in->own->path;
	if (install_own_ok(&in->own->old))
		return (0);
	error_set(err, CODE_CONFIG_FOREIGN, "%s is there, and not from meshssh-config",
	    in->own->path);
	return (-1);
}

/* What is there now is kept, if nothing of ours was in it before. */
void
install_include(struct install *in)
{
	struct install_file	*config = in->config;
	struct install_text	 text, cut;

	if (install_config_reads(install_file_now(config), &in->names))
		return;
	install_config_put(&config->old, &in->names, &text);
	install_file_set(config, &text);
	install_config_cut(&config->old, &in->names, &cut);
	config->keeps = cut.bytes != NULL && cut.len == config->old.len;
	free(cut.bytes);
}

void
install_put(struct install *in, const char *name, const char *body)
{
	struct install_text	text;

	install_own_put(install_file_now(in->own), name, body, &text);
	json_array_append_new(in->touched, json_string(name));
	install_file_set(in->own, &text);
	install_include(in);
}

void
install_drop_all(struct install *in)
{
	struct install_text	text, none = { .bytes = NULL };

	in->drops = 1;
	install_config_cut(&in->config->old, &in->names, &text);
	install_file_set(in->config, &text);
	install_file_set(in->own, &none);
}

void
install_drop(struct install *in, const char *name)
{
	struct install_text	text;

	in->drops = 1;
	install_own_cut(install_file_now(in->own), name, &text);
	if (text.bytes == NULL)
		install_drop_all(in);
	else
		install_file_set(in->own, &text);
}

/* What Nix has made is for Nix to change. */
static int
install_store(const struct install *in, struct error *err)
{
	if (in->config->changes && strncmp(in->config->real, STORE, strlen(STORE)) == 0) {
		error_set(err, CODE_CONFIG_STORE,
		    "%s is made by Nix: say there programs.ssh.%s%s%s", in->config->path,
		    in->home[0] != '\0' ? "includes = [ \"" : "extraConfig = \"Include ",
		    in->own->path, in->home[0] != '\0' ? "\" ];" : "\";");
		return (-1);
	}
	if (in->own->changes && strncmp(in->own->real, STORE, strlen(STORE)) == 0) {
		error_set(err, CODE_CONFIG_STORE, "%s is made by Nix: take it out there",
		    in->own->path);
		return (-1);
	}
	return (0);
}

/* Programs that keep a file, and write it anew, by what they are called in its comments. */
static const char	keepers[][12] = { "Ansible", "Puppet", "Chef", "Jamf", "SaltStack", "CFEngine" };

/* Which of them a comment near the top of the file names; NULL if none does. */
static const char *
install_keeper(const struct install_text *text)
{
	char	head[INSTALL_LINE], *rest = head, *line;
	size_t	i;

	snprintf(head, sizeof(head), "%.*s", (int)(text->len < sizeof(head) ?
	    text->len : sizeof(head) - 1), text->bytes != NULL ? text->bytes : "");
	while ((line = strsep(&rest, "\n")) != NULL)
		for (i = 0; line[strspn(line, " \t")] == '#' &&
		    i < sizeof(keepers) / sizeof(keepers[0]); i++)
			if (strcasestr(line, keepers[i]) != NULL)
				return (keepers[i]);
	return (NULL);
}

/* It may undo what is written here; a line of its own, or a file in the folder, survives. */
static void
install_tell_keeper(const struct install *in)
{
	const char	*keeper = install_keeper(&in->config->old);

	if (keeper == NULL || !in->config->changes)
		return;
	if (in->home[0] == '\0' && in->prove == NULL)
		fprintf(stderr, "meshssh-config: %s keeps %s and may undo this; a link to %s in "
		    INSTALL_SYSTEM_FOLDER "/ssh_config.d survives\n", keeper, in->config->path,
		    in->own->path);
	else
		fprintf(stderr, "meshssh-config: %s keeps %s and may undo this: have it write the "
		    "line Include %s, too\n", keeper, in->config->path, in->own->path);
}

int
install_check(const struct install *in, struct error *err)
{
	const struct install_file	*f;
	size_t				 i;

	/* What is broken may be what is to be taken out. */
	if (!in->drops && in->prove == NULL && install_ask(in, err) == -1)
		return (-1);
	if (in->config != NULL && install_store(in, err) == -1)
		return (-1);
	if (in->config != NULL && !in->drops)
		install_tell_keeper(in);
	for (i = 0; i < in->count; i++) {
		f = in->files[i];
		if (f->changes && f->old.bytes != NULL && f->own.st_nlink > 1)
			fprintf(stderr,
			    "meshssh-config: %s has another hard link, which keeps the old text\n",
			    f->path);
	}
	return (0);
}
