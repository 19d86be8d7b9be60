/* SPDX-License-Identifier: ISC */
/* What is printed of a scan: for people, or for programs. */

#ifndef CMD_SCAN_FORMAT_H
#define CMD_SCAN_FORMAT_H

#include <stdint.h>
#include <stdio.h>

#include "base/code.h"
#include "cmd/options.h"
#include "cmd/scan-metrics.h"

struct scan_row;

/* What has come of the hosts so far. */
struct scan_sum {
	int			ok, bad;
	int			failed[CODE_COUNT];
	int			odd;		/* words that are no hosts */
	int64_t			took_ms;
	struct scan_metrics	metrics;
};

struct scan_format {
	void	(*row)(FILE *, struct scan_sum *, const struct scan_row *);
	void	(*end)(FILE *, struct scan_sum *);
};

/* by enum options_format */
extern const struct scan_format	scan_formats[];

#endif
