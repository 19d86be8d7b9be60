#include <string.h>

#include "advice/advice.h"
#include "base/json.h"

/* For terminals: ECMA-48 8.3.117, Select Graphic Rendition. */
static const struct style {
	char	name[8];	/* of a severity, or of what else is shown */
	char	on[8];
} styles[] = {
	{ "error",	"\033[1;31m" },
	{ "warning",	"\033[33m" },
	{ "note",	"\033[36m" },
	{ "good",	"\033[32m" },
	{ "dim",	"\033[2m" },
	{ "",		"" }
};

#define OFF "\033[0m"

struct report {
	FILE		*fp;
	const json_t	*doc;
	const json_t	*facts;
	int		 colour;
};

/* The word in the style of this name. */
static void
report_styled(const struct report *r, const char *name, const char *word)
{
	const struct style	*style = styles;

	while (style->name[0] != '\0' && strcmp(style->name, name) != 0)
		style++;
	if (r->colour)
		fprintf(r->fp, "%s%s" OFF, style->on, word);
	else
		fputs(word, r->fp);
}

static const char *
report_word(const char *text, const char *otherwise)
{
	return (text != NULL ? text : otherwise);
}

/* "; NAME 1, 2, 3", of a list that is not empty. */
static void
report_list(const struct report *r, const char *name, const json_t *list)
{
	const json_t	*item;
	size_t		 i;

	if (json_array_size(list) == 0)
		return;
	fprintf(r->fp, "; %s", name);
	json_array_foreach(list, i, item)
		fprintf(r->fp, "%s%s", i > 0 ? ", " : " ", report_word(json_string_value(item), "?"));
}

/* "there up to 1280 bytes", or how far it is known. */
static void
report_way(const struct report *r, const char *name, const json_t *way)
{
	json_int_t	good = json_number_at(way, "largest_ok", 0), bad = json_number_at(way, "smallest_bad", 0);

	if (bad > 0)
		fprintf(r->fp, "; packets %s: %lld pass, %lld do not", name, (long long)good, (long long)bad);
	else if (good > 0)
		fprintf(r->fp, "; packets %s: %lld pass", name, (long long)good);
}

/* This machine, the way, the host; and what was measured on it. */
static void
report_path(const struct report *r)
{
	const char	*route = json_text_at(r->facts, "connect.route"), *address = json_text_at(r->facts, "connect.address");
	const char	*host = json_text_at(r->doc, "target.host"), *name = json_text_at(r->doc, "target.name");
	json_int_t	 wsl = json_number_at(r->facts, "system.wsl", 0);

	fprintf(r->fp, "this machine%s --%s--> ", wsl > 0 ? " (WSL)" : "", route != NULL ? route : "?");
	report_styled(r, json_truth_at(r->facts, "connect.ok") == 1 ? "good" : "error", report_word(host, "?"));
	if (name != NULL && host != NULL && strcmp(name, host) != 0)
		fprintf(r->fp, " = %s", name);
	if (address != NULL && (name == NULL || strcmp(address, name) != 0))
		fprintf(r->fp, " [%s]", address);
	fprintf(r->fp, " port %lld", (long long)json_number_at(r->doc, "target.port", 0));
	if (json_text_at(r->facts, "banner.text") != NULL)
		fprintf(r->fp, ", %s", json_text_at(r->facts, "banner.text"));
	fputs("\n    ", r->fp);
	if (json_truth_at(r->facts, "connect.ok") == 1)
		fprintf(r->fp, "connected in %lld ms", (long long)json_number_at(r->facts, "connect.ms", 0));
	else
		fputs("not connected", r->fp);
	report_way(r, "there", json_at(r->facts, "mtu.there"));
	report_way(r, "back", json_at(r->facts, "mtu.back"));
	report_list(r, "marks dropped:", json_at(r->facts, "dscp.dropped"));
	fputs("\n\n", r->fp);
}

static void
report_finding(const struct report *r, const json_t *finding)
{
	const char	*severity = report_word(json_text_at(finding, "severity"), "note");
	const char	*evidence = json_text_at(finding, "evidence");
	const json_t	*cure;
	size_t		 i;

	report_styled(r, severity, severity);
	fprintf(r->fp, ": %s ", report_word(json_text_at(finding, "cause"), "?"));
	fprintf(r->fp, "(%s, %s)\n", report_word(json_text_at(finding, "certainty"), "?"),
	    report_word(json_text_at(finding, "code"), "?"));
	if (evidence != NULL && evidence[0] != '\0')
		fprintf(r->fp, "    seen: %s\n", evidence);
	json_array_foreach(json_at(finding, "cure"), i, cure)
		fprintf(r->fp, "    %s %s\n", i == 0 ? "do:  " : "     ", report_word(json_string_value(cure), "?"));
}

void
report_text(FILE *fp, const json_t *doc, int colour)
{
	struct report	 r = { .fp = fp, .doc = doc, .facts = json_at(doc, "facts"), .colour = colour };
	const json_t	*findings = json_at(doc, "findings"), *finding;
	int		 well = report_status(doc) == 0, host = json_text_at(doc, "target.host") != NULL;
	size_t		 i, unchecked;

	if (host)
		report_path(&r);
	if (well) {
		report_styled(&r, "good", "healthy");
		fprintf(fp, ": nothing is wrong with %s\n", host ? "this machine and the path" : "this machine");
	}
	json_array_foreach(findings, i, finding)
		report_finding(&r, finding);
	if ((unchecked = json_array_size(json_at(doc, "unchecked"))) > 0)
		fprintf(fp, "not checked: %zu causes of which the facts are not to be had here (--json names them)\n", unchecked);
	if (!host)
		fputs("With a host, the path there is looked at, too: meshssh --doctor HOST\n", fp);
}

/* Notes are no reason to worry a script. */
int
report_status(const json_t *doc)
{
	const json_t	*finding;
	size_t		 i;

	if (json_text_at(doc, "target.host") != NULL && json_truth_at(doc, "facts.connect.ok") == 0)
		return (2);
	json_array_foreach(json_at(doc, "findings"), i, finding)
		if (strcmp(report_word(json_text_at(finding, "severity"), "error"), "note") != 0)
			return (1);
	return (0);
}
