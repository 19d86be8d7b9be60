/* SPDX-License-Identifier: ISC */
/* Long options by a table. */

#include <sys/types.h>

#include <string.h>

#include "base/error.h"
#include "base/option.h"

/* The row for a word "--name" or "--name=value"; *value is behind the "=", or NULL. */
static const struct option_row *
option_find(const struct option_row *row, const char *word, const char **value)
{
	size_t	len = strcspn(word + 2, "=");

	*value = word[2 + len] == '=' ? word + 2 + len + 1 : NULL;
	for (; row->name != NULL; row++)
		if (strlen(row->name) == len && strncmp(row->name, word + 2, len) == 0)
			return (row);
	return (NULL);
}

int
option_take(const struct option_row *table, char **words, const struct option_row **row,
    const char **value, struct error *err)
{
	if (strncmp(words[0], "--", 2) != 0 || words[0][2] == '\0')
		return (0);
	if ((*row = option_find(table, words[0], value)) == NULL) {
		error_set(err, CODE_USAGE, "%.60s: unknown option", words[0]);
		return (-1);
	}
	if ((*row)->value == NULL && *value != NULL) {
		error_set(err, CODE_USAGE, "--%s takes no value", (*row)->name);
		return (-1);
	}
	if ((*row)->value == NULL || *value != NULL)
		return (1);
	*value = words[1] != NULL ? words[1] : "";
	return (words[1] != NULL ? 2 : 1);
}

int
option_gather(const struct option_row *table, char **words,
    int (*set_cb)(void *, const struct option_row *, const char *, struct error *), void *arg,
    struct error *err)
{
	const struct option_row	*row;
	const char		*value;
	char			**to = words;
	int			 n;

	while (*words != NULL && strcmp(*words, "--") != 0) {
		if ((n = option_take(table, words, &row, &value, err)) == -1 ||
		    (n > 0 && set_cb(arg, row, value, err) == -1))
			return (-1);
		if (n == 0)
			*to++ = *words++;
		words += n;
	}
	words += *words != NULL;
	while (*words != NULL)
		*to++ = *words++;
	*to = NULL;
	return (0);
}

int
option_bad(const struct option_row *row, const char *value, struct error *err)
{
	/* Who wrote a password into an address shall not find it in a log. */
	error_set(err, CODE_USAGE, "--%s=%s, not \"%.40s\"", row->name, row->value,
	    strchr(value, '@') != NULL ? "...@..." : value);
	return (-1);
}

void
option_usage(FILE *fp, const struct option_row *row)
{
	char		word[80];
	const int	column = 26;

	for (; row->name != NULL; row++) {
		snprintf(word, sizeof(word), "--%s%s%s", row->name, row->value != NULL ? "=" : "",
		    row->value != NULL ? row->value : "");
		if (strlen(word) > (size_t)column)
			fprintf(fp, "  %s\n  %*s %s\n", word, column, "", row->text);
		else
			fprintf(fp, "  %-*s %s\n", column, word, row->text);
	}
}
