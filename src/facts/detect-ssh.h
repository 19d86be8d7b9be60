/* SPDX-License-Identifier: ISC */
/*
 * The detector of ssh is two: what ssh itself says (detect-ssh.c), and the files it reads
 * (detect-ssh-where.c).
 */

#ifndef FACTS_DETECT_SSH_H
#define FACTS_DETECT_SSH_H

#include <jansson.h>

#include "facts/detect.h"

/*
 * Fill "where", "shadowed", "files", "system_includes" and "system_files" of the object "ssh", for
 * a user of this home and name; NULL if that is not known.
 */
void	detect_ssh_where(json_t *facts, const struct detect_input *, const char *home,
	    const char *user);

#endif
