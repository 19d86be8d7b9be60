/* SPDX-License-Identifier: ISC */
/* Facts: meshssh-serve on this machine, and what its sshd does with sessions of it. */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/json.h"
#include "base/number.h"
#include "base/xalloc.h"
#include "facts/detect.h"
#include "facts/fact.h"
#include "facts/read.h"
#include "sshconf/ssh-ask.h"

#define LISTENS_MAX	16
#define SSHD_TO		"127.0.0.22"	/* where meshssh-serve connects to, unless it is told */
#define ENABLED		"/etc/systemd/system/sockets.target.wants/meshssh.socket"
#define OUT_MAX		65536

/* Where systemd looks for a unit; the first that is there counts. */
static const char	unit_folders[][32] = { "/etc/systemd/system", "/run/systemd/system",
			    "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
			    "/lib/systemd/system" };
static const char	sshds[][36] = { "/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd",
			    "/run/current-system/sw/bin/sshd" };

/* What the units say. */
struct serve_units {
	json_t	*listens;
	char	 start[1024];		/* ExecStart of the service */
};

/* One line of a unit; an empty value takes back those before it. */
static void
unit_line(struct serve_units *units, const char *line)
{
	static const char	listen[] = "ListenStream=", start[] = "ExecStart=";

	if (strncmp(line, listen, strlen(listen)) == 0) {
		if (line[strlen(listen)] == '\0')
			json_array_clear(units->listens);
		else if (json_array_size(units->listens) < LISTENS_MAX)
			fact_append_text(units->listens, line + strlen(listen));
	} else if (strncmp(line, start, strlen(start)) == 0)
		strlcpy(units->start, line + strlen(start), sizeof(units->start));
}

static int
unit_file(struct serve_units *units, const char *root, const char *path)
{
	FILE	*fp = read_open(root, path);
	char	 line[1024];

	if (fp == NULL)
		return (0);
	while (read_line(fp, line, sizeof(line)))
		unit_line(units, line + strspn(line, " \t"));
	fclose(fp);
	return (1);
}

/* A unit and what stands beside it; 0 if it is not there. */
static int
unit_read(struct serve_units *units, const char *root, const char *name)
{
	glob_t	found;
	char	path[PATH_MAX];
	size_t	count, i;
	int	there = 0;

	for (i = 0; i < sizeof(unit_folders) / sizeof(unit_folders[0]) && !there; i++) {
		snprintf(path, sizeof(path), "%s/%s", unit_folders[i], name);
		there = unit_file(units, root, path);
	}
	snprintf(path, sizeof(path), "/etc/systemd/system/%s.d/*.conf", name);
	count = there ? read_glob(root, path, &found) : 0;
	for (i = 0; i < count; i++)
		unit_file(units, root, found.gl_pathv[i] + strlen(root));
	if (there)
		globfree(&found);
	return (there);
}

/* The value of an option in the command, which is cut there; or the other one. */
static const char *
start_option(const char *start, const char *option, const char *otherwise, char *to, size_t size)
{
	const char	*at = strstr(start, option);

	if (at == NULL)
		return (otherwise);
	at += strlen(option);
	snprintf(to, size, "%.*s", (int)strcspn(at, " \t\"';"), at);
	return (to);
}

/* --- sshd ------------------------------------------------------------------------------------- */

/* 1 if the list of a Match Address has an address of loopback that is no denial. */
static int
match_is_local(const char *list)
{
	size_t	len;

	for (; *list != '\0'; list += len + (list[len] == ',')) {
		len = strcspn(list, ",");
		if (strncmp(list, "127.", 4) == 0 || (len == 3 && strncmp(list, "::1", 3) == 0) ||
		    (len == 9 && strncasecmp(list, "localhost", 9) == 0))
			return (1);
	}
	return (0);
}

