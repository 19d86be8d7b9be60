/* SPDX-License-Identifier: ISC */
/* Unit tests: install. */

#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "check.h"
#include "install/install.h"

#define MARK	"# The next line is from meshssh-config; it goes by: meshssh-config remove"
#define MADE	"# meshssh-config has made this file; its line goes by: meshssh-config remove"
#define INCLUDE	"Include /home/u/.ssh/meshssh.conf"
#define BYTES(text) text, sizeof(text) - 1
#define OURS	MARK "\n" INCLUDE "\n"

static const struct install_names	names = {
	.own = "/home/u/.ssh/meshssh.conf",
	.folder = "/home/u/.ssh",
	.home = "/home/u",
	.include = "/home/u/.ssh/meshssh.conf"
};

/* The text of a file, NULL for one that is not there. */
static struct install_text
text(const char *bytes)
{
	struct install_text	t = { .bytes = NULL };

	if (bytes != NULL) {
		assert_non_null(t.bytes = strdup(bytes));
		t.len = strlen(bytes);
	}
	return (t);
}

static void
expect(struct install_text *t, const char *bytes)
{
	if (bytes == NULL)
		assert_null(t->bytes);
	else {
		assert_non_null(t->bytes);
		if (t->len != strlen(bytes) || memcmp(t->bytes, bytes, t->len) != 0)
			fail_msg("it is\n%.*s\nand ought to be\n%s", (int)t->len, t->bytes, bytes);
	}
	free(t->bytes);
	t->bytes = NULL;
}

/* Where the Include goes, and that it leaves nothing behind. */
static void
test_config(void **state)
{
	static const struct {
		const char	*from, *to;
	} rows[] = {
		{ NULL, MADE "\n" INCLUDE "\n" },
		{ "", OURS },
		{ "\n", OURS "\n" },
		{ "Host a", OURS "Host a" },
		{ "Host a\n\tUser b\n", OURS "Host a\n\tUser b\n" },
		{ "# \xc3\xa9 \xff\n\n\nMatch all", OURS "# \xc3\xa9 \xff\n\n\nMatch all" },
		{ "Host a\r\nUser b\r\n", MARK "\r\n" INCLUDE "\r\nHost a\r\nUser b\r\n" },
		{ "\r\n", MARK "\r\n" INCLUDE "\r\n\r\n" },
		{ "Host a\nUser b\r\n", OURS "Host a\nUser b\r\n" },
	};
	struct install_text	from, to, back;
	size_t			i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		from = text(rows[i].from);
		assert_int_equal(install_config_reads(&from, &names), 0);
		install_config_put(&from, &names, &to);
		assert_int_equal(install_config_reads(&to, &names), 1);
		install_config_cut(&to, &names, &back);
		expect(&to, rows[i].to);
		expect(&back, rows[i].from);
		/* Nothing of ours is there to be cut. */
		install_config_cut(&from, &names, &back);
		expect(&back, rows[i].from);
		free(from.bytes);
	}
}

static void
test_config_bytes(void **state)
{
	char			bytes[] = "Host a\0b\n\0\0\n# \x80";
	struct install_text	from = { .bytes = bytes, .len = sizeof(bytes) }, to, back;

	(void)state;
	install_config_put(&from, &names, &to);
	assert_int_equal(to.len, from.len + strlen(OURS));
	install_config_cut(&to, &names, &back);
	assert_int_equal(back.len, from.len);
	assert_memory_equal(back.bytes, bytes, sizeof(bytes));
	free(to.bytes);
	free(back.bytes);
}

