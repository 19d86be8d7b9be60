#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "facts/env-ssh.h"
#include "facts/run.h"
#include "facts/ssh-ask.h"

#define TOLD_MAX	512

/* Words of a command whose value, behind "=" or in the next word, is nobody's business. */
static const struct hidden {
	char	text[14];
	int	whole;		/* the word is this, not an option or a variable that has it in its name */
	int	person;		/* the value is a user, who may be told where everything may */
} hidden[] = {
	{ "pass",		0, 0 },
	{ "auth",		0, 0 },
	{ "token",		0, 0 },
	{ "secret",		0, 0 },
	{ "Basic",		1, 0 },		/* a header of HTTP's, "Proxy-Authorization: Basic ..." */
	{ "Bearer",		1, 0 },
	{ "user=",		0, 1 },
	{ "-l",			1, 1 },
	{ "-u",			1, 1 },
	{ "-U",			1, 1 },
	{ "--user",		1, 1 },
	{ "--proxy-user",	1, 1 }
};

/* How far a command is told. */
struct teller {
	const struct hidden	*hides;		/* what the last word says of the next, or NULL */
	int			 sshpass;	/* the program is this: -p is a password */
	int			 full;
};

void
ssh_ask(const char *const argv[], int ms, struct ssh_ask *ask)
{
	struct run_text	out = { .buf = ask->out, .size = sizeof(ask->out) };
	struct run_text	err = { .buf = ask->err, .size = sizeof(ask->err) };

	/* A script called ssh may lead back to this program. */
	ask->status = run(argv, ms, &out, &err, env_ssh_mark);
}

const char *
ssh_answer(const char *answer, const char *keyword, int nth, size_t *len)
{
	size_t	n = strlen(keyword), end;

	for (; *answer != '\0'; answer += end + (answer[end] == '\n')) {
		end = strcspn(answer, "\n");
		if (end > n && strncmp(answer, keyword, n) == 0 && answer[n] == ' ' && nth-- == 0) {
			*len = end - n - 1;
			return (answer + n + 1);
		}
	}
	return (NULL);
}

/* 1 if these bytes are in the word, in either case. */
static int
word_has(const char *word, size_t len, const char *what)
{
	size_t	n = strlen(what);

	for (; len >= n; word++, len--)
		if (strncasecmp(word, what, n) == 0)
			return (1);
	return (0);
}

/* The row of the words whose value is hidden that this one is; NULL if it is none. */
static const struct hidden *
word_hides(const struct teller *t, const char *word, size_t len)
{
	size_t	i;

	/* Of our own, and of ssh's: no password. */
	if (word_has(word, len, "fdpass"))
		return (NULL);
	for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (hidden[i].whole ? len == strlen(hidden[i].text) && strncmp(word, hidden[i].text, len) == 0 :
		    word_has(word, len, hidden[i].text) && (word[0] == '-' || memchr(word, '=', len) != NULL))
			return (&hidden[i]);
	return (t->sshpass && len == 2 && strncmp(word, "-p", 2) == 0 ? &hidden[0] : NULL);
}

/* 1 if what stands before this "@" is no name of a user: a token of ssh's, or an algorithm's. */
static int
word_nobody(const char *name, size_t len, const char *at, size_t rest)
{
	return ((len == 2 && name[0] == '%') || (rest >= 12 && strncmp(at, "@openssh.com", 12) == 0) ||
	    (rest >= 11 && strncmp(at, "@libssh.org", 11) == 0));
}

/* One word without what stands before "@"; at most so many bytes are written. */
static size_t
word_told(char *to, size_t size, const char *word, size_t len, int full)
{
	const char	*scheme = memmem(word, len, "://", 3);
	size_t		 from, i, at = 0, n = 0;

	for (i = 0; i < len; i++)
		if (word[i] == '@')
			at = i;
	for (from = at; from > 0 && strchr("/='\"", word[from - 1]) == NULL; )
		from--;
	/* A password may have such bytes itself. */
	if (scheme != NULL && scheme + 3 < word + from)
		from = (size_t)(scheme + 3 - word);
	/* A user name may be told where everything may, a password with it never. */
	if ((full && memchr(word + from, ':', at - from) == NULL) ||
	    word_nobody(word + from, at - from, word + at, len - at))
		at = from;
	for (i = 0; i < len && n + 4 < size; i++) {
		if (at > from && i == from) {
			memcpy(to + n, "...", 3);
			n += 3;
			i = at;
		}
		to[n++] = word[i];
	}
	return (n);
}

static int
path_byte(char c)
{
	return (isalnum((unsigned char)c) || (c != '\0' && strchr("/._-~", c) != NULL));
}

/* How long the part of a path is that says whose home comes next; 0 if there is none here. */
static size_t
home_of_others(const char *text, char last)
{
	if (strncmp(text, "/home/", 6) == 0)
		return (6);
	if (strncmp(text, "/Users/", 7) == 0)
		return (7);
	return (text[0] == '~' && !path_byte(last) && isalnum((unsigned char)text[1]));
}

/* The text with "~" for the home, wherever that stands as a whole path or the beginning of one, and no names of others'. */
static void
home_told(char *to, size_t size, const char *text, const char *home)
{
	size_t	len = home != NULL ? strlen(home) : 0, n = 0, part;
	char	last = '\0';

	while (*text != '\0' && n + 12 < size) {
		if (len > 1 && strncmp(text, home, len) == 0 && !path_byte(last) &&
		    (text[len] == '/' || !path_byte(text[len]))) {
			last = to[n++] = '~';
			text += len;
		} else if ((part = home_of_others(text, last)) != 0) {
			memcpy(to + n, text, part);
			memcpy(to + n + part, "...", 3);
			n += part + 3;
			for (text += part; *text != '/' && path_byte(*text); text++)
				continue;
			last = '.';
		} else
			last = to[n++] = *text++;
	}
	to[n] = '\0';
}

/* A word, or what stands for it where the last one, or itself, hides it: its length. */
static size_t
teller_word(struct teller *t, char *to, size_t size, const char *word, size_t len)
{
	const struct hidden	*row = word_hides(t, word, len), *by = t->hides;

	t->hides = NULL;
	if (by == NULL && row != NULL && !row->whole && memchr(word, '=', len) != NULL)
		by = row;
	else if (by == NULL)
		t->hides = row;
	/* A user's name may be told where everything may, unless a password is with it. */
	if ((by == NULL || (by->person && t->full && memchr(word, ':', len) == NULL)) &&
	    !(t->sshpass && len > 2 && strncmp(word, "-p", 2) == 0)) {
		t->sshpass |= word_has(word, len, "sshpass");
		return (word_told(to, size, word, len, t->full));
	}
	memcpy(to, "...", 3);
	return (3);
}

json_t *
ssh_told(const char *text, const char *home, int full)
{
	struct teller	t = { .full = full };
	char		raw[TOLD_MAX], told[TOLD_MAX], *word = raw;
	size_t		n = 0, len;

	if (full)
		strlcpy(raw, text, sizeof(raw));
	else
		home_told(raw, sizeof(raw), text, home);
	for (; *word != '\0' && n + 8 < sizeof(told); word += len) {
		if (isspace((unsigned char)*word)) {
			told[n++] = ' ';
			len = 1;
			continue;
		}
		len = strcspn(word, " \t\r\n\f\v");
		n += teller_word(&t, told + n, sizeof(told) - n, word, len);
	}
	told[n] = '\0';
	error_vis(raw, sizeof(raw), told);
	return (json_string(raw));
}
