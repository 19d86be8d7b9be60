/* SPDX-License-Identifier: ISC */
/* Unit tests: http1. */

#include "check.h"
#include "wire/http1.h"

#define OK		"HTTP/1.1 200 OK\r\n"
#define LONG_VALUE	50000

/* Replies, and what is to be known of them. The head is the text up to `rest`. */
static const struct {
	const char		*name;
	int			 upgrade;
	const char		*head;
	const char		*rest;
	enum http1_state	 state;
	int			 status;
	const char		*reason;
	long			 length;
	const char		*connect_error;
	const char		*dial_self;
	const char		*dial_addr;
} cases[] = {
	{ "bare", 0, OK "\r\n", "", HTTP1_HEAD, 200, "OK", -1, "", "", "" },
	{ "glued", 0, OK "\r\n", "SSH-2.0-x\r\n\r\n", HTTP1_HEAD, 200, "OK", -1, "", "", "" },
	{ "glued with NUL", 0, OK "\r\n", "\001\n", HTTP1_HEAD, 200, "OK", -1, "", "", "" },
	{ "1.0", 0, "HTTP/1.0 200 Connection established\r\n\r\n", "x", HTTP1_HEAD, 200,
	    "Connection established", -1, "", "", "" },
	{ "no reason", 0, "HTTP/1.1 200 \r\n\r\n", "x", HTTP1_HEAD, 200, "", -1, "", "", "" },
	{ "no reason and no blank", 0, "HTTP/1.1 200\r\n\r\n", "x", HTTP1_HEAD, 200, "", -1, "", "",
	    "" },
	{ "bare LF", 0, "HTTP/1.1 502 Bad Gateway\nContent-Length: 3\n\n", "\n", HTTP1_HEAD, 502,
	    "Bad Gateway", 3, "", "", "" },
	{ "both ends of lines", 0, "HTTP/1.1 200 OK\nX: y\r\n\n", "\r\n", HTTP1_HEAD, 200, "OK", -1,
	    "", "", "" },
	{ "the largest status", 0, "HTTP/1.1 599 x\r\n\r\n", "", HTTP1_HEAD, 599, "x", -1, "", "",
	    "" },
	{ "continue", 0, "HTTP/1.1 100 Continue\r\n\r\n" OK "\r\n", "x", HTTP1_HEAD, 200, "OK", -1,
	    "", "", "" },
	{ "several interim ones", 0,
	    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100\r\n\r\nHTTP/1.1 204\r\n\r\n",
	    "x", HTTP1_HEAD, 204, "", -1, "", "", "" },
	{ "interim only", 0, "HTTP/1.1 100 Continue\r\n\r\n", "", HTTP1_MORE, 0, NULL, -1, "", "",
	    "" },
	/* Passed over means all of it. */
	{ "headers of an interim one", 1,
	    "HTTP/1.1 103 Early Hints\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n"
	    "Dial-Self: true\r\nDial-Addr: 192.0.2.7:22\r\nTailscale-Connect-Error: x\r\n\r\n" OK "\r\n",
	    "", HTTP1_HEAD, 200, "OK", -1, "", "", "" },
	{ "upgrade", 1, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: ts-dial\r\n\r\n",
	    "SSH-2.0-x\r\n", HTTP1_HEAD, 101, "Switching Protocols", -1, "", "", "" },
	{ "continue, then upgrade", 1, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 x\r\n\r\n",
	    "\r\n", HTTP1_HEAD, 101, "x", -1, "", "", "" },
	{ "upgrade not asked for", 0,
	    "HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "x", HTTP1_HEAD, 200,
	    "OK", -1, "", "", "" },
	{ "refused upgrade", 1, "HTTP/1.1 404 Not Found\r\n\r\n", "", HTTP1_HEAD, 404, "Not Found",
	    -1, "", "", "" },
	{ "dial-self", 1,
	    OK "Dial-Self: true\r\nDial-Addr: 192.0.2.7:22\r\nContent-Length: 0\r\n\r\n", "",
	    HTTP1_HEAD, 200, "OK", 0, "", "true", "192.0.2.7:22" },
	{ "names in any case", 1,
	    OK "DIAL-SELF: true\r\ndial-addr: [fd7a::1]:22\r\ncOnTeNt-LeNgTh: 12\r\n\r\n", "",
	    HTTP1_HEAD, 200, "OK", 12, "", "true", "[fd7a::1]:22" },
	{ "blanks round values", 0,
	    OK "Dial-Self:true\r\nDial-Addr: \t  a b \t \r\nTailscale-Connect-Error:\r\n\r\n", "",
	    HTTP1_HEAD, 200, "OK", -1, "", "true", "a b" },
	{ "connect error", 0,
	    "HTTP/1.1 500 Internal Server Error\r\nTailscale-Connect-Error: dial tcp 100.64.0.9:22: i/o timeout"
	    "\r\nContent-Length: 41\r\n\r\n", "dial", HTTP1_HEAD, 500, "Internal Server Error", 41,
	    "dial tcp 100.64.0.9:22: i/o timeout", "", "" },
	{ "longer and shorter names", 0,
	    OK "Dial-Selfish: x\r\nXDial-Self: x\r\nDial: x\r\n: x\r\nDial-Self\r\n\r\n", "",
	    HTTP1_HEAD, 200, "OK", -1, "", "", "" },
	/*
	 * RFC 9112 5.1: no blank between name and colon; 5.2: a line that begins with one goes on.
	 */
	{ "blanks in the wrong place", 0,
	    OK "Dial-Self : x\r\n Dial-Self: x\r\n\tDial-Self: x\r\n\r\n", "", HTTP1_HEAD, 200,
	    "OK", -1, "", "", "" },
	{ "CR inside", 0, OK "Dial-Self: a\rb\r\n\r\n", "", HTTP1_HEAD, 200, "OK", -1, "", "a\rb",
	    "" },
	{ "chunked", 0, OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\n",
	    HTTP1_HEAD, 200, "OK", -1, "", "", "" },
	{ "length 0", 0, OK "Content-Length: 0\r\n\r\n", "", HTTP1_HEAD, 200, "OK", 0, "", "", "" },
	{ "length of no digits", 0, OK "Content-Length: x\r\n\r\n", "", HTTP1_HEAD, 200, "OK", -1,
	    "", "", "" },
	{ "length with a sign", 0, OK "Content-Length: +5\r\n\r\n", "", HTTP1_HEAD, 200, "OK", -1,
	    "", "", "" },
	{ "length below 0", 0, OK "Content-Length: -5\r\n\r\n", "", HTTP1_HEAD, 200, "OK", -1, "",
	    "", "" },
	{ "length of more digits than any number", 0,
	    OK "Content-Length: 99999999999999999999999999\r\n\r\n", "", HTTP1_HEAD, 200, "OK", -1,
	    "", "", "" },
	{ "lengths in a list", 0, OK "Content-Length: 5, 6\r\n\r\n", "", HTTP1_HEAD, 200, "OK", -1,
	    "", "", "" },
	{ "empty length", 0, OK "Content-Length:\r\n\r\n", "", HTTP1_HEAD, 200, "OK", -1, "", "",
	    "" },
	{ "hexadecimal length", 0, OK "Content-Length: 0x5\r\n\r\n", "", HTTP1_HEAD, 200, "OK", -1,
	    "", "", "" },
	{ "nothing", 0, "", "", HTTP1_MORE, 0, NULL, -1, "", "", "" },
	{ "the first byte", 0, "H", "", HTTP1_MORE, 0, NULL, -1, "", "", "" },
	{ "no end of line", 0, "HTTP/1.1 200 OK", "", HTTP1_MORE, 0, NULL, -1, "", "", "" },
	{ "no end of the head", 0, OK "X: y\r\n", "", HTTP1_MORE, 200, "OK", -1, "", "", "" },
	{ "half of the end of the head", 0, OK "X: y\r\n\r", "", HTTP1_MORE, 200, "OK", -1, "", "",
	    "" },
};

