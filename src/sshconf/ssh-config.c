/* SPDX-License-Identifier: ISC */
/* Reads ssh_config files as ssh does: which line wins. */

#include <sys/types.h>
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/xalloc.h"
#include "sshconf/ssh-config.h"

#define BYTES_MAX	(8 << 20)	/* of all files together */
#define SYSTEM_DIR	"/etc/ssh"
#define BLANKS		" \t\r\f\v"

/* A value that Match asks for, as far as it is set by now. */
struct setting {
	char			 value[256];
	/* YES: this; NO: not set; UNSURE: maybe something else */
	enum ssh_config_match	 known;
};

struct walk {
	const struct ssh_config		*in;
	const struct ssh_config_reader	*to;
	struct setting			 hostname, user, tag;
	int				 files;
	size_t				 bytes;		/* that may still be read */
	int				 system;
	/* a file could not be read: what it says is not known */
	int				 blind;
};

/* Where in the files the walk is. */
struct place {
	const char		*file;
	int			 line;
	int			 depth;
	enum ssh_config_match	 outer, match;	/* of the Include, and with the block */
	int			 outer_named, named;
	int			 outer_later, later;
	/* the Include that keeps ssh from this file, or NULL */
	const struct ssh_config_line	*passed;
};

static void	walk_file(struct walk *, const struct place *, const char *);

int
ssh_config_pattern(const char *text, const char *pattern, int fold)
{
	const char	*star = NULL, *back = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			back = text;
		} else if (*pattern == '?' || *pattern == *text || (fold && *pattern != '\0' &&
		    tolower((unsigned char)*pattern) == tolower((unsigned char)*text))) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star + 1;
			text = ++back;
		} else
			return (0);
	}
	return (pattern[strspn(pattern, "*")] == '\0');
}

char *
ssh_config_word(char **at, int equals)
{
	char	*word = *at + strspn(*at, BLANKS), *from = word, *to = word, quote = '\0';

	if (*word == '\0' || *word == '#')
		return (NULL);
	for (; *from != '\0' && (quote != '\0' || strchr(equals ? BLANKS "=" : BLANKS,
	    *from) == NULL); from++)
		if (*from == '\\' && from[1] != '\0' && strchr("\"'\\", from[1]) != NULL)
			*to++ = *++from;
		else if (quote == '\0' && (*from == '"' || *from == '\''))
			quote = *from;
		else if (*from == quote)
			quote = '\0';
		else
			*to++ = *from;
	*at = from + (*from != '\0');
	*to = '\0';
	/* ssh refuses a line with a quote alone. */
	return (quote == '\0' ? word : NULL);
}

/*
 * One pattern, perhaps with "!": 1 it matches, -1 its opposite does, 0. *named is set if it is the
 * text itself.
 */
static int
pattern_match(const char *pattern, const char *text, int fold, int *named)
{
	int	not = pattern[0] == '!';

	pattern += not;
	if (!ssh_config_pattern(text, pattern, fold))
		return (0);
	if (!not && pattern[strcspn(pattern, "*?")] == '\0')
		*named = 1;
	return (not ? -1 : 1);
}

static enum ssh_config_match
host_match(const struct walk *w, char *words, int *named)
{
	enum ssh_config_match	result = SSH_CONFIG_NO;
	char			*word;
	int			 one;

	while ((word = ssh_config_word(&words, 0)) != NULL) {
		if ((one = pattern_match(word, w->in->host, 0, named)) == -1)
			return (SSH_CONFIG_NO);
		if (one == 1)
			result = SSH_CONFIG_YES;
	}
	return (result);
}

/* A list of patterns with commas. */
static enum ssh_config_match
list_match(char *list, const char *text, int fold, int *named)
{
	enum ssh_config_match	result = SSH_CONFIG_NO;
	char			*pattern;
	int			 one;

	while ((pattern = strsep(&list, ",")) != NULL) {
		if ((one = pattern_match(pattern, text, fold, named)) == -1)
			return (SSH_CONFIG_NO);
		if (one == 1)
			result = SSH_CONFIG_YES;
	}
	return (result);
}

static enum ssh_config_match
setting_match(const struct setting *s, const char *otherwise, char *list, int fold, int *named)
{
	if (s->known == SSH_CONFIG_UNSURE || (s->known == SSH_CONFIG_NO && otherwise == NULL))
		return (SSH_CONFIG_UNSURE);
	return (list_match(list, s->known == SSH_CONFIG_YES ? s->value : otherwise, fold, named));
}

