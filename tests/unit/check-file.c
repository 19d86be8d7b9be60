/* SPDX-License-Identifier: ISC */
/* Unit tests: file. */

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <utime.h>

#include "base/file.h"
#include "check-root.h"

static char	path[512], tmp[PATH_MAX];

static const char *
at(const char *name)
{
	snprintf(path, sizeof(path), "%s%s", root, name);
	return (path);
}

static void
expect_file(const char *name, const char *text, mode_t mode)
{
	struct stat	 sb;
	char		*bytes = file_load(at(name), 1 << 20, 0, &sb);

	assert_non_null(bytes);
	assert_int_equal(sb.st_size, strlen(text));
	assert_memory_equal(bytes, text, strlen(text));
	assert_int_equal(sb.st_mode & 07777, mode);
	free(bytes);
}

/* It is for its owner alone, whatever the umask, and is beside the file. */
static void
test_stage(void **state)
{
	mode_t	mask;
	int	fd;

	(void)state;
	put("/f", "old");
	mask = umask(0);
	assert_int_not_equal(fd = file_stage(at("/f"), "new\n", 4, tmp), -1);
	umask(mask);
	close(fd);
	expect_file("/f", "old", 0600);
	assert_int_equal(rename(tmp, at("/f")), 0);
	expect_file("/f", "new\n", 0600);
	assert_int_equal(file_write(at("/f"), "newer"), 0);
	expect_file("/f", "newer", 0600);
}

/* A report: others read it, links and modes stay, and what is not a file is written to. */
static void
test_output(void **state)
{
	mode_t		mask = umask(027);
	struct stat	sb;
	int		fd, out;

	(void)state;
	assert_int_equal(file_output(at("/new"), "one", 3), 0);
	expect_file("/new", "one", 0640);
	umask(0);
	assert_int_equal(file_output(at("/open"), "", 0), 0);
	expect_file("/open", "", 0644);
	umask(mask);
	put_mode("/f", "old and longer", 0604);
	assert_int_equal(symlink("f", at("/link")), 0);
	assert_int_equal(file_output(at("/link"), "new", 3), 0);
	expect_file("/f", "new", 0604);
	assert_int_equal(lstat(at("/link"), &sb), 0);
	assert_true(S_ISLNK(sb.st_mode));
	assert_int_equal(symlink("none", at("/dangling")), 0);
	assert_int_equal(file_output(at("/dangling"), "x", 1), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(file_output(at("/none/f"), "x", 1), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(file_output(root, "x", 1), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(file_output("/dev/full", "x", 1), -1);
	assert_int_equal(errno, ENOSPC);
	/* What a run left that was killed; another may be at work. */
	put("/.f.meshssh-0123456789abcdef", "old");
	put("/.f.meshssh-fedcba9876543210", "young");
	assert_int_equal(utime(at("/.f.meshssh-0123456789abcdef"), &(struct utimbuf){ .modtime =
	    time(NULL) - 60 }), 0);
	assert_int_equal(file_output(at("/f"), "new", 3), 0);
	assert_int_equal(access(at("/.f.meshssh-0123456789abcdef"), F_OK), -1);
	assert_int_equal(unlink(at("/.f.meshssh-fedcba9876543210")), 0);
	/* Standard output is written to where it is, even a file. */
	out = dup(STDOUT_FILENO);
	assert_int_not_equal(fd = open(at("/f"), O_WRONLY | O_APPEND), -1);
	assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
	assert_int_equal(file_output("/dev/stdout", "er", 2), 0);
	assert_int_equal(dup2(out, STDOUT_FILENO), STDOUT_FILENO);
	expect_file("/f", "newer", 0604);
	close(fd);
	close(out);
}

static void
test_no_room(void **state)
{
	char	name[300];

	(void)state;
	assert_int_equal(file_stage(at("/none/f"), "x", 1, tmp), -1);
	assert_int_equal(errno, ENOENT);
	memset(name, 'n', 250);
	name[0] = '/';
	name[250] = '\0';
	assert_int_equal(file_stage(at(name), "x", 1, tmp), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(file_write("/dev/full/f", "x"), -1);
	assert_int_equal(errno, ENOTDIR);
}

/* Its own, and nobody else's. */
static void
test_sweep(void **state)
{
	static const char *const	stay[] = {
		"/.config.meshssh-backup", "/.config.meshssh-ABCDEF",
		"/.config.meshssh-0123456789abcde",
		"/.config.meshssh-0123456789abcdef0", "/.config.meshssh-0123456789ABCDEF",
		"/.configs.meshssh-0123456789abcdef", "/config.meshssh-0123456789abcdef", "/config"
	};
	char	from[sizeof(path)], other[64];
	size_t	i;
	int	fd;

	(void)state;
	for (i = 0; i < COUNT(stay); i++)
		put(stay[i], "");
	put("/.config.meshssh-00000000000000ff", "");
	/*
	 * A link, a folder, a second name of a file, and, where that can be made, another user's
	 * file.
	 */
	assert_int_equal(symlink("config", at("/.config.meshssh-0000000000000001")), 0);
	assert_int_equal(mkdir(at("/.config.meshssh-0000000000000002"), 0700), 0);
	strlcpy(from, at("/config"), sizeof(from));
	assert_int_equal(link(from, at("/.config.meshssh-0000000000000003")), 0);
	put("/.config.meshssh-0000000000000004", "");
	i = geteuid() == 0 && chown(at("/.config.meshssh-0000000000000004"), 12345, 12345) == 0 ?
	    4 : 3;
	assert_int_not_equal(fd = file_stage(at("/config"), "x", 1, tmp), -1);
	close(fd);
	file_sweep(at("/config"));
	assert_int_equal(access(tmp, F_OK), -1);
	assert_int_equal(access(at("/.config.meshssh-00000000000000ff"), F_OK), -1);
	/* A path without a slash */
	assert_int_not_equal(fd = file_stage(at("/config"), "x", 1, tmp), -1);
	close(fd);
	assert_int_equal(chdir(root), 0);
	file_sweep("config");
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(access(tmp, F_OK), -1);
	for (; i > 0; i--) {
		snprintf(other, sizeof(other), "/.config.meshssh-%016zu", i);
		assert_int_equal(access(at(other), F_OK), 0);
	}
	for (i = 0; i < COUNT(stay); i++)
		if (access(at(stay[i]), F_OK) == -1)
			fail_msg("%s is gone", stay[i]);
}

static void
test_load(void **state)
{
	struct stat	 sb;
	char		*bytes;

	(void)state;
	put("/f", "1234");
	expect_file("/f", "1234", 0600);
	assert_null(file_load(at("/f"), 3, 0, &sb));
	assert_int_equal(errno, EFBIG);
	assert_null(file_load(root, 3, 0, &sb));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(mkfifo(at("/fifo"), 0600), 0);
	assert_null(file_load(at("/fifo"), 3, 0, &sb));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(symlink("f", at("/link")), 0);
	assert_null(file_load(at("/link"), 1 << 20, 0, &sb));
	assert_int_equal(errno, ELOOP);
	assert_non_null(bytes = file_load(at("/link"), 1 << 20, 1, &sb));
	free(bytes);
	assert_null(file_load(at("/none"), 3, 0, &sb));
	assert_int_equal(errno, ENOENT);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup(test_output, empty),
		cmocka_unit_test_setup(test_stage, empty),
		cmocka_unit_test_setup(test_no_room, empty),
		cmocka_unit_test_setup(test_sweep, empty),
		cmocka_unit_test_setup(test_load, empty),
	};

	return (cmocka_run_group_tests_name("file", tests, root_make, root_remove));
}
