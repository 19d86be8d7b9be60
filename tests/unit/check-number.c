/* SPDX-License-Identifier: ISC */
/* Numbers that a person or a file gives. */

#include "check.h"

#include "base/number.h"

static void
test_bounds(void **state)
{
	static const struct {
		const char	*text;
		long long	 min;
		long long	 max;
		long long	 is;	/* -1: refused */
	} rows[] = {
		{ "0",				0,	0,		0 },
		{ "007",			0,	9,		7 },
		{ "1460",			536,	1460,		1460 },
		{ "535",			536,	1460,		-1 },
		{ "1461",			536,	1460,		-1 },
		{ "4294967295",			0,	UINT32_MAX,	4294967295 },
		{ "9223372036854775807",	0,	INT64_MAX,	INT64_MAX },
		{ "9223372036854775808",	0,	INT64_MAX,	-1 },
		{ "99999999999999999999999",	0,	INT64_MAX,	-1 },
		{ "",				0,	9,		-1 },
		{ " 1",				0,	9,		-1 },
		{ "1 ",				0,	9,		-1 },
		{ "+1",				0,	9,		-1 },
		{ "-1",				-9,	9,		-1 },
		{ "0x1",			0,	9,		-1 },
	};
	long long	n;
	size_t		i;
	int		small;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		n = -1;
		assert_int_equal(number_parse_long(rows[i].text, rows[i].min, rows[i].max, &n),
		    rows[i].is == -1 ? -1 : 0);
		assert_true(n == rows[i].is);
	}
	small = -1;
	assert_int_equal(number_parse("4294967296", 0, 9, &small), -1);
	assert_int_equal(small, -1);
	assert_int_equal(number_parse("9", 0, 9, &small), 0);
	assert_int_equal(small, 9);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_bounds),
	};

	return (cmocka_run_group_tests_name("number", tests, NULL, NULL));
}
