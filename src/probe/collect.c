/* SPDX-License-Identifier: ISC */
/* Collects the doctor's document: detectors, then probes. */

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/file.h"
#include "base/json.h"
#include "base/shell.h"
#include "base/xalloc.h"
#include "facts/fact.h"
#include "facts/facts.h"
#include "facts/query.h"
#include "facts/schema.h"
#include "facts/upgrade.h"
#include "probe/collect.h"
#include "probe/probe-command.h"
#include "probe/probe-net.h"
#include "sshconf/ssh-proxy.h"

/* AddressFamily as ssh has it. */
static int
collect_family(const char *name)
{
	return (name != NULL ? addr_family(name) : AF_UNSPEC);
}

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
	/* It counts for no ProxyCommand. */
	in->family = exam->family != AF_UNSPEC || !exam->as_ssh || !in->ssh ||
	    !query_plain(facts) ? exam->family : collect_family(fact_text(facts, "ssh.options.addressfamily"));
	in->full = exam->look.full;
}

/*
 * The way that ssh takes, where it does not connect by itself: "jump" or "command"; "unknown" if
 * ssh does not tell in time; or NULL.
 */
static const char *
collect_way(const json_t *facts, const struct collect *exam, const struct probe_input *in)
{
	const char	*jump = fact_text(facts, "ssh.options.proxyjump"),
			    *command = fact_text(facts, "ssh.options.proxycommand");

	if (!exam->as_ssh || !in->ssh || exam->choice.via != NULL)
		return (NULL);
	if (fact_truth(facts, "ssh.slow") == 1 && fact_at(facts, "ssh.options") == NULL)
		return ("unknown");
	if (jump != NULL && strcasecmp(jump, "none") != 0)
		return ("jump");
	return (command != NULL && strcasecmp(command, "none") != 0 ? "command" : NULL);
}

/*
 * A ProxyCommand of ours goes the way that is looked at, with its options: 1, and the words that
 * these are in, to be freed; 0 if it goes elsewhere, or is not ours.
 */
static int
collect_own(const json_t *facts, struct collect *exam, struct probe_input *in, char ***words)
{
	char	*line;

	/* What the shell does not run goes nowhere. */
	if (fact_truth(facts, "ssh.proxy.ours") != 1 || exam->own == NULL ||
	    shell_deaf(getenv("SHELL")) ||
	    (line = probe_command_line(in, *exam->look.answer)) == NULL)
		return (0);
	*words = ssh_proxy_words(line);
	free(line);
	if (*words == NULL || exam->own(exam, *words, in->host, in->port) == -1)
		return (0);
	collect_target(facts, exam, in);
	return (1);
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
	detect_one(&detect_ssh_address, facts, &exam->look);
	exam->progress("", "");
}

/* A way that is not ours: what can be seen of it. */
static void
collect_other(json_t *facts, const struct collect *exam, const struct probe_input *in,
    const char *way)
{
	int	seen = 0;

	if (strcmp(way, "command") == 0) {
		exam->progress(in->host, "runs the ProxyCommand");
		seen = probe_command(facts, in, *exam->look.answer) == 0;
		exam->progress("", "");
	}
	if (!seen)
		fact_put_text(facts, "connect.unseen", way);
}

/* 0, or -1 if the host is not a name that can be connected to, and ssh would connect to it. */
static int
collect_host(json_t *doc, struct collect *exam)
{
	char			**words = NULL;
	struct probe_kept	 kept;
	struct probe_input	 in;
	json_t			*facts = json_at(doc, "facts");
	const char		*way;
	int			 odd = 0;

	if (exam->look.host == NULL)
		return (0);
	collect_target(facts, exam, &in);
	json_put(doc, "target.host", json_string(exam->look.host));
	json_put(doc, "target.name", json_string(in.host));
	json_put(doc, "target.port", json_integer(in.port));
	json_put(doc, "target.ssh", json_boolean(in.ssh));
	if (exam->no_probe)
		return (0);
	way = collect_way(facts, exam, &in);
	if (way != NULL && strcmp(way, "command") == 0 && collect_own(facts, exam, &in, &words))
		way = NULL;
	in.kept = &kept;
	if (way != NULL)
		collect_other(facts, exam, &in, way);
	else if ((odd = addr_host_ok(in.host) ? 0 : -1) == 0)
		collect_probe(facts, exam, &in);
	free(words);
	return (odd);
}

json_t *
collect(const struct collect *given)
{
	struct collect	 exam = *given;
	char		 bad[128] = "", *answer = NULL;
	json_t		*doc;
	int		 odd;

	if (file_room() == -1)
		return (NULL);
	exam.look.answer = &answer;
	exam.look.seen = xcalloc(1, sizeof(*exam.look.seen));
	doc = json_pack("{s:i, s:{}, s:{}}", "version", FACTS_VERSION, "target", "facts");
	exam.progress("", "looks at this machine");
	detect(json_at(doc, "facts"), &exam.look);
	exam.progress("", "");
	odd = collect_host(doc, &exam) == -1;
	free(exam.look.seen);
	free(answer);
	fact_ok(fact_check(json_at(doc, "facts"), bad) == 0, bad);
	if (file_room() == 0 && !odd)
		return (doc);
	if (odd)
		errno = EINVAL;
	json_decref(doc);
	return (NULL);
}
