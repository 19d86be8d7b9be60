/* SPDX-License-Identifier: ISC */
/* JSON of unknown origin. */

#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdio.h>

/*
 * Parse a document of len bytes, with further flags of jansson's; an object that has a key twice is
 * refused. Return it, which the caller releases with json_decref, or NULL with errno EINVAL if it
 * is not JSON.
 */
json_t	*json_parse(const char *, size_t, size_t);

/*
 * What stands at a path like "ssh.options.port" in an object, whose numbers are indices of lists;
 * NULL if nothing does.
 */
json_t	*json_at(const json_t *, const char *);
/*
 * The same as text, or NULL if it is not one; as a number, or the other if it is not one; as 1, 0,
 * or -1 if it is no truth value.
 */
const char *json_text_at(const json_t *, const char *);
json_int_t json_number_at(const json_t *, const char *, json_int_t);
int	 json_truth_at(const json_t *, const char *);
/*
 * Put a value, which is the tree's from then on, at a path of names in an object; objects on the
 * way are made. Return 0, or -1 if the value is NULL, which jansson returns for a text that is not
 * UTF-8.
 */
int	 json_put(json_t *, const char *path, json_t *value);

/* 1 if no list or object in it has more members, and no text more bytes, than that. */
int	 json_within(const json_t *, size_t members, size_t bytes);
/* Print a document in ASCII, with flags of jansson's for how, and end the line. */
void	 json_print(FILE *, const json_t *, size_t flags);

#endif
