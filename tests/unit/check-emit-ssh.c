/* SPDX-License-Identifier: ISC */
/* Unit tests: emit-ssh. */

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "check.h"
#include "emit/emit.h"
#include "os/run.h"
#include "sshconf/ssh-program.h"

#ifndef GOLDEN_DIR
#define GOLDEN_DIR "tests/golden"
#endif

#define SSH_MS	10000

/*
 * What may stand in any text of a document: it shall not become a line, a word or a command of its
 * own.
 */
static const char	*const hostile[] = {
	"", "\"", "'", "a b", "%", "%x", "\\", "#x", "*", "!nas", ",", "none", "0x10", "localhost",
	"::1",
	"255.255.255.255",
	"[nas]:22", "[x", "a.mesh.example", "\x7f", "\x1b[2J", "-oUser=evil", "x\nUser evil",
	"x\r\n    User evil",
	"x\n    ProxyCommand evil", "\tUser evil", "ssh-ed25519 AAAA\nevil", "$(touch evil)",
	"`evil`", "${EVIL}",
	"/opt/x;evil", "/opt/a b%c/meshssh", "/opt/\"x/meshssh", "/opt/x\n    User evil",
	"n\xc3\xa4s",
	"/opt/gr\xc3\xb6\xc3\x9f" "e/meshssh",
	/* 255 bytes, as long as a name may be */
#define SEVENTEEN "nnnnnnnnnnnnnnnnn"
#define HALF SEVENTEEN SEVENTEEN SEVENTEEN SEVENTEEN SEVENTEEN
	HALF HALF HALF
};

static char	ssh[PATH_MAX];
static char	file[] = "/tmp/meshssh-emit.XXXXXX";
static json_t	*seen;		/* texts of which ssh was asked */

static json_t *
document(const char *name)
{
	static char	 buf[256 << 10];
	char		 path[PATH_MAX];
	ssize_t		 len;
	json_t		*doc = NULL;

	snprintf(path, sizeof(path), GOLDEN_DIR "/emit/%s", name);
	if ((len = file_read(path, buf, sizeof(buf))) == -1 ||
	    (doc = json_parse(buf, (size_t)len, 0)) == NULL)
		fail_msg("%s: no document", path);
	return (doc);
}

/* ssh takes the file for this host, and nothing in it is what only an injected line could say. */
static void
check_host(const char *host, const char *text, const char *what)
{
	static char	out[64 << 10], err[4096];
	struct run_text	to = { out, sizeof(out), 0 }, told = { err, sizeof(err), 0 };
	const char	*argv[] = { ssh, "-G", "-T", "-F", file, host, NULL };

	if (run(argv, SSH_MS, &to, &told, NULL) != 0)
		fail_msg("%s: ssh refuses for %s: %s\n%s", what, host, err, text);
	if (strstr(out, "\nuser evil\n") != NULL || strstr(out, "\nproxycommand evil\n") != NULL ||
	    strstr(out, "\npermitlocalcommand no\n") == NULL)
		fail_msg("%s: for %s, ssh says\n%s\nof\n%s", what, host, out, text);
}

/* The first pattern of a block, as somebody may type it, or NULL; *at moves behind it. */
static const char *
next_host(const char **at, char host[256])
{
	const char	*line;
	size_t		 len;

	for (; **at != '\0'; *at += **at == '\n') {
		line = *at;
		*at += strcspn(line, "\n");
		if (strncmp(line, "Host ", 5) != 0 || (len = strcspn(line + 5, " \n")) > 255)
			continue;
		memcpy(host, line + 5, len);
		host[len] = '\0';
		/* A star stands for anything. */
		while (host[strcspn(host, "*?")] != '\0')
			host[strcspn(host, "*?")] = 'x';
		return (host);
	}
	return (NULL);
}

/* The text of a document, where there is one, as ssh takes it. */
static void
check_document(const json_t *doc, const char *emitter, const char *what)
{
	const char	*at, *host;
	char		*text, name[256];
	FILE		*fp;

	if ((text = emit_text(emit_find(emitter), doc, NULL)) == NULL ||
	    json_object_get(seen, text) != NULL) {
		free(text);
		return;
	}
	json_object_set_new(seen, text, json_true());
	assert_non_null(fp = fopen(file, "w"));
	emit_header(fp, doc, "#");
	fputs(text, fp);
	assert_int_equal(fclose(fp), 0);
	for (at = text; (host = next_host(&at, name)) != NULL;)
		check_host(host, text, what);
	free(text);
}

/* Each text of a value in turn is replaced by the one that is meant. */
static void
check_texts(json_t *doc, json_t *value, const char *emitter, const char *text)
{
	json_t		*old, *one;
	const char	*key;
	void		*next;
	char		 what[512], shown[300];
	size_t		 i;

	json_array_foreach(value, i, one) {
		if (!json_is_string(one)) {
			check_texts(doc, one, emitter, text);
			continue;
		}
		old = json_incref(one);
		json_array_set_new(value, i, json_string(text));
		snprintf(what, sizeof(what), "a text of a list: %s",
		    error_vis(shown, sizeof(shown), text));
		check_document(doc, emitter, what);
		json_array_set_new(value, i, old);
	}
	json_object_foreach_safe(value, next, key, one) {
		if (!json_is_string(one)) {
			check_texts(doc, one, emitter, text);
			continue;
		}
		old = json_incref(one);
		json_object_set_new(value, key, json_string(text));
		snprintf(what, sizeof(what), "%s: %s", key, error_vis(shown, sizeof(shown), text));
		check_document(doc, emitter, what);
		json_object_set_new(value, key, old);
	}
}

