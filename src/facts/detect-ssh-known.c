/* SPDX-License-Identifier: ISC */
/* Facts: the host keys that ssh knows for a host. */

#include <sys/types.h>

#include <ctype.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "base/yes-no.h"
#include "facts/detect-ssh.h"
#include "facts/detect.h"
#include "facts/fact.h"
#include "facts/query.h"
#include "facts/ssh-known.h"
#include "sshconf/redact.h"
#include "sshconf/ssh-ask.h"
#include "sshconf/ssh-program.h"

#define VALUE_MAX	1024
#define KEYS_MAX	64	/* of one name and mark; with more nothing is told */

/* One run. */
struct view {
	const struct detect_input	*in;
	json_t				*facts;
	const char			*home, *options;
	int				 port;
};

/* What the files have under one name. */
struct gathered {
	json_t		*keys[SSH_KNOWN_REVOKED + 1];	/* by their mark */
	json_t		*files;		/* that have such without a mark */
	const struct view *view;
	int		 many;
};

/* The value, cut to fit, of the line of ssh -G with this keyword; NULL if there is none. */
static const char *
view_option(const struct view *l, const char *keyword, char value[VALUE_MAX])
{
	const char	*found;
	size_t		 len;

	if ((found = ssh_answer(l->options, keyword, 0, &len)) == NULL)
		return (NULL);
	snprintf(value, VALUE_MAX, "%.*s", (int)(len < VALUE_MAX ? len : VALUE_MAX), found);
	return (value);
}

static void
view_put_told(const struct view *l, const char *path, enum redact kind, const char *text)
{
	fact_put(l->facts, path, redact(kind, text, l->home, l->in->full));
}

static void
gathered_free(struct gathered *g)
{
	size_t	i;

	for (i = 0; i < sizeof(g->keys) / sizeof(g->keys[0]); i++)
		json_decref(g->keys[i]);
	json_decref(g->files);
}

static void
gather_file(struct gathered *g, const char *file)
{
	json_t		*told = redact(REDACT_PATH, file, g->view->home, g->view->in->full), *one;
	size_t		 i;

	json_array_foreach(g->files, i, one)
		if (json_equal(one, told)) {
			json_decref(told);
			return;
		}
	json_array_append_new(g->files, told);
}

static void
gather_cb(void *arg, const struct ssh_known_line *line)
{
	struct gathered	*g = arg;
	char		 tail[SSHKEX_KEY_TEXT];

	if (ssh_known_tail(line->key, tail) == -1)
		return;
	g->many |= json_array_size(g->keys[line->mark]) == KEYS_MAX;
	if (g->many)
		return;
	fact_append_text(g->keys[line->mark], tail);
	if (line->mark == SSH_KNOWN_KEY)
		gather_file(g, line->file);
}

static void
gathered_new(struct gathered *g, const struct view *l)
{
	size_t	i;

	memset(g, 0, sizeof(*g));
	g->view = l;
	g->files = json_array();
	for (i = 0; i < sizeof(g->keys) / sizeof(g->keys[0]); i++)
		g->keys[i] = json_array();
}

/* 0, or -1 if not all of them could be seen. */
static int
gather(const struct view *l, const struct ssh_known *known, const char *name, struct gathered *g)
{
	gathered_new(g, l);
	return (ssh_known_lines(known, name, gather_cb, g) == -1 || g->many ? -1 : 0);
}

static int
gathered_any(const struct gathered *g)
{
	return (json_array_size(g->keys[SSH_KNOWN_KEY]) > 0 ||
	    json_array_size(g->keys[SSH_KNOWN_AUTHORITY]) > 0);
}

/* A list that says nothing is none. */
static void
view_put(const struct view *l, const char *path, json_t *list)
{
	if (json_array_size(list) > 0)
		fact_put(l->facts, path, json_incref(list));
}

/* The types of the keys, each once. */
static void
view_types(const struct view *l, const json_t *keys)
{
	const json_t	*one, *other;
	const char	*key, *earlier;
	char		 types[VALUE_MAX] = "";
	size_t		 i, j, len, used = 0;

	json_array_foreach(keys, i, one) {
		key = json_string_value(one);
		len = strcspn(key, " ") + 1;
		json_array_foreach(keys, j, other) {
			earlier = json_string_value(other);
			if (strncmp(earlier, key, len) == 0)
				break;
		}
		if (j == i && used + len < sizeof(types))
			used += (size_t)snprintf(types + used, sizeof(types) - used, "%s%.*s",
			    used > 0 ? " " : "", (int)len - 1, key);
	}
	if (used > 0)
		view_put_told(l, "ssh.known.types", REDACT_NAMES, types);
}

/* The form of a name under which ssh looks for it. */
static void
view_form(const struct view *l, const char *name, int alias, char form[VALUE_MAX])
{
	snprintf(form, VALUE_MAX, alias || l->port == 22 ? "%.255s" : "[%.255s]:%d", name,
	    l->port);
}

/* The host may be known, but under another of its names. */
static void
view_other(const struct view *l, const struct ssh_known *known, const char *name)
{
	char		 hostname[VALUE_MAX], form[VALUE_MAX];
	const char	*others[] = { l->in->host, view_option(l, "hostname", hostname) }, *found;
	size_t		 i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (others[i] == NULL || strcasecmp(others[i], name) == 0)
			continue;
		view_form(l, others[i], 0, form);
		found = ssh_known(known, form) == 1 ? form : others[i];
		if (found == form || (l->port != 22 && ssh_known(known, found) == 1)) {
			view_put_told(l, "ssh.known.other", REDACT_HOSTS, found);
			return;
		}
	}
}

