/* SPDX-License-Identifier: ISC */
/* Prints a document for people. */

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "facts/query.h"
#include "rules/rules.h"

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

/* Print a text, which may come out of anybody's file, or this one if it is NULL. */
static void
report_put(const struct report *r, const char *text, const char *otherwise)
{
	char	shown[512];

	fputs(error_vis(shown, sizeof(shown), text != NULL ? text : otherwise), r->fp);
}

/* The same in the style of this name. */
static void
report_styled(const struct report *r, const char *name, const char *text, const char *otherwise)
{
	const struct style	*style = styles;

	while (style->name[0] != '\0' && strcmp(style->name, name) != 0)
		style++;
	if (r->colour)
		fputs(style->on, r->fp);
	report_put(r, text, otherwise);
	if (r->colour)
		fputs(OFF, r->fp);
}

/* "BEFORE 1, 2, 3", of a list that is not empty. */
static void
report_list(const struct report *r, const char *before, const json_t *list)
{
	const json_t	*item;
	size_t		 i;

	if (json_array_size(list) == 0)
		return;
	fputs(before, r->fp);
	json_array_foreach(list, i, item) {
		fputs(i > 0 ? ", " : " ", r->fp);
		report_put(r, json_string_value(item), "?");
	}
}

/* The text at a path of the facts behind this, if it is there. */
static void
report_fact(const struct report *r, const char *before, const char *path)
{
	const char	*text = json_text_at(r->facts, path);

	if (text == NULL)
		return;
	fputs(before, r->fp);
	report_put(r, text, "");
}

/* "forward path: 1280 bytes pass", as far as it is known. */
static void
report_direction(const struct report *r, const char *name, const json_t *way)
{
	json_int_t	good = json_number_at(way, "largest_ok", 0),
			    bad = json_number_at(way, "smallest_bad", 0);

	if (bad > 0)
		fprintf(r->fp, "; %s path: %lld bytes pass, %lld do not", name, (long long)good,
		    (long long)bad);
	else if (good > 0)
		fprintf(r->fp, "; %s path: %lld bytes pass", name, (long long)good);
}

/* This machine, the way, the host; and what was measured on it. */
static void
report_path(const struct report *r)
{
	const char	*address = json_text_at(r->facts, "connect.address"),
			    *host = json_text_at(r->doc, "target.host");
	const char	*name = json_text_at(r->doc, "target.name");
	int		 ok = json_truth_at(r->facts, "connect.ok") == 1,
			 unseen = json_at(r->facts, "connect.unseen") != NULL;

	fprintf(r->fp, "this machine%s --", json_number_at(r->facts, "system.wsl", 0) > 0 ?
	    " (WSL)" : "");
	report_put(r, json_text_at(r->facts, unseen ? "connect.unseen" : "connect.route"), "?");
	fputs("--> ", r->fp);
	report_styled(r, ok ? "good" : unseen ? "dim" : "error", host, "?");
	if (name != NULL && host != NULL && strcmp(name, host) != 0) {
		fputs(" = ", r->fp);
		report_put(r, name, "");
	}
	if (address != NULL && (name == NULL || strcmp(address, name) != 0)) {
		fputs(" [", r->fp);
		report_put(r, address, "");
		fputs("]", r->fp);
	}
	fprintf(r->fp, " port %lld", (long long)json_number_at(r->doc, "target.port", 0));
	report_fact(r, ", ", "server.text");
	fputs("\n    ", r->fp);
	if (ok)
		fprintf(r->fp, "connected in %lld ms", (long long)json_number_at(r->facts,
		    "connect.ms", 0));
	else
		fputs(unseen ? "not checked" : "not connected", r->fp);
	report_direction(r, "forward", json_at(r->facts, "mtu.forward"));
	report_direction(r, "reverse", json_at(r->facts, "mtu.reverse"));
	report_list(r, "; dropped DSCP:", json_at(r->facts, "dscp.dropped"));
	fputs("\n\n", r->fp);
}

/* Where no host is given: what this machine is, and where it can be logged in to. */
static void
report_machine(const struct report *r)
{
	json_int_t	wsl = json_number_at(r->facts, "system.wsl", 0);

	fputs("this machine", r->fp);
	if (wsl > 0)
		fprintf(r->fp, " (WSL %lld)", (long long)wsl);
	report_fact(r, ": ", "system.os");
	report_fact(r, " ", "system.release");
	report_fact(r, "; tailscaled: ", "tailscale.state");
	if (json_truth_at(r->facts, "tailscale.tun") == 0)
		fputs(", userspace-networking", r->fp);
	report_list(r, "; sshd listens on", json_at(r->facts, "sshd.listens"));
	fputs("\n\n", r->fp);
}

static void
report_finding(const struct report *r, const json_t *finding)
{
	const char	*severity = json_text_at(finding, "severity"),
			    *evidence = json_text_at(finding, "evidence");
	const json_t	*cure;
	size_t		 i;

	report_styled(r, severity, severity, "?");
	fprintf(r->fp, ": %s ", json_text_at(finding, "cause"));
	fprintf(r->fp, "(%s, %s)\n", json_text_at(finding, "certainty"),
	    json_text_at(finding, "code"));
	if (evidence[0] != '\0')
		fprintf(r->fp, "    evidence: %s\n", evidence);
	json_array_foreach(json_at(finding, "cure"), i, cure)
		fprintf(r->fp, "    %s %s\n", i == 0 ? "fix:     " : "         ",
		    json_string_value(cure));
}

void
report_text(FILE *fp, const json_t *doc, int colour)
{
	struct report	 r = { .fp = fp, .doc = doc, .facts = json_at(doc, "facts"),
			    .colour = colour };
	const json_t	*finding;
	int		 host = json_text_at(doc, "target.host") != NULL;
	const char	*what = host ? "this machine and the path" : "this machine";
	size_t		 i;

	if (host)
		report_path(&r);
	else
		report_machine(&r);
	if (report_status(doc) == 0 && json_array_size(json_at(doc, "unchecked")) == 0 &&
	    json_at(r.facts, "connect.unseen") == NULL &&
	    !query_is(r.facts, "connect.route", "command")) {
		report_styled(&r, "good", "healthy", "");
		fprintf(fp, ": nothing is wrong with %s\n", what);
	} else if (report_status(doc) == 0)
		fprintf(fp, "no fault found in what was checked of %s\n", what);
	json_array_foreach(json_at(doc, "findings"), i, finding)
		report_finding(&r, finding);
	if (json_array_size(json_at(doc, "unchecked")) > 0) {
		report_list(&r, "not checked:", json_at(doc, "unchecked"));
		fputs("\n", fp);
	}
	if (!host)
		fputs("To check the path to a host as well: meshssh --doctor HOST\n", fp);
}

/* Notes are no reason to worry a script. */
int
report_status(const json_t *doc)
{
	const json_t	*finding;
	size_t		 i;

	if (json_text_at(doc, "target.host") != NULL &&
	    json_truth_at(doc, "facts.connect.ok") != 1 &&
	    json_at(doc, "facts.connect.unseen") == NULL)
		return (2);
	json_array_foreach(json_at(doc, "findings"), i, finding)
		if (strcmp(json_text_at(finding, "severity"), "note") != 0)
			return (1);
	return (0);
}
