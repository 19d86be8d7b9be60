/* SPDX-License-Identifier: ISC */
/* What is so on this machine, as far as a plan needs it. Filled by detectors, judged by others. */

#ifndef FACTS_FACTS_H
#define FACTS_FACTS_H

#include "facts/env-proxy.h"
#include "facts/env-tailscale.h"

struct facts {
	struct env_tailscale	tailscale;
	struct env_proxy	proxy;
};

/*
 * Look, at the socket of tailscaled that was named, or NULL; takes at most 200 ms.
 */
void	facts_detect(struct facts *, const char *);

#endif
