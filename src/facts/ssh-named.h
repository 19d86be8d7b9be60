/* SPDX-License-Identifier: ISC */
/* Which of a mesh's peers are called like something that the user's own files give a meaning. */

#ifndef FACTS_SSH_NAMED_H
#define FACTS_SSH_NAMED_H

#include <jansson.h>

/*
 * Of the peers' names, short names and addresses, those that a Host line or Match host of this
 * user's or the system's ssh_config(5) names, or /etc/hosts for another address, or that are this
 * machine's own; of other names below the mesh's domain, those that stand in a Host line: an object
 * with each in lower case, {"by", "file"}. Patterns count, except those that have no letter or
 * digit; meshssh-config's own file does not. *blind is set if a file could not be read.
 */
json_t	*ssh_named(const char *root, const json_t *peers, const char *suffix, int *blind);

#endif
