/* SPDX-License-Identifier: ISC */
/* Unit tests: ssh-host. */

#include <sys/types.h>
#include <sys/socket.h>

#include <pwd.h>

#include "check-root.h"
#include "check.h"
#include "sshconf/ssh-host.h"

/* The user's home is the test's own. */
static struct passwd *
own_getpwuid(uid_t uid)
{
	static char		name[] = "alice";
	static struct passwd	pw;

	pw.pw_name = name;
	pw.pw_dir = root;
	pw.pw_uid = uid;
	return (&pw);
}

#define getpwuid(uid) own_getpwuid(uid)
#include "sshconf/ssh-host.c"

static void
test_hosts(void **state)
{
	static const struct {
		const char		*typed, *host;
		int			 port, unsure, family;
		enum ssh_host_way	 way;
	} rows[] = {
		{ "nas", "10.0.0.7", 2222 },
		{ "NAS", "NAS", 22 },
		{ "build-1", "build-1.mesh.example", 22 },
		{ "other", "other", 22 },
		{ "percent", "a%b", 22 },
		{ "odd", "odd", 22 },
		{ "token", "token", 22 },
		{ "high", "high", 22 },
		/* Only ssh could tell. */
		{ "asked", "asked", 44, 1 },
		{ "final", "final", 22, 1 },
		{ "final-user", "final-user", 22, 0 },
		{ "jump", "jump", 22, 0, AF_INET6, SSH_HOST_JUMP },
		{ "nojump", "nojump", 22, 0, AF_INET, SSH_HOST_DIRECT },
		{ "command", "command", 22, 0, AF_UNSPEC, SSH_HOST_COMMAND },
		{ "nocommand", "nocommand", 22, 0, AF_UNSPEC, SSH_HOST_DIRECT },
		{ "ours", "ours", 22, 0, AF_UNSPEC, SSH_HOST_DIRECT },
		{ "via", "via", 22, 0, AF_UNSPEC, SSH_HOST_COMMAND },
		{ "otherhost", "otherhost", 22, 0, AF_UNSPEC, SSH_HOST_COMMAND },
		{ "otherport", "otherport", 22, 0, AF_UNSPEC, SSH_HOST_COMMAND },
		{ "askedjump", "askedjump", 22, 1, AF_UNSPEC, SSH_HOST_DIRECT },
	};
	struct ssh_host		 host;
	size_t			 i;

	(void)state;
	unsetenv("HOME");
	put("/.ssh/config", "Host nas\nHostName 10.0.0.7\nPort 2222\n"
	    "Host build-*\nHostName %h.mesh.example\n"
	    "Host percent\nHostName a%%b\nHost odd\nHostName -oX\nHost token\nHostName %k\nHost high\nPort 70000\n"
	    "Host asked\nPort 44\nMatch host asked exec true\nHostName elsewhere\n"
	    "Match final originalhost final\nPort 2222\nMatch final originalhost final-user\nUser x\n"
	    "Host jump\nProxyJump a\nProxyCommand none\nAddressFamily INET6\n"
	    "Host nojump\nProxyJump none\nProxyCommand nc\nAddressFamily inet\n"
	    "Host command\nProxyCommand nc %h %p\nHost nocommand\nProxyCommand none\nProxyJump a\n"
	    "Host ours\nProxyCommand /a/meshssh --relay -- %h %p\n"
	    "Host via\nProxyCommand meshssh --via=http %h %p\n"
	    "Host otherhost\nProxyCommand meshssh other.example %p\n"
	    "Host otherport\nProxyCommand meshssh %h 2222\n"
	    "Match originalhost askedjump exec true\nProxyJump a\n"
	    "Match all\nPort 22\n");
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(ssh_host_files(rows[i].typed, &host), rows[i].unsure);
		assert_string_equal(host.host, rows[i].host);
		assert_int_equal(host.port, rows[i].port);
		assert_int_equal(host.family, rows[i].family);
		assert_int_equal(host.way, rows[i].way);
	}
}

