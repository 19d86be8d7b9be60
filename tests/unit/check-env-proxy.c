/* SPDX-License-Identifier: ISC */
/* Unit tests: env-proxy. */

#include <sys/wait.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include "check.h"
#include "facts/env-proxy.h"

/* The proxies found, as text: "socks5 127.0.0.1:1055, http [::1]:3128". */
static const char *
found(const struct env_proxy *env, char buf[1024])
{
	int	i;

	buf[0] = '\0';
	for (i = 0; i < env->count; i++)
		snprintf(buf + strlen(buf), 1024 - strlen(buf), "%s%s %s", i > 0 ? ", " : "",
		    env->list[i].kind == PROXY_SOCKS5 ? "socks5" : "http", env->list[i].name);
	return (buf);
}

static const struct {
	const char	*text;
	const char	*name;		/* NULL: it is no address of a proxy */
} addresses[] = {
	{ "127.0.0.1:1055",		"127.0.0.1:1055" },
	{ "127.0.0.2:1",		"127.0.0.2:1" },
	{ "10.0.0.1:65535",		"10.0.0.1:65535" },
	{ "[::1]:1055",			"[::1]:1055" },
	{ "[fd7a:115c:a1e0::2]:1055",	"[fd7a:115c:a1e0::2]:1055" },
	{ ":1055",			"127.0.0.1:1055" },
	{ "0.0.0.0:1055",		"127.0.0.1:1055" },
	{ "localhost:1055",		"127.0.0.1:1055" },
	{ "LocalHost:1055",		"127.0.0.1:1055" },	/* RFC 4343 */
	{ "",				NULL },
	{ ":",				NULL },
	/* the real port is in the daemon's log only */
	{ ":0",				NULL },
	{ "localhost:0",		NULL },
	{ ":65536",			NULL },
	{ "127.0.0.1",			NULL },
	{ "localhost",			NULL },
	{ "1055",			NULL },
	{ "::1:1055",			NULL },
	{ "[::1]",			NULL },
	{ "127.0.0.1:socks",		NULL },
	{ "127.0.0.1:1055 ",		NULL },
	{ "socks5://127.0.0.1:1055",	NULL },
	{ "-x:1055",			NULL },
	{ "unix:/run/x.sock",		NULL },
};

static void
test_add(void **state)
{
	const struct sockaddr_in	*in;
	struct env_proxy		 env;
	size_t				 i;

	(void)state;
	for (i = 0; i < COUNT(addresses); i++) {
		memset(&env, 0, sizeof(env));
		env_proxy_add(&env, PROXY_SOCKS5, addresses[i].text, "test", 0);
		if (env.count != (addresses[i].name != NULL))
			fail_msg("\"%s\": %d found", addresses[i].text, env.count);
		if (addresses[i].name != NULL && strcmp(env.list[0].name, addresses[i].name) != 0)
			fail_msg("\"%s\" is called %s", addresses[i].text, env.list[0].name);
	}
	memset(&env, 0, sizeof(env));
	env_proxy_add(&env, PROXY_HTTP, "127.9.8.7:3128", "test", 1);
	assert_int_equal(env.count, 1);
	in = (const void *)&env.list[0].ss;
	assert_int_equal(env.list[0].len, sizeof(*in));
	assert_int_equal(in->sin_family, AF_INET);
	assert_int_equal(ntohs(in->sin_port), 3128);
	assert_int_equal(ntohl(in->sin_addr.s_addr), 0x7f090807);
	assert_int_equal(env.list[0].kind, PROXY_HTTP);
	assert_string_equal(env.list[0].source, "test");
	assert_true(env.list[0].guess);
	assert_false(env.list[0].named);
}

