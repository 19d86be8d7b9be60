/* SPDX-License-Identifier: ISC */
/* Facts: which line of which file sets each keyword. */

#include <sys/types.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "facts/detect-ssh.h"
#include "facts/fact.h"
#include "facts/read.h"
#include "sshconf/redact.h"
#include "sshconf/ssh-config.h"

#define SYSTEM_FILE	"/etc/ssh/ssh_config"
#define LIST_MAX	32

/* Of these every line counts, not the first. */
static const char	gathered[][20] = {
	"certificatefile", "dynamicforward", "identityfile", "include", "localforward",
	"remoteforward", "sendenv", "setenv"
};

/* One reading of the files. */
struct where {
	const struct detect_input	*in;
	json_t				*facts;		/* that are filled */
	const char			*home, *user;
	/* the system's file reads its folder; -1: not known */
	int				 includes;
	/* a block that names this host is read, and is not what install wrote */
	int				 named;
};

/* Of two keywords that take each other's place, the other one; or NULL. */
static const char *
rival_of(const char *keyword)
{
	return (strcmp(keyword, "proxyjump") == 0 ? "proxycommand" :
	    strcmp(keyword, "proxycommand") == 0 ? "proxyjump" : NULL);
}

/* What a keyword has, or its rival. */
static json_t *
rival_get(const json_t *object, const char *keyword)
{
	json_t		*found = json_object_get(object, keyword);
	const char	*rival = rival_of(keyword);

	return (found == NULL && rival != NULL ? json_object_get(object, rival) : found);
}

/* 1 if an option of ssh's sets this keyword, so that no line of a file does. */
static int
where_given(const struct where *w, const char *keyword)
{
	static const char	 letters[] = "46Jlp";
	static const char	*const keywords[] = { "addressfamily", "addressfamily", "proxyjump",
				    "user", "port" };
	char *const		*at = w->in->ssh_args;
	const char		*value, *letter;
	size_t			 len;

	for (; at != NULL && *at != NULL; at++) {
		value = *at + 2 + strspn(*at + 2, " \t");
		len = strcspn(value, " \t=");
		if ((letter = strchr(letters, (*at)[1])) != NULL) {
			value = keywords[letter - letters];
			len = strlen(value);
		} else if ((*at)[1] != 'o')
			continue;
		if ((strlen(keyword) == len && strncasecmp(value, keyword, len) == 0) ||
		    (rival_of(keyword) != NULL && strlen(rival_of(keyword)) == len &&
		    strncasecmp(value, rival_of(keyword), len) == 0))
			return (1);
	}
	return (0);
}

/* The file of -F, the last of which counts; NULL: ssh's own. */
static const char *
where_file(const struct where *w)
{
	char *const	*at = w->in->ssh_args;
	const char	*file = NULL;

	for (; at != NULL && *at != NULL; at++)
		if ((*at)[1] == 'F')
			file = *at + 2;
	return (file);
}

static json_t *
where_told(const struct where *w, const char *path)
{
	return (redact(REDACT_PATH, path, w->home, w->in->full));
}

static json_t *
where_value(const struct where *w, const struct ssh_config_line *line)
{
	return (redact((enum redact)redact_keyword(line->keyword), line->value, w->home,
	    w->in->full));
}

static int
is_gathered(const char *keyword)
{
	size_t	i;

	for (i = 0; i < sizeof(gathered) / sizeof(gathered[0]); i++)
		if (strcmp(keyword, gathered[i]) == 0)
			return (1);
	return (0);
}

/* A second line for what is set already. */
static void
where_shadowed(struct where *w, const struct ssh_config_line *line, const json_t *first,
    json_t *value)
{
	json_t	*list = fact_at(w->facts, "ssh.shadowed");

	if (value == NULL || json_equal(json_object_get(first, "value"), value) ||
	    json_array_size(list) >= LIST_MAX) {
		json_decref(value);
		return;
	}
	json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:i, s:b, s:O, s:O, s:O}", "keyword",
	    line->keyword, "value", value, "file", where_told(w, line->file), "line", line->line,
	    "named", line->named, "by_file", json_object_get(first, "file"), "by_line",
	    json_object_get(first, "line"), "by_named", json_object_get(first, "named")));
}

