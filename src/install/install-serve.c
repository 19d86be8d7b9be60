/* SPDX-License-Identifier: ISC */
/* What sshd and systemd say of files for meshssh-serve before they are in place. */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/xalloc.h"
#include "install/install-int.h"
#include "sshconf/ssh-ask.h"

#define JUDGE_MS	10000
#define TMP_MAX_LEN	200		/* of $TMPDIR */
#define CONFIG		"sshd_config"	/* within the trial's folder */
#define SERVE_TO	"127.0.0.22"	/* where meshssh-serve connects to sshd */
/* as it comes there, with either of its sources */
#define SESSION		"user=root,host=localhost,addr=127.0.0.1,laddr=" SERVE_TO ",lport=22"

static const char	analyzers[][28] = { "/usr/bin/systemd-analyze", "/bin/systemd-analyze" };
static const char	sshds[][24] = { "/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd" };

/* The new files, by the names that they will have, in a folder that only we can enter. */
struct trial {
	const struct install	*in;
	char			 folder[TMP_MAX_LEN + 32];
	struct ssh_ask		 ask;
};

/* Where a file stands in the trial's folder. */
static void
trial_path(const struct trial *t, const char *name, char path[PATH_MAX])
{
	const char	*slash = strrchr(name, '/');

	snprintf(path, PATH_MAX, "%s/%.255s", t->folder, slash != NULL ? slash + 1 : name);
}

static int
trial_write(const struct trial *t, const char *name, const struct install_text *text,
    struct error *err)
{
	char	path[PATH_MAX];
	int	fd, result;

	trial_path(t, name, path);
	if ((fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) != -1) {
		result = text->len == 0 ||
		    write(fd, text->bytes, text->len) == (ssize_t)text->len ? 0 : -1;
		file_close(fd);
		if (result == 0)
			return (0);
	}
	error_set(err, CODE_CONFIG_WRITE, "%s: %s", path, strerror(errno));
	return (-1);
}

/*
 * What an Include of our file means: it, and before it what a pattern takes before it, unless the
 * Include is our own. The caller frees it.
 */
static char *
trial_include(const struct trial *t)
{
	const struct install_text	*config = install_file_now(t->in->config);
	const char			*own = t->in->own->path, *goes = t->in->names.goes;
	char				 path[PATH_MAX], *text;
	size_t				 len, i;
	glob_t				 found;
	FILE				*fp = xmemstream(&text, &len);
	int				 ours = memmem(config->bytes, config->len, goes,
					    strlen(goes)) != NULL;

	snprintf(path, sizeof(path), "%.*s/*.conf", (int)(strrchr(own, '/') - own), own);
	if (xglob(path, &found) == 0)
		for (i = 0; i < found.gl_pathc && strcmp(found.gl_pathv[i], own) < 0; i++)
			if (!ours)
				fprintf(fp, "\"%s\" ", found.gl_pathv[i]);
	globfree(&found);
	trial_path(t, own, path);
	fputs(path, fp);
	xmemstream_close(fp);
	return (text);
}

/* All of them, sshd's with the Include of our file led to where that is now. 0, or -1. */
static int
trial_fill(const struct trial *t, struct error *err)
{
	const struct install		*in = t->in;
	const struct install_text	*text;
	struct install_text		 led;
	char				*include;
	size_t				 i;
	int				 result = 0;

	for (i = 0; i < in->count && result == 0; i++) {
		text = install_file_now(in->files[i]);
		if (in->files[i] != in->config && text->bytes != NULL)
			result = trial_write(t, in->files[i]->path, text, err);
	}
	if (result == -1 || in->config == NULL)
		return (result);
	include = trial_include(t);
	install_config_lead(install_file_now(in->config), &in->names, include, &led);
	result = trial_write(t, CONFIG, &led, err);
	free(include);
	free(led.bytes);
	return (result);
}

static void
trial_empty(const struct trial *t)
{
	char	path[PATH_MAX];
	size_t	i;

	for (i = 0; i < t->in->count; i++) {
		trial_path(t, t->in->files[i]->path, path);
		unlink(path);
	}
	trial_path(t, CONFIG, path);
	unlink(path);
	rmdir(t->folder);
}

/* The first of these programs that is here, or NULL. */
static const char *
trial_program(const char *paths, size_t size, size_t count)
{
	for (; count > 0; count--, paths += size)
		if (access(paths, X_OK) == 0)
			return (paths);
	return (NULL);
}

/* 0, or -1 with what the program said. */
static int
trial_ask(struct trial *t, const char *const argv[], const char *who, struct error *err)
{
	char	folder[sizeof(t->folder) + 1];

	ssh_ask(argv, JUDGE_MS, &t->ask);
	if (t->ask.status == 0)
		return (0);
	snprintf(folder, sizeof(folder), "%s/", t->folder);
	install_told(t->ask.err, sizeof(t->ask.err), folder, "");
	error_set(err, CODE_SERVE_REFUSED, "%s: %s", who, t->ask.status == -1 ?
	    "no answer in 10 seconds" : t->ask.err);
	return (-1);
}

