/* Long options, as a table: the truth for the parser, the usage text and the check of the manual page. */

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
 * Read the option that the words, which a NULL ends, begin with into the structure that the table's functions know; the
 * table ends with a NULL name. The number of words that were taken: 0 if they begin with none, "--" included; -1 with the
 * error set.
 */
int	option_take(const struct option_row *, void *, char **, struct error *);
/* The options, a line or two each. */
void	option_usage(FILE *, const struct option_row *);

#endif
