/* SPDX-License-Identifier: ISC */
/* What is wrong with tailscaled, for each state that it can be in: the code and the words. */

#ifndef FACTS_TAILSCALE_FAULT_H
#define FACTS_TAILSCALE_FAULT_H

#include "base/code.h"
#include "facts/env-tailscale.h"

struct tailscale_fault {
	enum env_tailscale_state state;
	char	backend[20];	/* BackendState, Tailscale's ipn.State; "" stands for all others */
	enum code code;		/* CODE_NONE: nothing is wrong */
	char	cause[72];	/* without a full stop: what else is known may follow */
	char	seen[32];	/* what shows it, behind the name of the socket */
};

/* The states as tailscale.state has them in the facts. */
extern const char	tailscale_states[][20];

/* The fault of a state; never NULL. */
const struct tailscale_fault	*tailscale_fault(enum env_tailscale_state state,
				    const char *backend);
/* The same for a state by its name in the facts; another name is nothing wrong. */
const struct tailscale_fault	*tailscale_fault_by_name(const char *state,
				    const char *backend);
/* 1 if a complaint in Health is about something that keeps no connection from working. */
int	tailscale_harmless(const char *health);

/* The first complaint that is not of that kind, or else the first; "" if there is none. */
const char	*tailscale_complaint(const struct tsjson *);

#endif