/*
 * What is no HTTP, and how many bytes at most it takes to see that: a peer may say no more than
 * these, and wait.
 */
static const struct {
	const char	*text;
	size_t		 seen;
} garbage[] = {
	{ "x", 1 },
	{ "\005\377", 1 },
	{ "SSH-2.0-OpenSSH_9.2\r\n", 1 },
	{ " HTTP/1.1 200 OK\r\n", 1 },
	{ "\r\nHTTP/1.1 200 OK\r\n", 1 },
	{ "\nHTTP/1.1 200 OK\r\n", 1 },
	{ "http/1.1 200 OK\r\n", 1 },
	{ "HELO\r\n", 2 },
	{ "HTTX", 4 },
	{ "HTTP 200", 5 },
	{ "HTTP/2 200\r\n", 6 },
	{ "HTTP/1 200 OK\r\n", 7 },
	{ "HTTP/1.x 200 OK\r\n", 17 },
	{ "HTTP/1.\r\n", 9 },
	{ "HTTP/1.10 200 OK\r\n", 18 },
	{ "HTTP/1.1  200 OK\r\n", 18 },
	{ "HTTP/1.1\t200 OK\r\n", 17 },
	{ "HTTP/1.1\r\n", 10 },
	{ "HTTP/1.1 \r\n", 11 },
	{ "HTTP/1.1 20\r\n", 13 },
	{ "HTTP/1.1 2000\r\n", 15 },
	{ "HTTP/1.1 2x0 OK\r\n", 17 },
	{ "HTTP/1.1 200OK\r\n", 16 },
	{ "HTTP/1.1 200-OK\r\n", 17 },
	{ "HTTP/1.1 -20 OK\r\n", 17 },
	{ "HTTP/1.1 000 OK\r\n", 17 },
	{ "HTTP/1.1 099 OK\r\n", 17 },
	{ "HTTP/1.1 600 OK\r\n", 17 },
	{ "HTTP/1.1 999 OK\r\n", 17 },
	{ "HTTP/1.1 100 Continue\r\n\r\nx", 26 },
	{ "HTTP/1.1 100 Continue\r\n\r\n\r\n", 27 },
};

