/* SPDX-License-Identifier: ISC */
/* What resume-proof.c takes from libsodium, linked or loaded. */

#ifndef WIRE_RESUME_SODIUM_H
#define WIRE_RESUME_SODIUM_H

#include <stddef.h>

struct resume_sodium {
	int	(*init)(void);
	int	(*hash)(unsigned char *, size_t, const unsigned char *, unsigned long long,
		    const unsigned char *, size_t);
	int	(*public)(unsigned char *, const unsigned char *);
	int	(*shared)(unsigned char *, const unsigned char *, const unsigned char *);
	int	(*differ)(const void *, const void *, size_t);
	void	(*wipe)(void *, size_t);
	const char *(*version)(void);
};

/*
 * Find them: 0, or -1 if one is missing. resume-sodium-link.c has them from the linked archive,
 * resume-sodium-load.c from the shared library, once it is asked, and resume-sodium-none.c not at
 * all.
 */
int	resume_sodium_find(struct resume_sodium *);

#endif
