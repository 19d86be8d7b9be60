/* SPDX-License-Identifier: ISC */
/* Unit tests: dns. */

#include "check.h"
#include "wire/dns.h"

#define BYTES(text) text, sizeof(text) - 1
/* The answer's head with this many records, then the question for a.b, IPv4. */
#define HEAD(flags, rcode, records) "\x12\x34" flags rcode "\0\1\0" records "\0\0\0\0"
#define QUESTION "\1a\1b\0\0\1\0\1"
#define RECORD(name, type, len) name "\0" type "\0\1\0\0\0\36\0" len

static const struct {
	const char	*what;
	const char	*bytes;
	size_t		 len;
	int		 result;
	int		 rcode;
	int		 count;
	const char	*first;		/* the last byte of the first address */
} answers[] = {
	{ "an address", BYTES(HEAD("\x81", "\x80", "\1") QUESTION RECORD("\xc0\x0c", "\1",
	    "\4") "\x64\1\2\3"), 0, 0, 1, "\3" },
	{ "an alias and two", BYTES(HEAD("\x81", "\x80", "\3") QUESTION RECORD("\xc0\x0c", "\5",
	    "\4") "\1c\xc0\x0e" RECORD("\1c\xc0\x0e", "\1", "\4") "\1\1\1\1" RECORD("\1c\1b\0",
	    "\1", "\4") "\2\2\2\2"), 0, 0, 2, "\1" },
	{ "letters in another case", BYTES(HEAD("\x81", "\x80",
	    "\1") "\1A\1b\0\0\1\0\1" RECORD("\xc0\x0c", "\1", "\4") "\x64\1\2\3"), 0, 0, 1, "\3" },
	{ "no such name", BYTES(HEAD("\x81", "\x83", "\0") QUESTION), 0, 3, 0, NULL },
	{ "nothing", BYTES(HEAD("\x81", "\x80", "\0") QUESTION), 0, 0, 0, NULL },
	{ "another class", BYTES(HEAD("\x81", "\x80",
	    "\1") QUESTION "\xc0\x0c\0\1\0\3\0\0\0\36\0\4\1\2\3\4"), 0, 0, 0, NULL },
	{ "an address of 5 bytes", BYTES(HEAD("\x81", "\x80", "\1") QUESTION RECORD("\xc0\x0c",
	    "\1", "\5") "\1\2\3\4\5"), 0, 0, 0, NULL },
	{ "cut, and said so", BYTES(HEAD("\x83", "\x80", "\2") QUESTION RECORD("\xc0\x0c", "\1",
	    "\4") "\x64\1\2\3"), 0, 0, 1, "\3" },
	{ "cut, and not said", BYTES(HEAD("\x81", "\x80", "\2") QUESTION RECORD("\xc0\x0c", "\1",
	    "\4") "\x64\1\2\3"), -1, 0, 0, NULL },
	{ "cut within an address", BYTES(HEAD("\x81", "\x80", "\1") QUESTION RECORD("\xc0\x0c",
	    "\1", "\4") "\x64\1"), -1, 0, 0, NULL },
	{ "another number", BYTES("\x12\x35\x81\x80\0\1\0\0\0\0\0\0" QUESTION), -1, 0, 0, NULL },
	{ "another name", BYTES(HEAD("\x81", "\x80", "\0") "\1a\1c\0\0\1\0\1"), -1, 0, 0, NULL },
	{ "another type", BYTES(HEAD("\x81", "\x80", "\0") "\1a\1b\0\0\34\0\1"), -1, 0, 0, NULL },
	{ "a question", BYTES(HEAD("\1", "\0", "\0") QUESTION), -1, 0, 0, NULL },
	{ "no question in it", BYTES("\x12\x34\x81\x80\0\0\0\0\0\0\0\0" QUESTION), -1, 0, 0, NULL },
	{ "a label of an odd kind", BYTES(HEAD("\x81", "\x80", "\1") QUESTION RECORD("\x80\0", "\1",
	    "\4") "\1\2\3\4"), -1, 0, 0, NULL },
	{ "an endless name", BYTES(HEAD("\x81", "\x80", "\1") QUESTION "\77aaa"), -1, 0, 0, NULL },
	{ "a short one", BYTES("\x12\x34\x81"), -1, 0, 0, NULL },
	{ "none", BYTES(""), -1, 0, 0, NULL },
};

