/* SPDX-License-Identifier: ISC */
/* Probe: whether the shared connection (ControlMaster) lets anything through. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "facts/fact.h"
#include "probe/probe.h"
#include "sshconf/ssh-ask.h"
#include "sshconf/ssh-program.h"

/* The discard service (RFC 863): a connection that says nothing does it no harm. */
#define NOWHERE		"127.0.0.1:9"

/* 1 if a word of ssh's configuration is this one. */
static int
control_is(const json_t *facts, const char *path, const char *word)
{
	const char	*text = fact_text(facts, path);

	return (text != NULL && strcasecmp(text, word) == 0);
}

static int
control_useful(const json_t *facts, const struct probe_input *in)
{
	return (in->typed != NULL && fact_text(facts, "ssh.options.controlpath") != NULL &&
	    !control_is(facts, "ssh.options.controlpath", "none"));
}

/* Run it within the time of the input: 1 if it ended by itself, with its status. */
static int
control_ask(const char *const argv[], const struct probe_input *in, json_t *facts, int *status)
{
	struct ssh_ask	*ask = xcalloc(1, sizeof(*ask));
	int64_t		 began_ms = clock_ms(), ms;

	ssh_ask(argv, in->timeout_ms, ask);
	*status = ask->status;
	ms = clock_ms() - began_ms;
	fact_put_number(facts, "control.ms", ms);
	free(ask);
	return (*status != -1 || ms < in->timeout_ms / 2);
}

/*
 * A connection to where nothing is: the server's refusal has come all the way through the master.
 * Where the master has ended, ssh would connect by itself, and must not.
 */
static void
control_through(json_t *facts, const char *ssh, const char *port, const struct probe_input *in)
{
	const char	*argv[] = { ssh, "-o", "ControlMaster=no", "-o", "ProxyCommand=false", "-o",
			    "BatchMode=yes", "-p", port, "-W", NOWHERE, "--", in->typed, NULL };
	int		 status;

	fact_put_truth(facts, "control.passes", control_ask(argv, in, facts, &status));
}

static void
control_run(json_t *facts, const struct probe_input *in)
{
	char		 ssh[PATH_MAX], port[16];
	const char	*argv[] = { ssh, "-O", "check", "-p", port, "--", in->typed, NULL };
	int		 status, ended;

	if (ssh_program_find(NULL, ssh) == -1)
		return;
	snprintf(port, sizeof(port), "%d", in->port);
	ended = control_ask(argv, in, facts, &status);
	/* Without a master it ends at once, and says so. */
	fact_put_truth(facts, "control.listens", !ended || status == 0);
	if (!ended) {
		fact_put_truth(facts, "control.answers", 0);
		return;
	}
	if (status != 0)
		return;
	fact_put_truth(facts, "control.answers", 1);
	/* One that asks its user first would do so now. */
	if (!control_is(facts, "ssh.options.controlmaster", "ask") &&
	    !control_is(facts, "ssh.options.controlmaster", "autoask"))
		control_through(facts, ssh, port, in);
}

const struct probe probe_control = {
	.name = "control",
	.doing = "asks the shared connection",
	.useful = control_useful,
	.run = control_run
};
