/* SPDX-License-Identifier: ISC */
/* meshssh --scan. */

#include <sys/types.h>
#include <sys/resource.h>

#include <event2/event.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/terminal.h"
#include "base/xalloc.h"
#include "catalogue/catalogue.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/scan-list.h"
#include "facts/facts.h"
#include "facts/mesh.h"
#include "facts/query.h"
#include "scan/scan.h"
#include "sshconf/redact.h"

#define SCAN_SPARE	64	/* descriptors for everything else */
/* descriptors that one host may need: two attempts, the resolver's pipe */
#define SCAN_EACH	4

/* The rows so far. */
struct list {
	const struct options	*opts;
	struct scan_list	 hosts;
	int			 ok, bad, unchecked;
	int			 failed[CODE_COUNT];
};

static void
list_progress(const struct list *list, int over)
{
	char	line[80] = "";

	if (!over)
		snprintf(line, sizeof(line), "%d reached, %d not, %d under way", list->ok,
		    list->bad, list->hosts.begun - list->ok - list->bad - list->unchecked);
	terminal_progress(line);
}

static void
row_text(const struct scan_row *row)
{
	if (row->ok)
		printf("%-32s %6d ms  %-8s %s%s%s\n", row->host, row->ms, row->route, row->address,
		    row->address[0] != '\0' ? "  " : "", row->server);
	else
		printf("%-32s %6d ms  %-8s %s\n", row->host, row->ms, "-",
		    query_said(row->err.text));
}

static void
row_json(const struct scan_row *row)
{
	json_t	*object = json_pack("{s:s, s:i, s:b, s:i, s:s, s:s}", "host", row->host, "port",
		    row->port, "ok", row->ok, "ms", row->ms, "route", row->route, "address",
		    row->address);

	if (row->ok)
		json_put(object, "server", json_string(row->server));
	else {
		json_put(object, "message", json_string(code_row(row->err.code)->name));
		json_put(object, "text", redact_error(&row->err));
	}
	json_print(stdout, object, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(object);
}

static void
list_row_cb(const struct scan_row *row, void *arg)
{
	struct list	*list = arg;

	list_progress(list, 1);
	if (list->opts->json)
		row_json(row);
	else
		row_text(row);
	fflush(stdout);
	*(row->ok ? &list->ok : row->err.code == CODE_WAY_NOT_CHECKED ? &list->unchecked :
	    &list->bad) += 1;
	list->failed[row->err.code]++;
	list_progress(list, 0);
}

/* A direct connection would say nothing of the way that ssh goes, unless it is asked for. */
static const struct scan_host *
list_next_cb(void *arg, int *later)
{
	struct list		*list = arg;
	const struct scan_host	*host;
	struct scan_row		 row;

	while ((host = scan_list_next(&list->hosts, later)) != NULL && host->way != NULL &&
	    list->opts->choice.via == NULL) {
		row = (struct scan_row){ .host = host->name, .port = host->port, .route = "",
		    .err.code = CODE_WAY_NOT_CHECKED };
		snprintf(row.err.text, sizeof(row.err.text), "not checked, ssh goes there by %s",
		    host->way);
		list_row_cb(&row, list);
	}
	return (host);
}

static void
list_summary(const struct list *list)
{
	int	code;

	printf("\n%d reached, %d not", list->ok, list->bad);
	for (code = CODE_NONE + 1; code < CODE_COUNT; code++)
		if (list->failed[code] > 0)
			printf(", %d %s", list->failed[code], code_row((enum code)code)->name);
	putchar('\n');
}

/* So many hosts at once as were asked for, if there are descriptors for them. */
static int
scan_jobs(const struct options *opts)
{
	struct rlimit	limit;
	rlim_t		most;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return (opts->jobs);
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
			getrlimit(RLIMIT_NOFILE, &limit);
	}
	most = limit.rlim_cur > SCAN_SPARE + SCAN_EACH ?
	    (limit.rlim_cur - SCAN_SPARE) / SCAN_EACH : 1;
	return ((rlim_t)opts->jobs < most ? opts->jobs : (int)most);
}

/*
 * Where the hosts come from: the words; without any, all peers if that is asked for, or if nobody
 * gives a list but a person at a terminal; else standard input. 0, or -1 with the error set.
 */
static int
scan_hosts(const struct options *opts, char **words, struct scan_list *hosts, struct error *err)
{
	hosts->words = words;
	hosts->fd = -1;
	if (words[0] != NULL) {
		if (opts->tailnet)
			error_set(err, CODE_USAGE,
			    "--tailnet are all peers, and hosts are some: say one of them");
		return (opts->tailnet ? -1 : 0);
	}
	if (opts->tailnet || isatty(STDIN_FILENO))
		return ((hosts->peers = mesh_peers(opts->tailscaled, err)) != NULL ? 0 : -1);
	hosts->fd = STDIN_FILENO;
	return (0);
}

/* All of them, row by row. */
static int
scan_all(struct list *list, const struct scan_config *conf, struct facts *facts, struct error *err)
{
	int	result;

	if (file_room() == -1) {
		error_errno(err, errno, "cannot scan");
		return (-1);
	}
	facts_detect(facts, list->opts->tailscaled);
	result = scan_run(conf);
	list_progress(list, 1);
	if (result == -1)
		error_errno(err, errno, "cannot scan");
	else if (list->hosts.begun == 0)
		error_set(err, CODE_USAGE,
		    "there is no host: --scan takes them as arguments, or a line each on standard input");
	return (result == -1 || list->hosts.begun == 0 ? -1 : 0);
}

int
cmd_scan(const struct options *opts, char **words, int *status, struct error *err)
{
	struct list		 list = { .opts = opts };
	struct facts		*facts = xcalloc(1, sizeof(*facts));
	struct scan_config	 conf = { .base = event_base_new(), .choice = &opts->choice,
				    .facts = facts, .tailscaled = opts->tailscaled,
				    .family = opts->family,
				    .timeout_ms = opts->timeout_s * 1000, .jobs = scan_jobs(opts),
				    .more_fd = STDIN_FILENO, .next_cb = list_next_cb,
				    .row_cb = list_row_cb, .arg = &list };
	int			 result = -1;

	signal(SIGPIPE, SIG_IGN);
	if (conf.base == NULL)
		error_errno(err, errno, "cannot scan");
	else if (scan_hosts(opts, words, &list.hosts, err) == 0)
		result = scan_all(&list, &conf, facts, err);
	if (result == 0 && !opts->json)
		list_summary(&list);
	*status = list.ok + list.unchecked < list.hosts.begun || list.hosts.odd > 0;
	json_decref(list.hosts.peers);
	if (conf.base != NULL)
		event_base_free(conf.base);
	free(facts);
	return (result);
}
