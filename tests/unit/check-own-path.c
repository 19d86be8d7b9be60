/* SPDX-License-Identifier: ISC */
/* Unit tests: own-path. */

#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "os/own-path.h"

static char	dir[] = "/tmp/check-own-path.XXXXXX";
static char	top[PATH_MAX];	/* the same without links: /tmp is one on macOS */

/* In the folder: a/prog, b/prog, b/other; not to be run: n/prog, d/prog (a folder); l/prog -> b. */
static const struct {
	const char	*argv0;
	const char	*dirs;		/* @ is the folder; NULL is no PATH */
	const char	*wanted;	/* below the folder; NULL: not known */
} rows[] = {
	/* With a slash, PATH does not matter. */
	{ "@/a/prog", "@/b", "a/prog" },
	{ "a/prog", NULL, "a/prog" },
	{ "./b/../a/prog", "", "a/prog" },
	{ "@/l/prog", NULL, "b/prog" },
	{ "@/none/prog", "@/a", NULL },
	/* By PATH: the first that a shell would run. */
	{ "prog", "@/a:@/b", "a/prog" },
	{ "prog", "@/none:@/n:@/d:@/b:@/a", "b/prog" },
	{ "other", "@/a:@/b", "b/other" },
	{ "prog", "@/l", "b/prog" },
	{ "prog", "b:@/a", "b/prog" },
	{ "root", "@/a:", "root" },
	{ "root", ":@/a", "root" },
	{ "root", "@/b::@/a", "root" },
	{ "root", "", "root" },
	/* What the caller calls us is not where we are. */
	{ "-prog", "@/a", NULL },
	{ "sshd", "@/a:@/b", NULL },
	{ "", "@/a", NULL },
	{ "", "", NULL },
	{ "prog", NULL, NULL },
	{ "prog", "@/none", NULL },
};

/* "@" becomes the folder. */
static const char *
at(const char *text, char path[PATH_MAX])
{
	size_t	len = 0;

	if (text == NULL)
		return (NULL);
	for (path[0] = '\0'; *text != '\0'; text++) {
		snprintf(path + len, PATH_MAX - len, *text == '@' ? "%s" : "%.1s",
		    *text == '@' ? dir : text);
		len = strlen(path);
	}
	return (path);
}

static void
test_rows(void **state)
{
	char	argv0[PATH_MAX], dirs[PATH_MAX], path[PATH_MAX], wanted[2 * PATH_MAX];
	size_t	i;
	int	result;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		result = own_path(at(rows[i].argv0, argv0), at(rows[i].dirs, dirs), path);
		assert_int_equal(result, rows[i].wanted != NULL ? 0 : -1);
		if (rows[i].wanted == NULL)
			continue;
		snprintf(wanted, sizeof(wanted), "%s/%s", top, rows[i].wanted);
		assert_string_equal(path, wanted);
	}
}

/* A folder of PATH that is too long to be one is passed over. */
static void
test_long(void **state)
{
	char	*dirs, path[PATH_MAX], wanted[2 * PATH_MAX];

	(void)state;
	assert_non_null(dirs = malloc(2 * PATH_MAX));
	memset(dirs, 'a', PATH_MAX);
	snprintf(dirs + PATH_MAX, PATH_MAX, ":%s/a", dir);
	assert_int_equal(own_path("prog", dirs, path), 0);
	snprintf(wanted, sizeof(wanted), "%s/a/prog", top);
	assert_string_equal(path, wanted);
	free(dirs);
}

static void
put(const char *name, mode_t mode)
{
	int	fd;

	assert_true((fd = open(name, O_WRONLY | O_CREAT, mode)) != -1);
	close(fd);
}

static int
set_up(void **state)
{
	static const char *const	folders[] = { "a", "b", "n", "d", "d/prog", "l" };
	size_t				i;

	(void)state;
	if (mkdtemp(dir) == NULL || chdir(dir) == -1 || realpath(".", top) == NULL)
		return (-1);
	for (i = 0; i < COUNT(folders); i++)
		if (mkdir(folders[i], 0700) == -1)
			return (-1);
	put("a/prog", 0700);
	put("b/prog", 0700);
	put("b/other", 0700);
	put("root", 0700);
	put("n/prog", 0600);
	return (symlink("../b/prog", "l/prog"));
}

static int
tear_down(void **state)
{
	static const char *const	names[] = { "a/prog", "b/prog", "b/other", "root", "n/prog",
					    "l/prog" };
	static const char *const	folders[] = { "a", "b", "n", "d/prog", "d", "l" };
	size_t				i;

	(void)state;
	for (i = 0; i < COUNT(names); i++)
		unlink(names[i]);
	for (i = 0; i < COUNT(folders); i++)
		rmdir(folders[i]);
	return (chdir("/") == 0 && rmdir(dir) == 0 ? 0 : -1);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_long),
	};

	return (cmocka_run_group_tests_name("own-path", tests, set_up, tear_down));
}
