/* SPDX-License-Identifier: ISC */
/* Unit tests: sshcert. */

#include <stdlib.h>

#include "base/base64.h"
#include "check.h"
#include "wire/sshcert.h"

/* By one authority: of a host named nas and box, from 2020 to 2030, for keys of three types. */
static const char	ed25519[] =
    "AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAII8B+gX5fm5+Fc4UwPUK7yagzaGRcQ1IPBYN"
    "OVlZO50nAAAAIExozGK0Sj9OTq2q5m9224JDWq2eGlA5uQIIZ6n/9xOEAAAAAAAAAAcAAAACAAAAAmlkAAAADgAA"
    "AANuYXMAAAADYm94AAAAAF4L4QAAAAAAcNvYgAAAAAAAAAAAAAAAAAAAADMAAAALc3NoLWVkMjU1MTkAAAAgpuTp"
    "WI+zW70irOmjvBq0QMFC12rq3M1jwZXqGPyvzAoAAABTAAAAC3NzaC1lZDI1NTE5AAAAQKPvM4EVz8iO9rqbNaXn"
    "T4mYbmeuIAWE797n6BskV45Py1DkKVJl2tApMXcDYAKRvPQUdSniCfLnGwbnE97XngQ=";
static const char	rsa[] =
    "AAAAHHNzaC1yc2EtY2VydC12MDFAb3BlbnNzaC5jb20AAAAgt02pXeOSSWLB/9YGff70J3IgjB/XsOC++AT4W3ff"
    "+f4AAAADAQABAAAAgQDdbEe1pcyP9jJLL03UzpdoRK4dEGcAWhKPUIA4ImY/tJ3WUtW5dldGj9FDhXutkIC1bJ7S"
    "/pCtwHv/2UxF+HwszLqW9SFRPwE7zy6wdG/IEpuj6O0GYh72CZOFEGmeaZfhC+B9Y8cx0i5mUHYBPX0NRaxfkHio"
    "ScWH1CTmhvsoxwAAAAAAAAAHAAAAAgAAAAJpZAAAAA4AAAADbmFzAAAAA2JveAAAAABeC+EAAAAAAHDb2IAAAAAA"
    "AAAAAAAAAAAAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIKbk6ViPs1u9Iqzpo7watEDBQtdq6tzNY8GV6hj8r8wKAAAA"
    "UwAAAAtzc2gtZWQyNTUxOQAAAEBBE5K94knNMQhiO6mWk1kOQ20vJ2LTaXO3HKDRNB7N9hGH99Ejxz/Glg62qIfL"
    "MY9Ltofae94agL++kxDe6MwM";
static const char	ecdsa[] =
    "AAAAKGVjZHNhLXNoYTItbmlzdHAyNTYtY2VydC12MDFAb3BlbnNzaC5jb20AAAAgdoa1GtBW1wJ7EgmwvTQcsQwm"
    "CBJ2ZhDZ9wv090Sx6UUAAAAIbmlzdHAyNTYAAABBBLBkYP2tk2nC5jluh6eI562G5/4ZoOa1HfQT5JawlJte8L5v"
    "6PqFja6uiCcn+HlD38rIKp9eZrtSJWQMeJ2b8i8AAAAAAAAABwAAAAIAAAACaWQAAAAOAAAAA25hcwAAAANib3gA"
    "AAAAXgvhAAAAAABw29iAAAAAAAAAAAAAAAAAAAAAMwAAAAtzc2gtZWQyNTUxOQAAACCm5OlYj7NbvSKs6aO8GrRA"
    "wULXaurczWPBleoY/K/MCgAAAFMAAAALc3NoLWVkMjU1MTkAAABAb4EUYvYF0+J3ZJYnahfN3bOFePiVlHctMMXY"
    "vXcAt4KQJWdPrInl5OuicHNTn5wwrNWJY25l5ipOsobLHCcUBQ==";
/* Of a user nas, for ever, with an option that must be understood. */
static const char	user[] =
    "AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIPdQqD7+rTKVZ9DtY6lG7EISPsovmjpY5gn8"
    "Rxv0QrP5AAAAIExozGK0Sj9OTq2q5m9224JDWq2eGlA5uQIIZ6n/9xOEAAAAAAAAAAAAAAABAAAAAmlkAAAABwAA"
    "AANuYXMAAAAAAAAAAP//////////AAAADgAAAAF4AAAABQAAAAF5AAAAggAAABVwZXJtaXQtWDExLWZvcndhcmRp"
    "bmcAAAAAAAAAF3Blcm1pdC1hZ2VudC1mb3J3YXJkaW5nAAAAAAAAABZwZXJtaXQtcG9ydC1mb3J3YXJkaW5nAAAA"
    "AAAAAApwZXJtaXQtcHR5AAAAAAAAAA5wZXJtaXQtdXNlci1yYwAAAAAAAAAAAAAAMwAAAAtzc2gtZWQyNTUxOQAA"
    "ACCm5OlYj7NbvSKs6aO8GrRAwULXaurczWPBleoY/K/MCgAAAFMAAAALc3NoLWVkMjU1MTkAAABAIiuY80NgTGS9"
    "TCE4AnpEqbtgHR2x64bOqI3j84pu+otXX0UVJz+v0yV3c9K5Jbtf1jEA49lN4LWy83DUADKMCg==";

