/* SPDX-License-Identifier: ISC */
/* Unit tests: path-cache. */

#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <fcntl.h>
#include <time.h>

#include "base/file.h"
#include "check.h"
#include "os/os.h"
#include "state/path-cache.h"

static const char	*network = "192.168.1.1 eth0 02:00:00:00:00:01";
static char		 cache[] = "/tmp/check-path-cache.XXXXXX";

static const struct {
	const char	*text;
	int		 mss_bytes;
} files[] = {
	{ "net\nnas\n768 1000\n", 768 },
	{ "net\nnas\n536 1000\n", 536 },
	{ "net\nnas\n1460 1000\n", 1460 },
	{ "net\nnas\n768 87400\n", 0 },			/* tomorrow */
	{ "net\nnas\n768 0\n", 0 },			/* too old: it is 86401 */
	{ "net\nnas\n768 1\n", 0 },			/* to the second */
	{ "net\nnas\n768 2\n", 768 },
	{ "net\nnas\n535 1000\n", 0 },
	{ "net\nnas\n9000 1000\n", 0 },
	{ "net\nnas\n-1 1000\n", 0 },
	{ "net\nnas\n768 -1\n", 0 },
	{ "net\nnas\n768 99999999999999999999\n", 0 },
	{ "net\nnas\n768 1000", 0 },			/* cut off */
	{ "net\nnas\n768 1000\n\n", 0 },
	{ "net\nnas\n768\n", 0 },
	{ "net\nnas\n", 0 },
	{ "net\nnas", 0 },
	{ "", 0 },
	{ "other\nnas\n768 1000\n", 0 },		/* the hash fits, the text does not */
	{ "net\nother\n768 1000\n", 0 },
	{ "net\nnas 768 1000\n", 0 },
};

static void
test_parse(void **state)
{
	static const char	within[] = "net\nnas\n768 10\0000\n",
				    behind[] = "net\nnas\n768 1000\n\0x\n";
	char	buf[PATH_CACHE_BYTES_MAX + 1];
	size_t	i;

	(void)state;
	for (i = 0; i < COUNT(files); i++)
		if (path_cache_parse(files[i].text, strlen(files[i].text), "net", "nas",
		    86401) != files[i].mss_bytes)
			fail_msg("file %zu", i);
	/* A NUL in it, and more than a file may have. */
	assert_int_equal(path_cache_parse(within, sizeof(within) - 1, "net", "nas", 86401), 0);
	assert_int_equal(path_cache_parse(behind, sizeof(behind) - 1, "net", "nas", 86401), 0);
	memset(buf, 'x', sizeof(buf));
	memcpy(buf, "net\nnas\n", 8);
	assert_int_equal(path_cache_parse(buf, sizeof(buf), "net", "nas", 86401), 0);
}

static void
test_keep(void **state)
{
	(void)state;
	assert_int_equal(path_cache_get(network, "nas"), 0);
	path_cache_put(network, "nas", 768);
	assert_int_equal(path_cache_get(network, "nas"), 768);
	assert_int_equal(path_cache_get(network, "nas2"), 0);
	network = "192.168.1.1 eth0 02:00:00:00:00:02";
	assert_int_equal(path_cache_get(network, "nas"), 0);
	network = "192.168.1.1 eth0 02:00:00:00:00:01";
	path_cache_put(network, "nas", 536);
	assert_int_equal(path_cache_get(network, "nas"), 536);
	path_cache_drop(network, "nas");
	assert_int_equal(path_cache_get(network, "nas"), 0);
	path_cache_drop(network, "nas");
	/* Without a network there is nothing to tell one from another by. */
	network = "";
	path_cache_put(network, "nas", 536);
	assert_int_equal(path_cache_get(network, "nas"), 0);
	network = "192.168.1.1 eth0 02:00:00:00:00:01";
}

/* So many files that are entries, finished or not, and their folder. */
static int
count(char folder[64])
{
	struct dirent	*entry;
	DIR		*dir;
	int		 n = 0;

	snprintf(folder, 64, "%s/meshssh", cache);
	if ((dir = opendir(folder)) == NULL)
		return (0);
	while ((entry = readdir(dir)) != NULL)
		n += strncmp(entry->d_name, "path-", 5) == 0;
	closedir(dir);
	return (n);
}

