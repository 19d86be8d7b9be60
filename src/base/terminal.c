/* SPDX-License-Identifier: ISC */
/* Progress on a terminal. */

#include <sys/ioctl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/terminal.h"

#define COLUMNS	80	/* where the terminal does not say */

int
terminal_can(int fd)
{
	const char	*term = getenv("TERM");

	return (isatty(fd) && term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0);
}

void
terminal_progress(const char *text)
{
	struct winsize	size;
	int		columns = COLUMNS;

	if (!terminal_can(STDERR_FILENO))
		return;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		columns = size.ws_col;
	/* In the last column some terminals wrap already. */
	fprintf(stderr, "\r\033[K%.*s", columns - 1, text);
	fflush(stderr);
}

void
terminal_doing(const char *host, const char *doing)
{
	char	line[ADDR_HOST_MAX + 64];

	snprintf(line, sizeof(line), "%s%s%s", host, host[0] != '\0' ? ": " : "", doing);
	terminal_progress(line);
}
