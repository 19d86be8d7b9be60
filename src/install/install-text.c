/* SPDX-License-Identifier: ISC */
/* The text of our file and of the Include line. */

#include <sys/types.h>

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/shell.h"
#include "base/xalloc.h"
#include "install/install-text.h"

#define BLANKS		" \t\r\n\f\v"

/* Before our Include; the second one says that the whole file is ours to take away. */
static const char	mark[] = "# The next line is from meshssh-config; it goes by: meshssh-config ";
static const char	mark_made[] = "# meshssh-config has made this file; its line goes by: meshssh-config ";

static const char	head[] =
    "# meshssh-config keeps this file, and writes it anew: your own settings belong into config.\n"
    "# The blocks come and go by: meshssh-config install HOST, meshssh-config remove HOST\n";
static const char	section[] = "# --- ";

/* The next line, its end included: its length, 0 behind the last. */
static size_t
line_len(const struct install_text *t, size_t at)
{
	const char	*end = at < t->len ? memchr(t->bytes + at, '\n', t->len - at) : NULL;

	return (end != NULL ? (size_t)(end - t->bytes) + 1 - at : t->len - at);
}

/* 1 if the line is this one, whichever its end. */
static int
line_is(const struct install_text *t, size_t at, size_t len, const char *text)
{
	while (len > 0 && strchr(BLANKS, t->bytes[at + len - 1]) != NULL)
		len--;
	return (len == strlen(text) && memcmp(t->bytes + at, text, len) == 0);
}

/* The line as a string, cut to fit, and its keyword, which is the part of it that is returned. */
static char *
line_words(const struct install_text *t, size_t at, size_t len, char buf[INSTALL_LINE],
    char **words)
{
	char	*keyword;

	if (len >= INSTALL_LINE)
		len = INSTALL_LINE - 1;
	memcpy(buf, t->bytes + at, len);
	buf[len] = '\0';
	keyword = buf + strspn(buf, BLANKS);
	*words = keyword + strcspn(keyword, BLANKS "=");
	if (**words != '\0')
		*(*words)++ = '\0';
	*words += strspn(*words, BLANKS "=");
	return (keyword);
}

/* One argument of an Include, quotes off; NULL behind the last. */
static char *
include_word(char **words)
{
	char	*word = *words + strspn(*words, BLANKS);
	int	 quoted = *word == '"';

	if (*word == '\0' || *word == '#')
		return (NULL);
	word += quoted;
	*words = word + strcspn(word, quoted ? "\"" : BLANKS);
	if (**words != '\0')
		*(*words)++ = '\0';
	return (word);
}

/* 1 if this argument of an Include, which may be a pattern, means our file. */
static int
include_means(const struct install_names *names, const char *word)
{
	char	path[PATH_MAX];
	int	n;

	if (word[0] == '/')
		n = snprintf(path, sizeof(path), "%s", word);
	else if (strncmp(word, "~/", 2) == 0 && names->home != NULL)
		n = snprintf(path, sizeof(path), "%s%s", names->home, word + 1);
	else
		n = snprintf(path, sizeof(path), "%s/%s", names->folder, word);
	return (n > 0 && n < (int)sizeof(path) && (strcmp(path, names->own) == 0 ||
	    fnmatch(path, names->own, FNM_PATHNAME | FNM_PERIOD) == 0));
}

/*
 * 1 if the line includes a file of our file's name alone: under a mark, it was ours where the home
 * was another.
 */
static int
line_moved(const struct install_text *t, const struct install_names *names, size_t at, size_t len)
{
	char		 buf[INSTALL_LINE], *words, *word;
	const char	*slash;

	return (strcasecmp(line_words(t, at, len, buf, &words), "include") == 0 &&
	    (word = include_word(&words)) != NULL && include_word(&words) == NULL &&
	    (slash = strrchr(word, '/')) != NULL && strcmp(slash, strrchr(names->own, '/')) == 0);
}

/* 1 if the line is an Include of our file, -1 if what follows it is for some hosts only, 0. */
static int
line_kind(const struct install_text *t, const struct install_names *names, size_t at, size_t len)
{
	char	buf[INSTALL_LINE], *keyword, *words, *word;

	keyword = line_words(t, at, len, buf, &words);
	if (strcasecmp(keyword, "host") == 0 || strcasecmp(keyword, "match") == 0)
		return (-1);
	if (strcasecmp(keyword, "include") == 0)
		while ((word = include_word(&words)) != NULL)
			if (include_means(names, word))
				return (1);
	return (0);
}