static void
test_answers(void **state)
{
	unsigned char		query[DNS_QUERY_MAX];
	struct dns_answer	answer;
	size_t			i, len;

	(void)state;
	len = dns_query(query, sizeof(query), 0x1234, "a.b", DNS_A);
	for (i = 0; i < COUNT(answers); i++) {
		answer.count = -7;
		if (dns_parse((const unsigned char *)answers[i].bytes, answers[i].len, query, len,
		    &answer) != answers[i].result)
			fail_msg("%s: not %d", answers[i].what, answers[i].result);
		/* What is refused leaves nothing behind. */
		if (answers[i].result == -1) {
			assert_int_equal(answer.count, -7);
			continue;
		}
		if (answer.rcode != answers[i].rcode || answer.count != answers[i].count)
			fail_msg("%s: %d, %d addresses", answers[i].what, answer.rcode,
			    answer.count);
		if (answers[i].first != NULL)
			assert_int_equal(answer.addresses[0].bytes[3], answers[i].first[0]);
	}
}

static void
test_ipv6(void **state)
{
	static const char	start[] = HEAD("\x81", "\x80",
				    "\1") "\1a\1b\0\0\34\0\1" RECORD("\xc0\x0c", "\34",
				    "\20") "\xfd\x7a\x11\x5c\xa1\xe0\0\0\0\0\0\0\0\0\0\1";
	unsigned char		query[DNS_QUERY_MAX];
	struct dns_answer	answer;
	size_t			len;

	(void)state;
	len = dns_query(query, sizeof(query), 0x1234, "a.b.", DNS_AAAA);
	assert_int_equal(dns_parse((const unsigned char *)start, sizeof(start) - 1, query, len,
	    &answer), 0);
	assert_int_equal(answer.count, 1);
	assert_int_equal(answer.addresses[0].ipv6, 1);
	assert_int_equal(answer.addresses[0].bytes[15], 1);
}

static void
test_queries(void **state)
{
	unsigned char	buf[DNS_QUERY_MAX];
	char		name[400];
	size_t		i;

	(void)state;
	assert_int_equal(dns_query(buf, sizeof(buf), 0x1234, "a.b", DNS_A), 12 + 5 + 4);
	assert_memory_equal(buf, "\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\1b\0\0\1\0\1", 21);
	assert_int_equal(dns_query(buf, 20, 0x1234, "a.b", DNS_A), 0);
	assert_int_equal(dns_query(buf, sizeof(buf), 0, "", DNS_A), 0);
	assert_int_equal(dns_query(buf, sizeof(buf), 0, ".", DNS_A), 0);
	assert_int_equal(dns_query(buf, sizeof(buf), 0, "a..b", DNS_A), 0);
	memset(name, 'x', 64);
	strcpy(name + 63, ".y");
	assert_int_equal(dns_query(buf, sizeof(buf), 0, name, DNS_A), 12 + 64 + 2 + 1 + 4);
	memset(name, 'x', 64);
	strcpy(name + 64, ".y");
	assert_int_equal(dns_query(buf, sizeof(buf), 0, name, DNS_A), 0);
	/* 127 labels of one letter are the longest name; its length is 253 as it is written. */
	for (i = 0; i < 127; i++)
		memcpy(name + 2 * i, "a.", 3);
	assert_int_equal(dns_query(buf, sizeof(buf), 0, name, DNS_A), 12 + 255 + 4);
	strcat(name, "a");
	assert_int_equal(dns_query(buf, sizeof(buf), 0, name, DNS_A), 0);
}

static void
test_rcodes(void **state)
{
	int	i;

	(void)state;
	for (i = 0; i < 16; i++)
		assert_true(strlen(dns_rcode(i)) > 0);
	assert_string_equal(dns_rcode(3), "no such name");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_queries),
		cmocka_unit_test(test_rcodes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
