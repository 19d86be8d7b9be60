/* SPDX-License-Identifier: ISC */
/* Unit tests: identification. */

#include "base/error.h"
#include "catalogue/catalogue.h"
#include "check.h"
#include "session/identification.h"

#define LONG16(x)	x x x x x x x x x x x x x x x x
#define LONG		LONG16(LONG16(LONG16("aaa")))

/*
 * What both sides do, one step a character pair: "c" and "s" stand before what client and server
 * say, up to the next "|"; "c$" is the client's end.
 */
static const struct {
	const char		*steps;
	enum identification_state	 state;
	enum identification_end	 end;
	enum code		 code;		/* judged by the end */
} cases[] = {
	{ "cSSH-2.0-c\r\n|sSSH-2.0-s\r\n", IDENTIFICATION_PASSED, IDENTIFICATION_EOF, CODE_NONE },
	{ "sSSH-2.0-s\r\n", IDENTIFICATION_OPEN, IDENTIFICATION_TIMEOUT, CODE_NONE },
	{ "sSSH-2.0-s\r\n|cSSH-2.0-c\r\n", IDENTIFICATION_PASSED, IDENTIFICATION_TIMEOUT, CODE_NONE },
	{ "cSSH-2.0-c\r\n|sSSH-2.0-Op", IDENTIFICATION_OPEN, IDENTIFICATION_TIMEOUT, CODE_SERVER_SILENT },
	{ "cSSH-2.0-c\r\n|sSSH-2.0-Op", IDENTIFICATION_OPEN, IDENTIFICATION_EOF, CODE_SERVER_CLOSED },
	{ "cSSH-2.0-c\r\n|sSSH-" LONG, IDENTIFICATION_FAILED, IDENTIFICATION_EOF, CODE_NOT_SSH },
	{ "cS|cS|cH|c-2.0|sSS|sH-|s\n", IDENTIFICATION_PASSED, IDENTIFICATION_EOF, CODE_NONE },
	{ "cGET / HTTP/1.0\r\n", IDENTIFICATION_PASSED, IDENTIFICATION_TIMEOUT, CODE_NONE },
	{ "cSSX", IDENTIFICATION_PASSED, IDENTIFICATION_EOF, CODE_NONE },
	{ "cSS|c$", IDENTIFICATION_PASSED, IDENTIFICATION_EOF, CODE_NONE },
	{ "", IDENTIFICATION_OPEN, IDENTIFICATION_TIMEOUT, CODE_NONE },
	{ "", IDENTIFICATION_OPEN, IDENTIFICATION_EOF, CODE_NONE },
	{ "", IDENTIFICATION_OPEN, IDENTIFICATION_RESET, CODE_SERVER_CLOSED },
	{ "sSSH-2.0-s\r\n", IDENTIFICATION_OPEN, IDENTIFICATION_RESET, CODE_NONE },
	/* sshd turns clients away at once, often before ours has been heard. */
	{ "sExceeded MaxStartups\r\n", IDENTIFICATION_OPEN, IDENTIFICATION_EOF, CODE_SERVER_CLOSED },
	{ "sExceeded MaxStartups\r\n", IDENTIFICATION_OPEN, IDENTIFICATION_RESET, CODE_SERVER_CLOSED },
	{ "s220 mail\r\n", IDENTIFICATION_OPEN, IDENTIFICATION_EOF, CODE_NONE },
	{ "cSSH-2.0-c\r\n", IDENTIFICATION_OPEN, IDENTIFICATION_TIMEOUT, CODE_SERVER_SILENT },
	{ "cSSH-2.0-c\r\n", IDENTIFICATION_OPEN, IDENTIFICATION_EOF, CODE_SERVER_CLOSED },
	{ "cSSH-2.0-c\r\n", IDENTIFICATION_OPEN, IDENTIFICATION_RESET, CODE_SERVER_CLOSED },
	{ "cSSH-2.0-c\r\n|sSSH", IDENTIFICATION_OPEN, IDENTIFICATION_EOF, CODE_NOT_SSH },
	{ "cSSH-2.0-c\r\n|s220 mail\r\n", IDENTIFICATION_OPEN, IDENTIFICATION_TIMEOUT, CODE_NOT_SSH },
	{ "cSSH-2.0-c\r\n|sExceeded MaxStartups\r\n",
	    IDENTIFICATION_OPEN,	IDENTIFICATION_EOF,		CODE_SERVER_CLOSED },
	{ "cSSH-2.0-c\r\n|sNot allowed at this time\r\n", IDENTIFICATION_OPEN,
	    IDENTIFICATION_EOF,	CODE_SERVER_CLOSED },
	{ "cSSH-2.0-c\r\n|sHTTP/1.1 400\r\n", IDENTIFICATION_FAILED, IDENTIFICATION_EOF, CODE_NOT_SSH },
	{ "sHTTP/1.1 400\r\n|cSSH-2.0-c\r\n", IDENTIFICATION_FAILED, IDENTIFICATION_EOF, CODE_NOT_SSH },
	{ "sHTTP/1.1 400\r\n|cGET", IDENTIFICATION_PASSED, IDENTIFICATION_EOF, CODE_NONE },
	{ "c$", IDENTIFICATION_OPEN, IDENTIFICATION_TIMEOUT, CODE_SERVER_SILENT },
	{ "c$", IDENTIFICATION_OPEN, IDENTIFICATION_EOF, CODE_SERVER_CLOSED },
	{ "c$|s220 mail\r\n", IDENTIFICATION_PASSED, IDENTIFICATION_EOF, CODE_NONE },
};

static enum identification_state
play(struct identification *g, const char *steps)
{
	enum identification_state	state = IDENTIFICATION_OPEN;
	size_t			len;

	memset(g, 0, sizeof(*g));
	for (; *steps != '\0'; steps += len + (steps[len] == '|')) {
		len = strcspn(steps, "|");
		if (steps[0] == 's')
			state = identification_server(g, steps + 1, len - 1);
		else if (steps[1] == '$')
			state = identification_client_end(g);
		else
			state = identification_client(g, steps + 1, len - 1);
	}
	return (state);
}

static void
test_cases(void **state)
{
	struct identification	g;
	struct error	err;
	size_t		i;
	int		result;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		memset(&err, 0, sizeof(err));
		if (play(&g, cases[i].steps) != cases[i].state)
			fail_msg("case %zu, \"%s\": state %d", i, cases[i].steps, g.state);
		result = identification_check(&g, cases[i].end, "nas port 22", &err);
		if (err.code != cases[i].code || result != (cases[i].code == CODE_NONE ? 0 : -1))
			fail_msg("case %zu, \"%s\": %s", i, cases[i].steps,
			    code_row(err.code)->name);
		if (result == -1)
			assert_int_equal(strncmp(err.text, "nas port 22: ", 13), 0);
	}
}

/* What a server says is shown, but never as it came. */
static void
test_hostile(void **state)
{
	struct identification	g;
	struct error	err;

	(void)state;
	play(&g, "cSSH-2.0-c\r\n|s\033]0;owned\007\r\n");
	assert_int_equal(identification_check(&g, IDENTIFICATION_EOF, "nas port 22", &err), -1);
	assert_string_equal(err.text, "nas port 22: it says \"^[]0;owned\\a\"");
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_hostile),
	};

	return (cmocka_run_group_tests_name("identification", tests, NULL, NULL));
}
