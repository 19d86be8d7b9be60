/* SPDX-License-Identifier: ISC */
/* Unit tests: socks5. */

#include "catalogue/catalogue.h"
#include "check.h"
#include "wire/socks5.h"

#define INET	"\005\0\0\001\177\0\0\001\0\026"			/* connected; bound to 127.0.0.1 port 22 */
#define INET6	"\005\0\0\004\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\001\0\026"	/* to ::1 */

/* Text with NULs in it, and its length. */
#define BYTES(text)	(const unsigned char *)(text), sizeof(text) - 1

/*
 * What is said to the proxy, turn by turn, if it says yes to everything: RFC 1928 3 and 4, RFC 1929
 * 2.
 */
static const struct {
	const char		*host;
	int			 port;
	const char		*user, *password;
	const unsigned char	*identification;
	size_t			 identification_len;
	const unsigned char	*login;
	size_t			 login_len;
	const unsigned char	*request;
	size_t			 request_len;
} requests[] = {
	{ "nas", 22, NULL, NULL, BYTES("\005\001\0"), BYTES(""),
	    BYTES("\005\001\0\003\003nas\0\026") },
	{ "build-01.mesh.example.", 65535, NULL, NULL, BYTES("\005\001\0"), BYTES(""),
	    BYTES("\005\001\0\003\026build-01.mesh.example.\377\377") },
	{ "100.64.0.2", 22, NULL, NULL, BYTES("\005\001\0"), BYTES(""),
	    BYTES("\005\001\0\001\144\100\0\002\0\026") },
	{ "fd7a:115c:a1e0::2", 2222, NULL, NULL, BYTES("\005\001\0"), BYTES(""),
	    BYTES("\005\001\0\004\375\172\021\134\241\340\0\0\0\0\0\0\0\0\0\002\010\256") },
	{ "::ffff:1.2.3.4", 1, NULL, NULL, BYTES("\005\001\0"), BYTES(""),
	    BYTES("\005\001\0\004\0\0\0\0\0\0\0\0\0\0\377\377\001\002\003\004\0\001") },
	/* No addresses, whatever old resolvers make of them. */
	{ "1.2.3", 256, NULL, NULL, BYTES("\005\001\0"), BYTES(""),
	    BYTES("\005\001\0\003\0051.2.3\001\0") },
	{ "nas", 22, "user", "secret", BYTES("\005\002\0\002"), BYTES("\001\004user\006secret"),
	    BYTES("\005\001\0\003\003nas\0\026") },
	{ "100.64.0.2", 22, "u", "p:\303\244", BYTES("\005\002\0\002"),
	    BYTES("\001\001u\004p:\303\244"), BYTES("\005\001\0\001\144\100\0\002\0\026") },
};

static void
begin(struct socks5 *s, int login)
{
	assert_int_equal(socks5_begin(s, "nas", 22, login ? "user" : NULL, login ? "secret" : NULL),
	    0);
	assert_int_equal(s->state, SOCKS5_SEND);
	assert_int_equal(socks5_sent(s), SOCKS5_RECV);
}

/*
 * Feed as much as is wanted, in pieces, and "send" what is to be sent; returns the bytes that were
 * taken.
 */
static size_t
talk(struct socks5 *s, const unsigned char *bytes, size_t len, size_t piece)
{
	size_t	at = 0, n;

	while (s->state == SOCKS5_RECV && at < len) {
		n = socks5_want(s);
		assert_true(n > 0);
		n = n < piece ? n : piece;
		n = n < len - at ? n : len - at;
		if (socks5_feed(s, bytes + at, n) == SOCKS5_SEND)
			socks5_sent(s);
		at += n;
	}
	return (at);
}

static void
check_out(const struct socks5 *s, size_t i, const unsigned char *bytes, size_t len)
{
	assert_int_equal(s->state, SOCKS5_SEND);
	if (s->out_len != len || memcmp(s->out, bytes, len) != 0)
		fail_msg("request %zu (%s): %zu bytes instead of %zu", i, requests[i].host,
		    s->out_len, len);
}

