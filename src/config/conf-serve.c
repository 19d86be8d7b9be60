/* SPDX-License-Identifier: ISC */
/* meshssh-config serve. */

#include <sys/types.h>
#include <sys/stat.h>

#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "config/conf.h"
#include "emit/emit.h"
#include "install/install.h"

/* Before all that others put there: the first value of a keyword counts. */
#define DROP_IN		"/etc/ssh/sshd_config.d/00-meshssh.conf"
#define SSHD_CONFIG	"/etc/ssh/sshd_config"
#define VENDOR_CONFIG	"/usr/etc/ssh/sshd_config"	/* where /etc has only what differs */
#define PLIST		"meshssh-serve.plist"
#define GOES		"serve --remove"

#define COMMANDS	5

/* One text, and where it belongs. */
struct serve_part {
	const char	*emitter;
	const char	*file;		/* "~" is the user's home */
	const char	*why;
};

/* How it is started: what is written, and what the user is to do then. */
struct serve_way {
	struct serve_part	 parts[5];	/* a NULL emitter ends them */
	const char		*enabled;	/* is there while systemd starts it, or NULL */
	const char		*disable;	/* what takes that away */
	const char		*begin[COMMANDS]; /* NULL ends them */
	const char		*end[COMMANDS];	/* the same, once it is removed */
};

#define SSHD_PART	{ "serve-sshd", DROP_IN, "for sshd, which tells clients" }
#define UNITS		"/etc/systemd/system/"
#define USER_UNITS	"~/.config/systemd/user/"

/*
 * A service that runs keeps the sockets that it was given, and its socket unit refuses new
 * addresses meanwhile: both are started anew, and its sessions, processes of their own, go on. An
 * sshd that systemd starts when a client comes may not run, which reload takes for a failure.
 */
#define RESTART		"restart meshssh.socket meshssh.service"
#define SSHD_RELOAD	"systemctl try-reload-or-restart %s"

static const struct serve_way	way_systemd = {
	{ { "serve-users", "/etc/sysusers.d/meshssh.conf", "the user as whom it runs" },
	{ "serve-service", UNITS "meshssh.service", "the program" },
	{ "serve-socket", UNITS "meshssh.socket", "where it listens" }, SSHD_PART },
	UNITS "sockets.target.wants/meshssh.socket", "systemctl disable --now meshssh.socket",
	{ "systemd-sysusers /etc/sysusers.d/meshssh.conf", "systemctl daemon-reload",
	"systemctl enable meshssh.socket", "systemctl " RESTART, SSHD_RELOAD },
	{ "systemctl daemon-reload", SSHD_RELOAD, "userdel _meshssh" }
};
static const struct serve_way	way_systemd_user = {
	{ { "serve-service", USER_UNITS "meshssh.service", "the program" },
	{ "serve-socket", USER_UNITS "meshssh.socket", "where it listens" } },
	USER_UNITS "sockets.target.wants/meshssh.socket",
	"systemctl --user disable --now meshssh.socket",
	{ "systemctl --user daemon-reload", "systemctl --user enable meshssh.socket",
	"systemctl --user " RESTART, "loginctl enable-linger" },
	{ "systemctl --user daemon-reload" }
};
static const struct serve_way	way_launchd = {
	{ { "serve-launchd", "/Library/LaunchDaemons/" PLIST, "the program" }, SSHD_PART },
	NULL, NULL,
	{ "launchctl bootstrap system /Library/LaunchDaemons/" PLIST },
	{ "launchctl bootout system/meshssh-serve" }
};
static const struct serve_way	way_launchd_user = {
	{ { "serve-launchd", "~/Library/LaunchAgents/" PLIST, "the program" } },
	NULL, NULL,
	{ "launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/" PLIST },
	{ "launchctl bootout gui/$(id -u)/meshssh-serve" }
};
static const struct serve_way	way_nixos = {
	{ { "serve-nixos", "meshssh-serve.nix",
	"a module, to be named in imports; then services.meshssh.serve.enable = true;" } },
	NULL, NULL, { NULL }, { NULL }
};

/* Who is meant: the caller, or who called sudo. */
static const struct passwd *
serve_caller(void)
{
	const char		*name = getuid() == 0 ? getenv("SUDO_USER") : NULL;
	const struct passwd	*pw = name != NULL ? getpwnam(name) : NULL;

	return (pw != NULL ? pw : getpwuid(getuid()));
}

/* Where a part belongs; "" if the system knows no home. */
static const char *
serve_file(const struct serve_part *part, char path[PATH_MAX])
{
	const struct passwd	*pw = part->file[0] == '~' ? getpwuid(getuid()) : NULL;

	if (part->file[0] != '~')
		strlcpy(path, part->file, PATH_MAX);
	else if (pw == NULL || pw->pw_dir[0] != '/' || snprintf(path, PATH_MAX, "%s%s", pw->pw_dir,
	    part->file + 1) >= PATH_MAX)
		path[0] = '\0';
	return (path);
}

