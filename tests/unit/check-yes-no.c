/* SPDX-License-Identifier: ISC */
/* Yes or no in the words of OpenSSH. */

#include "check.h"

#include "base/yes-no.h"

static void
test_words(void **state)
{
	static const struct {
		const char	*value;
		int		 is;
	} rows[] = {
		{ "yes",	1 },
		{ "Yes",	1 },
		{ "true",	1 },
		{ "TRUE",	1 },
		{ "no",		0 },
		{ "NO",		0 },
		{ "false",	0 },
		{ "off",	0 },
		{ "ask",	-1 },
		{ "auto",	-1 },
		{ "always",	-1 },
		{ "accept-new",	-1 },
		{ "none",	-1 },
		{ "on",		-1 },
		{ "1",		-1 },
		{ "0",		-1 },
		{ "yes ",	-1 },
		{ "nothing",	-1 },
		{ "",		-1 },
		{ NULL,		-1 },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_int_equal(yes_no(rows[i].value), rows[i].is);
}

static void
test_same(void **state)
{
	static const struct {
		const char	*one, *other;
		int		 same;
	} rows[] = {
		{ "no",		"false",	1 },
		{ "true",	"yes",		1 },
		{ "no",		"no",		1 },
		{ "None",	"none",		1 },
		{ "22",		"22",		1 },
		{ "no",		"true",		0 },
		{ "none",	"no",		0 },
		{ "22",		"23",		0 },
		{ "",		"no",		0 },
		{ "ask",	"auto",		0 },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(yes_no_same(rows[i].one, rows[i].other), rows[i].same);
		assert_int_equal(yes_no_same(rows[i].other, rows[i].one), rows[i].same);
	}
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_same),
	};

	return (cmocka_run_group_tests_name("yes-no", tests, NULL, NULL));
}
