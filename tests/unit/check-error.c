/* SPDX-License-Identifier: ISC */
/* Unit tests: error. */

#include <ctype.h>
#include <errno.h>

#include "check.h"
#include "catalogue/catalogue.h"

/*
 * However long or odd the text, the line is one line of printable ASCII, in 200 bytes, with the
 * hint whole.
 */
static void
test_line(void **state)
{
	struct error	err;
	char		text[4096], line[ERROR_LINE_BYTES + 1];
	size_t		i;
	int		code;

	(void)state;
	for (code = CODE_USAGE; code < CODE_COUNT; code++) {
		for (i = 0; i < sizeof(text) - 1; i++)
			text[i] = (char)(i % 255 + 1);
		text[sizeof(text) - 1] = '\0';
		error_set(&err, (enum code)code, "%s", text);
		error_line(&err, line);
		assert_true(strlen(line) <= ERROR_LINE_BYTES);
		assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
		assert_int_equal(strncmp(line, "meshssh: ", 9), 0);
		assert_non_null(strstr(line, code_row((enum code)code)->hint));
		for (i = 0; i < strlen(line) - 1; i++)
			assert_true(isprint((unsigned char)line[i]));
	}
	error_set(&err, CODE_REFUSED, "nas port 22: connection refused");
	error_line(&err, line);
	assert_string_equal(line,
	    "meshssh: nas port 22: connection refused; is sshd running there, on this port?\n");
	error_set(NULL, CODE_REFUSED, "nobody wants to know");
}

static void
test_errno(void **state)
{
	/*
	 * Each class of causes with the hint that fits it; none says "start it" to who may not
	 * look.
	 */
	static const struct {
		int		 error;
		enum code	 code;
	}		cases[] = {
		{ EMFILE, CODE_NO_DESCRIPTORS }, { ENFILE, CODE_NO_DESCRIPTORS },
		{ ENOMEM, CODE_NO_MEMORY }, { ENOBUFS, CODE_NO_MEMORY },
		{ EACCES, CODE_PERMISSION }, { EPERM, CODE_PERMISSION }, { EROFS, CODE_PERMISSION },
		{ ENOSPC, CODE_OUTPUT }, { EDQUOT, CODE_OUTPUT }, { EFBIG, CODE_OUTPUT },
		{ EMSGSIZE, CODE_SYSTEM }, { EADDRNOTAVAIL, CODE_SYSTEM },
		    { ENETUNREACH, CODE_SYSTEM },
		{ EIO, CODE_SYSTEM }, { ENOSYS, CODE_SYSTEM },
	};
	struct error	err;
	char		text[sizeof(err.text)];
	size_t		i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		error_errno(&err, cases[i].error, "cannot");
		if (err.code != cases[i].code)
			fail_msg("%s: %s", strerror(cases[i].error), code_row(err.code)->name);
	}
	error_errno(&err, EIO, "cannot");
	snprintf(text, sizeof(text), "cannot: %s", strerror(EIO));
	assert_string_equal(err.text, text);
}

static void
test_vis(void **state)
{
	char	out[16];

	(void)state;
	assert_string_equal(error_vis(out, sizeof(out), "plain text"), "plain text");
	assert_string_equal(error_vis(out, sizeof(out), "a\033[2Jb"), "a^[[2Jb");
	assert_string_equal(error_vis(out, sizeof(out), "a\nb\tc"), "a\\nb\\tc");
	assert_string_equal(error_vis(out, sizeof(out), "\001\a\r\037\177"), "^A\\a\\r^_^?");
	assert_string_equal(error_vis(out, sizeof(out), "\200\237\240"), "M^@M^_\\240");
	assert_string_equal(error_vis(out, sizeof(out), "\303\251"), "M-CM-)");
	assert_string_equal(error_vis(out, sizeof(out), "\377"), "M^?");
	assert_string_equal(error_vis(out, sizeof(out), "0123456789abcdefgh"), "0123456789abcde");
	/* An escape that does not fit is left out whole. */
	assert_string_equal(error_vis(out, 5, "abc\n"), "abc");
	assert_string_equal(error_vis(out, 1, "abc"), "");
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_vis),
	};

	return (cmocka_run_group_tests_name("error", tests, NULL, NULL));
}
