/* SPDX-License-Identifier: ISC */
/* meshssh --why. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/xalloc.h"
#include "catalogue/catalogue.h"
#include "cmd/cmd.h"
#include "state/held.h"
#include "state/record.h"

/* Words separated by blanks, in lines of at most so many columns. */
static void
why_fold(const char *text, const char *indent, size_t columns)
{
	size_t	len;

	while (*text != '\0') {
		len = strlen(text);
		if (len > columns) {
			for (len = columns; len > 0 && text[len] != ' '; len--)
				continue;
			if (len == 0)
				len = columns;
		}
		printf("%s%.*s\n", indent, (int)len, text);
		text += len;
		text += strspn(text, " ");
	}
}

static void
why_print(const struct record *record)
{
	const struct code_row	*row = code_row(record->err.code);
	const struct attempt		*attempt;
	struct tm			 tm;
	time_t				 when = (time_t)record->when;
	char				 text[64] = "at an unknown time";
	const int			 column = 24;
	int				 i;

	if (localtime_r(&when, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s: %s port %d\n\n  %s\n", text, record->host, record->port, record->err.text);
	if (record->attempts.count > 0)
		printf("\nWhat was tried:\n");
	for (i = 0; i < record->attempts.count; i++) {
		attempt = &record->attempts.list[i];
		printf("  %-*s", column, attempt->to);
		if (strlen(attempt->to) > (size_t)column)
			printf("\n  %*s", column, "");
		printf(" %s after %lld ms\n", attempt->what, (long long)attempt->took_ms);
	}
	printf("\nWhat to do:\n");
	why_fold(row->cure, "  ", 76);
	printf("\nMore: meshssh-messages(7), %s\n", row->name);
}

/* "41 s", "3 min", "24 h" */
static const char *
why_span(int64_t s, char text[32])
{
	if (s >= 2 * 3600)
		snprintf(text, 32, "%lld h", (long long)s / 3600);
	else if (s >= 2 * 60)
		snprintf(text, 32, "%lld min", (long long)s / 60);
	else
		snprintf(text, 32, "%lld s", (long long)s);
	return (text);
}

/* The sessions that are without a connection at the moment. */
static void
why_held(void)
{
	struct held		*list = xcalloc(HELD_MAX, sizeof(*list));
	const int		 count = held_list(list, HELD_MAX);
	const int64_t		 now_ms = clock_boot_ms();
	char			 for_text[32], hold[32];
	int			 i;

	if (count > 0)
		printf("Waiting for the network:\n");
	for (i = 0; i < count; i++)
		printf("  %s port %d: no connection for %s: %s; held for %s\n", list[i].host,
		    list[i].port, why_span((now_ms - list[i].since_ms) / 1000, for_text),
		    list[i].why, why_span(list[i].hold_s, hold));
	if (count > 0)
		printf("\n");
	free(list);
}

int
cmd_why(struct error *err)
{
	struct record	record;
	char		path[PATH_MAX], shown[PATH_MAX], why[XDG_WHY_MAX];

	if (record_path(path) == -1) {
		record_why_not(why);
		error_set(err, CODE_NO_RECORD, "no failure record is kept: %s", why);
		return (-1);
	}
	/* The time zone is in a file, too. */
	tzset();
	why_held();
	switch (record_read(path, 1, &record, err)) {
	case -1:
		return (-1);
	case 0:
		printf("No failure is on record (%s).\n", error_vis(shown, sizeof(shown), path));
		return (0);
	}
	why_print(&record);
	return (0);
}
