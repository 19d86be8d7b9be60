/* SPDX-License-Identifier: ISC */
/* Unit tests: addr. */

#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include "base/addr.h"
#include "check.h"

static void
test_host(void **state)
{
	static const char	*good[] = { "nas", "a", "10.0.0.1", "fe80::1%eth0", "::1",
				    "a_b-c.example.", "NAS" };
	static const char	*bad[] = { "", "-evil", "--", "a b", "a;b", "$(x)", "`x`", "a\nb",
				    "a\033b", "\303\244", "[::1]", "a/b", "a@b", "*", "a'b", "\"",
				    "a\\b" };
	char			 text[ADDR_HOST_MAX + 2];
	size_t			 i;

	(void)state;
	for (i = 0; i < COUNT(good); i++)
		if (!addr_host_ok(good[i]))
			fail_msg("%s is a host", good[i]);
	for (i = 0; i < COUNT(bad); i++)
		if (addr_host_ok(bad[i]))
			fail_msg("\"%s\" is no host", bad[i]);
	memset(text, 'a', sizeof(text));
	text[ADDR_HOST_MAX] = '\0';
	assert_true(addr_host_ok(text));
	text[ADDR_HOST_MAX] = 'a';
	text[ADDR_HOST_MAX + 1] = '\0';
	assert_false(addr_host_ok(text));
}

static void
test_port(void **state)
{
	static const struct {
		const char	*text;
		int		 port;
	}	cases[] = {
		{ "1", 1 }, { "22", 22 }, { "65535", 65535 }, { "0022", 22 },
		{ "0", -1 }, { "65536", -1 }, { "22x", -1 }, { "", -1 }, { "-1", -1 }, { "+1", -1 },
		    { " 22", -1 },
		{ "22 ", -1 }, { "0x16", -1 }, { "99999999999999999999", -1 },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (addr_port(cases[i].text) != cases[i].port)
			fail_msg("\"%s\" gives %d", cases[i].text, addr_port(cases[i].text));
}

static void
test_loopback(void **state)
{
	static const struct {
		const char	*text;
		int		 loopback;
	}			cases[] = {
		{ "127.0.0.1", 1 }, { "127.9.9.9", 1 }, { "128.0.0.1", 0 }, { "10.0.0.1", 0 },
		    { "::1", 1 }, { "::2", 0 },
	};
	struct sockaddr_in	in = { .sin_family = AF_INET };
	struct sockaddr_in6	in6 = { .sin6_family = AF_INET6 };
	struct sockaddr		*sa;
	char			text[ADDR_TEXT_MAX];
	socklen_t		len;
	size_t			i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		if (inet_pton(AF_INET, cases[i].text, &in.sin_addr) == 1) {
			sa = (struct sockaddr *)&in;
			len = sizeof(in);
		} else {
			assert_int_equal(inet_pton(AF_INET6, cases[i].text, &in6.sin6_addr), 1);
			sa = (struct sockaddr *)&in6;
			len = sizeof(in6);
		}
		assert_int_equal(addr_is_loopback(sa), cases[i].loopback);
		assert_string_equal(addr_text(sa, len, text), cases[i].text);
	}
	in.sin_family = AF_UNSPEC;
	assert_string_equal(addr_text((struct sockaddr *)&in, sizeof(in), text), "?");
}

static void
test_tailnet(void **state)
{
	static const struct {
		const char	*text;
		int		 tailnet;
	}			cases[] = {
		{ "100.63.255.255", 0 }, { "100.64.0.0", 1 }, { "100.100.100.100", 1 },
		    { "100.127.255.255", 1 },
		{ "100.128.0.0", 0 }, { "100.0.0.1", 0 }, { "101.64.0.1", 0 }, { "10.64.0.1", 0 },
		/* What ChromeOS uses for itself. */
		{ "100.115.91.255", 1 }, { "100.115.92.0", 0 }, { "100.115.92.1", 0 },
		    { "100.115.93.255", 0 },
		{ "100.115.94.0", 1 },
		{ "fd7a:115c:a1e0::", 1 }, { "fd7a:115c:a1e0::2", 1 },
		    { "fd7a:115c:a1e0:ffff:ffff:ffff:ffff:ffff", 1 },
		{ "fd7a:115c:a1df:ffff:ffff:ffff:ffff:ffff", 0 }, { "fd7a:115c:a1e1::", 0 },
		    { "fd7a:115c::1", 0 },
		{ "fe80::1", 0 }, { "::1", 0 }, { "::", 0 }, { "127.0.0.1", 0 }, { "0.0.0.0", 0 },
		{ "::ffff:100.64.0.1", 0 },
	};
	struct sockaddr_in	in = { .sin_family = AF_INET };
	struct sockaddr_in6	in6 = { .sin6_family = AF_INET6 };
	struct sockaddr		*sa;
	size_t			i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		sa = (struct sockaddr *)&in;
		if (inet_pton(AF_INET, cases[i].text, &in.sin_addr) != 1) {
			assert_int_equal(inet_pton(AF_INET6, cases[i].text, &in6.sin6_addr), 1);
			sa = (struct sockaddr *)&in6;
		}
		if (addr_is_tailnet(sa) != cases[i].tailnet)
			fail_msg("%s", cases[i].text);
	}
	in.sin_family = AF_UNIX;
	inet_pton(AF_INET, "100.64.0.1", &in.sin_addr);
	assert_false(addr_is_tailnet((struct sockaddr *)&in));
}

