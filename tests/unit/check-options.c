/* SPDX-License-Identifier: ISC */
/* Unit tests: options. */

#include <sys/socket.h>

#include "base/error.h"
#include "base/shell.h"
#include "check.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "sshconf/ssh-program.h"

#define WORDS 6

static int
parse(const char *const words[WORDS], struct options *opts, int *rest, struct error *err)
{
	char	*argv[WORDS + 2];
	int	 argc = 0, i;

	memset(err, 0, sizeof(*err));
	argv[argc++] = (char *)(uintptr_t)"meshssh";
	for (i = 0; i < WORDS && words[i] != NULL; i++)
		argv[argc++] = (char *)(uintptr_t)words[i];
	argv[argc] = NULL;
	return (options_parse(opts, argc, argv, rest, err));
}

/* Of --resume: the port, and where another ssh forwards to. */
static void
test_resume(void **state)
{
	static const struct {
		const char	*word;
		int		 wanted, resume, by_ssh;
		const char	*to;
	}		rows[] = {
		{ "--resume=auto", 0, OPTIONS_RESUME_AUTO, 0, NULL },
		{ "--resume=off", 0, OPTIONS_RESUME_OFF, 0, NULL },
		{ "--resume=4622", 0, 4622, 0, NULL },
		{ "--resume=ssh", 0, OPTIONS_RESUME_AUTO, 1, NULL },
		{ "--resume=ssh:4622", 0, 4622, 1, "4622" },
		{ "--resume=ssh:100.64.0.7:47", 0, 47, 1, "100.64.0.7:47" },
		{ "--resume=ssh:[fd7a::7]:47", 0, 47, 1, "[fd7a::7]:47" },
		{ "--resume=ssh:", -1, 0, 0, NULL }, { "--resume=ssh:0", -1, 0, 0, NULL },
		{ "--resume=ssh:nas:4622", -1, 0, 0, NULL }, { "--resume=sshd", -1, 0, 0, NULL },
		{ "--resume=ssh:1.2.3.4", -1, 0, 0, NULL },
		{ "--resume=ssh:1.2.3.4:5\"$(x)", -1, 0, 0, NULL },
		{ "--resume=ssh:fd7a::7:47", -1, 0, 0, NULL },
	};
	const char	*words[WORDS] = { NULL, "nas", "22" };
	struct options	 opts;
	struct error	 err;
	size_t		 i;
	int		 rest;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		words[0] = rows[i].word;
		if (parse(words, &opts, &rest, &err) != rows[i].wanted)
			fail_msg("%s", rows[i].word);
		if (rows[i].wanted == -1)
			continue;
		assert_int_equal(opts.resume, rows[i].resume);
		assert_int_equal(opts.by_ssh, rows[i].by_ssh);
		assert_string_equal(opts.by_ssh_to != NULL ? opts.by_ssh_to : "",
		    rows[i].to != NULL ? rows[i].to : "");
	}
}

