/* SPDX-License-Identifier: ISC */
/* The table of probes. */

#include <stddef.h>

#include "probe/probe.h"

const struct probe	*const probes[] = {
	&probe_names,
	&probe_connect,
	&probe_identification,
	&probe_resume,
	&probe_dscp,
	&probe_mtu,
	&probe_control,
	&probe_ping,
	&probe_through,
	NULL
};
