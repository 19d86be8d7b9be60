/* SPDX-License-Identifier: ISC */
/* Unit tests: install-file. */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "check-root.h"
#include "install/install-file.h"
#include "os/os.h"

static int	own_os_rename(const char *, const char *, int);
static int	own_rename(const char *, const char *);
static int	own_attributes_copy(int, int);

/* What the file under test calls by these names; others, and the test, have those of the system. */
#define os_rename(from, to, swap) own_os_rename(from, to, swap)
#define rename(from, to) own_rename(from, to)
#define os_attributes_copy(from, to) own_attributes_copy(from, to)
#include "install/install-file.c"
#undef os_rename
#undef rename
#undef os_attributes_copy

static char			path[512];
static struct install_file	f;
static struct error		err;
static int			calls, absent, no_attributes;
/* what another program does just before a file is renamed */
static void			(*before)(void);

/* The last look is over, and the next thing that happens to the file is this. */
static int
own_os_rename(const char *from, const char *to, int swap)
{
	calls++;
	if (before != NULL)
		before();
	if (!absent)
		return (os_rename(from, to, swap));
	errno = ENOSYS;
	return (-1);
}

static int
own_rename(const char *from, const char *to)
{
	calls++;
	if (before != NULL)
		before();
	return (rename(from, to));
}

static int
own_attributes_copy(int from, int to)
{
	if (!no_attributes)
		return (os_attributes_copy(from, to));
	errno = ENOSYS;
	return (-1);
}

static const char *
at(const char *name)
{
	snprintf(path, sizeof(path), "%s%s", root, name);
	return (path);
}

static void
expect_file(const char *name, const char *text)
{
	struct stat	 sb;
	char		*bytes = file_load(at(name), 1 << 20, 0, &sb);

	if (bytes == NULL)
		fail_msg("%s: %s", name, strerror(errno));
	if ((size_t)sb.st_size != strlen(text) || memcmp(bytes, text, strlen(text)) != 0)
		fail_msg("%s is \"%.*s\", not \"%s\"", name, (int)sb.st_size, bytes, text);
	free(bytes);
}

/* There are this many names in the folder. */
static void
expect_names(int count)
{
	char	command[600];

	snprintf(command, sizeof(command),
	    "test $(ls -A '%s' | wc -l) = %d || { ls -lA '%s'; false; }", root, count, root);
	assert_int_equal(system(command), 0);
}

static int
begin(void **state)
{
	calls = absent = no_attributes = 0;
	before = NULL;
	memset(&f, 0, sizeof(f));
	memset(&err, 0, sizeof(err));
	return (empty(state));
}

/* The file is read, and is to be this, or is to go. */
static void
want(const char *name, const char *text)
{
	struct install_text	new = { .bytes = NULL };

	assert_int_equal(install_file_open(&f, at(name), 0600, 0, &err), 0);
	if (text != NULL) {
		assert_non_null(new.bytes = strdup(text));
		new.len = strlen(text);
	}
	install_file_set(&f, &new);
}

static void
commit_staged(int result, enum code code)
{
	assert_int_equal(install_file_commit(&f, &err), result);
	assert_int_equal(err.code, code);
	install_file_close(&f);
}

static void
commit(int result, enum code code)
{
	assert_int_equal(install_file_stage(&f, &err), 0);
	commit_staged(result, code);
}

/* Another file takes the name, as most editors save. */
static void
save_as(const char *text)
{
	char	name[sizeof(path)];

	put("/saved", text);
	strlcpy(name, at("/saved"), sizeof(name));
	assert_int_equal(rename(name, at("/f")), 0);
}

static void
save_once(void)
{
	if (calls == 1)
		save_as("saved\n");
}

/* Into the file that is there. */
static void
save_within(void)
{
	if (calls == 1)
		put("/f", "saved\n");
}

static void
save_twice(void)
{
	if (calls < 3)
		save_as(calls == 1 ? "first\n" : "second\n");
}

/* It is saved, and removed before that can come back. */
static void
save_and_remove(void)
{
	save_once();
	if (calls == 2)
		assert_int_equal(unlink(at("/f")), 0);
}

static void
change_mode(void)
{
	if (calls == 1)
		assert_int_equal(chmod(at("/f"), 0640), 0);
}

static void
remove_it(void)
{
	if (calls == 1)
		assert_int_equal(unlink(at("/f")), 0);
}

static void
test_saved(void **state)
{
	static const struct {
		const char	*old, *new;
		void		(*before)(void);
		const char	*left;
	} rows[] = {
		{ "old\n", "new\n", save_once, "saved\n" },
		{ "old\n", "new\n", save_within, "saved\n" },
		{ "old\n", "new\n", save_twice, "second\n" },
		{ "old\n", "new\n", save_and_remove, "saved\n" },
		{ "old\n", "new\n", change_mode, "old\n" },
		{ "old\n", NULL, save_once, "saved\n" },
		{ "old\n", NULL, save_within, "saved\n" },
		{ "old\n", NULL, save_twice, "second\n" },
		{ NULL, "new\n", save_once, "saved\n" },
	};
	size_t	i;

	for (i = 0; i < COUNT(rows); i++) {
		begin(state);
		if (rows[i].old != NULL)
			put("/f", rows[i].old);
		want("/f", rows[i].new);
		before = rows[i].before;
		commit(-1, CODE_CONFIG_MOVED);
		expect_file("/f", rows[i].left);
		expect_names(1);
	}
}

/* A file that was removed meanwhile does not come back. */
static void
test_removed(void **state)
{
	const char	*rows[] = { "new\n", NULL };
	size_t		 i;

	for (i = 0; i < COUNT(rows); i++) {
		begin(state);
		put("/f", "old\n");
		want("/f", rows[i]);
		before = remove_it;
		commit(-1, CODE_CONFIG_MOVED);
		expect_names(0);
	}
}

