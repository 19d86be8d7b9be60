/* SPDX-License-Identifier: ISC */
/* The target, and the list of attempts. */

#include <stdio.h>
#include <string.h>

#include "route/target.h"

const char *
target_text(const struct target *target, char text[TARGET_TEXT_MAX])
{
	const int	host_max = 56;

	snprintf(text, TARGET_TEXT_MAX, "%.*s%s port %d", host_max, target->host,
	    strlen(target->host) > (size_t)host_max ? "..." : "", target->port);
	return (text);
}

struct attempt *
attempts_add(struct attempts *attempts, const char *to, const char *what, int64_t took_ms)
{
	struct attempt	*attempt;

	if (attempts->count == ATTEMPTS_MAX)
		return (NULL);
	attempt = &attempts->list[attempts->count++];
	strlcpy(attempt->to, to, sizeof(attempt->to));
	strlcpy(attempt->what, what, sizeof(attempt->what));
	attempt->took_ms = took_ms;
	attempt->unmet = 0;
	return (attempt);
}
