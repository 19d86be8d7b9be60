/* SPDX-License-Identifier: ISC */
/* Which keys known_hosts files have for a host. */

#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/xalloc.h"
#include "facts/detect.h"
#include "facts/ssh-known.h"
#include "sshconf/ssh-ask.h"
#include "sshconf/ssh-program.h"
#include "wire/sshkey.h"

#define KNOWN_FILES	8192	/* bytes of their names */
#define BARRED_BYTES	65536
#define KNOWN_KEY	4096	/* RSA of 16384 bits, the most that ssh takes, has 2740 digits */

/* One question. */
struct question {
	const struct ssh_known	*known;
	const char		*keygen, *name;
	void			(*cb)(void *, const struct ssh_known_line *);
	void			*arg;
};

/* What is revoked is no longer a key. */
static void
known_found_cb(void *arg, const struct ssh_known_line *line)
{
	int	*found = arg;

	*found |= line->mark != SSH_KNOWN_REVOKED;
}

/* What ssh-keygen prints: "# Host NAME found: line N", and the line. */
static void
known_read(const struct question *q, const char *file, char *text)
{
	struct ssh_known_line	 l = { .file = file };
	char			*line, *word, *type, key[KNOWN_KEY];
	const char		*number;

	while ((line = strsep(&text, "\n")) != NULL) {
		if (line[0] == '#') {
			number = strstr(line, " found: line ");
			l.line = number != NULL ? atoi(number + 13) : 0;
			continue;
		}
		l.mark = SSH_KNOWN_KEY;
		/* ssh-keygen shows the line as it is, and ssh takes it with blanks in front. */
		line += strspn(line, " \t");
		if (line[0] == '@') {
			word = strsep(&line, " \t");
			if (line != NULL)
				line += strspn(line, " \t");
			l.mark = strcmp(word, "@cert-authority") == 0 ?
			    SSH_KNOWN_AUTHORITY : SSH_KNOWN_REVOKED;
		}
		/* The names, and what there may be between the words. */
		for (strsep(&line, " \t"); (type = strsep(&line, " \t")) != NULL && *type == '\0'; )
			continue;
		for (word = NULL; line != NULL && (word = strsep(&line, " \t\r")) != NULL &&
		    *word == '\0'; )
			continue;
		if (word == NULL || snprintf(key, sizeof(key), "%s %s", type,
		    word) >= (int)sizeof(key) || sshkey_text(key) == 0)
			continue;
		l.key = key;
		q->cb(q->arg, &l);
	}
}

/* Where the file is: 0, or -1 if its name has what only ssh can resolve. */
static int
known_path(const struct ssh_known *known, const char *file, char path[PATH_MAX])
{
	int	home = file[0] == '~';

	if (strpbrk(file, "%$\"\\") != NULL || (home && (file[1] != '/' || known->home == NULL)) ||
	    (!home && file[0] != '/') || snprintf(path, PATH_MAX, "%s%s%s", known->in->root,
	    home ? known->home : "", file + home) >= PATH_MAX)
		return (-1);
	return (0);
}

/* One file: 0 or -1. */
static int
known_file(const struct question *q, const char *file, struct ssh_ask *ask)
{
	char		path[PATH_MAX];
	const char	*argv[] = { q->keygen, "-F", q->name, "-f", path, NULL };

	if (strcmp(file, "none") == 0)
		return (0);
	if (known_path(q->known, file, path) == -1)
		return (-1);
	if (access(path, R_OK) == -1)
		return (errno == ENOENT || errno == ENOTDIR ? 0 : -1);
	ssh_ask(argv, detect_left_ms(q->known->in), ask);
	/* 1 is that it has none; what broke off may have begun to tell. */
	if (ask->status == -1 || ask->status > 1)
		return (-1);
	known_read(q, file, ask->out);
	return (0);
}

/*
 * The next file of the list. A blank may be in its name: then the longest name counts that there is
 * a file of, or, if there is none, all up to what could be another path.
 */
static char *
known_next(const struct ssh_known *known, char **at)
{
	char	*file = *at + strspn(*at, " "), *end = file + strlen(file),
		    *word = file + strcspn(file, " ");
	char	 path[PATH_MAX], cut, *first = word;

	if (file == end)
		return (NULL);
	while (*first == ' ' && first[1] != '/' && first[1] != '~' &&
	    strcmp(first + 1, "none") != 0)
		first += 1 + strcspn(first + 1, " ");
	for (; end >= word; end--) {
		if (*end != ' ' && *end != '\0')
			continue;
		cut = *end;
		*end = '\0';
		if (known_path(known, file, path) == 0 && access(path, F_OK) == 0) {
			*at = end + (cut != '\0');
			return (file);
		}
		*end = cut;
	}
	*at = first + (*first != '\0');
	*first = '\0';
	return (file);
}

