/* SPDX-License-Identifier: ISC */
/* Collects the doctor's document: detectors, then probes. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/file.h"
#include "base/json.h"
#include "facts/facts.h"
#include "facts/upgrade.h"
#include "probe/collect.h"
#include "probe/probe.h"

/* What the host is called and which port counts, by ssh's configuration where that is known. */
static void
collect_target(const json_t *facts, const struct collect *exam, struct probe_input *in)
{
	const char	*name = json_text_at(facts, "ssh.options.hostname");
	const char	*number = json_text_at(facts, "ssh.options.port");
	int		 port = exam->look.port;

	memset(in, 0, sizeof(*in));
	in->host = name != NULL && addr_host_ok(name) && (port == 0 || exam->ssh) ? name : exam->look.host;
	in->port = port != 0 ? port : number != NULL && addr_port(number) != -1 ? addr_port(number) : 22;
	in->ssh = exam->ssh || port == 0 || in->port == 22 || (number != NULL && port == addr_port(number));
	in->timeout_ms = exam->timeout_ms;
	in->dead_after_s = exam->dead_after_s;
	in->seen = exam->look.seen;
}

static int
collect_probe(json_t *facts, const struct collect *exam, const struct probe_input *in)
{
	const struct probe	*const *p;
	int			 result = 0;

	exam->announce(in->host);
	for (p = probes; *p != NULL && result == 0; p++)
		if ((*p)->useful(facts, in)) {
			exam->progress(in->host, (*p)->doing);
			result = (*p)->run(facts, in);
		}
	exam->progress("", "");
	return (result);
}

static int
collect_host(json_t *doc, const struct collect *exam)
{
	struct probe_input	 in;
	json_t			*facts = json_at(doc, "facts");

	if (exam->look.host == NULL)
		return (0);
	collect_target(facts, exam, &in);
	if (json_put(doc, "target.host", json_string(exam->look.host)) == -1 ||
	    json_put(doc, "target.name", json_string(in.host)) == -1 ||
	    json_put(doc, "target.port", json_integer(in.port)) == -1 ||
	    json_put(doc, "target.ssh", json_boolean(in.ssh)) == -1)
		return (-1);
	return (exam->no_probe ? 0 : collect_probe(facts, exam, &in));
}

json_t *
collect(const struct collect *given)
{
	struct collect	 exam = *given;
	json_t		*doc;
	int		 known, error = ENOMEM;

	json_watch();
	doc = json_pack("{s:i, s:{}, s:{}}", "version", FACTS_VERSION, "target", "facts");
	if ((exam.look.seen = calloc(1, sizeof(*exam.look.seen))) == NULL || doc == NULL)
		goto err;
	if (file_room() == -1)
		goto err_room;
	exam.progress("", "looks at this machine");
	known = detect(json_at(doc, "facts"), &exam.look) == 0;
	exam.progress("", "");
	/* A fact that is missing for want of memory could mean anything. */
	if (!known || collect_host(doc, &exam) == -1 || json_starved())
		goto err;
	if (file_room() == -1)
		goto err_room;
	free(exam.look.seen);
	return (doc);

err_room:
	error = errno;
err:
	free(exam.look.seen);
	json_decref(doc);
	errno = error;
	return (NULL);
}