/* systemd loads the units; what it only warns of is nothing to it, either. */
static int
trial_units(struct trial *t, struct error *err)
{
	char		 paths[2][PATH_MAX];
	const char	*argv[] = { trial_program(analyzers[0], sizeof(analyzers[0]),
			    sizeof(analyzers) / sizeof(analyzers[0])),
			    t->in->own == NULL ? "--user" : "--system", "--man=no", "verify",
			    paths[0], paths[1], NULL };
	const char	*ending;
	size_t		 i;
	int		 units = 0;

	for (i = 0; i < t->in->count && units < 2; i++) {
		ending = strrchr(t->in->files[i]->path, '.');
		if (ending != NULL && (strcmp(ending, ".service") == 0 ||
		    strcmp(ending, ".socket") == 0))
			trial_path(t, t->in->files[i]->path, paths[units++]);
	}
	/* A user's own needs that folder to look at anything. */
	if (argv[0] == NULL || units < 2 ||
	    (t->in->own == NULL && getenv("XDG_RUNTIME_DIR") == NULL))
		return (0);
	return (trial_ask(t, argv, "systemd-analyze verify", err));
}

/* A value of what sshd -T printed. */
static const char *
trial_value(const struct trial *t, const char *keyword, char value[256])
{
	size_t		 len = 0;
	const char	*text = ssh_answer(t->ask.out, keyword, 0, &len);

	snprintf(value, 256, "%.*s", (int)len, text != NULL ? text : "");
	return (value);
}

/* 1 if sshd listens where meshssh-serve connects to. */
static int
trial_listens(const struct trial *t)
{
	static const char *const	hosts[] = { "0.0.0.0:", SERVE_TO ":" };
	const char			*text;
	size_t				 len, i;
	int				 nth;

	for (nth = 0; (text = ssh_answer(t->ask.out, "listenaddress", nth, &len)) != NULL; nth++)
		for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
			if (strncmp(text, hosts[i], strlen(hosts[i])) == 0)
				return (1);
	return (0);
}

/* What our lines say is what counts in what sshd -T printed. 0, or -1 with the error set. */
static int
trial_effect(const struct trial *t, struct error *err)
{
	char	value[256], shown[120];

	if (strstr(trial_value(t, "versionaddendum", value), "meshssh=") == NULL)
		error_set(err, CODE_SERVE_SHADOWED, "VersionAddendum stays \"%s\"",
		    error_vis(shown, sizeof(shown), value));
	else if (strcmp(trial_value(t, "clientaliveinterval", value), "0") != 0)
		error_set(err, CODE_SERVE_SHADOWED,
		    "ClientAliveInterval stays %s for such sessions",
		    error_vis(shown, sizeof(shown), value));
	else if (!trial_listens(t))
		error_set(err, CODE_SERVE_SHADOWED, "sshd listens only at its ListenAddress, and not at "
		    SERVE_TO);
	else
		return (0);
	return (-1);
}

/* sshd accepts it, and it has its effect. */
static int
trial_sshd(struct trial *t, struct error *err)
{
	char		 path[PATH_MAX];
	const char	*sshd = trial_program(sshds[0], sizeof(sshds[0]),
			    sizeof(sshds) / sizeof(sshds[0]));
	const char	*const test[] = { sshd, "-t", "-f", path, NULL };
	const char	*const tell[] = { sshd, "-T", "-f", path, "-C", SESSION, NULL };

	if (t->in->config == NULL || sshd == NULL)
		return (0);
	trial_path(t, CONFIG, path);
	if (trial_ask(t, test, "sshd -t", err) == -1 || trial_ask(t, tell, "sshd -T", err) == -1)
		return (-1);
	return (trial_effect(t, err));
}

int
install_prove_serve(const struct install *in, struct error *err)
{
	struct trial	*t = xcalloc(1, sizeof(*t));
	const char	*tmp = getenv("TMPDIR");
	int		 result = -1;

	t->in = in;
	snprintf(t->folder, sizeof(t->folder), "%s/meshssh-config.XXXXXX",
	    tmp != NULL && tmp[0] == '/' && strlen(tmp) < TMP_MAX_LEN ? tmp : "/tmp");
	if (mkdtemp(t->folder) == NULL)
		error_set(err, CODE_CONFIG_WRITE, "%s: %s", t->folder, strerror(errno));
	else {
		if (trial_fill(t, err) == 0 && trial_units(t, err) == 0)
			result = trial_sshd(t, err);
		trial_empty(t);
	}
	free(t);
	return (result);
}
