/* SPDX-License-Identifier: ISC */
/* Unit tests: proxy-auth. */

#include <sys/stat.h>

#include <limits.h>

#include "check.h"
#include "facts/env-proxy.h"
#include "facts/proxy-auth.h"

#define PROXY "127.0.0.1:1055"

static char	dir[] = "/tmp/meshssh-check.XXXXXX";
static char	path[PATH_MAX];		/* where the file is looked for */

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return (-1);
	snprintf(path, sizeof(path), "%s/meshssh", dir);
	if (mkdir(path, 0700) == -1)
		return (-1);
	strlcat(path, "/proxy-auth", sizeof(path));
	return (0);
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	return (rmdir(dir));
}

/* Nothing is known: each test begins so. */
static int
clear(void **state)
{
	(void)state;
	unlink(path);
	unsetenv("MESHSSH_PROXY_AUTH");
	unsetenv("ALL_PROXY");
	unsetenv("all_proxy");
	return (setenv("XDG_CONFIG_HOME", dir, 1));
}

static void
write_file(const char *to, const char *text, mode_t mode)
{
	FILE	*fp;

	unlink(to);
	assert_non_null(fp = fopen(to, "w"));
	assert_int_equal(fputs(text, fp) >= 0, 1);
	fclose(fp);
	assert_int_equal(chmod(to, mode), 0);
}

static const struct {
	const char	*text;
	int		 escapes;
	const char	*user;		/* NULL: it is not USER:PASSWORD */
	const char	*password;
} parses[] = {
	{ "user:secret", 0, "user", "secret" },
	{ "user:secret", 1, "user", "secret" },
	{ "Aladdin:open sesame", 0, "Aladdin", "open sesame" },
	/* RFC 7617 2: the first colon divides; the rest is the password's. */
	{ "user:a:b::", 0, "user", "a:b::" },
	{ "user:", 0, "user", "" },
	{ ":secret", 0, "", "secret" },
	{ "us\303\244r:\302\243", 0, "us\303\244r", "\302\243" },
	{ "user%3a:%41%20", 0, "user%3a", "%41%20" },
	{ "user:p@ss/w#rd?", 0, "user", "p@ss/w#rd?" },
	/* RFC 3986 2.1. */
	{ "u%73er:%73ecret", 1, "user", "secret" },
	{ "user:%41", 1, "user", "A" },
	{ "user:a%40b%3Ac%2f", 1, "user", "a@b:c/" },
	{ "user%3aname:x", 1, "user:name", "x" },
	{ "user:%c2%A3", 1, "user", "\302\243" },
	{ "user:%2541", 1, "user", "%41" },
	/* A text ends there, and half of it would be something else. */
	{ "user:a%00b", 1, NULL, NULL },
	{ "us%00er:b", 1, NULL, NULL },
	{ "user", 0, NULL, NULL },
	{ "", 0, NULL, NULL },
	{ "user%3asecret", 1, NULL, NULL },
	/* RFC 7617 2: no control characters. */
	{ "user:a\nb", 0, NULL, NULL },
	{ "us\rer:b", 0, NULL, NULL },
	{ "user:a%0d%0ab", 1, NULL, NULL },
	{ "user:\177", 0, NULL, NULL },
};

static void
test_parse(void **state)
{
	struct proxy_auth	auth;
	size_t			i;
	int			result;

	(void)state;
	for (i = 0; i < COUNT(parses); i++) {
		memset(&auth, '#', sizeof(auth));
		result = proxy_auth_parse(parses[i].text, parses[i].escapes, &auth);
		if (result != (parses[i].user != NULL))
			fail_msg("\"%s\": %d", parses[i].text, result);
		if (result == 1 && (strcmp(auth.user, parses[i].user) != 0 ||
		    strcmp(auth.password, parses[i].password) != 0))
			fail_msg("\"%s\": \"%s\", \"%s\"", parses[i].text, auth.user,
			    auth.password);
	}
}

