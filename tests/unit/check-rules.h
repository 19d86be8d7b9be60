/* SPDX-License-Identifier: ISC */
/*
 * For tests of rules: facts as text, what the rules say of them, and the tables in which both
 * stand.
 */

#ifndef UNIT_CHECK_RULES_H
#define UNIT_CHECK_RULES_H

#include "base/json.h"
#include "check.h"
#include "rules/rules.h"

/* Facts, or a document, to be let go; ' stands for " in the text. */
static inline json_t *
rules_json(const char *text)
{
	char	*copy = strdup(text), *c;
	json_t	*json;

	assert_non_null(copy);
	for (c = copy; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	/* Of two equal keys the last counts: a row may put its own behind what is usual. */
	if ((json = json_loads(copy, 0, NULL)) == NULL)
		fail_msg("no JSON: %s", copy);
	free(copy);
	return (json);
}

/* A document with these facts, judged, to be let go. */
static inline json_t *
rules_judge(const char *facts)
{
	json_t	*doc = json_pack("{s:o}", "facts", rules_json(facts));

	assert_non_null(doc);
	assert_int_equal(rules_check(doc), 0);
	return (doc);
}

/* The finding of this code in a document, or NULL. */
static inline const json_t *
rules_find(const json_t *doc, const char *code)
{
	const json_t	*list = json_at(doc, "findings");
	size_t		 i;

	for (i = 0; i < json_array_size(list); i++)
		if (strcmp(json_text_at(json_array_get(list, i), "code"), code) == 0)
			return (json_array_get(list, i));
	return (NULL);
}

/* --- by severity and certainty ---------------------------------------------------------------- */

struct rules_case {
	const char	*code;
	const char	*facts;
	const char	*severity;	/* "": it is silent */
	const char	*certainty;
};

static inline void
rules_cases(const struct rules_case *cases, size_t count)
{
	const json_t	*finding;
	json_t		*doc;
	size_t		 i;

	for (i = 0; i < count; i++) {
		doc = rules_judge(cases[i].facts);
		finding = rules_find(doc, cases[i].code);
		if ((finding != NULL) != (cases[i].severity[0] != '\0') || (finding != NULL &&
		    (strcmp(json_text_at(finding, "severity"), cases[i].severity) != 0 ||
		    strcmp(json_text_at(finding, "certainty"), cases[i].certainty) != 0)))
			fail_msg("%s: %s %s with %s", cases[i].code, finding != NULL ?
			    json_text_at(finding, "severity") : "silent", finding != NULL ?
			    json_text_at(finding, "certainty") : "", cases[i].facts);
		json_decref(doc);
	}
}

/* Facts of other types than expected, and of any length, are no reason to fall over. */
static inline void
rules_odd_values(const struct rule *rule)
{
	static const char *const	values[] = { "null", "[]", "{}", "-1", "1.5", "\"\"",
	    "true", "[null,{},[],1,\"x\"]" };
	json_t				*doc, *value;
	size_t				 i, j;

	for (; rule->code != CODE_NONE; rule++)
		for (i = 0; i < COUNT(values); i++) {
			assert_non_null(doc = json_pack("{s:{}}", "facts"));
			for (j = 0; j < RULE_NEEDS && rule->needs[j] != NULL; j++) {
				assert_non_null(value = json_loads(values[i], JSON_DECODE_ANY,
				    NULL));
				assert_int_equal(json_put(json_at(doc, "facts"), rule->needs[j],
				    value), 0);
			}
			assert_int_equal(rules_check(doc), 0);
			json_decref(doc);
		}
}

/* --- by what is told -------------------------------------------------------------------------- */

struct rules_row {
	const char	*facts, *code, *severity;
	const char	*evidence;	/* NULL: it is silent */
};

static inline void
rules_rows(const struct rules_row *rows, size_t count)
{
	const json_t	*f;
	json_t		*doc;
	size_t		 i;

	for (i = 0; i < count; i++) {
		doc = rules_judge(rows[i].facts);
		f = rules_find(doc, rows[i].code);
		if ((f == NULL) != (rows[i].evidence == NULL))
			fail_msg("row %zu: %s: %s", i, rows[i].code,
			    f == NULL ? "silent" : json_text_at(f, "evidence"));
		if (f != NULL) {
			assert_string_equal(json_text_at(f, "severity"), rows[i].severity);
			if (strstr(json_text_at(f, "evidence"), rows[i].evidence) == NULL)
				fail_msg("row %zu: %s", i, json_text_at(f, "evidence"));
			assert_within(strlen(json_text_at(f, "cause")), 20, 198);
			assert_within(json_array_size(json_at(f, "cure")), 1, FINDING_CURES);
		}
		json_decref(doc);
	}
}

/* 1 if the rule speaks in one of the rows. */
static inline int
rules_speaks(const struct rules_row *rows, size_t count, const char *code)
{
	size_t	i;

	for (i = 0; i < count; i++)
		if (strcmp(rows[i].code, code) == 0 && rows[i].evidence != NULL)
			return (1);
	return (0);
}

/* --- by what is to be done -------------------------------------------------------------------- */

/* What depends on the system: one of the cures of a finding, or its evidence, word for word. */
struct rules_cure {
	const char	*code;
	const char	*facts;
	const char	*text;
};

static inline void
rules_cures(const struct rules_cure *rows, size_t count)
{
	const json_t	*f, *cure;
	json_t		*doc;
	size_t		 i, j;
	int		 told;

	for (i = 0; i < count; i++) {
		doc = rules_judge(rows[i].facts);
		if ((f = rules_find(doc, rows[i].code)) == NULL)
			fail_msg("row %zu: %s: silent", i, rows[i].code);
		told = strcmp(json_text_at(f, "evidence"), rows[i].text) == 0;
		json_array_foreach(json_at(f, "cure"), j, cure)
			told |= strcmp(json_string_value(cure), rows[i].text) == 0;
		if (!told)
			fail_msg("row %zu: %s: not told: %s", i, rows[i].code, rows[i].text);
		json_decref(doc);
	}
}

/* --- each rule by itself, whatever others say ------------------------------------------------- */

struct rules_pair {
	const char	*code;
	enum severity	 severity;
	const char	*speaks;
	const char	*silent;
	const char	*says;		/* in the cause, the evidence or the first cure */
};

/* As rules_ask does it. */
static inline int
rules_ask(const struct rule *rule, const json_t *facts, struct finding *f)
{
	int	i;

	memset(f, 0, sizeof(*f));
	f->rule = rule;
	f->severity = (enum severity)code_row(rule->code)->severity;
	f->certainty = rule->certainty;
	for (i = 0; i < RULE_NEEDS && rule->needs[i] != NULL; i++)
		if (json_at(facts, rule->needs[i]) == NULL)
			return (0);
	return (rule->check(facts, f));
}

static inline const struct rule *
rules_by_name(const struct rule *rule, const char *code)
{
	while (rule->code != CODE_NONE && strcmp(code_row(rule->code)->name, code) != 0)
		rule++;
	if (rule->code == CODE_NONE)
		fail_msg("no rule %s", code);
	return (rule);
}

static inline void
rules_pairs(const struct rule *rules, const struct rules_pair *pairs, size_t count)
{
	const struct rule	*rule;
	struct finding		 f;
	json_t			*facts;
	size_t			 i;

	for (i = 0; i < count; i++) {
		rule = rules_by_name(rules, pairs[i].code);
		facts = rules_json(pairs[i].speaks);
		if (!rules_ask(rule, facts, &f) || f.severity != pairs[i].severity)
			fail_msg("row %zu, %s: is silent, or of severity %d", i, pairs[i].code,
			    (int)f.severity);
		if (strstr(f.cause, pairs[i].says) == NULL &&
		    strstr(f.evidence, pairs[i].says) == NULL &&
		    strstr(f.cure[0], pairs[i].says) == NULL)
			fail_msg("row %zu: %s | %s | %s", i, f.cause, f.evidence, f.cure[0]);
		assert_true(f.cause[0] != '\0' && f.evidence[0] != '\0' && f.cure[0][0] != '\0');
		assert_true(strlen(f.cause) < 199 && strlen(f.evidence) < 199);
		json_decref(facts);
		facts = rules_json(pairs[i].silent);
		if (rules_ask(rule, facts, &f))
			fail_msg("row %zu, %s: speaks: %s", i, pairs[i].code, f.evidence);
		json_decref(facts);
	}
	for (rule = rules; rule->code != CODE_NONE; rule++) {
		for (i = 0; i < count && strcmp(pairs[i].code, code_row(rule->code)->name) != 0;
		    i++)
			continue;
		if (i == count)
			fail_msg("%s has no row", code_row(rule->code)->name);
	}
}

/* Of none of these facts a rule says anything more severe than this; with -1, nothing at all. */
static inline void
rules_quiet(const struct rule *rules, const char *const texts[], size_t count, int most)
{
	const struct rule	*rule;
	struct finding		 f;
	json_t			*facts;
	size_t			 i;

	for (i = 0; i < count; i++) {
		facts = rules_json(texts[i]);
		for (rule = rules; rule->code != CODE_NONE; rule++)
			if (rules_ask(rule, facts, &f) && (int)f.severity > most)
				fail_msg("facts %zu, %s: %s", i, code_row(rule->code)->name,
				    f.evidence);
		json_decref(facts);
	}
}

#endif