/* The same, or -1 with the error set. */
static int
serve_file_at(const struct serve_part *part, char path[PATH_MAX], struct error *err)
{
	if (serve_file(part, path)[0] != '\0')
		return (0);
	error_set(err, CODE_CONFIG_READ, "the user database has no home directory for this user");
	return (-1);
}

/* Without systemd on Linux, its units are printed all the same. NULL with the error set. */
static const struct serve_way *
serve_way(const struct conf *conf, const json_t *doc, struct error *err)
{
	const char	*os = json_text_at(doc, "facts.system.os"),
			    *name = json_text_at(doc, "facts.system.distribution");
	int		 rootless = conf_given(conf, "rootless");

	if (conf_given(conf, "nixos") || (!rootless && name != NULL && strcmp(name, "nixos") == 0))
		return (&way_nixos);
	if (os != NULL && strcmp(os, "darwin") == 0)
		return (rootless ? &way_launchd_user : &way_launchd);
	if (os != NULL && strcmp(os, "linux") == 0)
		return (rootless ? &way_systemd_user : &way_systemd);
	error_set(err, CODE_USAGE, "there is neither systemd nor launchd; see meshssh-serve(8)");
	return (NULL);
}

/* --- printing --------------------------------------------------------------------------------- */

/* The name that sshd's unit has here; where it has both, the second is an alias. */
static const char *
serve_sshd_unit(void)
{
	static const char	paths[][44] = { "/etc/systemd/system/ssh.service",
				    "/usr/lib/systemd/system/ssh.service",
				    "/lib/systemd/system/ssh.service" };
	size_t			i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (access(paths[i], F_OK) == 0)
			return ("ssh");
	return ("sshd");
}

/* Commands, each behind the prefix. */
static void
serve_commands(FILE *fp, const char *prefix, const char *const commands[COMMANDS])
{
	char	line[160];
	int	i;

	for (i = 0; i < COMMANDS && commands[i] != NULL; i++) {
		strlcpy(line, commands[i], sizeof(line));
		if (strchr(line, '%') != NULL)
			snprintf(strchr(line, '%'), 8, "%s", serve_sshd_unit());
		fprintf(fp, "%s%s\n", prefix, line);
	}
}

static int
serve_print_parts(FILE *fp, const json_t *doc, const struct serve_way *way, struct error *err)
{
	const struct serve_part	*part;
	char			 path[PATH_MAX], *text;

	emit_header(fp, doc, "#");
	for (part = way->parts; part->emitter != NULL; part++) {
		if ((text = emit_text(emit_find(part->emitter), doc, err)) == NULL)
			return (-1);
		fprintf(fp, "\n# %s: %s\n%s", serve_file(part, path)[0] != '\0' ? path :
		    part->file, part->why, text);
		free(text);
	}
	if (way->begin[0] != NULL) {
		fprintf(fp, "\n# then:\n");
		serve_commands(fp, "#     ", way->begin);
	}
	if (json_truth_at(doc, "wanted.rootless") == 1)
		fprintf(fp, "# root alone can have sshd tell clients; until then, theirs is: "
		    "meshssh --resume=PORT,\n# or, with --listen=127.0.0.1, "
		    "meshssh --resume=ssh:PORT\n");
	return (0);
}

/* All of it, or nothing. */
static int
serve_print(const json_t *doc, const struct serve_way *way, struct error *err)
{
	char	*text;
	size_t	 len;
	FILE	*fp = xmemstream(&text, &len);
	int	 result = serve_print_parts(fp, doc, way, err);

	xmemstream_close(fp);
	if (result == 0)
		fputs(text, stdout);
	free(text);
	return (result);
}

/* --- installing ------------------------------------------------------------------------------- */

/* sshd's own configuration, which may include our file already; NULL with the error set. */
static struct install_file *
serve_sshd_config(struct install *in, const char *own, struct error *err)
{
	const char	*path = access(SSHD_CONFIG, F_OK) == 0 ||
			    access(VENDOR_CONFIG, F_OK) != 0 ? SSHD_CONFIG : VENDOR_CONFIG;

	/* A file with nothing but our line would be in the place of the vendor's. */
	if (access(path, F_OK) != 0) {
		error_set(err, CODE_CONFIG_READ, "%s is not there", path);
		return (NULL);
	}
	strlcpy(in->folder, INSTALL_SYSTEM_FOLDER, sizeof(in->folder));
	in->names = (struct install_names){ .own = own, .folder = in->folder, .include = own,
	    .goes = GOES };
	return (install_add(in, path, 0644, err));
}