static void
test_good(void **state)
{
	static const char *const	none[WORDS] = { "nas", "22" };
	static const char *const	all[WORDS] = { "--timeout=5", "--dead-after", "7",
	    "--mss=1000", "--fdpass", "nas" };
	static const char *const	dashes[WORDS] = { "--debug", "--debug", "--family=inet6",
	    "--", "--help" };
	static const char *const	any[WORDS] = { "--family=inet", "--family=any", "nas" };
	static const char *const	via[WORDS] = { "--via=http=[::1]:3128",
	    "--tailscaled=/run/sock", "nas", "22" };
	static const char *const	relay[WORDS] = { "--relay", "--timeout=5", "--", "--doctor",
	    "22" };
	static const char *const	again[WORDS] = { "--via=socks5=:1055", "--via", "auto",
	    "nas", "22" };
	static const char *const	metrics[WORDS] = { "--scan", "--json", "--format=openmetrics",
	    "--output", "/x/y.prom" };
	static const char *const	text[WORDS] = { "--json", "--format", "text" };
	struct options			opts;
	struct error			err;
	int				rest;

	(void)state;
	assert_int_equal(parse(none, &opts, &rest, &err), 0);
	assert_int_equal(rest, 1);
	assert_int_equal(opts.timeout_s, 10);
	assert_int_equal(opts.dead_after_s, 30);
	assert_int_equal(opts.mss, MSS_AUTO);
	assert_int_equal(opts.family, AF_UNSPEC);
	assert_int_equal(opts.mode, OPTIONS_RUN);
	assert_null(opts.choice.via);
	assert_null(opts.tailscaled);
	assert_int_equal(opts.relay, 0);
	assert_int_equal(opts.format, OPTIONS_TEXT);
	assert_null(opts.output);

	assert_int_equal(parse(metrics, &opts, &rest, &err), 0);
	assert_int_equal(rest, 6);
	assert_int_equal(opts.format, OPTIONS_OPENMETRICS);
	assert_string_equal(opts.output, "/x/y.prom");
	assert_int_equal(parse(text, &opts, &rest, &err), 0);
	assert_int_equal(opts.format, OPTIONS_TEXT);

	assert_int_equal(parse(relay, &opts, &rest, &err), 0);
	assert_int_equal(rest, 3);
	assert_int_equal(opts.relay, 1);
	assert_int_equal(opts.mode, OPTIONS_RUN);

	assert_int_equal(parse(all, &opts, &rest, &err), 0);
	assert_int_equal(rest, 6);
	assert_int_equal(opts.timeout_s, 5);
	assert_int_equal(opts.timeout_given, 1);
	assert_int_equal(opts.dead_after_s, 7);
	assert_int_equal(opts.mss, 1000);
	assert_int_equal(opts.fdpass, 1);

	assert_int_equal(parse(via, &opts, &rest, &err), 0);
	assert_ptr_equal(opts.choice.via, &via_http);
	assert_string_equal(opts.choice.address, "[::1]:3128");
	assert_string_equal(opts.tailscaled, "/run/sock");
	assert_int_equal(parse(again, &opts, &rest, &err), 0);
	assert_null(opts.choice.via);
	assert_null(opts.choice.address);

	assert_int_equal(parse(dashes, &opts, &rest, &err), 0);
	assert_int_equal(rest, 4);
	assert_int_equal(opts.debug, 2);
	assert_int_equal(opts.family, AF_INET6);
	assert_int_equal(opts.mode, OPTIONS_RUN);
	assert_int_equal(parse(any, &opts, &rest, &err), 0);
	assert_int_equal(opts.family, AF_UNSPEC);
}

/* What ssh is to run, by what this program was told. */
static void
test_command(void **state)
{
	static const char			tail[] = SHELL_RELAY;
	static const struct {
		const char	*words[WORDS], *wanted;
	}					rows[] = {
		{ { "nas" }, "" },
		{ { "--mss=off", "--hold=9", "nas" }, " --mss=off --hold=9" },
		{ { "--mss=1000", "--via=socks5=[fe80::1%eth0]:1080", "nas" },
		    " --via=socks5=\"[fe80::1%%eth0]:1080\" --mss=1000" },
		{ { "--or=nas,nas.lan", "--tailscaled=/a b", "--family=inet", "nas" },
		    " --or=nas,nas.lan \"--tailscaled=/a b\" --family=inet" },
	};
	static const char *const		bad[][WORDS] = { { "--or=$x", "nas" },
	    { "--tailscaled=/a`b", "nas" } };
	const struct ssh_program		none = { .family = AF_UNSPEC };
	char					command[CMD_PROXY_MAX], wanted[CMD_PROXY_MAX];
	struct options				opts;
	struct error				err;
	size_t					i;
	int					rest;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(parse(rows[i].words, &opts, &rest, &err), 0);
		assert_null(cmd_proxy_command(&opts, &none, "/bin/meshssh", command));
		snprintf(wanted, sizeof(wanted), "-oProxyCommand=/bin/meshssh%s%s", rows[i].wanted,
		    tail);
		assert_string_equal(command, wanted);
	}
	for (i = 0; i < COUNT(bad); i++) {
		assert_int_equal(parse(bad[i], &opts, &rest, &err), 0);
		assert_string_equal(cmd_proxy_command(&opts, &none, "/bin/meshssh", command),
		    strchr(bad[i][0], '=') + 1);
	}
}