/* All at once, in two pieces, or byte by byte: how many bytes are said to belong to the head. */
static size_t
feed(struct http1 *h, int upgrade, const char *text, size_t len, size_t piece, size_t then)
{
	enum http1_state	now;
	size_t			at = 0, total = 0, used, n;

	memset(h, 0, sizeof(*h));
	h->upgrade = upgrade;
	do {
		n = piece < len - at ? piece : len - at;
		piece = then;
		now = http1_feed(h, text + at, n, &used);
		assert_int_equal(now, h->state);
		assert_true(used <= n);
		if (h->state == HTTP1_MORE)
			assert_int_equal(used, n);
		at += n;
		total += used;
	} while (at < len && h->state == HTTP1_MORE);
	return (total);
}

static void
check_case(size_t i, size_t piece, size_t then)
{
	struct http1	h;
	char		text[1024];
	size_t		used;

	snprintf(text, sizeof(text), "%s%s", cases[i].head, cases[i].rest);
	used = feed(&h, cases[i].upgrade, text, strlen(text), piece, then);
	if (h.state != cases[i].state || used != strlen(cases[i].head))
		fail_msg("%s, first %zu bytes: state %d, %zu of %zu bytes", cases[i].name, piece,
		    h.state, used, strlen(cases[i].head));
	if (h.state == HTTP1_HEAD && (h.status != cases[i].status ||
	    strcmp(h.reason, cases[i].reason) != 0))
		fail_msg("%s, first %zu bytes: %d \"%s\"", cases[i].name, piece, h.status,
		    h.reason);
	if (http1_length(&h) != cases[i].length)
		fail_msg("%s: length %ld", cases[i].name, http1_length(&h));
	if (strcmp(h.connect_error, cases[i].connect_error) != 0 ||
	    strcmp(h.dial_self, cases[i].dial_self) != 0 ||
	    strcmp(h.dial_addr, cases[i].dial_addr) != 0)
		fail_msg("%s: \"%s\", \"%s\", \"%s\"", cases[i].name, h.connect_error, h.dial_self,
		    h.dial_addr);
	/* What is decided stays so, and nothing more belongs to it. */
	if (h.state != HTTP1_MORE) {
		assert_int_equal(http1_feed(&h, "x", 1, &used), cases[i].state);
		assert_int_equal(used, 0);
	}
}

