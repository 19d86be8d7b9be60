/* SPDX-License-Identifier: ISC */
/*
 * Long options, as a table: the truth for the parser, the usage text and the check of the manual
 * page.
 */

#ifndef BASE_OPTION_H
#define BASE_OPTION_H

#include <stdio.h>

struct error;

struct option_row {
	const char	*name;		/* without the hyphens */
	const char	*value;		/* what stands behind "=", or NULL */
	int		(*set)(void *, const char *);	/* 0, or -1 if the value is bad */
	const char	*text;
};

/*
 * The option that the words, which a NULL ends, begin with, and its value, by a table that ends
 * with a NULL name: the number of words that were taken, 0 if they begin with none, "--" included,
 * or -1 with the error set.
 */
int	option_take(const struct option_row *, char **, const struct option_row **, const char **,
	    struct error *);
/*
 * The same for options that stand anywhere before "--" in the words, which a NULL ends: each goes
 * to the callback, which returns 0, or -1 with the error set; what is none is moved to the front. 0
 * or -1.
 */
int	option_gather(const struct option_row *, char **,
	    int (*)(void *, const struct option_row *, const char *, struct error *), void *,
	    struct error *);
/* The value does not fit: the error says so; -1. */
int	option_bad(const struct option_row *, const char *, struct error *);
/* The options, a line or two each. */
void	option_usage(FILE *, const struct option_row *);

#endif
