/* SPDX-License-Identifier: ISC */
/* Unit tests: xdg. */

#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <pwd.h>

#include "check.h"

/* A place can be hidden, as a sandbox does. */
static int		 own_lstat(const char *, struct stat *);

#define lstat(path, sb) own_lstat(path, sb)
#include "base/xdg.c"
#undef lstat

#define OTHER	1234

static const char	*hidden;

static char	dir[] = "/tmp/check-xdg.XXXXXX";

static int
own_lstat(const char *path, struct stat *sb)
{
	if (hidden == NULL || strcmp(path, hidden) != 0)
		return (lstat(path, sb));
	errno = ENOENT;
	return (-1);
}

static int
setup(void **state)
{
	(void)state;
	return (mkdtemp(dir) == NULL || setenv("HOME", "/nowhere", 1) == -1);
}

static int
teardown(void **state)
{
	(void)state;
	return (rmdir(dir));
}

static const char *
in_dir(const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", dir, name);
	return (path);
}

/*
 * What the variable makes of it: 1 if its folder is used, 0 if the password database's is, or none.
 */
static int
is_used(const char *value)
{
	const struct passwd	*pw = getpwuid(geteuid());
	char			 path[PATH_MAX], wanted[PATH_MAX];

	setenv("XDG_TEST", value, 1);
	if (xdg_path("XDG_TEST", ".cache", "x", path) == -1)
		return (0);
	snprintf(wanted, sizeof(wanted), "%s/meshssh/x", value);
	if (strcmp(path, wanted) == 0)
		return (1);
	snprintf(wanted, sizeof(wanted), "%s/.cache/meshssh/x", pw->pw_dir);
	assert_string_equal(path, wanted);
	return (0);
}

/* What xdg_why says of a folder begins or ends so. */
static void
is_why(const char *value, const char *wanted)
{
	char	why[XDG_WHY_MAX];

	setenv("XDG_TEST", value, 1);
	xdg_why("XDG_TEST", ".cache", why);
	if (strstr(why, wanted) == NULL)
		fail_msg("%s: %s", value, why);
}

/* Folders of this user's, some not there yet. */
static void
test_ours(void **state)
{
	char	cache[PATH_MAX], own[PATH_MAX], link[PATH_MAX], deep[PATH_MAX];

	(void)state;
	assert_int_equal(is_used("relative"), 0);
	assert_int_equal(is_used(""), 0);
	assert_int_equal(is_used("/"), 1);
	assert_int_equal(is_used("/tmp"), 0);
	assert_int_equal(is_used("/tmp/check-xdg-is-not-there"), 0);
	assert_int_equal(is_used("/dev/null"), 1);
	in_dir("cache", cache);
	in_dir("cache/meshssh", own);
	in_dir("link", link);
	in_dir("no/cache", deep);
	assert_int_equal(is_used(cache), 1);
	assert_int_equal(is_used(deep), 1);
	assert_int_equal(mkdir(cache, 0700), 0);
	assert_int_equal(is_used(cache), 1);
	assert_int_equal(symlink(cache, link), 0);
	assert_int_equal(is_used(link), 1);
	assert_int_equal(mkdir(own, 0700), 0);
	assert_int_equal(is_used(cache), 1);
	/* Like /tmp, but with a folder of ours in it. */
	assert_int_equal(chmod(cache, 01777), 0);
	assert_int_equal(is_used(cache), 1);
	assert_int_equal(chmod(cache, 0777), 0);
	assert_int_equal(is_used(cache), 0);
	is_why(cache, "other users can write to /tmp/");
	assert_int_equal(chmod(cache, 0700), 0);
	assert_int_equal(chmod(own, 0777), 0);
	assert_int_equal(is_used(cache), 0);
	assert_int_equal(rmdir(own), 0);
	assert_int_equal(chmod(cache, 01777), 0);
	assert_int_equal(is_used(cache), 0);
	assert_int_equal(rmdir(cache), 0);
	assert_int_equal(unlink(link), 0);
	/* A place that cannot be looked at. */
	assert_int_equal(symlink("link", link), 0);
	strlcat(link, "/below", sizeof(link));
	assert_int_equal(is_used(link), 0);
	is_why(link, strerror(ELOOP));
	in_dir("link", link);
	assert_int_equal(unlink(link), 0);
}

