/* SPDX-License-Identifier: ISC */
/* What speaks on a port that is not meant for SSH. */

#ifndef PROBE_PROBE_SERVICE_H
#define PROBE_PROBE_SERVICE_H

#include "probe/probe-net.h"

/* Who begins like this ("http", "tls", ...), or "other". */
const char *probe_service_kind(const char *, size_t);
/*
 * Ask on this connection, which may have failed, and fill `service`. Return 1 if it speaks SSH, and
 * leave the connection and what it said; else end it and return 0.
 */
int	probe_service(json_t *facts, const struct probe_input *, struct probe_talk *);

#endif
