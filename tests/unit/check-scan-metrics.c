/* SPDX-License-Identifier: ISC */
/* Unit tests: scan-metrics. */

#include "base/error.h"
#include "check.h"
#include "cmd/scan-metrics.h"
#include "scan/scan.h"

static struct scan_metrics	metrics;
static char			*text;

static void
add(const char *host, enum code code, int ms, const char *server)
{
	struct scan_row	row = { .host = host, .ok = code == CODE_NONE, .ms = ms, .route = "direct" };

	strlcpy(row.server, server, sizeof(row.server));
	row.err.code = code;
	scan_metrics_add(&metrics, &row);
}

static void
print(void)
{
	size_t	 len = 0;
	FILE	*fp;

	assert_non_null(fp = open_memstream(&text, &len));
	scan_metrics_print(fp, &metrics, 2, 61007, 1700000000);
	fclose(fp);
}

static int
end(void **state)
{
	(void)state;
	scan_metrics_free(&metrics);
	memset(&metrics, 0, sizeof(metrics));
	free(text);
	text = NULL;
	return (0);
}

/* How many lines of the text begin so. */
static int
lines(const char *start)
{
	const char	*at = text;
	int		 count = 0;

	for (; *at != '\0'; at += strcspn(at, "\n") + 1)
		count += strncmp(at, start, strlen(start)) == 0;
	return (count);
}

static void
test_families(void **state)
{
	(void)state;
	add("web", CODE_NO_ANSWER, 10000, "");
	add("nas", CODE_NONE, 12, "OpenSSH_9.9");
	add("behind", CODE_WAY_NOT_CHECKED, 0, "");
	print();
	assert_non_null(strstr(text, "# TYPE meshssh_host_checked gauge\n"
	    "meshssh_host_checked{host=\"behind\"} 0\n"
	    "meshssh_host_checked{host=\"nas\"} 1\n"
	    "meshssh_host_checked{host=\"web\"} 1\n# "));
	/* Of what was not looked at, nothing is said. */
	assert_non_null(strstr(text, "gauge\n"
	    "meshssh_host_reachable{host=\"nas\"} 1\n"
	    "meshssh_host_reachable{host=\"web\"} 0\n# "));
	assert_non_null(strstr(text, "# UNIT meshssh_host_duration_seconds seconds\n"
	    "meshssh_host_duration_seconds{host=\"nas\"} 0.012\n"
	    "meshssh_host_duration_seconds{host=\"web\"} 10.000\n# "));
	assert_non_null(strstr(text, "gauge\n"
	    "meshssh_host_failure{host=\"behind\",code=\"way-not-checked\"} 1\n"
	    "meshssh_host_failure{host=\"web\",code=\"no-answer\"} 1\n# "));
	assert_non_null(strstr(text, "gauge\n"
	    "meshssh_host_server{host=\"nas\",route=\"direct\",server=\"OpenSSH_9.9\"} 1\n# "));
	assert_int_equal(lines("meshssh_scan_invalid_hosts 2\n"), 1);
	assert_int_equal(lines("meshssh_scan_duration_seconds 61.007\n"), 1);
	assert_int_equal(lines("meshssh_scan_timestamp_seconds 1700000000\n# EOF\n"), 1);
	assert_string_equal(text + strlen(text) - 7, "\n# EOF\n");
}

/* A family without a sample is not there, and neither is its head. */
static void
test_none(void **state)
{
	(void)state;
	print();
	assert_null(strstr(text, "meshssh_host_"));
	assert_int_equal(lines("meshssh_scan_"), 3);
}

/* Once each, whatever the list says; what failed once is a failure. */
static void
test_again(void **state)
{
	int	i;

	(void)state;
	for (i = 0; i < 100; i++) {
		add("nas", i == 50 ? CODE_RESET : CODE_NONE, i, "x");
		add("web", CODE_NONE, i, "x");
	}
	print();
	assert_int_equal(lines("meshssh_host_reachable{"), 2);
	assert_int_equal(lines("meshssh_host_reachable{host=\"nas\"} 0\n"), 1);
	assert_int_equal(lines("meshssh_host_failure{host=\"nas\",code=\"reset\"} 1\n"), 1);
	assert_int_equal(lines("meshssh_host_duration_seconds{host=\"nas\"} 0.050\n"), 1);
	assert_int_equal(lines("meshssh_host_server{"), 1);
}

static void
test_escapes(void **state)
{
	(void)state;
	add("na\"s\\n\n\xc3\xa4\xff", CODE_NONE, 0, "a\"b\\c");
	print();
	assert_int_equal(lines("meshssh_host_reachable{host=\"na\\\"s\\\\n\\\\nM-CM-$M^?\"} 1\n"), 1);
	assert_int_equal(lines("meshssh_host_server{host=\"na\\\"s\\\\n\\\\nM-CM-$M^?\","
	    "route=\"direct\",server=\"a\\\"b\\\\c\"} 1\n"), 1);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test_teardown(test_families, end),
		cmocka_unit_test_teardown(test_none, end),
		cmocka_unit_test_teardown(test_again, end),
		cmocka_unit_test_teardown(test_escapes, end),
	};

	return (cmocka_run_group_tests_name("scan-metrics", tests, NULL, NULL));
}
