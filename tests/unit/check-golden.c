/* SPDX-License-Identifier: ISC */
/* Unit tests: golden. */

#include <dirent.h>
#include <limits.h>

#include "base/file.h"
#include "base/json.h"
#include "facts/schema.h"
#include "facts/upgrade.h"
#include "check.h"
#include "probe/probe.h"
#include "rules/rules.h"

#ifndef GOLDEN_DIR
#define GOLDEN_DIR "tests/golden"
#endif

#define DOCUMENT_BYTES	(256 << 10)

static json_t	*seen;		/* the codes that were expected */
static int	 wrong;		/* documents */
static int	 hidden;	/* texts for people */
static int	 measured;	/* healthy documents of a path that can be measured */

static json_t *
document(const char *path)
{
	static char	 buf[DOCUMENT_BYTES];
	json_t		*doc = NULL;
	ssize_t		 len;

	if ((len = file_read(path, buf, sizeof(buf))) == -1 ||
	    (doc = json_parse(buf, (size_t)len, 0)) == NULL ||
	    !json_is_array(json_at(doc, "expect")) || facts_upgrade(doc) == -1)
		fail_msg("%s: no document", path);
	return (doc);
}

/* What a person reads is whole: a cause that is a sentence, evidence, and something to do. */
static void
check_finding(const char *path, const json_t *finding)
{
	const char	*cause = json_text_at(finding, "cause");
	const json_t	*cure;
	size_t		 i;

	if (cause == NULL || strlen(cause) < 10 || cause[strlen(cause) - 1] != '.')
		fail_msg("%s: %s: the cause is no sentence, or was cut: \"%s\"", path,
		    json_text_at(finding, "code"), cause);
	if (strlen(json_text_at(finding, "evidence")) < 5)
		fail_msg("%s: %s: no evidence", path, json_text_at(finding, "code"));
	if (json_array_size(json_at(finding, "cure")) == 0)
		fail_msg("%s: %s: no cure", path, json_text_at(finding, "code"));
	json_array_foreach(json_at(finding, "cure"), i, cure)
		if (strlen(json_string_value(cure)) < 5 || strlen(json_string_value(cure)) >= 199)
			fail_msg("%s: %s: no cure, or it was cut: %s", path,
			    json_text_at(finding, "code"), json_string_value(cure));
}

static void
check_document(const char *path)
{
	json_t		*doc = document(path), *expect = json_at(doc, "expect"), *findings;
	char		 got[1024] = "", want[1024] = "";
	const char	*code;
	size_t		 i;

	assert_int_equal(rules_check(doc), 0);
	findings = json_at(doc, "findings");
	for (i = 0; i < json_array_size(findings); i++) {
		check_finding(path, json_array_get(findings, i));
		strlcat(got, json_text_at(json_array_get(findings, i), "code"), sizeof(got));
		strlcat(got, " ", sizeof(got));
	}
	for (i = 0; i < json_array_size(expect); i++) {
		code = json_string_value(json_array_get(expect, i));
		assert_int_equal(json_object_set_new(seen, code, json_true()), 0);
		strlcat(want, code, sizeof(want));
		strlcat(want, " ", sizeof(want));
	}
	if (strcmp(got, want) != 0)
		print_error("%s: found \"%s\", expected \"%s\"\n", path, got, want);
	wrong += strcmp(got, want) != 0;
	json_decref(doc);
}