/* The first Match that gives clients of loopback something of their own: 1, and it is a fact. */
static int
match_file(json_t *facts, const char *root, const char *path)
{
	FILE	*fp = read_open(root, path);
	char	 line[1024], copy[1024], *rest, *word;
	int	 found = 0;

	while (fp != NULL && !found && read_line(fp, line, sizeof(line))) {
		strlcpy(copy, line + strspn(line, " \t"), sizeof(copy));
		rest = copy;
		if (strcasecmp(strsep(&rest, " \t"), "match") != 0)
			continue;
		while (!found && (word = strsep(&rest, " \t=\"")) != NULL)
			if (strcasecmp(word, "address") == 0 || strcasecmp(word, "host") == 0) {
				while (rest != NULL && (word = strsep(&rest, " \t=\"")) != NULL &&
				    *word == '\0')
					continue;
				found = word != NULL && match_is_local(word);
			}
	}
	if (found)
		fact_put_text(facts, "serve.match_local", line + strspn(line, " \t"));
	if (fp != NULL)
		fclose(fp);
	return (found);
}

static void
match_local(json_t *facts, const char *root)
{
	glob_t	found;
	size_t	count, i;
	int	done = match_file(facts, root, "/etc/ssh/sshd_config");

	count = read_glob(root, "/etc/ssh/sshd_config.d/*.conf", &found);
	for (i = 0; i < count && !done; i++)
		done = match_file(facts, root, found.gl_pathv[i] + strlen(root));
	globfree(&found);
}

/* A value of what sshd -T prints, up to the end of its line; NULL if it is not there. */
static const char *
sshd_value(const char *out, const char *keyword, char *to, size_t size)
{
	const char	*value;
	size_t		 len;

	if ((value = ssh_answer(out, keyword, 0, &len)) == NULL)
		return (NULL);
	snprintf(to, size, "%.*s", (int)len, value);
	return (to);
}

/*
 * What sshd takes for a session that reaches it at this address, behind which the port stands; it
 * answers only root.
 */
static void
sshd_ask(json_t *facts, const struct detect_input *in, const char *to)
{
	char		 who[160], value[256], *out;
	const char	*argv[] = { NULL, "-T", "-C", who, NULL };
	size_t		 i;
	int		 number;

	for (i = 0; i < sizeof(sshds) / sizeof(sshds[0]) && argv[0] == NULL; i++)
		if (access(sshds[i], X_OK) == 0)
			argv[0] = sshds[i];
	if (argv[0] == NULL || in->root[0] != '\0' || geteuid() != 0)
		return;
	snprintf(who, sizeof(who), "user=root,host=localhost,addr=127.0.0.1,laddr=%.*s,lport=22",
	    (int)strcspn(to, ":"), to);
	out = xmalloc(OUT_MAX);
	if (read_command(argv, detect_left_ms(in), out, OUT_MAX) != -1) {
		if (sshd_value(out, "versionaddendum", value, sizeof(value)) != NULL)
			fact_put_text(facts, "serve.addendum", value);
		if (sshd_value(out, "clientaliveinterval", value, sizeof(value)) != NULL &&
		    number_parse(value, 0, INT_MAX, &number) == 0)
			fact_put_number(facts, "serve.alive", number);
	}
	free(out);
}

static void
serve_detect(json_t *facts, const struct detect_input *in)
{
	struct serve_units	 units = { .listens = json_array() };
	char			 value[64], to[64];
	const char		*sshd = SSHD_TO;

	/* Who asks about another host does not want to hear about this one as a server. */
	if (in->host == NULL && unit_read(&units, in->root, "meshssh.socket")) {
		fact_put_truth(facts, "serve.enabled", read_exists(in->root, ENABLED));
		fact_put(facts, "serve.listens", json_incref(units.listens));
		if (unit_read(&units, in->root, "meshssh.service")) {
			fact_put_text(facts, "serve.source", start_option(units.start,
			    "--source=", "client", value, sizeof(value)));
			sshd = start_option(units.start, "--sshd=", SSHD_TO, to, sizeof(to));
		}
		match_local(facts, in->root);
	}
	if (in->host == NULL)
		sshd_ask(facts, in, sshd);
	json_decref(units.listens);
}

const struct detector detect_serve = {
	.name = "serve",
	.detect = serve_detect
};
