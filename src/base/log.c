/* SPDX-License-Identifier: ISC */
/* Debug lines on standard error. */

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "base/log.h"

static int	level;

void
log_set_level(int new_level)
{
	level = new_level;
}

void
log_debug(int at, const char *fmt, ...)
{
	char	raw[256], line[512];
	va_list	ap;

	if (at > level)
		return;
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	fprintf(stderr, "meshssh: debug: %s\n", error_vis(line, sizeof(line), raw));
}
