/* SPDX-License-Identifier: ISC */
/* Unit tests: env-ssh. */

#include <sys/socket.h>
#include <sys/stat.h>

#include <strings.h>

#include "base/error.h"
#include "check.h"
#include "sshconf/ssh-program.h"

static void
test_lines(void **state)
{
	static const struct {
		const char	*keyword, *value;
		int		 taken, relayed;
	}		cases[] = {
		{ "proxycommand", "/x/meshssh %h %p", 1, 1 },
		{ "proxycommand", "\"/a b/meshssh\" --fdpass %h %p", 1, 1 },
		{ "proxycommand", "meshssh", 1, 1 }, { "proxycommand", "exec meshssh-x meshssh", 1,
		    1 },
		{ "proxycommand", "/home/meshssh/nc %h %p", 1 },
		    { "proxycommand", "mymeshssh %h %p", 1 },
		{ "proxycommand", "nc %h %p", 1 }, { "proxyjump", "bastion", 0 },
		    { "bindaddress", "10.0.0.1", 1 },
		{ "bindinterface", "eth0", 1 }, { "connectionattempts", "1", 0 },
		    { "connectionattempts", "3", 1 },
		{ "hostbasedauthentication", "no", 0 }, { "hostbasedauthentication", "yes", 1 },
		{ "gssapitrustdns", "no", 0 }, { "gssapitrustdns", "yes", 1 },
		{ "nohostauthenticationforlocalhost", "no", 0 },
		    { "nohostauthenticationforlocalhost", "yes", 1 },
		{ "nohostauthenticationforlocalhost", "false", 0 },
		    { "nohostauthenticationforlocalhost", "true", 1 },
		{ "proxyusefdpass", "yes", 0 }, { "hostname", "nas", 0 },
		    { "ProxyJump", "bastion", 0 },
	};
	struct ssh_program	env;
	char		longest[400] = "";
	size_t		i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		memset(&env, 0, sizeof(env));
		ssh_program_line(&env, cases[i].keyword, cases[i].value);
		assert_int_equal(env.taken, cases[i].taken);
		assert_int_equal(env.jumps, strcasecmp(cases[i].keyword, "proxyjump") == 0);
		assert_int_equal(env.relayed, cases[i].relayed);
	}
	memset(&env, 0, sizeof(env));
	ssh_program_line(&env, "addressfamily", "inet6");
	ssh_program_line(&env, "connecttimeout", "7");
	ssh_program_line(&env, "proxyusefdpass", "yes");
	ssh_program_line(&env, "canonicalizehostname", "true");
	assert_int_equal(env.family, AF_INET6);
	assert_int_equal(env.connect_timeout_s, 7);
	assert_int_equal(env.fdpass, 1);
	ssh_program_line(&env, "proxyusefdpass", "false");
	assert_int_equal(env.fdpass, 0);
	ssh_program_line(&env, "proxyusefdpass", "true");
	assert_int_equal(env.fdpass, 1);
	assert_int_equal(env.canonicalize, 1);
	assert_int_equal(ssh_program_patience(&env), 0);
	ssh_program_line(&env, "serveraliveinterval", "60");
	ssh_program_line(&env, "serveralivecountmax", "5");
	assert_int_equal(ssh_program_patience(&env), 300);
	ssh_program_line(&env, "serveraliveinterval", "2147483647");
	assert_int_equal(ssh_program_patience(&env), INT_MAX);
	ssh_program_line(&env, "serveraliveinterval", "0");
	ssh_program_line(&env, "tcpkeepalive", "no");
	assert_int_equal(ssh_program_patience(&env), INT_MAX);
	ssh_program_line(&env, "serveraliveinterval", "99999999999999999999");
	ssh_program_line(&env, "tcpkeepalive", "yes");
	assert_int_equal(ssh_program_patience(&env), 0);
	ssh_program_line(&env, "tcpkeepalive", "false");
	assert_int_equal(ssh_program_patience(&env), INT_MAX);
	ssh_program_line(&env, "tcpkeepalive", "true");
	assert_int_equal(ssh_program_patience(&env), 0);
	ssh_program_line(&env, "connecttimeout", "none");
	ssh_program_line(&env, "canonicalizehostname", "always");
	ssh_program_line(&env, "addressfamily", "any");
	assert_int_equal(env.family, AF_UNSPEC);
	assert_int_equal(env.connect_timeout_s, 0);
	assert_int_equal(env.canonicalize, 0);
	/* An odd host is not made good by one that comes before or behind it. */
	ssh_program_line(&env, "hostname", "nas");
	assert_string_equal(env.host, "nas");
	ssh_program_line(&env, "hostname", "a;b");
	ssh_program_line(&env, "hostname", "nas");
	assert_string_equal(env.host, "a;b");
	memset(longest, 'a', sizeof(longest) - 1);
	memset(&env, 0, sizeof(env));
	ssh_program_line(&env, "hostname", longest);
	assert_false(addr_host_ok(env.host));
}

