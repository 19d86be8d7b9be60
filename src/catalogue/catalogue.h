/* SPDX-License-Identifier: ISC */
/* The catalogue of codes: each failure and each finding has a name, an importance and a cure. */

#ifndef CATALOGUE_CATALOGUE_H
#define CATALOGUE_CATALOGUE_H

#include "base/code.h"
#include "base/error.h"

enum severity {
	SEVERITY_NOTE,		/* good to know */
	SEVERITY_WARNING,	/* works, but not well, or not for long */
	SEVERITY_ERROR		/* this is why it does not work */
};

enum code_kind {
	KIND_ERROR = 1,		/* a program fails with it */
	KIND_FINDING = 2,	/* a rule finds it */
	KIND_BOTH = KIND_ERROR | KIND_FINDING
};

/* One row; meshssh-messages(7) has an entry for each. */
struct code_row {
	char		name[24];	/* stable, lower case, for people and programs */
	unsigned char	kind;		/* enum code_kind */
	unsigned char	severity;	/* enum severity; a rule may set another */
	unsigned char	rank;		/* the larger is told first */
	unsigned char	status;		/* exit status of an error, sysexits(3) */
	char		hint[60];	/* of an error: the one thing to do, for the one line */
	char		cure[440];	/* whole sentences, for --why and the manual */
};

/* The row of a code; never NULL. */
const struct code_row	*code_row(enum code code);
/* The code of a name, or CODE_NONE. */
enum code	code_by_name(const char *name);

/* "meshssh: text; hint\n" in at most ERROR_LINE_BYTES bytes; line holds that and the NUL. */
void	error_line(const struct error *err, char line[ERROR_LINE_BYTES + 1]);
/* Print that line on standard error. */
void	error_say(const struct error *err);

#endif
