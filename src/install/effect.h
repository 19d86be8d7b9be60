/* SPDX-License-Identifier: ISC */
/*
 * What blocks change in what ssh takes for a host, by ssh -G over two configurations: as it is, and
 * as it is to be. A block is right by itself and still changes other keywords where a Match depends
 * on the host's name, or a path has %h in it.
 */

#ifndef INSTALL_EFFECT_H
#define INSTALL_EFFECT_H

#include <limits.h>

#include "install/install-text.h"

struct error;
struct install;

struct effect {
	const struct install		*in;
	/* our file, before and after; and the user's configuration, likewise */
	const struct install_text	*own[2], *config[2];
	char				 folder[PATH_MAX];	/* of temporary files; "" */
};

/*
 * Begin with the texts set; they are borrowed. Return 0 on success, or -1 with *err set; call
 * effect_close in either case.
 */
int	effect_open(struct effect *e, struct error *err);
/*
 * Compare for one host, of the section of this name. Call cb for each keyword, in lower case, that
 * has other values, with line breaks between several and "" for none; meant is 1 if the block sets
 * it. Return the number of those that are not meant, or -1 with *err set.
 */
int	effect_compare(const struct effect *e, const char *section, const char *host,
	    void (*cb)(void *arg, const char *keyword, const char *before, const char *after,
	    int meant), void *arg, struct error *err);
void	effect_close(struct effect *e);

#endif