static void
test_requests(void **state)
{
	struct socks5	s;
	size_t		i;

	(void)state;
	for (i = 0; i < COUNT(requests); i++) {
		assert_int_equal(socks5_begin(&s, requests[i].host, requests[i].port,
		    requests[i].user, requests[i].password), 0);
		check_out(&s, i, requests[i].identification, requests[i].identification_len);
		assert_int_equal(socks5_sent(&s), SOCKS5_RECV);
		assert_int_equal(socks5_want(&s), 2);
		if (requests[i].user != NULL) {
			socks5_feed(&s, BYTES("\005\002"));
			check_out(&s, i, requests[i].login, requests[i].login_len);
			assert_int_equal(socks5_sent(&s), SOCKS5_RECV);
			assert_int_equal(socks5_want(&s), 2);
			socks5_feed(&s, BYTES("\001\0"));
		} else
			socks5_feed(&s, BYTES("\005\0"));
		check_out(&s, i, requests[i].request, requests[i].request_len);
		assert_int_equal(socks5_sent(&s), SOCKS5_RECV);
		assert_int_equal(talk(&s, BYTES(INET "SSH-2.0-x\r\n"), SIZE_MAX), sizeof(INET) - 1);
		assert_int_equal(s.state, SOCKS5_DONE);
		assert_int_equal(s.code, CODE_NONE);
	}
	/* The proxy need not ask for the credentials that it could have. */
	begin(&s, 1);
	socks5_feed(&s, BYTES("\005\0"));
	assert_int_equal(s.out[1], 1);
	assert_int_equal(s.out[3], 3);
}

/* The longest of everything. */
static void
test_longest(void **state)
{
	struct socks5	s;
	char		host[SOCKS5_PART_MAX + 2], user[SOCKS5_PART_MAX + 2],
			    password[SOCKS5_PART_MAX + 2];

	(void)state;
	memset(host, 'h', sizeof(host));
	memset(user, 'u', sizeof(user));
	memset(password, 'p', sizeof(password));
	host[SOCKS5_PART_MAX] = user[SOCKS5_PART_MAX] = password[SOCKS5_PART_MAX] = '\0';
	assert_int_equal(socks5_begin(&s, host, 22, user, password), 0);
	socks5_sent(&s);
	assert_int_equal(socks5_feed(&s, BYTES("\005\002")), SOCKS5_SEND);
	assert_int_equal(s.out_len, 3 + 2 * SOCKS5_PART_MAX);
	assert_int_equal(s.out[1], 255);
	assert_memory_equal(s.out + 2, user, SOCKS5_PART_MAX);
	assert_int_equal(s.out[257], 255);
	assert_memory_equal(s.out + 258, password, SOCKS5_PART_MAX);
	socks5_sent(&s);
	assert_int_equal(socks5_feed(&s, BYTES("\001\0")), SOCKS5_SEND);
	assert_int_equal(s.out_len, 4 + 1 + SOCKS5_PART_MAX + 2);
	assert_int_equal(s.out[4], 255);
	assert_memory_equal(s.out + 5, host, SOCKS5_PART_MAX);
}

static void
test_begin_bad(void **state)
{
	static char	longest[SOCKS5_PART_MAX + 2];
	const struct {
		const char	*name, *host, *user, *password;
		enum code	 code;
	}		cases[] = {
		{ "long host", longest, NULL, NULL, CODE_BAD_HOST },
		{ "zone", "fe80::1%eth0", NULL, NULL, CODE_BAD_HOST },
		{ "long user", "nas", longest, "p", CODE_PROXY_AUTH },
		{ "long password", "nas", "u", longest, CODE_PROXY_AUTH },
		{ "empty user", "nas", "", "p", CODE_PROXY_AUTH },
		{ "empty password", "nas", "u", "", CODE_PROXY_AUTH },
	};
	struct socks5	s;
	size_t		i;

	(void)state;
	memset(longest, 'x', SOCKS5_PART_MAX + 1);
	for (i = 0; i < COUNT(cases); i++) {
		if (socks5_begin(&s, cases[i].host, 22, cases[i].user, cases[i].password) != -1 ||
		    s.code != cases[i].code || s.text == NULL)
			fail_msg("%s", cases[i].name);
		assert_int_equal(s.state, SOCKS5_FAILED);
	}
}

