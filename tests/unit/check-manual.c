/* SPDX-License-Identifier: ISC */
/* Unit tests: manual. */

#include <limits.h>

#include "catalogue/catalogue.h"
#include "check.h"
#include "facts/schema.h"
#include "cmd/options.h"
#include "config/conf.h"
#include "serve/serve.h"

#ifndef MANUAL_DIR
#error "MANUAL_DIR is the folder of the manual pages"
#endif

static char *
slurp(const char *path)
{
	char	*text = NULL;
	size_t	 len;
	FILE	*fp;

	if ((fp = fopen(path, "r")) == NULL)
		fail_msg("%s cannot be read", path);
	if (getdelim(&text, &len, '\0', fp) == -1)
		fail_msg("%s is empty", path);
	fclose(fp);
	return (text);
}

static int
count_lines(const char *text, const char *start)
{
	size_t	len = strlen(start);
	int	count = 0;

	while (*text != '\0') {
		count += strncmp(text, start, len) == 0;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return (count);
}

/* Each option has an entry with its value, and there is no entry of an option that is not. */
static void
check_options(const char *path, const struct option_row *row)
{
	char	*page, entry[128];
	int	 count = 0;

	page = slurp(path);
	for (; row->name != NULL; row++) {
		snprintf(entry, sizeof(entry), ".It Fl -%s%s", row->name,
		    row->value != NULL ? " Ns = Ns " : "\n");
		if (count_lines(page, entry) != 1)
			fail_msg("%s has no \"%s\"", path, entry);
		count++;
	}
	assert_int_equal(count_lines(page, ".It Fl -"), count);
	free(page);
}

static void
test_options(void **state)
{
	(void)state;
	check_options(MANUAL_DIR "/meshssh.1", options_table);
	check_options(MANUAL_DIR "/meshssh-config.1", conf_options);
	check_options(MANUAL_DIR "/meshssh-serve.8", serve_table);
}

/* Each command has a section of its own; each option of a command is one of the table. */
static void
test_commands(void **state)
{
	const struct conf_command	*command;
	const struct option_row		*row;
	const char			*const *option;
	char				*page, entry[128];

	(void)state;
	page = slurp(MANUAL_DIR "/meshssh-config.1");
	for (command = conf_commands; command->name != NULL; command++) {
		snprintf(entry, sizeof(entry), ".Ss %s", command->name);
		if (count_lines(page, entry) != 1)
			fail_msg("meshssh-config.1 has no \"%s\"", entry);
		for (option = command->options; *option != NULL; option++) {
			for (row = conf_options; row->name != NULL && strcmp(row->name, *option) != 0;
			    row++)
				continue;
			if (row->name == NULL)
				fail_msg("%s: there is no option %s", command->name, *option);
		}
	}
	free(page);
}

/* Of a table, a name of this length. */
static int
has_option(const struct option_row *row, const char *name, size_t len)
{
	for (; row->name != NULL; row++)
		if (strlen(row->name) == len && strncmp(row->name, name, len) == 0)
			return (1);
	return (0);
}

/* What follows this mark in the text is an option of ours, or one of another program's. */
static void
check_named(const char *where, const char *text, const char *mark)
{
	static const char	letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	static const char	*const others[] = { "accept-dns", "accept-routes", "add-service", "all",
				    "enable-static-binary", "exit-node", "exit-node-allow-lan-access",
				    "force-reauth", "options", "outbound-http-proxy-listen", "shutdown",
				    "socks5-server", "source", "tun", "with-static-libs",
				    "without-resume" };
	const char		*at = text;
	size_t			 len, i;

	while ((at = strstr(at, mark)) != NULL) {
		len = at > text && strchr(" \n\t.`(|", at[-1]) == NULL ? 0 : 1;
		at += strlen(mark);
		if (len == 0 || (len = strspn(at, letters)) < 2 || at[0] == '-' || at[len - 1] == '-')
			continue;
		for (i = 0; i < COUNT(others); i++)
			if (strlen(others[i]) == len && strncmp(others[i], at, len) == 0)
				break;
		if (i == COUNT(others) && !has_option(options_table, at, len) &&
		    !has_option(conf_options, at, len))
			fail_msg("%s names an option --%.*s, which no program takes", where, (int)len, at);
	}
}

/* Options that pages, the README and the catalogue name are there, and each of the companion's is some command's. */
static void
test_named(void **state)
{
	static const char	*const pages[] = { "/meshssh.1", "/meshssh-config.1", "/meshssh-doctor.1",
				    "/meshssh-doctor.5", "/meshssh-messages.7" };
	const struct conf_command	*command;
	const struct option_row		*row;
	char				*page, path[PATH_MAX];
	size_t				 i;
	int				 code;

	(void)state;
	for (i = 0; i < COUNT(pages); i++) {
		snprintf(path, sizeof(path), MANUAL_DIR "%s", pages[i]);
		page = slurp(path);
		check_named(path, page, "Fl -");
		free(page);
	}
	page = slurp(MANUAL_DIR "/../README.md");
	check_named("README.md", page, "--");
	free(page);
	for (code = CODE_NONE + 1; code < CODE_COUNT; code++)
		check_named(code_row((enum code)code)->name, code_row((enum code)code)->cure, "--");
	for (row = conf_options; row->name != NULL; row++) {
		for (command = conf_commands; command->name != NULL; command++)
			if (conf_takes(command, row->name))
				break;
		if (command->name == NULL && strcmp(row->name, "help") != 0 && strcmp(row->name,
		    "version") != 0 && strcmp(row->name, "debug") != 0)
			fail_msg("no command takes --%s", row->name);
	}
}

/* The lines of an entry of a page as one, without escapes: as the catalogue has them. */
static void
entry_text(const char *entry, char *text, size_t size)
{
	size_t	len = 0;

	while (strncmp(entry, ".It", 3) != 0 && strncmp(entry, ".El", 3) != 0 && len + 1 < size) {
		text[len++] = *entry == '\n' ? ' ' : *entry;
		entry += strncmp(entry, "\\e", 2) == 0 ? 2 : 1;
	}
	text[len > 0 ? len - 1 : 0] = '\0';
}

/* The one entry of a code in the page: status, kind and words are those of the catalogue. */
static void
check_code(const char *page, const struct code_row *row)
{
	char		 entry[128], text[1024];
	const char	*at;

	if (row->kind == KIND_FINDING)
		snprintf(entry, sizeof(entry), ".It Sy %s Pq finding\n", row->name);
	else
		snprintf(entry, sizeof(entry), ".It Sy %s Pq exit status %d%s\n", row->name,
		    row->status, row->kind == KIND_BOTH ? "; finding" : "");
	at = strstr(page, entry);
	if (at == NULL || count_lines(page, entry) != 1)
		fail_msg("meshssh-messages.7 has no \"%s\", or two", entry);
	entry_text(at + strlen(entry), text, sizeof(text));
	if (strcmp(text, row->cure) != 0)
		fail_msg("meshssh-messages.7, %s:\n%s\nthe catalogue:\n%s", row->name, text,
		    row->cure);
}

/* Each code has an entry, and there are no others; each exit status is in meshssh(1). */
static void
test_codes(void **state)
{
	const struct code_row	*row;
	char			*page, *manual, entry[128];
	int			 code;

	(void)state;
	page = slurp(MANUAL_DIR "/meshssh-messages.7");
	manual = slurp(MANUAL_DIR "/meshssh.1");
	for (code = CODE_NONE + 1; code < CODE_COUNT; code++) {
		row = code_row((enum code)code);
		check_code(page, row);
		snprintf(entry, sizeof(entry), ".It %d\n", row->status);
		if (row->status != 0 && count_lines(manual, entry) != 1)
			fail_msg("meshssh.1 has no exit status %d", row->status);
	}
	assert_int_equal(count_lines(page, ".It Sy"), CODE_COUNT - 1);
	free(page);
	free(manual);
}

/* Each fact has an entry with its type and unit in meshssh-doctor(5), and there are no others. */
static void
test_facts(void **state)
{
	const struct fact_row	*row;
	char			*page, entry[160];
	int			 rows = 0;

	(void)state;
	page = slurp(MANUAL_DIR "/meshssh-doctor.5");
	for (row = fact_rows; row->path != NULL; row++, rows++) {
		snprintf(entry, sizeof(entry), ".It Cm %s Pq %s%s%s\n", row->path,
		    fact_type_name(row->type), row->unit[0] != '\0' ? ", " : "", row->unit);
		if (count_lines(page, entry) != 1)
			fail_msg("meshssh-doctor.5 has no \"%s\", or two; it says: %s", entry,
			    row->text);
	}
	assert_int_equal(count_lines(strstr(page, ".Sh FACTS"), ".It Cm "), rows);
	free(page);
}

int
main(void)
{
	static const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_facts),
	};

	return (cmocka_run_group_tests_name("manual", tests, NULL, NULL));
}
