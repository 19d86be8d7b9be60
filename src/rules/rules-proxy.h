/* SPDX-License-Identifier: ISC */
/* The rules about proxies on the way into the mesh, whose rows are among those of the path. */

#ifndef RULES_RULES_PROXY_H
#define RULES_RULES_PROXY_H

#include <jansson.h>

#include "rules/rules.h"

/* By the name of its rule. */
int	proxy_check(const json_t *, struct finding *);
int	proxy_check_no_server(const json_t *, struct finding *);

#endif