/* The longest, and one byte more; escapes count as what they stand for. */
static void
test_longest(void **state)
{
	struct proxy_auth	auth;
	char			text[8 * PROXY_AUTH_MAX];
	size_t			i, user, password;

	(void)state;
	for (i = 0; i < 4; i++) {
		user = PROXY_AUTH_MAX - 1 + i % 2;
		password = PROXY_AUTH_MAX - 1 + i / 2;
		memset(text, 'x', sizeof(text));
		text[user] = ':';
		text[user + 1 + password] = '\0';
		if (proxy_auth_parse(text, 0, &auth) != (i == 0))
			fail_msg("%zu and %zu bytes", user, password);
	}
	for (i = 0; i < PROXY_AUTH_MAX; i++)
		memcpy(text + 3 * i, "%41", 3);
	strlcpy(text + 3 * (PROXY_AUTH_MAX - 1), ":x", 3);
	assert_int_equal(proxy_auth_parse(text, 1, &auth), 1);
	assert_int_equal(strlen(auth.user), PROXY_AUTH_MAX - 1);
	assert_int_equal(proxy_auth_parse(text, 0, &auth), 0);
}

static const struct {
	const char	*name;
	const char	*text;
	int		 result;
	const char	*user, *password;
} files[] = {
	{ "one line", PROXY " user:secret\n", 1, "user", "secret" },
	{ "no newline", PROXY " user:secret", 1, "user", "secret" },
	{ "CRLF", PROXY " user:secret\r\n", 1, "user", "secret" },
	{ "tabs and blanks", PROXY " \t user:secret\n", 1, "user", "secret" },
	{ "blanks within", PROXY " user:open sesame\n", 1, "user", "open sesame" },
	{ "no escapes here", PROXY " user:%41\n", 1, "user", "%41" },
	{ "among others", "10.0.0.1:1055 a:b\n\n# comment\n" PROXY "1 c:d\n127.0.0.1:105 e:f\n" PROXY
	    " user:secret\nx y:z\n", 1, "user", "secret" },
	{ "a bad line of another", "10.0.0.1:1055 nonsense\n" PROXY " user:secret\n", 1, "user",
	    "secret" },
	{ "no such line", "10.0.0.1:1055 a:b\n", 0, NULL, NULL },
	{ "a comment", "#" PROXY " user:secret\n# " PROXY " user:secret\n", 0, NULL, NULL },
	{ "empty", "", 0, NULL, NULL },
	{ "newlines", "\n\r\n\n", 0, NULL, NULL },
	{ "no colon", PROXY " usersecret\n", -1, NULL, NULL },
	{ "nothing behind", PROXY "\n", -1, NULL, NULL },
	{ "blanks behind", PROXY "  \t\n", -1, NULL, NULL },
};

static void
test_file(void **state)
{
	struct proxy_auth	auth;
	char			text[256];
	size_t			i;
	int			result;

	(void)state;
	for (i = 0; i < COUNT(files); i++) {
		write_file(path, files[i].text, 0600);
		text[0] = '\0';
		result = proxy_auth_file(path, PROXY, &auth, text, sizeof(text));
		if (result != files[i].result)
			fail_msg("%s: %d: %s", files[i].name, result, text);
		if (result == 1 && (strcmp(auth.user, files[i].user) != 0 ||
		    strcmp(auth.password, files[i].password) != 0))
			fail_msg("%s: \"%s\", \"%s\"", files[i].name, auth.user, auth.password);
		/* Why, but not what. */
		if (result == -1 && (text[0] == '\0' || strstr(text, "secret") != NULL))
			fail_msg("%s: %s", files[i].name, text);
	}
	/* A host is the same in any case. */
	write_file(path, "NAS.example:3128 user:secret\n", 0600);
	assert_int_equal(proxy_auth_file(path, "nas.EXAMPLE:3128", &auth, text, sizeof(text)), 1);
	write_file(path, "[::1]:3128 user:secret\n", 0600);
	assert_int_equal(proxy_auth_file(path, "[::1]:3128", &auth, text, sizeof(text)), 1);
}

