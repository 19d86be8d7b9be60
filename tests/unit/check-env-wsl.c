#include <sys/stat.h>

#include "check.h"
#include "facts/env-wsl.h"

static char	root[] = "/tmp/check-env-wsl.XXXXXX";

/* The folders of this file below the root, and the file with this text. */
static void
put(const char *file, const char *text)
{
	char	 path[256], *slash;
	FILE	*fp;

	snprintf(path, sizeof(path), "%s%s", root, file);
	for (slash = path + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	assert_non_null(fp = fopen(path, "w"));
	fputs(text, fp);
	fclose(fp);
}

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
		{ "5.15.153.1-microsoft-standard-WSL2\n", 1 },
		{ "6.12.0-my-own\n", 0 },
	};
	size_t		i;
	char		command[64];

	(void)state;
	assert_int_equal(env_wsl(root), 0);
	for (i = 0; i < COUNT(rows); i++) {
		put("/proc/sys/kernel/osrelease", rows[i].release);
		assert_int_equal(env_wsl(root), rows[i].wsl);
	}
	put("/proc/sys/fs/binfmt_misc/WSLInterop", "enabled\n");
	assert_int_equal(env_wsl(root), 1);
	snprintf(command, sizeof(command), "rm -r '%s/proc'", root);
	assert_int_equal(system(command), 0);
	assert_int_equal(env_wsl(root), 0);
	put("/run/WSL/1_interop", "");
	assert_int_equal(env_wsl(root), 1);
	snprintf(command, sizeof(command), "rm -r '%s'", root);
	assert_int_equal(system(command), 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_wsl),
	};

	if (mkdtemp(root) == NULL)
		return (1);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
