#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "facts/tell.h"

#define BLANKS	" \t\r\n\f\v"
#define MARKS	".,:;!?'\"()"	/* around words of sentences */

void
teller_word(struct teller *t, const char *word)
{
	size_t	len = strlen(word);

	if (t->len + len + 2 > t->size)
		return;
	if (t->len > 0)
		t->to[t->len++] = ' ';
	memcpy(t->to + t->len, word, len + 1);
	t->len += len;
	t->hidden = 0;
}

void
teller_hide(struct teller *t)
{
	if (!t->hidden)
		teller_word(t, "...");
	t->hidden = 1;
}

/* "1.66.1" */
static int
is_version(const char *word)
{
	size_t	len = strlen(word);

	return (strchr(word, '.') != NULL && len <= 10 && strspn(word, "0123456789.") == len);
}

/* A word of a sentence, without the marks around it. */
static int
sentence_word(const struct teller *t, enum tell kind, const char *word, char told[TELL_WORD_MAX])
{
	char	 lower[TELL_WORD_MAX];
	size_t	 i;

	for (i = 0; word[i] != '\0'; i++)
		lower[i] = (char)tolower((unsigned char)word[i]);
	lower[i] = '\0';
	if (tell_is_word(word) || tell_keyword(lower) != -1 || is_version(word))
		return (strlcpy(told, word, TELL_WORD_MAX) < TELL_WORD_MAX);
	return (tell_value(word, told) || tell_site(word, told) || tell_url(word, told) ||
	    (kind == TELL_ERROR && tell_path_word(word, t->home, told)));
}

static int
sentence_piece(const struct teller *t, enum tell kind, const char *word, char told[TELL_WORD_MAX])
{
	char	core[TELL_WORD_MAX], shown[TELL_WORD_MAX];
	size_t	before = strspn(word, MARKS), end = strlen(word);

	if (before == end)
		return (strlcpy(told, word, TELL_WORD_MAX) < TELL_WORD_MAX);
	while (strchr(MARKS, word[end - 1]) != NULL)
		end--;
	snprintf(core, sizeof(core), "%.*s", (int)(end - before), word + before);
	return (sentence_word(t, kind, core, shown) &&
	    snprintf(told, TELL_WORD_MAX, "%.*s%s%s", (int)before, word, shown, word + end) < TELL_WORD_MAX);
}

/* A word of a value. */
static int
value_word(const struct teller *t, enum tell kind, const char *word, char told[TELL_WORD_MAX])
{
	switch (kind) {
	case TELL_VALUES:
		return (tell_value(word, told));
	case TELL_NAMES:
		return (tell_names(word, told));
	case TELL_HOSTS:
		return (tell_hosts(word, told));
	case TELL_URI:
		return (tell_host(word, told) || tell_url(word, told));
	case TELL_PATHS:
		return (tell_path_word(word, t->home, told) || tell_value(word, told));
	case TELL_SENTENCE:
	case TELL_ERROR:
		return (sentence_piece(t, kind, word, told));
	case TELL_NOTHING:
	case TELL_PATH:
	case TELL_COMMAND:
	case TELL_SSH_ARGS:
		break;
	}
	return (0);
}

/* The words of a text, one by one. */
static void
tell_words(struct teller *t, enum tell kind, const char *text)
{
	char	word[TELL_WORD_MAX], told[TELL_WORD_MAX];
	size_t	len;

	for (text += strspn(text, BLANKS); *text != '\0'; text += strspn(text, BLANKS)) {
		len = strcspn(text, BLANKS);
		snprintf(word, sizeof(word), "%.*s", (int)len, text);
		if (len < sizeof(word) && value_word(t, kind, word, told))
			teller_word(t, told);
		else
			teller_hide(t);
		text += len;
	}
}

json_t *
tell(enum tell kind, const char *text, const char *home, int full)
{
	char		told[TELL_MAX] = "", word[TELL_WORD_MAX], shown[TELL_MAX];
	struct teller	t = { .home = home, .to = told, .size = sizeof(told) };

	if (full)
		strlcpy(told, text, sizeof(told));
	else if (kind == TELL_PATH && tell_path(text, home, word))
		teller_word(&t, word);
	else if (kind == TELL_COMMAND || kind == TELL_SSH_ARGS)
		tell_command(&t, text, kind == TELL_SSH_ARGS);
	else
		tell_words(&t, kind, text);
	return (json_string(error_vis(shown, sizeof(shown), told)));
}

json_t *
tell_error(const struct error *err)
{
	json_t	*said, *text;

	if (err->own == 0)
		return (json_string(err->text));
	said = tell(TELL_SENTENCE, err->text + err->own, NULL, 0);
	text = json_sprintf("%.*s%s", (int)err->own, err->text, said != NULL ? json_string_value(said) : "");
	json_decref(said);
	return (text);
}