static void
test_same(void **state)
{
	struct env_proxy	env;
	char			text[1024];

	(void)state;
	memset(&env, 0, sizeof(env));
	env_proxy_add(&env, PROXY_SOCKS5, "localhost:1055", "first", 0);
	env_proxy_add(&env, PROXY_SOCKS5, ":1055", "second", 0);
	env_proxy_add(&env, PROXY_SOCKS5, "127.0.0.1:1055", "third", 1);
	env_proxy_url(&env, "socks5h://127.0.0.1:1055", "fourth");
	env_proxy_words(&env, "--socks5-server=0.0.0.0:1055",
	    sizeof("--socks5-server=0.0.0.0:1055"), "fifth");
	assert_string_equal(found(&env, text), "socks5 127.0.0.1:1055");
	assert_string_equal(env.list[0].source, "first");
	assert_false(env.list[0].guess);
	/* That the user named it, too, is noted: there may be credentials for it. */
	assert_true(env.list[0].named);
	/*
	 * tailscaled has both kinds on one port if it is told so; another port or address is
	 * another proxy.
	 */
	env_proxy_add(&env, PROXY_HTTP, "localhost:1055", "x", 0);
	env_proxy_add(&env, PROXY_SOCKS5, "localhost:1056", "x", 0);
	env_proxy_add(&env, PROXY_SOCKS5, "[::1]:1055", "x", 0);
	env_proxy_add(&env, PROXY_SOCKS5, "[0:0::1]:1055", "x", 0);
	assert_string_equal(found(&env, text),
	    "socks5 127.0.0.1:1055, http 127.0.0.1:1055, socks5 127.0.0.1:1056, "
	    "socks5 [::1]:1055");
}

static void
test_many(void **state)
{
	struct {
		struct env_proxy	env;
		char			behind[64];
	}	room;
	char	text[32];
	size_t	j;
	int	i;

	(void)state;
	memset(&room, 0, sizeof(room));
	memset(room.behind, '#', sizeof(room.behind));
	for (i = 1; i <= 3 * ENV_PROXY_MAX; i++) {
		snprintf(text, sizeof(text), "127.0.0.1:%d", i);
		env_proxy_add(&room.env, PROXY_HTTP, text, "test", 0);
		snprintf(text, sizeof(text), "http://127.0.0.2:%d", i);
		env_proxy_url(&room.env, text, "test");
		/* Not ours: no room is needed for it, and none is left behind. */
		snprintf(text, sizeof(text), "http://10.0.0.2:%d", i);
		env_proxy_url(&room.env, text, "test");
	}
	assert_int_equal(room.env.count, ENV_PROXY_MAX);
	for (j = 0; j < sizeof(room.behind); j++)
		assert_int_equal(room.behind[j], '#');
	for (i = 0; i < ENV_PROXY_MAX; i++)
		assert_true(addr_is_loopback((struct sockaddr *)&room.env.list[i].ss));
}

static const struct {
	const char	*url;
	const char	*found;
} urls[] = {
	{ "socks5://127.0.0.1:1055",			"socks5 127.0.0.1:1055" },
	{ "socks5h://localhost:1055",			"socks5 127.0.0.1:1055" },
	{ "http://127.0.0.1:3128",			"http 127.0.0.1:3128" },
	{ "http://127.0.0.1:3128/",			"http 127.0.0.1:3128" },
	{ "http://127.0.0.1:3128/path:1",		"http 127.0.0.1:3128" },
	{ "http://[::1]:3128/",				"http [::1]:3128" },
	{ "http://user:pass@127.0.0.1:3128",		"http 127.0.0.1:3128" },
	{ "socks5://user@[::1]:1080",			"socks5 [::1]:1080" },
	{ "http://u:p%40x@127.1.2.3:3128/",		"http 127.1.2.3:3128" },
	/* As many write it. */
	{ "http://user:p@ss@127.0.0.1:3128",		"http 127.0.0.1:3128" },
	/* RFC 3986 3.1 and 3.2.2: neither scheme nor host depend on the case. */
	{ "HTTP://127.0.0.1:3128",			"http 127.0.0.1:3128" },
	{ "Socks5://127.0.0.1:1080",			"socks5 127.0.0.1:1080" },
	/* None of ours: other machines, and names, which nobody looks up here. */
	{ "http://10.0.0.1:3128",			"" },
	{ "socks5://[fd7a:115c:a1e0::2]:1055",		"" },
	{ "socks5://100.64.0.2:1055",			"" },
	{ "http://proxy.example:3128",			"" },
	{ "http://127.0.0.1.example:3128",		"" },
	{ "http://localhost.example:3128",		"" },
	/* RFC 3986 3.2: where the host begins, and where it ends. */
	{ "http://127.0.0.1:3128@10.0.0.1:3128",	"" },
	{ "http://10.0.0.1:3128/@127.0.0.1:3128",	"" },
	{ "http://10.0.0.1:3128?@127.0.0.1:3128",	"" },
	{ "http://10.0.0.1:3128#@127.0.0.1:3128",	"" },
	/* No URL of a proxy that we can speak with. */
	{ "https://127.0.0.1:3128",			"" },
	{ "socks4://127.0.0.1:1080",			"" },
	{ "socks://127.0.0.1:1080",			"" },
	{ "socks5:127.0.0.1:1080",			"" },
	{ "127.0.0.1:1080",				"" },
	{ "://127.0.0.1:1080",				"" },
	{ "http://",					"" },
	{ "http://@",					"" },
	{ "http://127.0.0.1:0",				"" },
	{ "http://127.0.0.1:99999",			"" },
	{ "http://127.0.0.1:x/",			"" },
	{ "",						"" },
};