static void
check_file(const char *name, int result)
{
	struct proxy_auth	auth;
	char			text[256] = "";

	if (proxy_auth_file(path, PROXY, &auth, text, sizeof(text)) != result)
		fail_msg("%s: %s", name, text);
	if ((result == -1) != (text[0] != '\0') || strstr(text, "secret") != NULL)
		fail_msg("%s: \"%s\"", name, text);
}

static void
test_trust(void **state)
{
	static const struct {
		mode_t	mode;
		int	result;
	}	modes[] = {
		{ 0600, 1 }, { 0400, 1 }, { 0700, 1 }, { 0640, -1 }, { 0604, -1 }, { 0644, -1 },
		    { 0620, -1 }, { 0602, -1 },
		{ 0610, -1 }, { 0601, -1 }, { 0666, -1 }, { 0660, -1 },
	};
	char	other[PATH_MAX], name[32];
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(modes); i++) {
		write_file(path, PROXY " user:secret\n", modes[i].mode);
		snprintf(name, sizeof(name), "mode %o", (unsigned int)modes[i].mode);
		check_file(name, modes[i].result);
	}
	unlink(path);
	check_file("missing", 0);

	/* A link is as good as what it leads to. */
	snprintf(other, sizeof(other), "%s/other", dir);
	assert_int_equal(symlink(other, path), 0);
	check_file("link to nothing", 0);
	write_file(other, PROXY " user:secret\n", 0600);
	check_file("link", 1);
	write_file(other, PROXY " user:secret\n", 0644);
	check_file("link to an open file", -1);
	unlink(other);
	unlink(path);

	/* Not to stand still. */
	assert_int_equal(mkfifo(path, 0600), 0);
	check_file("fifo", -1);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	check_file("directory", -1);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	check_file("device", -1);
	unlink(path);
}

/* Who wins: where credentials are, and whose come out. */
static const struct {
	const char	*name;
	const char	*variable;	/* MESHSSH_PROXY_AUTH */
	const char	*all, *small;	/* ALL_PROXY, all_proxy */
	const char	*file;
	int		 result;
	const char	*user;
} finds[] = {
	{ "nothing", NULL, NULL, NULL, NULL, 0, NULL },
	{ "variable", "variable:secret", NULL, NULL, NULL, 1, "variable" },
	{ "bad variable", "secret", NULL, NULL, NULL, -1, NULL },
	{ "variable before the rest", "variable:secret", "http://all:secret@" PROXY, NULL,
	    PROXY " file:secret\n", 1, "variable" },
	{ "ALL_PROXY", NULL, "http://all:secret@" PROXY, NULL, NULL, 1, "all" },
	{ "ALL_PROXY with a path", NULL, "socks5h://all:secret@" PROXY "/", NULL, NULL, 1, "all" },
	{ "all_proxy", NULL, NULL, "socks5://small:secret@" PROXY, NULL, 1, "small" },
	{ "ALL_PROXY of another port", NULL, "http://all:secret@" PROXY "0", NULL, NULL, 0, NULL },
	{ "ALL_PROXY of another host", NULL, "http://all:secret@1" PROXY, NULL, NULL, 0, NULL },
	{ "ALL_PROXY of another, and all_proxy", NULL, "http://all:secret@10.0.0.1:1055",
	    "http://small:secret@" PROXY, NULL, 1, "small" },
	{ "ALL_PROXY with its name in the password", NULL,
	    "http://all:secret@" PROXY "@10.0.0.1:1055", NULL, NULL, 0, NULL },
	{ "ALL_PROXY without credentials", NULL, "http://" PROXY, NULL, PROXY " file:secret\n", 1,
	    "file" },
	{ "ALL_PROXY with a user only", NULL, "http://all@" PROXY, NULL, NULL, 0, NULL },
	{ "ALL_PROXY with escapes", NULL, "http://%61l%6C:secr%65t@" PROXY, NULL, NULL, 1, "all" },
	{ "ALL_PROXY that is no URL", NULL, "all:secret@" PROXY, NULL, NULL, 0, NULL },
	{ "empty ALL_PROXY", NULL, "", "", NULL, 0, NULL },
	{ "file", NULL, NULL, NULL, PROXY " file:secret\n", 1, "file" },
	{ "bad file", NULL, NULL, NULL, PROXY " secret\n", -1, NULL },
};

