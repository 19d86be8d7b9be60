/* SPDX-License-Identifier: ISC */
/* Asks every rule, and orders what they find. */

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/xalloc.h"
#include "rules/rules.h"

#define FINDINGS_MAX	128

const struct rule	*const rules_tables[] = {
	rules_mesh,
	rules_peer,
	rules_path,
	rules_connect,
	rules_unmade,
	rules_names,
	rules_server,
	rules_config,
	rules_host_key,
	rules_nix,
	rules_machine,
	rules_resume,
	rules_unfinished,
	NULL
};

static const char	severities[][8] = { "note", "warning", "error" };
static const char	certainties[][10] = { "suspected", "likely", "sure" };

/* 1 if the facts that a rule needs are there. */
static int
rule_informed(const struct rule *rule, const json_t *facts)
{
	int	i;

	for (i = 0; i < RULE_NEEDS && rule->needs[i] != NULL; i++)
		if (json_at(facts, rule->needs[i]) == NULL)
			return (0);
	return (1);
}

/* 1 if its silence says nothing: what it needs could not be seen, and would matter. */
static int
rule_blind(const struct rule *rule, const json_t *facts)
{
	const json_t	*matter = rule->matters != NULL ? json_at(facts, rule->matters) : NULL;

	return (matter != NULL && !json_is_false(matter) && !rule_informed(rule, facts));
}

/*
 * Errors before warnings before notes, of two of them what tells more, and by their names where
 * nothing else decides.
 */
static int
finding_compare(const void *a, const void *b)
{
	const struct finding	*x = a, *y = b;
	const struct code_row	*a_row = code_row(x->rule->code), *b_row = code_row(y->rule->code);

	if (x->severity != y->severity)
		return ((int)y->severity - (int)x->severity);
	if (a_row->rank != b_row->rank)
		return (b_row->rank - a_row->rank);
	if (x->certainty != y->certainty)
		return ((int)y->certainty - (int)x->certainty);
	return (strcmp(a_row->name, b_row->name));
}

/* 1 if this finding hides the other, which has such a code among those that it is a symptom of. */
static int
finding_hides(const struct finding *f, const struct finding *other, enum code under)
{
	return (f->rule->code == under || (under == UNDER_ANY && f->severity == SEVERITY_ERROR &&
	    f != other));
}

/* 1 if a cause that this is a symptom of was found, too. */
static int
finding_hidden(const struct finding *f, const struct finding *list, int count)
{
	const enum code	*under = f->rule->under;
	int		 i, j;

	for (i = 0; i < RULE_UNDER && under[i] != CODE_NONE; i++)
		for (j = 0; j < count; j++)
			if (finding_hides(&list[j], f, under[i]))
				return (1);
	return (0);
}

static json_t *
finding_json(const struct finding *f)
{
	json_t	*cures = json_array();
	int	 i;

	for (i = 0; cures != NULL && i < FINDING_CURES && f->cure[i][0] != '\0'; i++)
		json_array_append_new(cures, json_string(f->cure[i]));
	return (json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "code", code_row(f->rule->code)->name,
	    "severity", severities[f->severity], "certainty", certainties[f->certainty], "cause",
	    f->cause, "evidence", f->evidence, "cure", cures));
}

/* Ask every rule; the blind ones are put on a list. Returns how many found something. */
static int
rules_ask(const json_t *facts, struct finding *list, json_t *unchecked)
{
	const struct rule	*const *table, *rule;
	struct finding		*f;
	int			 count = 0;

	for (table = rules_tables; *table != NULL; table++)
		for (rule = *table; rule->code != CODE_NONE && count < FINDINGS_MAX; rule++) {
			if (rule_blind(rule, facts))
				json_array_append_new(unchecked,
				    json_string(code_row(rule->code)->name));
			if (!rule_informed(rule, facts))
				continue;
			f = &list[count];
			memset(f, 0, sizeof(*f));
			f->rule = rule;
			f->severity = (enum severity)code_row(rule->code)->severity;
			f->certainty = rule->certainty;
			count += rule->check(facts, f);
		}
	return (count);
}

/* What is left of the findings, as JSON; NULL if there is no memory. */
static json_t *
rules_findings(struct finding *list, int count)
{
	json_t	*findings = json_array();
	int	 i;

	qsort(list, (size_t)count, sizeof(*list), finding_compare);
	for (i = 0; i < count; i++)
		if (!finding_hidden(&list[i], list, count) &&
		    json_array_append_new(findings, finding_json(&list[i])) == -1) {
			json_decref(findings);
			return (NULL);
		}
	return (findings);
}

int
rules_check(json_t *doc)
{
	json_t		*unchecked = json_array();
	struct finding	*list = xcalloc(FINDINGS_MAX, sizeof(*list));
	int		 count, failed;

	count = rules_ask(json_at(doc, "facts"), list, unchecked);
	failed = json_put(doc, "findings", rules_findings(list, count));
	free(list);
	return (failed | json_put(doc, "unchecked", unchecked));
}
