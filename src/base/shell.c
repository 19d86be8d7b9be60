/* SPDX-License-Identifier: ISC */
/* Words that a shell takes as they are. */

#include <sys/types.h>

#include <string.h>

#include "base/shell.h"

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
