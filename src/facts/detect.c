#include <stddef.h>

#include "base/json.h"
#include "facts/detect.h"

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
detect(json_t *facts, const struct detect_input *in)
{
	const struct detector	*const *d;

	for (d = detectors; *d != NULL; d++)
		if ((*d)->detect(facts, in) == -1)
			return (-1);
	return (0);
}
