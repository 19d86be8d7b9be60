/* SPDX-License-Identifier: ISC */
/* The one line that a person reads when something fails. */

#include <stdio.h>

#include "catalogue/catalogue.h"

void
error_line(const struct error *err, char line[ERROR_LINE_BYTES + 1])
{
	error_format(err, code_row(err->code)->hint, line);
}

void
error_say(const struct error *err)
{
	char	line[ERROR_LINE_BYTES + 1];

	error_line(err, line);
	fputs(line, stderr);
}