/* Under the form that ssh looks for and, where it has none, as ssh goes on, without the port. */
static void
view_keys(const struct view *l, const struct ssh_known *known, const char *name, const char *form)
{
	struct gathered	with, bare = { .many = 0 };
	int		failed = gather(l, known, form, &with), found = gathered_any(&with);

	if (failed == 0 && json_array_size(with.keys[SSH_KNOWN_KEY]) == 0 && form[0] == '[') {
		failed = gather(l, known, name, &bare);
		found |= gathered_any(&bare);
	}
	if (failed == 0) {
		fact_put_truth(l->facts, "ssh.known.found", found);
		view_types(l, with.keys[SSH_KNOWN_KEY]);
		view_put(l, "ssh.known.keys", with.keys[SSH_KNOWN_KEY]);
		view_put(l, "ssh.known.authorities", with.keys[SSH_KNOWN_AUTHORITY]);
		view_put(l, "ssh.known.revoked", with.keys[SSH_KNOWN_REVOKED]);
		view_put(l, "ssh.known.files", with.files);
		view_put(l, "ssh.known.bare_keys", bare.keys[SSH_KNOWN_KEY]);
		view_put(l, "ssh.known.bare_authorities", bare.keys[SSH_KNOWN_AUTHORITY]);
		if (!found)
			view_other(l, known, name);
	}
	gathered_free(&with);
	gathered_free(&bare);
}

/* The files that ssh reads, as `ssh -G` printed them: 0, or -1 if they cannot be told. */
static int
view_files(const struct view *l, char files[2 * VALUE_MAX])
{
	char		 user[VALUE_MAX], global[VALUE_MAX];
	const char	*a = view_option(l, "userknownhostsfile", user);
	const char	*b = view_option(l, "globalknownhostsfile", global);

	if (a == NULL || b == NULL)
		return (-1);
	snprintf(files, 2 * VALUE_MAX, "%s %s", a, b);
	return (0);
}

/* The keys under the address, with CheckHostIP. */
static void
view_address(const struct view *l, const char *address)
{
	char			 files[2 * VALUE_MAX], form[VALUE_MAX];
	const struct ssh_known	 known = { .in = l->in, .home = l->home, .files = files };
	const char		*alias = fact_text(l->facts, "ssh.known.alias");
	struct gathered		 g;

	view_form(l, address, 0, form);
	if (alias == NULL || strcmp(alias, form) == 0 || view_files(l, files) == -1)
		return;
	if (gather(l, &known, form, &g) == 0) {
		fact_put_text(l->facts, "ssh.known.address", form);
		view_put(l, "ssh.known.address_keys", g.keys[SSH_KNOWN_KEY]);
	}
	gathered_free(&g);
}

/* sshconnect.c, check_host_key: not of this machine, and not through a proxy. */
static void
address_detect(json_t *facts, const struct detect_input *in)
{
	const char		*address = fact_text(facts, "connect.address"),
				    *port = fact_text(facts, "ssh.options.port"),
				    *check = fact_text(facts, "ssh.options.checkhostip");
	const struct passwd	*pw = getpwuid(geteuid());
	char			 ssh[PATH_MAX];
	const char		*argv[] = { ssh, "-G", "-T", in->host, NULL };
	struct view		 l = { .in = in, .facts = facts, .port = in->port };
	struct ssh_ask		*ask;

	if (yes_no(check) != 1 || address == NULL || strncmp(address, "127.", 4) == 0 ||
	    strcmp(address, "::1") == 0 || !query_plain(facts) ||
	    fact_at(facts, "ssh.known.found") == NULL || pw == NULL ||
	    ssh_program_find(NULL, ssh) == -1)
		return;
	if (l.port == 0)
		l.port = port != NULL ? atoi(port) : 22;
	ask = xmalloc(sizeof(*ask));
	ssh_ask(argv, detect_left_ms(in), ask);
	l.home = pw->pw_dir;
	l.options = ask->out;
	if (ask->status == 0)
		view_address(&l, address);
	free(ask);
}

const struct detector detect_ssh_address = {
	.name = "ssh",
	.detect = address_detect
};

/* Keys that ssh takes of no host: 0, or -1 if they cannot be told; no key is then surely right. */
static int
view_barred(const struct view *l, const struct ssh_known *known)
{
	char		 file[VALUE_MAX];
	struct gathered	 g;
	int		 result;

	if (view_option(l, "revokedhostkeys", file) == NULL || strcmp(file, "none") == 0)
		return (0);
	gathered_new(&g, l);
	result = ssh_known_barred(known, file, gather_cb, &g) == -1 || g.many ? -1 : 0;
	if (result == 0)
		view_put(l, "ssh.known.barred", g.keys[SSH_KNOWN_REVOKED]);
	gathered_free(&g);
	return (result);
}

void
detect_ssh_known(json_t *facts, const struct detect_input *in, const char *home,
    const char *options, int port)
{
	const struct view	 l = { .in = in, .facts = facts, .home = home, .options = options,
				    .port = port };
	char			 files[2 * VALUE_MAX], name[VALUE_MAX], form[VALUE_MAX],
				    program[VALUE_MAX];
	const struct ssh_known	 known = { .in = in, .home = home, .files = files };
	const char		*command;
	char			*c;
	int			 alias = view_option(&l, "hostkeyalias", name) != NULL;

	if (view_files(&l, files) == -1 || (!alias && view_option(&l, "hostname", name) == NULL) ||
	    name[0] == '-')
		return;
	for (c = name; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	view_form(&l, name, alias, form);
	view_put_told(&l, "ssh.known.alias", REDACT_HOSTS, form);
	/* What a program says, that is asked for keys, can make each of them right or wrong. */
	command = view_option(&l, "knownhostscommand", program);
	if ((command == NULL || strcmp(command, "none") == 0) && view_barred(&l, &known) == 0)
		view_keys(&l, &known, name, form);
}
