/* SPDX-License-Identifier: ISC */
/* What a report may tell of texts that others wrote. */

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "sshconf/redact.h"

#define BLANKS	" \t\r\n\f\v"
#define MARKS	".,:;!?'\"()"	/* around words of sentences */

/* "1.66.1" */
static int
is_version(const char *word)
{
	size_t	len = strlen(word);

	return (strchr(word, '.') != NULL && len <= 10 && strspn(word, "0123456789.") == len);
}

/* A word of a sentence, without the marks around it. */
static int
sentence_word(const struct redactor *t, enum redact kind, const char *word,
    char told[REDACT_WORD_MAX])
{
	char	 lower[REDACT_WORD_MAX];
	size_t	 i;

	for (i = 0; word[i] != '\0'; i++)
		lower[i] = (char)tolower((unsigned char)word[i]);
	lower[i] = '\0';
	if (redact_is_word(word) || redact_keyword(lower) != -1 || is_version(word))
		return (strlcpy(told, word, REDACT_WORD_MAX) < REDACT_WORD_MAX);
	return (redact_value(word, told) || redact_site(word, told) || redact_url(word, told) ||
	    (kind == REDACT_ERROR && redact_path_word(word, t->home, told)));
}

static int
sentence_piece(const struct redactor *t, enum redact kind, const char *word,
    char told[REDACT_WORD_MAX])
{
	char	core[REDACT_WORD_MAX], shown[REDACT_WORD_MAX];
	size_t	before = strspn(word, MARKS), end = strlen(word);

	if (before == end)
		return (strlcpy(told, word, REDACT_WORD_MAX) < REDACT_WORD_MAX);
	while (strchr(MARKS, word[end - 1]) != NULL)
		end--;
	snprintf(core, sizeof(core), "%.*s", (int)(end - before), word + before);
	return (sentence_word(t, kind, core, shown) && snprintf(told, REDACT_WORD_MAX, "%.*s%s%s",
	    (int)before, word, shown, word + end) < REDACT_WORD_MAX);
}

/* A word of a value. */
static int
value_word(const struct redactor *t, enum redact kind, const char *word, char told[REDACT_WORD_MAX])
{
	switch (kind) {
	case REDACT_VALUES:
		return (redact_value(word, told));
	case REDACT_NAMES:
		return (redact_names(word, told));
	case REDACT_HOSTS:
		return (redact_hosts(word, told));
	case REDACT_URI:
		return (redact_host(word, told) || redact_url(word, told));
	case REDACT_PATHS:
		return (redact_path_word(word, t->home, told) || redact_value(word, told));
	case REDACT_SENTENCE:
	case REDACT_ERROR:
		return (sentence_piece(t, kind, word, told));
	case REDACT_NOTHING:
	case REDACT_PATH:
	case REDACT_COMMAND:
	case REDACT_SSH_ARGS:
		break;
	}
	return (0);
}

/* The words of a text, one by one. */
static void
redact_words(struct redactor *t, enum redact kind, const char *text)
{
	char	word[REDACT_WORD_MAX], told[REDACT_WORD_MAX];
	size_t	len;

	for (text += strspn(text, BLANKS); *text != '\0'; text += strspn(text, BLANKS)) {
		len = strcspn(text, BLANKS);
		snprintf(word, sizeof(word), "%.*s", (int)len, text);
		if (len < sizeof(word) && value_word(t, kind, word, told))
			redactor_word(t, told);
		else
			redactor_hide(t);
		text += len;
	}
}

json_t *
redact(enum redact kind, const char *text, const char *home, int full)
{
	char		told[REDACT_MAX] = "", word[REDACT_WORD_MAX], shown[REDACT_MAX];
	struct redactor	t = { .home = home, .to = told, .size = sizeof(told) };

	if (full)
		strlcpy(told, text, sizeof(told));
	else if (kind == REDACT_PATH && redact_path(text, home, word))
		redactor_word(&t, word);
	else if (kind == REDACT_COMMAND || kind == REDACT_SSH_ARGS)
		redact_command(&t, text, kind == REDACT_SSH_ARGS);
	else
		redact_words(&t, kind, text);
	return (json_string(error_vis(shown, sizeof(shown), told)));
}

json_t *
redact_error(const struct error *err)
{
	json_t	*said, *text;

	if (err->own == 0)
		return (json_string(err->text));
	said = redact(REDACT_SENTENCE, err->text + err->own, NULL, 0);
	text = json_sprintf("%.*s%s", (int)err->own, err->text, json_string_value(said));
	json_decref(said);
	return (text);
}
