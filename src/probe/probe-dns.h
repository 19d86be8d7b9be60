/* SPDX-License-Identifier: ISC */
/* A question to one DNS server, past the system's resolver. */

#ifndef PROBE_PROBE_DNS_H
#define PROBE_PROBE_DNS_H

#include "probe/probe.h"

#define PROBE_DNS_PORT	53

/*
 * Ask this server, an address, for the IPv4 and IPv6 addresses of a name, over UDP; each question
 * is sent twice at most. What it says becomes {addresses, error, ms} at this path of the facts.
 */
void	probe_dns(json_t *facts, const char *path, const char *server, int port, const char *name,
	    const struct probe_input *);

#endif
