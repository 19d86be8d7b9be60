/* SPDX-License-Identifier: ISC */
/* meshssh-config check. */

#include <sys/types.h>

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "config/conf.h"
#include "facts/detect.h"
#include "install/install.h"
#include "sshconf/ssh-ask.h"
#include "sshconf/ssh-config.h"

#define CHECK_MS	10000	/* for ssh, whose Match exec may take a while */
#define SHOWN		512

/* One host: what our block has, and what the files say. */
struct check {
	const struct install	*in;
	const char		*host;
	int			 followed;	/* ssh may read our file for this host */
	json_t			*ours;		/* keyword: line */
	/* keyword: the line that counts, of whichever file */
	json_t			*first;
	/* ssh's answer by our file alone, and by all of them */
	struct ssh_ask		 wanted, is;
};

/* Of these two, the first that is there takes the place of both. */
static const char *
check_rival(const char *keyword)
{
	return (strcmp(keyword, "proxycommand") == 0 ? "proxyjump" :
	    strcmp(keyword, "proxyjump") == 0 ? "proxycommand" : keyword);
}

static void
check_line_cb(void *arg, const struct ssh_config_line *line)
{
	struct check	*c = arg;
	int		 ours = strcmp(line->file, c->in->own->path) == 0;

	if (line->match == SSH_CONFIG_NO || strcmp(line->keyword, "include") == 0)
		return;
	if (ours && json_object_get(c->ours, line->keyword) == NULL)
		json_object_set_new(c->ours, line->keyword, json_integer(line->line));
	if (json_object_get(c->first, line->keyword) == NULL &&
	    json_object_get(c->first, check_rival(line->keyword)) == NULL)
		json_object_set_new(c->first, line->keyword, json_pack("{s:s, s:i, s:b, s:b}",
		    "file", line->file, "line", line->line,
		    "unsure", line->match == SSH_CONFIG_UNSURE, "ours", ours));
}

static void
check_file_cb(void *arg, const struct ssh_config_file *file)
{
	struct check	*c = arg;

	c->followed |= strcmp(file->file, c->in->own->path) == 0;
}

static const char *
answer_shown(const char *value, size_t len, char shown[SHOWN])
{
	char	copy[SHOWN];

	snprintf(copy, sizeof(copy), "%.*s", (int)(len < sizeof(copy) ? len : sizeof(copy) - 1),
	    value);
	return (error_vis(shown, SHOWN, copy));
}

/* 1 if each value that our file gives the keyword is among those that ssh takes. */
static int
check_same(const struct check *c, const char *keyword)
{
	const char	*wanted, *is = NULL;
	size_t		 wanted_len, is_len = 0;
	int		 i, j, same = 1;

	for (i = 0; same && (wanted = ssh_answer(c->wanted.out, keyword, i, &wanted_len)) != NULL;
	    i++) {
		same = 0;
		for (j = 0; !same && (is = ssh_answer(c->is.out, keyword, j, &is_len)) != NULL; j++)
			same = is_len == wanted_len && memcmp(is, wanted, is_len) == 0;
	}
	return (same);
}

/* Who wins. */
static void
check_tell(const struct check *c, const char *keyword)
{
	const json_t	*first = json_object_get(c->first, keyword);
	const char	*by = keyword, *value;
	size_t		 len;
	char		 shown[SHOWN];

	if ((value = ssh_answer(c->wanted.out, keyword, 0, &len)) == NULL)
		return;
	printf("%s: \"%s %s\" has no effect: ", c->host, keyword, answer_shown(value, len, shown));
	if (ssh_answer(c->is.out, by, 0, &len) == NULL || first == NULL) {
		if (ssh_answer(c->is.out, check_rival(keyword), 0, &len) != NULL)
			by = check_rival(keyword);
		first = json_object_get(c->first, by);
	}
	if ((value = ssh_answer(c->is.out, by, 0, &len)) == NULL)
		printf("ssh takes none");
	else
		printf("ssh takes \"%s %s\"", by, answer_shown(value, len, shown));
	if (first == NULL || json_truth_at(first, "ours") == 1)
		printf(", and no line that is known says so\n");
	else
		printf(", by %s%s line %d\n", json_truth_at(first, "unsure") == 1 ?
		    "what may be " : "", error_vis(shown, sizeof(shown),
		    json_text_at(first, "file")), (int)json_number_at(first, "line", 0));
}