static const char *
config_goes(const struct install_names *names)
{
	return (names->goes != NULL ? names->goes : "remove");
}

int
install_config_reads(const struct install_text *in, const struct install_names *names)
{
	size_t	at, len;
	int	kind = 0;

	for (at = 0; kind == 0 && (len = line_len(in, at)) > 0; at += len)
		kind = line_kind(in, names, at, len);
	return (kind == 1);
}

/* 1 if the line is this mark. */
static int
line_marks(const struct install_text *in, size_t at, size_t len, const char *text,
    const struct install_names *names)
{
	char	whole[128];

	snprintf(whole, sizeof(whole), "%s%s", text, config_goes(names));
	return (line_is(in, at, len, whole));
}

/* Length of what is ours at this line, 0 if nothing is; *made is set if the mark says so. */
static size_t
config_ours(const struct install_text *in, const struct install_names *names, size_t at, int *made)
{
	size_t	len = line_len(in, at), next;

	if (line_marks(in, at, len, mark_made, names))
		*made = 1;
	else if (!line_marks(in, at, len, mark, names))
		return (0);
	next = line_len(in, at + len);
	return (line_kind(in, names, at + len, next) == 1 || line_moved(in, names, at + len, next) ?
	    len + next : len);
}

/* What is not ours, to the stream; 1 if we made the file. */
static int
config_copy(FILE *fp, const struct install_text *in, const struct install_names *names)
{
	size_t	at, len, ours;
	int	made = 0;

	for (at = 0; (len = line_len(in, at)) > 0; at += len)
		if ((ours = config_ours(in, names, at, &made)) > 0)
			len = ours;
		else
			fwrite(in->bytes + at, 1, len, fp);
	return (made);
}

static void
text_drop(struct install_text *text)
{
	free(text->bytes);
	*text = (struct install_text){ .bytes = NULL };
}

void
install_config_put(const struct install_text *in, const struct install_names *names,
    struct install_text *out)
{
	struct install_text	 rest;
	const char		*end, *quote = strchr(names->include, ' ') != NULL ? "\"" : "";
	size_t			 first = line_len(in, 0);
	FILE			*fp = xmemstream(&rest.bytes, &rest.len);
	int			 made = config_copy(fp, in, names) || in->bytes == NULL;

	xmemstream_close(fp);
	fp = xmemstream(&out->bytes, &out->len);
	end = first > 1 && in->bytes[first - 1] == '\n' && in->bytes[first - 2] == '\r' ?
	    "\r\n" : "\n";
	fprintf(fp, "%s%s%sInclude %s%s%s%s", made ? mark_made : mark, config_goes(names), end,
	    quote, names->include, quote, end);
	fwrite(rest.bytes, 1, rest.len, fp);
	xmemstream_close(fp);
	free(rest.bytes);
}

void
install_config_lead(const struct install_text *in, const struct install_names *names,
    const char *path, struct install_text *out)
{
	char	 buf[INSTALL_LINE], *words;
	size_t	 at, len;
	FILE	*fp = xmemstream(&out->bytes, &out->len);
	int	 ours;

	for (at = 0; (len = line_len(in, at)) > 0; at += len) {
		if ((ours = line_kind(in, names, at, len) == 1))
			fprintf(fp, "Include %s\n", path);
		/* A pattern, or a list, may include others as well. */
		line_words(in, at, len, buf, &words);
		if (!ours || include_word(&words) == NULL || include_word(&words) != NULL ||
		    strpbrk(buf, "*?[") != NULL)
			fwrite(in->bytes + at, 1, len, fp);
	}
	xmemstream_close(fp);
}

void
install_config_cut(const struct install_text *in, const struct install_names *names,
    struct install_text *out)
{
	FILE	*fp = xmemstream(&out->bytes, &out->len);
	int	 made = config_copy(fp, in, names);

	xmemstream_close(fp);
	if (in->bytes == NULL || (made && out->len == 0))
		text_drop(out);
}

int
install_own_ok(const struct install_text *t)
{
	const size_t	len = strcspn(head, ",");

	return (t->bytes == NULL || t->len == 0 || (t->len > len &&
	    memcmp(t->bytes, head, len) == 0));
}

