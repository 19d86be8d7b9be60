/* SPDX-License-Identifier: ISC */
/* Unit tests: env-wsl. */

#include "check-root.h"
#include "facts/env-wsl.h"

static void
test_wsl(void **state)
{
	static const struct {
		const char	*release;
		int		 wsl;
	}		rows[] = {
		{ "6.1.0-18-amd64\n", 0 },
		{ "", 0 },
		{ "4.4.0-19041-Microsoft\n", 1 },
		{ "5.15.153.1-microsoft-standard-WSL2\n", 2 },
		{ "6.12.0-my-own\n", 0 },
	};
	size_t		i;

	assert_int_equal(env_wsl(root), 0);
	for (i = 0; i < COUNT(rows); i++) {
		put("/proc/sys/kernel/osrelease", rows[i].release);
		assert_int_equal(env_wsl(root), rows[i].wsl);
	}
	put("/proc/sys/fs/binfmt_misc/WSLInterop", "enabled\n");
	assert_int_equal(env_wsl(root), 2);
	assert_int_equal(empty(state), 0);
	assert_int_equal(env_wsl(root), 0);
	put("/run/WSL/1_interop", "");
	assert_int_equal(env_wsl(root), 2);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_wsl),
	};

	return (cmocka_run_group_tests(tests, root_make, root_remove));
}
