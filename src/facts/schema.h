/* SPDX-License-Identifier: ISC */
/*
 * Every fact that a document may have: its path, type and unit, who fills it, and what it says.
 * meshssh-doctor(5) is held against this table, and so is each document that a test makes.
 */

#ifndef FACTS_SCHEMA_H
#define FACTS_SCHEMA_H

#include <jansson.h>

enum fact_type {
	FACT_TEXT,
	FACT_WORDS,		/* a text for people, by which nothing is decided */
	FACT_NUMBER,
	FACT_TRUTH,
	FACT_TEXTS,		/* a list of texts */
	FACT_OBJECT,
	FACT_MAP,		/* an object whose names are not in the table */
	FACT_OBJECTS		/* a list of objects; "[]" in the path of a row is any of them */
};

struct fact_row {
	const char	*path;		/* names with dots between them; "*" is any name */
	enum fact_type	 type;
	const char	*unit;		/* "ms", "bytes", "days", or "" */
	/* the detector or probe, as a file of src/ is called, or the program */
	const char	*filler;
	const char	*text;		/* one sentence, or two, for the manual */
};

extern const struct fact_row	fact_rows[];	/* by topic; ends with a NULL path */

/* What the manual calls a type. */
const char *fact_type_name(enum fact_type type);
/*
 * The row of a path, whose numbers are indices of lists, or NULL. An object on the way to a row has
 * one of its own.
 */
const struct fact_row *fact_find(const char *path);
/* 1 if the path is that of a row of this type, or of one that this value, or NULL, fits. */
int	fact_is(const char *path, enum fact_type type);
int	fact_fits(const char *path, const json_t *value);
/*
 * Hold a tree of facts against the table. Return 0, or -1 with the path of the first value that has
 * no row, or another type than its row.
 */
int	fact_check(const json_t *facts, char bad[128]);
/*
 * Return ok, which says that the table has what the program itself asks for or puts at this path. A
 * build for tests (--enable-werror, --enable-sanitizers, --enable-fuzzing) aborts if it does not.
 */
int	fact_ok(int ok, const char *path);

#endif
