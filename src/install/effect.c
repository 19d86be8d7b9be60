/* SPDX-License-Identifier: ISC */
/* What blocks change in what ssh takes for a host. */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/xalloc.h"
#include "install/effect.h"
#include "install/install-int.h"
#include "sshconf/ssh-ask.h"

#define ASK_MS		10000		/* for ssh, whose Match exec may take a while */
#define VALUES		4096		/* bytes of all values of a keyword */
#define SYSTEM_CONFIG	INSTALL_SYSTEM_FOLDER "/ssh_config"

static const char *const	sides[] = { "before", "after" };

/* "FOLDER/config.before" and the like. */
static void
effect_path(const struct effect *e, const char *name, int side, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%.*s/%s.%s", PATH_MAX - 32, e->folder, name, sides[side]);
}

static int
effect_write(const char *path, const struct install_text *text, const char *more)
{
	FILE	*fp = fopen(path, "wx");
	int	 bad;

	if (fp == NULL)
		return (-1);
	if (text->bytes != NULL)
		fwrite(text->bytes, 1, text->len, fp);
	fputs(more, fp);
	bad = ferror(fp);
	return (fclose(fp) == 0 && !bad ? 0 : -1);
}

/* One side: our file, and a configuration that includes it and ends with the system's. */
static int
effect_side(const struct effect *e, int side)
{
	struct install_text	text = { .bytes = NULL };
	char			own[PATH_MAX], config[PATH_MAX];
	int			result;

	effect_path(e, "own", side, own);
	effect_path(e, "config", side, config);
	if (e->config[side]->bytes != NULL)
		install_config_lead(e->config[side], &e->in->names, own, &text);
	result = e->own[side]->bytes != NULL ? effect_write(own, e->own[side], "") : 0;
	if (result == 0)
		result = effect_write(config, &text, e->in->home[0] == '\0' ? "" :
		    "\nHost *\nInclude " SYSTEM_CONFIG "\n");
	free(text.bytes);
	return (result);
}

int
effect_open(struct effect *e, struct error *err)
{
	const char	*tmp = getenv("TMPDIR");
	mode_t		 mask;
	int		 result;

	if (folder_make(tmp != NULL && tmp[0] == '/' &&
	    strpbrk(tmp, " \t\"'%$*?[\\{~") == NULL ? tmp : "/tmp", e->folder) == -1) {
		error_set(err, CODE_CONFIG_WRITE, "%.150s: %s", e->folder, strerror(errno));
		e->folder[0] = '\0';
		return (-1);
	}
	mask = umask(0077);
	result = effect_side(e, 0) == 0 ? effect_side(e, 1) : -1;
	umask(mask);
	if (result == -1)
		error_set(err, CODE_CONFIG_WRITE, "%.150s: %s", e->folder, strerror(errno));
	return (result);
}

void
effect_close(struct effect *e)
{
	if (e->folder[0] != '\0')
		folder_remove(e->folder);
}

/* What ssh takes with one of the two: 0, or -1 with the error set. */
static int
effect_ask(const struct effect *e, int side, const char *host, struct ssh_ask *ask,
    struct error *err)
{
	char		 config[PATH_MAX];
	const char	*argv[] = { e->in->ssh, "-G", "-T", "-F", config, "--", host, NULL };

	effect_path(e, "config", side, config);
	ssh_ask(argv, ASK_MS, ask);
	if (ask->status == 0)
		return (0);
	ssh_ask_refusal(ask);
	install_told(ask->err, sizeof(ask->err), config, e->in->config->path);
	effect_path(e, "own", side, config);
	install_told(ask->err, sizeof(ask->err), config, e->in->own->path);
	error_set(err, side == 0 ? CODE_CONFIG_BROKEN : CODE_CONFIG_REFUSED, "%.60s: %s", host,
	    ask->status == -1 ? "ssh -G gives no answer in 10 seconds" : ask->err);
	return (-1);
}

