/* SPDX-License-Identifier: ISC */
/* Command lines of Go's flag package: "-f v", "--f v", "-f=v", "--f=v". */

#ifndef FACTS_GO_FLAG_H
#define FACTS_GO_FLAG_H

/*
 * The value that this word, and perhaps the next one, gives to the flag of this name, or NULL. The
 * command line has a NUL behind each word and ends there.
 */
const char *go_flag(const char *word, const char *end, const char *name);
/* The next word, or NULL: what has no NUL behind it was cut. */
const char *go_flag_next(const char *word, const char *end);

#endif