/* HOST:PORT, but for what ssh's files have as the name of a host, by itself or by a pattern. */
static void
test_split(void **state)
{
	static const struct {
		const char	*typed, *host;	/* NULL: it is the name of a host */
		int		 port;
	} rows[] = {
		{ "nas:2201", "nas", 2201 },
		{ "nas:22", "nas", 22 },
		{ "100.64.0.7:2201", "100.64.0.7", 2201 },
		{ "[fd7a::7]:2201", "fd7a::7", 2201 },
		/* In a pattern of any host, nothing is said of this one. */
		{ "alias:2202", "alias", 2202 },
		{ "alias:2201", NULL },
		{ "ALIAS:2201", NULL },
		{ "far:7", NULL },
		{ "gate:22", NULL },
		{ "match:22", NULL },
		{ "other:22", NULL },
		{ "nas", NULL },
		{ "nas:", NULL },
		{ "nas:x", NULL },
		{ "nas:0", NULL },
		{ "nas:65536", NULL },
		{ ":22", NULL },
		{ "::1", NULL },
		{ "fd7a::7:2201", NULL },
		{ "[fd7a::7]", NULL },
		{ "a b:22", NULL },
	};
	char		host[ADDR_HOST_MAX + 1];
	size_t		i;
	int		port, split;

	(void)state;
	put("/.ssh/config", "Host *\nUser x\nHost n?s nas\nPort 3\n"
	    "Host alias:2201 b\nHostName alias\nHost far:*\nHostName far\nHost !gate:23 \"gate:22\"\nPort 4\n"
	    "Match user x originalhost=a,match:22\nPort 5\nHost unrelated\nInclude more\n");
	put("/.ssh/more", "Host other:22\nPort 6\n");
	for (i = 0; i < COUNT(rows); i++) {
		split = ssh_host_split(rows[i].typed, NULL, host, &port);
		if (split != (rows[i].host != NULL ? 0 : -1))
			fail_msg("%s: %d", rows[i].typed, split);
		if (split == -1)
			continue;
		assert_string_equal(host, rows[i].host);
		assert_int_equal(port, rows[i].port);
	}
	assert_int_equal(ssh_host_split("alias:2201", "none", host, &port), 0);
}

/* From 9.9 on, ssh knows tokens and variables in an Include: such a file may say all, and is not read here. */
static void
test_includes(void **state)
{
	struct ssh_host	host;

	(void)state;
	put("/.ssh/config", "Include %d/.ssh/hosts\nHost nas\nPort 2\n");
	assert_int_equal(ssh_host_files("nas", &host), 1);
	put("/.ssh/config", "Host nas\nPort 2\nInclude ${HOME}/.ssh/hosts\n");
	assert_int_equal(ssh_host_files("nas", &host), 1);
	put("/.ssh/config", "Host nas\nPort 2\nHost other\nInclude ${HOME}/.ssh/hosts\n");
	assert_int_equal(ssh_host_files("nas", &host), 0);
}

/* ssh finds its files by the password database, and what they include by $HOME, if that is set. */
static void
test_tilde(void **state)
{
	char		elsewhere[sizeof(root) + 8];
	struct ssh_host	host;

	(void)state;
	put("/.ssh/config", "Include hosts ~/more\n");
	put("/.ssh/hosts", "Host nas\nPort 1\n");
	put("/other/.ssh/hosts", "Host nas\nPort 2\n");
	put("/other/more", "Host build\nPort 3\n");
	snprintf(elsewhere, sizeof(elsewhere), "%s/other", root);
	assert_int_equal(setenv("HOME", elsewhere, 1), 0);
	ssh_host("nas", &host);
	assert_int_equal(host.port, 2);
	ssh_host("build", &host);
	assert_int_equal(host.port, 3);
	assert_int_equal(unsetenv("HOME"), 0);
	ssh_host("nas", &host);
	assert_int_equal(host.port, 1);
}

/* ConnectTimeout: the first that counts, in ssh's times; 0 where only ssh could tell. */
static void
test_timeouts(void **state)
{
	static const struct {
		const char	*typed;
		int		 timeout_s;
	} rows[] = {
		{ "nas", 5 }, { "minutes", 90 }, { "none", 0 }, { "asked", 0 }, { "other", 45 },
	};
	static const struct {
		const char	*text;
		int		 seconds;
	} times[] = {
		{ "2", 2 }, { "2s", 2 }, { "1M30", 90 }, { "1w1d1h1m1s", 694861 }, { "none", 0 }, { "", 0 },
		{ "-1", 0 }, { "2x", 0 }, { "s", 0 }, { "99999999999999999999", 0 }, { "4000w", 0 },
		{ "2147483647", 2147483647 }, { "2147483647s1", 0 },
	};
	char	one[sizeof(root) + 8];
	size_t	i;

	(void)state;
	put("/.ssh/config", "Host nas\nConnectTimeout 5\nHost minutes\nConnectTimeout=1m30s\n"
	    "Host none\nConnectTimeout none\nMatch host asked exec true\nConnectTimeout 7\n"
	    "Host *\nConnectTimeout 45\n");
	put("/one", "ConnectTimeout 3\n");
	snprintf(one, sizeof(one), "%s/one", root);
	for (i = 0; i < COUNT(rows); i++)
		assert_int_equal(ssh_host_timeout(rows[i].typed, NULL), rows[i].timeout_s);
	assert_int_equal(ssh_host_timeout("nas", one), 3);
	assert_int_equal(ssh_host_timeout("nas", "none"), 0);
	for (i = 0; i < COUNT(times); i++)
		if (ssh_host_seconds(times[i].text) != times[i].seconds)
			fail_msg("%s is %d s", times[i].text, ssh_host_seconds(times[i].text));
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_includes),
		cmocka_unit_test(test_tilde),
		cmocka_unit_test(test_timeouts),
	};

	return (cmocka_run_group_tests_name("ssh-host", tests, root_make, root_remove));
}
