/* SPDX-License-Identifier: ISC */
/* Probe: tailscaled's own ping to the peer. */

#include <unistd.h>

#include "base/json.h"
#include "facts/env-peer.h"
#include "facts/fact.h"
#include "facts/facts.h"
#include "facts/query.h"
#include "probe/probe.h"

#define PING_MS		1000
/* the first ones go through a relay, while a direct path is sought */
#define PINGS_MAX	3
#define PAUSE_US	200000

static int
ping_useful(const json_t *facts, const struct probe_input *in)
{
	return (in->seen->tailscale.state == ENV_TAILSCALE_UP &&
	    fact_truth(facts, "tailscale.peer.found") == 1 &&
	    fact_truth(facts, "tailscale.peer.self") != 1 &&
	    fact_truth(facts, "tailscale.peer.expired") != 1 &&
	    json_text_at(facts, "tailscale.peer.addresses.0") != NULL);
}

static void
ping_run(json_t *facts, const struct probe_input *in)
{
	const char	*address = json_text_at(facts, "tailscale.peer.addresses.0");
	struct tsping	 ping = { .answered = 0 }, next;
	int		 i, result = 0;

	/* What is lost later, while a direct path is sought, takes no answer back. */
	for (i = 0; i < PINGS_MAX; i++) {
		if (i > 0)
			usleep(PAUSE_US);
		result = env_peer_ping(&in->seen->tailscale.at, address, PING_MS, &next);
		if (result != 1 || !next.answered)
			break;
		ping = next;
		if (ping.relay[0] == '\0')
			break;
	}
	if (result == -1 && !ping.answered)
		return;
	fact_put_truth(facts, "ping.answered", ping.answered);
	if (!ping.answered)
		return;
	fact_put_number(facts, "ping.ms", ping.ms);
	if (ping.relay[0] != '\0')
		fact_put_text(facts, "ping.relay", ping.relay);
}

const struct probe probe_ping = {
	.name = "ping",
	.doing = "lets tailscaled ping it",
	.useful = ping_useful,
	.run = ping_run
};
