/* SPDX-License-Identifier: ISC */
/*
 * The table of facts: what it finds and refuses, and that each document of the tests keeps to it.
 */

#include <sys/types.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <glob.h>
#include <signal.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "check.h"
#include "facts/fact.h"
#include "facts/schema.h"

#ifndef GOLDEN_DIR
#define GOLDEN_DIR "tests/golden"
#endif

#define DOCUMENT_BYTES	(2 << 20)

static void
test_find(void **state)
{
	(void)state;
	assert_string_equal(fact_find("connect.ok")->path, "connect.ok");
	assert_string_equal(fact_find("connect.addresses.12.error")->path,
	    "connect.addresses.[].error");
	assert_string_equal(fact_find("ssh.where.ipqos.file")->path, "ssh.where.*.file");
	assert_int_equal(fact_find("connect")->type, FACT_OBJECT);
	assert_int_equal(fact_find("connect.addresses")->type, FACT_OBJECTS);
	assert_null(fact_find("connect.o"));
	assert_null(fact_find("connect.okay"));
	assert_null(fact_find("connect.ok.more"));
	assert_null(fact_find("connect.addresses.first.error"));
	assert_null(fact_find("nonsense"));
}

/* Each row is found by its own path, so none stands twice and none is hidden by another. */
static void
test_rows(void **state)
{
	const struct fact_row	*row;

	(void)state;
	for (row = fact_rows; row->path != NULL; row++) {
		if (strstr(row->path, "[]") == NULL && fact_find(row->path) != row)
			fail_msg("%s: another row has this path", row->path);
		if (row->filler[0] == '\0' || row->text[0] == '\0' ||
		    row->text[strlen(row->text) - 1] != '.')
			fail_msg("%s: the row is not whole", row->path);
	}
}

/* Each: 1 if it is refused. */
static int
wrong_path(json_t *facts)
{
	return (fact_text(facts, "server.texts") == NULL && fact_at(facts, "texts") == NULL);
}

static int
wrong_type(json_t *facts)
{
	return (fact_number(facts, "server.text", -7) == -7 && fact_truth(facts, "server.ms") == -1);
}

static int
wrong_value(json_t *facts)
{
	fact_put(facts, "server.text", json_true());
	fact_put(facts, "server.texts", json_true());
	return (strcmp(fact_text(facts, "server.text"), "SSH-2.0-x\\n") == 0 &&
	    fact_check(facts, (char[128]){ "" }) == 0);
}

/*
 * Read and put what the table has; anything else is a fault of the program, which ends a build for
 * tests, and is refused by any other.
 */
static void
test_access(void **state)
{
	static int		(*const faults[])(json_t *) = { wrong_path, wrong_type,
				    wrong_value };
	const struct rlimit	 none = { 0, 0 };
	json_t			*facts = json_object();
	size_t			 i;
	pid_t			 pid;
	int			 status;

	(void)state;
	fact_put_text(facts, "server.text", "SSH-2.0-x\n");
	fact_put_number(facts, "server.ms", 12);
	fact_put_truth(facts, "connect.ok", 1);
	fact_put(facts, "server.software", json_string("\xff"));
	assert_string_equal(fact_text(facts, "server.text"), "SSH-2.0-x\\n");
	assert_int_equal(fact_number(facts, "server.ms", -1), 12);
	assert_int_equal(fact_number(facts, "connect.ms", -1), -1);
	assert_int_equal(fact_truth(facts, "connect.ok"), 1);
	assert_int_equal(fact_truth(facts, "connect.far"), -1);
	assert_null(fact_at(facts, "server.software"));
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if ((pid = fork()) == 0) {
			setrlimit(RLIMIT_CORE, &none);
			signal(SIGABRT, SIG_DFL);
			close(STDERR_FILENO);
			_exit(faults[i](facts) ? 77 : 0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
#ifdef TEST_BUILD
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
#else
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 77);
#endif
	}
	json_decref(facts);
}

static void
test_check(void **state)
{
	static const struct {
		const char	*json;
		const char	*bad;		/* NULL: it keeps to the table */
	} rows[] = {
		{ "{}", NULL },
		{ "{'connect': {'ok': true, 'addresses': [{'address': '::1', 'family': 6}]}}",
		    NULL },
		{ "{'connect': {'ok': 1}}", "connect.ok" },
		{ "{'connect': 1}", "connect" },
		{ "{'connect': {'fine': true}}", "connect.fine" },
		{ "{'connect': {'addresses': [{'adress': '::1'}]}}", "connect.addresses.0.adress" },
		{ "{'connect': {'addresses': ['::1']}}", "connect.addresses" },
		{ "{'names': {'search': ['a', 1]}}", "names.search" },
		{ "{'connect': null}", "connect" },
	};
	char	 bad[128], *text, *quote;
	json_t	*facts;
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_non_null(text = strdup(rows[i].json));
		for (quote = text; (quote = strchr(quote, '\'')) != NULL;)
			*quote = '"';
		assert_non_null(facts = json_parse(text, strlen(text), 0));
		bad[0] = '\0';
		assert_int_equal(fact_check(facts, bad), rows[i].bad == NULL ? 0 : -1);
		assert_string_equal(bad, rows[i].bad != NULL ? rows[i].bad : "");
		json_decref(facts);
		free(text);
	}
}

/* Documents whose names say that they are hostile or odd break the table on purpose. */
static void
test_documents(void **state)
{
	static char	 buf[DOCUMENT_BYTES];
	char		 bad[128];
	glob_t		 found = { .gl_pathc = 0 };
	json_t		*doc;
	ssize_t		 len;
	size_t		 i;
	int		 wrong = 0;

	(void)state;
	assert_int_equal(glob(GOLDEN_DIR "/*.json", 0, NULL, &found), 0);
	assert_int_equal(glob(GOLDEN_DIR "/emit/*.json", GLOB_APPEND, NULL, &found), 0);
	assert_true(found.gl_pathc > 100);
	for (i = 0; i < found.gl_pathc; i++) {
		if (strstr(found.gl_pathv[i], "hostile") != NULL ||
		    strstr(found.gl_pathv[i], "odd") != NULL)
			continue;
		assert_int_not_equal(len = file_read(found.gl_pathv[i], buf, sizeof(buf)), -1);
		if ((doc = json_parse(buf, (size_t)len, 0)) == NULL)
			continue;
		if (fact_check(json_at(doc, "facts"), bad) == -1) {
			print_error("%s: %s\n", found.gl_pathv[i], bad);
			wrong++;
		}
		json_decref(doc);
	}
	globfree(&found);
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_access),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_documents),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
