/* SPDX-License-Identifier: ISC */
/* Unit tests: report. */

#include "check-rules.h"

/* What is printed of this document once it is judged, to be freed. */
static char *
printed(const char *text, int colour)
{
	json_t	*doc = rules_json(text);
	char	*out = NULL;
	size_t	 len;
	FILE	*fp;

	assert_int_equal(rules_check(doc), 0);
	assert_non_null(fp = open_memstream(&out, &len));
	report_text(fp, doc, colour);
	fclose(fp);
	json_decref(doc);
	return (out);
}

#define HOST	"'target':{'host':'nas','name':'nas','port':22,'ssh':true},"
#define WELL	"{" HOST "'facts':{'connect':{'ok':true,'route':'direct','address':'192.0.2.1','ms':3,'far':true}," \
		"'server':{'text':'SSH-2.0-x'},'dscp':{'dropped':[]},'mtu':{'route_mtu':1500,'forward':{'ok':true," \
		"'largest_ok':1500},'reverse':{'ok':true,'largest_ok':1500}}}}"

static void
test_texts(void **state)
{
	static const struct {
		const char	*doc;
		const char	*want;
	}	cases[] = {
		{ WELL, "this machine --direct--> nas [192.0.2.1] port 22, SSH-2.0-x\n"
		    "    connected in 3 ms; forward path: 1500 bytes pass; reverse path: 1500 bytes pass\n\n"
		    "healthy: nothing is wrong with this machine and the path\n" },
		/* A path that could not be measured, and what would have mattered of it. */
		{ "{" HOST "'facts':{'connect':{'ok':true,'route':'localapi','ms':3,'far':true},"
		    "'server':{'text':'SSH-2.0-x'}}}",
		    "this machine --localapi--> nas port 22, SSH-2.0-x\n    connected in 3 ms\n\n"
		    "no fault found in what was checked of this machine and the path\n"
		    "not checked: pmtu-both, pmtu-forward, pmtu-reverse, "
		    "dscp-forward\n" },
		/* On the way to itself there is nothing to measure. */
		{ "{" HOST "'facts':{'connect':{'ok':true,'route':'direct','ms':0,'far':false},"
		    "'server':{'text':'SSH-2.0-x'}}}",
		    "this machine --direct--> nas port 22, SSH-2.0-x\n    connected in 0 ms\n\n"
		    "healthy: nothing is wrong with this machine and the path\n" },
		{ "{'target':{},'facts':{'system':{'os':'linux','release':'6.1.0','wsl':2},'tailscale':{'state':'up',"
		    "'tun':true},'sshd':{'listens':['0.0.0.0:22','[::]:22']},'nix':{'installed':false}}}",
		    "this machine (WSL 2): linux 6.1.0; tailscaled: up; sshd listens on 0.0.0.0:22, [::]:22\n\n"
		    "healthy: nothing is wrong with this machine\n"
		    "To check the path to a host as well: meshssh --doctor HOST\n" },
	};
	char	*got;
	size_t	 i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		got = printed(cases[i].doc, 0);
		assert_string_equal(got, cases[i].want);
		free(got);
	}
}

/* A document may be anybody's: nothing in it reaches the terminal as it is. */
static void
test_hostile(void **state)
{
	char	*got;
	size_t	 i;

	(void)state;
	got = printed("{'target':{'host':'a\\u001b[2J','name':'b\\u0007','port':22},'facts':{'connect':{'ok':true,"
	    "'route':'\\u001b]0;x','address':'\\r'},'server':{'text':'SSH-2.0-\\u009b'},'dscp':{'dropped':['\\u001b']}}}",
	    0);
	for (i = 0; got[i] != '\0'; i++)
		if (got[i] != '\n' && (got[i] < ' ' || got[i] > '~'))
			fail_msg("byte %d in %s", got[i], got);
	free(got);
	got = printed("{'target':{},'facts':{'system':{'os':'\\u001b','release':'\\u001b'},'tailscale':{'state':'\\u001b'},"
	    "'sshd':{'listens':['\\u001b',1]}}}", 0);
	assert_null(strchr(got, '\033'));
	free(got);
}

static void
test_colour(void **state)
{
	char	*got = printed(WELL, 1);

	(void)state;
	assert_non_null(strstr(got, "--> \033[32mnas\033[0m"));
	assert_non_null(strstr(got, "\033[32mhealthy\033[0m: nothing"));
	free(got);
}

static void
test_status(void **state)
{
	static const struct {
		const char	*doc;
		int		 status;
	}	cases[] = {
		{ WELL, 0 },
		{ "{'facts':{'tailscale':{'state':'up','tun':false}}}", 0 },
		{ "{'facts':{'tailscale':{'state':'down','backend':'Stopped'}}}", 1 },
		{ "{" HOST "'facts':{'connect':{'ok':false}}}", 2 },
		{ "{" HOST "'facts':{}}", 2 },
	};
	json_t	*doc;
	size_t	 i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		doc = rules_json(cases[i].doc);
		assert_int_equal(rules_check(doc), 0);
		assert_int_equal(report_status(doc), cases[i].status);
		json_decref(doc);
	}
}

/*
 * What is told as unchecked would have mattered: a rule is told where it matters, and is not where
 * it does not.
 */
static void
test_matters(void **state)
{
	const struct rule	*const *table, *rule;
	json_t			*doc;
	size_t			 i;
	int			 told, value;

	(void)state;
	for (table = rules_tables; *table != NULL; table++)
		for (rule = *table; rule->code != CODE_NONE; rule++)
			for (value = 0; rule->matters != NULL && value < 2; value++) {
				assert_non_null(doc = json_pack("{s:{}}", "facts"));
				assert_int_equal(json_put(json_at(doc, "facts"), rule->matters,
				    json_boolean(value)), 0);
				assert_int_equal(rules_check(doc), 0);
				for (told = 0, i = 0; i < json_array_size(json_at(doc,
				    "unchecked")); i++)
					told |= strcmp(json_string_value(json_array_get(json_at(doc,
					    "unchecked"), i)), code_row(rule->code)->name) == 0;
				if (told != value)
					fail_msg("%s: told %d, where %s is %d",
					    code_row(rule->code)->name, told, rule->matters, value);
				json_decref(doc);
			}
}

/* Each code that hides another is one that a rule finds, and not its own. */
static void
test_under(void **state)
{
	const struct rule	*const *table, *rule;
	int			 i;

	(void)state;
	for (table = rules_tables; *table != NULL; table++)
		for (rule = *table; rule->code != CODE_NONE; rule++)
			for (i = 0; i < RULE_UNDER && rule->under[i] != CODE_NONE; i++)
				if (rule->under[i] != UNDER_ANY && (rule->under[i] == rule->code ||
				    (code_row(rule->under[i])->kind & KIND_FINDING) == 0))
					fail_msg("%s is under %s, which no rule finds, or itself",
					    code_row(rule->code)->name,
					    code_row(rule->under[i])->name);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_matters),
		cmocka_unit_test(test_under),
	};

	return (cmocka_run_group_tests_name("report", tests, NULL, NULL));
}
