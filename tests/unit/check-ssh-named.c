/* SPDX-License-Identifier: ISC */
/* Unit tests: ssh-named. */

#include "check-root.h"
#include "facts/ssh-known.h"
#include "facts/ssh-named.h"
#include "facts/ssh-trust.h"

static int
compare(const void *a, const void *b)
{
	return (strcmp(*(const char *const *)a, *(const char *const *)b));
}

/* The keys, in the order of the alphabet, each with a blank behind it. */
static void
keys_sorted(json_t *object, char *text, size_t size)
{
	const char	*keys[32], *key;
	json_t		*value;
	size_t		 n = 0, i;

	json_object_foreach(object, key, value)
		if (n < COUNT(keys))
			keys[n++] = key;
	qsort(keys, n, sizeof(keys[0]), compare);
	for (i = 0; i < n; i++) {
		strlcat(text, keys[i], size);
		strlcat(text, " ", size);
	}
}

/*
 * What the files name of three peers, the names sorted, with "?" in front if a file could not be
 * read.
 */
static void
named_is(const char *expected)
{
	json_t		*peers = json_pack("[{s:s, s:[s, s]}, {s:s, s:[s]}, {s:s, s:[]}, {}, i]",
			    "name", "GitHub.mesh.test", "addresses", "100.64.0.1",
			    "fd7a:115c:a1e0::1", "name", "nas.mesh.test", "addresses", "100.64.0.2",
			    "name", "lent.friends.ts.net", "addresses", 7);
	json_t		*named, *who;
	const char	*name;
	char		 got[512];
	int		 blind = -1;

	assert_non_null(peers);
	unsetenv("HOME");
	assert_non_null(named = ssh_named(root, peers, "mesh.test", &blind));
	strlcpy(got, blind ? "?" : " ", sizeof(got));
	json_object_foreach(named, name, who)
		assert_true(json_is_string(json_object_get(who, "by")) &&
		    json_is_string(json_object_get(who, "file")));
	keys_sorted(named, got, sizeof(got));
	if (strcmp(got, expected) != 0)
		fail_msg("\"%s\", expected \"%s\"", got, expected);
	json_decref(named);
	json_decref(peers);
}

static void
test_blocks(void **state)
{
	static const struct {
		const char	*config, *expected;
	}	rows[] = {
		{ "", " " },
		{ "Host *\nUser x\n", " " },
		{ "Host ?* *.* **\nUser x\n", " " },
		{ "Host github\n", " github " },
		{ "host=GITHUB x\n", " github " },
		{ "Host \"github\" 'nas'\n", " github nas " },
		{ "Host git*\n", " github github.mesh.test " },
		{ "Host * !github\n", " " },
		{ "Host n* !nas\n", " nas.mesh.test " },
		{ "Host *.mesh.test\n", " github.mesh.test nas.mesh.test " },
		{ "Host 100.64.0.2 FD7A:115C:A1E0::1\n", " 100.64.0.2 fd7a:115c:a1e0::1 " },
		{ "Host lent lent.friends.ts.net\n", " lent lent.friends.ts.net " },
		/*
		 * Below the mesh's domain, and nobody's: what is for all names there is not for
		 * this one.
		 */
		{ "Host gone.mesh.test other.example\n", " gone.mesh.test " },
		{ "Match host nas,x\n", " nas " },
		{ "Match originalhost=nas exec \"touch /tmp/never\"\n", " nas " },
		{ "Match user github host nas,!x final\n", " nas " },
		{ "Match host x,!nas\n", " " },
		{ "Match !host nas\n", " " },
		{ "Match user host exec nas\n", " " },
		{ "Match all\nMatch exec nas\nMatch host\nMatch user nas\n", " " },
		/* Wherever it is included. */
		{ "Host nobody\nInclude more\n", " nas " },
		{ "Match exec false\nInclude more\n", " nas " },
		{ "Include meshssh.conf\n", " " },
		{ "Include ../.ssh/meshssh.conf\n", " " },
		{ "Include ${X}/y\nHost nas\n", "?nas " },
	};
	size_t	i;

	(void)state;
	put("/etc/hosts", "127.0.0.1 localhost\n");
	put_home("more", "Host nas\n");
	put_home("meshssh.conf", "Host github nas\n");
	for (i = 0; i < COUNT(rows); i++) {
		put_home("config", rows[i].config);
		named_is(rows[i].expected);
	}
}

