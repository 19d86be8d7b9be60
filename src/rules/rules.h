/* SPDX-License-Identifier: ISC */
/*
 * Opinions. A rule is a pure function of the facts: it finds one cause, or not. The rules stand in
 * tables by topic (rules-*.c); one more rule is one function and one row, a row in the catalogue,
 * an entry in meshssh-messages(7), and a file of facts in tests/golden.
 */

#ifndef RULES_RULES_H
#define RULES_RULES_H

#include <jansson.h>
#include <stdio.h>

#include "catalogue/catalogue.h"

#define FINDING_CURES	4
#define RULE_NEEDS	4
#define RULE_UNDER	4
#define UNDER_ANY	CODE_COUNT	/* it is told only where no other error is */

enum certainty {
	CERTAINTY_SUSPECTED,	/* fits, and other causes would, too */
	CERTAINTY_LIKELY,
	CERTAINTY_SURE		/* measured, or read */
};

struct rule;

struct finding {
	const struct rule	*rule;
	/* the catalogue's, unless the rule says otherwise */
	enum severity		 severity;
	enum certainty		 certainty;
	char			 cause[200];	/* one sentence */
	char			 evidence[200];	/* what was seen, with numbers */
	/* commands for this system, or sentences; "" ends them */
	char			 cure[FINDING_CURES][200];
};

struct rule {
	enum code	code;			/* CODE_NONE ends a table */
	enum certainty	certainty;
	/* paths in the facts without which it says nothing */
	const char	*needs[RULE_NEEDS];
	/* hidden if one of these is found, as its symptom; CODE_NONE ends them */
	enum code	under[RULE_UNDER];
	/* 1 with cause, evidence and cures set, 0 if it is not so. */
	int		(*check)(const json_t *facts, struct finding *);
	/*
	 * Where this is in the facts, and not false, what the rule needs and lacks could not be
	 * seen, and the rule counts as unchecked. NULL: what lacks is not so, or does not matter.
	 */
	const char	*matters;
};

extern const struct rule	rules_mesh[], rules_peer[], rules_path[], rules_connect[],
				    rules_unmade[],
				    rules_names[], rules_server[],
				rules_config[], rules_host_key[], rules_nix[], rules_machine[],
				rules_resume[],
				rules_unfinished[];
extern const struct rule	*const rules_tables[];	/* all of them; ends with NULL */

/* For rules: set a text of the finding, printable and cut to fit. The second adds a cure. */
void	finding_set(char [200], const char *, ...) __attribute__((__format__(printf, 2, 3)));
void	finding_cure(struct finding *, const char *, ...) __attribute__((__format__(printf, 2, 3)));

/*
 * Judge a document {"version", "target", "facts"}: "findings", the most telling first, and
 * "unchecked", the codes of rules that matter here and whose facts are not there, are set in it. 0,
 * or -1 if there is no memory.
 */
int	rules_check(json_t *doc);

/* Print the document for people, in colour or not; the findings must be in it. */
void	report_text(FILE *, const json_t *doc, int colour);
/*
 * The exit status: 0 healthy, notes aside, 1 errors or warnings, 2 the host could not be reached.
 */
int	report_status(const json_t *doc);

#endif