/* With --doctor and --scan nothing is ssh's: options stand anywhere before "--". */
static void
test_anywhere(void **state)
{
	static char	name[] = "meshssh", doctor[] = "--doctor", nas[] = "nas", json[] = "--json",
			    timeout[] = "--timeout",
			three[] = "3", port[] = "22", dashes[] = "--", full[] = "--full",
			    why[] = "--nonsense";
	char		*argv[] = { name, doctor, nas, json, timeout, three, port, dashes, full,
			    NULL };
	char		*bad[] = { name, doctor, nas, why, NULL };
	struct options	opts;
	struct error	err;
	int		rest;

	(void)state;
	assert_int_equal(options_parse(&opts, 9, argv, &rest, &err), 0);
	assert_int_equal(rest, 2);
	assert_int_equal(opts.mode, OPTIONS_DOCTOR);
	assert_int_equal(options_gather(&opts, argv + rest, &err), 0);
	assert_int_equal(opts.format, OPTIONS_JSON);
	assert_int_equal(opts.timeout_s, 3);
	assert_int_equal(opts.full, 0);
	assert_string_equal(argv[2], "nas");
	assert_string_equal(argv[3], "22");
	assert_string_equal(argv[4], "--full");
	assert_null(argv[5]);
	assert_int_equal(options_parse(&opts, 4, bad, &rest, &err), 0);
	assert_int_equal(options_gather(&opts, bad + rest, &err), -1);
	assert_int_equal(err.code, CODE_USAGE);
}

static void
test_bad(void **state)
{
	static const char *const	bad[][WORDS] = {
		{ "--nonsense" }, { "--help=x" }, { "--debug=1" }, { "--relay=1" },
		    { "--timeout=0" }, { "--timeout=-1" },
		{ "--timeout=1e9" }, { "--timeout=" }, { "--timeout" }, { "--timeout= 5" },
		    { "--timeout=3601" },
		{ "--timeout=99999999999999999999" }, { "--dead-after=x" }, { "--dead-after=0" },
		    { "--mss=1" },
		{ "--mss=87" }, { "--mss=32768" }, { "--mss" }, { "--family=ipv4" }, { "--time=5" },
		    { "--=" },
		{ "--or" }, { "--or=" }, { "--via" }, { "--via=" }, { "--via=ftp" }, { "--via=socks" },
		    { "--via=direct=1.2.3.4:5" },
		{ "--via=localapi=/run/sock" }, { "--via=auto=x" }, { "--via=socks5=" },
		    { "--via=socks5=proxy" },
		{ "--via=http=proxy:0" }, { "--via=http=proxy:65536" },
		    { "--via=socks5=user:pw@proxy:1080" },
		{ "--via=http=::1:3128" }, { "--via=http=-x:1" }, { "--tailscaled=" },
		{ "--format" }, { "--format=xml" }, { "--format=" }, { "--output=" }, { "--output" },
	};
	struct options			opts;
	struct error			err;
	size_t				i;
	int				rest;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		if (parse(bad[i], &opts, &rest, &err) != -1)
			fail_msg("%s is taken", bad[i][0]);
		assert_int_equal(err.code, CODE_USAGE);
		assert_null(strstr(err.text, "user:pw"));
	}
}

/* Every row can be printed, and the text of the usage names each option. */
static void
test_usage(void **state)
{
	const struct option_row	*row;
	char				*text = NULL, word[64];
	size_t				 size = 0;
	FILE				*fp;

	(void)state;
	assert_non_null(fp = open_memstream(&text, &size));
	options_usage(fp);
	fclose(fp);
	for (row = options_table; row->name != NULL; row++) {
		snprintf(word, sizeof(word), "  --%s", row->name);
		assert_non_null(strstr(text, word));
		assert_non_null(strstr(text, row->text));
	}
	free(text);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_anywhere),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_usage),
	};

	return (cmocka_run_group_tests_name("options", tests, NULL, NULL));
}
