#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "facts/env-ssh.h"
#include "facts/run.h"
#include "facts/ssh-ask.h"

#define TOLD_MAX	512

void
ssh_ask(const char *const argv[], int ms, struct ssh_ask *ask)
{
	struct run_text	out = { .buf = ask->out, .size = sizeof(ask->out) };
	struct run_text	err = { .buf = ask->err, .size = sizeof(ask->err) };

	/* A script called ssh may lead back to this program. */
	ask->status = run(argv, ms, &out, &err, env_ssh_mark);
}

/* 1 if the word is an option or a variable whose value, which follows, is nobody's business. */
static int
word_secret(const char *word, size_t len)
{
	static const char	names[][12] = { "auth", "pass", "token", "secret" };
	char			copy[64];
	size_t			i;

	if (len == 0 || len >= sizeof(copy))
		return (0);
	memcpy(copy, word, len);
	copy[len] = '\0';
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasestr(copy, names[i]) != NULL && (copy[0] == '-' || strchr(copy, '=') != NULL))
			return (1);
	return (0);
}

/* One word without what stands before "@"; at most so many bytes are written. */
static size_t
word_told(char *to, size_t size, const char *word, size_t len, int full)
{
	size_t	from, i, at = 0, n = 0;

	for (i = 0; i < len; i++)
		if (word[i] == '@')
			at = i;
	for (from = at; from > 0 && strchr("/='\"", word[from - 1]) == NULL; )
		from--;
	/* A user name may be told where everything may, a password with it never. */
	if (full && memchr(word + from, ':', at - from) == NULL)
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

/* The text with "~" for the home, wherever that stands as a whole path or the beginning of one. */
static void
home_told(char *to, size_t size, const char *text, const char *home)
{
	size_t	len = home != NULL ? strlen(home) : 0, n = 0;
	char	last = '\0';

	while (*text != '\0' && n + 1 < size) {
		if (len > 1 && strncmp(text, home, len) == 0 && !path_byte(last) &&
		    (text[len] == '/' || !path_byte(text[len]))) {
			last = to[n++] = '~';
			text += len;
		} else
			last = to[n++] = *text++;
	}
	to[n] = '\0';
}

json_t *
ssh_told(const char *text, const char *home, int full)
{
	char	raw[TOLD_MAX], told[TOLD_MAX], *word = raw;
	size_t	n = 0, len;
	int	secret = 0;

	home_told(raw, sizeof(raw), text, full ? NULL : home);
	for (; *word != '\0' && n + 8 < sizeof(told); word += len) {
		if (isspace((unsigned char)*word)) {
			told[n++] = ' ';
			len = 1;
			continue;
		}
		len = strcspn(word, " \t\r\n\f\v");
		if (secret || (word_secret(word, len) && memchr(word, '=', len) != NULL)) {
			memcpy(told + n, "...", 3);
			n += 3;
			secret = 0;
			continue;
		}
		secret = word_secret(word, len);
		n += word_told(told + n, sizeof(told) - n, word, len, full);
	}
	told[n] = '\0';
	error_vis(raw, sizeof(raw), told);
	return (json_string(raw));
}
