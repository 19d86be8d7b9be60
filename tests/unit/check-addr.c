#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include "base/addr.h"
#include "check.h"

static void
test_host(void **state)
{
	static const char	*good[] = { "nas", "a", "10.0.0.1", "fe80::1%eth0", "::1", "a_b-c.example.", "NAS" };
	static const char	*bad[] = { "", "-evil", "--", "a b", "a;b", "$(x)", "`x`", "a\nb", "a\033b", "\303\244",
				    "[::1]", "a/b", "a@b", "*", "a'b", "\"", "a\\b" };
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
		{ "0", -1 }, { "65536", -1 }, { "22x", -1 }, { "", -1 }, { "-1", -1 }, { "+1", -1 }, { " 22", -1 },
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
		{ "127.0.0.1", 1 }, { "127.9.9.9", 1 }, { "128.0.0.1", 0 }, { "10.0.0.1", 0 }, { "::1", 1 }, { "::2", 0 },
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

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_port),
		cmocka_unit_test(test_loopback),
	};

	return (cmocka_run_group_tests_name("addr", tests, NULL, NULL));
}
