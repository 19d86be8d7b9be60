/* SPDX-License-Identifier: ISC */
/* Unit tests: catalogue. */

#include "catalogue/catalogue.h"
#include "check.h"
#include "rules/rules.h"

/* Every row is whole: a code without a name, a rank or a cure is none. */
static void
test_rows(void **state)
{
	const struct code_row	*row;
	int			 code;

	(void)state;
	for (code = CODE_NONE + 1; code < CODE_COUNT; code++) {
		row = code_row((enum code)code);
		if (row->name[0] == '\0' || strnlen(row->name,
		    sizeof(row->name)) == sizeof(row->name))
			fail_msg("code %d has no name, or one too long", code);
		if (code_by_name(row->name) != (enum code)code)
			fail_msg("%s is there twice", row->name);
		if (row->kind < KIND_ERROR || row->kind > KIND_BOTH ||
		    row->severity > SEVERITY_ERROR || row->rank == 0)
			fail_msg("%s has no kind, severity or rank", row->name);
		if (row->cure[0] == '\0' || strnlen(row->cure,
		    sizeof(row->cure)) == sizeof(row->cure) ||
		    row->cure[strlen(row->cure) - 1] != '.')
			fail_msg("%s has no cure that is a sentence", row->name);
		if ((row->kind & KIND_ERROR) != 0 ? row->status < 64 || row->status > 78 ||
		    row->hint[0] == '\0' || strnlen(row->hint,
		    sizeof(row->hint)) == sizeof(row->hint) : row->status != 0 ||
		    row->hint[0] != '\0')
			fail_msg("%s: an error, and no other, has an exit status and a hint",
			    row->name);
	}
	assert_int_equal(code_by_name("no such code"), CODE_NONE);
	assert_int_equal(code_by_name(code_row(CODE_NONE)->name), CODE_NONE);
	assert_string_equal(code_row(CODE_NO_MEMORY)->hint, ERROR_HINT_NO_MEMORY);
}

/* What is a finding has a rule, and one only; and a rule has a finding. */
static void
test_rules(void **state)
{
	const struct rule	*const *table, *rule;
	int			 rules[CODE_COUNT] = { 0 }, code;

	(void)state;
	for (table = rules_tables; *table != NULL; table++)
		for (rule = *table; rule->code != CODE_NONE; rule++)
			rules[rule->code]++;
	for (code = CODE_NONE; code < CODE_COUNT; code++)
		if (rules[code] != ((code_row((enum code)code)->kind & KIND_FINDING) != 0))
			fail_msg("%s has %d rules", code_row((enum code)code)->name, rules[code]);
}

/* Of attempts that failed the race tells the first of these; those in one row tell as much. */
static void
test_ranks(void **state)
{
	static const enum code	order[][8] = {
		{ CODE_NO_DESCRIPTORS, CODE_NO_MEMORY },
		{ CODE_REFUSED, CODE_SERVER_CLOSED, CODE_SERVER_SILENT },
		{ CODE_PEER_UNKNOWN, CODE_BLOCKED },
		{ CODE_MESH_DOWN, CODE_MESH_HUNG, CODE_MESH_STOPPED, CODE_MESH_LOGGED_OUT,
		    CODE_MESH_UNAPPROVED, CODE_MESH_OTHER_USER, CODE_MESH_NO_STATE,
		    CODE_MESH_PERMISSION_DENIED },
		{ CODE_PROXY_AUTH, CODE_PROXY_REFUSED },
		{ CODE_NO_ANSWER },
		{ CODE_NO_ROUTE, CODE_PROXY_FAILED },
		{ CODE_NAME_UNKNOWN, CODE_NAME_LOOKUP, CODE_NAME_TIMEOUT, CODE_MESH_UNEXPECTED },
		{ CODE_PROXY_SILENT },
		{ CODE_PROXY_CLOSED, CODE_NOT_A_PROXY, CODE_NO_PROXY },
		{ CODE_PROXY_DOWN },
		{ CODE_BAD_HOST, CODE_SYSTEM }
	};
	size_t	i, j;
	int	rank, above = 256;

	(void)state;
	for (i = 0; i < COUNT(order); i++) {
		rank = code_row(order[i][0])->rank;
		assert_true(rank < above);
		above = rank;
		for (j = 0; j < COUNT(order[i]) && order[i][j] != CODE_NONE; j++)
			if (code_row(order[i][j])->rank != rank)
				fail_msg("%s: rank %d, wanted %d", code_row(order[i][j])->name,
				    code_row(order[i][j])->rank, rank);
	}
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_ranks),
	};

	return (cmocka_run_group_tests_name("catalogue", tests, NULL, NULL));
}