/*
 * The values of a keyword, with line breaks between them. ssh -G tells paths with their tokens; %h
 * and %k stand for what the block may have changed. In a ProxyCommand they stay for the relay.
 */
static void
effect_values(const char *answer, const char *keyword, char values[VALUES])
{
	static const char	tokens[][2][16] = { { "%h", "hostname" }, { "%k", "hostkeyalias" } };
	const char		*value, *token;
	size_t			 len, token_len, used = 0, at, i;
	int			 nth, command = strcmp(keyword, "proxycommand") == 0;

	for (nth = 0; (value = ssh_answer(answer, keyword, nth, &len)) != NULL; nth++) {
		if (nth > 0 && used + 1 < VALUES)
			values[used++] = '\n';
		for (at = 0; at < len && used + 1 < VALUES; at++) {
			for (i = command ? 2 : 0; i < 2; i++)
				if (at + 1 < len && memcmp(value + at, tokens[i][0], 2) == 0 &&
				    (token = ssh_answer(answer, tokens[i][1], 0,
				    &token_len)) != NULL)
					break;
			if (i == 2 || used + token_len >= VALUES) {
				values[used++] = value[at];
				continue;
			}
			memcpy(values + used, token, token_len);
			used += token_len;
			at++;
		}
	}
	values[used] = '\0';
}

/* 1 if the block, as it is or as it was, sets the keyword, or what its value is made of. */
static int
effect_meant(const struct effect *e, const char *section, const char *keyword)
{
	/* Of two, the first that is there takes the place of both; a path with %h or %C in it. */
	static const char	with[][2][20] = { { "proxyjump", "proxycommand" },
				    { "controlpath", "hostname" }, { "controlpath", "port" } };
	struct install_text	part;
	size_t			i;
	int			side;

	for (side = 0; side < 2; side++) {
		part = install_own_section(e->own[side], section);
		if (install_own_sets(&part, keyword))
			return (1);
		for (i = 0; i < sizeof(with) / sizeof(with[0]); i++)
			if (strcmp(keyword, with[i][0]) == 0 && install_own_sets(&part, with[i][1]))
				return (1);
	}
	return (0);
}

struct compare {
	char	before[VALUES], after[VALUES];
	char	keyword[64];
	struct ssh_ask	asks[2];
};

/* The keyword of the line at p, unless an earlier line of one of the answers has it. */
static int
compare_keyword(struct compare *c, int side, const char *p)
{
	size_t		 len = strcspn(p, " \n"), unused;
	const char	*first;

	if (len == 0 || len >= sizeof(c->keyword) || p[len] != ' ')
		return (0);
	memcpy(c->keyword, p, len);
	c->keyword[len] = '\0';
	first = ssh_answer(c->asks[side].out, c->keyword, 0, &unused);
	return (first == p + len + 1 && (side == 0 ||
	    ssh_answer(c->asks[0].out, c->keyword, 0, &unused) == NULL));
}

int
effect_compare(const struct effect *e, const char *section, const char *host,
    void (*cb)(void *, const char *, const char *, const char *, int), void *arg,
    struct error *err)
{
	struct compare	*c = xcalloc(1, sizeof(*c));
	const char	*p;
	int		 side, meant, count = 0;

	if (effect_ask(e, 0, host, &c->asks[0], err) == -1 ||
	    effect_ask(e, 1, host, &c->asks[1], err) == -1)
		count = -1;
	for (side = 0; side < 2 && count != -1; side++)
		for (p = c->asks[side].out; *p != '\0'; p += strcspn(p, "\n"), p += *p == '\n') {
			if (!compare_keyword(c, side, p))
				continue;
			effect_values(c->asks[0].out, c->keyword, c->before);
			effect_values(c->asks[1].out, c->keyword, c->after);
			if (strcmp(c->before, c->after) == 0)
				continue;
			meant = effect_meant(e, section, c->keyword);
			count += !meant;
			cb(arg, c->keyword, c->before, c->after, meant);
		}
	free(c);
	return (count);
}
