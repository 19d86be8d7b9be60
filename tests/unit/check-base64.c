/* SPDX-License-Identifier: ISC */
/* Unit tests: base64. */

#include "base/base64.h"
#include "check.h"

static const struct {
	const char	*data;
	size_t		 len;
	const char	*text;
} cases[] = {
	/* RFC 4648 section 10. */
	{ "", 0, "" },
	{ "f", 1, "Zg==" },
	{ "fo", 2, "Zm8=" },
	{ "foo", 3, "Zm9v" },
	{ "foob", 4, "Zm9vYg==" },
	{ "fooba", 5, "Zm9vYmE=" },
	{ "foobar", 6, "Zm9vYmFy" },
	/* RFC 7617 section 2, and the one with a byte of more than seven bits of 2.1. */
	{ "Aladdin:open sesame", 19, "QWxhZGRpbjpvcGVuIHNlc2FtZQ==" },
	{ "test:123\302\243", 10, "dGVzdDoxMjPCow==" },
	{ "\0", 1, "AA==" },
	{ "\0\0\0", 3, "AAAA" },
	{ "\377", 1, "/w==" },
	{ "\377\377\377", 3, "////" },
	{ "\373\360\0\200\377", 5, "+/AAgP8=" },
};

static void
test_cases(void **state)
{
	char	buf[64];
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(BASE64_SIZE(cases[i].len), strlen(cases[i].text) + 1);
		memset(buf, '#', sizeof(buf));
		assert_ptr_equal(base64(buf, BASE64_SIZE(cases[i].len), cases[i].data,
		    cases[i].len), buf);
		if (strcmp(buf, cases[i].text) != 0)
			fail_msg("%s is given as %s", cases[i].text, buf);
		/* Nothing is written behind the end. */
		assert_int_equal(buf[BASE64_SIZE(cases[i].len)], '#');
	}
}

static void
test_decode(void **state)
{
	char	buf[64];
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		memset(buf, '#', sizeof(buf));
		assert_int_equal(base64_decode(buf, cases[i].len + 1, cases[i].text,
		    strlen(cases[i].text)), cases[i].len);
		assert_memory_equal(buf, cases[i].data, cases[i].len);
		assert_int_equal(buf[cases[i].len], '\0');
		assert_int_equal(buf[cases[i].len + 1], '#');
		if (cases[i].len > 0)
			assert_int_equal(base64_decode(buf, cases[i].len, cases[i].text,
			    strlen(cases[i].text)), -1);
	}
	assert_int_equal(base64_decode(buf, sizeof(buf), "Zm9!", 4), -1);
	assert_int_equal(base64_decode(buf, sizeof(buf), "Zm9\0", 4), -1);
	assert_int_equal(base64_decode(buf, sizeof(buf), "Zm9vYmFy", 4), 3);
}

static void
test_small(void **state)
{
	char	buf[16];
	size_t	size;

	(void)state;
	for (size = 1; size < BASE64_SIZE(4); size++) {
		memset(buf, '#', sizeof(buf));
		assert_ptr_equal(base64(buf, size, "foob", 4), buf);
		assert_string_equal(buf, "");
		assert_int_equal(buf[size], '#');
	}
	/* More room than is needed does no harm. */
	assert_string_equal(base64(buf, sizeof(buf), "foob", 4), "Zm9vYg==");
}

/* Each digit of the alphabet, in its order: RFC 4648 table 1. */
static void
test_alphabet(void **state)
{
	static const char	alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned char		data[48];
	char			buf[BASE64_SIZE(48)];
	unsigned int		i;

	(void)state;
	memset(data, 0, sizeof(data));
	for (i = 0; i < 64 * 6; i++)
		if (i / 6 >> (5 - i % 6) & 1)
			data[i / 8] |= (unsigned char)(0x80 >> i % 8);
	assert_string_equal(base64(buf, sizeof(buf), (const char *)data, sizeof(data)), alphabet);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_alphabet),
	};

	return (cmocka_run_group_tests_name("base64", tests, NULL, NULL));
}