static void
test_url(void **state)
{
	struct env_proxy	env;
	char			text[1024], *url;
	size_t			i;

	(void)state;
	for (i = 0; i < COUNT(urls); i++) {
		memset(&env, 0, sizeof(env));
		env_proxy_url(&env, urls[i].url, "test");
		if (strcmp(found(&env, text), urls[i].found) != 0)
			fail_msg("%s: \"%s\"", urls[i].url, text);
		if (env.count > 0 && (!env.list[0].named || env.list[0].guess))
			fail_msg("%s: not named by the user", urls[i].url);
	}
	/* Longer than anything. */
	assert_non_null(url = malloc(100001));
	memset(url, 'a', 100000);
	url[100000] = '\0';
	memcpy(url, "http://", 7);
	env_proxy_url(&env, url, "test");
	memcpy(url + 99980, "@127.0.0.1:3128", 15);
	env_proxy_url(&env, url, "test");
	free(url);
}

/* A command line: words with a NUL behind each. */
static const struct {
	const char	*words;
	size_t		 len;
	const char	*found;
} lines[] = {
#define WORDS(text) text, sizeof(text)		/* with the NUL that C puts there */
	{ WORDS("tailscaled\0--socks5-server=localhost:1055"),	"socks5 127.0.0.1:1055" },
	{ WORDS("tailscaled\0--socks5-server\0localhost:1055"),	"socks5 127.0.0.1:1055" },
	{ WORDS("tailscaled\0-socks5-server=localhost:1055"),	"socks5 127.0.0.1:1055" },
	{ WORDS("tailscaled\0-socks5-server\0localhost:1055"),	"socks5 127.0.0.1:1055" },
	{ WORDS("tailscaled\0--outbound-http-proxy-listen=:8080"), "http 127.0.0.1:8080" },
	{ WORDS("tailscaled\0-outbound-http-proxy-listen\0[::1]:8080"), "http [::1]:8080" },
	{
	    WORDS("tailscaled\0--socks5-server=:1\0--tun=userspace-networking\0--outbound-http-proxy-listen\0:1\0--port=41641"),
	    "socks5 127.0.0.1:1, http 127.0.0.1:1" },
	{ WORDS("tailscaled\0--tun\0userspace-networking\0\0--socks5-server=:1"),
	    "socks5 127.0.0.1:1" },
	{ WORDS("tailscaled\0--socks5-server="),		"" },
	{ WORDS("tailscaled\0--socks5-server\0"),		"" },
	{ WORDS("tailscaled\0--socks5-server"),			"" },
	{ WORDS("tailscaled\0--socks5-server=:0"),		"" },
	{ WORDS("tailscaled\0---socks5-server=:1"),		"" },
	{ WORDS("tailscaled\0socks5-server=:1"),		"" },
	{ WORDS("tailscaled\0--socks5-servers=:1"),		"" },
	{ WORDS("tailscaled\0--socks5-serve=:1"),		"" },
	{ WORDS("tailscaled\0--SOCKS5-server=:1"),		"" },
	{ WORDS("tailscaled\0--socks5-server:1"),		"" },
	{ WORDS("tailscaled\0-\0--\0--="),			"" },
	{ WORDS("\0\0\0"),					"" },
	{ WORDS(""),						"" },
	{ "", 0,						"" },
	/* Cut: what has no NUL behind is not whole. */
	{ "t\0--socks5-server=:10", 22 - 1,			"" },
	{ "t\0--socks5-server\0:10", 22 - 1,			"" },
	{ "t\0--socks5-server", 17,				"" },
	{ "t\0--socks5-server=:1\0--socks5-server=:2", 40 - 1,	"socks5 127.0.0.1:1" },
};