static void
test_find(void **state)
{
	struct proxy_auth	auth;
	char			text[256];
	size_t			i;
	int			result;

	for (i = 0; i < COUNT(finds); i++) {
		clear(state);
		if (finds[i].variable != NULL)
			setenv("MESHSSH_PROXY_AUTH", finds[i].variable, 1);
		if (finds[i].all != NULL)
			setenv("ALL_PROXY", finds[i].all, 1);
		if (finds[i].small != NULL)
			setenv("all_proxy", finds[i].small, 1);
		if (finds[i].file != NULL)
			write_file(path, finds[i].file, 0600);
		text[0] = '\0';
		memset(&auth, 0, sizeof(auth));
		result = proxy_auth_find(PROXY, &auth, text, sizeof(text));
		if (result != finds[i].result)
			fail_msg("%s: %d: %s", finds[i].name, result, text);
		if (result == 1 && (strcmp(auth.user, finds[i].user) != 0 ||
		    strcmp(auth.password, "secret") != 0))
			fail_msg("%s: those of %s", finds[i].name, auth.user);
		if (result == -1 && (text[0] == '\0' || strstr(text, "secret") != NULL))
			fail_msg("%s: \"%s\"", finds[i].name, text);
	}
	clear(state);
}

static void
test_folder(void **state)
{
	struct proxy_auth	auth;
	char			text[256], longest[PATH_MAX + 16];

	write_file(path, PROXY " user:secret\n", 0600);
	assert_int_equal(proxy_auth_find(PROXY, &auth, text, sizeof(text)), 1);
	/* A relative one is ignored, as the XDG specification says. */
	assert_int_equal(chdir(dir), 0);
	setenv("XDG_CONFIG_HOME", ".", 1);
	assert_int_not_equal(proxy_auth_find(PROXY, &auth, text, sizeof(text)) == 1 &&
	    strcmp(auth.user, "user") == 0, 1);
	assert_int_equal(chdir("/"), 0);
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	setenv("XDG_CONFIG_HOME", longest, 1);
	assert_int_equal(proxy_auth_find(PROXY, &auth, text, sizeof(text)), 0);
	clear(state);
}

/*
 * A proxy that was found in a URL is asked for by the name that it got there: its credentials are
 * found, too.
 */
static void
test_found_proxy(void **state)
{
	static const char *const	urls[] = { "http://all:secret@127.0.0.1:3128",
					    "http://all:secret@[::1]:3128/",
					    "socks5h://all:secret@localhost:1055",
					    "http://all:secret@127.0.0.1:3128/a@b" };
	struct env_proxy		env;
	struct proxy_auth		auth;
	char				text[256];
	size_t				i;

	for (i = 0; i < COUNT(urls); i++) {
		clear(state);
		setenv("ALL_PROXY", urls[i], 1);
		memset(&env, 0, sizeof(env));
		env_proxy_url(&env, urls[i], "ALL_PROXY");
		assert_int_equal(env.count, 1);
		if (proxy_auth_find(env.list[0].name, &auth, text, sizeof(text)) != 1)
			fail_msg("%s: none for %s", urls[i], env.list[0].name);
		assert_string_equal(auth.user, "all");
	}
	clear(state);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup(test_parse, clear),
		cmocka_unit_test_setup(test_longest, clear),
		cmocka_unit_test_setup(test_file, clear),
		cmocka_unit_test_setup(test_trust, clear),
		cmocka_unit_test_setup(test_find, clear),
		cmocka_unit_test_setup(test_folder, clear),
		cmocka_unit_test_setup(test_found_proxy, clear),
	};

	return (cmocka_run_group_tests_name("proxy-auth", tests, setup, teardown));
}
