/* SPDX-License-Identifier: ISC */
/*
 * The rows of a scan as metrics. The text is both OpenMetrics 1.0 and the older format of
 * Prometheus, which is what node_exporter's textfile collector reads: so there are only gauges,
 * whose names are the same in both, and no timestamps.
 */

#ifndef CMD_SCAN_METRICS_H
#define CMD_SCAN_METRICS_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "base/code.h"

struct scan_row;

/* What is kept of a row. */
struct scan_metrics_row {
	char		*host, *server;		/* printable */
	const char	*route;
	enum code	 code;			/* CODE_NONE: reached */
	int		 ms;
};

struct scan_metrics {
	struct scan_metrics_row	*rows;
	size_t			 count, room;
};

void	scan_metrics_add(struct scan_metrics *, const struct scan_row *);
/*
 * Print them, a family at a time, by host. A host that was named more than once is there once, not
 * reached if it was not reached once: collectors refuse a text with the same sample twice.
 */
void	scan_metrics_print(FILE *, struct scan_metrics *, int invalid, int64_t took_ms, time_t now);
void	scan_metrics_free(struct scan_metrics *);

#endif
