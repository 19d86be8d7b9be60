/* SPDX-License-Identifier: ISC */
/* The table of detectors. */

#include <stddef.h>

#include "base/clock.h"
#include "facts/detect.h"
#include "facts/read.h"

const struct detector	*const detectors[] = {
	&detect_system,
	&detect_net,
	&detect_names,
	&detect_ssh,
	&detect_tailscale,	/* it wants ssh's HostName */
	&detect_nix,
	&detect_sshd,
	NULL
};

int
detect_left_ms(const struct detect_input *in)
{
	int64_t	left_ms = in->until_ms - clock_ms();

	return (left_ms > 0 ? (int)left_ms : 0);
}

int
detect_one(const struct detector *detector, json_t *facts, const struct detect_input *in)
{
	struct detect_input	timed = *in;

	timed.until_ms = clock_ms() + DETECT_MS;
	return (detector->detect(facts, &timed));
}

int
detect(json_t *facts, const struct detect_input *in)
{
	const struct detector	*const *d;

	for (d = detectors; *d != NULL; d++)
		if (detect_one(*d, facts, in) == -1 || read_starved())
			return (-1);
	return (0);
}