/* The ssh-keygen that belongs to ssh: 0, or -1 if there is none. */
static int
known_keygen(char path[PATH_MAX])
{
	if (ssh_program_find(NULL, path) == -1 ||
	    strlcat(path, "-keygen", PATH_MAX) >= PATH_MAX || access(path, X_OK) == -1)
		strlcpy(path, "/usr/bin/ssh-keygen", PATH_MAX);
	return (access(path, X_OK));
}

int
ssh_known_lines(const struct ssh_known *known, const char *name,
    void (*cb)(void *, const struct ssh_known_line *), void *arg)
{
	struct ssh_ask	*ask = xmalloc(sizeof(*ask));
	char		 keygen[PATH_MAX], files[KNOWN_FILES], *at = files, *file;
	struct question	 q = { .known = known, .keygen = keygen, .name = name, .cb = cb,
			    .arg = arg };
	int		 result = -1;

	if (known_keygen(keygen) == 0 &&
	    strlcpy(files, known->files, sizeof(files)) < sizeof(files))
		for (result = 0; (file = known_next(known, &at)) != NULL; )
			result |= known_file(&q, file, ask);
	free(ask);
	return (result);
}

int
ssh_known_barred(const struct ssh_known *known, const char *file,
    void (*cb)(void *, const struct ssh_known_line *), void *arg)
{
	struct ssh_known_line	 l = { .file = file, .mark = SSH_KNOWN_REVOKED };
	char			 path[PATH_MAX], key[KNOWN_KEY], *text, *at, *line;
	ssize_t			 len;
	int			 result = -1, n;

	if (known_path(known, file, path) == -1)
		return (-1);
	at = text = xmalloc(BARRED_BYTES);
	if ((len = file_read(path, text, BARRED_BYTES)) != -1) {
		text[len] = '\0';
		/* A KRL has such bytes. */
		result = strlen(text) == (size_t)len ? 0 : -1;
	}
	while (result == 0 && (line = strsep(&at, "\n")) != NULL) {
		l.line++;
		line += strspn(line, " \t");
		if (line[0] == '\0' || line[0] == '#')
			continue;
		n = sshkey_text(line);
		if (n == 0 || n >= (int)sizeof(key)) {
			/* ssh may be able to read it. */
			result = -1;
			continue;
		}
		snprintf(key, sizeof(key), "%.*s", n, line);
		l.key = key;
		cb(arg, &l);
	}
	free(text);
	return (result);
}

int
ssh_known(const struct ssh_known *known, const char *name)
{
	int	found = 0, result;

	result = ssh_known_lines(known, name, known_found_cb, &found);
	return (found ? 1 : result);
}

int
ssh_known_tail(const char *key, char tail[SSHKEX_KEY_TEXT])
{
	size_t	type = strcspn(key, " "), len = strlen(key);

	if (type > SSHKEX_NAME_MAX || len < type + 1 + SSHKEX_KEY_TAIL)
		return (-1);
	snprintf(tail, SSHKEX_KEY_TEXT, "%.*s %s", (int)type, key, key + len - SSHKEX_KEY_TAIL);
	return (0);
}

int
ssh_known_fingerprint(const struct detect_input *in, const char *file,
    char fingerprint[SSH_KNOWN_FINGERPRINT])
{
	struct ssh_ask	*ask = xmalloc(sizeof(*ask));
	char		 keygen[PATH_MAX];
	const char	*argv[] = { keygen, "-l", "-E", "sha256", "-f", file, NULL }, *word;
	int		 result = -1;

	if (known_keygen(keygen) == 0) {
		ssh_ask(argv, detect_left_ms(in), ask);
		/* "256 SHA256:... NAME (ED25519)" */
		if (ask->status == 0 && (word = strchr(ask->out, ' ')) != NULL &&
		    strncmp(word + 1, "SHA256:", 7) == 0) {
			snprintf(fingerprint, SSH_KNOWN_FINGERPRINT, "%.*s",
			    (int)strcspn(word + 1, " \n"), word + 1);
			result = 0;
		}
	}
	free(ask);
	return (result);
}
