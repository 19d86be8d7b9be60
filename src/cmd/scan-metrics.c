/* SPDX-License-Identifier: ISC */
/* A scan as metrics. */

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/xalloc.h"
#include "catalogue/catalogue.h"
#include "cmd/scan-metrics.h"
#include "scan/scan.h"

/* Which hosts have a sample. */
enum family_of {
	OF_ALL,
	OF_CHECKED,	/* connected to, or tried to */
	OF_REACHED,
	OF_FAILED
};

/* A family of samples, one for each of these hosts. */
struct family {
	const char	*name, *unit, *help;
	enum family_of	 of;
	/* the further labels and the value, behind the label of the host */
	void		(*rest)(FILE *, const struct scan_metrics_row *);
};

void
scan_metrics_add(struct scan_metrics *metrics, const struct scan_row *row)
{
	struct scan_metrics_row	*to;
	char			 shown[4 * sizeof(((struct scan_host *)NULL)->name)];

	if (metrics->count == metrics->room) {
		metrics->room = metrics->room > 0 ? 2 * metrics->room : 64;
		metrics->rows = xreallocarray(metrics->rows, metrics->room, sizeof(*to));
	}
	to = &metrics->rows[metrics->count++];
	to->host = xstrdup(error_vis(shown, sizeof(shown), row->host));
	to->server = xstrdup(row->server);
	to->route = row->route;
	to->code = row->err.code;
	to->ms = row->ms;
}

/* A label, whose value is printable ASCII: both formats have these two escapes. */
static void
print_label(FILE *fp, const char *name, const char *value)
{
	fprintf(fp, "%s=\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			putc('\\', fp);
		putc(*value, fp);
	}
	putc('"', fp);
}

static void
rest_checked(FILE *fp, const struct scan_metrics_row *row)
{
	fprintf(fp, "} %d\n", row->code != CODE_WAY_NOT_CHECKED);
}

static void
rest_reachable(FILE *fp, const struct scan_metrics_row *row)
{
	fprintf(fp, "} %d\n", row->code == CODE_NONE);
}

static void
rest_duration(FILE *fp, const struct scan_metrics_row *row)
{
	fprintf(fp, "} %d.%03d\n", row->ms / 1000, row->ms % 1000);
}

static void
rest_failure(FILE *fp, const struct scan_metrics_row *row)
{
	print_label(fp, ",code", code_row(row->code)->name);
	fprintf(fp, "} 1\n");
}

static void
rest_server(FILE *fp, const struct scan_metrics_row *row)
{
	print_label(fp, ",route", row->route);
	print_label(fp, ",server", row->server);
	fprintf(fp, "} 1\n");
}

static const struct family	families[] = {
	{ "meshssh_host_checked", "",
	    "Whether the scan looked at the host (1), or ssh reaches it in a way that was not checked (0).",
	    OF_ALL, rest_checked },
	{ "meshssh_host_reachable", "",
	    "Whether an SSH server identified itself (1) or not (0).", OF_CHECKED, rest_reachable },
	{ "meshssh_host_duration_seconds", "seconds",
	    "Time until the server identified itself, or until the scan gave the host up.",
	    OF_CHECKED, rest_duration },
	{ "meshssh_host_failure", "",
	    "Why the host was not reached: 1 for a code of meshssh-messages(7).",
	    OF_FAILED, rest_failure },
	{ "meshssh_host_server", "",
	    "How the server identified itself, and the route to it: always 1.",
	    OF_REACHED, rest_server },
};

static int
row_in(const struct scan_metrics_row *row, enum family_of of)
{
	switch (of) {
	case OF_CHECKED:
		return (row->code != CODE_WAY_NOT_CHECKED);
	case OF_REACHED:
		return (row->code == CODE_NONE);
	case OF_FAILED:
		return (row->code != CODE_NONE);
	case OF_ALL:
		break;
	}
	return (1);
}

static void
print_head(FILE *fp, const char *name, const char *unit, const char *help)
{
	fprintf(fp, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
	if (unit[0] != '\0')
		fprintf(fp, "# UNIT %s %s\n", name, unit);
}

/* A family without samples has no head either. */
static void
print_family(FILE *fp, const struct family *family, const struct scan_metrics *metrics)
{
	const struct scan_metrics_row	*row;
	size_t				 i;
	int				 headed = 0;

	for (i = 0; i < metrics->count; i++) {
		row = &metrics->rows[i];
		if (!row_in(row, family->of) || (i > 0 && strcmp(row->host, row[-1].host) == 0))
			continue;
		if (!headed)
			print_head(fp, family->name, family->unit, family->help);
		headed = 1;
		fprintf(fp, "%s{", family->name);
		print_label(fp, "host", row->host);
		family->rest(fp, row);
	}
}

/* By host; of one host, what failed comes first. */
static int
row_order(const void *a, const void *b)
{
	const struct scan_metrics_row	*one = a, *two = b;
	int				 order = strcmp(one->host, two->host);

	return (order != 0 ? order : (int)two->code - (int)one->code);
}

void
scan_metrics_print(FILE *fp, struct scan_metrics *metrics, int invalid, int64_t took_ms, time_t now)
{
	size_t	i;

	if (metrics->count > 0)
		qsort(metrics->rows, metrics->count, sizeof(*metrics->rows), row_order);
	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		print_family(fp, &families[i], metrics);
	print_head(fp, "meshssh_scan_invalid_hosts", "",
	    "Entries of the list of hosts that are not host names or addresses, and were not checked.");
	fprintf(fp, "meshssh_scan_invalid_hosts %d\n", invalid);
	print_head(fp, "meshssh_scan_duration_seconds", "seconds", "Time that the scan took.");
	fprintf(fp, "meshssh_scan_duration_seconds %lld.%03lld\n", (long long)(took_ms / 1000),
	    (long long)(took_ms % 1000));
	print_head(fp, "meshssh_scan_timestamp_seconds", "seconds",
	    "When the scan ended, in seconds since 1970.");
	fprintf(fp, "meshssh_scan_timestamp_seconds %lld\n# EOF\n", (long long)now);
}

void
scan_metrics_free(struct scan_metrics *metrics)
{
	size_t	i;

	for (i = 0; i < metrics->count; i++) {
		free(metrics->rows[i].host);
		free(metrics->rows[i].server);
	}
	free(metrics->rows);
}
