/* SPDX-License-Identifier: ISC */
/* Unit tests: names. */

#include "base/error.h"
#include "base/names.h"
#include "check.h"

static void
test_parse(void **state)
{
	static const struct {
		const char	*list;
		enum code	 code;
		const char	*text;		/* in the error, or all the names behind the host */
	}			rows[] = {
		{ "b", CODE_NONE, "b" },
		{ "b,192.0.2.1,2001:db8::1,fe80::1%eth0", CODE_NONE,
		    "b 192.0.2.1 2001:db8::1 fe80::1%eth0" },
		{ "host,b", CODE_NONE, "b" },
		{ "HOST", CODE_NONE, "" },
		{ "b,Host,c", CODE_NONE, "b c" },
		{ "1,2,3,4,5,6,7,8", CODE_NONE, "1 2 3 4 5 6 7 8" },
		{ "1,2,3,4,5,host,6,7,8", CODE_NONE, "1 2 3 4 5 6 7 8" },
		{ "1,2,3,4,5,6,7,8,9", CODE_USAGE, "at most 8" },
		{ "", CODE_USAGE, "empty" },
		{ "b,", CODE_USAGE, "empty" },
		{ ",b", CODE_USAGE, "empty" },
		{ "b,,c", CODE_USAGE, "empty" },
		{ "b,c,B", CODE_USAGE, "B is listed twice" },
		{ "b,c:22", CODE_USAGE, "c:22 has a port" },
		{ "b, c", CODE_BAD_HOST, "\" c\"" },
		{ "-b", CODE_BAD_HOST, "\"-b\"" },
		{ "b,$(c)", CODE_BAD_HOST, "\"$(c)\"" },
		{ "b\nc", CODE_BAD_HOST, "\"b\\nc\"" },
	};
	struct names		names;
	struct error		err;
	char			text[200], longest[ADDR_HOST_MAX + 2];
	size_t			i;
	int			n;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		n = names_parse(rows[i].list, "host", &names, &err);
		if (n != (rows[i].code == CODE_NONE ? 0 : -1))
			fail_msg("%s: %d", rows[i].list, n);
		if (n == -1) {
			assert_int_equal(err.code, rows[i].code);
			if (strstr(err.text, rows[i].text) == NULL)
				fail_msg("%s: %s", rows[i].list, err.text);
			continue;
		}
		assert_string_equal(names.hosts[0], "host");
		for (text[0] = '\0', n = 1; n < names.count; n++) {
			strlcat(text, n > 1 ? " " : "", sizeof(text));
			strlcat(text, names.hosts[n], sizeof(text));
		}
		assert_string_equal(text, rows[i].text);
	}
	memset(longest, 'a', sizeof(longest));
	longest[ADDR_HOST_MAX + 1] = '\0';
	assert_int_equal(names_parse(longest, "host", &names, &err), -1);
	longest[ADDR_HOST_MAX] = '\0';
	assert_int_equal(names_parse(longest, "host", &names, &err), 0);
	assert_string_equal(names.hosts[1], longest);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_parse),
	};

	return (cmocka_run_group_tests_name("names", tests, NULL, NULL));
}
