/* SPDX-License-Identifier: ISC */
/*
 * One remote builder of Nix's, and what the ssh of root, as whom nix-daemon runs it, would do for
 * it.
 */

#ifndef FACTS_NIX_BUILDER_H
#define FACTS_NIX_BUILDER_H

#include <jansson.h>

#include "facts/detect.h"
#include "facts/nix-machines.h"

/* Root's, and the user's own unless that is root. */
struct nix_homes {
	const char	*root_home;
	uid_t		 root_uid;	/* 0, or who plays root in a test */
	const char	*user_home;	/* NULL: not to be looked at */
	const char	*user;
};

/* The facts of it, a new object. */
json_t	*nix_builder(const struct nix_machine *, const struct detect_input *,
	    const struct nix_homes *);

#endif