/* What ssh answers; 0, or -1 and it is told why there is no answer. */
static int
check_ask(const struct check *c, const char *file, struct ssh_ask *ask)
{
	const char	*argv[] = { c->in->ssh, "-G", "-T", file != NULL ? "-F" : c->host, file,
			    c->host, NULL };
	char		 shown[SHOWN];

	if (file == NULL)
		argv[4] = NULL;
	ssh_ask(argv, CHECK_MS, ask);
	if (ask->status == 0)
		return (0);
	ssh_ask_refusal(ask);
	printf("%s: %s%s\n", c->host, ask->status == -1 ?
	    "ssh -G gives no answer" : "ssh refuses its configuration: ",
	    ask->status == -1 ? "" : error_vis(shown, sizeof(shown), ask->err));
	return (-1);
}

/* Which line counts, by the files. */
static void
check_walk(struct check *c)
{
	const struct passwd		*pw = getpwuid(getuid());
	const struct ssh_config		 config = { .root = "",
					     .home = pw != NULL ? pw->pw_dir : NULL,
					     .tilde = ssh_config_tilde(),
					     .user = pw != NULL ? pw->pw_name : NULL,
					     .uid = getuid(), .host = c->host };
	const struct ssh_config_reader	 reader = { .line = check_line_cb, .file = check_file_cb,
					    .arg = c };

	ssh_config_read(&config, &reader);
}

/* 1 if all that our block says is what ssh takes; if not, it is told. */
static int
check_compare(struct check *c)
{
	const char	*keyword;
	json_t		*line;
	int		 good = 1;

	if (check_ask(c, NULL, &c->is) == -1 || check_ask(c, c->in->own->path, &c->wanted) == -1)
		return (0);
	check_walk(c);
	if (!c->followed) {
		printf("%s: its block has no effect: no Include of %s that ssh follows for this host, in %s\n",
		    c->host, c->in->own->path, c->in->config->path);
		return (0);
	}
	json_object_foreach(c->ours, keyword, line)
		if (!check_same(c, keyword)) {
			check_tell(c, keyword);
			good = 0;
		}
	return (good);
}

/* 1 if our file has a block for the host. */
static int
check_has(const struct install *in, const char *host)
{
	char	line[INSTALL_LINE], *words, *word;
	size_t	at = 0;

	while (install_own_hosts(&in->own->old, &at, line))
		for (words = line; (word = strsep(&words, " \t")) != NULL; )
			if (strcmp(word, host) == 0)
				return (1);
	return (0);
}

/* 1 if the block changes nothing but what it sets; if not, it is told. */
static int
check_others(struct install *in, const char *host)
{
	struct error	err = { .code = CODE_NONE };

	json_array_clear(in->touched);
	json_array_append_new(in->touched, json_string(host));
	if (conf_effect_now(in, host, NULL, &err) == 0 || err.code != CODE_CONFIG_CHANGES)
		return (1);
	printf("%s\n", err.text);
	return (0);
}

/* 1 if the host's block takes effect, 0 if not, which is told. */
static int
check_host(struct install *in, const char *host)
{
	struct check	*c = xcalloc(1, sizeof(*c));
	int		 good = 0;

	c->ours = json_object();
	c->first = json_object();
	c->in = in;
	c->host = host;
	if (check_has(in, host))
		good = check_compare(c) && check_others(in, host);
	else
		printf("%s: there is no block for it in %s\n", host, in->own->path);
	json_decref(c->ours);
	json_decref(c->first);
	free(c);
	return (good);
}

