/* SPDX-License-Identifier: ISC */
/*
 * The detector of ssh is three: what ssh itself says (detect-ssh.c), the files it reads
 * (detect-ssh-where.c), and the host keys that it knows (detect-ssh-known.c).
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
/* Fill "known" of it, with what `ssh -G` printed, for this port. */
void	detect_ssh_known(json_t *facts, const struct detect_input *, const char *home,
	    const char *options, int port);

#endif