/* What is below Host is moved, what is not is left; what is broken or doubled is mended. */
static void
test_config_again(void **state)
{
	static const struct {
		const char	*from, *put, *cut;
	} rows[] = {
		{ "Host a\n" OURS "User b\n", OURS "Host a\nUser b\n", "Host a\nUser b\n" },
		{ OURS "Host a\n" OURS, OURS "Host a\n", "Host a\n" },
		{ MARK "\nHost a\n", OURS "Host a\n", "Host a\n" },
		{ "Host a\n" MARK, OURS "Host a\n", "Host a\n" },
		{ MARK "\nInclude other\nHost a\n", OURS "Include other\nHost a\n",
		    "Include other\nHost a\n" },
		/* The same file on a machine where the home is elsewhere. */
		{ MARK "\nInclude /Users/u/.ssh/meshssh.conf\nHost a\n", OURS "Host a\n",
		    "Host a\n" },
		/* Another line that means our file stays. */
		{ "Host a\nInclude meshssh.conf\n", OURS "Host a\nInclude meshssh.conf\n",
		    "Host a\nInclude meshssh.conf\n" },
		/* Who made the file is not forgotten when somebody writes to it. */
		{ "Host a\n" MADE "\n" INCLUDE "\n", MADE "\n" INCLUDE "\nHost a\n", "Host a\n" },
		{ MADE "\n" INCLUDE "\n", MADE "\n" INCLUDE "\n", NULL },
		{ MADE "\n" INCLUDE "\n\n", MADE "\n" INCLUDE "\n\n", "\n" },
	};
	struct install_text	from, to, cut;
	size_t			i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		from = text(rows[i].from);
		install_config_put(&from, &names, &to);
		expect(&to, rows[i].put);
		install_config_cut(&from, &names, &cut);
		expect(&cut, rows[i].cut);
		free(from.bytes);
	}
}

static void
test_config_reads(void **state)
{
	static const struct {
		const char	*bytes;
		int		 reads;
	} rows[] = {
		{ OURS, 1 },
		{ "IgnoreUnknown x\n" OURS, 1 },
		{ "include meshssh.conf", 1 },
		{ "  Include=~/.ssh/meshssh.conf\r\nHost a\n", 1 },
		{ "INCLUDE = \"/home/u/.ssh/meshssh.conf\"\n", 1 },
		{ "Include other \"~/.ssh/*.conf\" more\n", 1 },
		{ "Include *\n", 1 },
		{ "Include conf.d/*\n", 0 },
		{ "Include ~root/.ssh/meshssh.conf\n", 0 },
		{ "Include other # meshssh.conf\n", 0 },
		{ "# Include meshssh.conf\n", 0 },
		{ "Host a\nInclude meshssh.conf\n", 0 },
		{ "match all\nInclude meshssh.conf\n", 0 },
		{ "Hostname a\nInclude meshssh.conf\n", 1 },
	};
	struct install_text	t;
	size_t			i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		t = text(rows[i].bytes);
		if (install_config_reads(&t, &names) != rows[i].reads)
			fail_msg("\"%s\": expected %d", rows[i].bytes, rows[i].reads);
		free(t.bytes);
	}
}

static void
put(struct install_text *t, const char *name, const char *body)
{
	struct install_text	to;

	install_own_put(t, name, body, &to);
	free(t->bytes);
	*t = to;
}

static void
cut(struct install_text *t, const char *name)
{
	struct install_text	to;

	install_own_cut(t, name, &to);
	free(t->bytes);
	*t = to;
}

/* The names of the sections, in their order. */
static void
sections(const struct install_text *t, const char *wanted)
{
	char	name[INSTALL_NAME], all[512] = "";
	size_t	at = 0;

	while (install_own_next(t, &at, name)) {
		strlcat(all, name, sizeof(all));
		strlcat(all, " ", sizeof(all));
	}
	assert_string_equal(all, wanted);
}