/* The last look, which is all there is where two files cannot change places. */
static void
test_look(void **state)
{
	put("/f", "old\n");
	want("/f", "new\n");
	put("/f", "saved\n");
	commit(-1, CODE_CONFIG_MOVED);
	expect_file("/f", "saved\n");
	assert_int_equal(calls, 0);

	begin(state);
	want("/f", "new\n");
	put("/f", "saved\n");
	commit(-1, CODE_CONFIG_MOVED);
	expect_file("/f", "saved\n");

	/* It may be gone, or a link by now. */
	begin(state);
	put("/f", "old\n");
	want("/f", "new\n");
	assert_int_equal(install_file_stage(&f, &err), 0);
	assert_int_equal(unlink(at("/f")), 0);
	commit_staged(-1, CODE_CONFIG_MOVED);
	expect_names(0);

	begin(state);
	put("/f", "old\n");
	want("/f", "new\n");
	assert_int_equal(install_file_stage(&f, &err), 0);
	assert_int_equal(unlink(at("/f")), 0);
	assert_int_equal(symlink("elsewhere", at("/f")), 0);
	commit_staged(-1, CODE_CONFIG_MOVED);
	expect_names(1);

	/* What cannot be read any more is told as that. */
	begin(state);
	put("/f", "old\n");
	want("/f", "new\n");
	assert_int_equal(unlink(at("/f")), 0);
	assert_int_equal(mkdir(at("/f"), 0700), 0);
	commit(-1, CODE_CONFIG_READ);
	expect_names(1);
}

static void
test_absent(void **state)
{
	absent = 1;
	put("/f", "old\n");
	want("/f", "new\n");
	f.keeps = 1;
	commit(0, CODE_NONE);
	expect_file("/f", "new\n");
	expect_file("/f" INSTALL_BACKUP, "old\n");
	expect_names(2);

	begin(state);
	absent = 1;
	want("/f", "new\n");
	commit(0, CODE_NONE);
	expect_file("/f", "new\n");

	/* The name is not free any more. */
	begin(state);
	absent = 1;
	want("/f", "new\n");
	before = save_once;
	commit(-1, CODE_CONFIG_MOVED);
	expect_file("/f", "saved\n");
	expect_names(1);

	begin(state);
	absent = 1;
	put("/f", "old\n");
	want("/f", NULL);
	commit(0, CODE_NONE);
	expect_names(0);
}

static void
save_backup(void)
{
	if (calls == 1)
		put("/f" INSTALL_BACKUP, "mine\n");
}

/* A copy is made where its name is free. */
static void
test_backup(void **state)
{
	put_mode("/f", "old\n", 0640);
	want("/f", "new\n");
	f.keeps = 1;
	commit(0, CODE_NONE);
	assert_int_equal(f.kept, 1);
	expect_file("/f" INSTALL_BACKUP, "old\n");
	expect_names(2);

	begin(state);
	put("/f", "old\n");
	put("/f" INSTALL_BACKUP, "mine\n");
	want("/f", "new\n");
	f.keeps = 1;
	commit(0, CODE_NONE);
	assert_int_equal(f.kept, 0);
	expect_file("/f", "new\n");
	expect_file("/f" INSTALL_BACKUP, "mine\n");

	/* It was free when it was looked at. */
	begin(state);
	put("/f", "old\n");
	want("/f", "new\n");
	f.keeps = 1;
	before = save_backup;
	commit(0, CODE_NONE);
	expect_file("/f" INSTALL_BACKUP, "mine\n");
	expect_names(2);
}

static void
test_owner(void **state)
{
	struct stat	sb;

	(void)state;
	put_mode("/f", "old\n", 0640);
	if (geteuid() == 0)
		assert_int_equal(chown(at("/f"), 12345, 12346), 0);
	want("/f", "new\n");
	if (geteuid() == 0) {
		commit(0, CODE_NONE);
		assert_int_equal(stat(at("/f"), &sb), 0);
		assert_int_equal(sb.st_uid, 12345);
		assert_int_equal(sb.st_gid, 12346);
		assert_int_equal(sb.st_mode & 07777, 0640);
		return;
	}
	/* What cannot be given away is not left lying about. */
	f.own.st_uid = 12345;
	assert_int_equal(install_file_stage(&f, &err), -1);
	assert_int_equal(err.code, CODE_CONFIG_WRITE);
	install_file_close(&f);
	expect_names(1);
}

/*
 * Where a list cannot be copied, the group's bits may be no more than its mask: the group gets
 * nothing.
 */
static void
test_no_attributes(void **state)
{
	struct stat	sb;

	(void)state;
	put_mode("/f", "old\n", 0664);
	want("/f", "new\n");
	no_attributes = 1;
	commit(0, CODE_NONE);
	expect_file("/f", "new\n");
	assert_int_equal(stat(at("/f"), &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0604);
}

/* A path that leaves no room for the copy's name. */
static void
test_long(void **state)
{
	char	name[PATH_MAX];

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[0] = '/';
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(install_file_open(&f, name, 0600, 0, &err), -1);
	assert_int_equal(err.code, CODE_CONFIG_READ);
	install_file_close(&f);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup(test_saved, begin),
		cmocka_unit_test_setup(test_removed, begin),
		cmocka_unit_test_setup(test_look, begin),
		cmocka_unit_test_setup(test_absent, begin),
		cmocka_unit_test_setup(test_backup, begin),
		cmocka_unit_test_setup(test_owner, begin),
		cmocka_unit_test_setup(test_no_attributes, begin),
		cmocka_unit_test_setup(test_long, begin),
	};

	return (cmocka_run_group_tests_name("install-file", tests, root_make, root_remove));
}
