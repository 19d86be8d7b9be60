/* SPDX-License-Identifier: ISC */
/* Unit tests: record. */

#include <sys/stat.h>

#include <fcntl.h>
#include <limits.h>
#include <time.h>

#include "catalogue/catalogue.h"
#include "check.h"
#include "state/record.h"

static char	dir[] = "/tmp/meshssh-check.XXXXXX";

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return (-1);
	return (setenv("XDG_CACHE_HOME", dir, 1));
}

static int
teardown(void **state)
{
	char	path[PATH_MAX];

	(void)state;
	if (record_path(path) == -1)
		return (-1);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	return (rmdir(dir));
}

static void
test_path(void **state)
{
	char	path[PATH_MAX];

	(void)state;
	/* A relative one is ignored, as the XDG specification says; HOME is not asked. */
	setenv("XDG_CACHE_HOME", "relative", 1);
	setenv("HOME", "/nowhere", 1);
	assert_int_equal(record_path(path), 0);
	assert_int_equal(path[0], '/');
	assert_int_not_equal(strncmp(path, "/nowhere", 8), 0);
	assert_non_null(strstr(path, "/.cache/meshssh/failure.json"));
	setenv("XDG_CACHE_HOME", dir, 1);
	assert_int_equal(record_path(path), 0);
	assert_int_equal(strncmp(path, dir, strlen(dir)), 0);
}

static void
test_round_trip(void **state)
{
	struct target	target = { .host = "nas", .port = 2222 };
	struct attempts	attempts = { .count = 0 };
	struct error	err;
	struct record	record;
	struct stat	sb;
	char		path[PATH_MAX];

	(void)state;
	assert_int_equal(record_path(path), 0);
	assert_int_equal(record_read(path, 0, &record, &err), 0);
	attempts_add(&attempts, "10.0.0.5", "Connection refused", 3);
	attempts_add(&attempts, "fd7a::5", "No route to host", 0);
	error_set(&err, CODE_REFUSED, "nas port 2222: connection refused by 10.0.0.5");
	assert_int_equal(record_write(&target, &attempts, &err), 0);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	assert_int_equal(record_read(path, 0, &record, &err), 1);
	assert_string_equal(record.host, "nas");
	assert_int_equal(record.port, 2222);
	assert_int_equal(record.err.code, CODE_REFUSED);
	assert_string_equal(record.err.text, "nas port 2222: connection refused by 10.0.0.5");
	assert_int_equal(record.attempts.count, 2);
	assert_string_equal(record.attempts.list[1].to, "fd7a::5");
	assert_string_equal(record.attempts.list[0].what, "Connection refused");
	assert_int_equal(record.attempts.list[0].took_ms, 3);
	assert_true(record.when > 1700000000);
}

static void
write_file(const char *path, const char *text, size_t len)
{
	FILE	*fp;

	assert_non_null(fp = fopen(path, "w"));
	assert_int_equal(fwrite(text, 1, len, fp), len);
	fclose(fp);
}

#define HEAD "{\"version\":1,\"time\":1,\"host\":\"nas\",\"port\":22,"
#define WHOLE HEAD "\"message\":\"refused\",\"text\":\"x\",\"tried\":[]}"

static void
test_hostile(void **state)
{
	static const char *const	bad[] = {
		"", "{", "[]", "null", "{}", "\377\376",
		HEAD "\"message\":1,\"text\":\"x\",\"tried\":[]}",
		HEAD "\"message\":\"refused\",\"text\":\"x\",\"tried\":{}}",
		HEAD "\"message\":\"refused\",\"text\":\"x\",\"tried\":[1]}",
		HEAD "\"message\":\"refused\",\"text\":\"x\",\"tried\":[{\"to\":\"x\"}]}",
		"{\"version\":2,\"time\":1,\"host\":\"nas\",\"port\":22,\"message\":\"refused\",\"text\":\"x\",\"tried\":[]}",
		"{\"version\":1,\"time\":1,\"host\":\"nas\",\"port\":0,\"message\":\"refused\",\"text\":\"x\",\"tried\":[]}",
		HEAD "\"message\":\"no such\",\"text\":\"x\",\"tried\":[]}",
		/* the doctor's alone */
		HEAD "\"message\":\"config-mode\",\"text\":\"x\",\"tried\":[]}",
		WHOLE "x",
	};
	static const char		odd[] = HEAD "\"message\":\"refused\",\"text\":\"a\\u001b[2Jb\",\"tried\":["
					    "{\"to\":\"\\u0007\",\"what\":\"\\n\",\"took_ms\":1}]}";
	struct record			record;
	struct error			err;
	char				path[PATH_MAX], *big;
	size_t				i;

	(void)state;
	assert_int_equal(record_path(path), 0);
	write_file(path, WHOLE, strlen(WHOLE));
	assert_int_equal(record_read(path, 0, &record, &err), 1);
	for (i = 0; i < COUNT(bad); i++) {
		write_file(path, bad[i], strlen(bad[i]));
		if (record_read(path, 0, &record, &err) != -1)
			fail_msg("taken for a record: %s", bad[i]);
		assert_int_equal(err.code, CODE_BAD_RECORD);
	}
	/* Too large, and too deep. */
	assert_non_null(big = malloc(RECORD_BYTES_MAX));
	memset(big, ' ', RECORD_BYTES_MAX);
	memcpy(big, WHOLE, strlen(WHOLE));
	write_file(path, big, RECORD_BYTES_MAX);
	assert_int_equal(record_read(path, 0, &record, &err), -1);
	memset(big, '[', RECORD_BYTES_MAX);
	write_file(path, big, RECORD_BYTES_MAX - 1);
	assert_int_equal(record_read(path, 0, &record, &err), -1);
	free(big);
	/* No file at all: a FIFO would stand still. */
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(record_read(path, 0, &record, &err), -1);
	unlink(path);
	/* Control characters are shown, not sent; more attempts than there can be are dropped. */
	write_file(path, odd, strlen(odd));
	assert_int_equal(record_read(path, 0, &record, &err), 1);
	assert_string_equal(record.err.text, "a^[[2Jb");
	assert_string_equal(record.attempts.list[0].to, "\\a");
	assert_string_equal(record.attempts.list[0].what, "\\n");
}