static void
test_own(void **state)
{
	struct install_text	t = { .bytes = NULL }, copy;
	char			line[INSTALL_LINE];
	size_t			at = 0;

	(void)state;
	put(&t, "a", "Host a\n    Port 1\n");
	assert_int_equal(install_own_ok(&t), 1);
	put(&t, INSTALL_TAILNET, "Host x x.mesh\n");
	put(&t, "b", "Host b\n    Port 2\n");
	sections(&t, "a b --tailnet ");
	/* The same again changes nothing. */
	install_own_put(&t, "b", "Host b\n    Port 2\n", &copy);
	assert_int_equal(copy.len, t.len);
	assert_memory_equal(copy.bytes, t.bytes, t.len);
	free(copy.bytes);
	put(&t, "a", "Host a\n    Port 3\n");
	sections(&t, "a b --tailnet ");
	assert_null(memmem(t.bytes, t.len, "Port 1", 6));
	assert_non_null(memmem(t.bytes, t.len, "Port 3", 6));
	assert_int_equal(install_own_has(&t, "b"), 1);
	assert_int_equal(install_own_has(&t, "x"), 0);
	assert_int_equal(install_own_hosts(&t, &at, line), 1);
	assert_int_equal(install_own_hosts(&t, &at, line), 1);
	assert_int_equal(install_own_hosts(&t, &at, line), 1);
	assert_string_equal(line, "x x.mesh");
	assert_int_equal(install_own_hosts(&t, &at, line), 0);
	cut(&t, "c");
	cut(&t, "a");
	sections(&t, "b --tailnet ");
	/*
	 * Blocks of a version that had no --relay are renewed with the next one, wherever they
	 * stand; nothing else is.
	 */
	put(&t, "b",
	    "Host b\n    ProxyCommand /x/meshssh --fdpass %h %p\n    # ProxyCommand y %h %p\n    ProxyCommand none\n");
	put(&t, INSTALL_TAILNET,
	    "Match host x\n    ProxyCommand \"/a b/meshssh\" %h %p\n    ProxyCommand x %h %p c\n");
	put(&t, "a", "Host a\n    ProxyCommand /x/meshssh --relay -- \"%h\" \"%p\"\n");
	assert_non_null(memmem(t.bytes, t.len,
	    BYTES("\n    ProxyCommand /x/meshssh --fdpass --relay -- \"%h\" \"%p\"\n"
	    "    # ProxyCommand y %h %p\n    ProxyCommand none\n")));
	assert_non_null(memmem(t.bytes, t.len,
	    BYTES("\n    ProxyCommand \"/a b/meshssh\" --relay -- \"%h\" \"%p\"\n"
	    "    ProxyCommand x %h %p c\n")));
	assert_non_null(memmem(t.bytes, t.len,
	    BYTES("Host a\n    ProxyCommand /x/meshssh --relay -- \"%h\" \"%p\"\n")));
	cut(&t, "a");
	cut(&t, INSTALL_TAILNET);
	cut(&t, "b");
	assert_null(t.bytes);
}

/* Somebody has written to it, or it is somebody else's. */
static void
test_own_odd(void **state)
{
	struct install_text	t = { .bytes = NULL };

	(void)state;
	assert_int_equal(install_own_ok(&t), 1);
	put(&t, "a", "Host a\n");
	t.len -= 2;	/* without the end of its last line */
	put(&t, "b", "Host b\n");
	sections(&t, "a b ");
	assert_non_null(memmem(t.bytes, t.len, "Host a\n# --- b\nHost b\n", 22));
	free(t.bytes);
	t = text("Host mine\n");
	assert_int_equal(install_own_ok(&t), 0);
	free(t.bytes);
	t = text("");
	assert_int_equal(install_own_ok(&t), 1);
	put(&t, "a", "Host a\n");
	assert_int_equal(install_own_ok(&t), 1);
	free(t.bytes);
}

/* A folder that everybody's ssh reads from is made so, whatever the umask; one of a user's is not. */
static void
test_folder_mode(void **state)
{
	static const mode_t	modes[][2] = { { 0644, 0755 }, { 0600, 0700 } };
	char			base[] = "/tmp/check-install.XXXXXX", path[64];
	struct error		err = { .code = CODE_NONE };
	struct install		in;
	struct stat		sb;
	mode_t			mask = umask(0077);
	size_t			i;

	(void)state;
	assert_non_null(mkdtemp(base));
	for (i = 0; i < COUNT(modes); i++) {
		assert_int_equal(install_begin(&in, 0, &err), 0);
		snprintf(path, sizeof(path), "%s/ssh/config", base);
		assert_non_null(install_add(&in, path, modes[i][0], &err));
		*strrchr(path, '/') = '\0';
		assert_int_equal(stat(path, &sb), 0);
		assert_int_equal(sb.st_mode & 07777, modes[i][1]);
		install_close(&in);
	}
	umask(mask);
	assert_int_equal(rmdir(base), 0);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_config_bytes),
		cmocka_unit_test(test_config_again),
		cmocka_unit_test(test_config_reads),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_own_odd),
		cmocka_unit_test(test_folder_mode),
	};

	return (cmocka_run_group_tests_name("install", tests, NULL, NULL));
}
