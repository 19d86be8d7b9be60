#include <sys/stat.h>

#include <limits.h>

#include "check.h"
#include "session/record.h"

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
	assert_int_equal(record_read(path, &record, &err), 0);
	attempts_add(&attempts, "10.0.0.5", "Connection refused", 3);
	attempts_add(&attempts, "fd7a::5", "No route to host", 0);
	error_set(&err, MSG_REFUSED, "nas port 2222: connection refused by 10.0.0.5");
	assert_int_equal(record_write(&target, &attempts, &err), 0);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	assert_int_equal(record_read(path, &record, &err), 1);
	assert_string_equal(record.host, "nas");
	assert_int_equal(record.port, 2222);
	assert_int_equal(record.err.code, MSG_REFUSED);
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
		"", "{", "[]", "null", "{}", "\377\376", HEAD "\"message\":1,\"text\":\"x\",\"tried\":[]}",
		HEAD "\"message\":\"refused\",\"text\":\"x\",\"tried\":{}}",
		HEAD "\"message\":\"refused\",\"text\":\"x\",\"tried\":[1]}",
		HEAD "\"message\":\"refused\",\"text\":\"x\",\"tried\":[{\"to\":\"x\"}]}",
		"{\"version\":2,\"time\":1,\"host\":\"nas\",\"port\":22,\"message\":\"refused\",\"text\":\"x\",\"tried\":[]}",
		"{\"version\":1,\"time\":1,\"host\":\"nas\",\"port\":0,\"message\":\"refused\",\"text\":\"x\",\"tried\":[]}",
		HEAD "\"message\":\"no such\",\"text\":\"x\",\"tried\":[]}",
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
	assert_int_equal(record_read(path, &record, &err), 1);
	for (i = 0; i < COUNT(bad); i++) {
		write_file(path, bad[i], strlen(bad[i]));
		if (record_read(path, &record, &err) != -1)
			fail_msg("taken for a record: %s", bad[i]);
		assert_int_equal(err.code, MSG_BAD_RECORD);
	}
	/* Too large, and too deep. */
	assert_non_null(big = malloc(RECORD_BYTES_MAX));
	memset(big, ' ', RECORD_BYTES_MAX);
	memcpy(big, WHOLE, strlen(WHOLE));
	write_file(path, big, RECORD_BYTES_MAX);
	assert_int_equal(record_read(path, &record, &err), -1);
	memset(big, '[', RECORD_BYTES_MAX);
	write_file(path, big, RECORD_BYTES_MAX - 1);
	assert_int_equal(record_read(path, &record, &err), -1);
	free(big);
	/* No file at all: a FIFO would stand still. */
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(record_read(path, &record, &err), -1);
	unlink(path);
	/* Control characters are shown, not sent; more attempts than there can be are dropped. */
	write_file(path, odd, strlen(odd));
	assert_int_equal(record_read(path, &record, &err), 1);
	assert_string_equal(record.err.text, "a^[[2Jb");
	assert_string_equal(record.attempts.list[0].to, "\\a");
	assert_string_equal(record.attempts.list[0].what, "\\n");
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_hostile),
	};

	return (cmocka_run_group_tests_name("record", tests, setup, teardown));
}