/* The folders of a file in the home of the user, who may not have had any. */
static void
serve_mkdir(char *path)
{
	char	*slash = path;

	while ((slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

static int
serve_put(struct install *in, const json_t *doc, const struct serve_part *part, struct error *err)
{
	struct install_file	*file;
	char			 path[PATH_MAX];

	if (serve_file_at(part, path, err) == -1)
		return (-1);
	if (part->file[0] == '~' && !in->dry)
		serve_mkdir(path);
	if ((file = conf_own_put(in, doc, part->emitter, path, 0644, err)) == NULL)
		return (-1);
	if (strcmp(part->emitter, "serve-sshd") != 0)
		return (0);
	if ((in->config = serve_sshd_config(in, file->path, err)) == NULL)
		return (-1);
	in->own = file;
	install_include(in);
	return (0);
}

static int
serve_install(const struct conf *conf, const json_t *doc, const struct serve_way *way,
    struct error *err)
{
	const struct serve_part	*part;
	struct install		 in;
	int			 result, changed = 0;

	if (way == &way_nixos) {
		error_set(err, CODE_USAGE, "a module is for your configuration, and not installed");
		return (-1);
	}
	if (!conf_given(conf, "rootless") &&
	    install_program(json_text_at(doc, "wanted.program"), err) == -1)
		return (-1);
	result = install_begin(&in, conf_given(conf, "dry-run"), err);
	in.prove = install_prove_serve;
	for (part = way->parts; part->emitter != NULL && result == 0; part++)
		result = serve_put(&in, doc, part, err);
	if (result == 0)
		result = conf_finish(conf, &in, &changed, err);
	install_close(&in);
	if (changed) {
		printf("Then:\n");
		serve_commands(stdout, "    ", way->begin);
	}
	return (result);
}

/* --- removing --------------------------------------------------------------------------------- */

/* What is from us goes; what is not, or is not there, is left. */
static int
serve_drop(struct install *in, const struct serve_part *part, struct error *err)
{
	struct install_text	 none = { .bytes = NULL }, text;
	struct install_file	*file;
	char			 path[PATH_MAX];
	int			 sshd = strcmp(part->emitter, "serve-sshd") == 0;

	if (serve_file_at(part, path, err) == -1)
		return (-1);
	if (access(path, F_OK) == 0) {
		if ((file = conf_own_open(in, path, 0644, err)) == NULL)
			return (-1);
		if (conf_own_is(file))
			install_file_set(file, &none);
		else
			printf("%s: not from meshssh-config, and left\n", path);
	} else if (!in->dry)
		/* A run that was killed may have left it under another name. */
		file_sweep(path);
	if (!sshd || (access(SSHD_CONFIG, F_OK) != 0 && access(VENDOR_CONFIG, F_OK) != 0))
		return (0);
	if ((file = serve_sshd_config(in, DROP_IN, err)) == NULL)
		return (-1);
	install_config_cut(&file->old, &in->names, &text);
	install_file_set(file, &text);
	return (0);
}

static int
serve_remove_way(const struct conf *conf, const struct serve_way *way, struct error *err)
{
	const struct serve_part	*part, link = { "", way->enabled, "" };
	struct install		 in;
	char			 path[PATH_MAX];
	struct stat		 sb;
	int			 result, changed = 0;

	if (way->enabled != NULL && lstat(serve_file(&link, path), &sb) == 0) {
		error_set(err, CODE_SERVE_ENABLED, "meshssh.socket is enabled: %s", way->disable);
		return (-1);
	}
	result = install_begin(&in, conf_given(conf, "dry-run"), err);
	in.drops = 1;
	for (part = way->parts; part->emitter != NULL && result == 0; part++)
		result = serve_drop(&in, part, err);
	if (result == 0)
		result = conf_finish(conf, &in, &changed, err);
	install_close(&in);
	if (changed) {
		printf("Then:\n");
		serve_commands(stdout, "    ", way->end);
	}
	return (result);
}

/* No program is needed for that, and no mesh: what there is tells which system it is. */
static int
serve_remove(const struct conf *conf, struct error *err)
{
	int	launchd = access("/Library/LaunchDaemons", F_OK) == 0;

	if (conf_given(conf, "rootless"))
		return (serve_remove_way(conf, launchd ? &way_launchd_user : &way_systemd_user,
		    err));
	return (serve_remove_way(conf, launchd ? &way_launchd : &way_systemd, err));
}

int
conf_serve(struct conf *conf, char **words, struct error *err)
{
	const struct serve_way	*way;
	const struct passwd	*pw = serve_caller();
	int			 install = conf_given(conf, "install"),
				    drop = conf_given(conf, "remove"), result = -1;
	json_t			*doc;

	if (conf_no_words(conf, words, err) == -1)
		return (-1);
	if ((install && drop) || (conf_given(conf, "dry-run") && !install && !drop) ||
	    (conf_given(conf, "nixos") && (drop || conf_given(conf, "rootless")))) {
		error_set(err, CODE_USAGE, install && drop ? "--install or --remove, not both" :
		    conf_given(conf, "nixos") ? "--nixos is a module, and goes with neither" :
		    "--dry-run is for --install and --remove; without them, serve only prints");
		return (-1);
	}
	if (drop)
		return (serve_remove(conf, err));
	if ((doc = conf_document(conf, NULL, err)) == NULL)
		return (-1);
	json_put(doc, "wanted.program-named", json_boolean(conf_given(conf, "program")));
	if (pw != NULL) {
		json_put(doc, "wanted.login", json_string(pw->pw_name));
		json_put(doc, "wanted.home", json_string(pw->pw_dir));
	}
	if ((way = serve_way(conf, doc, err)) != NULL)
		result = install ? serve_install(conf, doc, way, err) : serve_print(doc, way, err);
	json_decref(doc);
	return (result);
}