static void
where_line_cb(void *arg, const struct ssh_config_line *line)
{
	struct where	*w = arg;
	json_t		*where = fact_at(w->facts, "ssh.where"), *first;
	json_t		*conditional = fact_at(w->facts, "ssh.conditional");

	w->named |= line->named && line->match == SSH_CONFIG_YES &&
	    strstr(line->file, "/meshssh.conf") == NULL;
	if (strcmp(line->keyword, "include") == 0 && strcmp(line->file, SYSTEM_FILE) == 0 &&
	    strstr(line->value, "ssh_config.d") != NULL && line->match != SSH_CONFIG_NO &&
	    w->includes != 1)
		w->includes = line->match == SSH_CONFIG_YES ? 1 : -1;
	/* What is no keyword of ssh's may be anything, and is not told. */
	if (line->match == SSH_CONFIG_NO || redact_keyword(line->keyword) == -1 ||
	    is_gathered(line->keyword) || where_given(w, line->keyword) ||
	    rival_get(conditional, line->keyword) != NULL)
		return;
	if ((first = rival_get(where, line->keyword)) != NULL) {
		if (line->match == SSH_CONFIG_YES)
			where_shadowed(w, line, first, where_value(w, line));
	} else if (line->match == SSH_CONFIG_UNSURE)
		json_object_set_new(conditional, line->keyword, json_pack("{s:o, s:i}", "file",
		    where_told(w, line->file), "line", line->line));
	else
		json_object_set_new(where, line->keyword, json_pack("{s:o, s:i, s:o, s:b}",
		    "file", where_told(w, line->file), "line", line->line,
		    "value", where_value(w, line), "named", line->named));
}

static void
where_file_cb(void *arg, const struct ssh_config_file *file)
{
	struct where	*w = arg;
	json_t		*one = json_pack("{s:o, s:b}", "file", where_told(w, file->file),
			    "readable", file->readable);

	if (file->checked) {
		json_object_set_new(one, "owner_ok", json_boolean(file->owner_ok));
		json_object_set_new(one, "mode_ok", json_boolean(file->mode_ok));
	}
	json_array_append_new(fact_at(w->facts, "ssh.files"), one);
}

/* The line of the file whose Host names this host, and no pattern; 0 if there is none. */
static int
host_line(const struct where *w, const char *file)
{
	char	 line[1024], *rest, *word;
	int	 number = 0, found = 0;
	FILE	*fp = read_open(w->in->root, file);

	while (fp != NULL && found == 0 && read_line(fp, line, sizeof(line))) {
		number++;
		rest = line + strspn(line, " \t");
		if (strncasecmp(rest, "host", 4) != 0 || strchr(" \t=", rest[4]) == NULL)
			continue;
		rest += 4 + strspn(rest + 4, " \t=");
		while ((word = ssh_config_word(&rest, 0)) != NULL)
			if (strcmp(word, w->in->host) == 0)
				found = number;
	}
	if (fp != NULL)
		fclose(fp);
	return (found);
}

/* A block for this host that ssh does not come to; an Include of a file that is not there. */
static void
where_skipped_cb(void *arg, const struct ssh_config_line *include, const char *file)
{
	struct where	*w = arg;
	int		 line;

	if (file == NULL && include->match == SSH_CONFIG_YES &&
	    fact_at(w->facts, "ssh.missing") == NULL)
		fact_put(w->facts, "ssh.missing", json_pack("{s:o, s:i}", "file",
		    where_told(w, include->file), "line", include->line));
	if (file == NULL || w->in->host == NULL || fact_at(w->facts, "ssh.hidden") != NULL ||
	    (line = host_line(w, file)) == 0)
		return;
	fact_put(w->facts, "ssh.hidden", json_pack("{s:o, s:i, s:o, s:i}", "file",
	    where_told(w, file), "line", line, "by_file", where_told(w, include->file), "by_line",
	    include->line));
}

