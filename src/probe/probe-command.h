/* SPDX-License-Identifier: ISC */
/* Another program's ProxyCommand: where it leads. */

#ifndef PROBE_PROBE_COMMAND_H
#define PROBE_PROBE_COMMAND_H

#include "probe/probe.h"

/*
 * What ssh's shell runs for the ProxyCommand of this answer of ssh -G, to be freed; NULL if that
 * cannot be told.
 */
char	*probe_command_line(const struct probe_input *, const char *answer);
/*
 * Run the ProxyCommand that this answer of ssh -G has, as ssh would, and listen for a server's
 * identification: "connect" and "server" are filled. Return 0, or -1 if it could not be run, or
 * wants to ask a person: then it is not known where it leads.
 */
int	probe_command(json_t *facts, const struct probe_input *, const char *answer);

#endif