/* One criterion of Match with its argument; what stands for the name of a host may name it. */
static enum ssh_config_match
criterion_match(struct walk *w, const char *what, char *list, int *named)
{
	const struct ssh_config	*in = w->in;
	int			 none;

	if (strcasecmp(what, "originalhost") == 0)
		return (list_match(list, in->host, 1, named));
	if (w->blind)
		return (SSH_CONFIG_UNSURE);
	if (strcasecmp(what, "host") == 0) {
		/* HostName may have tokens. */
		if (w->hostname.known == SSH_CONFIG_YES && strchr(w->hostname.value, '%') != NULL)
			return (SSH_CONFIG_UNSURE);
		return (setting_match(&w->hostname, in->host, list, 1, named));
	}
	if (strcasecmp(what, "user") == 0)
		return (setting_match(&w->user, in->user, list, 0, &none));
	if (strcasecmp(what, "localuser") == 0)
		return (in->user == NULL ? SSH_CONFIG_UNSURE :
		    list_match(list, in->user, 0, &none));
	if (strcasecmp(what, "tagged") == 0)
		return (setting_match(&w->tag, "", list, 0, &none));
	return (SSH_CONFIG_UNSURE);
}

/* 1 if another call may have another value of this, and so come to another result. */
static int
criterion_varies(const struct walk *w, const char *what)
{
	return ((w->in->calls >= SSH_CONFIG_LOGINS && (strcasecmp(what, "user") == 0 ||
	    strcasecmp(what, "tagged") == 0)) ||
	    (w->in->calls >= SSH_CONFIG_USERS && strcasecmp(what, "localuser") == 0));
}

/*
 * A line of Match: whether it counts. *later is set if it may in the second pass, when HostName is
 * known: what is set there comes after all else, and is not read here. *rest: whether it would with
 * another HostName.
 */
static enum ssh_config_match
match_match(struct walk *w, char *words, int *named, int *later, enum ssh_config_match *rest)
{
	enum ssh_config_match	result = SSH_CONFIG_YES, one;
	char			*what, *list;
	int			 not, here, final = 0;

	*rest = SSH_CONFIG_YES;
	while ((what = ssh_config_word(&words, 1)) != NULL) {
		not = what[0] == '!';
		what += not;
		here = 0;
		if (strcasecmp(what, "final") == 0 || strcasecmp(what, "canonical") == 0) {
			final |= !not;
			result = not ? result : SSH_CONFIG_NO;
			continue;
		}
		if (strcasecmp(what, "all") == 0)
			one = SSH_CONFIG_YES;
		else if (words += strspn(words, BLANKS "="),
		    (list = ssh_config_word(&words, 0)) == NULL)
			return (SSH_CONFIG_UNSURE);
		else
			one = criterion_match(w, what, list, &here);
		if (not && one != SSH_CONFIG_UNSURE)
			one = one == SSH_CONFIG_YES ? SSH_CONFIG_NO : SSH_CONFIG_YES;
		if (one == SSH_CONFIG_NO && criterion_varies(w, what))
			one = SSH_CONFIG_UNSURE;
		*named |= here && !not;
		if (one < result)
			result = one;
		if (strcasecmp(what, "host") != 0 && one < *rest)
			*rest = one;
	}
	*later |= final && *rest != SSH_CONFIG_NO;
	return (result);
}

static void
setting_note(struct setting *s, const struct ssh_config_line *l)
{
	if (s->known != SSH_CONFIG_NO || l->match == SSH_CONFIG_NO)
		return;
	s->known = l->match;
	if (strlcpy(s->value, l->value, sizeof(s->value)) >= sizeof(s->value))
		s->known = SSH_CONFIG_UNSURE;
}

/*
 * A file that ssh does not come to, and those that it includes: what they say counts for nothing,
 * and what cannot be read of them is not missed.
 */
static void
include_passed(struct walk *w, const struct place *p, const struct ssh_config_line *l,
    const char *file)
{
	const struct walk	was = *w;
	struct place		within = *p;

	if (w->to->skipped == NULL)
		return;
	within.passed = p->passed != NULL ? p->passed : l;
	w->to->skipped(w->to->arg, within.passed, file);
	walk_file(w, &within, file);
	if (p->passed == NULL)
		*w = was;
}