static void
test_words(void **state)
{
	struct env_proxy	env;
	char			text[1024], *copy;
	size_t			i;

	(void)state;
	for (i = 0; i < COUNT(lines); i++) {
		/* Of its own, so that a sanitizer sees a byte behind. */
		assert_non_null(copy = malloc(lines[i].len + 1));
		memcpy(copy, lines[i].words, lines[i].len);
		copy[lines[i].len] = '5';
		memset(&env, 0, sizeof(env));
		env_proxy_words(&env, copy, lines[i].len, "test");
		if (strcmp(found(&env, text), lines[i].found) != 0)
			fail_msg("line %zu: \"%s\"", i, text);
		free(copy);
	}
}

/* A defaults file. */
static const struct {
	const char	*text;
	const char	*found;
} files[] = {
	{ "PORT=\"41641\"\nFLAGS=\"\"\n",					"" },
	{ "FLAGS=\"--socks5-server=localhost:1055\"\n",				"socks5 127.0.0.1:1055" },
	{ "FLAGS=\"--socks5-server localhost:1055\"\n",				"socks5 127.0.0.1:1055" },
	{ "FLAGS='--tun=userspace-networking --socks5-server=:1055'",		"socks5 127.0.0.1:1055" },
	{ "FLAGS=\"-socks5-server :1 -outbound-http-proxy-listen :2\"\r\n",	"socks5 127.0.0.1:1, http 127.0.0.1:2" },
	/* A word needs no quotes. */
	{ "FLAGS=--socks5-server=:1055\n",					"socks5 127.0.0.1:1055" },
	{ "PORT=1\nexport FLAGS=\"--tun=x\t--socks5-server=:1055\"\nX=y\n",	"socks5 127.0.0.1:1055" },
	{ "# FLAGS=\"--socks5-server=:1055\"\n",				"" },
	{ "#FLAGS=\"--socks5-server=:1055\"\nFLAGS=\"--socks5-server=:2\"\n",	"socks5 127.0.0.1:2" },
	{ "X=y\n\n#\n# --socks5-server=:1055 \n",				"" },
	{ "  # FLAGS=\"--socks5-server=:1055\"\n",				"" },
	{ "\t#FLAGS=\"--socks5-server=:1055\"\n",				"" },
	/* A hash mark within a word or quotes is no comment. */
	{ "X=\"a#b\" FLAGS=\"--x=#1 --socks5-server=:1055\"\n",			"socks5 127.0.0.1:1055" },
	{ "",									"" },
	{ "\n\n\n",								"" },
	{ "#",									"" },
	{ "\"",									"" },
};

static void
test_defaults(void **state)
{
	struct env_proxy	env;
	char			text[1024], *copy;
	size_t			i, len;

	(void)state;
	for (i = 0; i < COUNT(files); i++) {
		len = strlen(files[i].text) + 1;
		assert_non_null(copy = malloc(len));
		memcpy(copy, files[i].text, len);
		memset(&env, 0, sizeof(env));
		env_proxy_defaults(&env, copy, len, "test");
		if (strcmp(found(&env, text), files[i].found) != 0)
			fail_msg("%s: \"%s\"", files[i].text, text);
		free(copy);
	}
}

static void
clear_environment(void)
{
	unsetenv("TS_SOCKS5_SERVER");
	unsetenv("TS_OUTBOUND_HTTP_PROXY_LISTEN");
	unsetenv("ALL_PROXY");
	unsetenv("all_proxy");
}

/* Where in the list a proxy is, or -1. */
static int
place(const struct env_proxy *env, enum proxy_kind kind, const char *name)
{
	int	i;

	for (i = 0; i < env->count; i++)
		if (env->list[i].kind == kind && strcmp(env->list[i].name, name) == 0)
			return (i);
	return (-1);
}