/* All that the proxy says, how it ends, and how many bytes of it are at most taken. */
static const struct {
	const char		*name;
	int			 login;
	const unsigned char	*bytes;
	size_t			 len;
	enum socks5_state	 state;
	enum code		 code;
	size_t			 taken;
} replies[] = {
	{ "IPv4", 0, BYTES("\005\0" INET "SSH-"), SOCKS5_DONE, CODE_NONE, 12 },
	{ "IPv6", 0, BYTES("\005\0" INET6 "SSH-"), SOCKS5_DONE, CODE_NONE, 24 },
	{ "name", 0, BYTES("\005\0\005\0\0\003\003nas\0\026SSH-"), SOCKS5_DONE, CODE_NONE, 12 },
	{ "empty name", 0, BYTES("\005\0\005\0\0\003\0\0\026SSH-"), SOCKS5_DONE, CODE_NONE, 9 },
	{ "glued NULs", 0, BYTES("\005\0" INET "\0\0\0\0"), SOCKS5_DONE, CODE_NONE, 12 },
	{ "reserved byte set", 0, BYTES("\005\0\005\0\377\001\177\0\0\001\0\026S"), SOCKS5_DONE,
	    CODE_NONE, 12 },
	{ "login", 1, BYTES("\005\002\001\0" INET "SSH-"), SOCKS5_DONE, CODE_NONE, 14 },
	{ "login not wanted", 1, BYTES("\005\0" INET6 "SSH-"), SOCKS5_DONE, CODE_NONE, 24 },
	{ "nothing", 0, BYTES(""), SOCKS5_RECV, CODE_NONE, 0 },
	{ "half a method", 0, BYTES("\005"), SOCKS5_RECV, CODE_NONE, 1 },
	{ "half a login", 1, BYTES("\005\002\001"), SOCKS5_RECV, CODE_NONE, 3 },
	{ "half a reply", 0, BYTES("\005\0\005\0\0\001"), SOCKS5_RECV, CODE_NONE, 6 },
	{ "a reply but for a byte", 0, BYTES("\005\0\005\0\0\003\003nas\0"), SOCKS5_RECV, CODE_NONE,
	    11 },
	{ "unknown address", 0, BYTES("\005\0\005\0\0\011\0\0\0\0\0\0"), SOCKS5_FAILED,
	    CODE_NOT_A_PROXY, 7 },
	{ "address 0", 0, BYTES("\005\0\005\0\0\0\0\0\0\0\0\0"), SOCKS5_FAILED, CODE_NOT_A_PROXY,
	    7 },
	{ "address 2", 0, BYTES("\005\0\005\0\0\002\0\0\0\0\0\0"), SOCKS5_FAILED, CODE_NOT_A_PROXY,
	    7 },
	{ "no method", 0, BYTES("\005\377"), SOCKS5_FAILED, CODE_PROXY_AUTH, 2 },
	{ "no method with login", 1, BYTES("\005\377"), SOCKS5_FAILED, CODE_PROXY_AUTH, 2 },
	/* Some want it all the same. */
	{ "login not offered", 0, BYTES("\005\002\001\0"), SOCKS5_FAILED, CODE_PROXY_AUTH, 2 },
	{ "GSSAPI not offered", 0, BYTES("\005\001"), SOCKS5_FAILED, CODE_NOT_A_PROXY, 2 },
	{ "GSSAPI not offered, with login", 1, BYTES("\005\001"), SOCKS5_FAILED, CODE_NOT_A_PROXY,
	    2 },
	{ "login refused", 1, BYTES("\005\002\001\001"), SOCKS5_FAILED, CODE_PROXY_AUTH, 4 },
	{ "login refused otherwise", 1, BYTES("\005\002\001\377"), SOCKS5_FAILED, CODE_PROXY_AUTH,
	    4 },
	{ "login of another kind", 1, BYTES("\005\002\007\0"), SOCKS5_FAILED, CODE_NOT_A_PROXY, 4 },
	{ "SOCKS4", 0, BYTES("\0\132"), SOCKS5_FAILED, CODE_NOT_A_PROXY, 2 },
	{ "version 4", 0, BYTES("\004\0"), SOCKS5_FAILED, CODE_NOT_A_PROXY, 2 },
	{ "a byte of another version", 0, BYTES("\004"), SOCKS5_FAILED, CODE_NOT_A_PROXY, 1 },
	{ "HTTP", 0, BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"), SOCKS5_FAILED, CODE_NOT_A_PROXY,
	    2 },
	{ "SSH", 0, BYTES("S"), SOCKS5_FAILED, CODE_NOT_A_PROXY, 1 },
	{ "reply of another version", 0, BYTES("\005\0\004\0\0\001\177\0\0\001\0\026"),
	    SOCKS5_FAILED, CODE_NOT_A_PROXY, 7 },
	{ "a byte of another version, later", 0, BYTES("\005\0\004"), SOCKS5_FAILED,
	    CODE_NOT_A_PROXY, 3 },
	{ "refusal of another version", 0, BYTES("\005\0\004\005\0\001\177\0\0\001\0\026"),
	    SOCKS5_FAILED, CODE_NOT_A_PROXY, 7 },
	/* As tailscaled says it. */
	{ "failure", 0, BYTES("\005\0\005\001\0\001\0\0\0\0\0\0"), SOCKS5_FAILED, CODE_PROXY_FAILED,
	    12 },
	{ "rules", 0, BYTES("\005\0\005\002\0\001\0\0\0\0\0\0"), SOCKS5_FAILED, CODE_PROXY_REFUSED,
	    12 },
	{ "network unreachable", 0, BYTES("\005\0\005\003\0\001\0\0\0\0\0\0"), SOCKS5_FAILED,
	    CODE_NO_ROUTE, 12 },
	{ "host unreachable", 0, BYTES("\005\0\005\004\0\001\0\0\0\0\0\0"), SOCKS5_FAILED,
	    CODE_NO_ROUTE, 12 },
	{ "refused", 0, BYTES("\005\0\005\005\0\001\0\0\0\0\0\0"), SOCKS5_FAILED, CODE_REFUSED,
	    12 },
	{ "TTL expired", 0, BYTES("\005\0\005\006\0\001\0\0\0\0\0\0"), SOCKS5_FAILED,
	    CODE_NO_ANSWER, 12 },
	{ "no such command", 0, BYTES("\005\0\005\007\0\001\0\0\0\0\0\0"), SOCKS5_FAILED,
	    CODE_PROXY_REFUSED, 12 },
	{ "no such address", 0, BYTES("\005\0\005\010\0\001\0\0\0\0\0\0"), SOCKS5_FAILED,
	    CODE_PROXY_REFUSED, 12 },
	{ "reply 9", 0, BYTES("\005\0\005\011\0\001\0\0\0\0\0\0"), SOCKS5_FAILED, CODE_PROXY_FAILED,
	    12 },
	{ "reply 255", 0, BYTES("\005\0\005\377\0\001\0\0\0\0\0\0"), SOCKS5_FAILED,
	    CODE_PROXY_FAILED, 12 },
	{ "refused, of unknown address", 0, BYTES("\005\0\005\005\0\011\0\0\0\0\0\0"),
	    SOCKS5_FAILED, CODE_REFUSED, 12 },
	{ "refused, and no more", 0, BYTES("\005\0\005\005"), SOCKS5_FAILED, CODE_REFUSED, 4 },
	{ "refused after login", 1, BYTES("\005\002\001\0\005\005\0\001\0\0\0\0\0\0"),
	    SOCKS5_FAILED, CODE_REFUSED, 14 },
};

