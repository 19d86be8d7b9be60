/* SPDX-License-Identifier: ISC */
/* Nix's list of builders. */

#include <sys/types.h>

#include <limits.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/base64.h"
#include "base/file.h"
#include "base/xalloc.h"
#include "facts/nix-machines.h"
#include "wire/sshkey.h"

#define CONF_BYTES	(64 * 1024)
#define CONF_DEPTH	4
#define MACHINES_DEPTH	8
#define FILES_MAX	32	/* of all kinds, however they name each other */
#define CONF_FILE	"/etc/nix/nix.conf"
#define BUILDERS	"@/etc/nix/machines"	/* Nix's default */
#define BLANKS		" \t\r\f\v"
#define BLANK_REMARK	"its list is named behind a blank, where older Nix and Lix do not take \"@\" for a file"

struct machines {
	const char	*root;
	void		(*cb)(void *, const struct nix_machine *);
	void		*arg;
	int		 count;
	int		 files;
	const char	*end_of;	/* a file that might get one more line; or NULL */
	int		 end_read;	/* it was read */
};

static void
machine_remark(struct nix_machine *m, const char *code, const char *text)
{
	strlcpy(m->remark_code, code, sizeof(m->remark_code));
	strlcpy(m->remark, text, sizeof(m->remark));
}

/* What stands for the key of the host: base64 of "TYPE KEY comment", a line of a .pub file. */
static void
machine_host_key(struct nix_machine *m, const char *text)
{
	char	line[2048];
	int	len = base64_decode(line, sizeof(line), text, strlen(text));
	size_t	type;

	m->host_key = -1;
	strlcpy(m->pinned, text, sizeof(m->pinned));
	if (len == -1) {
		strlcpy(m->error, "column 8 is not base64", sizeof(m->error));
		return;
	}
	line[strcspn(line, "\r\n")] = '\0';
	type = strcspn(line, " ");
	if ((strncmp(line, "ssh-", 4) == 0 || strncmp(line, "ecdsa-", 6) == 0 ||
	    strncmp(line, "sk-", 3) == 0) && type < sizeof(m->host_key_type) &&
	    sshkey_text(line) > 0) {
		m->host_key = 1;
		memcpy(m->host_key_type, line, type);
		m->host_key_type[type] = '\0';
	} else if (strncmp(text, "AAAA", 4) == 0)
		machine_remark(m, "host-key", "column 8 is the key itself, not base64 of its line");
	else if (strstr(line, " ssh-") != NULL || strstr(line, " ecdsa-") != NULL)
		machine_remark(m, "host-key", "column 8 has the name of the host before the key");
	else
		machine_remark(m, "host-key", "column 8 is base64 of something that is not a key");
}

/* What the parameters of the URI say in place of columns. */
static void
machine_params(struct nix_machine *m, char *query)
{
	char	*one;

	while ((one = strsep(&query, "&")) != NULL) {
		if (strncmp(one, "ssh-key=", 8) == 0)
			strlcpy(m->key, one + 8, sizeof(m->key));
		else if (strncmp(one, "base64-ssh-public-host-key=", 27) == 0)
			machine_host_key(m, one + 27);
	}
}

/* [user@]host[:port], the host of IPv6 in brackets. */
static void
machine_authority(struct nix_machine *m, char *text)
{
	char	*at = strrchr(text, '@'), *colon;

	if (at != NULL) {
		*at = '\0';
		strlcpy(m->user, text, sizeof(m->user));
		text = at + 1;
	}
	if (text[0] == '[' && (at = strchr(text, ']')) != NULL) {
		*at = '\0';
		text++;
		colon = at[1] == ':' ? at + 1 : NULL;
	} else if ((colon = strchr(text, ':')) != NULL && strchr(colon + 1, ':') != NULL)
		colon = NULL;
	if (colon != NULL && addr_port(colon + 1) != -1) {
		m->port = addr_port(colon + 1);
		*colon = '\0';
	}
	strlcpy(m->host, text, sizeof(m->host));
}

