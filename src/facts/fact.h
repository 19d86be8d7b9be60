/* SPDX-License-Identifier: ISC */
/*
 * The facts, read and filled by paths like "ssh.options.port". A path has to be that of a row of
 * the table in facts/schema.h, and its type the row's: anything else is a fault of the program, for
 * which fact_ok stands; nothing is read then, and nothing put.
 */

#ifndef FACTS_FACT_H
#define FACTS_FACT_H

#include <jansson.h>

/* What a path leads to, or NULL if the document does not have it. */
json_t	*fact_at(const json_t *facts, const char *path);
/* Return the text or NULL, the number or the other one, and 1, 0, or -1 if it is not there. */
const char *fact_text(const json_t *facts, const char *path);
json_int_t fact_number(const json_t *facts, const char *path, json_int_t otherwise);
int	 fact_truth(const json_t *facts, const char *path);

/* Put a value, which is the tree's from then on; NULL, a text that is not UTF-8, puts nothing. */
void	 fact_put(json_t *facts, const char *path, json_t *value);
/* Put a text of unknown origin, as fact_string has it. */
void	 fact_put_text(json_t *facts, const char *path, const char *raw);
void	 fact_put_number(json_t *facts, const char *path, json_int_t number);
void	 fact_put_truth(json_t *facts, const char *path, int truth);

/* A text of unknown origin as a value: printable, and cut to fit. */
json_t	*fact_string(const char *raw);
/* Append it to a list of texts. */
void	 fact_append_text(json_t *list, const char *raw);

#endif