static void
test_environment(void **state)
{
	struct env_proxy	env;
	int			i;

	(void)state;
	clear_environment();
	/* What lay there before is gone; what is there without a word of anybody is a guess. */
	memset(&env, '#', sizeof(env));
	env_proxy_detect(&env, -1, NULL, 0);
	assert_within(env.count, 2, ENV_PROXY_MAX);
	assert_true(place(&env, PROXY_SOCKS5, "127.0.0.1:1055") >= 0);

	setenv("TS_SOCKS5_SERVER", ":7001", 1);
	setenv("TS_OUTBOUND_HTTP_PROXY_LISTEN", "localhost:7002", 1);
	setenv("ALL_PROXY", "socks5h://user:secret@[::1]:7003", 1);
	setenv("all_proxy", "http://127.0.0.1:7004/", 1);
	env_proxy_detect(&env, -1, NULL, 0);
	assert_within(place(&env, PROXY_SOCKS5, "127.0.0.1:7001"), 0, 1);
	assert_within(place(&env, PROXY_HTTP, "127.0.0.1:7002"), 0, 1);
	assert_within(place(&env, PROXY_SOCKS5, "[::1]:7003"), 2, 3);
	assert_within(place(&env, PROXY_HTTP, "127.0.0.1:7004"), 2, 3);
	for (i = 0; i < 4; i++) {
		assert_false(env.list[i].guess);
		assert_int_equal(env.list[i].named, i >= 2);
	}
	/* The surest first: no guess before anything else. */
	for (i = 1; i < env.count; i++)
		assert_true(env.list[i].guess >= env.list[i - 1].guess);
	assert_true(env.list[env.count - 1].guess);

	/* Another machine's is none of ours, and neither are empty words. */
	setenv("TS_SOCKS5_SERVER", "", 1);
	setenv("TS_OUTBOUND_HTTP_PROXY_LISTEN", "x", 1);
	setenv("ALL_PROXY", "socks5://10.0.0.1:7003", 1);
	setenv("all_proxy", "", 1);
	env_proxy_detect(&env, -1, NULL, 0);
	for (i = 0; i < env.count; i++)
		if (strstr(env.list[i].name, ":700") != NULL)
			fail_msg("found %s", env.list[i].name);
	clear_environment();
}

/* A process that was started like tailscaled. */
static void
test_process(void **state)
{
	struct env_proxy	env;
	struct sockaddr_in	sin = { .sin_family = AF_INET, .sin_port = htons(7005),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int			in[2], out[2], status, fd;
	char			byte;
	pid_t			pid;

	(void)state;
	clear_environment();
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	if ((pid = fork()) == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close(in[1]);
		execl("/bin/sh", "sh", "-c", "echo; read x", "tailscaled",
		    "--tun=userspace-networking", "--socks5-server=localhost:7005",
		    "--outbound-http-proxy-listen", ":7006", (char *)NULL);
		_exit(1);
	}
	close(in[0]);
	close(out[1]);
	/* When it has said something, its command line is the new one. */
	assert_int_equal(read(out[0], &byte, 1), 1);
	setenv("ALL_PROXY", "http://127.0.0.1:7007", 1);
	/* Of one that only has the name, what nobody listens at is nothing. */
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(listen(fd, 1), 0);
	env_proxy_detect(&env, -1, &pid, 1);
	if (os_listener((struct sockaddr *)&sin) == OS_LISTENER_OURS)
		assert_within(place(&env, PROXY_SOCKS5, "127.0.0.1:7005"), 1, 2);
	assert_int_equal(place(&env, PROXY_HTTP, "127.0.0.1:7006"), -1);
	close(fd);
	env_proxy_detect(&env, pid, NULL, 0);
	close(in[1]);
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	clear_environment();
	assert_int_equal(place(&env, PROXY_HTTP, "127.0.0.1:7007"), 0);
	assert_within(place(&env, PROXY_SOCKS5, "127.0.0.1:7005"), 1, 2);
	assert_within(place(&env, PROXY_HTTP, "127.0.0.1:7006"), 1, 2);
	/* It is gone: that is no failure. */
	env_proxy_detect(&env, pid, NULL, 0);
	assert_int_equal(place(&env, PROXY_SOCKS5, "127.0.0.1:7005"), -1);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_url),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_process),
	};

	return (cmocka_run_group_tests_name("env-proxy", tests, NULL, NULL));
}