/* Tailscale's documentation of 4via6, and its tsaddr.MapVia. */
static void
test_4via6(void **state)
{
	static const struct {
		const char	*name, *address;
	}			cases[] = {
		{ "10-1-1-16-via-7", "fd7a:115c:a1e0:b1a:0:7:a01:110" },
		{ "10-1-1-16-VIA-7.", "fd7a:115c:a1e0:b1a:0:7:a01:110" },
		{ "10-1-1-16-via-7.mesh.test", "fd7a:115c:a1e0:b1a:0:7:a01:110" },
		{ "10-1-1-16-via-7.tail1234.ts.net.", "fd7a:115c:a1e0:b1a:0:7:a01:110" },
		{ "255-255-255-255-via-65535", "fd7a:115c:a1e0:b1a:0:ffff:ffff:ffff" },
		{ "10-1-1-16-via-7.example.org", NULL }, { "10-1-1-16-via-65536", NULL },
		{ "10-1-1-16-via-", NULL }, { "10-1-1-16-via--1", NULL },
		{ "10-1-1-16-via-7x", NULL }, { "10-1-1-via-7", NULL }, { "10-1-1-256-via-7", NULL },
		{ "-via-7", NULL }, { "nas-via-7", NULL }, { "10.1.1.16-via-7", NULL },
		{ "", NULL }, { "nas", NULL },
		{ "1000000000000000000000000000000000000000000000000000000000000000-via-7", NULL },
	};
	char		text[ADDR_TEXT_MAX];
	const char	*got;
	size_t		i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		got = addr_4via6(cases[i].name, "mesh.test", text);
		if ((got == NULL) != (cases[i].address == NULL) ||
		    (got != NULL && strcmp(got, cases[i].address) != 0))
			fail_msg("%s: %s", cases[i].name, got != NULL ? got : "none");
	}
}

static void
test_split(void **state)
{
	static const struct {
		const char	*text;
		const char	*host;		/* NULL: it is none of them */
		int		 port;
	}	cases[] = {
		{ "nas:22", "nas", 22 },
		{ "10.0.0.1:65535", "10.0.0.1", 65535 },
		{ "a.b-c_d.:1", "a.b-c_d.", 1 },
		{ "[::1]:1055", "::1", 1055 },
		{ "[fe80::1%eth0]:22", "fe80::1%eth0", 22 },
		{ "[fd7a:115c:a1e0::2]:22", "fd7a:115c:a1e0::2", 22 },
		{ ":1055", "127.0.0.1", 1055 },
		{ "", NULL, 0 }, { ":", NULL, 0 }, { "nas", NULL, 0 }, { "nas:", NULL, 0 },
		    { "22", NULL, 0 },
		{ "nas:0", NULL, 0 }, { "nas:65536", NULL, 0 }, { "nas:+22", NULL, 0 },
		    { "nas:22 ", NULL, 0 },
		{ "nas: 22", NULL, 0 }, { "nas:ssh", NULL, 0 }, { "nas:22:", NULL, 0 },
		/* An address of IPv6 without its brackets might as well have no port. */
		{ "::1:22", NULL, 0 }, { "::1", NULL, 0 }, { "fe80::1%eth0:22", NULL, 0 },
		    { "::22", NULL, 0 },
		{ "[::1]", NULL, 0 }, { "[::1]22", NULL, 0 }, { "[::1:22", NULL, 0 },
		    { "::1]:22", NULL, 0 },
		{ "[]:22", NULL, 0 }, { "[:22", NULL, 0 }, { "]:22", NULL, 0 },
		    { "[::1]x:22", NULL, 0 },
		{ "[[::1]]:22", NULL, 0 }, { "x[::1]:22", NULL, 0 }, { "[::1]:", NULL, 0 },
		/* Brackets are for IPv6. */
		{ "[nas]:22", NULL, 0 }, { "[10.0.0.1]:22", NULL, 0 },
		{ "-x:22", NULL, 0 }, { "[-x]:22", NULL, 0 }, { "a b:22", NULL, 0 },
		    { "$(x):22", NULL, 0 },
		{ "user@nas:22", NULL, 0 }, { "http://nas:22", NULL, 0 },
	};
	char	host[ADDR_HOST_MAX + 1], text[ADDR_HOST_MAX + 8];
	size_t	i;
	int	port;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		if (addr_split(cases[i].text, host, &port) != (cases[i].host != NULL ? 0 : -1))
			fail_msg("\"%s\"", cases[i].text);
		if (cases[i].host != NULL && (strcmp(host, cases[i].host) != 0 ||
		    port != cases[i].port))
			fail_msg("\"%s\" gives %s and %d", cases[i].text, host, port);
	}
	/* The longest host, and one byte more. */
	memset(text, 'a', sizeof(text));
	strlcpy(text + ADDR_HOST_MAX, ":22", 4);
	assert_int_equal(addr_split(text, host, &port), 0);
	assert_int_equal(strlen(host), ADDR_HOST_MAX);
	text[ADDR_HOST_MAX] = 'a';
	strlcpy(text + ADDR_HOST_MAX + 1, ":22", 4);
	assert_int_equal(addr_split(text, host, &port), -1);
}