/* All that are installed, by the first name of each. */
static void
check_all(struct conf *conf, struct install *in)
{
	char	line[INSTALL_LINE];
	size_t	at = 0;
	int	hosts = 0;

	while (install_own_hosts(&in->own->old, &at, line)) {
		line[strcspn(line, " \t")] = '\0';
		if (!addr_host_ok(line))
			continue;
		hosts++;
		conf->status |= !check_host(in, line);
	}
	if (hosts == 0) {
		printf("nothing is installed in %s\n", in->own->path);
		conf->status = 1;
	} else if (conf->status == 0)
		printf("%s: what is in its %d block%s takes effect\n", in->own->path, hosts,
		    hosts == 1 ? "" : "s");
}

/* What root's files say of a host. */
enum check_root {
	ROOT_NO_MATTER,		/* there is no Nix, or the user is root */
	ROOT_HAS_NONE,
	ROOT_HAS_ONE,
	ROOT_UNKNOWN		/* it is not for this user to read */
};

static void
root_line_cb(void *arg, const struct ssh_config_line *line)
{
	enum check_root	*root = arg;

	if (line->named && line->match != SSH_CONFIG_NO)
		*root = ROOT_HAS_ONE;
}

static void
root_file_cb(void *arg, const struct ssh_config_file *file)
{
	enum check_root	*root = arg;

	if (!file->readable && *root == ROOT_HAS_NONE)
		*root = ROOT_UNKNOWN;
}

/* What nix-daemon, whose ssh runs as root, will find. */
static enum check_root
check_root(const char *host, char home[PATH_MAX])
{
	const struct detect_input	 in = { .root = "" };
	const struct passwd		*pw = getpwuid(0);
	const struct ssh_config		 config = { .root = "", .home = home, .user = "root",
					    .host = host };
	enum check_root			 root = ROOT_HAS_NONE;
	const struct ssh_config_reader	 reader = { .line = root_line_cb, .file = root_file_cb,
					    .arg = &root };
	json_t				*facts;

	if (getuid() == 0 || pw == NULL || strlcpy(home, pw->pw_dir, PATH_MAX) >= PATH_MAX)
		return (ROOT_NO_MATTER);
	facts = json_object();
	detect_nix.detect(facts, &in);
	if (json_truth_at(facts, "nix.installed") == 1)
		ssh_config_read(&config, &reader);
	else
		root = ROOT_NO_MATTER;
	json_decref(facts);
	return (root);
}

/* One that was named: something is told in any case. */
static void
check_named(struct conf *conf, struct install *in, const char *host)
{
	char		home[PATH_MAX];
	enum check_root	root = check_root(host, home);
	int		good = check_host(in, host);

	conf->status |= !good;
	if (good)
		printf("%s: the block in %s takes effect%s\n", host, in->own->path,
		    root == ROOT_HAS_ONE ? "; nix-daemon, whose ssh runs as root, has one as well" :
		    "");
	if (root == ROOT_HAS_NONE)
		printf("%s: nix-daemon's ssh reads %s/.ssh/config, which has no block for it: "
		    "sudo meshssh-config install --root %s\n", host, home, host);
	else if (root == ROOT_UNKNOWN)
		printf("%s: nix-daemon's ssh reads %s/.ssh/config, which is root's to look at: "
		    "sudo meshssh-config check --root %s\n", host, home, host);
}

static int
check_words(struct conf *conf, struct install *in, char **words, struct error *err)
{
	if (*words == NULL)
		check_all(conf, in);
	for (; *words != NULL; words++) {
		if (conf_host_ok(conf, *words, err) == -1)
			return (-1);
		check_named(conf, in, *words);
	}
	return (0);
}

int
conf_check(struct conf *conf, char **words, struct error *err)
{
	struct install	in;
	int		scope = conf_scope(conf, err), result;

	if (scope == -1)
		return (-1);
	result = install_open(&in, (enum install_scope)scope, 1, err);
	/* Where a user has no file, there may be one for all. */
	if (result == 0 && scope == INSTALL_USER && in.own->old.bytes == NULL &&
	    access(INSTALL_SYSTEM_OWN, F_OK) == 0) {
		install_close(&in);
		result = install_open(&in, INSTALL_SYSTEM, 1, err);
	}
	if (result == 0)
		result = check_words(conf, &in, words, err);
	if (result == 0 && scope == INSTALL_SYSTEM)
		conf_tell_deaf(stdout, &in.own->old);
	install_close(&in);
	return (result);
}
