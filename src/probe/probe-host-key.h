/* SPDX-License-Identifier: ISC */
/* The host key that a server shows to ssh. */

#ifndef PROBE_PROBE_HOST_KEY_H
#define PROBE_PROBE_HOST_KEY_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "wire/sshkex.h"

struct probe_talk;

/*
 * Go on with a key exchange in which both have said who they are, and the server its KEXINIT, up to
 * its reply, which is read from this place of the talk on. Host keys are asked for in ssh's order,
 * so the one that comes is the one that ssh would judge; it becomes a fact.
 */
void	probe_host_key(json_t *facts, struct probe_talk *, size_t at,
	    const struct sshkex_list [SSHKEX_LISTS], int64_t until_ms);

#endif