static void
machine_uri(struct nix_machine *m, const char *uri)
{
	static const char	schemes[][16] = { "ssh", "ssh-ng", "mounted-ssh-ng" };
	char			copy[sizeof(m->uri)], *rest, *query;
	size_t			i;

	if (strlcpy(copy, uri, sizeof(copy)) >= sizeof(copy))
		return;
	strlcpy(m->scheme, "ssh", sizeof(m->scheme));
	if ((rest = strstr(copy, "://")) != NULL) {
		*rest = '\0';
		strlcpy(m->scheme, copy, sizeof(m->scheme));
		rest += 3;
	} else if (copy[0] == '/' || strcmp(copy, "auto") == 0 || strcmp(copy, "daemon") == 0 ||
	    strcmp(copy, "local") == 0)
		strlcpy(m->scheme, "local", sizeof(m->scheme));
	else
		rest = copy;
	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		m->ssh |= strcmp(m->scheme, schemes[i]) == 0;
	if (!m->ssh)
		return;
	query = strchr(rest, '?');
	/* Without the parameters, one of which may be a key. */
	if (query != NULL) {
		m->uri[strcspn(m->uri, "?")] = '\0';
		*query++ = '\0';
	}
	rest[strcspn(rest, "/")] = '\0';
	machine_authority(m, rest);
	if (query != NULL)
		machine_params(m, query);
}

static int
all_digits(const char *text)
{
	return (text[0] != '\0' && text[strspn(text, "0123456789")] == '\0');
}

/* Columns 4 and 5: how many jobs at once, and how fast it is. */
static void
machine_numbers(struct nix_machine *m, const char *jobs, const char *speed)
{
	char	*end;

	if (strcmp(jobs, "-") != 0 && !all_digits(jobs))
		strlcpy(m->error, "column 4 (jobs) is not a whole number", sizeof(m->error));
	else if (strcmp(speed, "-") != 0 && !all_digits(speed)) {
		strtod(speed, &end);
		if (*end != '\0' || end == speed || speed[0] == '-')
			strlcpy(m->error, "column 5 (speed) is not a number", sizeof(m->error));
		else
			machine_remark(m, "speed",
			    "column 5 (speed) is not a whole number, which Nix before 2.20 wants");
	}
}

int
nix_machine_parse(char *text, struct nix_machine *m)
{
	char	*word, *words[NIX_MACHINE_FIELDS], remark[sizeof(m->remark)];
	int	 i;

	memset(m, 0, sizeof(*m));
	for (i = 0; i < NIX_MACHINE_FIELDS; i++)
		words[i] = (char *)(uintptr_t)"-";
	while ((word = strsep(&text, BLANKS)) != NULL)
		if (word[0] != '\0' && m->fields++ < NIX_MACHINE_FIELDS)
			words[m->fields - 1] = word;
	if (m->fields == 0)
		return (0);
	strlcpy(m->uri, words[0], sizeof(m->uri));
	machine_uri(m, words[0]);
	if (strcmp(words[2], "-") != 0)
		strlcpy(m->key, words[2], sizeof(m->key));
	if (strcmp(words[7], "-") != 0)
		machine_host_key(m, words[7]);
	if (m->error[0] == '\0')
		machine_numbers(m, words[3], words[4]);
	if (m->error[0] == '\0' && m->remark[0] == '\0' && m->fields > NIX_MACHINE_FIELDS) {
		snprintf(remark, sizeof(remark),
		    "%d columns where 8 count: is there a blank in one?", m->fields);
		machine_remark(m, "columns", remark);
	}
	return (1);
}

/* The text of a file of a few KB, which the caller frees; NULL if it is not to be had. */
static char *
machines_slurp(struct machines *ms, const char *file)
{
	char	path[PATH_MAX], *buf;
	ssize_t	len;

	if (ms->files++ >= FILES_MAX || snprintf(path, sizeof(path), "%s%s", ms->root,
	    file) >= (int)sizeof(path))
		return (NULL);
	buf = xmalloc(CONF_BYTES);
	if ((len = file_read(path, buf, CONF_BYTES)) == -1) {
		free(buf);
		return (NULL);
	}
	buf[len] = '\0';
	return (buf);
}

/*
 * The value of builders: machines with ";" or line ends between them, or files of such; "odd" is
 * what is to be remarked of each, or "".
 */
static void
machines_entries(struct machines *ms, const char *file, char *text, int first_line, int depth,
    const char *odd)
{
	struct nix_machine	m;
	char			*line, *entry, *included;
	int			 number = first_line, blanks;

	for (; (line = strsep(&text, "\n")) != NULL; number++) {
		line[strcspn(line, "#")] = '\0';
		while ((entry = strsep(&line, ";")) != NULL) {
			blanks = (int)strspn(entry, BLANKS);
			entry += blanks;
			if (entry[0] == '@') {
				entry[strcspn(entry, BLANKS)] = '\0';
				if (depth < MACHINES_DEPTH &&
				    (included = machines_slurp(ms, entry + 1)) != NULL) {
					machines_entries(ms, entry + 1, included, 1, depth + 1,
					    blanks > 0 ? BLANK_REMARK : odd);
					free(included);
				}
			} else if (ms->count < NIX_MACHINES_MAX && nix_machine_parse(entry, &m)) {
				ms->count++;
				strlcpy(m.file, file, sizeof(m.file));
				m.line = number;
				if (m.remark[0] == '\0' && odd[0] != '\0')
					machine_remark(&m, "blank", odd);
				ms->cb(ms->arg, &m);
			}
		}
	}
}