/* The list of hosts that the words of a Match ask for, or NULL. */
static char *
match_hosts(char *words)
{
	char	*what, *list;

	while ((what = ssh_config_word(&words, 1)) != NULL) {
		words += strspn(words, " \t=");
		if ((list = ssh_config_word(&words, 0)) == NULL || strcasecmp(what, "host") == 0)
			return (list);
	}
	return (NULL);
}

/* A Match that would count if it stood behind the HostName that it asks for. */
static void
where_match_cb(void *arg, const struct ssh_config_line *match)
{
	struct where	*w = arg;
	const char	*hostname = fact_text(w->facts, "ssh.options.hostname");
	char		 value[512], *list, *pattern;
	int		 found = 0;

	if (match->match != SSH_CONFIG_NO || !match->early || hostname == NULL ||
	    w->in->host == NULL || strcmp(hostname, w->in->host) == 0 ||
	    fact_at(w->facts, "ssh.early") != NULL ||
	    strlcpy(value, match->value, sizeof(value)) >= sizeof(value) ||
	    (list = match_hosts(value)) == NULL)
		return;
	while ((pattern = strsep(&list, ",")) != NULL) {
		if (!ssh_config_pattern(hostname, pattern + (pattern[0] == '!'), 1))
			continue;
		if (pattern[0] == '!')
			return;
		found = 1;
	}
	if (found)
		fact_put(w->facts, "ssh.early", json_pack("{s:o, s:i}", "file",
		    where_told(w, match->file), "line", match->line));
}

static void
where_files(struct where *w)
{
	const struct ssh_config		config = { .root = w->in->root, .home = w->home,
					    .tilde = ssh_config_tilde(), .user = w->user,
					    .uid = geteuid(), .file = where_file(w),
					    .calls = w->in->calls,
					    .host = w->in->host != NULL ? w->in->host : "" };
	const struct ssh_config_reader	reader = { .line = where_line_cb, .file = where_file_cb,
					    .match = where_match_cb,
					    .skipped = where_skipped_cb, .arg = w };

	fact_put(w->facts, "ssh.where", json_object());
	fact_put(w->facts, "ssh.shadowed", json_array());
	fact_put(w->facts, "ssh.files", json_array());
	fact_put(w->facts, "ssh.conditional", json_object());
	ssh_config_read(&config, &reader);
	if (w->named)
		json_object_del(fact_at(w->facts, "ssh"), "hidden");
}

/* What the system's own file reads besides itself. */
static void
where_system(struct where *w)
{
	char	path[PATH_MAX];
	json_t	*list = json_array();
	glob_t	g;
	size_t	count, i;

	snprintf(path, sizeof(path), "%s" SYSTEM_FILE, w->in->root);
	if (w->includes != -1 && access(path, R_OK) == 0)
		fact_put_truth(w->facts, "ssh.system_includes", w->includes);
	count = read_glob(w->in->root, SYSTEM_FILE ".d/*.conf", &g);
	for (i = 0; i < count && i < LIST_MAX; i++)
		json_array_append_new(list, where_told(w, g.gl_pathv[i] + strlen(w->in->root)));
	globfree(&g);
	fact_put(w->facts, "ssh.system_files", list);
}

void
detect_ssh_where(json_t *facts, const struct detect_input *in, const char *home, const char *user)
{
	struct where	w = { .in = in, .facts = facts, .home = home, .user = user };

	where_files(&w);
	/* With -F, ssh reads nothing of the system's. */
	if (where_file(&w) == NULL)
		where_system(&w);
}
