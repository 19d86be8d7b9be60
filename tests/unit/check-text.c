/* SPDX-License-Identifier: ISC */
/* Unit tests: text. */

#include "base/json.h"
#include "base/text.h"
#include "check.h"

static void
test_char(void **state)
{
	static const struct {
		const char	*text;
		int		 len;
	} rows[] = {
		{ "a", 1 }, { "~b", 1 }, { "\xc3\xa4x", 2 }, { "\xe2\x82\xac", 3 },
		    { "\xf0\x9f\x90\x90", 4 }, { "\xc2\xa0", 2 },
		{ "\033[2J", -1 }, { "\n", -1 }, { "\x7f", -1 }, { "\x9b", -1 }, { "\x85", -1 },
		    { "\xff", -1 },
		/* C1, as bytes of UTF-8. */
		{ "\xc2\x80", -2 }, { "\xc2\x9b", -2 }, { "\xc2\x9f", -2 },
		/* Marks of directions, of lines, and what is not seen at all. */
		{ "\xe2\x80\xae", -3 }, { "\xe2\x81\xa6", -3 }, { "\xe2\x80\x8f", -3 },
		    { "\xd8\x9c", -2 }, { "\xe2\x80\xa8", -3 },
		{ "\xe2\x80\x8b", -3 }, { "\xf3\xa0\x80\xa0", -4 },
		/* Not UTF-8: cut, too long, surrogates, beyond the last. */
		{ "\xc3", -1 }, { "\xc3(", -1 }, { "\xe2\x82", -1 }, { "\xc0\x80", -1 },
		    { "\xe0\x80\x9b", -1 }, { "\xed\xa0\x80", -3 },
		{ "\xf4\x90\x80\x80", -4 }, { "\xf8\x88\x80\x80\x80", -1 },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		if (text_char(rows[i].text, strlen(rows[i].text)) != rows[i].len)
			fail_msg("row %zu: %d", i, text_char(rows[i].text, strlen(rows[i].text)));
	assert_int_equal(text_char("\0", 1), -1);
	assert_int_equal(text_char("\xc3\xa4", 1), -1);
}

/* A document of others is printed in ASCII, and is the same when it is read again. */
static void
test_json(void **state)
{
	static const char	 given[] = "{\"a\": \"\xc2\x9b\x7f\xe2\x80\xae\\u001b\", \"b\xc2\x85\": \"\xc3\xa4\"}";
	json_t			*doc = json_parse(given, sizeof(given) - 1, 0), *again;
	char			*text = NULL;
	size_t			 len, i;
	FILE			*fp = open_memstream(&text, &len);

	(void)state;
	assert_non_null(doc);
	assert_non_null(fp);
	json_print(fp, doc, JSON_COMPACT);
	fclose(fp);
	for (i = 0; i + 1 < len; i++)
		assert_within(text[i], ' ', '~');
	assert_int_equal(text[len - 1], '\n');
	again = json_parse(text, len, 0);
	assert_true(json_equal(doc, again));
	json_decref(again);
	json_decref(doc);
	free(text);
}

static void
test_within(void **state)
{
	static const struct {
		const char	*text;
		int		 within;		/* three members, three bytes */
	} rows[] = {
		{ "[1, 2, 3]", 1 }, { "[1, 2, 3, 4]", 0 }, { "{\"a\": [[1, 2, 3, 4]]}", 0 },
		    { "[\"abc\"]", 1 }, { "[[\"abcd\"]]", 0 },
		{ "{\"abcd\": 1}", 0 }, { "{\"a\": 1, \"b\": 1, \"c\": 1}", 1 },
		    { "{\"a\": 1, \"b\": 1, \"c\": 1, \"d\": 1}", 0 },
		{ "[{}, [], [1]]", 1 },
	};
	json_t	*doc;
	size_t	 i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_non_null(doc = json_parse(rows[i].text, strlen(rows[i].text), 0));
		if (json_within(doc, 3, 3) != rows[i].within)
			fail_msg("%s", rows[i].text);
		json_decref(doc);
	}
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_char),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_within),
	};

	return (cmocka_run_group_tests_name("text", tests, NULL, NULL));
}
