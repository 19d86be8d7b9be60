/* SPDX-License-Identifier: ISC */
/* Allocation of libevent and jansson; a program that calls none of it needs neither. */

#include <event2/event.h>
#include <jansson.h>

#include <stdlib.h>

#include "base/xalloc.h"

static void *
xrealloc(void *old, size_t bytes)
{
	return (xreallocarray(old, bytes, 1));
}

void
xalloc_init(void)
{
	event_set_mem_functions(xmalloc, xrealloc, free);
	json_set_alloc_funcs(xmalloc, free);
}