#define AUTHORITY	"ssh-ed25519 Iqzpo7watEDBQtdq6tzNY8GV6hj8r8wK"

static size_t
decode(const char *text, unsigned char bytes[1024])
{
	int	len = base64_decode((char *)bytes, 1024, text, strlen(text));

	assert_within(len, 1, 1023);
	return ((size_t)len);
}

static const struct {
	const char	*text, *key;
	int		 host, critical, nas;
	uint64_t	 after, before;
} rows[] = {
	{ ed25519, "ssh-ed25519 Tq2q5m9224JDWq2eGlA5uQIIZ6n/9xOE", 1, 0, 1, 1577836800, 1893456000 },
	{ rsa, "ssh-rsa UHYBPX0NRaxfkHioScWH1CTmhvsoxw==", 1, 0, 1, 1577836800, 1893456000 },
	{ ecdsa, "ecdsa-sha2-nistp256 iCcn+HlD38rIKp9eZrtSJWQMeJ2b8i8=", 1, 0, 1, 1577836800, 1893456000 },
	{ user, "ssh-ed25519 Tq2q5m9224JDWq2eGlA5uQIIZ6n/9xOE", 0, 1, 1, 0, UINT64_MAX },
};

static void
test_parse(void **state)
{
	unsigned char	bytes[1024];
	struct sshcert	cert;
	size_t		i, len, cut;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		len = decode(rows[i].text, bytes);
		assert_int_equal(sshcert_parse(bytes, len, &cert), 0);
		assert_string_equal(cert.key, rows[i].key);
		assert_string_equal(cert.authority, AUTHORITY);
		assert_string_equal(cert.algorithm, "ssh-ed25519");
		assert_int_equal(cert.host, rows[i].host);
		assert_int_equal(cert.critical, rows[i].critical);
		assert_true(cert.after == rows[i].after && cert.before == rows[i].before);
		assert_int_equal(sshcert_names(&cert, "nas"), 1);
		assert_int_equal(sshcert_names(&cert, "na"), 0);
		assert_int_equal(sshcert_names(&cert, "nasx"), 0);
		assert_int_equal(sshcert_names(&cert, ""), 0);
		for (cut = 0; cut < len; cut++)
			assert_int_equal(sshcert_parse(bytes, cut, &cert), -1);
		/* Neither does anything follow. */
		bytes[len] = 0;
		assert_int_equal(sshcert_parse(bytes, len + 1, &cert), -1);
	}
}

/* Whatever a byte becomes, no more is read than there is: each copy ends where its memory does. */
static void
test_hostile(void **state)
{
	unsigned char	bytes[1024], *copy;
	struct sshcert	cert;
	size_t		i, at, len;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		len = decode(rows[i].text, bytes);
		for (at = 0; at < len; at++) {
			assert_non_null(copy = malloc(len));
			memcpy(copy, bytes, len);
			copy[at] ^= 0xff;
			if (sshcert_parse(copy, len, &cert) == 0)
				sshcert_names(&cert, "nas");
			free(copy);
		}
	}
}

/* A list without a name, and one that is not well-formed. */
static void
test_names(void **state)
{
	static const unsigned char	bad[] = "\0\0\0\3na";
	struct sshcert			cert = { .principals = bad };

	(void)state;
	assert_int_equal(sshcert_names(&cert, "nas"), -1);
	cert.principals_len = sizeof(bad) - 1;
	assert_int_equal(sshcert_names(&cert, "nas"), 0);
	assert_int_equal(sshcert_names(&cert, "na"), 0);
	cert.principals_len = 3;
	assert_int_equal(sshcert_names(&cert, ""), 0);
}

static const char	*const types[][2] = {
	{ "ssh-ed25519-cert-v01@openssh.com",			"ssh-ed25519" },
	{ "rsa-sha2-512-cert-v01@openssh.com",			"ssh-rsa" },
	{ "ssh-rsa-cert-v01@openssh.com",			"ssh-rsa" },
	{ "ecdsa-sha2-nistp521-cert-v01@openssh.com",		"ecdsa-sha2-nistp521" },
	{ "sk-ssh-ed25519-cert-v01@openssh.com",		"sk-ssh-ed25519@openssh.com" },
	{ "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",	"sk-ecdsa-sha2-nistp256@openssh.com" },
	{ "rsa-sha2-256",					"ssh-rsa" },
	{ "sk-ssh-ed25519@openssh.com",				"sk-ssh-ed25519@openssh.com" },
	{ "ssh-ed25519",					"ssh-ed25519" },
	{ "",							"" },
};

static void
test_types(void **state)
{
	char	plain[SSHKEX_NAME_MAX + 1], longer[200];
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(types); i++) {
		sshcert_plain(types[i][0], plain);
		assert_string_equal(plain, types[i][1]);
		assert_int_equal(sshcert_type(types[i][0]), strstr(types[i][0], "cert") != NULL);
	}
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	sshcert_plain(longer, plain);
	assert_int_equal(strlen(plain), SSHKEX_NAME_MAX);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_types),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
