#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "check-root.h"

static char	path[512], tmp[PATH_MAX];

static const char *
at(const char *name)
{
	snprintf(path, sizeof(path), "%s%s", root, name);
	return (path);
}

static struct file_own
mine(mode_t mode)
{
	return ((struct file_own){ .uid = geteuid(), .gid = getegid(), .mode = mode });
}

static void
expect_file(const char *name, const char *text, mode_t mode)
{
	struct stat	 sb;
	char		*bytes = file_load(at(name), 1 << 20, &sb);

	assert_non_null(bytes);
	assert_int_equal(sb.st_size, strlen(text));
	assert_memory_equal(bytes, text, strlen(text));
	assert_int_equal(sb.st_mode & 07777, mode);
	free(bytes);
}

/* The old file is there until the new one is. */
static void
test_stage(void **state)
{
	const struct file_own	own = mine(0644);
	mode_t			mask;

	(void)state;
	put("/f", "old");
	mask = umask(077);
	assert_int_equal(file_stage(at("/f"), "new\n", 4, &own, tmp), 0);
	umask(mask);
	expect_file("/f", "old", 0600);
	assert_int_equal(file_commit(tmp, at("/f")), 0);
	expect_file("/f", "new\n", 0644);
	assert_int_equal(access(tmp, F_OK), -1);
	assert_int_equal(file_remove(at("/f")), 0);
	assert_int_equal(access(at("/f"), F_OK), -1);
}

static void
test_owner(void **state)
{
	struct file_own	own = mine(0600);
	struct stat	sb;

	(void)state;
	own.uid = own.gid = 12345;
	if (geteuid() == 0) {
		assert_int_equal(file_stage(at("/f"), "", 0, &own, tmp), 0);
		assert_int_equal(stat(tmp, &sb), 0);
		assert_int_equal(sb.st_uid, 12345);
		assert_int_equal(sb.st_gid, 12345);
		unlink(tmp);
		return;
	}
	/* What cannot be given away is not left lying about. */
	assert_int_equal(file_stage(at("/f"), "", 0, &own, tmp), -1);
	assert_int_equal(errno, EPERM);
	file_sweep(at("/f"));
}

static void
test_no_room(void **state)
{
	const struct file_own	own = mine(0600);
	char			name[300];

	(void)state;
	assert_int_equal(file_stage(at("/none/f"), "x", 1, &own, tmp), -1);
	assert_int_equal(errno, ENOENT);
	memset(name, 'n', 250);
	name[0] = '/';
	name[250] = '\0';
	assert_int_equal(file_stage(at(name), "x", 1, &own, tmp), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(file_write("/dev/full/f", "x"), -1);
	assert_int_equal(errno, ENOTDIR);
}

/* Its own, and nobody else's. */
static void
test_sweep(void **state)
{
	const struct file_own	own = mine(0600);

	(void)state;
	put("/config", "");
	put("/.config.meshssh-ABCDEF", "");
	put("/.config.meshssh-ABCDE", "");
	put("/.config.meshssh-ABCDEFG", "");
	put("/.configs.meshssh-ABCDEF", "");
	put("/config.backup", "");
	assert_int_equal(file_stage(at("/config"), "x", 1, &own, tmp), 0);
	file_sweep(at("/config"));
	assert_int_equal(access(tmp, F_OK), -1);
	assert_int_equal(access(at("/.config.meshssh-ABCDEF"), F_OK), -1);
	assert_int_equal(access(at("/.config.meshssh-ABCDE"), F_OK), 0);
	assert_int_equal(access(at("/.config.meshssh-ABCDEFG"), F_OK), 0);
	assert_int_equal(access(at("/.configs.meshssh-ABCDEF"), F_OK), 0);
	assert_int_equal(access(at("/config.backup"), F_OK), 0);
	assert_int_equal(access(at("/config"), F_OK), 0);
}

static void
test_load(void **state)
{
	struct stat	sb;

	(void)state;
	put("/f", "1234");
	expect_file("/f", "1234", 0600);
	assert_null(file_load(at("/f"), 3, &sb));
	assert_int_equal(errno, EFBIG);
	assert_null(file_load(root, 3, &sb));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(mkfifo(at("/fifo"), 0600), 0);
	assert_null(file_load(at("/fifo"), 3, &sb));
	assert_int_equal(errno, EINVAL);
	assert_null(file_load(at("/none"), 3, &sb));
	assert_int_equal(errno, ENOENT);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup(test_stage, empty),
		cmocka_unit_test_setup(test_owner, empty),
		cmocka_unit_test_setup(test_no_room, empty),
		cmocka_unit_test_setup(test_sweep, empty),
		cmocka_unit_test_setup(test_load, empty),
	};

	return (cmocka_run_group_tests_name("file", tests, root_make, root_remove));
}
