/* SPDX-License-Identifier: ISC */
/* What speaks on a port that is not meant for SSH. */

#ifndef PROBE_PROBE_SERVICE_H
#define PROBE_PROBE_SERVICE_H

#include "probe/probe.h"

/* Who begins like this ("http", "tls", ...), or "other". */
const char *probe_service_kind(const char *, size_t);
/* Ask, and fill `service`. */
void	probe_service(json_t *facts, const struct probe_input *);

#endif
