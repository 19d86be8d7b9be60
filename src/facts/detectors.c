/* SPDX-License-Identifier: ISC */
/* The table of detectors. */

#include <stddef.h>

#include "facts/detect.h"

const struct detector	*const detectors[] = {
	&detect_system,
	&detect_net,
	&detect_names,
	&detect_ssh,
	&detect_tailscale,	/* it wants ssh's HostName */
	&detect_nix,
	&detect_sshd,
	&detect_serve,
	NULL
};

void
detect(json_t *facts, const struct detect_input *in)
{
	const struct detector	*const *d;

	for (d = detectors; *d != NULL; d++)
		detect_one(*d, facts, in);
}