/* What killed relays left goes when it is old; what is no such file stays. */
static const struct leftover {
	const char	*name;
	mode_t		 type;
	time_t		 age_s;
	uid_t		 uid;
	int		 stays;
} leftovers[] = {
	{ ".failure.json.meshssh-AbCdEf", S_IFREG, 601, 0, 0 },
	{ ".path-0123456789abcdef.meshssh-AbCdEf", S_IFREG, 86400, 0, 0 },
	{ ".failure.json.meshssh-BbCdEf", S_IFREG, 60, 0, 1 },
	{ ".failure.json.meshssh-CbCdEf", S_IFDIR, 86400, 0, 1 },
	{ ".failure.json.meshssh-DbCdEf", S_IFLNK, 86400, 0, 1 },
	{ ".failure.json.meshssh-EbCdEf", S_IFIFO, 86400, 0, 1 },
	{ ".failure.json.meshssh-FbCdEf", S_IFREG, 86400, 1234, 1 },
	{ "failure.json.meshssh-AbCdEf", S_IFREG, 86400, 0, 1 },
	{ ".other.meshssh-AbCdEf", S_IFREG, 86400, 0, 1 },
};

static void
leftover_make(int dir_fd, const struct leftover *left)
{
	struct timespec	times[2] = { { .tv_sec = time(NULL) - left->age_s },
			    { .tv_sec = time(NULL) - left->age_s } };

	if (left->type == S_IFDIR)
		assert_int_equal(mkdirat(dir_fd, left->name, 0700), 0);
	else if (left->type == S_IFLNK)
		assert_int_equal(symlinkat("failure.json", dir_fd, left->name), 0);
	else if (left->type == S_IFIFO)
		assert_int_equal(mkfifoat(dir_fd, left->name, 0600), 0);
	else
		assert_int_equal(close(openat(dir_fd, left->name, O_CREAT | O_WRONLY, 0600)), 0);
	if (left->uid != 0)
		assert_int_equal(fchownat(dir_fd, left->name, left->uid, (gid_t)-1,
		    AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(utimensat(dir_fd, left->name, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void
test_leftovers(void **state)
{
	struct target	target = { .host = "nas", .port = 22 };
	struct attempts	attempts = { .count = 0 };
	struct stat	sb;
	struct error	err;
	char		path[PATH_MAX];
	size_t		i;
	int		dir_fd;

	(void)state;
	error_set(&err, CODE_REFUSED, "refused");
	assert_int_equal(record_path(path), 0);
	assert_int_equal(record_write(&target, &attempts, &err), 0);
	*strrchr(path, '/') = '\0';
	assert_true((dir_fd = open(path, O_RDONLY | O_DIRECTORY)) != -1);
	for (i = 0; i < COUNT(leftovers); i++)
		if (leftovers[i].uid == 0 || geteuid() == 0)
			leftover_make(dir_fd, &leftovers[i]);
	assert_int_equal(record_write(&target, &attempts, &err), 0);
	for (i = 0; i < COUNT(leftovers); i++) {
		if (leftovers[i].uid != 0 && geteuid() != 0)
			continue;
		if ((fstatat(dir_fd, leftovers[i].name, &sb,
		    AT_SYMLINK_NOFOLLOW) == 0) != leftovers[i].stays)
			fail_msg("%s, of kind %o", leftovers[i].name,
			    (unsigned int)leftovers[i].type);
		unlinkat(dir_fd, leftovers[i].name, leftovers[i].type == S_IFDIR ?
		    AT_REMOVEDIR : 0);
	}
	close(dir_fd);
}

static void
check_name(const char *name, enum code code)
{
	struct record	record;
	char		text[256];

	snprintf(text, sizeof(text), HEAD "\"message\":\"%s\",\"text\":\"x\",\"tried\":[]}", name);
	assert_int_equal(record_parse(text, strlen(text), &record), 0);
	assert_int_equal(record.err.code, code);
}

/* The records of earlier versions have other names for some codes, which none has today. */
static void
test_old_names(void **state)
{
	const struct record_name	*old;

	(void)state;
	for (old = record_names; old->code != CODE_NONE; old++) {
		assert_int_equal(code_by_name(old->name), CODE_NONE);
		check_name(old->name, old->code);
	}
	assert_true(old > record_names);
	check_name("pmtu-forward", CODE_PMTU_FORWARD);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_leftovers),
		cmocka_unit_test(test_old_names),
	};

	return (cmocka_run_group_tests_name("record", tests, setup, teardown));
}