/* Each relay for a host of its own, and all for one: nothing is lost, and nothing left over. */
static void
test_at_once(void **state)
{
	char	host[16], folder[64];
	int	i, j, status;

	(void)state;
	for (i = 0; i < 50; i++)
		if (fork() == 0) {
			snprintf(host, sizeof(host), "host-%d", i);
			for (j = 0; j < 20; j++) {
				path_cache_put(network, host, 536 + i);
				path_cache_put(network, "all", 536 + i);
				if (path_cache_get(network, host) != 536 + i ||
				    path_cache_get(network, "all") < 536 ||
				    path_cache_get(network, "all") >= 586)
					_exit(1);
			}
			_exit(0);
		}
	for (i = 0; i < 50; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	for (i = 0; i < 50; i++) {
		snprintf(host, sizeof(host), "host-%d", i);
		assert_int_equal(path_cache_get(network, host), 536 + i);
	}
	assert_int_equal(count(folder), 51);
}

/* Files that somebody else could have written, or that are none, do not count. */
static void
test_hostile(void **state)
{
	struct dirent	*entry;
	char		 folder[64], path[512];
	DIR		*dir;
	int		 found = 0;

	(void)state;
	count(folder);
	path_cache_put(network, "nas", 768);
	assert_non_null(dir = opendir(folder));
	while ((entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, "path-", 5) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		assert_int_equal(chmod(path, 0622), 0);
		found++;
	}
	assert_int_equal(path_cache_get(network, "nas"), 0);
	rewinddir(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, "path-", 5) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(mkfifo(path, 0600), 0);
	}
	closedir(dir);
	/* A pipe that nobody writes to does not hold it up, and gives way. */
	assert_int_equal(path_cache_get(network, "nas"), 0);
	path_cache_put(network, "nas", 768);
	assert_int_equal(path_cache_get(network, "nas"), 768);
	assert_true(found > 0);
}

/*
 * In the sandbox of a relay an entry can be kept and dropped, and an old one goes; none can be
 * read.
 */
static void
test_sandbox(void **state)
{
	struct timespec	 times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	struct dirent	*entry;
	char		 folder[64];
	DIR		*dir;
	int		 status;

	(void)state;
	path_cache_put(network, "old", 768);
	count(folder);
	assert_non_null(dir = opendir(folder));
	while ((entry = readdir(dir)) != NULL)
		utimensat(dirfd(dir), entry->d_name, times, 0);
	closedir(dir);
	path_cache_put(network, "dropped", 768);
	if (fork() == 0) {
		status = strcmp(os_sandbox(folder), "none") != 0 &&
		    path_cache_get(network, "dropped") != 0;
		path_cache_put(network, "kept", 900);
		path_cache_drop(network, "dropped");
		_exit(status);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
	assert_int_equal(count(folder), 1);
	assert_int_equal(path_cache_get(network, "kept"), 900);
}

/* There are never more than so many, and the old ones go first. */
static void
test_bounds(void **state)
{
	struct timespec	 times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	struct dirent	*entry;
	char		 folder[64], host[16];
	DIR		*dir;
	int		 i;

	(void)state;
	for (i = 0; i < PATH_CACHE_COUNT_MAX + 20; i++) {
		snprintf(host, sizeof(host), "many-%d", i);
		path_cache_put(network, host, 768);
	}
	assert_int_equal(path_cache_get(network, host), 768);
	assert_true(count(folder) <= PATH_CACHE_COUNT_MAX && count(folder) > PATH_CACHE_COUNT_MAX / 2);
	assert_non_null(dir = opendir(folder));
	while ((entry = readdir(dir)) != NULL)
		utimensat(dirfd(dir), entry->d_name, times, 0);
	closedir(dir);
	path_cache_put(network, "new", 768);
	assert_int_equal(count(folder), 1);
	path_cache_drop(network, "new");
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(rmdir(cache), 0);
	/* A folder that is none, and a disk that takes nothing. */
	assert_int_equal(close(open(cache, O_CREAT | O_WRONLY, 0600)), 0);
	path_cache_put(network, "nas", 768);
	assert_int_equal(path_cache_get(network, "nas"), 0);
	unlink(cache);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_sandbox),
		cmocka_unit_test(test_bounds),
	};

	if (mkdtemp(cache) == NULL)
		return (1);
	setenv("XDG_CACHE_HOME", cache, 1);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