static int
is_folder(const char *path)
{
	struct stat	sb;

	return (stat(path, &sb) == 0 && S_ISDIR(sb.st_mode));
}

/*
 * The files of one argument of Include. What depends on the environment, or is another user's, is
 * not followed.
 */
static void
include_one(struct walk *w, const struct place *p, const struct ssh_config_line *l,
    const char *arg)
{
	char		 path[PATH_MAX];
	const char	*home = w->in->tilde != NULL ? w->in->tilde : w->in->home;
	size_t		 skip = strlen(w->in->root), i;
	glob_t		 g;
	int		 n, error;

	if (strchr(arg, '$') != NULL || strchr(arg, '%') != NULL ||
	    (arg[0] == '~' && (w->system || arg[1] != '/')))
		n = -1;
	else if (arg[0] == '~')
		n = snprintf(path, sizeof(path), "%s%s%s", w->in->root, home, arg + 1);
	else if (arg[0] == '/')
		n = snprintf(path, sizeof(path), "%s%s", w->in->root, arg);
	else
		n = snprintf(path, sizeof(path), "%s%s%s/%s", w->in->root,
		    w->system ? SYSTEM_DIR : home, w->system ? "" : "/.ssh", arg);
	if (n < 0 || n >= (int)sizeof(path)) {
		w->blind |= p->match != SSH_CONFIG_NO;
		return;
	}
	error = xglob(path, &g);
	for (i = 0; error == 0 && i < g.gl_pathc; i++)
		if (p->match != SSH_CONFIG_NO)
			walk_file(w, p, g.gl_pathv[i] + skip);
		else
			include_passed(w, p, l, g.gl_pathv[i] + skip);
	/* Of a pattern it is expected that it may mean no file. */
	if ((error == GLOB_NOMATCH || (error == 0 && is_folder(path))) && w->to->skipped != NULL &&
	    strpbrk(arg, "*?[") == NULL)
		w->to->skipped(w->to->arg, l, NULL);
	globfree(&g);
}

/*
 * Programs and jumps are taken whole; of the rest, quotes around all of it and what follows " #"
 * are no part.
 */
static char *
value_of(const char *keyword, char *text)
{
	static const char	raw[][20] = { "proxycommand", "localcommand", "remotecommand",
	    "match", "host", "include" };
	char			*end, *comment;
	size_t			 i;

	for (end = text + strlen(text); end > text && strchr(BLANKS, end[-1]) != NULL; end--)
		end[-1] = '\0';
	for (i = 0; i < sizeof(raw) / sizeof(raw[0]); i++)
		if (strcmp(keyword, raw[i]) == 0)
			return (text);
	if (text[0] == '"' && (end = strchr(text + 1, '"')) != NULL) {
		*end = '\0';
		return (text + 1);
	}
	if ((comment = strstr(text, " #")) != NULL || (comment = strstr(text, "\t#")) != NULL)
		*comment = '\0';
	return (text);
}

static void
walk_line(struct walk *w, struct place *p, char *text)
{
	struct ssh_config_line	l = { .file = p->file, .line = p->line };
	size_t			len, i;
	char			*words, *word, *copy;
	enum ssh_config_match	rest = SSH_CONFIG_NO;
	int			named = 0;

	text += strspn(text, BLANKS);
	len = strcspn(text, BLANKS "=");
	if (*text == '#' || len == 0 || len >= sizeof(l.keyword))
		return;
	for (i = 0; i < len; i++) {
		/* No keyword of ssh has such a byte, and here it would not be escaped. */
		if (!isalnum((unsigned char)text[i]))
			return;
		l.keyword[i] = (char)tolower((unsigned char)text[i]);
	}
	text += len;
	text += strspn(text, BLANKS);
	text += *text == '=';
	l.value = words = value_of(l.keyword, text + strspn(text, BLANKS));
	if (strcmp(l.keyword, "host") == 0 || strcmp(l.keyword, "match") == 0) {
		if (w->to->block != NULL)
			w->to->block(w->to->arg, &l);
		/* The words are split in place. */
		copy = w->to->match != NULL && l.keyword[0] == 'm' ? xstrdup(words) : NULL;
		p->later = p->outer_later;
		p->match = w->to->block != NULL ? SSH_CONFIG_YES :
		    l.keyword[0] == 'h' ? host_match(w, words, &named) :
		    match_match(w, words, &named, &p->later, &rest);
		if (p->outer < p->match)
			p->match = p->outer;
		p->named = named || p->outer_named;
		if (copy != NULL) {
			l.value = copy;
			l.match = p->match;
			l.early = p->outer == SSH_CONFIG_YES && rest == SSH_CONFIG_YES;
			w->to->match(w->to->arg, &l);
		}
		free(copy);
		return;
	}
	l.match = w->blind && p->match == SSH_CONFIG_YES ? SSH_CONFIG_UNSURE : p->match;
	l.named = p->named;
	l.later = p->later;
	w->to->line(w->to->arg, &l);
	if (strcmp(l.keyword, "hostname") == 0)
		setting_note(&w->hostname, &l);
	else if (strcmp(l.keyword, "user") == 0)
		setting_note(&w->user, &l);
	else if (strcmp(l.keyword, "tag") == 0)
		setting_note(&w->tag, &l);
	else if (strcmp(l.keyword, "include") == 0)
		while ((p->match != SSH_CONFIG_NO || w->to->skipped != NULL) &&
		    (word = ssh_config_word(&words, 0)) != NULL)
			include_one(w, p, &l, word);
}

