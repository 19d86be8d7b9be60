/* SPDX-License-Identifier: ISC */
/* Reads flags of Go programs. */

#include <stddef.h>
#include <string.h>

#include "facts/go-flag.h"

static int
is_whole(const char *word, const char *end)
{
	return (word < end && memchr(word, '\0', (size_t)(end - word)) != NULL);
}

const char *
go_flag_next(const char *word, const char *end)
{
	word += strlen(word) + 1;
	return (is_whole(word, end) ? word : NULL);
}

const char *
go_flag(const char *word, const char *end, const char *name)
{
	size_t	len = strlen(name);

	if (!is_whole(word, end) || word[0] != '-')
		return (NULL);
	word += word[1] == '-' ? 2 : 1;
	if (strncmp(word, name, len) != 0)
		return (NULL);
	return (word[len] == '=' ? word + len + 1 :
	    word[len] == '\0' ? go_flag_next(word, end) : NULL);
}
