/* SPDX-License-Identifier: ISC */
/* Reads the command lines of processes as macOS and OpenBSD tell them. */

#include <string.h>

#include "os/process-args.h"

ssize_t
process_args_counted(const char *from, size_t len, char *to, size_t size)
{
	size_t	at = sizeof(int), n = 0;
	int	count;

	if (len < sizeof(count))
		return (-1);
	memcpy(&count, from, sizeof(count));
	while (at < len && from[at] != '\0')
		at++;
	while (at < len && from[at] == '\0')
		at++;
	for (; at < len && count > 0 && n < size; at++) {
		to[n++] = from[at];
		count -= from[at] == '\0';
	}
	return (n > 0 ? (ssize_t)n : -1);
}

ssize_t
process_args_pointed(const char *from, size_t len, char *to, size_t size)
{
	const char	*argument;
	size_t		 at = 0;

	do {
		if (len - at < sizeof(argument))
			return (-1);
		memcpy(&argument, from + at, sizeof(argument));
		at += sizeof(argument);
	} while (argument != NULL);
	if (size > len - at)
		size = len - at;
	memcpy(to, from + at, size);
	return (size > 0 ? (ssize_t)size : -1);
}