/* What ssh says of the file before it reads it; 0 if there is none. */
static int
file_look(const struct walk *w, const char *path, int checked, struct ssh_config_file *f)
{
	struct stat	sb;

	if (stat(path, &sb) == -1)
		return (errno == EACCES);
	if (!S_ISREG(sb.st_mode))
		return (0);
	f->readable = access(path, R_OK) == 0;
	f->checked = checked;
	f->owner_ok = sb.st_uid == 0 || sb.st_uid == w->in->uid;
	f->mode_ok = (sb.st_mode & (S_IWGRP | S_IWOTH)) == 0;
	return (1);
}

/* A NUL ends its line, but not the file. */
static void
walk_text(struct walk *w, struct place *p, char *text, size_t len)
{
	char	*end;

	for (;; len -= (size_t)(end + 1 - text), text = end + 1) {
		if ((end = memchr(text, '\n', len)) != NULL)
			*end = '\0';
		p->line++;
		walk_line(w, p, text);
		if (end == NULL)
			break;
	}
}

/* One file, as if it stood at this place. */
static void
walk_file(struct walk *w, const struct place *outer, const char *file)
{
	struct place		p = { .file = file, .depth = outer->depth + 1,
	    .outer = outer->match, .match = outer->match, .outer_named = outer->named,
	    .outer_later = outer->later, .later = outer->later,
	    .named = outer->named, .passed = outer->passed };
	struct ssh_config_file	f = { .file = file };
	struct stat		sb;
	char			path[PATH_MAX], *buf;

	if (p.depth > SSH_CONFIG_DEPTH || w->files++ >= SSH_CONFIG_FILES ||
	    snprintf(path, sizeof(path), "%s%s", w->in->root, file) >= (int)sizeof(path)) {
		w->blind = 1;
		return;
	}
	/* That of -F may be anyone's. */
	if (!file_look(w, path, p.depth > 1 || (!w->system && w->in->file == NULL), &f))
		return;
	if (p.passed == NULL)
		w->to->file(w->to->arg, &f);
	if ((buf = file_load(path, w->bytes, 1, &sb)) == NULL) {
		w->blind = 1;
		return;
	}
	buf[sb.st_size] = '\0';
	w->bytes -= (size_t)sb.st_size;
	walk_text(w, &p, buf, (size_t)sb.st_size);
	free(buf);
}

int
ssh_config_read(const struct ssh_config *in, const struct ssh_config_reader *to)
{
	const struct place	outside = { .depth = 0, .match = SSH_CONFIG_YES };
	struct walk		w;
	char			path[PATH_MAX];

	memset(&w, 0, sizeof(w));
	w.in = in;
	w.to = to;
	w.bytes = BYTES_MAX;
	if (in->file != NULL) {
		if (strcasecmp(in->file, "none") != 0)
			walk_file(&w, &outside, in->file);
		return (w.blind);
	}
	if (in->home != NULL && snprintf(path, sizeof(path), "%s/.ssh/config",
	    in->home) < (int)sizeof(path))
		walk_file(&w, &outside, path);
	w.system = 1;
	walk_file(&w, &outside, SYSTEM_DIR "/ssh_config");
	return (w.blind);
}

const char *
ssh_config_tilde(void)
{
	const char	*home = getenv("HOME");

	return (home != NULL && home[0] == '/' ? home : NULL);
}
