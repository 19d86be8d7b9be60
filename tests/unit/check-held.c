/* SPDX-License-Identifier: ISC */
/* Unit tests: held. */

#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <fcntl.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "check.h"
#include "state/held.h"

#define NOW_MS	100000

static char	cache[] = "/tmp/check-held.XXXXXX";

static const struct {
	const char	*text;
	int		 result;
} files[] = {
	{ "99000\n58000\n86400\n22\nnas\nno route\n", 0 },
	{ "99000\n58000\n86400\n22\nnas\n\n", 0 },
	{ "100000\n100000\n1\n65535\nfd77::2\nno\x1b[31m\n", 0 },
	{ "40001\n1\n86400\n22\nnas\nno route\n", 0 },
	{ "40000\n1\n86400\n22\nnas\nno route\n", -1 },		/* too long ago */
	{ "100001\n1\n86400\n22\nnas\nno route\n", -1 },	/* of another run of the machine */
	{ "99000\n99001\n86400\n22\nnas\nno route\n", -1 },	/* lost after that was said */
	{ "99000\n-1\n86400\n22\nnas\nno route\n", -1 },
	{ "99000\n58000\n0\n22\nnas\nno route\n", -1 },
	{ "99000\n58000\n86400\n0\nnas\nno route\n", -1 },
	{ "99000\n58000\n86400\n65536\nnas\nno route\n", -1 },
	{ "99000\n58000\n86400\n22\nn as\nno route\n", -1 },
	{ "99000\n58000\n86400\n22\n-nas\nno route\n", -1 },
	{ "99000\n58000\n86400\n22\nnas\nno route", -1 },	/* cut off */
	{ "99000\n58000\n86400\n22\nnas\nno\nroute\n", -1 },
	{ "99000\n58000\n86400\n22\nnas\n", -1 },
	{ "\n\n\n\n\n\n", -1 },
	{ "", -1 },
};

static void
test_parse(void **state)
{
	static const char	within[] = "99000\n58000\n86400\n22\nnas\nno\0route\n";
	char			big[HELD_BYTES_MAX + 1];
	struct held		held;
	size_t			i;

	(void)state;
	for (i = 0; i < COUNT(files); i++)
		if (held_parse(files[i].text, strlen(files[i].text), NOW_MS, &held) !=
		    files[i].result)
			fail_msg("file %zu", i);
	assert_int_equal(held_parse(within, sizeof(within) - 1, NOW_MS, &held), -1);
	assert_int_equal(held_parse(files[0].text, strlen(files[0].text), NOW_MS, &held), 0);
	assert_int_equal(held.since_ms, 58000);
	assert_int_equal(held.hold_s, 86400);
	assert_int_equal(held.port, 22);
	assert_string_equal(held.host, "nas");
	assert_string_equal(held.why, "no route");
	held_parse(files[2].text, strlen(files[2].text), NOW_MS, &held);
	assert_null(strchr(held.why, '\x1b'));
	memset(big, 'x', sizeof(big));
	strcpy(big, "99000\n58000\n86400\n22\nnas\n");
	big[strlen(big)] = 'x';
	big[sizeof(big) - 1] = '\n';
	assert_int_equal(held_parse(big, sizeof(big), NOW_MS, &held), -1);
}

/* The files in the folder; whether they are old is set. */
static int
files_count(int old)
{
	const struct timespec	times[2] = { { .tv_sec = time(NULL) - 90000 },
				    { .tv_sec = time(NULL) - 90000 } };
	char			path[64];
	struct dirent		*entry;
	DIR			*dir;
	int			count = 0;

	snprintf(path, sizeof(path), "%s/meshssh", cache);
	if ((dir = opendir(path)) == NULL)
		return (0);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		count++;
		if (old)
			utimensat(dirfd(dir), entry->d_name, times, 0);
	}
	closedir(dir);
	return (count);
}

static void
test_files(void **state)
{
	struct held	held = { .hold_s = 60, .port = 22, .host = "nas", .why = "a\nb" }, list[2];
	pid_t		pid;

	(void)state;
	assert_int_equal(held_list(list, 2), 0);
	held.said_ms = clock_boot_ms();
	held.since_ms = held.said_ms - 41000;
	if (held.since_ms < 0)
		skip();
	assert_int_equal(held_write(getpid(), &held), 0);
	assert_int_equal(held_write(getppid(), &held), 0);
	assert_int_equal(held_list(list, 2), 2);
	assert_string_equal(list[0].host, "nas");
	assert_null(strchr(list[0].why, '\n'));
	assert_int_equal(list[0].since_ms, held.since_ms);
	assert_int_equal(held_list(list, 1), 1);
	/* Of a process that has ended nothing counts; its file goes when it is old. */
	if ((pid = fork()) == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	assert_int_equal(held_write(pid, &held), 0);
	assert_int_equal(held_list(list, 2), 2);
	held_remove(getppid());
	assert_int_equal(held_write(getpid(), &held), 0);
	assert_int_equal(files_count(1), 2);
	assert_int_equal(held_write(getpid(), &held), 0);
	assert_int_equal(files_count(0), 1);
	held_remove(getpid());
	assert_int_equal(held_list(list, 2), 0);
	assert_int_equal(files_count(0), 0);
}

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(cache) == NULL)
		return (-1);
	return (setenv("XDG_CACHE_HOME", cache, 1));
}

static int
teardown(void **state)
{
	char	path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/meshssh", cache);
	rmdir(path);
	return (rmdir(cache));
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_files),
	};

	return (cmocka_run_group_tests_name("held", tests, setup, teardown));
}
