/* The rules about proxies on the way into the mesh, whose rows are among those of the path. */

#ifndef ADVICE_RULES_PROXY_H
#define ADVICE_RULES_PROXY_H

#include <jansson.h>

#include "advice/advice.h"

/* By the name of its rule. */
int	proxy_judge(const json_t *, struct finding *);
int	proxy_judge_no_server(const json_t *, struct finding *);

#endif
