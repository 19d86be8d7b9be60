/* SPDX-License-Identifier: ISC */
/* Documents of earlier versions, so that a saved report can be judged again. */

#ifndef FACTS_UPGRADE_H
#define FACTS_UPGRADE_H

#include <jansson.h>

#define FACTS_VERSION	2	/* of the document, as meshssh-doctor(5) has it */

/*
 * Bring a document to this version: its facts get the names and words that they have now.
 * Return 0, or -1 if it is not a document of this version or an earlier one.
 */
int	facts_upgrade(json_t *doc);

#endif