static void
write_script(const char *path, const char *text)
{
	FILE	*fp;

	assert_non_null(fp = fopen(path, "w"));
	fputs(text, fp);
	fclose(fp);
	assert_int_equal(chmod(path, 0755), 0);
}

/* The first ssh in PATH that is not ourselves, whatever we are called. */
static void
test_find(void **state)
{
	char	dir[] = "/tmp/meshssh-check.XXXXXX", self[64], one[64], two[64], found[PATH_MAX],
		    path[256];
	int	i;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(one, sizeof(one), "%s/1", dir);
	snprintf(two, sizeof(two), "%s/2", dir);
	assert_int_equal(mkdir(one, 0755), 0);
	assert_int_equal(mkdir(two, 0755), 0);
	snprintf(self, sizeof(self), "%s/meshssh", dir);
	write_script(self, "#!/bin/sh\n");
	strcat(one, "/ssh");
	strcat(two, "/ssh");
	assert_int_equal(symlink(self, one), 0);
	write_script(two, "#!/bin/sh\n");
	snprintf(path, sizeof(path), ".:%s/1::%s/none:%s/2", dir, dir, dir);
	setenv("PATH", path, 1);
	assert_int_equal(ssh_program_find(self, found), 0);
	assert_string_equal(found, two);
	snprintf(path, sizeof(path), "%s/1", dir);
	setenv("PATH", path, 1);
	if (ssh_program_find(self, found) == 0)
		assert_string_equal(found, "/usr/bin/ssh");
	/* What this process was already is passed over; what another one was is not. */
	write_script(self, "#!/bin/sh\n");
	snprintf(path, sizeof(path), "%s/2:%s/2", dir, dir);
	setenv("PATH", path, 1);
	ssh_program_mark(two);
	assert_int_equal(ssh_program_find(self, found), 0);
	assert_string_equal(found, two);
	ssh_program_mark(two);
	if (ssh_program_find(self, found) == 0)
		assert_string_equal(found, "/usr/bin/ssh");
	/* A circle of which nothing leads out ends. */
	for (i = 0; i < 40 && ssh_program_find(self, found) == 0; i++)
		ssh_program_mark(two);
	assert_int_equal(i, access("/usr/bin/ssh", X_OK) == 0 ? 18 : 0);
	unsetenv("MESHSSH_TRIED");
	unlink(one);
	unlink(two);
	unlink(self);
	*strrchr(one, '/') = *strrchr(two, '/') = '\0';
	rmdir(one);
	rmdir(two);
	assert_int_equal(rmdir(dir), 0);
}

