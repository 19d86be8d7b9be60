/* SPDX-License-Identifier: ISC */
/* Several names or addresses of one host, as --or lists them. */

#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include "base/addr.h"

struct error;

#define NAMES_MAX	8		/* besides the host itself */

struct names {
	char	hosts[NAMES_MAX + 1][ADDR_HOST_MAX + 1];	/* that of the call is the first */
	int	count;
};

/*
 * The names of a list "NAME[,NAME...]", with this host, whose checked name may be among them, in
 * front. Return 0, or -1 with *err set.
 */
int	names_parse(const char *list, const char *host, struct names *names, struct error *err);

#endif
