/* SPDX-License-Identifier: ISC */
/* Collects the doctor's document: detectors, then probes. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/file.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "facts/fact.h"
#include "facts/facts.h"
#include "facts/schema.h"
#include "facts/upgrade.h"
#include "probe/collect.h"
#include "probe/probe-net.h"

/* What the host is called and which port counts, by ssh's configuration where that is known. */
static void
collect_target(const json_t *facts, const struct collect *exam, struct probe_input *in)
{
	const char	*name = fact_text(facts, "ssh.options.hostname");
	const char	*number = fact_text(facts, "ssh.options.port");
	int		 port = exam->look.port;

	memset(in, 0, sizeof(*in));
	/* What only a ProxyCommand understands is not told. */
	in->host = name != NULL && addr_host_ok(name) && strcmp(name, "...") != 0 &&
	    (port == 0 || exam->ssh) ? name : exam->look.host;
	in->typed = exam->look.host;
	in->port = port != 0 ? port : number != NULL && addr_port(number) != -1 ?
	    addr_port(number) : 22;
	in->ssh = exam->ssh || port == 0 || in->port == 22 ||
	    (number != NULL && port == addr_port(number));
	in->timeout_ms = exam->timeout_ms;
	in->dead_after_s = exam->dead_after_s;
	in->seen = exam->look.seen;
	in->choice = &exam->choice;
	in->family = exam->family;
}

/* The way that ssh takes where that is not looked at: "jump" or "command"; or NULL. */
static const char *
collect_unseen(const json_t *facts, const struct collect *exam, const struct probe_input *in)
{
	const char	*jump = fact_text(facts, "ssh.options.proxyjump"),
			    *command = fact_text(facts, "ssh.options.proxycommand");

	if (!exam->as_ssh || !in->ssh || exam->choice.via != NULL)
		return (NULL);
	if (jump != NULL && strcasecmp(jump, "none") != 0)
		return ("jump");
	/* One of ours goes the way that is looked at, unless it is told to take another. */
	return (command != NULL && strcasecmp(command, "none") != 0 &&
	    (fact_truth(facts, "ssh.proxy.ours") != 1 || strstr(command, "--via") != NULL ||
	    strstr(command, "--or") != NULL || strstr(command, "--family") != NULL) ? "command" : NULL);
}

static const struct probe_kept	none = { .fd = -1 };

static void
collect_probe(json_t *facts, const struct collect *exam, const struct probe_input *in)
{
	const struct probe	*const *p;

	*in->kept = none;
	exam->announce(in->host);
	for (p = probes; *p != NULL; p++)
		if ((*p)->useful(facts, in)) {
			exam->progress(in->host, (*p)->doing);
			(*p)->run(facts, in);
		}
	probe_keep(in, &none);
	exam->progress("", "");
}

/* 0, or -1 if the host is not a name that can be connected to, and ssh would connect to it. */
static int
collect_host(json_t *doc, const struct collect *exam)
{
	struct probe_kept	 kept;
	struct probe_input	 in;
	json_t			*facts = json_at(doc, "facts");
	const char		*unseen;

	if (exam->look.host == NULL)
		return (0);
	collect_target(facts, exam, &in);
	in.kept = &kept;
	json_put(doc, "target.host", json_string(exam->look.host));
	json_put(doc, "target.name", json_string(in.host));
	json_put(doc, "target.port", json_integer(in.port));
	json_put(doc, "target.ssh", json_boolean(in.ssh));
	if (exam->no_probe)
		return (0);
	if ((unseen = collect_unseen(facts, exam, &in)) != NULL)
		fact_put_text(facts, "connect.unseen", unseen);
	else if (addr_host_ok(in.host))
		collect_probe(facts, exam, &in);
	else
		return (-1);
	return (0);
}

json_t *
collect(const struct collect *given)
{
	struct collect	 exam = *given;
	char		 bad[128] = "";
	json_t		*doc;
	int		 odd;

	if (file_room() == -1)
		return (NULL);
	exam.look.seen = xcalloc(1, sizeof(*exam.look.seen));
	doc = json_pack("{s:i, s:{}, s:{}}", "version", FACTS_VERSION, "target", "facts");
	exam.progress("", "looks at this machine");
	detect(json_at(doc, "facts"), &exam.look);
	exam.progress("", "");
	odd = collect_host(doc, &exam) == -1;
	free(exam.look.seen);
	fact_ok(fact_check(json_at(doc, "facts"), bad) == 0, bad);
	if (file_room() == 0 && !odd)
		return (doc);
	if (odd)
		errno = EINVAL;
	json_decref(doc);
	return (NULL);
}
