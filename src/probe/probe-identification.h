/* SPDX-License-Identifier: ISC */
/* The server's identification, in the facts. */

#ifndef PROBE_PROBE_IDENTIFICATION_H
#define PROBE_PROBE_IDENTIFICATION_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* The line of this many bytes, which came so long after the connection. */
void	probe_identification_line(json_t *facts, const char *line, size_t len, int64_t ms);

#endif
