#include <stddef.h>

#include "probe/probe.h"

const struct probe	*const probes[] = {
	&probe_names,
	&probe_connect,
	&probe_banner,
	&probe_dscp,
	&probe_mtu,
	NULL
};