static void
test_cases(void **state)
{
	size_t	i, split, len;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		len = strlen(cases[i].head) + strlen(cases[i].rest);
		check_case(i, len, len);
		check_case(i, 1, 1);
		for (split = 0; split <= len; split++)
			check_case(i, split, len);
	}
}

static void
test_garbage(void **state)
{
	struct http1	whole, h;
	size_t		i, split, used, len, n;

	(void)state;
	for (i = 0; i < COUNT(garbage); i++) {
		len = strlen(garbage[i].text);
		feed(&whole, 0, garbage[i].text, len, len, len);
		if (whole.state != HTTP1_BAD)
			fail_msg("taken for HTTP: %s", garbage[i].text);
		for (split = 0; split <= len; split++) {
			feed(&h, 0, garbage[i].text, len, split, len);
			if (h.state != HTTP1_BAD)
				fail_msg("taken for HTTP, in two pieces of %zu and more: %s", split,
				    garbage[i].text);
		}
		memset(&h, 0, sizeof(h));
		for (n = 0; h.state == HTTP1_MORE; n++)
			http1_feed(&h, garbage[i].text + n, 1, &used);
		if (n > garbage[i].seen)
			fail_msg("seen after %zu bytes only: %s", n, garbage[i].text);
	}
}

/* Wherever it is, also where nobody looks. */
static void
test_nul(void **state)
{
	static const char	head[] = "HTTP/1.1 200 OK\r\nX: y\r\n\r\n";
	struct http1		h;
	char			text[sizeof(head)];
	size_t			i;

	(void)state;
	for (i = 0; i < strlen(head); i++) {
		memcpy(text, head, sizeof(head));
		text[i] = '\0';
		feed(&h, 0, text, strlen(head), strlen(head), 0);
		if (h.state != HTTP1_BAD)
			fail_msg("at byte %zu", i);
		feed(&h, 0, text, strlen(head), 1, 1);
		assert_int_equal(h.state, HTTP1_BAD);
	}
	/* Behind the head it is not ours. */
	feed(&h, 0, head, sizeof(head), sizeof(head), 0);
	assert_int_equal(h.state, HTTP1_HEAD);
}

/* One long line; what is kept of it is its beginning. */
static void
check_long(const char *before, const char *behind, const char *(*get)(const struct http1 *))
{
	struct http1	 h;
	char		*text;
	size_t		 len, i;
	const char	*kept;

	len = strlen(before) + LONG_VALUE + strlen(behind);
	assert_non_null(text = malloc(len + 1));
	memcpy(text, before, strlen(before));
	for (i = 0; i < LONG_VALUE; i++)
		text[strlen(before) + i] = (char)('a' + i % 26);
	memcpy(text + strlen(before) + LONG_VALUE, behind, strlen(behind) + 1);
	for (i = 0; i < 3; i++) {
		assert_int_equal(feed(&h, 0, text, len, i == 0 ? len : 1, i == 1 ? len : 1), len);
		assert_int_equal(h.state, HTTP1_HEAD);
		kept = get(&h);
		if (strlen(kept) != HTTP1_TEXT_MAX - 1 ||
		    strncmp(kept, text + strlen(before), HTTP1_TEXT_MAX - 1) != 0)
			fail_msg("\"%s\": %zu bytes kept: %s", before, strlen(kept), kept);
		assert_int_equal(h.status, 403);
	}
	free(text);
}