/* The system's file, and hosts(5), where the mesh's own addresses are no other meaning. */
static void
test_system(void **state)
{
	(void)state;
	put("/etc/ssh/ssh_config", "Include /etc/ssh/meshssh.conf more\nHost git?ub\n");
	put("/etc/ssh/meshssh.conf", "Host nas\n");
	put("/etc/ssh/more", "Host 100.64.0.2\n");
	named_is(" 100.64.0.2 github ");
	put("/etc/ssh/ssh_config", "");
	put("/etc/hosts",
	    "10.0.0.1 NAS # github\n100.64.0.1 github\nfd7a:115c:a1e0::1 github.mesh.test\n"
	    "100.64.0.1 nas.mesh.test\n127.0.0.1 lent\n");
	named_is(" lent nas nas.mesh.test ");
}

#define A	"ssh-ed25519 A"
#define B	"ssh-rsa B"

static void
test_trust(void **state)
{
	static const struct {
		struct {
			int		 mark, other;
			const char	*key;
		}		lines[3];
		enum ssh_trust	trust;
		int		line;
	}	rows[] = {
		{ { { 0, 0, NULL } }, SSH_TRUST_NEW, 0 },
		{ { { SSH_KNOWN_KEY, 0, A } }, SSH_TRUST_KNOWN, 1 },
		{ { { SSH_KNOWN_KEY, 1, A } }, SSH_TRUST_ELSEWHERE, 1 },
		{ { { SSH_KNOWN_KEY, 1, A }, { SSH_KNOWN_KEY, 0, B } }, SSH_TRUST_DIFFERS, 2 },
		{ { { SSH_KNOWN_KEY, 0, B }, { SSH_KNOWN_KEY, 0, B } }, SSH_TRUST_DIFFERS, 1 },
		{ { { SSH_KNOWN_KEY, 1, B } }, SSH_TRUST_NEW, 0 },
		{ { { SSH_KNOWN_KEY, 0, B }, { SSH_KNOWN_KEY, 0, A } }, SSH_TRUST_KNOWN, 2 },
		{ { { SSH_KNOWN_AUTHORITY, 0, A } }, SSH_TRUST_AUTHORITY, 1 },
		{ { { SSH_KNOWN_AUTHORITY, 0, A }, { SSH_KNOWN_KEY, 0, B } }, SSH_TRUST_DIFFERS,
		    2 },
		{ { { SSH_KNOWN_AUTHORITY, 1, B } }, SSH_TRUST_NEW, 0 },
		{ { { SSH_KNOWN_KEY, 0, A }, { SSH_KNOWN_REVOKED, 1, A } }, SSH_TRUST_REVOKED, 2 },
		{ { { SSH_KNOWN_REVOKED, 0, B } }, SSH_TRUST_NEW, 0 },
	};
	const json_t	*where;
	json_t		*lines;
	size_t		 i, j;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		lines = json_array();
		for (j = 0; j < 3 && rows[i].lines[j].key != NULL; j++)
			json_array_append_new(lines, json_pack("{s:i, s:i, s:b, s:s}", "line",
			    (int)j + 1, "mark", rows[i].lines[j].mark, "other",
			    rows[i].lines[j].other, "key", rows[i].lines[j].key));
		if (ssh_trust(lines, A, &where) != rows[i].trust ||
		    json_number_at(where, "line", 0) != rows[i].line)
			fail_msg("row %zu: %d", i, (int)ssh_trust(lines, A, &where));
		json_decref(lines);
	}
	lines = json_pack("[{s:i, s:s}, {s:i, s:s}]", "mark", SSH_KNOWN_KEY, "key", A, "mark",
	    SSH_KNOWN_REVOKED, "key", B);
	assert_true(ssh_trust_type(lines, "ssh-ed25519"));
	assert_false(ssh_trust_type(lines, "ssh-rsa"));
	assert_false(ssh_trust_type(lines, "ssh-ed2551"));
	json_decref(lines);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup(test_blocks, empty),
		cmocka_unit_test_setup(test_system, empty),
		cmocka_unit_test(test_trust),
	};

	return (cmocka_run_group_tests(tests, root_make, root_remove));
}
