/* SPDX-License-Identifier: ISC */
/* What src/compat has where libc lacks it, and libc elsewhere; and os_close_from. */

#include "check.h"

#include <fcntl.h>

#include "os/os.h"

/* Never past the end, always with an end, and the length that it would have taken. */
static void
test_copy(void **state)
{
	static const char	from[] = "meshssh";
	char			to[16], expect[16];
	size_t			size;

	(void)state;
	for (size = 0; size <= sizeof(to); size++) {
		memset(to, '#', sizeof(to));
		memset(expect, '#', sizeof(expect));
		if (size > 0)
			snprintf(expect, size, "%s", from);
		assert_int_equal(strlcpy(to, from, size), strlen(from));
		assert_memory_equal(to, expect, sizeof(to));
	}
}

static void
test_append(void **state)
{
	static const char	from[] = "ssh";
	char			to[16], expect[16];
	size_t			size;

	(void)state;
	for (size = 0; size <= sizeof(to); size++) {
		memset(to, '#', sizeof(to));
		memset(expect, '#', sizeof(expect));
		memcpy(to, "mesh", sizeof("mesh"));
		memcpy(expect, "mesh", sizeof("mesh"));
		if (size > strlen("mesh"))
			snprintf(expect, size, "mesh%s", from);
		assert_int_equal(strlcat(to, from, size),
		    (size < strlen("mesh") ? size : strlen("mesh")) + strlen(from));
		assert_memory_equal(to, expect, sizeof(to));
	}
}

/* More than the kernel gives at a time; no byte beyond is touched. */
static void
test_random(void **state)
{
	unsigned char	bytes[2][601] = { { 0 } };
	size_t		i, same = 0;

	(void)state;
	for (i = 0; i < 2; i++)
		arc4random_buf(bytes[i], 600);
	for (i = 0; i < 600; i++)
		same += bytes[0][i] == bytes[1][i];
	assert_true(same < 60);
	assert_int_equal(bytes[0][600], 0);
}

static void
test_close(void **state)
{
	int	fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	os_close_from(STDERR_FILENO + 1);
	assert_int_equal(fcntl(fds[0], F_GETFD), -1);
	assert_int_equal(fcntl(fds[1], F_GETFD), -1);
	assert_int_not_equal(fcntl(STDERR_FILENO, F_GETFD), -1);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_close),
	};

	return (cmocka_run_group_tests_name("compat", tests, NULL, NULL));
}