/* The last value of builders in a nix.conf and what it includes, and where that stands. */
static void
conf_builders(struct machines *ms, const char *file, char value[NIX_BUILDERS_MAX], char where[256],
    int *number, int depth)
{
	char	*buf = machines_slurp(ms, file), *text = buf, *line, *word, other[256];
	int	 at = 1;

	for (; text != NULL && (line = strsep(&text, "\n")) != NULL; at++) {
		line[strcspn(line, "#")] = '\0';
		line += strspn(line, BLANKS);
		if ((word = strsep(&line, BLANKS)) == NULL || line == NULL)
			continue;
		line += strspn(line, BLANKS);
		if ((strcmp(word, "include") == 0 || strcmp(word, "!include") == 0) &&
		    depth < CONF_DEPTH) {
			line[strcspn(line, BLANKS)] = '\0';
			snprintf(other, sizeof(other), "%.*s%.200s", line[0] == '/' ? 0 :
			    (int)(strrchr(file, '/') + 1 - file), file, line);
			conf_builders(ms, other, value, where, number, depth + 1);
		} else if (strcmp(word, "builders") == 0 && line[0] == '=') {
			strlcpy(value, line + 1, NIX_BUILDERS_MAX);
			strlcpy(where, file, 256);
			*number = at;
		}
	}
	free(buf);
	/* As if one more line stood at its end. */
	if (ms->end_of != NULL && strcmp(file, ms->end_of) == 0) {
		strlcpy(where, file, 256);
		*number = 0;
		ms->end_read = 1;
	}
}

/*
 * The same of all files that nix-daemon reads, as root: behind the system's own those of users,
 * that of root's home last, and the last line wins.
 */
static void
conf_all(struct machines *ms, char value[NIX_BUILDERS_MAX], char where[256], int *number)
{
	const struct passwd	*pw = getpwuid(0);
	char			 own[256];

	conf_builders(ms, CONF_FILE, value, where, number, 0);
	conf_builders(ms, "/etc/xdg/nix/nix.conf", value, where, number, 0);
	if (pw != NULL && snprintf(own, sizeof(own), "%s/.config/nix/nix.conf",
	    pw->pw_dir) < (int)sizeof(own))
		conf_builders(ms, own, value, where, number, 0);
}

void
nix_machines_read(const char *root, void (*cb)(void *, const struct nix_machine *), void *arg)
{
	struct machines	ms = { .root = root, .cb = cb, .arg = arg };
	char		value[NIX_BUILDERS_MAX] = BUILDERS, where[256] = CONF_FILE;
	int		number = 1;

	conf_all(&ms, value, where, &number);
	/* The blanks behind "=" are not part of the value. */
	machines_entries(&ms, where, value + strspn(value, BLANKS), number, 0, "");
}

void
nix_builders(const char *root, char builders[NIX_BUILDERS_MAX])
{
	struct machines	ms = { .root = root };
	char		value[NIX_BUILDERS_MAX] = BUILDERS, where[256], *start, *end;
	int		number;

	conf_all(&ms, value, where, &number);
	start = value + strspn(value, BLANKS);
	for (end = start + strlen(start); end > start && strchr(BLANKS, end[-1]) != NULL; end--)
		end[-1] = '\0';
	strlcpy(builders, start, NIX_BUILDERS_MAX);
}

int
nix_builders_win(const char *root, const char *path, char where[256], int *line)
{
	struct machines	ms = { .root = root, .end_of = path };
	char		value[NIX_BUILDERS_MAX];

	where[0] = '\0';
	*line = 0;
	conf_all(&ms, value, where, line);
	if (!ms.end_read)
		where[0] = '\0';
	return (ms.end_read && *line == 0);
}

int
nix_builders_where(const char *root, char where[256])
{
	struct machines	ms = { .root = root };
	char		value[NIX_BUILDERS_MAX];
	int		line = 0;

	where[0] = '\0';
	conf_all(&ms, value, where, &line);
	return (line);
}