/* --- tests ------------------------------------------------------------------------------------ */

static void
test_golden(void **state)
{
	struct dirent	*entry;
	size_t		 len;
	DIR		*dir;
	json_t		*doc;
	const char	*emitter;

	(void)state;
	if (ssh[0] == '\0') {
		print_message("no ssh is installed\n");
		skip();
	}
	assert_non_null(dir = opendir(GOLDEN_DIR "/emit"));
	while ((entry = readdir(dir)) != NULL) {
		len = strlen(entry->d_name);
		if (len < 5 || strcmp(entry->d_name + len - 5, ".json") != 0)
			continue;
		doc = document(entry->d_name);
		emitter = json_text_at(doc, "emitter");
		if (strcmp(emitter, "stanza") == 0 || strcmp(emitter, "tailnet") == 0)
			check_document(doc, emitter, entry->d_name);
		json_decref(doc);
	}
	closedir(dir);
	assert_within(json_object_size(seen), 1, INT_MAX);
}

static void
test_hostile(void **state)
{
	static const char	*const names[] = { "stanza-peer-known.json",
				    "stanza-jump-many.json", "stanza-blank.json",
				    "stanza-match-theirs.json", "stanza-again.json",
				    "tailnet-tag.json" };
	json_t			*doc;
	size_t			 i, n;

	(void)state;
	if (ssh[0] == '\0') {
		print_message("no ssh is installed\n");
		skip();
	}
	for (i = 0; i < COUNT(names); i++) {
		doc = document(names[i]);
		for (n = 0; n < COUNT(hostile); n++) {
			check_texts(doc, json_at(doc, "target"), json_text_at(doc, "emitter"),
			    hostile[n]);
			check_texts(doc, json_at(doc, "facts"), json_text_at(doc, "emitter"),
			    hostile[n]);
			check_texts(doc, json_at(doc, "wanted"), json_text_at(doc, "emitter"),
			    hostile[n]);
		}
		json_decref(doc);
	}
}

/* What cannot stand in a configuration at all is said. */
static void
test_refused(void **state)
{
	static const struct refused {
		const char	*path, *text;
		enum code	 code;
	} refused[] = {
		{ "wanted.program", "meshssh", CODE_USAGE },
		{ "wanted.program", "", CODE_USAGE },
		{ "wanted.program", "/opt/\"x\"/meshssh", CODE_UNQUOTABLE_PATH },
		{ "wanted.program", "/opt/it's/meshssh", CODE_UNQUOTABLE_PATH },
		{ "wanted.program", "/opt/$(id)/meshssh", CODE_UNQUOTABLE_PATH },
		{ "wanted.program", "/opt/a\\ b/meshssh", CODE_UNQUOTABLE_PATH },
		{ "wanted.program", "/opt/x\n    User root/meshssh", CODE_UNQUOTABLE_PATH },
		{ "wanted.program", "/opt/\x01/meshssh", CODE_UNQUOTABLE_PATH },
		{ "wanted.program", "/opt/\x7f/meshssh", CODE_UNQUOTABLE_PATH },
		{ "wanted.tailscaled", "run/socket", CODE_USAGE },
		{ "wanted.tailscaled", "/run/$HOME", CODE_UNQUOTABLE_PATH },
		{ "target.host", "", CODE_BAD_HOST },
		{ "target.host", "-oProxyCommand=x", CODE_BAD_HOST },
		{ "target.host", "a b", CODE_BAD_HOST },
		{ "target.host", "a\nb", CODE_BAD_HOST },
		{ "target.host", "$(id)", CODE_BAD_HOST },
		{ "target.host", "*", CODE_BAD_HOST },
		{ "target.host", "n\xc3\xa4s", CODE_BAD_HOST },
		{ "wanted.match", "", CODE_USAGE },
		{ "wanted.match", "-a*", CODE_USAGE },
		{ "wanted.match", "!a*", CODE_USAGE },
		{ "wanted.match", "a*,b*", CODE_USAGE },
		{ "wanted.match", "a* b*", CODE_USAGE },
		{ "wanted.match", "a*\n    User x", CODE_USAGE },
		{ "wanted.match", "192.168.1.0/24", CODE_USAGE },
	};
	struct error	 err;
	json_t		*doc;
	char		*text;
	size_t		 i;

	(void)state;
	for (i = 0; i < COUNT(refused); i++) {
		doc = document("stanza-plain.json");
		assert_int_equal(json_put(doc, refused[i].path, json_string(refused[i].text)), 0);
		err.code = CODE_NONE;
		text = emit_text(emit_find("stanza"), doc, &err);
		if (text != NULL || err.code != refused[i].code)
			fail_msg("%s \"%s\": %s", refused[i].path, refused[i].text,
			    text != NULL ? text : err.text);
		json_decref(doc);
	}
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_refused),
	};
	int				result, fd;

	if (ssh_program_find(NULL, ssh) == -1)
		ssh[0] = '\0';
	seen = json_object();
	if ((fd = mkstemp(file)) == -1)
		return (1);
	close(fd);
	result = cmocka_run_group_tests_name("emit-ssh", tests, NULL, NULL);
	unlink(file);
	json_decref(seen);
	return (result);
}