static void
test_others(void **state)
{
	char	cache[PATH_MAX], own[PATH_MAX], target[PATH_MAX], deep[PATH_MAX], deeper[PATH_MAX];

	(void)state;
	if (geteuid() != 0) {
		print_message("only root can give a folder to another user\n");
		skip();
	}
	in_dir("cache", cache);
	in_dir("cache/meshssh", own);
	in_dir("target", target);
	assert_int_equal(mkdir(target, 0700), 0);
	/* Another's folder, and what is not there in another's folder. */
	assert_int_equal(mkdir(cache, 0700), 0);
	assert_int_equal(chown(cache, OTHER, OTHER), 0);
	assert_int_equal(is_used(cache), 0);
	assert_int_equal(is_used(own), 0);
	is_why(cache, "/cache belongs to user 1234, not to root or you");
	is_why(own, "/cache belongs to user 1234, not to root or you");
	/* Ours, in a folder of another's, as an earlier call by sudo may have left it. */
	assert_int_equal(mkdir(own, 0700), 0);
	assert_int_equal(is_used(own), 0);
	strlcat(own, "//", sizeof(own));
	assert_int_equal(is_used(own), 0);
	in_dir("cache/meshssh", own);
	/* The same, deeper. */
	in_dir("cache/meshssh/a", deep);
	assert_int_equal(mkdir(deep, 0700), 0);
	in_dir("cache/meshssh/a/b", deeper);
	assert_int_equal(mkdir(deeper, 0700), 0);
	assert_int_equal(is_used(deeper), 0);
	assert_int_equal(chown(cache, 0, 0), 0);
	assert_int_equal(is_used(deeper), 1);
	assert_int_equal(rmdir(deeper), 0);
	assert_int_equal(rmdir(deep), 0);
	assert_int_equal(is_used(own), 1);
	assert_int_equal(is_used(cache), 1);
	/* Another's within ours, and links that another made. */
	assert_int_equal(chown(own, OTHER, OTHER), 0);
	assert_int_equal(is_used(cache), 0);
	assert_int_equal(rmdir(own), 0);
	assert_int_equal(symlink(target, own), 0);
	assert_int_equal(is_used(cache), 1);
	assert_int_equal(lchown(own, OTHER, OTHER), 0);
	assert_int_equal(is_used(cache), 0);
	assert_int_equal(is_used(own), 0);
	assert_int_equal(unlink(own), 0);
	assert_int_equal(rmdir(cache), 0);
	assert_int_equal(rmdir(target), 0);
}

/* What holds our folder is as it was when a sandbox hides it. */
static void
test_hidden(void **state)
{
	char	known[PATH_MAX], other[PATH_MAX], own[PATH_MAX];

	(void)state;
	in_dir("known", known);
	in_dir("other", other);
	assert_int_equal(mkdir(known, 0700), 0);
	assert_int_equal(mkdir(in_dir("known/meshssh", own), 0700), 0);
	assert_int_equal(mkdir(other, 0700), 0);
	assert_int_equal(mkdir(in_dir("other/meshssh", own), 0700), 0);
	assert_int_equal(is_used(known), 1);
	hidden = known;
	assert_int_equal(is_used(known), 1);
	hidden = other;
	assert_int_equal(is_used(other), 0);
	hidden = NULL;
	assert_int_equal(rmdir(own), 0);
	assert_int_equal(rmdir(other), 0);
	assert_int_equal(rmdir(in_dir("known/meshssh", own)), 0);
	assert_int_equal(rmdir(known), 0);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_hidden),
	};

	return (cmocka_run_group_tests_name("xdg", tests, setup, teardown));
}
