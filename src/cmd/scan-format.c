/* SPDX-License-Identifier: ISC */
/* The formats of a scan. */

#include <time.h>

#include "base/error.h"
#include "base/json.h"
#include "catalogue/catalogue.h"
#include "cmd/scan-format.h"
#include "facts/query.h"
#include "scan/scan.h"
#include "sshconf/redact.h"

static void
text_row(FILE *fp, struct scan_sum *sum, const struct scan_row *row)
{
	(void)sum;
	if (row->ok)
		fprintf(fp, "%-32s %6d ms  %-8s %s%s%s\n", row->host, row->ms, row->route, row->address,
		    row->address[0] != '\0' ? "  " : "", row->server);
	else
		fprintf(fp, "%-32s %6d ms  %-8s %s\n", row->host, row->ms, "-",
		    query_said(row->err.text));
}

static void
text_end(FILE *fp, struct scan_sum *sum)
{
	int	code;

	fprintf(fp, "\n%d reached, %d not", sum->ok, sum->bad);
	for (code = CODE_NONE + 1; code < CODE_COUNT; code++)
		if (sum->failed[code] > 0)
			fprintf(fp, ", %d %s", sum->failed[code], code_row((enum code)code)->name);
	putc('\n', fp);
}

static void
json_row(FILE *fp, struct scan_sum *sum, const struct scan_row *row)
{
	json_t	*object = json_pack("{s:s, s:i, s:b, s:i, s:s, s:s}", "host", row->host, "port",
		    row->port, "ok", row->ok, "ms", row->ms, "route", row->route, "address",
		    row->address);

	(void)sum;
	if (row->ok)
		json_put(object, "server", json_string(row->server));
	else {
		json_put(object, "message", json_string(code_row(row->err.code)->name));
		json_put(object, "text", redact_error(&row->err));
	}
	json_print(fp, object, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(object);
}

static void
json_end(FILE *fp, struct scan_sum *sum)
{
	(void)fp;
	(void)sum;
}

static void
metrics_row(FILE *fp, struct scan_sum *sum, const struct scan_row *row)
{
	(void)fp;
	scan_metrics_add(&sum->metrics, row);
}

static void
metrics_end(FILE *fp, struct scan_sum *sum)
{
	scan_metrics_print(fp, &sum->metrics, sum->odd, sum->took_ms, time(NULL));
}

const struct scan_format	scan_formats[] = {
	[OPTIONS_TEXT] = { text_row, text_end },
	[OPTIONS_JSON] = { json_row, json_end },
	[OPTIONS_OPENMETRICS] = { metrics_row, metrics_end },
};