/* Call for each document; returns how many there are. */
static int
documents(void (*check)(const char *))
{
	struct dirent	*entry;
	char		 path[PATH_MAX];
	size_t		 len;
	DIR		*dir;
	int		 count = 0;

	assert_non_null(dir = opendir(GOLDEN_DIR));
	while ((entry = readdir(dir)) != NULL) {
		len = strlen(entry->d_name);
		if (entry->d_name[0] == '.' || len < 5 ||
		    strcmp(entry->d_name + len - 5, ".json") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", GOLDEN_DIR, entry->d_name);
		check(path);
		count++;
	}
	closedir(dir);
	return (count);
}

static void
test_documents(void **state)
{
	(void)state;
	assert_within(documents(check_document), 1, INT_MAX);
	assert_int_equal(wrong, 0);
}

/* Each text for people below a path is another. */
static void
words_hide(json_t *at, const char *path)
{
	const struct fact_row	*row;
	const char		*key;
	char			 below[256];
	json_t			*value;
	void			*tmp;
	size_t			 i;

	json_object_foreach_safe(at, tmp, key, value) {
		snprintf(below, sizeof(below), "%s%s%s", path, path[0] != '\0' ? "." : "", key);
		row = fact_find(below);
		if (row != NULL && row->type == FACT_WORDS) {
			json_object_set_new(at, key, json_string("x"));
			hidden++;
		} else
			words_hide(value, below);
	}
	json_array_foreach(at, i, value) {
		snprintf(below, sizeof(below), "%s.%zu", path, i);
		words_hide(value, below);
	}
}

/* "CODE SEVERITY CERTAINTY;" of each finding. */
static void
words_findings(json_t *doc, char *buf, size_t size)
{
	static const char *const	keys[] = { "code", "severity", "certainty" };
	const json_t			*finding;
	size_t				 i, j;

	buf[0] = '\0';
	assert_int_equal(rules_check(doc), 0);
	json_array_foreach(json_at(doc, "findings"), i, finding)
		for (j = 0; j < COUNT(keys); j++) {
			strlcat(buf, json_text_at(finding, keys[j]), size);
			strlcat(buf, j + 1 < COUNT(keys) ? " " : ";", size);
		}
}

static void
words_document(const char *path)
{
	json_t	*doc = document(path);
	char	 before[1024], after[1024];

	words_findings(doc, before, sizeof(before));
	words_hide(json_at(doc, "facts"), "");
	words_findings(doc, after, sizeof(after));
	if (strcmp(before, after) != 0)
		fail_msg("%s: a text for people decides: \"%s\" became \"%s\"", path, before,
		    after);
	json_decref(doc);
}

/*
 * Findings come of codes and measures: whatever texts for people say, in whichever language, they
 * are the same.
 */
static void
test_words(void **state)
{
	(void)state;
	documents(words_document);
	assert_within(hidden, 50, INT_MAX);
}

/* Judge and print it: nothing breaks, and what is said is printable. */
static void
check_odd(json_t *doc)
{
	const json_t	*finding;
	const char	*c;
	char		*text = NULL;
	size_t		 i, len;
	FILE		*fp;

	assert_int_equal(rules_check(doc), 0);
	json_array_foreach(json_at(doc, "findings"), i, finding)
		if (json_text_at(finding, "cause")[0] == '\0' ||
		    json_array_size(json_at(finding, "cure")) == 0)
			fail_msg("%s says nothing", json_text_at(finding, "code"));
	assert_non_null(fp = open_memstream(&text, &len));
	report_text(fp, doc, 0);
	fclose(fp);
	for (c = text; *c != '\0'; c++)
		if (*c != '\n' && (*c < ' ' || *c > '~'))
			fail_msg("byte %d in %s", *c, text);
	free(text);
}

/* The value that takes the place of the next one: of each kind, and of each size. */
static json_t *
odd_value(void)
{
	static unsigned int	turn;
	static char		text[5000];

	switch (turn++ % 9) {
	case 0:
		return (json_null());
	case 1:
		return (json_array());
	case 2:
		return (json_pack("{s:[i, n, {}], s:s}", "a", 1, "error", "x"));
	case 3:
		return (json_integer(INT64_MAX));
	case 4:
		return (json_integer(INT64_MIN));
	case 5:
		return (json_string(""));
	case 6:
		return (json_boolean(turn / 9 % 2));
	case 7:
		return (json_string("%s%n\033[2J\xc2\x9b' \"$(x)`"));
	default:
		memset(text, 'x', sizeof(text) - 1);
		return (json_string(text));
	}
}

/* Each value below this one, and itself, is another for a while. */
static void
odd_walk(json_t *doc, json_t *at)
{
	const char	*key;
	json_t		*value;
	void		*tmp;
	size_t		 i;

	json_object_foreach_safe(at, tmp, key, value) {
		odd_walk(doc, value);
		json_incref(value);
		json_object_set_new(at, key, odd_value());
		check_odd(doc);
		json_object_set_new(at, key, value);
	}
	json_array_foreach(at, i, value) {
		odd_walk(doc, value);
		json_incref(value);
		json_array_set_new(at, i, odd_value());
		check_odd(doc);
		json_array_set_new(at, i, value);
	}
}

static void
odd_document(const char *path)
{
	json_t	*doc = document(path);

	odd_walk(doc, json_at(doc, "facts"));
	json_decref(doc);
}

/*
 * A document comes from anywhere, --replay: facts of other kinds than expected are no reason to
 * fall over.
 */
static void
test_odd(void **state)
{
	(void)state;
	documents(odd_document);
}

/* Each rule has at least one document in which it finds something. */
static void
test_covered(void **state)
{
	const struct rule	*const *table, *rule;

	(void)state;
	for (table = rules_tables; *table != NULL; table++)
		for (rule = *table; rule->code != CODE_NONE; rule++)
			if (json_object_get(seen, code_row(rule->code)->name) == NULL)
				fail_msg("no document expects %s", code_row(rule->code)->name);
}

/* --- without a result ------------------------------------------------------------------------- */

/*
 * How a probe may end without a result: what is then otherwise in the facts of a healthy host, on a
 * path that can be measured. ' stands for ", and null for nothing.
 */
static const struct {
	const char	*probe;
	const char	*facts;
	const char	*code;		/* that is found; NULL: any */
} inconclusives[] = {
	{ "names", "{'names':{'lookups':{'magicdns':{'error':'no answer','code':'name-timeout','ms':2000}}}}",
	    "unfinished" },
	{ "names", "{'names':{'lookups':{'system':{'addresses':null,'error':'no answer','code':'name-timeout'}}},"
	    "'connect':{'ok':false,'addresses':null,'routes':null,'route':null},'server':null,'dscp':null,'mtu':null}",
	    NULL },
	{ "connect", "{'connect':{'ok':false,'route':null,'addresses':[{'address':'192.168.1.5','family':4,"
	    "'ms':5000,'error':'no-answer'}],'routes':[]},'server':null,'dscp':null,'mtu':null}", "no-answer" },
	{ "connect", "{'connect':null,'server':null,'dscp':null,'mtu':null}", NULL },
	{ "server", "{'server':null,'dscp':null,'mtu':null}", "unfinished" },
	{ "server", "{'server':{'error':'unconnected'},'connect':{'stopped':'refused','made':1}}", "server-limits" },
	{ "server", "{'server':{'error':'unconnected'},'connect':{'stopped':'no-answer','made':1}}",
	    "server-limits" },
	{ "server", "{'server':{'error':'unconnected'},'connect':{'stopped':'system','made':1}}", "unfinished" },
	{ "server", "{'server':{'text':null,'software':null,'error':'silent','kind':'none'},'mtu':null}",
	    "server-silent" },
	{ "server", "{'server':{'error':'silent','kexinit_bytes':null,'host_key_types':null},'mtu':null}",
	    "server-silent" },
	{ "server", "{'server':{'refusal':'penalty'},'connect':{'made':3}}", "server-penalty" },
	{ "server", "{'server':null,'service':{'kind':'unconnected','ok':false},'connect':{'stopped':'system'}}",
	    "unfinished" },
	{ "server", "{'server':null,'service':{'kind':'closed','ok':false,'asked':false},'mtu':null}",
	    "server-closed" },
	{ "server", "{'server':null,'service':{'kind':'silent','ok':true,'asked':true},'mtu':null}",
	    "unfinished" },
	{ "server", "{'service':{'kind':'ssh','ok':true},'server':{'text':null,'software':null,'error':'reset'}}",
	    "reset" },
	{ "resume", "{'server':{'resume_port':4622},'resume':{'ok':false,'error':'refused','ms':2}}",
	    "resume-unreachable" },
	{ "dscp", "{'dscp':null}", "unfinished" },
	{ "dscp", "{'dscp':{'inconclusive':true,'passed':[],'dropped':[]}}", "unfinished" },
	{ "dscp", "{'dscp':{'inconclusive':true,'passed':[],'dropped':[]},'connect':{'stopped':'refused','made':1}}",
	    "server-limits" },
	{ "control", "{'control':{'listens':true,'answers':true,'passes':false,'ms':5000}}", "control-dead" },
	{ "control", "{'control':{'listens':true,'answers':false,'ms':5000}}", "control-dead" },
	{ "mtu", "{'mtu':null}", "unfinished" },
	{ "mtu", "{'mtu':{'forward':null,'reverse':null,'inconclusive':'x'}}", "unfinished" },
	{ "mtu", "{'mtu':{'reverse':null,'inconclusive':'x'}}", "unfinished" },
	{ "mtu", "{'mtu':{'reverse':null,'inconclusive':'x'},'connect':{'stopped':'refused','made':5}}",
	    "server-limits" },
	{ "mtu", "{'mtu':{'forward':{'ok':false,'largest_ok':0}}}", "unfinished" },
	{ "through", "{'connect':{'route':'localapi'},'mtu':{'through':{'whole':false,'pieces':false}}}",
	    "mesh-mtu" },
	{ "through", "{'connect':{'route':'localapi'},'mtu':{'through':{'whole':false}}}", "mesh-mtu" },
	{ "mtu", "{'mtu':{'reverse':{'ok':false,'largest_ok':1400,'smallest_bad':1400}}}", "unfinished" },
};

static void
overlay(json_t *to, const json_t *from)
{
	const char	*key;
	json_t		*value, *old;

	json_object_foreach((json_t *)(uintptr_t)from, key, value)
		if (json_is_null(value))
			json_object_del(to, key);
		else if (json_is_object(value) && (old = json_object_get(to, key)) != NULL)
			overlay(old, value);
		else
			json_object_set(to, key, value);
}

/* 1 if the document is called healthy, by a word or by the status. */
static int
is_healthy(json_t *doc)
{
	char	*text = NULL;
	size_t	 len;
	FILE	*fp;
	int	 said;

	assert_int_equal(rules_check(doc), 0);
	assert_non_null(fp = open_memstream(&text, &len));
	report_text(fp, doc, 0);
	fclose(fp);
	said = strstr(text, "healthy") != NULL || strstr(text, "no fault") != NULL;
	free(text);
	return (said || report_status(doc) == 0);
}

/* The document, on a path that can be measured, with one of those instead. */
static json_t *
inconclusive(const char *path, size_t i)
{
	json_t	*doc = document(path), *facts;
	char	*text, *c;

	json_put(doc, "facts.connect.far", json_true());
	assert_non_null(text = strdup(inconclusives[i].facts));
	for (c = text; *c != '\0'; c++)
		*c = *c == '\'' ? '"' : *c;
	if ((facts = json_loads(text, 0, NULL)) == NULL)
		fail_msg("no JSON: %s", text);
	overlay(json_at(doc, "facts"), facts);
	json_decref(facts);
	free(text);
	return (doc);
}

static void
inconclusive_document(const char *path)
{
	json_t		*doc = document(path);
	const char	*code, *route = json_text_at(doc, "facts.connect.route");
	int		 whole = json_text_at(doc, "facts.server.text") != NULL && route != NULL &&
			    strcmp(route, "direct") == 0;
	size_t		 i;

	json_put(doc, "facts.connect.far", json_true());
	whole = whole && is_healthy(doc);
	json_decref(doc);
	measured += whole;
	for (i = 0; whole && i < COUNT(inconclusives); i++) {
		doc = inconclusive(path, i);
		if (is_healthy(doc))
			fail_msg("%s, %s: healthy with %s", path, inconclusives[i].probe,
			    inconclusives[i].facts);
		code = json_text_at(doc, "findings.0.code");
		if (strstr(path, "healthy-lan") != NULL && inconclusives[i].code != NULL &&
		    (code == NULL || strcmp(code, inconclusives[i].code) != 0))
			fail_msg("%s: found %s, not %s, with %s", inconclusives[i].probe,
			    code != NULL ? code : "nothing", inconclusives[i].code,
			    inconclusives[i].facts);
		json_decref(doc);
	}
}

/* Whatever a probe could not find out: no host is called healthy that was healthy with it. */
static void
test_inconclusive(void **state)
{
	const struct probe	*const *p;
	size_t			 i;

	(void)state;
	documents(inconclusive_document);
	assert_within(measured, 10, INT_MAX);
	for (p = probes; *p != NULL; p++) {
		/* That ping says why a host is not reached; of one that is, it decides nothing. */
		if (*p == &probe_ping)
			continue;
		for (i = 0; i < COUNT(inconclusives) && strcmp(inconclusives[i].probe,
		    (*p)->name) != 0; i++)
			continue;
		if (i == COUNT(inconclusives))
			fail_msg("no row for %s", (*p)->name);
	}
}

/* A machine of which nothing is known is not ill. */
static void
test_nothing(void **state)
{
	json_t	*doc = json_pack("{s:{}}", "facts");

	(void)state;
	assert_int_equal(rules_check(doc), 0);
	assert_int_equal(json_array_size(json_at(doc, "findings")), 0);
	json_decref(doc);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_covered),
		cmocka_unit_test(test_inconclusive),
		cmocka_unit_test(test_nothing),
	};
	int				result;

	seen = json_object();
	result = cmocka_run_group_tests_name("golden", tests, NULL, NULL);
	json_decref(seen);
	return (result);
}
