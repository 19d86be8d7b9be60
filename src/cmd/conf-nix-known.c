#include <sys/types.h>

#include <ctype.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/number.h"
#include "cmd/conf-nix.h"
#include "facts/detect.h"
#include "facts/ssh-ask.h"
#include "facts/ssh-known.h"

#define KNOWN_MS	10000	/* for all files and names */
#define KNOWN_NAMES	8

/* By which names known_hosts may have it. */
struct known_names {
	char	text[KNOWN_NAMES][ADDR_HOST_MAX + 9];	/* "[name]:port" and the NUL */
	int	count;
};

/* The lines that were found. */
struct known_list {
	struct ssh_known	 known;
	json_t			*lines;
	int			 other;		/* these are of a name without the port that is meant */
	int			 failed;
};

static void
names_add(struct known_names *names, const char *name, int port)
{
	char	*to = names->text[names->count], *c;
	int	 i;

	if (name == NULL || name[0] == '\0' || names->count == KNOWN_NAMES)
		return;
	if (port == 22)
		strlcpy(to, name, sizeof(names->text[0]));
	else
		snprintf(to, sizeof(names->text[0]), "[%.255s]:%d", name, port);
	for (c = to; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	for (i = 0; i < names->count; i++)
		if (strcmp(names->text[i], to) == 0)
			return;
	names->count++;
}

static void
known_line_cb(void *arg, const struct ssh_known_line *line)
{
	struct known_list	*list = arg;

	if (json_array_append_new(list->lines, json_pack("{s:s, s:i, s:i, s:b, s:s}", "file", line->file, "line", line->line,
	    "mark", (int)line->mark, "other", list->other, "key", line->key)) == -1)
		list->failed = 1;
}

/* The lines of these files with one of the names: 0, or -1 if a file could not be looked at. */
static int
known_gather(struct known_list *list, const char *files, const struct known_names *names, int other)
{
	int	i, result = 0;

	list->known.files = files;
	list->other = other;
	for (i = 0; i < names->count; i++)
		result |= ssh_known_lines(&list->known, names->text[i], known_line_cb, list);
	return (result);
}

/* What a user has where OpenSSH looks by itself, as far as this user may read it. */
static void
known_home(struct known_list *list, uid_t uid, const struct known_names *names)
{
	const struct passwd	*pw = getpwuid(uid);
	char			 files[2 * PATH_MAX];

	if (pw != NULL && snprintf(files, sizeof(files), "%s/.ssh/known_hosts %s/.ssh/known_hosts2", pw->pw_dir,
	    pw->pw_dir) < (int)sizeof(files))
		known_gather(list, files, names, 0);
}

/* Who called sudo(8) has known_hosts of their own. */
static void
known_homes(struct known_list *list, const struct known_names *names)
{
	const char	*sudo = getenv("SUDO_UID");
	int		 uid;

	known_home(list, 0, names);
	if (geteuid() == 0 && sudo != NULL && number_parse(sudo, 1, INT_MAX, &uid) == 0)
		known_home(list, (uid_t)uid, names);
}

/* The value in a buffer, or "". */
static const char *
known_value(const char *answer, const char *keyword, char *buf, size_t size)
{
	const char	*value;
	size_t		 len;

	buf[0] = '\0';
	if ((value = ssh_answer(answer, keyword, 0, &len)) != NULL && len < size)
		snprintf(buf, size, "%.*s", (int)len, value);
	return (buf);
}

json_t *
conf_nix_known(const char *answer, const json_t *found, const char *alias, struct error *err)
{
	const char		*peer = json_truth_at(found, "facts.tailscale.peer.found") == 1 ?
				    json_text_at(found, "facts.tailscale.peer.name") : NULL;
	struct detect_input	 in = { .root = "", .until_ms = clock_ms() + KNOWN_MS };
	struct known_list	 list = { .known = { .in = &in }, .lines = json_array() };
	struct known_names	 names = { .count = 0 }, plain = { .count = 0 }, own = { .count = 0 };
	char			 user[PATH_MAX], global[PATH_MAX], files[2 * PATH_MAX + 2], value[ADDR_HOST_MAX + 9];
	const char		*each[] = { json_text_at(found, "target.name"), json_text_at(found, "target.host"), peer };
	int			 port = (int)json_number_at(found, "target.port", 22);
	size_t			 i;

	names_add(&names, known_value(answer, "hostkeyalias", value, sizeof(value)), 22);
	for (i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		names_add(&names, each[i], port);
		if (port != 22)
			names_add(&plain, each[i], 22);
	}
	names_add(&own, alias, 22);
	snprintf(files, sizeof(files), "%s %s", known_value(answer, "userknownhostsfile", user, sizeof(user)),
	    known_value(answer, "globalknownhostsfile", global, sizeof(global)));
	if (list.lines != NULL && (known_gather(&list, files, &names, 0) | known_gather(&list, files, &plain, 1)) == -1)
		error_set(err, MSG_CONFIG_READ, "%.40s: a file of %.80s could not be searched", alias, files);
	else if (list.lines != NULL) {
		known_homes(&list, &names);
		if (known_gather(&list, EMIT_NIX_KNOWN_HOSTS, &own, 0) == 0 && !list.failed)
			return (list.lines);
		error_set(err, MSG_CONFIG_READ, "%s could not be searched", EMIT_NIX_KNOWN_HOSTS);
	} else
		error_set(err, MSG_NO_MEMORY, "no memory");
	json_decref(list.lines);
	return (NULL);
}

/* What one line says of the key; of two, the greater says more. */
static enum conf_nix_trust
known_trust(const json_t *line, const char *key)
{
	json_int_t	mark = json_number_at(line, "mark", SSH_KNOWN_KEY);
	int		same = strcmp(json_text_at(line, "key"), key) == 0, other = json_truth_at(line, "other") == 1;

	if (mark == SSH_KNOWN_REVOKED)
		return (same ? CONF_NIX_REVOKED : CONF_NIX_NEW);
	if (mark == SSH_KNOWN_KEY && same)
		return (CONF_NIX_KNOWN);
	/* Of another port, a key that is not the right one is that of another server. */
	if (other)
		return (CONF_NIX_NEW);
	return (mark == SSH_KNOWN_KEY ? CONF_NIX_DIFFERS : CONF_NIX_AUTHORITY);
}

enum conf_nix_trust
conf_nix_trust(const json_t *known, const char *key, const json_t **where)
{
	enum conf_nix_trust	 result = CONF_NIX_NEW, one;
	const json_t		*line;
	size_t			 i;

	*where = NULL;
	json_array_foreach(known, i, line)
		if ((one = known_trust(line, key)) > result) {
			result = one;
			*where = line;
		}
	return (result);
}

int
conf_nix_known_type(const json_t *known, const char *type)
{
	const json_t	*line;
	const char	*key;
	size_t		 i, len = strlen(type);

	json_array_foreach(known, i, line)
		if (json_number_at(line, "mark", -1) == SSH_KNOWN_KEY && (key = json_text_at(line, "key")) != NULL &&
		    strncmp(key, type, len) == 0 && key[len] == ' ')
			return (1);
	return (0);
}
