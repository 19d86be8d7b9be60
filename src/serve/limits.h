/* SPDX-License-Identifier: ISC */
/* How much the far side does for whom. Pure. */

#ifndef SERVE_LIMITS_H
#define SERVE_LIMITS_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define LIMITS_SESSIONS		256
/*
 * From one address: a fleet's jobs begin together. Four addresses fill all places, and who finds
 * none has a session that cannot be resumed.
 */
#define LIMITS_YOUNG		64
#define LIMITS_YOUNG_MS		120000
#define LIMITS_HELLOS		64	/* connections that have not said hello */
#define LIMITS_HELLO_MS		5000

/* One that has a session, or is about to say hello. */
struct limits_one {
	char	who[ADDR_TEXT_MAX];
	int64_t	since_ms;
};

/* 1 if this address may have one more session, besides those that run. */
int	limits_admit(const struct limits_one *const *, size_t, const char *who, int64_t now_ms);
/*
 * Which of those that did not say hello yet is to go for another: of the address that has the most
 * of them, the oldest.
 */
size_t	limits_evict(const struct limits_one *const *, size_t);
/*
 * The bytes of a ring for one more session, a power of two: all rings are to fit into a quarter of
 * the memory, so the more sessions there are, the smaller they get.
 */
size_t	limits_ring(int64_t memory, int sessions);

#endif