static const char *
get_reason(const struct http1 *h)
{
	return (h->reason);
}

static const char *
get_connect_error(const struct http1 *h)
{
	return (h->connect_error);
}

static const char *
get_dial_addr(const struct http1 *h)
{
	/* What comes behind the long line is read as ever. */
	assert_string_equal(h->dial_self, "true");
	return (h->dial_addr);
}

static void
test_long(void **state)
{
	(void)state;
	check_long("HTTP/1.1 403 ", "\r\n\r\n", get_reason);
	check_long("HTTP/1.1 403 x\r\nTailscale-Connect-Error: ", "\r\n\r\n", get_connect_error);
	check_long("HTTP/1.1 403 x\nDial-Addr:  \t", "\nDial-Self: true\n\n", get_dial_addr);
}

/*
 * Lines of all lengths round that of what is kept: the CR at their end is never part of the value.
 */
static void
test_kept(void **state)
{
	struct http1	h;
	char		value[300], text[400];
	size_t		n;

	(void)state;
	memset(value, 'v', sizeof(value));
	for (n = 1; n < sizeof(value) - 1; n++) {
		snprintf(text, sizeof(text), OK "Dial-Addr: %.*s\r\n\r\n", (int)n, value);
		feed(&h, 0, text, strlen(text), strlen(text), 0);
		assert_int_equal(h.state, HTTP1_HEAD);
		if (strlen(h.dial_addr) != (n < HTTP1_TEXT_MAX - 1 ? n : HTTP1_TEXT_MAX - 1) ||
		    strchr(h.dial_addr, '\r') != NULL)
			fail_msg("%zu bytes, kept %zu", n, strlen(h.dial_addr));
	}
}

/* A head of so many bytes, an interim one of it first where asked for. */
static char *
make_head(size_t size, const char *start)
{
	char	*text;
	size_t	 at = strlen(start), n;

	assert_non_null(text = malloc(size + 1));
	memcpy(text, start, at);
	while (size - at > 2) {
		n = size - at - 2 < 100 ? size - at - 2 : 100;
		/* No line that would be the end. */
		if (size - at - 2 - n > 0 && size - at - 2 - n < 4)
			n -= 4;
		memset(text + at, 'x', n);
		memcpy(text + at + n - 2, "\r\n", 2);
		at += n;
	}
	memcpy(text + at, "\r\n", 3);
	return (text);
}

static void
test_limit(void **state)
{
	static const char *const	starts[] = { OK, "HTTP/1.1 100 Continue\r\n\r\n" OK };
	struct http1			h;
	char				*text;
	size_t				i, pieces, used;

	(void)state;
	for (i = 0; i < COUNT(starts); i++)
		for (pieces = 0; pieces < 2; pieces++) {
			text = make_head(HTTP1_HEAD_MAX, starts[i]);
			assert_int_equal(feed(&h, 0, text, HTTP1_HEAD_MAX,
			    pieces ? 1 : HTTP1_HEAD_MAX, 1), HTTP1_HEAD_MAX);
			assert_int_equal(h.state, HTTP1_HEAD);
			free(text);
			text = make_head(HTTP1_HEAD_MAX + 1, starts[i]);
			feed(&h, 0, text, HTTP1_HEAD_MAX + 1, pieces ? 1 : HTTP1_HEAD_MAX + 1, 1);
			assert_int_equal(h.state, HTTP1_BAD);
			free(text);
		}
	/* No end of interim ones: not for ever. */
	memset(&h, 0, sizeof(h));
	for (i = 0; h.state == HTTP1_MORE && i < HTTP1_HEAD_MAX; i++)
		http1_feed(&h, "HTTP/1.1 100 x\r\n\r\n", 18, &used);
	assert_int_equal(h.state, HTTP1_BAD);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_limit),
	};

	return (cmocka_run_group_tests_name("http1", tests, NULL, NULL));
}