/* The mark of a section at or behind *at, which is moved behind it, and where it begins. */
static int
own_next(const struct install_text *t, size_t *at, size_t *from, char name[INSTALL_NAME])
{
	size_t	len;

	while ((len = line_len(t, *at)) > 0) {
		*from = *at;
		*at += len;
		if (len <= strlen(section) || len - strlen(section) >= INSTALL_NAME ||
		    memcmp(t->bytes + *from, section, strlen(section)) != 0)
			continue;
		memcpy(name, t->bytes + *from + strlen(section), len - strlen(section));
		name[len - strlen(section)] = '\0';
		name[strcspn(name, BLANKS)] = '\0';
		return (1);
	}
	return (0);
}

int
install_own_next(const struct install_text *t, size_t *at, char name[INSTALL_NAME])
{
	size_t	from;

	return (own_next(t, at, &from, name));
}

/*
 * Where the section is, with its mark and the lines up to the next one: 1, or 0 if there is none.
 */
static int
own_find(const struct install_text *t, const char *name, size_t *from, size_t *to)
{
	char	found[INSTALL_NAME];
	size_t	at = 0, mine;

	while (own_next(t, &at, &mine, found))
		if (strcmp(found, name) == 0) {
			*from = mine;
			if (!own_next(t, &at, to, found))
				*to = t->len;
			return (1);
		}
	return (0);
}

int
install_own_has(const struct install_text *t, const char *name)
{
	size_t	from, to;

	return (own_find(t, name, &from, &to));
}

struct install_text
install_own_section(const struct install_text *t, const char *name)
{
	struct install_text	part = { .bytes = NULL };
	size_t			from, to;

	if (own_find(t, name, &from, &to)) {
		part.bytes = t->bytes + from;
		part.len = to - from;
	}
	return (part);
}

int
install_own_sets(const struct install_text *t, const char *keyword)
{
	char	buf[INSTALL_LINE], *words;
	size_t	at, len;

	for (at = 0; (len = line_len(t, at)) > 0; at += len)
		if (strcasecmp(line_words(t, at, len, buf, &words), keyword) == 0)
			return (1);
	return (0);
}

/* Write these lines; a ProxyCommand of an earlier version gets --relay and the quotation marks. */
static void
own_renew(FILE *fp, const struct install_text *t, size_t at, size_t to)
{
	static const char	keyword[] = "    ProxyCommand ", end[] = " %h %p\n";
	size_t			len, tail = strlen(end);

	for (; at < to; at += len) {
		len = line_len(t, at);
		if (len > strlen(keyword) + tail &&
		    memcmp(t->bytes + at, keyword, strlen(keyword)) == 0 &&
		    memcmp(t->bytes + at + len - tail, end, tail) == 0) {
			fwrite(t->bytes + at, 1, len - tail, fp);
			fprintf(fp, "%s\n", SHELL_RELAY);
		} else
			fwrite(t->bytes + at, 1, len, fp);
	}
}

void
install_own_put(const struct install_text *in, const char *name, const char *body,
    struct install_text *out)
{
	size_t	 from = in->len, to = in->len, unused;
	FILE	*fp = xmemstream(&out->bytes, &out->len);

	if (in->len == 0)
		fprintf(fp, "%s\n", head);
	/* Hosts that were named come before all that there are: the first value counts. */
	else if (!own_find(in, name, &from, &to) && own_find(in, INSTALL_TAILNET, &from, &unused))
		to = from;
	if (from > 0) {
		own_renew(fp, in, 0, from);
		fputs(in->bytes[from - 1] != '\n' ? "\n" : "", fp);
	}
	fprintf(fp, "%s%s\n%s\n", section, name, body);
	own_renew(fp, in, to, in->len);
	xmemstream_close(fp);
}

void
install_own_cut(const struct install_text *in, const char *name, struct install_text *out)
{
	size_t	 from = in->len, to = in->len, at = 0;
	char	 left[INSTALL_NAME];
	FILE	*fp = xmemstream(&out->bytes, &out->len);

	own_find(in, name, &from, &to);
	if (in->len > 0) {
		fwrite(in->bytes, 1, from, fp);
		fwrite(in->bytes + to, 1, in->len - to, fp);
	}
	xmemstream_close(fp);
	if (!install_own_next(out, &at, left))
		text_drop(out);
}

int
install_own_hosts(const struct install_text *t, size_t *at, char words[INSTALL_LINE])
{
	char	*keyword, *rest;
	size_t	 len;

	while ((len = line_len(t, *at)) > 0) {
		keyword = line_words(t, *at, len, words, &rest);
		*at += len;
		if (strcasecmp(keyword, "host") == 0) {
			memmove(words, rest, strlen(rest) + 1);
			words[strcspn(words, "\r\n")] = '\0';
			return (1);
		}
	}
	return (0);
}
