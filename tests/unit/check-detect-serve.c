/* SPDX-License-Identifier: ISC */
/* Unit tests: detect-serve. */

#include "base/json.h"
#include "check-root.h"
#include "check.h"
#include "facts/detect.h"

#define UNITS	"/etc/systemd/system/"

static void
test_none(void **state)
{
	json_t	*facts = detected(&detect_serve, NULL, NULL);

	(void)state;
	assert_null(json_at(facts, "serve"));
	json_decref(facts);
}

/* The unit of the package, what stands beside it, and sshd's own files. */
static void
test_units(void **state)
{
	json_t	*facts;

	(void)state;
	put("/usr/lib/systemd/system/meshssh.socket",
	    "[Socket]\n# ListenStream=1\nListenStream=0.0.0.0:4622\nFreeBind=yes\n");
	put("/usr/lib/systemd/system/meshssh.service",
	    "[Service]\nExecStart=/usr/bin/meshssh-serve --sshd=127.0.0.22:22 --source=hash\n");
	put("/etc/ssh/sshd_config", "Match User x\n  X11Forwarding no\n"
	    "match  LocalPort 22 Address=!127.0.0.9,127.0.0.0/8,10.0.0.1\n");
	facts = detected(&detect_serve, NULL, NULL);
	expect_truth(facts, "serve.enabled", 0);
	expect_text(facts, "serve.listens.0", "0.0.0.0:4622");
	expect_text(facts, "serve.listens.1", NULL);
	expect_text(facts, "serve.source", "hash");
	expect_text(facts, "serve.match_local",
	    "match  LocalPort 22 Address=!127.0.0.9,127.0.0.0/8,10.0.0.1");
	/* It runs only here, and nobody asks it for another root. */
	expect_text(facts, "serve.addendum", NULL);
	json_decref(facts);
	put(UNITS "meshssh.socket.d/mesh.conf",
	    "[Socket]\nListenStream=\nListenStream=100.64.0.7:4622\n  ListenStream=[::1]:4622\n");
	put(UNITS "sockets.target.wants/meshssh.socket", "");
	facts = detected(&detect_serve, NULL, NULL);
	expect_truth(facts, "serve.enabled", 1);
	expect_text(facts, "serve.listens.0", "100.64.0.7:4622");
	expect_text(facts, "serve.listens.1", "[::1]:4622");
	expect_text(facts, "serve.listens.2", NULL);
	json_decref(facts);
	/* Who asks about another host hears nothing of this one. */
	facts = detected(&detect_serve, NULL, "nas");
	assert_null(json_at(facts, "serve"));
	json_decref(facts);
}

/* What is no Match for clients of loopback. */
static void
test_match(void **state)
{
	static const struct {
		const char	*text;
		int		 local;
	}		rows[] = {
		{ "Match Address 127.0.0.1\n", 1 },
		{ "Match Address ::1\n", 1 },
		{ "Match Host localhost\n", 1 },
		{ "Match User a Address \"10.0.0.1,127.*\"\n", 1 },
		{ "Match Address 10.0.0.0/8\n", 0 },
		{ "Match Address !127.0.0.1,*\n", 0 },
		{ "Match LocalAddress 127.0.0.22\n", 0 },
		{ "Match User 127.0.0.1\n", 0 },
		{ "Match all\n", 0 },
		{ "Match Address\n", 0 },
		{ "#Match Address 127.0.0.1\nAllowUsers a@127.0.0.1\n", 0 },
		{ "Match\n", 0 },
	};
	json_t		*facts;
	size_t		 i;

	(void)state;
	put(UNITS "meshssh.socket", "[Socket]\nListenStream=100.64.0.7:4622\n");
	for (i = 0; i < COUNT(rows); i++) {
		put("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n");
		put("/etc/ssh/sshd_config.d/x.conf", rows[i].text);
		facts = detected(&detect_serve, NULL, NULL);
		if ((json_text_at(facts, "serve.match_local") != NULL) != rows[i].local)
			fail_msg("%s: %d expected", rows[i].text, rows[i].local);
		json_decref(facts);
	}
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup(test_none, empty),
		cmocka_unit_test_setup(test_units, empty),
		cmocka_unit_test_setup(test_match, empty),
	};

	return (cmocka_run_group_tests_name("detect-serve", tests, root_make, root_remove));
}
