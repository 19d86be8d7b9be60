/* SPDX-License-Identifier: ISC */
/* Fuzz target: advice. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "facts/upgrade.h"
#include "fuzz.h"
#include "rules/rules.h"

/* The report is lines of printable bytes; in color, escape sequences are ours alone. */
static void
check_text(const json_t *doc, int color)
{
	char	*text = NULL, *at;
	size_t	 len;
	FILE	*fp = open_memstream(&text, &len);

	must(fp != NULL);
	report_text(fp, doc, color);
	must(fclose(fp) == 0 && len > 0 && text[len - 1] == '\n' && strlen(text) == len);
	for (at = text; *at != '\0'; at++)
		if (color && *at == '\033') {
			must(at[1] == '[');
			at += 2 + strspn(at + 2, "0123456789;");
			must(*at == 'm');
		} else
			must(*at == '\n' || (*at >= ' ' && *at <= '~'));
	free(text);
}

/* Each finding has all its parts, and each part fits on a line. */
static void
check_findings(const json_t *findings)
{
	static const char	parts[][10] = { "code", "severity", "certainty", "cause",
				    "evidence" };
	const json_t		*finding;
	const char		*text;
	size_t			 i, j;

	json_array_foreach(findings, i, finding) {
		for (j = 0; j < sizeof(parts) / sizeof(parts[0]); j++) {
			text = json_text_at(finding, parts[j]);
			must(text != NULL && strlen(text) < 200);
			must(text[0] != '\0' || strcmp(parts[j], "evidence") == 0);
		}
		must(json_array_size(json_at(finding, "cure")) <= FINDING_CURES);
	}
}

/*
 * A document of unknown origin, as --replay reads it, is judged and printed; what --json prints of
 * it is judged alike.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t	*doc = json_parse((const char *)data, size, 0), *again;
	char	*text;
	int	 status;

	if (doc == NULL || !json_is_object(json_at(doc, "facts"))) {
		json_decref(doc);
		return (0);
	}
	/* What has no version, or another one, is judged as it is. */
	(void)facts_upgrade(doc);
	must(rules_check(doc) == 0);
	check_findings(json_at(doc, "findings"));
	status = report_status(doc);
	must(status >= 0 && status <= 2);
	check_text(doc, 0);
	check_text(doc, 1);
	must((text = json_dumps(doc, JSON_INDENT(1) | JSON_SORT_KEYS)) != NULL);
	must((again = json_parse(text, strlen(text), 0)) != NULL);
	must(json_equal(doc, again) && rules_check(again) == 0 && json_equal(doc, again));
	must(report_status(again) == status);
	free(text);
	json_decref(again);
	json_decref(doc);
	return (0);
}