/* The mark passes over the scripts that led here, and never hides the one ssh that is a program. */
static void
test_mark(void **state)
{
	static const struct {
		char		 whose;		/* number: our own, our parent's, none */
		char		 rest[80];
		int		 passes;
	}		marks[] = {
		{ 'o', ":1:0", 1 }, { 'o', ":1:1", 1 }, { 'p', ":1:1", 1 }, { 'p', ":1:0", 0 },
		{ '-', "1:1:1", 0 }, { 'o', ":0:1", 0 }, { 'o', ":2:1", 1 }, { 'p', ":5:1", 1 },
		{ 'o', ":19:0", 1 }, { 'o', ":21:1", 0 }, { 'o', ":-1:1", 0 },
		{ 'o', ":2147483648:1", 0 }, { 'o', ":4294967297:1", 0 }, { 'o', ":1:2", 0 },
		{ 'o', ":99999999999999999999:1", 0 }, { 'o', "00000000000000000000:1:1", 0 },
		{ 'o', ":1", 0 }, { 'o', "", 0 }, { 'o', ":1:", 0 }, { 'o', "::1", 0 },
		{ '-', ":1:1", 0 }, { '-', "", 0 }, { 'o', ":1:1:1", 0 }, { 'o', ":1:1 ", 0 },
		{ 'o', ": 1:1", 0 }, { 'o', ":+1:1", 0 },
		{ 'o', ":1:1                                                                ", 0 },
	};
	char		dir[] = "/tmp/meshssh-check.XXXXXX", script[64], program[64], path[256],
			found[PATH_MAX], mark[128], number[24];
	size_t		i;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(script, sizeof(script), "%s/1", dir);
	snprintf(program, sizeof(program), "%s/2", dir);
	snprintf(path, sizeof(path), "%s:%s", script, program);
	assert_int_equal(mkdir(script, 0755) | mkdir(program, 0755), 0);
	setenv("PATH", path, 1);
	strcat(script, "/ssh");
	strcat(program, "/ssh");
	write_script(script, "#!/bin/sh\n");
	write_script(program, "\177ELF");
	for (i = 0; i < COUNT(marks); i++) {
		snprintf(number, sizeof(number), "%ld", (long)(marks[i].whose == 'p' ?
		    getppid() : getpid()));
		snprintf(mark, sizeof(mark), "%s%s", marks[i].whose != '-' ? number : "",
		    marks[i].rest);
		setenv("MESHSSH_TRIED", mark, 1);
		/* There are only these two: the one in /usr/bin is said to be this program. */
		assert_int_equal(ssh_program_find("/usr/bin/ssh", found), 0);
		assert_string_equal(found, marks[i].passes ? program : script);
		unlink(script);
		assert_int_equal(ssh_program_find("/usr/bin/ssh", found), 0);
		assert_string_equal(found, program);
		write_script(script, "#!/bin/sh\n");
	}
	unsetenv("MESHSSH_TRIED");
	unlink(script);
	unlink(program);
	*strrchr(script, '/') = *strrchr(program, '/') = '\0';
	assert_int_equal(rmdir(script) | rmdir(program) | rmdir(dir), 0);
}

/* Whatever stands for ssh: refusal, silence and too much are no configuration. */
static void
test_ask(void **state)
{
	static const struct {
		const char	*script;
		int		 result, taken;
	}		cases[] = {
		{ "#!/bin/sh\necho hostname nas\necho bindaddress x\n", 0, 1 },
		{ "#!/bin/sh\necho hostname nas\n", 0, 0 },
		{ "#!/bin/sh\n[ \"$*\" = '-G -p 22 nas' ] && echo hostname nas\n", 0, 0 },
		{ "#!/bin/sh\necho hostname nas\nexit 255\n", 1, 0 },
		{ "#!/bin/sh\necho hostname nas\nkill -9 $$\n", -1, 0 },
		{ "#!/bin/sh\necho OpenSSH_9.2\n", 1, 0 },
		{ "#!/bin/sh\n", 1, 0 },
		{ "#!/no/such/interpreter\n", -1, 0 },
		{ "#!/bin/sh\nhead -c 300000 /dev/zero | tr '\\0' x\necho\necho hostname nas\n", 0,
		    0 },
	};
	char		dir[] = "/tmp/meshssh-check.XXXXXX", ssh[64];
	char		*args[] = { (char *)(uintptr_t)"-p", (char *)(uintptr_t)"22",
			    (char *)(uintptr_t)"nas", NULL };
	struct error	err = { .code = CODE_NONE };
	struct ssh_program	env;
	size_t		i;

	(void)state;
	setenv("PATH", "/usr/bin:/bin", 1);
	assert_non_null(mkdtemp(dir));
	snprintf(ssh, sizeof(ssh), "%s/ssh", dir);
	for (i = 0; i < COUNT(cases); i++) {
		write_script(ssh, cases[i].script);
		err.code = CODE_NONE;
		if (ssh_program_ask(ssh, args, &env, &err) != cases[i].result)
			fail_msg("case %zu", i);
		assert_int_equal(err.code, cases[i].result == -1 ? CODE_SYSTEM : CODE_NONE);
		if (cases[i].result == 0)
			assert_int_equal(env.taken, cases[i].taken);
	}
	unlink(ssh);
	assert_int_equal(ssh_program_ask(ssh, args, &env, &err), -1);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_mark),
		cmocka_unit_test(test_ask),
	};

	return (cmocka_run_group_tests_name("env-ssh", tests, NULL, NULL));
}