static void
test_literal(void **state)
{
	static const char *const	good[] = { "127.0.0.1", "100.64.0.2", "255.255.255.255",
					    "::1", "fd7a:115c:a1e0::2", "::" };
	static const char *const	bad[] = { "", "nas", "localhost", "1.2.3", "1.2.3.4.5",
					    "256.0.0.1", "0x7f.1", "127.1", " 127.0.0.1",
					    "127.0.0.1 ", "127.0.0.1:22", "[::1]", ":", ":::",
					    "fe80::1%lo", "1" };
	struct sockaddr_storage		ss;
	char				text[ADDR_TEXT_MAX];
	socklen_t			len;
	size_t				i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		memset(&ss, '#', sizeof(ss));
		if ((len = addr_literal(good[i], 2222, &ss)) == 0)
			fail_msg("%s is an address", good[i]);
		assert_string_equal(addr_text((struct sockaddr *)&ss, len, text), good[i]);
		if (ss.ss_family == AF_INET) {
			assert_int_equal(len, sizeof(struct sockaddr_in));
			assert_int_equal(ntohs(((struct sockaddr_in *)&ss)->sin_port), 2222);
		} else {
			assert_int_equal(len, sizeof(struct sockaddr_in6));
			assert_int_equal(ntohs(((struct sockaddr_in6 *)&ss)->sin6_port), 2222);
			assert_int_equal(((struct sockaddr_in6 *)&ss)->sin6_scope_id, 0);
		}
	}
	for (i = 0; i < COUNT(bad); i++)
		if (addr_literal(bad[i], 22, &ss) != 0)
			fail_msg("\"%s\" is no address", bad[i]);
}

static void
test_same(void **state)
{
	static const struct {
		const char	*a, *b;
		int		 same;
	}	cases[] = {
		{ "nas:22", "nas:22", 1 }, { "nas:22", "NAS:22", 1 }, { "nas:22", "nas:0022", 1 },
		{ "127.0.0.1:1055", "localhost:1055", 1 },
		    { "localhost:1055", "LocalHost:1055", 1 },
		{ ":1055", "127.0.0.1:1055", 1 }, { ":1055", "localhost:1055", 1 },
		    { "[::1]:22", "[::1]:22", 1 },
		{ "[fd7a::A]:22", "[FD7A::a]:22", 1 },
		/* RFC 4291 2.2: one address in two ways of writing. */
		{ "[::1]:22", "[0:0:0::1]:22", 1 },
		{ "nas:22", "nas:23", 0 }, { "nas:22", "nas1:22", 0 }, { "nas1:22", "nas:22", 0 },
		    { "a:22", "b:22", 0 },
		{ "127.0.0.1:22", "127.0.0.2:22", 0 }, { "[::1]:22", "127.0.0.1:22", 0 },
		    { "[::1]:22", "[::2]:22", 0 },
		{ "nas:22", "nas", 0 }, { "nas", "nas", 0 }, { "", "", 0 }, { "nas:22", "", 0 },
		    { "nas:0", "nas:0", 0 },
		{ "::1:22", "::1:22", 0 }, { "nas:22 ", "nas:22 ", 0 },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (addr_same(cases[i].a, cases[i].b) != cases[i].same ||
		    addr_same(cases[i].b, cases[i].a) != cases[i].same)
			fail_msg("\"%s\" and \"%s\"", cases[i].a, cases[i].b);
}

static void
test_under(void **state)
{
	static const struct {
		const char	*name, *domain;
		int		 under;
	}	cases[] = {
		{ "nas.corp", "corp", 1 }, { "NAS.Corp.", "corp", 1 }, { "nas.corp", "corp.", 1 },
		{ "a.b.corp", "corp", 1 }, { "nas.corp", "b.corp", 0 }, { "nascorp", "corp", 0 },
		{ "nas.xcorp", "corp", 0 }, { "nas.corp.example", "corp", 0 }, { "", "corp", 0 },
		    { "nas.corp", "", 0 },
		{ NULL, "corp", 0 }, { "nas.corp", NULL, 0 },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (addr_name_under(cases[i].name, cases[i].domain) != cases[i].under)
			fail_msg("row %zu", i);
	assert_true(addr_name_is_tailnet("nas.tail1.ts.net", NULL));
	assert_true(addr_name_is_tailnet("nas.mesh.corp", "mesh.corp"));
	assert_false(addr_name_is_tailnet("nas.mesh.corp", NULL));
	assert_false(addr_name_is_tailnet("nas.example", "mesh.corp"));
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_port),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_tailnet),
		cmocka_unit_test(test_4via6),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_literal),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_under),
	};

	return (cmocka_run_group_tests_name("addr", tests, NULL, NULL));
}