static void
check_reply(size_t i, const struct socks5 *s, size_t taken, size_t piece)
{
	if (s->state != replies[i].state || s->code != replies[i].code ||
	    (s->state == SOCKS5_FAILED) != (s->text != NULL))
		fail_msg("%s in pieces of %zu: state %d, %s: %s", replies[i].name, piece, s->state,
		    code_row(s->code)->name, s->text != NULL ? s->text : "-");
	if (taken > replies[i].taken || (s->state != SOCKS5_FAILED && taken != replies[i].taken))
		fail_msg("%s in pieces of %zu: %zu bytes taken", replies[i].name, piece, taken);
	if (s->state == SOCKS5_DONE)
		assert_int_equal(socks5_want(s), 0);
}

/* In pieces of any length, and in two that are cut anywhere. */
static void
test_replies(void **state)
{
	struct socks5	s;
	size_t		i, piece, cut, taken;

	(void)state;
	for (i = 0; i < COUNT(replies); i++) {
		for (piece = 1; piece <= 23; piece++) {
			begin(&s, replies[i].login);
			check_reply(i, &s, talk(&s, replies[i].bytes, replies[i].len, piece),
			    piece);
		}
		for (cut = 0; cut <= replies[i].len; cut++) {
			begin(&s, replies[i].login);
			taken = talk(&s, replies[i].bytes, cut, SIZE_MAX);
			taken += talk(&s, replies[i].bytes + taken, replies[i].len - taken,
			    SIZE_MAX);
			check_reply(i, &s, taken, 1000 + cut);
		}
	}
}

