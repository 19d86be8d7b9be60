/* SPDX-License-Identifier: ISC */
/* Words that a shell takes as they are. */

#include <sys/types.h>

#include <string.h>

#include "base/shell.h"

#define PLAIN	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._+:@%,-"

int
shell_word(const char *option, const char *path, char *out, size_t size)
{
	const char	*quote = strchr(path, ' ') != NULL ? "\"" : "";
	size_t		 len;

	strlcpy(out, quote, size);
	if (strlcat(out, option, size) >= size)
		return (-1);
	for (len = strlen(out); *path != '\0' && len + 3 < size; path++) {
		if ((unsigned char)*path < ' ' || strchr("\"'\\$`!*?[]{}();<>|&#~^\x7f",
		    *path) != NULL)
			return (-1);
		out[len++] = *path;
		if (*path == '%')
			out[len++] = '%';
	}
	out[len] = '\0';
	return (*path != '\0' || strlcat(out, quote, size) >= size ? -1 : 0);
}

int
shell_deaf(const char *path)
{
	static const char *const	deaf[] = { "nologin", "false", "git-shell" };
	const char			*name;
	size_t				 i;

	if (path == NULL)
		return (0);
	name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
	for (i = 0; i < sizeof(deaf) / sizeof(deaf[0]); i++)
		if (strcmp(name, deaf[i]) == 0)
			return (1);
	return (0);
}

const char *
shell_quote(const char *word, char out[SHELL_QUOTE_MAX])
{
	const int	 home = strncmp(word, "~/", 2) == 0;
	const char	*p = word + (home ? 2 : 0);
	size_t		 len;

	strlcpy(out, home ? "~/" : word[0] == '-' ? "./" : "", SHELL_QUOTE_MAX);
	if (*p != '\0' && p[strspn(p, PLAIN)] == '\0') {
		if (strlcat(out, p, SHELL_QUOTE_MAX) < SHELL_QUOTE_MAX)
			return (out);
		return (strcpy(out, "..."));
	}
	len = strlcat(out, "'", SHELL_QUOTE_MAX);
	/* Room for the longest of them, the last quote and the NUL. */
	for (; *p != '\0' && len + 6 < SHELL_QUOTE_MAX; p++)
		len = strlcat(out, *p == '\'' ? "'\\''" : (char[2]){ *p }, SHELL_QUOTE_MAX);
	if (*p != '\0')
		return (strcpy(out, "..."));
	strlcat(out, "'", SHELL_QUOTE_MAX);
	return (out);
}
