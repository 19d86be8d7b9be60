/* SPDX-License-Identifier: ISC */
/* Unit tests: ssh-args. */

#include <sys/socket.h>

#include "check.h"
#include "cmd/ssh-args.h"

#define WORDS 12

/* Command lines as ssh's callers write them (facts: git, scp, sftp, rsync, mosh, ansible, nix). */
static const struct {
	const char	*words[WORDS];
	int		 local;
	int		 insert;
	const char	*destination;
} cases[] = {
	{ { "nas" },							0, 1, "nas" },
	{ { "-p", "22", "nas", "ls", "-G" },				0, 3, "nas" },
	{ { "-p22", "nas", "grep", "-Q", "x" },				0, 2, "nas" },
	{ { "-vvp", "22", "-4", "nas" },				0, 4, "nas" },
	{ { "nas", "-p", "22", "-v", "ls" },				0, 4, "nas" },
	{ { "nas", "-oProxyCommand=none", "ls", "-l" },			0, 2, "nas" },
	{ { "nas", "-G" },						1, 2, "nas" },
	{ { "nas", "--", "-G" },					0, 1, "nas" },
	{ { "--", "nas", "-V" },					0, 0, "nas" },
	{ { "-v", "--", "nas", "-V" },					0, 1, "nas" },
	{ { "-G", "nas" },						1, 2, "nas" },
	{ { "-vG", "nas" },						1, 2, "nas" },
	{ { "-V" },							1, 1, NULL },
	{ { "-Q", "cipher" },						1, 2, NULL },
	{ { "-O", "check", "nas" },					1, 3, "nas" },
	{ { "-Ocheck", "nas" },						1, 2, "nas" },
	{ { "-l", "-G", "nas" },					0, 3, "nas" },
	{ { "-o", "SendEnv=GIT_PROTOCOL", "-p", "2200", "u@h", "git-upload-pack '/r'" }, 0, 5,
	    "u@h" },
	{ { "-G", "-o", "SendEnv=GIT_PROTOCOL", "-p", "2200", "u@h" },	1, 6, "u@h" },
	{ { "-oForwardX11 no", "-oPort 2200", "-l", "u", "-s", "--", "h", "sftp" }, 0, 5, "h" },
	{ { "-n", "-tt", "-S", "none", "u@h", "--", "mosh-server" },	0, 5, "u@h" },
	{ { "-P", "tag", "nas" },					0, 0, NULL },
	{ { "-P", "-G", "nas" },					1, 3, "nas" },
	{ { "-9", "-G", "nas" },					0, 0, NULL },
	{ { "-" },							0, 1, "-" },
	{ { "-p" },							0, 1, NULL },
	{ { NULL },							0, 0, NULL },
};

/* The words are at argv then. */
static void
walk(const char *const words[WORDS], char *argv[WORDS + 1], struct ssh_args *args)
{
	int	argc;

	for (argc = 0; argc < WORDS && words[argc] != NULL; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc];
	argv[argc] = NULL;
	ssh_args_walk(argc, argv, args);
}

static void
test_walk(void **state)
{
	struct ssh_args	args;
	char		*argv[WORDS + 1];
	const char	*got;
	size_t		 i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		walk(cases[i].words, argv, &args);
		if (args.local != cases[i].local || args.insert != cases[i].insert)
			fail_msg("case %zu, %s: local %d, insert %d", i, argv[0], args.local,
			    args.insert);
		got = args.destination != NULL ? args.destination : "";
		if (strcmp(got, cases[i].destination != NULL ? cases[i].destination : "") != 0)
			fail_msg("case %zu: destination \"%s\"", i, got);
	}
}

/* What counts of several, and where ssh takes it from. */
static void
test_options(void **state)
{
	static const struct {
		const char	*words[WORDS];
		const char	*config, *timeout;
	} rows[] = {
		{ { "nas" },						NULL, NULL },
		{ { "-o", "ConnectTimeout=2", "nas" },			NULL, "2" },
		{ { "-oconnecttimeout 1m", "nas" },			NULL, "1m" },
		{ { "-vTo", " ConnectTimeout = 3", "nas" },		NULL, "3" },
		{ { "nas", "-oConnectTimeout=4", "-o", "ConnectTimeout=5", "-F/a", "-F", "b" },
		    "b", "4" },
		{ { "-o", "ConnectTimeouts=2", "nas", "ls", "-oConnectTimeout=4" },
		    NULL, NULL },
		{ { "-o", "ConnectionAttempts=2", "--", "nas", "-F", "x" }, NULL, NULL },
		{ { "-l", "-oConnectTimeout=2", "nas", "-o" },		NULL, NULL },
	};
	struct ssh_args	args;
	char		*argv[WORDS + 1];
	size_t		 i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		walk(rows[i].words, argv, &args);
		if ((args.config == NULL) != (rows[i].config == NULL) ||
		    (args.config != NULL && strcmp(args.config, rows[i].config) != 0) ||
		    (args.timeout == NULL) != (rows[i].timeout == NULL) ||
		    (args.timeout != NULL && strcmp(args.timeout, rows[i].timeout) != 0))
			fail_msg("row %zu: -F %s, ConnectTimeout %s", i,
			    args.config != NULL ? args.config : "(none)",
			    args.timeout != NULL ? args.timeout : "(none)");
	}
}