/* The longest reply, and that no more is ever wanted than it has. */
static void
test_longest_reply(void **state)
{
	unsigned char	bytes[2 + 4 + 1 + 255 + 2 + 4];
	struct socks5	s;
	size_t		piece, end = sizeof(bytes) - 4;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, "\005\0\005\0\0\003\377", 7);
	for (piece = 1; piece <= sizeof(bytes); piece++) {
		begin(&s, 0);
		if (talk(&s, bytes, sizeof(bytes), piece) != end || s.state != SOCKS5_DONE)
			fail_msg("in pieces of %zu", piece);
	}
	/* Byte by byte: what is wanted is within what the reply has left. */
	begin(&s, 0);
	for (piece = 0; piece < end; piece++) {
		assert_int_equal(s.state, SOCKS5_RECV);
		assert_within(socks5_want(&s), 1, end - piece);
		if (socks5_feed(&s, bytes + piece, 1) == SOCKS5_SEND)
			socks5_sent(&s);
	}
	assert_int_equal(s.state, SOCKS5_DONE);
}

/* Nothing is read before something was sent; what was read is nothing: that changes nothing. */
static void
test_nothing(void **state)
{
	struct socks5	s;

	(void)state;
	begin(&s, 1);
	assert_int_equal(socks5_feed(&s, BYTES("")), SOCKS5_RECV);
	assert_int_equal(socks5_feed(&s, BYTES("\005\002")), SOCKS5_SEND);
	socks5_sent(&s);
	assert_int_equal(socks5_feed(&s, BYTES("")), SOCKS5_RECV);
	assert_int_equal(socks5_feed(&s, BYTES("\001\0")), SOCKS5_SEND);
	socks5_sent(&s);
	assert_int_equal(socks5_feed(&s, BYTES("")), SOCKS5_RECV);
	assert_int_equal(talk(&s, BYTES(INET), 3), sizeof(INET) - 1);
	assert_int_equal(s.state, SOCKS5_DONE);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_begin_bad),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_longest_reply),
		cmocka_unit_test(test_nothing),
	};

	return (cmocka_run_group_tests_name("socks5", tests, NULL, NULL));
}