/* Of the family and the source, the last option counts, before -o; else the first -o. */
static void
test_asked(void **state)
{
	static const struct {
		const char	*words[WORDS];
		int		 family;
		const char	*address, *interface;
	} rows[] = {
		{ { "nas" },							-1 },
		{ { "-4", "nas", "-6" },					AF_INET6 },
		{ { "-vT64", "nas", "ls", "-6" },				AF_INET },
		{ { "-oAddressFamily=inet", "-o", "AddressFamily inet6", "nas" }, AF_INET },
		{ { "-6", "-oaddressfamily=ANY", "nas" },			AF_INET6 },
		{ { "-oAddressFamily=inet", "-6", "nas" },			AF_INET6 },
		{ { "-o", " AddressFamily = any", "nas" },			AF_UNSPEC },
		{ { "-oAddressFamily", "-oAddressFamilys=inet", "-oAddressFamily=ip", "nas" }, -1 },
		{ { "-l", "-4", "-p6", "nas", "-i", "-6" },			-1 },
		{ { "-b", "a", "-oBindAddress=c", "-Nbb", "nas", "ls", "-b", "d" }, -1, "b" },
		{ { "-oBindInterface=a", "-o", "bindinterface b", "nas" },	-1, NULL, "a" },
		{ { "-oBindAddress=a", "-oBindAddress=b", "-4B", "c", "nas" },	AF_INET, "a", "c" },
	};
	struct ssh_args	args;
	char		*argv[WORDS + 1];
	size_t		 i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		walk(rows[i].words, argv, &args);
		if (args.family != rows[i].family ||
		    strcmp(args.bind_address != NULL ? args.bind_address : "",
		    rows[i].address != NULL ? rows[i].address : "") != 0 ||
		    strcmp(args.bind_interface != NULL ? args.bind_interface : "",
		    rows[i].interface != NULL ? rows[i].interface : "") != 0)
			fail_msg("row %zu: family %d, from %s or %s", i, args.family,
			    args.bind_address, args.bind_interface);
	}
}

static void
test_take(void **state)
{
	static const struct {
		const char	*words[8], *left, *taken;	/* NULL: an error */
	}		rows[] = {
		{ { "nas", "22" }, "nas 22 ", "" },
		{ { "-J", "jump", "nas" }, "nas ", "-Jjump " },
		{ { "nas", "-4", "-oA=b", "22", "-F", "-x" }, "nas 22 ", "-4 -oA=b -F-x " },
		{ { "-6" }, "", "-6 " },
		{ { "-lb", "a@b@nas", "22" }, "nas 22 ", "-lb -la@b " },
		{ { "@nas" }, "@nas ", "" }, { { "a@" }, " ", "-la " },
		{ { "ssh://a@nas" }, "ssh://a@nas ", "" },
		{ { "-J" }, NULL, NULL }, { { "-J", "" }, NULL, NULL }, { { "-" }, NULL, NULL },
		{ { "-4v", "nas" }, NULL, NULL }, { { "-J", "a", "-W", "b" }, NULL, NULL },
	};
	char		*words[9], **taken, text[100];
	size_t		 i, j;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		for (j = 0; j < 9; j++)
			words[j] = j < 8 ? (char *)(uintptr_t)rows[i].words[j] : NULL;
		taken = ssh_args_take(words);
		assert_int_equal(taken != NULL, rows[i].taken != NULL);
		if (taken == NULL)
			continue;
		for (text[0] = '\0', j = 0; words[j] != NULL; j++) {
			strlcat(text, words[j], sizeof(text));
			strlcat(text, " ", sizeof(text));
		}
		assert_string_equal(text, rows[i].left);
		for (text[0] = '\0', j = 0; taken[j] != NULL; j++) {
			strlcat(text, taken[j], sizeof(text));
			strlcat(text, " ", sizeof(text));
		}
		assert_string_equal(text, rows[i].taken);
		ssh_args_free(taken);
	}
}

/* Another ssh to the same host is called as this one was. */
static void
test_connect(void **state)
{
	static const struct {
		const char	*words[WORDS], *wanted;	/* NULL: not known */
	}		rows[] = {
		{ { "nas" }, "-- nas" },
		{ { "-vTp", "2200", "-A", "-J", "gate", "u@nas", "ls", "-l", "x" }, "-p2200 -- u@nas" },
		{ { "-6F", "/c", "nas", "-i", "key", "-oUser=me", "-L", "1:a:2", "-W", "a:1" },
		    "-6 -F/c -ikey -oUser=me -- nas" },
		{ { "-oA b", "-l", "u", "-s", "--", "h", "sftp" }, "-oA b -lu -- h" },
		{ { "-MS", "path", "-E", "log", "ssh://u@h:22" }, "-- ssh://u@h:22" },
		{ { "-9", "nas" }, NULL }, { { "-p" }, NULL }, { { NULL }, NULL },
	};
	char		*argv[WORDS + 1], **words, text[100];
	size_t		 i, j;
	int		 argc;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		for (argc = 0; argc < WORDS && rows[i].words[argc] != NULL; argc++)
			argv[argc] = (char *)(uintptr_t)rows[i].words[argc];
		argv[argc] = NULL;
		words = ssh_args_connect(argc, argv);
		assert_int_equal(words != NULL, rows[i].wanted != NULL);
		for (text[0] = '\0', j = 0; words != NULL && words[j] != NULL; j++) {
			strlcat(text, j > 0 ? " " : "", sizeof(text));
			strlcat(text, words[j], sizeof(text));
		}
		assert_string_equal(text, words != NULL ? rows[i].wanted : "");
		ssh_args_free(words);
	}
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_connect),
	};

	return (cmocka_run_group_tests_name("ssh-args", tests, NULL, NULL));
}
